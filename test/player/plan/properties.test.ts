/** What must hold of every plan, whatever the schedule: tried on schedules that nobody thought of. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { afterInterruption, withAirings, type Airing } from '../../../player/plan/airings.ts'
import { alertGroups, claimsAt, precedence, type Claim } from '../../../player/plan/candidates.ts'
import { evolve, evolved } from '../../../player/plan/evolve.ts'
import { lanesAt, plan, wantedAt } from '../../../player/plan/plan.ts'
import {
  rankOf,
  type Item,
  type Override,
  type Priority,
  type Programme,
  type WhenInterrupted,
} from '../../../player/plan/schedule.ts'
import { LANES, type LaneName, type Lanes } from '../../../player/plan/lanes.ts'
import type { OutputSpec, PlanState, Wanted } from '../../../player/plan/slot.ts'
import { timeline, type Segment } from '../../../player/plan/sweep.ts'
import { addMs, wallMs, type WallMs } from '../../../player/plan/time.ts'
import { compileVolume } from '../../../player/plan/volume.ts'
import {
  at,
  BOARD,
  CABINET,
  FIVE,
  override,
  planState,
  programme,
  schedule,
  sound,
  text,
} from '../../fixtures/schedules.ts'

const SEED = Number(process.env['LOA_SEED'] ?? Date.now() % 1_000_000)
const RUNS = { numRuns: 200, seed: SEED }
t.comment(`seed ${SEED}; LOA_SEED=${SEED} repeats this run`)

const HOUR = 3_600_000
const PRIORITY: Priority[] = ['urgent', 'priority', 'normal', 'filler']

/** Moments on a coarse grid, so that things really meet. */
const moment = fc.integer({ min: 0, max: 120 }).map((step) => step * 30_000)

const items = (kinds: string, ms: number): Item[] =>
  kinds.split('').map((kind) => (kind === 's' ? sound('a', ms) : text('x', ms)))

const OVER = fc.constantFrom(null, null, { duckDb: -20, fadeMs: 300 })

const local = (offsetMs: number): string => new Date(FIVE + 7 * HOUR + offsetMs).toISOString().slice(0, 19)

const programmes = fc
  .array(
    fc.record({
      start: moment,
      kinds: fc.constantFrom('s', 'ss', 'sp', 'p', 'spsp'),
      itemMs: fc.constantFrom(30_000, 60_000, 300_000, 45_500),
      priority: fc.constantFrom(...PRIORITY),
      whenInterrupted: fc.constantFrom('resume', 'restart', 'skip', 'rejoin'),
      lateJoin: fc.constantFrom('offset', 'start', 'skip'),
      outputs: fc.constantFrom(null, ['cabinet'], ['board']),
      over: OVER,
    }),
    { maxLength: 8 },
  )
  .map((list): Programme[] =>
    list.map(({ start, kinds, itemMs, ...rest }, index) =>
      programme(`p${index}`, items(kinds, itemMs), {
        recurrence: { start: local(start), timeZone: 'Asia/Ho_Chi_Minh' },
        ...rest,
      } as Partial<Programme>),
    ),
  )

const overrides = fc
  .array(
    fc.record({
      start: moment,
      lasts: moment,
      trigger: fc.constantFrom('alert', 'live', 'command'),
      pause: fc.constantFrom(null, 0, 5_000, 30_000),
      gravity: fc.integer({ min: 0, max: 3 }),
      grave: fc.boolean(),
      kinds: fc.constantFrom('s', 'sp', 'p'),
      itemMs: fc.constantFrom(10_000, 20_000, 90_000),
      over: OVER,
    }),
    { maxLength: 4 },
  )
  .map((list): Override[] =>
    list.map(({ start, lasts, trigger, pause, gravity, grave, kinds, itemMs, over }, index) =>
      override(`o${index}`, items(kinds, itemMs), at(start), at(start + lasts + 30_000), {
        trigger: trigger as Override['trigger'],
        priority: trigger === 'alert' ? (grave ? 'alert' : 'urgent') : trigger === 'live' ? 'live' : 'priority',
        repeatPauseMs: trigger === 'alert' ? pause : null,
        gravity,
        over: trigger === 'alert' ? null : over,
      }),
    ),
  )

const quiet = fc.constantFrom(
  compileVolume([], 'Asia/Ho_Chi_Minh'),
  compileVolume(
    [{ from: '05:20', until: '05:30', silent: true, priorities: ['filler', 'normal'] }],
    'Asia/Ho_Chi_Minh',
  ),
)

const states = fc
  .record({ commune: programmes, province: programmes, overrides, volume: quiet })
  .map(({ commune, province, overrides: orders, volume }) =>
    planState({
      schedules: [schedule(commune), schedule(province, 'province', 'vn/08')],
      overrides: orders,
      volume,
    }),
  )

const FROM = at(-60_000)
const UNTIL = at(2 * HOUR + 30 * 60_000)

const shape = ({ output, lane, from, until, occurrenceId }: Segment) => ({
  owner: `${output} ${lane}`,
  from,
  until,
  occurrenceId,
})

/** Two stretches that meet in the middle of the same airing are one. */
const joined = (segments: readonly Segment[]): ReturnType<typeof shape>[] => {
  const whole: ReturnType<typeof shape>[] = []
  for (const one of segments
    .map(shape)
    .sort((a, b) => (a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : a.from - b.from))) {
    const last = whole.at(-1)
    if (last?.owner === one.owner && last.until === one.from && last.occurrenceId === one.occurrenceId)
      last.until = one.until
    else whole.push(one)
  }
  return whole
}

t.test('every lane of an output has one owner at every instant', (t) => {
  fc.assert(
    fc.property(states, (state) => {
      const { segments } = timeline(state, FROM, UNTIL)
      const rows = state.outputs.flatMap(({ id }) =>
        LANES.map((name) => segments.filter(({ output, lane }) => output === id && lane === name)),
      )
      return rows.every((own) =>
        own.every((segment, index) => {
          const next = own[index + 1]
          return segment.from < segment.until && (next === undefined || next.from >= segment.until)
        }),
      )
    }),
    RUNS,
  )
  t.end()
})

t.test('the plan of [a, c) is that of [a, b) and then of [b, c)', (t) => {
  fc.assert(
    fc.property(states, fc.integer({ min: 0, max: 9_000 }), (state, part) => {
      const middle = wallMs(FROM + part * 1_000)
      const whole = timeline(state, FROM, UNTIL)
      const first = timeline(state, FROM, middle)
      const second = timeline(first.after(), middle, UNTIL)
      t.same(joined([...first.segments, ...second.segments]), joined(whole.segments))
      return t.passing()
    }),
    { ...RUNS, numRuns: 150 },
  )
  t.end()
})

t.test('the same state gives the same plan, in whatever order its parts came', (t) => {
  fc.assert(
    fc.property(states, moment, (state, offset) => {
      const turnedAround: PlanState = {
        ...state,
        schedules: state.schedules.toReversed(),
        overrides: state.overrides.toReversed(),
      }
      t.same(plan(turnedAround, at(offset)), plan(state, at(offset)))
      t.same(timeline(turnedAround, FROM, UNTIL).segments, timeline(state, FROM, UNTIL).segments)
      return t.passing()
    }),
    { ...RUNS, numRuns: 60 },
  )
  t.end()
})

t.test('precedence is total: no two claims are equal, and it runs in no circle', (t) => {
  fc.assert(
    fc.property(states, moment, (state, offset) => {
      const claims = claimsAt(state, CABINET, at(offset))
      for (const a of claims)
        for (const b of claims) {
          if (a !== b && precedence(a, b) === 0) return false
          if (Math.sign(precedence(a, b)) !== -Math.sign(precedence(b, a))) return false
          for (const c of claims)
            if (precedence(a, b) < 0 && precedence(b, c) < 0 && precedence(a, c) >= 0) return false
        }
      return true
    }),
    RUNS,
  )
  t.end()
})

t.test('an alert is never delayed by anything lower, and nothing lower is on while it is in force', (t) => {
  fc.assert(
    fc.property(states, moment, (state, offset) => {
      const now = at(offset)
      for (const output of [CABINET, BOARD]) {
        const grave = alertGroups(state, output, now)
          .filter(({ priority }) => priority === 'alert')
          .flatMap(({ alerts }) => alerts)
          .filter(({ track, override: one }) => track.lengthMs > 0 && one.repeatPauseMs !== null)
        if (grave.length === 0) continue
        const wanted = wantedAt(state, output, now)
        if (wanted.kind === 'nothing') return false
        if (wanted.kind === 'slot' && rankOf(wanted.slot.priority) !== 0) return false
        // Newly in force, and nothing as grave is in the middle of its own words: it is on at its first millisecond.
        const [first] = grave
        if (first !== undefined && first.override.startsAt === now && grave.length === 1 && wanted.kind !== 'slot')
          return false
      }
      return true
    }),
    RUNS,
  )
  t.end()
})

t.test('nothing is spoken over what stands higher, over an alert, or over a picture', (t) => {
  fc.assert(
    fc.property(states, moment, (state, offset) => {
      const now = at(offset)
      if (lanesAt(state, BOARD, now).over.kind === 'slot') return false
      const { main, over } = lanesAt(state, CABINET, now)
      if (over.kind !== 'slot' || main.kind !== 'slot') return true
      if (main.slot.trigger === 'alert' || main.slot.over !== null || over.slot.over === null) return false
      const claims = claimsAt(state, CABINET, now)
      const claimOf = ({ occurrenceId }: { occurrenceId: string }): Claim =>
        claims.find((claim) => claim.occurrenceId === occurrenceId)!
      return precedence(claimOf(over.slot), claimOf(main.slot)) < 0
    }),
    RUNS,
  )
  t.end()
})

t.test('what is spoken over a programme takes nothing from it', (t) => {
  fc.assert(
    fc.property(states, overrides, (state, more) => {
      // An alert that is lower than an announcement waits for it, since nothing turns an alert down.
      const orders = state.overrides.filter(({ trigger }) => trigger !== 'alert')
      const announcements = more
        .filter(({ trigger }) => trigger !== 'alert')
        .map((one) => ({ ...one, overrideId: `over-${one.overrideId}`, over: { duckDb: -20, fadeMs: 300 } }))
        .map((one) => ({ ...one, items: one.items.filter(({ content }) => content.kind === 'sound') }))
      const main = (all: Override[]) =>
        timeline({ ...state, overrides: all }, FROM, UNTIL).segments.filter(({ lane }) => lane === 'main')
      const quiet = orders.filter(({ over }) => over === null)
      return isDeepStrictEqual(joined(main([...quiet, ...announcements])), joined(main(quiet)))
    }),
    RUNS,
  )
  t.end()
})

type OnAir = { occurrenceId: string; effectiveStart: WallMs; endsAt: WallMs; whenInterrupted: WhenInterrupted } | null

/** Whether what had the lane was taken from it, and did not only end or fall silent. */
const isTaken = (lane: LaneName, last: OnAir, wanted: Lanes<Wanted>): boolean => {
  const now = wanted[lane]
  const owner = now.kind === 'slot' ? now.slot.occurrenceId : now.kind === 'hold' ? now.occurrenceId : null
  return last !== null && owner !== null && owner !== last.occurrenceId
}

/** A box that decides every ten seconds and at every change, with outputs that do at once what they are told. */
const live = (state: PlanState, moments: readonly WallMs[]) => {
  const lived: { output: string; lane: LaneName; now: WallMs; occurrenceId: string | null }[] = []
  const onAir = new Map<string, OnAir>()
  let known = state
  let before: WallMs = FROM
  for (const now of moments) {
    known = evolved(known, evolve(known, { from: before, to: now }))
    for (const output of state.outputs) {
      const all = lanesAt(known, output, now)
      const changes: Airing[] = []
      for (const lane of LANES) {
        const wanted = all[lane]
        const key = `${output.id} ${lane}`
        const last = onAir.get(key) ?? null
        const slot = wanted.kind === 'slot' ? wanted.slot : null
        if (last !== null && isTaken(lane, last, all) && now < last.endsAt) {
          const airing = { occurrenceId: last.occurrenceId, output: output.id, effectiveStart: last.effectiveStart }
          const after = afterInterruption(airing, last.whenInterrupted, now - last.effectiveStart)
          if (after !== null) changes.push(after)
        }
        if (slot?.trigger === 'schedule') {
          const { occurrenceId, effectiveStart, whenInterrupted, output: id } = slot
          changes.push({ occurrenceId, output: id, effectiveStart, heardMs: 0, state: 'running' })
          const endsAt = addMs(effectiveStart, lengthOf(state, occurrenceId, output))
          onAir.set(key, { occurrenceId, effectiveStart, endsAt, whenInterrupted })
        } else onAir.set(key, null)
        // The silence of an alert is its own; one in which nothing may be spoken, or nothing goes on below, is nobody's.
        const isOwn = lane === 'main' && wanted.kind === 'hold' && all.over.kind !== 'slot'
        const occurrenceId = slot?.occurrenceId ?? (isOwn ? wanted.occurrenceId : null)
        lived.push({ output: output.id, lane, now, occurrenceId })
      }
      known = { ...known, airings: withAirings(known.airings, changes) }
    }
    before = now
  }
  return lived
}

const lengthOf = ({ schedules }: PlanState, occurrenceId: string, { medium }: OutputSpec): number =>
  schedules.map(({ agenda }) => agenda.find(occurrenceId)).find((one) => one !== null)?.lengthMs[medium] ?? 0

t.test('the time line is what the decisions of every moment come to', (t) => {
  fc.assert(
    fc.property(states, (state) => {
      const { segments } = timeline(state, FROM, UNTIL)
      const grid = Array.from({ length: (UNTIL - FROM) / 10_000 }, (_, step) => FROM + step * 10_000)
      const changes = segments.flatMap(({ from, until }) => [from, until])
      const moments = [...new Set([...grid, ...changes])].sort((a, b) => a - b).map(wallMs)
      const lived = live(state, moments)
      t.same(
        lived,
        lived.map(({ output, lane, now }) => ({
          output,
          lane,
          now,
          occurrenceId:
            segments.find((one) => one.output === output && one.lane === lane && one.from <= now && now < one.until)
              ?.occurrenceId ?? null,
        })),
      )
      return t.passing()
    }),
    { ...RUNS, numRuns: 15 },
  )
  t.end()
})
