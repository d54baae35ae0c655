/**
 * What this box is under orders to do: schedules in force and waiting, overrides, revoked keys, manifests. Rebuilt at boot
 * from the messages in the store, so that a box without network, DNS or broker goes on with what it has.
 */
import type { Item, Override, SpeechContent } from '../player/plan/schedule.ts'
import type { CompiledSchedule } from '../player/plan/slot.ts'
import { addMs, parseWall, wallMs, type WallMs } from '../player/plan/time.ts'
import { mediumOf } from '../player/plan/track.ts'
import type { Alerting } from './alerting.ts'
import { endOfCalledOff } from './called-off.ts'
import { lastEndOf } from './cap/choose.ts'
import { readCap } from './cap/read.ts'
import { createMobilised, type OrderMoment } from './mobilised.ts'
import type { WantedMedia } from './ports/media-store.ts'
import type { AcceptedMessage, AiringRow } from './ports/state-store.ts'
import type { CommandBody, Downlink, DownlinkOf } from './protocol/downlink.ts'
import { createSchedules, type HeldSchedule, type Schedules } from './schedules.ts'
import {
  hashesOf,
  liveOverrideId,
  liveToOverride,
  mobiliseToOverride,
  playFault,
  playOverrideId,
  playToOverride,
  type Translated,
} from './translate.ts'
import { createLiveStops, liveFault } from './live-stops.ts'
import type { Verified } from './verify.ts'

/** Overrides in force at once; an alert beyond this is refused as a fault of its issuer. */
export const OVERRIDES_MAX = 100

export type Taken =
  /** In force from now. `dropped`: stored messages that this one ended. `note`: why nothing of it is heard here. */
  | { kind: 'current'; dropped: string[]; note?: string }
  | { kind: 'pending' }
  | { kind: 'manifest'; media: WantedMedia[] }
  /** Nothing to keep: commands to the box itself, receipts. */
  | { kind: 'immediate' }

export type Orders = {
  /** Checks what the schema cannot, without changing anything. */
  check: (verified: Verified) => string | null
  /** `translated`: of a schedule, what became of it beside the loop. */
  take: (
    verified: Verified,
    row: Pick<AcceptedMessage, 'messageId' | 'receivedAt' | 'state'>,
    translated: Translated | null,
  ) => Taken
  promotable: Schedules['promotable']
  promote: (held: HeldSchedule) => void
  /** Ends overrides that are over; returns the messages that carried them. */
  endOverrides: (now: WallMs) => string[]
  /** Ends one before its time; returns the message that carried it. */
  end: (overrideId: string) => string[]
  /** The words with which these orders begin have been spoken: their time runs from now. */
  beginSpoken: (content: SpeechContent, now: WallMs) => void
  /** The calendar was set by so much: orders that last for a time, not until a moment, last as long as before. */
  shift: (ms: number) => void
  current: () => HeldSchedule[]
  pending: () => HeldSchedule[]
  overrides: () => Override[]
  isRevoked: (keyX: string) => boolean
  manifested: () => WantedMedia[]
  /** Files by need: what an order plays now, then what schedules name, then the rest of the manifests. */
  needed: () => { now: ReadonlySet<string>; scheduled: ReadonlySet<string> }
}

const streamOf = (verified: Verified): string => `${verified.message.issuer}|${verified.stream}`

export const originOf = (verified: Verified) => ({
  issuer: verified.message.issuer,
  sourceId: verified.message.kind === 'schedule' ? `schedule:${streamOf(verified)}` : verified.message.messageId,
  authorityArea: verified.authorityArea,
})

const isSameSpeech = (one: Item['content'] | undefined, other: SpeechContent): boolean =>
  one?.kind === 'speech' && one.text === other.text && one.language === other.language && one.voice === other.voice

type Carried = { override: Override; messageId: string; issued: WallMs }

export const createOrders = (moment: () => OrderMoment, alerting: Alerting): Orders => {
  const schedules = createSchedules()
  const begunAt = moment().wall
  const overrides = new Map<string, Carried>()
  const manifests = new Map<string, WantedMedia[]>()
  const revoked = new Set<string>()
  const liveStops = createLiveStops()
  const mobilised = createMobilised()
  /** Orders whose words were awaited, and are there. */
  const begun = new Set<string>()

  const end = (overrideId: string): string[] => {
    const carried = overrides.get(overrideId)
    overrides.delete(overrideId)
    begun.delete(overrideId)
    return carried === undefined ? [] : [carried.messageId]
  }
  const begin = (override: Override, { messageId, issued }: Pick<Downlink, 'messageId' | 'issued'>) =>
    overrides.set(override.overrideId, { override, messageId, issued: parseWall(issued) })

  /** It is not kept for the next boot, and ends here when it does on every other box. */
  const callOff = (overrideId: string, issued: string): string[] => {
    const carried = overrides.get(overrideId)
    if (carried === undefined) return []
    const { override, messageId } = carried
    const endsAt = endOfCalledOff({ ...carried, startsAt: override.startsAt }, parseWall(issued), moment().wall)
    // Words that are not spoken yet shall not begin now.
    const isWaiting = override.items[0]?.content.kind === 'speech' && !begun.has(overrideId)
    if (endsAt === null || isWaiting) return end(overrideId)
    const until = wallMs(Math.min(endsAt, override.until))
    overrides.set(overrideId, { ...carried, override: { ...override, until } })
    return [messageId]
  }

  const obey = (message: DownlinkOf<'command'>, verified: Verified, receivedAt: WallMs): Taken => {
    const { body, messageId } = message
    const origin = originOf(verified)
    switch (body.action) {
      case 'play':
        begin(playToOverride(message, body, origin, receivedAt), message)
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
        return { kind: 'current', dropped: isOwn ? callOff(overrideId, message.issued) : [] }
      }
      case 'set-volume':
      case 'mute':
      case 'unmute':
      case 'report':
      case 'restart':
        return { kind: 'immediate' }
    }
  }

  const take: Orders['take'] = (verified, row, translated) => {
    const { message } = verified
    switch (message.kind) {
      case 'schedule': {
        if (translated === null) throw new Error(`schedule ${message.messageId} was not translated`)
        const { messageId, receivedAt } = row
        const { sequence } = message
        const { compiled, files } = translated
        // What was stored by an earlier run came at a moment that the calendar has passed since: it stays where it is.
        const isDated = moment().trust !== 'unsynced' || receivedAt < begunAt
        const held = { messageId, sequence, compiled, files, target: verified.stream, receivedAt, isDated }
        schedules.hold(streamOf(verified), held, row.state)
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
        if (message.body.action === 'stop') {
          liveStops.note(message, verified.authorityArea)
          return { kind: 'current', dropped: [...end(liveOverrideId(message.body.liveId)), row.messageId] }
        }
        const override = liveToOverride(message.body, originOf(verified), row.receivedAt)
        if (liveStops.hasEnded(message, override.origin)) return { kind: 'current', dropped: [row.messageId] }
        begin(override, message)
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
    ...alerting.overrides(),
    ...[...overrides.values()].map(({ override }) => override),
    ...mobilised.overrides(moment()),
  ]

  return {
    take,
    check: (verified) => {
      const { message } = verified
      if (message.kind === 'live') {
        const running = overrides.get(liveOverrideId(message.body.liveId))?.override.origin ?? null
        const fault = liveFault(message, verified.authorityArea, running)
        // What ends something makes room: it is never one too many.
        if (fault !== null || message.body.action === 'stop') return fault
      }
      const broken = message.kind === 'alert' ? alerting.check(message.body) : null
      if (broken !== null) return broken
      const unplayable = message.kind === 'command' && message.body.action === 'play' ? playFault(message.body) : null
      if (unplayable !== null) return unplayable
      const begins =
        message.kind === 'command' ? isLasting(message.body) : message.kind === 'alert' || message.kind === 'live'
      const isFull = alerting.size() + overrides.size + mobilised.size() >= OVERRIDES_MAX
      return begins && isFull ? `${OVERRIDES_MAX} orders are in force already` : null
    },
    promotable: schedules.promotable,
    promote: schedules.promote,
    endOverrides: (now) => [
      ...alerting.end(now),
      ...[...overrides.values()]
        .filter(({ override }) => now >= override.until)
        .flatMap(({ override }) => end(override.overrideId)),
      ...mobilised.endPast(moment()),
    ],
    end,
    beginSpoken: (content, now) => {
      for (const [id, carried] of overrides) {
        const { override } = carried
        const first = override.items.find((item) => mediumOf(item) === 'sound')
        const isWaiting = override.trigger === 'command' && !begun.has(id) && isSameSpeech(first?.content, content)
        if (!isWaiting) continue
        begun.add(id)
        const lateMs = Math.max(0, now - override.startsAt)
        const until = addMs(override.until, lateMs)
        overrides.set(id, { ...carried, override: { ...override, startsAt: addMs(override.startsAt, lateMs), until } })
      }
    },
    shift: (ms) => {
      schedules.shift(ms)
      alerting.clockStepped(ms)
      for (const [id, carried] of overrides) {
        const { override } = carried
        const isTimed = override.trigger === 'live' || override.trigger === 'command'
        const until = isTimed ? addMs(override.until, ms) : override.until
        overrides.set(id, { ...carried, override: { ...override, startsAt: addMs(override.startsAt, ms), until } })
      }
    },
    current: schedules.current,
    pending: schedules.pending,
    overrides: inForce,
    isRevoked: (keyX) => revoked.has(keyX),
    manifested: () => [...manifests.values()].flat(),
    needed: () => ({
      now: new Set(inForce().flatMap(({ items }) => hashesOf(items))),
      scheduled: schedules.files(),
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
    case 'mute':
    case 'unmute':
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
    case 'alert': {
      const read = readCap(message.body.cap)
      return read.kind === 'ok' ? lastEndOf(read.alert) : receivedAt
    }
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
