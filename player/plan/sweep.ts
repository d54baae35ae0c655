/**
 * A stretch of time at once: what will be on each output from one moment to another, as far as is known now. It is the
 * planner's own future, with every interruption, wait and resumption in it, at the cost of one look per change. Pure, and
 * composable: [a, c) is [a, b) and then [b, c) from the state that the first leaves behind.
 */
import { isFor, type Occurrence } from './agenda.ts'
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
  type Claim,
  type Standing,
  type Timed,
} from './candidates.ts'
import { evolved, type Evolution } from './evolve.ts'
import {
  bestOf,
  type LaneName,
  laneOf,
  LANES,
  NO_OWNERS,
  overOn,
  type Owners,
  ownersOf,
  placeTakenBy,
} from './lanes.ts'
import { rankOf, type Origin, type Over, type Priority } from './schedule.ts'
import type { OutputSpec, PlanState, Trigger } from './slot.ts'
import { wallMs, type WallMs } from './time.ts'
import { blocked, NO_TURNS, nextTurnAt, turnsAt, turnsKey, type Turns } from './turns.ts'
import { nextChange } from './volume.ts'

/** One occurrence or order that has one output, or is spoken over the one that has it, from then until then. */
export type Segment = {
  output: string
  lane: LaneName
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
type Entrant = {
  occurrence: Occurrence
  standing: Standing
  over: Over | null
  airing: Airing | undefined
  isChanged: boolean
}

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

/** What has a lane of the output; its segment grows for as long as it does. Of an order there is no entrant. */
type Winner = {
  entrant: Entrant | null
  standing: Standing
  over: Over | null
  trigger: Trigger
  segment: Segment
  endsAt: WallMs
}

/**
 * One output on its way through time. Ten thousand programmes make tens of thousands of steps, so a step makes as little as
 * can be: what has not changed is the same object as before.
 */
const openSweep = (start: PlanState, output: OutputSpec) => {
  const { medium } = output
  const entrants: Entrant[] = []
  const all: Entrant[] = []
  const arrangement = arrangementOf(start.schedules)
  const hasOrders = start.overrides.length > 0
  let turns: ReadonlyMap<string, Turns> = start.turns

  const enter = (occurrence: Occurrence): Entrant => {
    const airing = start.airings.of(occurrence.occurrenceId, output.id)
    const over = overOn(occurrence.programme.over, medium)
    const entrant = { occurrence, standing: standingOf(occurrence, arrangement), over, airing, isChanged: false }
    entrants.splice(placeFor(entrants, entrant), 0, entrant)
    all.push(entrant)
    return entrant
  }
  const remember = (entrant: Entrant, airing: Airing) => {
    entrant.airing = airing
    entrant.isChanged = true
  }
  /** It will never have a claim again. */
  const isOver = ({ occurrence: { start: startsAt, lengthMs }, airing }: Entrant, now: WallMs): boolean => {
    if (airing?.state === 'done') return true
    const from = airing?.state === 'running' ? airing.effectiveStart : startsAt + RESUME_WITHIN_MS
    return now >= from + lengthMs[medium]
  }
  const outcome = () => ({
    airings: all.flatMap(({ airing, isChanged }) => (isChanged && airing !== undefined ? [airing] : [])),
    turns,
  })

  const passTurns = (now: WallMs) => {
    if (medium !== 'sound' || !hasOrders) return
    for (const group of alertGroups(start, output, now)) {
      const key = turnsKey(output.id, group.priority)
      turns = new Map(turns).set(key, turnsAt(turns.get(key) ?? NO_TURNS, turnTakers(group), now))
    }
  }

  /** What something higher talks over was not heard. */
  const blockTurns = (owners: Owners<Winner>, now: WallMs) => {
    const wins = bestOf(owners)
    if (medium !== 'sound' || wins === null || !hasOrders) return
    for (const { priority } of alertGroups(start, output, now)) {
      const key = turnsKey(output.id, priority)
      if (rankOf(wins.segment.priority) < rankOf(priority))
        turns = new Map(turns).set(key, blocked(turns.get(key) ?? NO_TURNS))
    }
  }

  const programmeWins = (before: Owners<Winner>, entrant: Entrant, timed: Timed, now: WallMs): Winner => {
    const { effectiveStart, endsAt } = timed
    const lane = laneOf(entrant)
    const last = before[lane]
    if (last?.entrant === entrant && last.segment.effectiveStart === effectiveStart) return last
    const { programme } = entrant.occurrence
    // Written out field by field: a spread costs more than everything else in a step.
    const segment: Segment = {
      output: output.id,
      lane,
      from: now,
      until: now,
      occurrenceId: entrant.standing.occurrenceId,
      programmeId: programme.programmeId,
      title: programme.title,
      origin: entrant.standing.origin,
      priority: programme.priority,
      trigger: 'schedule',
      effectiveStart,
    }
    return { entrant, standing: entrant.standing, over: entrant.over, trigger: 'schedule', segment, endsAt }
  }

  /** Programmes, best first; those that have no wish to join are passed by, those that are over leave. */
  function* programmesAt(before: Owners<Winner>, now: WallMs): Generator<Winner> {
    if (!start.clockTrusted) return
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
        : timedAt(occurrence, airing, medium, now)
      if (timed !== null) yield programmeWins(before, entrant, timed, now)
      place += 1
    }
  }

  const ordersAt = (now: WallMs): Claim[] =>
    orderClaims({ ...start, turns }, output, now)
      .filter(({ priority }) => !isSilenced(start, output, priority, now))
      .sort(precedence)

  const orderWins = (before: Owners<Winner>, order: Claim, now: WallMs): Winner => {
    const { occurrenceId, programmeId, title, origin, priority, trigger, effectiveStart, endsAt, over } = order
    const lane = laneOf(order)
    const last = before[lane]
    // An order that goes on, in whatever turn of it, is one segment.
    if (last?.entrant === null && last.segment.occurrenceId === occurrenceId)
      return { ...last, standing: order, endsAt }
    const names = { output: output.id, lane, occurrenceId, programmeId, title, origin, priority, trigger }
    const segment = { ...names, effectiveStart, from: now, until: now }
    return { entrant: null, standing: order, over, trigger, segment, endsAt }
  }

  /** Both in one list, best first. */
  function* rankedAt(before: Owners<Winner>, now: WallMs): Generator<Winner> {
    const orders = ordersAt(now)
    let place = 0
    for (const programme of programmesAt(before, now)) {
      for (; orders[place] !== undefined; place += 1) {
        const order = orders[place]
        if (order === undefined || precedence(programme.standing, order) < 0) break
        yield orderWins(before, order, now)
      }
      yield programme
    }
    for (const order of orders.slice(place)) yield orderWins(before, order, now)
  }

  const ownersAt = (before: Owners<Winner>, now: WallMs): Owners<Winner> =>
    ownersOf(hasOrders ? rankedAt(before, now) : programmesAt(before, now))

  const leave = (entrant: Entrant, { segment, endsAt }: Winner, isTaken: boolean, now: WallMs) => {
    const { occurrenceId, effectiveStart } = segment
    const heardMs = Math.min(now, endsAt) - effectiveStart
    if (now >= endsAt) remember(entrant, { occurrenceId, output: output.id, effectiveStart, heardMs, state: 'done' })
    else if (isTaken) {
      const { whenInterrupted } = entrant.occurrence.programme
      const after = afterInterruption({ occurrenceId, output: output.id, effectiveStart }, whenInterrupted, heardMs)
      if (after !== null) remember(entrant, after)
    }
  }

  const passOn = (before: Winner | null, wins: Winner | null, isTaken: boolean, now: WallMs) => {
    if (before !== null && before.entrant !== null && before.entrant !== wins?.entrant)
      leave(before.entrant, before, isTaken, now)
    const winner = wins?.entrant ?? null
    if (wins === null || winner === null || winner.airing?.state === 'running') return
    const { occurrenceId, effectiveStart } = wins.segment
    remember(winner, { occurrenceId, output: output.id, effectiveStart, heardMs: 0, state: 'running' })
  }

  /** What becomes of those before, and of those whose moment this is, now that these have the output. */
  const settle = (before: Owners<Winner>, wins: Owners<Winner>, starting: readonly Entrant[], now: WallMs) => {
    const { main, over, barred } = wins
    passOn(before.main, main, main !== null || barred !== null, now)
    const isOutranked = main !== null && before.over !== null && precedence(main.standing, before.over.standing) < 0
    passOn(before.over, over, over !== null || isOutranked, now)
    if (!start.clockTrusted) return
    for (const entrant of starting) {
      if (entrant === main?.entrant || entrant === over?.entrant || entrant.airing !== undefined) continue
      if (placeTakenBy(wins, entrant.over) === null) continue
      const { occurrenceId, start: startsAt, programme } = entrant.occurrence
      const after = afterDisplacement({ occurrenceId, output: output.id, start: startsAt }, programme.whenInterrupted)
      if (after !== null) remember(entrant, after)
    }
  }

  /** What had the output at `now` and is known to run: it may be cut short by what has it next. */
  const runningAt = (now: WallMs): Owners<Winner> => {
    const running: Winner[] = []
    for (const entrant of start.clockTrusted ? entrants : []) {
      const { occurrence, standing, airing } = entrant
      if (airing?.state !== 'running' || isSilenced(start, output, standing.priority, now)) continue
      const timed = timedAt(occurrence, airing, medium, now)
      if (timed !== null) running.push(programmeWins(NO_OWNERS, entrant, timed, now))
    }
    const orders = hasOrders ? ordersAt(now).map((order) => orderWins(NO_OWNERS, order, now)) : []
    return ownersOf([...running, ...orders].sort((a, b) => precedence(a.standing, b.standing)))
  }

  return { enter, passTurns, blockTurns, ownersAt, runningAt, settle, outcome, turns: () => turns }
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

const sweepOutput = (state: PlanState, output: OutputSpec, from: WallMs, until: WallMs): SweptOutput => {
  const segments: Segment[] = []
  const sweep = openSweep(state, output)
  const here = occurrencesAt(state, output, from)
  const hereNow = new Set(here.map(({ occurrenceId }) => occurrenceId))
  const coming = walk(
    state.schedules
      .flatMap(({ agenda }) => agenda.startingIn(wallMs(from + 1), until))
      .filter((one) => isFor(one, output) && !hereNow.has(one.occurrenceId))
      .sort((a, b) => a.start - b.start),
  )
  const boundaries = walk(boundariesIn(state, from, until))
  let starting = here.map(sweep.enter).filter(({ occurrence }) => occurrence.start === from)
  let levelChangesAt = nextChange(state.volume, output.id, from, until) ?? until
  let before: Owners<Winner> = NO_OWNERS
  for (let now = from; now < until;) {
    sweep.passTurns(now)
    const wins = sweep.ownersAt(before, now)
    sweep.blockTurns(wins, now)
    sweep.settle(now === from ? sweep.runningAt(wallMs(from - 1)) : before, wins, starting, now)
    let next: number = Math.min(until, levelChangesAt, turnAfter(state, output, sweep.turns(), now))
    next = Math.min(next, coming.peek()?.start ?? next, boundaries.peek() ?? next)
    next = Math.min(next, wins.main?.endsAt ?? next, wins.over?.endsAt ?? next)
    for (const lane of LANES) {
      const segment = wins[lane]?.segment
      if (segment === undefined) continue
      if (segment !== before[lane]?.segment) segments.push(segment)
      segment.until = wallMs(next)
    }
    starting = []
    for (let one = coming.peek(); one !== undefined && one.start <= next; one = coming.peek()) {
      coming.take()
      starting.push(sweep.enter(one))
    }
    for (let one = boundaries.peek(); one !== undefined && one <= next; one = boundaries.peek()) boundaries.take()
    if (levelChangesAt <= next) levelChangesAt = nextChange(state.volume, output.id, wallMs(next), until) ?? until
    before = wins
    now = wallMs(next)
  }
  const ended = (one: Winner | null) => (one !== null && one.endsAt <= until ? one : null)
  sweep.settle({ ...NO_OWNERS, main: ended(before.main), over: ended(before.over) }, NO_OWNERS, [], until)
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
