/**
 * A stretch of time at once: what will be on each output from one moment to another, as far as is known now. It is the
 * planner's own future, with every interruption, wait and resumption in it, at the cost of one look per change. Pure, and
 * composable: [a, c) is [a, b) and then [b, c) from the state that the first leaves behind.
 */
import type { Occurrence } from './agenda.ts'
import { afterDisplacement, afterInterruption, type Airing } from './airings.ts'
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
import { evolved, type Evolution } from './evolve.ts'
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

/** `after`: the state in which that leaves things. */
export type Swept = { segments: Segment[]; after: () => PlanState }

type SweptOutput = { segments: Segment[]; changed: () => Pick<Evolution, 'airings' | 'turns'> }

/** `airing`: what is known of it so far, kept beside it because it is looked at in every step. */
type Entrant = { occurrence: Occurrence; standing: Standing; airing: Airing | undefined }

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

const openSweep = (start: PlanState, output: OutputSpec) => {
  const known = new Map<string, Entrant>()
  const changed = new Map<string, Airing>()
  const arrangement = arrangementOf(start.schedules)
  const entrants: Entrant[] = []
  let turns: ReadonlyMap<string, Turns> = start.turns

  const airingOf = (occurrenceId: string): Airing | undefined => known.get(occurrenceId)?.airing
  const remember = (airing: Airing) => {
    changed.set(airing.occurrenceId, airing)
    const entrant = known.get(airing.occurrenceId)
    if (entrant !== undefined) entrant.airing = airing
  }
  const enter = (occurrence: Occurrence) => {
    const { occurrenceId } = occurrence
    if (known.has(occurrenceId)) return
    const airing = start.airings.of(occurrenceId, output.id)
    const entrant = { occurrence, standing: standingOf(occurrence, arrangement), airing }
    known.set(occurrenceId, entrant)
    entrants.splice(placeFor(entrants, entrant), 0, entrant)
  }
  const isFor = ({ programme, lengthMs }: Occurrence): boolean =>
    (programme.outputs === null || programme.outputs.includes(output.id)) && lengthMs[output.medium] > 0
  /** It will never have a claim again. */
  const isOver = ({ occurrence: { start: startsAt, lengthMs }, airing }: Entrant, now: WallMs): boolean => {
    if (airing?.state === 'done') return true
    const from = airing?.state === 'running' ? airing.effectiveStart : startsAt + RESUME_WITHIN_MS
    return now >= from + lengthMs[output.medium]
  }
  const outcome = () => ({ airings: [...changed.values()], turns })

  const passTurns = (now: WallMs) => {
    if (output.medium !== 'sound' || start.overrides.length === 0) return
    for (const group of alertGroups(start, output, now)) {
      const key = turnsKey(output.id, group.priority)
      turns = new Map(turns).set(key, turnsAt(turns.get(key) ?? NO_TURNS, turnTakers(group), now))
    }
  }

  /** What something higher talks over was not heard. */
  const blockTurns = (wins: Winner | null, now: WallMs) => {
    if (output.medium !== 'sound' || wins === null || start.overrides.length === 0) return
    for (const { priority } of alertGroups(start, output, now)) {
      const key = turnsKey(output.id, priority)
      if (rankOf(wins.segment.priority) < rankOf(priority))
        turns = new Map(turns).set(key, blocked(turns.get(key) ?? NO_TURNS))
    }
  }

  /** Best of the programmes; those that have no wish to join are passed by, those that are over leave. */
  const bestEntrant = (now: WallMs): { entrant: Entrant; timed: Timed } | null => {
    if (!start.clockTrusted) return null
    for (let place = 0; place < entrants.length;) {
      const entrant = entrants[place]
      if (entrant === undefined) break
      if (isOver(entrant, now)) {
        entrants.splice(place, 1)
        continue
      }
      const { occurrence, airing } = entrant
      const timed = isSilenced(start, output, occurrence.programme.priority, now)
        ? null
        : timedAt(occurrence, airing, output.medium, now)
      if (timed !== null) return { entrant, timed }
      place += 1
    }
    return null
  }

  const winnerAt = (now: WallMs): Winner | null => {
    const orders = start.overrides.length === 0 ? [] : orderClaims({ ...start, turns }, output, now)
    const [order] = orders.filter(({ priority }) => !isSilenced(start, output, priority, now)).sort(precedence)
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

  return { enter, isFor, passTurns, blockTurns, winnerAt, settle, outcome, turns: () => turns }
}

/** Moments, known beforehand, at which something besides the start and the end of a programme may change; ascending. */
const boundariesIn = (state: PlanState, from: WallMs, until: WallMs): number[] =>
  [
    ...state.overrides.flatMap(({ startsAt, until: endsAt }) => [startsAt, endsAt]),
    ...state.schedules.flatMap(({ schedule }) => [schedule.validFrom, schedule.validUntil]),
  ]
    .filter((moment) => moment > from && moment < until)
    .sort((a, b) => a - b)

/** When the turn among alerts passes on, or the page of a board that several share. */
const turnAfter = (state: PlanState, output: OutputSpec, turns: ReadonlyMap<string, Turns>, now: WallMs): number =>
  state.overrides.length === 0
    ? Number.POSITIVE_INFINITY
    : Math.min(
        ...alertGroups(state, output, now)
          .map((group) => nextTurnAt(turns.get(turnsKey(output.id, group.priority)) ?? NO_TURNS, turnTakers(group)))
          // One that is talked over is due since long: it comes when the other ends.
          .map((moment) => (moment === null || moment <= now ? Number.POSITIVE_INFINITY : moment)),
      )

/** A list that is walked through once. */
const walk = <T>(list: readonly T[]) => {
  let place = 0
  return { peek: () => list[place], take: () => list[place++] }
}

const addSegment = (segments: Segment[], wins: Winner, from: WallMs, until: WallMs) => {
  const last = segments.at(-1)
  const isSame =
    last !== undefined &&
    last.until === from &&
    last.occurrenceId === wins.segment.occurrenceId &&
    (wins.entrant === null || last.effectiveStart === wins.segment.effectiveStart)
  if (isSame) last.until = until
  else segments.push({ ...wins.segment, from, until })
}

const sweepOutput = (state: PlanState, output: OutputSpec, from: WallMs, until: WallMs): SweptOutput => {
  const segments: Segment[] = []
  const sweep = openSweep(state, output)
  const here = occurrencesAt(state, output, from)
  for (const occurrence of here) sweep.enter(occurrence)
  const coming = walk(
    state.schedules
      .flatMap(({ agenda }) => agenda.startingIn(wallMs(from + 1), until))
      .filter(sweep.isFor)
      .sort((a, b) => a.start - b.start),
  )
  const boundaries = walk(boundariesIn(state, from, until))
  let starting = here.filter(({ start }) => start === from)
  let levelChangesAt = nextChange(state.volume, output.id, from, until) ?? until
  let before: Winner | null = null
  for (let now = from; now < until;) {
    sweep.passTurns(now)
    const wins = sweep.winnerAt(now)
    sweep.blockTurns(wins, now)
    sweep.settle(before, wins, starting, now)
    const moments = [
      coming.peek()?.start ?? until,
      boundaries.peek() ?? until,
      levelChangesAt,
      wins?.timed.endsAt ?? until,
    ]
    const next = wallMs(Math.min(until, ...moments, turnAfter(state, output, sweep.turns(), now)))
    if (wins !== null) addSegment(segments, wins, now, next)
    starting = []
    for (let one = coming.peek(); one !== undefined && one.start <= next; one = coming.peek()) {
      coming.take()
      sweep.enter(one)
      starting.push(one)
    }
    for (let one = boundaries.peek(); one !== undefined && one <= next; one = boundaries.peek()) boundaries.take()
    if (levelChangesAt <= next) levelChangesAt = nextChange(state.volume, output.id, next, until) ?? until
    before = wins
    now = next
  }
  if (before !== null && before.timed.endsAt <= until) sweep.settle(before, null, [], until)
  return { segments, changed: sweep.outcome }
}

/** What will be on, output by output, in [from, until). */
export const timeline = (state: PlanState, from: WallMs, until: WallMs): Swept => {
  const swept = state.outputs.map((output) => sweepOutput(state, output, from, until))
  return {
    segments: swept.flatMap(({ segments }) => segments),
    after: () => swept.reduce((before, { changed }) => evolved(before, changed()), state),
  }
}
