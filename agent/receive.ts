/** One message of the broker: judged, kept, obeyed. Each order is stored before anything of it is heard. */
import { createHash } from 'node:crypto'
import type { Clock } from '../player/ports/clock.ts'
import { wallMs } from '../player/plan/time.ts'
import type { Acknowledge } from './acknowledge.ts'
import type { ClockFloor } from './clock-floor.ts'
import { keepUntil, type Orders, type Taken } from './orders.ts'
import type { BrokerEvent } from './ports/broker.ts'
import type { GuardedStore } from './guarded-store.ts'
import type { AcceptedMessage } from './ports/state-store.ts'
import { DOWNLINK_BYTES_MAX, type Downlink } from './protocol/downlink.ts'
import type { Listener } from './protocol/topics.ts'
import type { Circumstances, Judgement, Refusal, Verified, Verify } from './verify.ts'

export type Received =
  | { kind: 'obeyed'; message: Downlink; taken: Taken; tell: () => void }
  | { kind: 'refused'; refusal: Refusal }
  /** The identical message again, or a retained one that was cleared. */
  | { kind: 'nothing' }

export type Receive = (event: Extract<BrokerEvent, { kind: 'message' | 'oversized' }>) => Promise<Received>

type Needs = {
  verify: Verify
  listener: Listener
  clock: Clock
  floor: ClockFloor
  store: GuardedStore
  orders: Orders
  acknowledge: Acknowledge
}

/** Messages that say something once: nothing of them is kept but their sequence. */
const isKept = (message: Downlink): boolean =>
  message.kind !== 'receipt' && !(message.kind === 'command' && message.body.action !== 'play')

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

export const circumstancesOf = ({
  listener,
  clock,
  floor,
  store,
  orders,
}: Omit<Needs, 'verify' | 'acknowledge'>): Circumstances => ({
  listener,
  now: clock.wall(),
  trust: clock.trust(),
  clockFloor: floor.at(),
  isRevoked: orders.isRevoked,
  lastAccepted: store.lastSequence,
})

export const createReceive = (needs: Needs): Receive => {
  const { verify, clock, store, orders, acknowledge } = needs

  const obey = (verified: Verified, token: Buffer): Received => {
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
      token: token.toString('latin1'),
      receivedAt,
      expiresAt: keepUntil(verified, receivedAt),
      state: message.kind === 'schedule' ? 'pending' : 'current',
    }
    store.accept(row)
    if (!isKept(message)) store.drop(message.messageId)
    const taken = orders.take(verified, row)
    if (taken.kind === 'current') for (const messageId of taken.dropped) store.drop(messageId)
    // Told after the outputs had their orders: the answer may wait for the disk, an alert may not.
    const tell = () => {
      if (message.kind === 'receipt') return
      const { messageId, issuer, kind, sequence } = message
      const outcome = message.kind === 'schedule' ? 'accepted' : 'current'
      const detail = taken.kind === 'current' ? (taken.note ?? null) : null
      acknowledge.tell({ messageId, messageHash: null, issuer, kind, sequence, outcome, reason: null, detail })
    }
    return { kind: 'obeyed', message, taken, tell }
  }

  return async (event) => {
    if (event.kind === 'oversized') {
      const refusal = refusedAs('too-large', `${event.bytes} bytes, at most ${DOWNLINK_BYTES_MAX}`, null)
      acknowledge.refuse(refusal, null)
      return { kind: 'refused', refusal }
    }
    // Clearing a retained message carries no authority and changes nothing.
    if (event.payload.byteLength === 0) return { kind: 'nothing' }
    const judgement: Judgement = await verify(event.payload, circumstancesOf(needs))
    if (judgement.kind === 'verified' && judgement.duplicate) return { kind: 'nothing' }
    const received =
      judgement.kind === 'verified' ? obey(judgement, event.payload) : { kind: 'refused' as const, refusal: judgement }
    if (received.kind === 'refused')
      acknowledge.refuse(received.refusal, createHash('sha256').update(event.payload).digest('hex'))
    return received
  }
}

/**
 * At boot everything that was accepted is verified again, signature and all, so that whoever wrote into the database
 * still cannot speak. Expiry and replay were judged when it was received.
 */
export const reload = async (
  needs: Needs,
): Promise<{ kept: number; dropped: { messageId: string; detail: string }[] }> => {
  const { verify, store, orders, listener } = needs
  const dropped: { messageId: string; detail: string }[] = []
  let kept = 0
  // Revocations first: a key that was revoked does not speak again after a reboot.
  const rows = store.messages().toSorted((a, b) => Number(b.kind === 'revocation') - Number(a.kind === 'revocation'))
  for (const row of rows) {
    const judgement = await verify(Buffer.from(row.token, 'latin1'), {
      listener,
      now: row.receivedAt,
      trust: 'unsynced',
      clockFloor: wallMs(0),
      isRevoked: orders.isRevoked,
      lastAccepted: () => null,
    })
    const fault = judgement.kind === 'refused' ? `${judgement.reason}: ${judgement.detail}` : orders.check(judgement)
    if (judgement.kind === 'verified' && fault === null) {
      const taken = orders.take(judgement, row)
      if (taken.kind === 'current') for (const messageId of taken.dropped) store.drop(messageId)
      kept += 1
    } else {
      store.drop(row.messageId)
      dropped.push({ messageId: row.messageId, detail: fault ?? '' })
    }
  }
  return { kept, dropped }
}
