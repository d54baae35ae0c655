/**
 * The alerts in force on this box, wherever they came from, and the orders that they are to the plan.
 *
 * A CAP message is known by its sender, identifier and time (§3.2.1 references), so it is heard once, though it may come
 * signed, and again in a feed. The `alertId` of a signed message names what a broker retains: a later message of the same
 * issuer and `alertId` replaces the one before, as it does on the topic.
 */
import type { Item, Origin, Override } from '../player/plan/schedule.ts'
import { addMs, wallMs, type WallMs } from '../player/plan/time.ts'
import type { Clock } from '../player/ports/clock.ts'
import type { AlertSounds } from './alert-sounds.ts'
import { createAlertMemory, mayEnd, type Voice } from './alert-memory.ts'
import { nameAlerts } from './alert-names.ts'
import { identityText, type CapAlert, type CapStatus, type Position } from './cap/alert.ts'
import { choose, type AlertPolicy, type Announcement, type Carrier } from './cap/choose.ts'
import { readCap, refusalText } from './cap/read.ts'
import type { ClockFloor } from './clock-floor.ts'
import { extended } from './alert-timing.ts'
import type { GuardedStore } from './guarded-store.ts'
import type { FoundAlert } from './ports/alert-sound.ts'
import type { AlertBody } from './protocol/downlink.ts'

/** What the settings say of alerts. */
export type AlertSettings = {
  statuses: readonly CapStatus[]
  geocodes: readonly string[]
  position: Position | null
  languages: readonly string[]
  /** The senders that are believed in each folder and feed, which are named as in the settings. */
  senders: ReadonlyMap<string, readonly string[]>
}

/** An alert without a pause of its own is repeated after this silence, so that people can speak to each other. */
export const ALERT_PAUSE_MS = 5_000

const DAY_MS = 86_400_000

export type SignedAlert = {
  messageId: string
  body: AlertBody
  origin: Origin
  /** Issuer and stream: what a later message of the same `alertId` replaces. */
  stream: string
  receivedAt: WallMs
}

export type TakenAlert = {
  /** Stored messages that are of no more use, perhaps this one too. */
  dropped: string[]
  /** Why nothing of it is heard here; null: it is. */
  note: string | null
}

export type TakenFound =
  | { kind: 'announced'; title: string; faults: string[] }
  /** Known, not for this box, over, or not of a sender that is believed there. */
  | { kind: 'passed-over'; reason: string }
  | { kind: 'refused'; detail: string }

export type Alerting = {
  /** The clause of CAP that the document in a message breaks. */
  check: (body: AlertBody) => string | null
  takeSigned: (signed: SignedAlert) => TakenAlert
  takeFound: (found: FoundAlert) => TakenFound
  /** More of the sounds of an announcement is ready; false: nothing changes. */
  soundsReady: (key: string) => boolean
  /** Ends what is over; returns the messages that carried it. */
  end: (now: WallMs) => string[]
  overrides: () => Override[]
  size: () => number
  /** Announcements that have begun go on where they are, though the clock was set by so much. */
  clockStepped: (byMs: number) => void
}

type Part = { key: string; announcement: Announcement; override: Override }

type Entry = {
  alert: CapAlert
  voice: Voice
  parts: Part[]
  /** Signed messages that carry it, and what they may be replaced by. */
  messageIds: string[]
  streams: string[]
}

/** `begins`: when what it says begins, or now if it says nothing here; null: the box does not listen to it at all. */
type Weighed = { dropped: string[]; reason: string | null; entry: Entry | null; begins: WallMs | null }

type Manner = {
  carrier: Carrier
  origin: Origin
  /** Of a signed message. */
  alertId: string | null
  hasSiren: boolean
  pauseMs: (announcement: Announcement) => number | null
  outputs: string[] | null
}

type Needs = {
  identity: { device: string; area: string }
  settings: AlertSettings
  sounds: Pick<AlertSounds, 'prepare' | 'of' | 'forget'>
  clock: Pick<Clock, 'wall' | 'trust'>
  floor: Pick<ClockFloor, 'at'>
  store: Pick<GuardedStore, 'getValue' | 'setValue'>
}

const itemsOf = (announcement: Announcement, sounds: readonly Item[], lastsMs: number): Item[] => [
  // The slide stands first, so that its place does not change when words come: a board would begin it anew.
  {
    content: { kind: 'text', ...announcement.slide },
    durationMs: Math.max(1, Math.min(DAY_MS, lastsMs)),
  },
  ...sounds,
]

const mannerOf = ({ body, origin }: SignedAlert): Manner => ({
  carrier: 'signed',
  origin,
  alertId: body.alertId,
  hasSiren: body.siren !== 'none',
  pauseMs: ({ isAllClear }) => body.repeatPauseMs ?? (isAllClear ? null : ALERT_PAUSE_MS),
  outputs: body.outputs ?? null,
})

/** Found documents say nothing of repeats: what is not grave is said once, and stays on the board. */
const mannerOfFound = (alert: CapAlert, { source }: FoundAlert, area: string): Manner => ({
  carrier: 'found',
  origin: {
    issuer: `cap:${alert.sender.replaceAll(/[^A-Za-z0-9._-]/g, '-')}`.slice(0, 64),
    sourceId: source.slice(0, 500),
    authorityArea: area,
  },
  alertId: null,
  hasSiren: true,
  pauseMs: ({ isGrave }) => (isGrave ? ALERT_PAUSE_MS : null),
  outputs: null,
})

export const createAlerting = ({ identity, settings, sounds, clock, floor, store }: Needs): Alerting => {
  const entries = new Map<string, Entry>()
  const memory = createAlertMemory(store)
  const nameOf = nameAlerts()
  const policy: AlertPolicy = {
    device: identity.device,
    place: { area: identity.area, geocodes: settings.geocodes, position: settings.position },
    statuses: settings.statuses,
    languages: settings.languages,
  }

  const remove = (id: string): string[] => {
    const entry = entries.get(id)
    entries.delete(id)
    for (const { key } of entry?.parts ?? []) sounds.forget(key)
    return entry?.messageIds ?? []
  }

  /** An earlier alert goes on until the one that replaces it begins. */
  const endAt = (id: string, at: WallMs, now: WallMs): string[] => {
    if (at <= now) return remove(id)
    for (const part of entries.get(id)?.parts ?? [])
      part.override = { ...part.override, until: wallMs(Math.min(part.override.until, at)) }
    return []
  }

  /** Update and Cancel alike (§3.2.1 msgType); a message that names itself ends nothing. */
  const endReferenced = (alert: CapAlert, by: Voice, at: WallMs, now: WallMs): string[] => {
    if (alert.messageType !== 'Update' && alert.messageType !== 'Cancel') return []
    const own = identityText(alert)
    return alert.references.flatMap((reference) => {
      const id = identityText(reference)
      if (id === own) return []
      memory.add(reference, by, at)
      const entry = entries.get(id)
      return entry !== undefined && mayEnd(by, entry.voice) ? endAt(id, at, now) : []
    })
  }

  const overrideOf = (part: Omit<Part, 'override'>, overrideId: string, manner: Manner): Override => {
    const { announcement, key } = part
    const { items, isWhole } = sounds.of(key)
    const { title, isGrave, until, gravity } = announcement
    const repeatPauseMs = manner.pauseMs(announcement)
    // A box that comes up in the middle of what is repeated begins with the siren; what is said once was said.
    const startsAt =
      repeatPauseMs === null ? announcement.startsAt : wallMs(Math.max(announcement.startsAt, clock.wall()))
    return {
      overrideId,
      origin: manner.origin,
      trigger: 'alert',
      title,
      priority: isGrave ? 'alert' : 'urgent',
      startsAt,
      until,
      items: itemsOf(announcement, items, until - startsAt),
      sound: isWhole ? 'whole' : 'awaited',
      gravity,
      outputs: manner.outputs,
      repeatPauseMs,
      gainDb: 0,
      over: null,
    }
  }

  const begin = (alert: CapAlert, announcements: readonly Announcement[], manner: Manner): Part[] =>
    announcements.map((announcement) => {
      const key = `${identityText(alert)}#${announcement.infoIndex}`
      const { resource, text, language } = announcement
      sounds.prepare(key, { siren: manner.hasSiren ? announcement.siren : null, resource, text, language })
      const part = { key, announcement }
      const overrideId = nameOf(alert, { alertId: manner.alertId, infoIndex: announcement.infoIndex })
      return { ...part, override: overrideOf(part, overrideId, manner) }
    })

  const weigh = (alert: CapAlert, voice: Voice, manner: Manner, receivedAt: WallMs): Weighed => {
    const now = clock.wall()
    const id = identityText(alert)
    // What this box does not listen to at all, such as a draft, changes nothing either.
    if (!settings.statuses.includes(alert.status))
      return { dropped: [], reason: `status ${alert.status} is not played here`, entry: null, begins: null }
    const moment = { now, receivedAt, isTrusted: clock.trust() !== 'unsynced', floor: floor.at() }
    const choice = choose(alert, policy, manner.carrier, moment)
    const announcements = choice.kind === 'announced' ? choice.announcements : []
    const begins = announcements.length === 0 ? now : wallMs(Math.min(...announcements.map(({ startsAt }) => startsAt)))
    const dropped = endReferenced(alert, voice, begins, now)
    const known = entries.get(id)
    const nothing = (reason: string | null, entry: Entry | null): Weighed => ({ dropped, reason, entry, begins })
    if (known !== undefined) return nothing('it is announced already', known)
    if (alert.messageType === 'Cancel') return nothing(null, null)
    if (choice.kind === 'not-here') return nothing(choice.reason, null)
    const endedFrom = memory.endedFrom(alert, voice)
    if (endedFrom !== null && endedFrom <= now) return nothing('it was updated or cancelled', null)
    const entry: Entry = { alert, voice, parts: begin(alert, announcements, manner), messageIds: [], streams: [] }
    entries.set(id, entry)
    if (endedFrom !== null) endAt(id, endedFrom, now)
    return nothing(null, entry)
  }

  const takeSigned: Alerting['takeSigned'] = (signed) => {
    const read = readCap(signed.body.cap)
    if (read.kind === 'refused') return { dropped: [signed.messageId], note: refusalText(read) }
    const { alert } = read
    const { authorityArea } = signed.origin
    const voice: Voice = { sender: alert.sender, authorityArea, status: alert.status }
    const { stream, messageId, receivedAt } = signed
    const { dropped, reason, entry, begins } = weigh(alert, voice, mannerOf(signed), receivedAt)
    if (begins === null) return { dropped: [messageId], note: reason }
    const replaced = [...entries].filter(([, old]) => old !== entry && old.streams.includes(stream))
    for (const [id, old] of replaced) {
      memory.add(old.alert, { ...voice, status: old.voice.status }, begins)
      dropped.push(...endAt(id, begins, clock.wall()))
    }
    if (entry === null) return { dropped: [...dropped, messageId], note: reason }
    entry.messageIds.push(messageId)
    entry.streams.push(stream)
    const faults = entry.parts.flatMap(({ announcement: { resourceFault } }) => resourceFault ?? [])
    return { dropped, note: reason ?? faults[0] ?? null }
  }

  const takeFound: Alerting['takeFound'] = (found) => {
    const read = readCap(found.xml)
    if (read.kind === 'refused') return { kind: 'refused', detail: refusalText(read) }
    const { alert } = read
    if (settings.senders.get(found.source)?.includes(alert.sender) !== true)
      return { kind: 'passed-over', reason: `${alert.sender} is no sender that is believed there` }
    const voice: Voice = { sender: alert.sender, authorityArea: null, status: alert.status }
    const { reason, entry } = weigh(alert, voice, mannerOfFound(alert, found, identity.area), found.foundAt)
    if (entry === null || reason !== null) return { kind: 'passed-over', reason: reason ?? '' }
    const faults = entry.parts.flatMap(({ announcement: { resourceFault } }) => resourceFault ?? [])
    return { kind: 'announced', title: entry.parts[0]?.override.title ?? '', faults }
  }

  const parts = (): Part[] => [...entries.values()].flatMap((entry) => entry.parts)

  return {
    check: ({ cap }) => {
      const read = readCap(cap)
      return read.kind === 'refused' ? refusalText(read) : null
    },
    takeSigned,
    takeFound,
    soundsReady: (key) => {
      const part = parts().find((candidate) => candidate.key === key)
      if (part === undefined) return false
      const { items, isWhole } = sounds.of(key)
      const { override, announcement } = part
      const [, ...before] = override.items
      const startsAt = extended({ override, before, after: items }, clock.wall())
      part.override = {
        ...override,
        startsAt,
        items: itemsOf(announcement, items, override.until - startsAt),
        sound: isWhole ? 'whole' : 'awaited',
      }
      return true
    },
    end: (now) =>
      [...entries].flatMap(([id, entry]) =>
        entry.parts.every(({ override }) => now >= override.until) ? remove(id) : [],
      ),
    overrides: () => parts().map(({ override }) => override),
    size: () => parts().length,
    clockStepped: (byMs) => {
      const before = wallMs(clock.wall() - byMs)
      for (const part of parts())
        if (part.override.startsAt <= before)
          part.override = { ...part.override, startsAt: addMs(part.override.startsAt, byMs) }
    },
  }
}
