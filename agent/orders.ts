/**
 * What this box is under orders to do: schedules in force and waiting, overrides, revoked keys, manifests. Rebuilt at boot
 * from the messages in the store, so that a box without network, DNS or broker goes on with what it has.
 */
import type { Override } from '../player/plan/schedule.ts'
import type { CompiledSchedule } from '../player/plan/slot.ts'
import { addMs, parseWall, type WallMs } from '../player/plan/time.ts'
import { itemsPlayed } from '../player/plan/track.ts'
import { createMobilised, type OrderMoment } from './mobilised.ts'
import type { MediaRow, WantedMedia } from './ports/media-store.ts'
import type { AcceptedMessage, AiringRow } from './ports/state-store.ts'
import type { CommandBody, DownlinkOf } from './protocol/downlink.ts'
import {
  alertOverrideId,
  alertToOverride,
  hashesOf,
  liveOverrideId,
  liveToOverride,
  mobiliseToOverride,
  playOverrideId,
  playToOverride,
  toSchedule,
} from './translate.ts'
import type { Verified } from './verify.ts'

/** A schedule that waits for its media becomes current after this all the same, with what is there. */
export const PENDING_MS_MAX = 600_000

/** Overrides in force at once; an alert beyond this is refused as a fault of its issuer. */
export const OVERRIDES_MAX = 100

export type HeldSchedule = { messageId: string; compiled: CompiledSchedule; target: string; receivedAt: WallMs }

export type Taken =
  /** In force from now. `dropped`: stored messages that this one ended. */
  | { kind: 'current'; dropped: string[] }
  | { kind: 'pending' }
  | { kind: 'manifest'; media: WantedMedia[] }
  | { kind: 'wrong'; detail: string }
  /** Nothing to keep: commands to the box itself, receipts. */
  | { kind: 'immediate' }

export type Orders = {
  /** Checks what the schema cannot, without changing anything. */
  check: (verified: Verified) => string | null
  take: (verified: Verified, row: Pick<AcceptedMessage, 'messageId' | 'receivedAt' | 'state'>) => Taken
  /** Pending schedules whose media have all been tried. */
  promotable: (mediaRow: (sha256: string) => MediaRow | null, now: WallMs) => HeldSchedule[]
  promote: (held: HeldSchedule) => void
  /** Ends overrides that are over; returns the messages that carried them. */
  endOverrides: (now: WallMs) => string[]
  /** The calendar was set by so much: orders that last for a time, not until a moment, last as long as before. */
  shift: (ms: number) => void
  current: () => HeldSchedule[]
  pending: () => HeldSchedule[]
  overrides: () => Override[]
  isRevoked: (keyX: string) => boolean
  manifested: () => WantedMedia[]
  /** Files by need: what an order plays now, then what schedules name, then the rest of the manifests. */
  needed: () => { now: Set<string>; scheduled: Set<string> }
}

const streamOf = (verified: Verified): string => `${verified.message.issuer}|${verified.stream}`

const originOf = (verified: Verified) => ({
  issuer: verified.message.issuer,
  sourceId: verified.message.kind === 'schedule' ? `schedule:${streamOf(verified)}` : verified.message.messageId,
  authorityArea: verified.authorityArea,
})

type Carried = { override: Override; messageId: string }

const alertOf = (message: DownlinkOf<'alert'>, verified: Verified, at: WallMs): Override | null => {
  const { body } = message
  const isPlayed = body.status === 'Actual' || body.status === 'Exercise'
  return isPlayed && body.messageType !== 'Cancel' ? alertToOverride(body, originOf(verified), at) : null
}

export const createOrders = (moment: () => OrderMoment): Orders => {
  const current = new Map<string, HeldSchedule>()
  const pending = new Map<string, HeldSchedule>()
  const overrides = new Map<string, Carried>()
  const manifests = new Map<string, WantedMedia[]>()
  const revoked = new Set<string>()
  const mobilised = createMobilised()

  const end = (overrideId: string): string[] => {
    const carried = overrides.get(overrideId)
    overrides.delete(overrideId)
    return carried === undefined ? [] : [carried.messageId]
  }
  const begin = (override: Override, messageId: string) => overrides.set(override.overrideId, { override, messageId })

  const obey = (message: DownlinkOf<'command'>, verified: Verified, receivedAt: WallMs): Taken => {
    const { body, messageId } = message
    const origin = originOf(verified)
    switch (body.action) {
      case 'play':
        begin(playToOverride(message, body, origin, receivedAt), messageId)
        return { kind: 'current', dropped: [] }
      case 'mobilise': {
        const override = mobiliseToOverride(messageId, body, origin, receivedAt)
        const { issued } = message
        return { kind: 'current', dropped: mobilised.begin({ body, override, issued, messageId }, moment()) }
      }
      case 'release':
        return { kind: 'current', dropped: mobilised.release(body.orderId, origin) }
      case 'withdraw': {
        const overrideId = playOverrideId(body.messageId)
        const isOwn = overrides.get(overrideId)?.override.origin.issuer === origin.issuer
        return { kind: 'current', dropped: isOwn ? end(overrideId) : [] }
      }
      case 'set-volume':
      case 'report':
      case 'restart':
        return { kind: 'immediate' }
    }
  }

  const take: Orders['take'] = (verified, row) => {
    const { message } = verified
    switch (message.kind) {
      case 'schedule': {
        const result = toSchedule(message.body, originOf(verified))
        if (result.kind === 'wrong') return result
        const held = {
          messageId: row.messageId,
          compiled: result.compiled,
          target: verified.stream,
          receivedAt: row.receivedAt,
        }
        if (row.state === 'current') current.set(streamOf(verified), held)
        else pending.set(streamOf(verified), held)
        return row.state === 'current' ? { kind: 'current', dropped: [] } : { kind: 'pending' }
      }
      case 'media':
        manifests.set(streamOf(verified), message.body.media)
        return { kind: 'manifest', media: message.body.media }
      case 'alert': {
        const dropped = (message.body.references ?? []).flatMap((id) => end(alertOverrideId(id)))
        const override = alertOf(message, verified, row.receivedAt)
        if (override === null) return { kind: 'current', dropped: [...dropped, row.messageId] }
        begin(override, row.messageId)
        return { kind: 'current', dropped }
      }
      case 'live': {
        if (message.body.action === 'stop')
          return { kind: 'current', dropped: [...end(liveOverrideId(message.body.liveId)), row.messageId] }
        begin(liveToOverride(message.body, originOf(verified), row.receivedAt), row.messageId)
        return { kind: 'current', dropped: [] }
      }
      case 'command':
        return obey(message, verified, row.receivedAt)
      case 'revocation':
        revoked.clear()
        for (const key of message.body.keys) revoked.add(key)
        return { kind: 'current', dropped: [] }
      case 'receipt':
        return { kind: 'immediate' }
    }
  }

  const inForce = (): Override[] => [
    ...[...overrides.values()].map(({ override }) => override),
    ...mobilised.overrides(moment()),
  ]

  const scheduledItems = () =>
    [...current.values(), ...pending.values()].flatMap(({ compiled }) =>
      compiled.schedule.programmes.flatMap(itemsPlayed),
    )

  return {
    take,
    check: (verified) => {
      if (verified.message.kind === 'schedule') {
        const result = toSchedule(verified.message.body, originOf(verified))
        return result.kind === 'wrong' ? result.detail : null
      }
      const { message } = verified
      const begins =
        message.kind === 'command' ? isLasting(message.body) : message.kind === 'alert' || message.kind === 'live'
      const isFull = overrides.size + mobilised.size() >= OVERRIDES_MAX
      return begins && isFull ? `${OVERRIDES_MAX} orders are in force already` : null
    },
    promotable: (mediaRow, now) =>
      [...pending.entries()].flatMap(([stream, held]) => {
        const isTried = (sha256: string): boolean => {
          const row = mediaRow(sha256)
          return row !== null && (row.state !== 'wanted' || row.tries > 0)
        }
        const files = held.compiled.schedule.programmes.flatMap((one) => hashesOf(itemsPlayed(one)))
        const nothingToKeep = !current.has(stream)
        const waitedEnough = now >= addMs(held.receivedAt, PENDING_MS_MAX)
        return nothingToKeep || waitedEnough || files.every(isTried) ? [held] : []
      }),
    promote: (held) => {
      const stream = [...pending].find(([, candidate]) => candidate === held)?.[0]
      if (stream === undefined) return
      pending.delete(stream)
      current.set(stream, held)
    },
    endOverrides: (now) => [
      ...[...overrides.values()]
        .filter(({ override }) => now >= override.until)
        .flatMap(({ override }) => end(override.overrideId)),
      ...mobilised.endPast(moment()),
    ],
    shift: (ms) => {
      for (const [id, { override, messageId }] of overrides) {
        const isTimed = override.trigger === 'live' || override.trigger === 'command'
        const until = isTimed ? addMs(override.until, ms) : override.until
        overrides.set(id, { override: { ...override, startsAt: addMs(override.startsAt, ms), until }, messageId })
      }
    },
    current: () => [...current.values()],
    pending: () => [...pending.values()],
    overrides: inForce,
    isRevoked: (keyX) => revoked.has(keyX),
    manifested: () => [...manifests.values()].flat(),
    needed: () => ({
      now: new Set(inForce().flatMap(({ items }) => hashesOf(items))),
      scheduled: new Set(hashesOf(scheduledItems())),
    }),
  }
}

/** Commands that last, so that they are kept for the next boot; the others say something once. */
export const isLasting = (body: CommandBody): boolean => body.action === 'play' || body.action === 'mobilise'

const keepCommandUntil = (body: CommandBody, receivedAt: WallMs): WallMs => {
  switch (body.action) {
    case 'play':
      return addMs(
        receivedAt,
        body.items.reduce((sum, item) => sum + item.durationMs, 0),
      )
    case 'mobilise':
      return parseWall(body.until)
    case 'release':
    case 'withdraw':
    case 'set-volume':
    case 'report':
    case 'restart':
      return receivedAt
  }
}

/** When a stored message is of no more use. */
export const keepUntil = (verified: Verified, receivedAt: WallMs): WallMs => {
  const { message } = verified
  switch (message.kind) {
    case 'schedule':
      return parseWall(message.body.validUntil)
    case 'alert':
      return parseWall(message.body.expires)
    case 'live':
      return message.body.action === 'start' ? addMs(receivedAt, message.body.maxMs) : receivedAt
    case 'command':
      return keepCommandUntil(message.body, receivedAt)
    case 'media':
    case 'revocation':
      return parseWall('9999-01-01T00:00:00Z')
    case 'receipt':
      return receivedAt
  }
}

/**
 * What a reboot means for what was on air: a programme that joins at its offset runs on by its timeline; one that starts
 * anew begins again; one that skips is over.
 */
export const airingsAfterBoot = (rows: readonly AiringRow[], schedules: readonly CompiledSchedule[]): AiringRow[] =>
  rows.map((row) => {
    if (row.state !== 'running') return row
    const programme = schedules
      .flatMap(({ schedule }) =>
        schedule.programmes.map((candidate) => ({
          candidate,
          prefix: `${schedule.origin.issuer}:${schedule.scheduleId}:${candidate.programmeId}@`,
        })),
      )
      .find(({ prefix }) => row.occurrenceId.startsWith(prefix))?.candidate
    if (programme === undefined || programme.lateJoin === 'offset') return row
    return programme.lateJoin === 'start' ? { ...row, state: 'interrupted', heardMs: 0 } : { ...row, state: 'done' }
  })
