/** What the agent tells of its plans to the person in front of the box; see config/schedule.ts for the shapes. */
import {
  AIRINGS_TOLD_MAX,
  LOSERS_TOLD_MAX,
  SPAN_MS_MAX,
  type PlannedAiring,
  type ScheduleAnswer,
  type WhyAnswer,
  type Winner,
} from '../config/schedule.ts'
import { explain, type ClaimView } from '../player/plan/explain.ts'
import type { PlanState } from '../player/plan/slot.ts'
import { timeline, type Segment } from '../player/plan/sweep.ts'
import { addMs, wallMs, type WallMs } from '../player/plan/time.ts'
import { planState } from './decide.ts'
import { layOut } from './receive.ts'
import { breathe, type Breathe } from './slices.ts'
import type { World } from './world.ts'

export type Told = { kind: 'ok'; value: unknown } | { kind: 'wrong'; error: string }

/** Looked through between two breaths: some ten milliseconds of ten thousand programmes. */
const STEP_MS = 2 * 3_600_000

/** A programme that began longer before a day than this does not reach into it. */
const RUN_UP_MS = 86_400_000

const momentIn = (query: URLSearchParams, name: string): WallMs | null => {
  const value = Date.parse(query.get(name) ?? '')
  return Number.isNaN(value) ? null : wallMs(value)
}

/** From the state that holds now to the one that will hold at `until`, with what is on meanwhile. */
const lookAhead = async (
  world: World,
  { from, until }: { from: WallMs; until: WallMs },
  pause: Breathe,
): Promise<{ state: PlanState; segments: Segment[] }> => {
  let state = planState(world)
  for (const compiled of state.schedules) await layOut(compiled, { from, until }, pause)
  const segments: Segment[] = []
  for (let at = from; at < until; at = addMs(at, STEP_MS)) {
    const swept = timeline(state, at, wallMs(Math.min(until, at + STEP_MS)))
    state = swept.after()
    segments.push(...swept.segments)
    await pause()
  }
  return { state, segments }
}

/** The steps of the look ahead cut what goes on over them. */
const joined = (segments: readonly Segment[]): Segment[] => {
  const last = new Map<string, Segment>()
  const whole: Segment[] = []
  for (const segment of segments) {
    const lane = `${segment.output} ${segment.lane}`
    const before = last.get(lane)
    const goesOn =
      before?.until === segment.from &&
      before.occurrenceId === segment.occurrenceId &&
      (segment.trigger !== 'schedule' || before.effectiveStart === segment.effectiveStart)
    if (goesOn) before.until = segment.until
    else {
      const copy = { ...segment }
      last.set(lane, copy)
      whole.push(copy)
    }
  }
  return whole
}

const whatOf = ({ occurrenceId, programmeId, title, origin, priority, trigger }: ClaimView | Segment) => ({
  occurrenceId,
  programmeId,
  title,
  issuer: origin.issuer,
  area: origin.authorityArea,
  priority,
  trigger,
})

const common = ({ identity, clock, formatLocal, timeZone, lane }: World) => ({
  version: 1 as const,
  device: identity.device,
  timeZone,
  now: formatLocal(clock.wall()),
  clockTrusted: clock.trust() !== 'unsynced',
  isRecalling: lane.isRecalling(),
})

export const tellSchedule = async (world: World, query: URLSearchParams, pause: Breathe = breathe): Promise<Told> => {
  const now = world.clock.wall()
  const asked = momentIn(query, 'from')
  const until = momentIn(query, 'until')
  if (asked === null || until === null) return { kind: 'wrong', error: 'from and until must be RFC 3339 date-times' }
  const from = wallMs(Math.max(asked, now))
  if (until <= from) return { kind: 'wrong', error: 'until must be after from and after now' }
  if (until - from > SPAN_MS_MAX) return { kind: 'wrong', error: `at most ${SPAN_MS_MAX} ms at once` }
  const start = wallMs(Math.max(now, from - RUN_UP_MS))
  const { segments } = await lookAhead(world, { from: start, until }, pause)
  const within = joined(segments).filter((segment) => segment.until > from)
  const { formatLocal, specs } = world
  const airings = specs.flatMap(({ id }) =>
    within
      .filter(({ output }) => output === id)
      .map((segment): PlannedAiring => ({
        ...whatOf(segment),
        output: id,
        from: formatLocal(wallMs(Math.max(from, segment.from))),
        until: formatLocal(segment.until),
        ...(segment.lane === 'over' ? { over: true } : {}),
      })),
  )
  const answer: ScheduleAnswer = {
    ...common(world),
    from: formatLocal(from),
    until: formatLocal(until),
    outputs: [...specs],
    airings: airings.slice(0, AIRINGS_TOLD_MAX),
    omitted: Math.max(0, airings.length - AIRINGS_TOLD_MAX),
  }
  return { kind: 'ok', value: answer }
}

const claimOf = (claim: ClaimView, formatLocal: World['formatLocal']): Winner => ({
  ...whatOf(claim),
  start: formatLocal(claim.start),
  effectiveStart: formatLocal(claim.effectiveStart),
  endsAt: formatLocal(claim.endsAt),
})

export const tellWhy = async (world: World, query: URLSearchParams, pause: Breathe = breathe): Promise<Told> => {
  const now = world.clock.wall()
  const asked = momentIn(query, 'at')
  if (asked === null) return { kind: 'wrong', error: 'at must be an RFC 3339 date-time' }
  const at = wallMs(Math.max(asked, now))
  const from = wallMs(Math.max(now, at - RUN_UP_MS))
  const { state } = await lookAhead(world, { from, until: at }, pause)
  const { formatLocal, specs } = world
  const output = query.get('output')
  const answer: WhyAnswer = {
    ...common(world),
    at: formatLocal(at),
    known: specs.map(({ id }) => id),
    outputs: specs
      .filter(({ id }) => output === null || id === output)
      .map((spec) => {
        const { winner, below, isSilent, losers } = explain(state, spec, at)
        return {
          ...spec,
          winner: winner === null ? null : claimOf(winner, formatLocal),
          ...(below === null ? {} : { below: claimOf(below, formatLocal) }),
          isSilent,
          losers: losers
            .slice(0, LOSERS_TOLD_MAX)
            .map(({ reason, ...claim }) => ({ ...claimOf(claim, formatLocal), reason })),
        }
      }),
  }
  return { kind: 'ok', value: answer }
}
