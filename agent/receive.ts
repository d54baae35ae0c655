/**
 * One message, in two steps. It is prepared beside the loop: judged, translated, its text written if it is long. Then it is
 * obeyed, in the loop, which takes no longer for ten thousand programmes than for one. Each order is stored before anything
 * of it is heard.
 */
import { createHash } from 'node:crypto'
import { compiledSchedule } from '../player/plan/compile.ts'
import type { CompiledSchedule, OutputSpec } from '../player/plan/slot.ts'
import type { OrderedLevel } from '../player/plan/volume.ts'
import { addMs, type WallMs } from '../player/plan/time.ts'
import type { Clock } from '../player/ports/clock.ts'
import type { Acknowledge } from './acknowledge.ts'
import type { ClockFloor } from './clock-floor.ts'
import type { GuardedStore } from './guarded-store.ts'
import { isLasting, keepUntil, originOf, type Orders, type Taken } from './orders.ts'
import { findOverlaps, LOOKED_AT_MS, type ToldOverlaps } from './overlaps.ts'
import type { BrokerEvent } from './ports/broker.ts'
import type { AcceptedMessage } from './ports/state-store.ts'
import { DOWNLINK_BYTES_MAX, type Downlink } from './protocol/downlink.ts'
import type { Listener } from './protocol/topics.ts'
import { atOnce, inSlices, type Breathe } from './slices.ts'
import { keepToken } from './token-parts.ts'
import { translateSchedule, type Translated, type Translation } from './translate.ts'
import { judgeAgain, type Circumstances, type Refusal, type Verified, type Verify } from './verify.ts'

export type IncomingMessage = Extract<BrokerEvent, { kind: 'message' | 'oversized' }>

/** How far an issuer may go: up to which priority, and for which area. */
export type Right = Omit<OrderedLevel, 'gainDb'>

const rightOf = ({ delegation, authorityArea }: Verified): Right => ({
  highestPriority: delegation?.highestPriority ?? 'alert',
  authorityArea,
})

export type Received =
  | { kind: 'obeyed'; message: Downlink; right: Right; taken: Taken; tell: () => void }
  | { kind: 'refused'; refusal: Refusal }
  /** The identical message again, or a retained one that was cleared. */
  | { kind: 'nothing' }

/** Judged, and ready to be obeyed at once. */
export type Prepared =
  | {
      kind: 'ready'
      verified: Verified
      translated: Translated | null
      overlaps: ToldOverlaps | null
      payload: Buffer
      token: string
    }
  | { kind: 'refused'; refusal: Refusal; payload: Buffer | null }
  | { kind: 'nothing' }

export type Receive = {
  /** Prepared and obeyed in one go: for what is short, or urgent. */
  now: (event: IncomingMessage) => Promise<Received>
  /** In slices, beside the loop. Changes nothing but what nobody refers to yet. */
  prepare: (event: IncomingMessage, pause: Breathe) => Promise<Prepared>
  /** In the loop. Judges once more what may have changed since. */
  obey: (prepared: Prepared) => Received
}

export type ReceiveNeeds = {
  verify: Verify
  listener: Listener
  clock: Clock
  floor: ClockFloor
  store: GuardedStore
  orders: Orders
  acknowledge: Acknowledge
  outputs: readonly OutputSpec[]
}

/** Programmes that are translated between two breaths: each takes about half a millisecond on a small computer. */
const PROGRAMMES_PER_SLICE = 16

/** Messages that say something once: nothing of them is kept but their sequence. */
const isKept = (message: Downlink): boolean =>
  message.kind !== 'receipt' && !(message.kind === 'command' && !isLasting(message.body))

const refusedAs = (reason: Refusal['reason'], detail: string, message: Downlink | null): Refusal => ({
  kind: 'refused',
  reason,
  detail,
  claimed: {
    messageId: message?.messageId ?? null,
    issuer: message?.issuer ?? null,
    messageKind: message?.kind ?? null,
    sequence: message?.sequence ?? null,
  },
})

const circumstancesOf = ({ listener, clock, floor, store, orders }: ReceiveNeeds): Circumstances => ({
  listener,
  now: clock.wall(),
  trust: clock.trust(),
  clockFloor: floor.at(),
  isRevoked: orders.isRevoked,
  lastAccepted: store.lastSequence,
})

/** Decisions look so far ahead, and a little further back. */
const LAID_OUT_MS = { before: 3_600_000, ahead: 26 * 3_600_000 }

/** Lays the days of a schedule out that will be asked for, before anything does that cannot wait. */
export const layOut = async (
  { agenda }: CompiledSchedule,
  { from, until }: { from: WallMs; until: WallMs },
  pause: Breathe,
): Promise<void> => {
  let steps = 0
  const shouldPause = () => (steps += 1) % PROGRAMMES_PER_SLICE === 0
  while (!agenda.prepare(from, until, shouldPause)) await pause()
}

/** What the decisions of the next day need. */
export const dayAround = (now: WallMs) => ({
  from: addMs(now, -LAID_OUT_MS.before),
  until: addMs(now, LAID_OUT_MS.ahead),
})

/** Null: there is nothing to translate. */
export const translate = async (
  verified: Verified,
  now: WallMs,
  pause: Breathe | null,
): Promise<Translation | null> => {
  const { message } = verified
  if (message.kind !== 'schedule') return null
  const work = translateSchedule(message.body, originOf(verified))
  if (pause === null) return atOnce(work)
  const translation = await inSlices(work, PROGRAMMES_PER_SLICE, pause)
  if (translation.kind === 'ok') await layOut(translation.compiled, dayAround(now), pause)
  return translation
}

const prepare = async (needs: ReceiveNeeds, event: IncomingMessage, pause: Breathe | null): Promise<Prepared> => {
  if (event.kind === 'oversized') {
    const refusal = refusedAs('too-large', `${event.bytes} bytes, at most ${DOWNLINK_BYTES_MAX}`, null)
    return { kind: 'refused', refusal, payload: null }
  }
  const { payload } = event
  // Clearing a retained message carries no authority and changes nothing.
  if (payload.byteLength === 0) return { kind: 'nothing' }
  const judgement = await needs.verify(payload, circumstancesOf(needs), pause ?? undefined)
  if (judgement.kind === 'refused') return { kind: 'refused', refusal: judgement, payload }
  if (judgement.duplicate) return { kind: 'nothing' }
  const translation = await translate(judgement, needs.clock.wall(), pause)
  if (translation?.kind === 'wrong')
    return { kind: 'refused', refusal: refusedAs('malformed', translation.detail, judgement.message), payload }
  const overlaps = translation === null ? null : await overlapsOf(needs, translation.compiled, pause)
  const token = await keepToken(needs.store, judgement.message.messageId, payload, pause)
  return { kind: 'ready', verified: judgement, translated: translation, overlaps, payload, token }
}

const overlapsOf = async (
  { clock, outputs }: ReceiveNeeds,
  compiled: CompiledSchedule,
  pause: Breathe | null,
): Promise<ToldOverlaps | null> => {
  const now = clock.wall()
  if (pause === null) return atOnce(findOverlaps(compiled, outputs, now))
  // On a copy of its own: decisions have no use for a week of ten thousand programmes, and memory has none to spare.
  const copy = compiledSchedule(compiled.schedule, compiled.programmes)
  await layOut(copy, { from: now, until: addMs(now, LOOKED_AT_MS) }, pause)
  return inSlices(findOverlaps(copy, outputs, now), 1, pause)
}

const obey = (needs: ReceiveNeeds, prepared: Extract<Prepared, { kind: 'ready' }>): Received => {
  const { verified, translated, overlaps, token } = prepared
  const { clock, store, orders, acknowledge } = needs
  const judgement = judgeAgain(verified, circumstancesOf(needs))
  if (judgement.kind === 'refused') return { kind: 'refused', refusal: judgement }
  if (judgement.duplicate) return { kind: 'nothing' }
  const { message } = verified
  const fault = orders.check(verified)
  if (fault !== null) return { kind: 'refused', refusal: refusedAs('malformed', fault, message) }
  const receivedAt = clock.wall()
  const row: AcceptedMessage = {
    messageId: message.messageId,
    kind: message.kind,
    issuer: message.issuer,
    target: verified.stream,
    sequence: message.sequence,
    token,
    receivedAt,
    expiresAt: keepUntil(verified, receivedAt),
    state: message.kind === 'schedule' ? 'pending' : 'current',
  }
  store.accept(row)
  if (!isKept(message)) store.drop(message.messageId)
  const taken = orders.take(verified, row, translated)
  if (taken.kind === 'current') for (const messageId of taken.dropped) store.drop(messageId)
  // Told after the outputs had their orders: the answer may wait for the disk, an alert may not.
  const tell = () => {
    if (message.kind === 'receipt') return
    const { messageId, issuer, kind, sequence } = message
    const outcome = message.kind === 'schedule' ? 'accepted' : 'current'
    const detail = taken.kind === 'current' ? (taken.note ?? null) : null
    const clashes = overlaps === null ? {} : { overlaps }
    acknowledge.tell({
      messageId,
      messageHash: null,
      issuer,
      kind,
      sequence,
      outcome,
      reason: null,
      detail,
      ...clashes,
    })
  }
  return { kind: 'obeyed', message, right: rightOf(verified), taken, tell }
}

export const createReceive = (needs: ReceiveNeeds): Receive => {
  const obeyPrepared = (prepared: Prepared): Received => {
    const received = prepared.kind === 'ready' ? obey(needs, prepared) : prepared
    if (received.kind !== 'refused') return received
    const payload = prepared.kind === 'nothing' ? null : prepared.payload
    const hash = payload === null ? null : createHash('sha256').update(payload).digest('hex')
    needs.acknowledge.refuse(received.refusal, hash)
    return { kind: 'refused', refusal: received.refusal }
  }
  return {
    prepare: (event, pause) => prepare(needs, event, pause),
    obey: obeyPrepared,
    now: async (event) => obeyPrepared(await prepare(needs, event, null)),
  }
}
