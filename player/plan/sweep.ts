/**
 * A stretch of time at once: what will be on each output from one moment to another, as far as is known now. It is the
 * planner's own future, with every interruption, wait and resumption in it, at the cost of one look per change. Pure, and
 * composable: [a, c) is [a, b) and then [b, c) from the state that the first leaves behind.
 */
import type { Occurrence } from './agenda.ts'
import { afterDisplacement, afterInterruption, airingKey, withAirings, type Airing } from './airings.ts'
import {
  arrangementOf,
  isSilenced,
  occurrencesAt,
  orderClaims,
  precedence,
  RESUME_WITHIN_MS,
  standingOf,
  timedAt,
  turnTakers,
  alertGroups,
  type Standing,
  type Timed,
} from './candidates.ts'
import { rankOf, type Origin, type Priority } from './schedule.ts'
import type { OutputSpec, PlanState, Trigger } from './slot.ts'
import { wallMs, type WallMs } from './time.ts'
import { blocked, NO_TURNS, nextTurnAt, turnsAt, turnsKey, type Turns } from './turns.ts'
import { nextChange } from './volume.ts'

/** One occurrence or order that has one output, from then until then. */
export type Segment = {
  output: string
  from: WallMs
  until: WallMs
  occurrenceId: string
  programmeId: string
  title: string
  origin: Origin
  priority: Priority
  trigger: Trigger
  /** When it would have begun here had nothing ever interrupted it. */
  effectiveStart: WallMs
}

export type Swept = { segments: Segment[]; state: PlanState }

type Entrant = { occurrence: Occurrence; standing: Standing }

/** Where an entrant belongs in a list that is ordered, best first. */
const placeFor = (list: readonly Entrant[], { standing }: Entrant): number => {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const one = list[middle]
    if (one !== undefined && precedence(one.standing, standing) < 0) low = middle + 1
    else high = middle
  }
  return low
}

type Winner = {
  segment: Omit<Segment, 'from' | 'until'>
  entrant: Entrant | null
  timed: Timed
}

/** Entrants that are over are dropped from the list this often, in simulated time. */
const SWEEP_OUT_MS = 600_000

const openSweep = (start: PlanState, output: OutputSpec) => {
  const changed = new Map<string, Airing>()
  const arrangement = arrangementOf(start.schedules)
  const entrants: Entrant[] = []
  let turns: ReadonlyMap<string, Turns> = start.turns
  let sweptOutAt = Number.NEGATIVE_INFINITY

  const airingOf = (occurrenceId: string): Airing | undefined =>
    changed.get(airingKey(occurrenceId, output.id)) ?? start.airings.of(occurrenceId, output.id)
  const remember = (airing: Airing) => void changed.set(airingKey(airing.occurrenceId, airing.output), airing)
  const enter = (occurrence: Occurrence): Entrant => {
    const entrant = { occurrence, standing: standingOf(occurrence, arrangement) }
    entrants.splice(placeFor(entrants, entrant), 0, entrant)
    return entrant
  }
  const isFor = ({ programme, lengthMs }: Occurrence): boolean =>
    (programme.outputs === null || programme.outputs.includes(output.id)) && lengthMs[output.medium] > 0
  const sweepOut = (now: WallMs) => {
    if (now - sweptOutAt < SWEEP_OUT_MS) return
    sweptOutAt = now
    const isOver = ({ occurrence }: Entrant): boolean => {
      const airing = airingOf(occurrence.occurrenceId)
      const isRunning = airing?.state === 'running'
      const from = isRunning ? airing.effectiveStart : occurrence.start + RESUME_WITHIN_MS
      return airing?.state === 'done' || now >= from + occurrence.lengthMs[output.medium]
    }
    const staying = entrants.filter((entrant) => !isOver(entrant))
    entrants.splice(0, entrants.length, ...staying)
  }
  const state = (): PlanState => ({ ...start, airings: withAirings(start.airings, [...changed.values()]), turns })

  const passTurns = (now: WallMs) => {
    if (output.medium !== 'sound') return
    for (const group of alertGroups(start, output, now)) {
      const key = turnsKey(output.id, group.priority)
      turns = new Map(turns).set(key, turnsAt(turns.get(key) ?? NO_TURNS, turnTakers(group), now))
    }
  }

  /** What something higher talks over was not heard. */
  const blockTurns = (wins: Winner | null, now: WallMs) => {
    if (output.medium !== 'sound' || wins === null) return
    for (const { priority } of alertGroups(start, output, now)) {
      const key = turnsKey(output.id, priority)
      if (rankOf(wins.segment.priority) < rankOf(priority))
        turns = new Map(turns).set(key, blocked(turns.get(key) ?? NO_TURNS))
    }
  }

  /** Best of the programmes; those that are over or have no wish to join are passed by. */
  const bestEntrant = (now: WallMs): { entrant: Entrant; timed: Timed } | null => {
    if (!start.clockTrusted) return null
    for (const entrant of entrants) {
      const { occurrence } = entrant
      if (isSilenced(start, output, occurrence.programme.priority, now)) continue
      const timed = timedAt(occurrence, airingOf(occurrence.occurrenceId), output.medium, now)
      if (timed !== null) return { entrant, timed }
    }
    return null
  }

  const winnerAt = (now: WallMs): Winner | null => {
    const orders = orderClaims({ ...start, turns }, output, now)
      .filter(({ priority }) => !isSilenced(start, output, priority, now))
      .sort(precedence)
    const [order] = orders
    const best = bestEntrant(now)
    if (best !== null && (order === undefined || precedence(best.entrant.standing, order) < 0)) {
      const { occurrence, standing } = best.entrant
      const { programmeId, title } = occurrence.programme
      const { occurrenceId, origin, priority } = standing
      const { effectiveStart } = best.timed
      const segment = { output: output.id, occurrenceId, programmeId, title, origin, priority, effectiveStart }
      return { segment: { ...segment, trigger: 'schedule' }, entrant: best.entrant, timed: best.timed }
    }
    if (order === undefined) return null
    const { occurrenceId, programmeId, title, origin, priority, trigger, effectiveStart, endsAt } = order
    return {
      segment: { output: output.id, occurrenceId, programmeId, title, origin, priority, trigger, effectiveStart },
      entrant: null,
      timed: { effectiveStart, endsAt },
    }
  }

  /** What becomes of the one before, and of those whose moment this is, now that this one has the output. */
  const settle = (before: Winner | null, wins: Winner | null, starting: readonly Occurrence[], now: WallMs) => {
    const winning = wins?.segment.occurrenceId
    if (before !== null && before.entrant !== null && before.segment.occurrenceId !== winning) {
      const { occurrenceId } = before.segment
      const { effectiveStart, endsAt } = before.timed
      const airing = { occurrenceId, output: output.id, effectiveStart }
      if (now >= endsAt) remember({ ...airing, heardMs: endsAt - effectiveStart, state: 'done' })
      else if (wins !== null) {
        const after = afterInterruption(
          airing,
          before.entrant.occurrence.programme.whenInterrupted,
          now - effectiveStart,
        )
        if (after !== null) remember(after)
      }
    }
    if (wins !== null && wins.entrant !== null && airingOf(wins.segment.occurrenceId)?.state !== 'running')
      remember({
        occurrenceId: wins.segment.occurrenceId,
        output: output.id,
        effectiveStart: wins.timed.effectiveStart,
        heardMs: 0,
        state: 'running',
      })
    if (wins === null || !start.clockTrusted) return
    for (const { occurrenceId, start: startsAt, programme } of starting) {
      if (occurrenceId === winning || airingOf(occurrenceId) !== undefined) continue
      const after = afterDisplacement({ occurrenceId, output: output.id, start: startsAt }, programme.whenInterrupted)
      if (after !== null) remember(after)
    }
  }

  return { enter, isFor, sweepOut, passTurns, blockTurns, winnerAt, settle, state, turns: () => turns }
}

/** Moments at which something besides the start and the end of a programme may change. */
const boundaries = (
  state: PlanState,
  output: OutputSpec,
  turns: ReadonlyMap<string, Turns>,
  now: WallMs,
  until: WallMs,
): number[] => [
  ...state.overrides.flatMap(({ startsAt, until: endsAt }) => [startsAt, endsAt]),
  ...state.schedules.flatMap(({ schedule }) => [schedule.validFrom, schedule.validUntil]),
  ...(state.overrides.length === 0
    ? []
    : alertGroups(state, output, now).map(
        (group) => nextTurnAt(turns.get(turnsKey(output.id, group.priority)) ?? NO_TURNS, turnTakers(group)) ?? until,
      )),
  nextChange(state.volume, output.id, now, until) ?? until,
]

const sweepOutput = (state: PlanState, output: OutputSpec, from: WallMs, until: WallMs): Swept => {
  const segments: Segment[] = []
  const sweep = openSweep(state, output)
  const coming = state.schedules
    .flatMap(({ agenda }) => agenda.startingIn(wallMs(from + 1), until))
    .filter(sweep.isFor)
    .sort((a, b) => a.start - b.start)
  for (const occurrence of occurrencesAt(state, output, from)) sweep.enter(occurrence)
  let place = 0
  let before: Winner | null = null
  for (let now = from; now < until;) {
    const starting: Occurrence[] = []
    for (let one = coming[place]; one !== undefined && one.start <= now; one = coming[place]) {
      sweep.enter(one)
      starting.push(one)
      place += 1
    }
    sweep.passTurns(now)
    const wins = sweep.winnerAt(now)
    sweep.blockTurns(wins, now)
    sweep.settle(
      before,
      wins,
      now === from ? occurrencesAt(state, output, from).filter((one) => one.start === from) : starting,
      now,
    )
    sweep.sweepOut(now)
    let next: number = until
    const add = (moment: number) => {
      if (moment > now && moment < next) next = moment
    }
    add(coming[place]?.start ?? until)
    if (wins !== null) add(wins.timed.endsAt)
    for (const moment of boundaries(state, output, sweep.turns(), now, until)) add(moment)
    if (wins !== null) {
      const last = segments.at(-1)
      const isSame =
        last !== undefined &&
        last.until === now &&
        last.occurrenceId === wins.segment.occurrenceId &&
        (wins.entrant === null || last.effectiveStart === wins.segment.effectiveStart)
      if (isSame) last.until = wallMs(next)
      else segments.push({ ...wins.segment, from: now, until: wallMs(next) })
    }
    before = wins
    now = wallMs(next)
  }
  const leaving = before
  if (leaving !== null && leaving.timed.endsAt <= until) sweep.settle(leaving, null, [], until)
  return { segments, state: sweep.state() }
}

/** What will be on, output by output, in [from, until); and the state in which that leaves things. */
export const timeline = (state: PlanState, from: WallMs, until: WallMs): Swept => {
  let after = state
  const segments = state.outputs.flatMap((output) => {
    const swept = sweepOutput(after, output, from, until)
    after = swept.state
    return swept.segments
  })
  return { segments, state: after }
}
