/**
 * What time alone changes in what is remembered: turns of alerts pass on, occurrences whose moment came while something
 * higher was on begin to wait, and what is over is over, heard or missed. Pure, and composable: from a to c is the same as
 * from a to b and from b to c.
 */
import { isFor, type Occurrence } from './agenda.ts'
import { afterDisplacement, withAirings, type Airing } from './airings.ts'
import { alertGroups, claimsAt, isSilenced, RESUME_WITHIN_MS, timedAt, turnTakers, type Claim } from './candidates.ts'
import { bestOf, overOn, ownersOf, placeTakenBy, type Owners } from './lanes.ts'
import { PRIORITIES, rankOf } from './schedule.ts'
import type { OutputSpec, PlanState } from './slot.ts'
import { wallMs, type WallMs } from './time.ts'
import { blocked, NO_TURNS, turnsAt, turnsKey, type Turns } from './turns.ts'

/** An airing that nobody heard. `waited`: something higher was on until it was too late. */
export type Missed = { occurrence: Occurrence; output: OutputSpec; because: 'waited' | 'displaced' | 'never-begun' }

export type Evolution = { airings: Airing[]; turns: ReadonlyMap<string, Turns>; missed: Missed[] }

/** How far back what is over is looked for, after a long time without power or a clock that was set. */
export const LOOK_BACK_MS_MAX = 7 * 86_400_000

/** A box that looks away for longer than this comes up late; what began meanwhile did not wait for anything. */
const LIVED_THROUGH_MS = 10_000

const turnsOf = (state: PlanState, output: OutputSpec, now: WallMs, blockedBy: Claim | null) => {
  const changed = new Map<string, Turns>()
  if (output.medium !== 'sound') return changed
  for (const group of alertGroups(state, output, now)) {
    const key = turnsKey(output.id, group.priority)
    const turns = state.turns.get(key) ?? NO_TURNS
    // What something higher talks over was not heard: its turn begins anew afterwards.
    const isBlocked = blockedBy !== null && rankOf(blockedBy.priority) < rankOf(group.priority)
    const next = isBlocked ? blocked(turns) : turnsAt(turns, turnTakers(group), now)
    if (next !== turns) changed.set(key, next)
  }
  return changed
}

/** Whose turn it was is forgotten with the last alert: one of the same name that comes later is a new one. */
const forgotten = (state: PlanState, output: OutputSpec, now: WallMs): [string, Turns][] => {
  const inForce = new Set(alertGroups(state, output, now).map(({ priority }) => turnsKey(output.id, priority)))
  return PRIORITIES.map((priority) => turnsKey(output.id, priority))
    .filter((key) => state.turns.has(key) && state.turns.get(key) !== NO_TURNS && !inForce.has(key))
    .map((key) => [key, NO_TURNS])
}

const done = (airing: Airing): Airing => ({ ...airing, state: 'done' })

/** Begun or waiting, and its time is over. */
const closed = (state: PlanState, output: OutputSpec, now: WallMs): Pick<Evolution, 'airings' | 'missed'> => {
  const airings: Airing[] = []
  const missed: Missed[] = []
  for (const airing of state.airings.open(output.id)) {
    const occurrence = state.schedules.map(({ agenda }) => agenda.find(airing.occurrenceId)).find((one) => one !== null)
    if (occurrence === undefined) continue
    const { validUntil } = occurrence.schedule
    const runsUntil =
      airing.state === 'running'
        ? airing.effectiveStart + occurrence.lengthMs[output.medium]
        : occurrence.start + occurrence.lengthMs[output.medium] + RESUME_WITHIN_MS
    if (now < Math.min(runsUntil, validUntil)) continue
    airings.push(done(airing))
    if (airing.state === 'waiting') missed.push({ occurrence, output, because: 'waited' })
  }
  return { airings, missed }
}

const never = (occurrence: Occurrence, output: OutputSpec): Airing => ({
  occurrenceId: occurrence.occurrenceId,
  output: output.id,
  effectiveStart: occurrence.start,
  heardMs: 0,
  state: 'done',
})

/** Its planned end has passed and nothing is known of it. */
const neverBegun = (
  state: PlanState,
  output: OutputSpec,
  { from, to }: Span,
): Pick<Evolution, 'airings' | 'missed'> => {
  const occurrences = state.schedules
    .flatMap(({ schedule, agenda }) => agenda.endingIn(from, wallMs(Math.min(to, schedule.validUntil))))
    .filter((one) => isFor(one, output) && state.airings.of(one.occurrenceId, output.id) === undefined)
  return {
    airings: occurrences.map((one) => never(one, output)),
    missed: occurrences.map((occurrence) => ({ occurrence, output, because: 'never-begun' })),
  }
}

/** Of the claims that can be played at all; a missing file never displaces anything. */
const ownersAt = (state: PlanState, output: OutputSpec, now: WallMs): Owners<Claim> =>
  ownersOf(
    claimsAt(state, output, now).filter(
      (claim) =>
        !isSilenced(state, output, claim.priority, now) &&
        (claim.isSilent || claim.track.entries.some(({ item }) => state.playable(item, ''))),
    ),
  )

/** Its moment came, and something higher had the output. */
const displaced = (state: PlanState, output: OutputSpec, { from, to }: Span): Pick<Evolution, 'airings' | 'missed'> => {
  const airings: Airing[] = []
  const missed: Missed[] = []
  if (!state.clockTrusted || to - from > LIVED_THROUGH_MS) return { airings, missed }
  for (const { agenda } of state.schedules)
    for (const occurrence of agenda.startingIn(wallMs(from + 1), wallMs(to + 1))) {
      const { occurrenceId, start, programme } = occurrence
      if (!isFor(occurrence, output) || state.airings.of(occurrenceId, output.id) !== undefined) continue
      if (timedAt(occurrence, undefined, output.medium, start) === null) continue
      const taken = placeTakenBy(ownersAt(state, output, start), overOn(programme.over, output.medium))
      if (taken === null || taken.occurrenceId === occurrenceId) continue
      const airing = afterDisplacement({ occurrenceId, output: output.id, start }, programme.whenInterrupted)
      if (airing === null) continue
      airings.push(airing)
      if (airing.state === 'done') missed.push({ occurrence, output, because: 'displaced' })
    }
  return { airings, missed }
}

export type Span = { from: WallMs; to: WallMs }

/** Whose turn it is at `now`; all that a decision needs of what time has changed. */
export const turned = (state: PlanState, output: OutputSpec, now: WallMs): PlanState => {
  const turns = turnsOf(state, output, now, null)
  return turns.size === 0 ? state : { ...state, turns: new Map([...state.turns, ...turns]) }
}

export const evolveOutput = (state: PlanState, output: OutputSpec, span: Span): Evolution => {
  const from = wallMs(Math.max(span.from, span.to - LOOK_BACK_MS_MAX))
  const { to } = span
  const after = turned(state, output, to)
  const turns = new Map<string, Turns>(forgotten(state, output, to))
  // Alerts that must give way to something higher do not lose their turn by it.
  if (after !== state)
    for (const [key, value] of turnsOf(state, output, to, bestOf(ownersAt(after, output, to)))) turns.set(key, value)
  const changes = [
    closed(after, output, to),
    neverBegun(after, output, { from, to }),
    displaced(after, output, { from, to }),
  ]
  return {
    airings: changes.flatMap(({ airings }) => airings),
    turns,
    missed: changes.flatMap(({ missed }) => missed),
  }
}

export const evolved = (state: PlanState, { airings, turns }: Pick<Evolution, 'airings' | 'turns'>): PlanState =>
  airings.length === 0 && turns.size === 0
    ? state
    : {
        ...state,
        airings: withAirings(state.airings, airings),
        turns: turns.size === 0 ? state.turns : new Map([...state.turns, ...turns]),
      }

/** All outputs, from one moment to the next. A `to` before `from` changes nothing but the turns. */
export const evolve = (state: PlanState, span: Span): Evolution => {
  const all = state.outputs.map((output) => evolveOutput(state, output, span))
  return {
    airings: all.flatMap(({ airings }) => airings),
    turns: new Map(all.flatMap(({ turns }) => [...turns])),
    missed: all.flatMap(({ missed }) => missed),
  }
}
