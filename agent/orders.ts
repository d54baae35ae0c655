/**
 * What this box is under orders to do: schedules in force and waiting, overrides, revoked keys, manifests. Rebuilt at boot
 * from the messages in the store, so that a box without network, DNS or broker goes on with what it has.
 */
import type { Override } from '../player/plan/schedule.ts'
import type { Airing, CompiledSchedule } from '../player/plan/slot.ts'
import { addMs, parseWall, type WallMs } from '../player/plan/time.ts'
import type { MediaRow, WantedMedia } from './ports/media-store.ts'
import type { AcceptedMessage } from './ports/state-store.ts'
import type { Alerting } from './alerting.ts'
import { lastEndOf } from './cap/choose.ts'
import { readCap } from './cap/read.ts'
import { hashesOf, liveOverrideId, liveToOverride, playToOverride, toSchedule } from './translate.ts'
import type { Verified } from './verify.ts'

/** A schedule that waits for its media becomes current after this all the same, with what is there. */
export const PENDING_MS_MAX = 600_000

/** Overrides in force at once; an alert beyond this is refused as a fault of its issuer. */
export const OVERRIDES_MAX = 100

export type HeldSchedule = { messageId: string; compiled: CompiledSchedule; target: string; receivedAt: WallMs }

export type Taken =
  /** In force from now. `dropped`: stored messages that this one ended. `note`: why nothing of it is heard here. */
  | { kind: 'current'; dropped: string[]; note?: string }
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

export const createOrders = (alerting: Alerting): Orders => {
  const current = new Map<string, HeldSchedule>()
  const pending = new Map<string, HeldSchedule>()
  const overrides = new Map<string, Carried>()
  const manifests = new Map<string, WantedMedia[]>()
  const revoked = new Set<string>()

  const end = (overrideId: string): string[] => {
    const carried = overrides.get(overrideId)
    overrides.delete(overrideId)
    return carried === undefined ? [] : [carried.messageId]
  }
  const begin = (override: Override, messageId: string) => overrides.set(override.overrideId, { override, messageId })

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
        const { messageId, receivedAt } = row
        const [origin, stream] = [originOf(verified), streamOf(verified)]
        const { dropped, note } = alerting.takeSigned({ messageId, body: message.body, origin, stream, receivedAt })
        return { kind: 'current', dropped, ...(note === null ? {} : { note }) }
      }
      case 'live': {
        if (message.body.action === 'stop')
          return { kind: 'current', dropped: [...end(liveOverrideId(message.body.liveId)), row.messageId] }
        begin(liveToOverride(message.body, originOf(verified), row.receivedAt), row.messageId)
        return { kind: 'current', dropped: [] }
      }
      case 'command': {
        if (message.body.action !== 'play') return { kind: 'immediate' }
        begin(playToOverride(message, message.body, originOf(verified), row.receivedAt), row.messageId)
        return { kind: 'current', dropped: [] }
      }
      case 'revocation':
        revoked.clear()
        for (const key of message.body.keys) revoked.add(key)
        return { kind: 'current', dropped: [] }
      case 'receipt':
        return { kind: 'immediate' }
    }
  }

  const allOverrides = (): Override[] => [
    ...alerting.overrides(),
    ...[...overrides.values()].map(({ override }) => override),
  ]
  const scheduledItems = () =>
    [...current.values(), ...pending.values()].flatMap(({ compiled }) =>
      compiled.schedule.programmes.flatMap(({ items }) => items),
    )

  return {
    take,
    check: (verified) => {
      if (verified.message.kind === 'schedule') {
        const result = toSchedule(verified.message.body, originOf(verified))
        return result.kind === 'wrong' ? result.detail : null
      }
      const { kind } = verified.message
      const fault = kind === 'alert' ? alerting.check(verified.message.body) : null
      if (fault !== null) return fault
      const orders = kind === 'alert' || kind === 'live' || kind === 'command'
      return orders && allOverrides().length >= OVERRIDES_MAX ? `${OVERRIDES_MAX} orders are in force already` : null
    },
    promotable: (mediaRow, now) =>
      [...pending.entries()].flatMap(([stream, held]) => {
        const isTried = (sha256: string): boolean => {
          const row = mediaRow(sha256)
          return row !== null && (row.state !== 'wanted' || row.tries > 0)
        }
        const files = held.compiled.schedule.programmes.flatMap(({ items }) => hashesOf(items))
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
      ...alerting.end(now),
      ...[...overrides.values()]
        .filter(({ override }) => now >= override.until)
        .flatMap(({ override }) => end(override.overrideId)),
    ],
    current: () => [...current.values()],
    pending: () => [...pending.values()],
    overrides: allOverrides,
    isRevoked: (keyX) => revoked.has(keyX),
    manifested: () => [...manifests.values()].flat(),
    needed: () => ({
      now: new Set(allOverrides().flatMap(({ items }) => hashesOf(items))),
      scheduled: new Set(hashesOf(scheduledItems())),
    }),
  }
}

/** When a stored message is of no more use. */
export const keepUntil = (verified: Verified, receivedAt: WallMs): WallMs => {
  const { message } = verified
  switch (message.kind) {
    case 'schedule':
      return parseWall(message.body.validUntil)
    case 'alert': {
      const read = readCap(message.body.cap)
      return read.kind === 'ok' ? lastEndOf(read.alert) : receivedAt
    }
    case 'live':
      return message.body.action === 'start' ? addMs(receivedAt, message.body.maxMs) : receivedAt
    case 'command':
      return message.body.action === 'play'
        ? addMs(
            receivedAt,
            message.body.items.reduce((sum, item) => sum + item.durationMs, 0),
          )
        : receivedAt
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
export const airingsAfterBoot = (rows: readonly Airing[], schedules: readonly CompiledSchedule[]): Airing[] =>
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
