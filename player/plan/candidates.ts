/** Everything that has a claim on an output at a moment, in one total order. Pure. */
import { isFor, type Occurrence } from './agenda.ts'
import type { Airing } from './airings.ts'
import { overOn } from './lanes.ts'
import {
  depthOf,
  rankOf,
  type Item,
  type LateJoin,
  type Origin,
  type Over,
  type Override,
  type Priority,
  type Schedule,
  type WhenInterrupted,
} from './schedule.ts'
import type { CompiledSchedule, OutputSpec, PlanState, SilencedBy, Trigger } from './slot.ts'
import { addMs, wallMs, type WallMs } from './time.ts'
import { mediumOf, trackOf, type Medium, type Track } from './track.ts'
import { nextTurnAt, NO_TURNS, turnsKey, type TurnTaker } from './turns.ts'
import { ceilingAt } from './volume.ts'

/** How long after its planned end an interrupted programme may still go on. */
export const RESUME_WITHIN_MS = 3_600_000

/** A start that is later than this came up in the middle; anything less is only the delay of deciding. */
export const LATE_MS = 2_000

/** While several alerts share a board, each is shown for so long. */
export const PAGE_MS = 15_000

/** Where a claim stands in the order of precedence: numbers, the lower the better, then names. */
export type Standing = {
  occurrenceId: string
  priority: Priority
  origin: Origin
  rank: number
  /** Among alerts; 0 is the gravest. */
  gravity: number
  /** Place in the commune's arrangement; those that it does not name come after. */
  place: number
  /** Of the authority's area: fewer segments stand higher. */
  depth: number
  /** 0: an order, given for now. 1: a programme. */
  kind: 0 | 1
  /** Of orders the newer counts, of programmes the one that began earlier. */
  age: number
}

/** One claim: an occurrence of a programme, or an order, on one output. */
export type Claim = Standing & {
  programmeId: string
  title: string
  /** As the schedule or the order has it. */
  start: WallMs
  trigger: Trigger
  revision: number | null
  whenInterrupted: WhenInterrupted
  effectiveStart: WallMs
  track: Track
  /** Rounds begin every `roundMs`; null: one round. */
  roundMs: number | null
  /** Number of the first round that this claim speaks of: alerts that take turns count on. */
  firstRound: number
  /** Owns the output in silence: the pause of an alert, or words that are being made. */
  isSilent: boolean
  endsAt: WallMs
  gainDb: number
  /** It is spoken over what it wins over; null: it takes its place. */
  over: Over | null
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** What tells two claims apart, in this order; the names say why the second one lost. */
export const RULES = [
  ['lower-priority', 'rank'],
  ['less-grave', 'gravity'],
  ['later-in-arrangement', 'place'],
  ['narrower-authority', 'depth'],
  ['not-an-order', 'kind'],
  ['other-start', 'age'],
] as const
export type Rule = (typeof RULES)[number][0] | 'later-name'

/**
 * The order of precedence, best first: priority; among alerts the graver; the commune's arrangement; the authority of the
 * wider area; orders before programmes; of orders the newer, of programmes the earlier start; then ids, so that no two
 * boxes ever differ.
 */
export const precedence = (a: Standing, b: Standing): number =>
  a.rank - b.rank ||
  a.gravity - b.gravity ||
  a.place - b.place ||
  a.depth - b.depth ||
  a.kind - b.kind ||
  a.age - b.age ||
  byText(a.origin.sourceId, b.origin.sourceId) ||
  byText(a.occurrenceId, b.occurrenceId)

const names = (outputs: readonly string[] | null, output: OutputSpec): boolean =>
  outputs === null || outputs.includes(output.id)

/** What the law leaves to the commune: the order within ưu tiên and within thông thường. */
const ARRANGED: ReadonlySet<Priority> = new Set(['priority', 'normal'])
/** What is no alert stands after those of its priority. */
const NOT_GRAVE = Number.MAX_SAFE_INTEGER
const NOWHERE = Number.MAX_SAFE_INTEGER

/** The arrangement that counts: of several, that of the narrowest area. */
export const arrangementOf = (schedules: readonly CompiledSchedule[]): ReadonlyMap<string, number> | null => {
  const named = schedules.filter(({ arrangement }) => arrangement.size > 0)
  const [best] = named.toSorted(
    ({ schedule: { origin: a } }, { schedule: { origin: b } }) =>
      depthOf(b.authorityArea) - depthOf(a.authorityArea) || byText(a.sourceId, b.sourceId),
  )
  return best?.arrangement ?? null
}

export const standingOf = (
  { occurrenceId, schedule, programme, start }: Occurrence,
  arrangement: ReadonlyMap<string, number> | null,
): Standing => ({
  occurrenceId,
  priority: programme.priority,
  origin: schedule.origin,
  rank: rankOf(programme.priority),
  gravity: NOT_GRAVE,
  place: ARRANGED.has(programme.priority)
    ? (arrangement?.get(`${schedule.origin.issuer}|${programme.programmeId}`) ?? NOWHERE)
    : NOWHERE,
  depth: depthOf(schedule.origin.authorityArea),
  kind: 1,
  age: start,
})

const isInForce = ({ validFrom, validUntil }: Schedule, now: WallMs): boolean => now >= validFrom && now < validUntil

/** Where an occurrence stands on its timeline at `now`, or null if it has no claim (any more, or by its own wish). */
const effectiveStartAt = (
  { start, schedule, programme, lengthMs }: Occurrence,
  airing: Airing | undefined,
  medium: Medium,
  now: WallMs,
): WallMs | null => {
  const isOver = now >= start + lengthMs[medium]
  const isGivenUp = now >= start + lengthMs[medium] + RESUME_WITHIN_MS
  const lateJoin: LateJoin = programme.lateJoin
  switch (airing?.state) {
    case undefined:
      // A start long past without a trace is over, not late, whatever its late join says.
      if (isOver) return null
      if (now - Math.max(start, schedule.validFrom) <= LATE_MS || lateJoin === 'offset') return start
      return lateJoin === 'start' ? now : null
    case 'running':
      return airing.effectiveStart
    case 'waiting':
      return isGivenUp ? null : now
    case 'interrupted':
      return isGivenUp ? null : programme.whenInterrupted === 'restart' ? now : addMs(now, -airing.heardMs)
    case 'done':
      return null
  }
}

export type Timed = { effectiveStart: WallMs; endsAt: WallMs }

/** When the occurrence is on, if it has the output from `now`; null: it has no claim. */
export const timedAt = (
  occurrence: Occurrence,
  airing: Airing | undefined,
  medium: Medium,
  now: WallMs,
): Timed | null => {
  if (occurrence.lengthMs[medium] === 0 || !isInForce(occurrence.schedule, now)) return null
  const effectiveStart = effectiveStartAt(occurrence, airing, medium, now)
  if (effectiveStart === null) return null
  const endsAt = wallMs(Math.min(effectiveStart + occurrence.lengthMs[medium], occurrence.schedule.validUntil))
  return now >= endsAt ? null : { effectiveStart, endsAt }
}

/** Occurrences that may have a claim: those whose time it is, and those that were begun and are not done. */
export const occurrencesAt = (state: PlanState, output: OutputSpec, now: WallMs): Occurrence[] => {
  const found = new Map<string, Occurrence>()
  const add = (one: Occurrence) => {
    if (isFor(one, output)) found.set(one.occurrenceId, one)
  }
  for (const { agenda } of state.schedules) for (const one of agenda.at(now)) add(one)
  for (const { occurrenceId } of state.airings.open(output.id)) {
    if (found.has(occurrenceId)) continue
    for (const { agenda } of state.schedules) {
      const one = agenda.find(occurrenceId)
      if (one !== null) add(one)
    }
  }
  return [...found.values()]
}

export const claimOf = (occurrence: Occurrence, timed: Timed, medium: Medium, standing: Standing): Claim => {
  const { programme, schedule, start } = occurrence
  return {
    ...standing,
    programmeId: programme.programmeId,
    title: programme.title,
    start,
    trigger: 'schedule',
    revision: schedule.revision,
    whenInterrupted: programme.whenInterrupted,
    ...timed,
    track: trackOf(programme, medium, start),
    roundMs: null,
    firstRound: 0,
    isSilent: false,
    gainDb: programme.gainDb,
    over: overOn(programme.over, medium),
  }
}

const scheduledClaims = (state: PlanState, output: OutputSpec, now: WallMs): Claim[] => {
  const arrangement = arrangementOf(state.schedules)
  return occurrencesAt(state, output, now).flatMap((occurrence) => {
    const timed = timedAt(occurrence, state.airings.of(occurrence.occurrenceId, output.id), output.medium, now)
    return timed === null ? [] : [claimOf(occurrence, timed, output.medium, standingOf(occurrence, arrangement))]
  })
}

/** The items of an order, one after the other. */
const orderTrack = (items: readonly Item[], medium: Medium): Track => {
  let lengthMs = 0
  const entries = items.flatMap((item, index) => {
    if (mediumOf(item) !== medium) return []
    const entry = { item, index, startsAtMs: lengthMs, lengthMs: item.durationMs }
    lengthMs += item.durationMs
    return [entry]
  })
  return { entries, lengthMs }
}

const orderClaim = (override: Override, track: Track): Omit<Claim, 'effectiveStart' | 'endsAt' | 'roundMs'> => ({
  occurrenceId: override.overrideId,
  programmeId: override.overrideId,
  title: override.title,
  origin: override.origin,
  trigger: override.trigger,
  revision: null,
  priority: override.priority,
  rank: rankOf(override.priority),
  gravity: override.trigger === 'alert' ? override.gravity : NOT_GRAVE,
  place: NOWHERE,
  depth: depthOf(override.origin.authorityArea),
  kind: 0,
  age: 0 - override.startsAt,
  whenInterrupted: 'rejoin',
  start: override.startsAt,
  track,
  firstRound: 0,
  isSilent: false,
  gainDb: override.gainDb,
  over: null,
})

const inForce = (state: PlanState, output: OutputSpec, now: WallMs): Override[] =>
  state.overrides.filter((one) => now >= one.startsAt && now < one.until && names(one.outputs, output))

const plainClaim = (override: Override, output: OutputSpec, now: WallMs): Claim[] => {
  const track = orderTrack(override.items, output.medium)
  if (track.lengthMs === 0) return []
  const pauseMs = output.medium === 'sound' ? override.repeatPauseMs : override.repeatPauseMs === null ? null : 0
  const roundMs = pauseMs === null ? null : track.lengthMs + pauseMs
  const { startsAt, until } = override
  const endsAt = wallMs(roundMs === null ? Math.min(startsAt + track.lengthMs, until) : until)
  if (now >= endsAt) return []
  const over = overOn(override.over, output.medium)
  return [{ ...orderClaim(override, track), effectiveStart: startsAt, endsAt, roundMs, over }]
}

/** Alerts of one priority on one output, the gravest first. */
export type AlertGroup = { priority: Priority; alerts: { override: Override; track: Track }[] }

export const alertGroups = (state: PlanState, output: OutputSpec, now: WallMs): AlertGroup[] => {
  const alerts = inForce(state, output, now)
    .filter(({ trigger }) => trigger === 'alert')
    .map((override) => ({ override, track: orderTrack(override.items, output.medium) }))
    .sort((a, b) => precedence(orderClaim(a.override, a.track), orderClaim(b.override, b.track)))
  const priorities = [...new Set(alerts.map(({ override }) => override.priority))]
  return priorities.map((priority) => ({
    priority,
    alerts: alerts.filter(({ override }) => override.priority === priority),
  }))
}

export const turnTakers = ({ alerts }: AlertGroup): TurnTaker[] =>
  alerts
    .filter(({ track }) => track.lengthMs > 0)
    .map(({ override, track }) => ({
      overrideId: override.overrideId,
      startsAt: override.startsAt,
      lengthMs: track.lengthMs,
      repeatPauseMs: override.repeatPauseMs,
      isAwaited: override.sound === 'awaited',
    }))

/** On loudspeakers alerts take turns; between them, and while their words are being made, they own the output in silence. */
const soundingAlert = (state: PlanState, output: OutputSpec, group: AlertGroup): Claim[] => {
  const turns = state.turns.get(turnsKey(output.id, group.priority)) ?? NO_TURNS
  const takers = turnTakers(group)
  const speaking = group.alerts.find(({ override }) => override.overrideId === turns.current?.overrideId)
  if (speaking !== undefined && turns.current !== null) {
    const { override, track } = speaking
    const effectiveStart = wallMs(Math.max(turns.current.startedAt, override.startsAt))
    const endsAt = override.sound === 'awaited' ? override.until : addMs(effectiveStart, track.lengthMs)
    const claim = { ...orderClaim(override, track), effectiveStart, roundMs: null, firstRound: turns.round }
    return [{ ...claim, endsAt: wallMs(Math.min(endsAt, override.until)) }]
  }
  const owner = group.alerts.find(({ override: { sound, repeatPauseMs }, track }) =>
    track.lengthMs > 0 ? repeatPauseMs !== null || nextTurnAt(turns, takers) !== null : sound === 'awaited',
  )
  if (owner === undefined) return []
  const { override, track } = owner
  const endsAt = nextTurnAt(turns, takers) ?? override.until
  const claim = { ...orderClaim(override, track), effectiveStart: override.startsAt, roundMs: null }
  return [{ ...claim, endsAt: wallMs(Math.min(endsAt, override.until)), isSilent: true }]
}

/** On boards they are pages, turned every `PAGE_MS`, from the gravest at the newcomer's arrival on. */
const shownAlert = (output: OutputSpec, { alerts }: AlertGroup, now: WallMs): Claim[] => {
  const shown = alerts.filter(({ track }) => track.lengthMs > 0)
  const [only] = shown
  if (only !== undefined && shown.length === 1) return plainClaim(only.override, output, now)
  const epoch = Math.max(...shown.map(({ override }) => override.startsAt))
  const page = Math.floor((now - epoch) / PAGE_MS)
  const turned = shown[page % shown.length]
  if (turned === undefined) return []
  const effectiveStart = wallMs(epoch + page * PAGE_MS)
  const endsAt = wallMs(Math.min(effectiveStart + PAGE_MS, ...shown.map(({ override }) => override.until)))
  const claim = { ...orderClaim(turned.override, turned.track), effectiveStart, roundMs: null, firstRound: page }
  return [{ ...claim, endsAt }]
}

export const orderClaims = (state: PlanState, output: OutputSpec, now: WallMs): Claim[] => [
  ...inForce(state, output, now)
    .filter(({ trigger }) => trigger !== 'alert')
    .flatMap((override) => plainClaim(override, output, now)),
  ...alertGroups(state, output, now).flatMap((group) =>
    output.medium === 'sound' ? soundingAlert(state, output, group) : shownAlert(output, group, now),
  ),
]

/** An order that mutes the output, or quiet hours in which nothing of this level may sound at all. */
export const silencedBy = (
  state: PlanState,
  { id, medium }: OutputSpec,
  priority: Priority,
  now: WallMs,
): SilencedBy | null => {
  if (medium !== 'sound' || priority === 'alert') return null
  if (state.isMuted(id)) return 'muted'
  const ceiling = ceilingAt(state.volume, { output: id, priority }, now)
  return ceiling?.ceilingDb === Number.NEGATIVE_INFINITY ? 'quiet-hours' : null
}

export const isSilenced = (...asked: Parameters<typeof silencedBy>): boolean => silencedBy(...asked) !== null

/** All claims, best first, whatever the hour allows. */
export const claimsAt = (state: PlanState, output: OutputSpec, now: WallMs): Claim[] =>
  [...(state.clockTrusted ? scheduledClaims(state, output, now) : []), ...orderClaims(state, output, now)].sort(
    precedence,
  )
