/** What is spoken over a programme: who goes on below, what begins and ends there meanwhile, and what is not spoken over. */
import t from 'tap'
import { evolve } from '../../../player/plan/evolve.ts'
import { explain } from '../../../player/plan/explain.ts'
import { overlapsIn } from '../../../player/plan/overlaps.ts'
import { lanesAt, plan } from '../../../player/plan/plan.ts'
import type { Override, Programme } from '../../../player/plan/schedule.ts'
import type { PlanState, Wanted } from '../../../player/plan/slot.ts'
import { stepsTowards, type LaneView, type OutputView } from '../../../player/plan/steps.ts'
import { timeline } from '../../../player/plan/sweep.ts'
import type { WallMs } from '../../../player/plan/time.ts'
import { compileVolume } from '../../../player/plan/volume.ts'
import { at, BOARD, CABINET, override, planState, programme, schedule, sound, text } from '../../fixtures/schedules.ts'

const ZONE = 'Asia/Ho_Chi_Minh'
const OVER = { duckDb: -20, fadeMs: 300 }

const nameOf = (wanted: Wanted): string =>
  wanted.kind === 'slot' ? `${wanted.slot.programmeId}#${wanted.slot.itemIndex}` : wanted.kind
/** What is on, and what is spoken over it. */
const named = (state: PlanState, ms: number, output = CABINET): string[] => {
  const { main, over } = lanesAt(state, output, at(ms))
  return [nameOf(main), nameOf(over)]
}
const story = (state: PlanState, seconds: number): string[] =>
  timeline(state, at(0), at(seconds * 1_000))
    .segments.filter(({ output }) => output === 'cabinet')
    .map(
      ({ lane, programmeId, from, until }) =>
        `${lane === 'over' ? 'over ' : ''}${programmeId} ${(from - at(0)) / 1_000}-${(until - at(0)) / 1_000}`,
    )

const order = (id: string, fromMs: number, lengthMs: number, rest: Partial<Override> = {}): Override =>
  override(id, [sound('say', lengthMs)], at(fromMs), at(fromMs + lengthMs), {
    trigger: 'command',
    priority: 'priority',
    over: OVER,
    ...rest,
  })
const alert = (fromMs: number, lengthMs: number, rest: Partial<Override> = {}): Override =>
  override('flood', [sound('siren', lengthMs)], at(fromMs), at(fromMs + lengthMs), rest)
const music = (rest: Partial<Programme> = {}) =>
  programme('music', [sound('a', 60_000), sound('b', 60_000)], { whenInterrupted: 'skip', ...rest })
const withMusic = (...overrides: Override[]): PlanState => planState({ schedules: [schedule([music()])], overrides })

t.test('a programme goes on below what is spoken over it, item after item, and nothing of it is interrupted', (t) => {
  const state = withMusic(order('notice', 50_000, 20_000))
  t.same(named(state, 49_999), ['music#0', 'nothing'])
  t.same(named(state, 50_000), ['music#0', 'notice#0'])
  t.same(named(state, 60_000), ['music#1', 'notice#0'], 'the next item begins below')
  t.same(named(state, 70_000), ['music#1', 'nothing'])
  t.same(story(state, 300), ['music 0-120', 'over notice 50-70'])
  const { over } = lanesAt(state, CABINET, at(50_000))
  t.match(over, { slot: { over: OVER, offsetMs: undefined, trackOffsetMs: 0 } })
  t.same(evolve(state, { from: at(49_000), to: at(51_000) }).airings, [], 'and nothing is noted of it')
  t.end()
})

t.test('without `over` it is interrupted as ever', (t) => {
  t.same(story(withMusic(order('notice', 50_000, 20_000, { over: null })), 300), ['music 0-50', 'notice 50-70'])
  t.end()
})

t.test(
  'what begins below while something is spoken begins, and what ends there ends: the rest is spoken alone',
  (t) => {
    const state = withMusic(order('early', -10_000, 20_000), order('late', 110_000, 20_000))
    t.same(named(state, -5_000), ['nothing', 'early#0'])
    t.same(named(state, 0), ['music#0', 'early#0'])
    t.same(named(state, 125_000), ['nothing', 'late#0'])
    t.same(story(state, 300), ['music 0-120', 'over early 0-10', 'over late 110-130'])
    t.end()
  },
)

t.test('it must win by the same order of precedence as without it', (t) => {
  const lower = withMusic(order('filler', 10_000, 20_000, { priority: 'filler' }))
  t.same(named(lower, 15_000), ['music#0', 'hold'], 'a lower one is spoken over nothing')
  t.same(story(lower, 300), ['music 0-120'])
  const talk = order('talk', 40_000, 10_000, { trigger: 'live', priority: 'live', over: null })
  const state = withMusic(order('notice', 30_000, 60_000), talk)
  t.same(named(state, 39_999), ['music#0', 'notice#0'])
  t.same(named(state, 40_000), ['talk#0', 'hold'], 'what is higher and not for that ends both')
  t.same(named(state, 50_000), ['music#0', 'notice#0'], 'and when it is over both are back')
  t.end()
})

t.test('of two announcements the better one is spoken, and the other does not take the place below', (t) => {
  const state = withMusic(order('first', 10_000, 20_000, { priority: 'urgent' }), order('second', 20_000, 20_000))
  t.same(named(state, 25_000), ['music#0', 'first#0'])
  t.same(named(state, 30_000), ['music#0', 'second#0'])
  t.same(story(state, 300), ['music 0-120', 'over first 10-30', 'over second 30-40'])
  t.end()
})

t.test('an alert has the output alone, and what was interrupted does as it declares', (t) => {
  const alarmed = (whenInterrupted: Programme['whenInterrupted']) =>
    planState({
      schedules: [schedule([music({ whenInterrupted })])],
      overrides: [order('notice', 30_000, 60_000), alert(40_000, 10_000)],
    })
  t.same(named(alarmed('resume'), 45_000), ['flood#0', 'hold'])
  t.same(story(alarmed('resume'), 300), [
    'music 0-40',
    'over notice 30-40',
    'flood 40-50',
    'music 50-130',
    'over notice 50-90',
  ])
  t.same(story(alarmed('skip'), 300), ['music 0-40', 'over notice 30-40', 'flood 40-50', 'over notice 50-90'])
  t.end()
})

t.test('nothing is spoken over an alert: one that is lower waits for the announcement, in silence below', (t) => {
  const minor = alert(10_000, 5_000, { priority: 'urgent', repeatPauseMs: 5_000, until: at(100_000) })
  const state = planState({ overrides: [minor, order('talk', 12_000, 20_000, { trigger: 'live', priority: 'live' })] })
  t.same(named(state, 12_000), ['hold', 'talk#0'])
  t.match(explain(state, CABINET, at(13_000)), { winner: { programmeId: 'talk' }, below: null })
  t.match(explain(state, CABINET, at(13_000)).losers, [{ programmeId: 'flood', reason: 'lower-priority' }])
  t.end()
})

t.test('nothing is spoken over a picture', (t) => {
  const board = planState({
    schedules: [schedule([programme('slides', [text('x', 120_000)])])],
    overrides: [order('notice', 10_000, 20_000, { items: [sound('say', 20_000), text('notice', 20_000)] })],
  })
  t.same(named(board, 15_000, BOARD), ['notice#1', 'nothing'])
  t.same(named(board, 15_000), ['nothing', 'notice#0'])
  t.end()
})

t.test('each is as loud as its own hour allows', (t) => {
  const volume = compileVolume([{ from: '05:00', until: '06:00', priorities: ['normal'], ceilingDb: -12 }], ZONE)
  const silent = compileVolume([{ from: '05:00', until: '06:00', priorities: ['normal'], silent: true }], ZONE)
  const both = lanesAt({ ...withMusic(order('notice', 0, 20_000)), volume }, CABINET, at(5_000))
  t.match(both, { main: { slot: { gainDb: -12 } }, over: { slot: { gainDb: 0 } } })
  t.same(named({ ...withMusic(order('notice', 0, 20_000)), volume: silent }, 5_000), ['nothing', 'notice#0'])
  const quiet = { ...withMusic(order('notice', 0, 20_000, { priority: 'normal' })), volume: silent }
  t.match(lanesAt(quiet, CABINET, at(5_000)).over, { kind: 'nothing', because: 'quiet-hours' })
  t.end()
})

t.test('a programme is spoken over another: that is no clash, unless it is the one that waits', (t) => {
  const signal = (rest: Partial<Programme>) =>
    programme('signal', [sound('pips', 5_000)], {
      recurrence: { start: '2026-11-21T05:00:30', timeZone: ZONE },
      over: OVER,
      ...rest,
    })
  const hourly = planState({ schedules: [schedule([music(), signal({ priority: 'priority' })])] })
  t.same(story(hourly, 300), ['music 0-120', 'over signal 30-35'])
  const arranged = (first: string) =>
    schedule([music(), signal({})], 'commune', 'vn/08/02215', {
      arrangement: [{ issuer: 'commune', programmeId: first }],
    })
  const clashes = (first: string) => overlapsIn(arranged(first), [CABINET], { from: at(0), until: at(60_000) }).count
  t.equal(clashes('signal'), 0)
  t.equal(clashes('music'), 1, 'begun later in the same class it waits for the music')
  t.end()
})

t.test('what is on and what is spoken over it are told apart, and both are explained', (t) => {
  const state = withMusic(
    order('notice', 10_000, 20_000),
    order('other', 0, 50_000, { over: null, priority: 'filler' }),
  )
  const why = explain(state, CABINET, at(15_000))
  t.match(why, { winner: { programmeId: 'notice' }, below: { programmeId: 'music' } })
  t.match(why.losers, [{ programmeId: 'other', reason: 'lower-priority' }])
  t.equal(explain(state, CABINET, at(5_000)).below, null)
  t.end()
})

const NONE: LaneView = { current: null, pending: null }
const viewOf = (main: LaneView, over: LaneView): OutputView => ({
  ...{ output: 'cabinet', ready: true, main, over, spent: new Set<string>(), heldBack: new Set<string>() },
})
const stepsAt = (state: PlanState, view: OutputView, now: WallMs) =>
  stepsTowards(plan({ ...state, outputs: [CABINET] }, now), new Map([['cabinet', view]]), now)
const playing = (wanted: Wanted): LaneView => {
  if (wanted.kind !== 'slot') throw new Error('nothing to play')
  return { current: { playId: wanted.slot.programmeId, slot: wanted.slot }, pending: null }
}

t.test('the steps leave alone what goes on below, and come to it in the middle after a reboot', (t) => {
  const state = withMusic(order('notice', 50_000, 20_000))
  const { main, over } = lanesAt(state, CABINET, at(55_000))
  t.match(stepsAt(state, viewOf(playing(main), NONE), at(50_000)), [
    { action: 'play', slot: { programmeId: 'notice' } },
  ])
  t.same(stepsAt(state, viewOf(playing(main), playing(over)), at(55_000)), [])
  t.match(stepsAt(state, viewOf(playing(main), playing(over)), at(58_000)), [
    { action: 'play', slot: { itemIndex: 1 }, dueAt: at(60_000) },
  ])
  t.match(stepsAt(state, viewOf(NONE, NONE), at(55_000)), [
    { action: 'play', slot: { programmeId: 'music' }, offsetMs: 55_000 },
    { action: 'play', slot: { programmeId: 'notice' }, offsetMs: 5_000 },
  ])
  const calledOff = stepsAt(withMusic(), viewOf(playing(main), playing(over)), at(55_000))
  t.match(calledOff, [{ action: 'stop', playId: 'notice', reason: 'withdrawn' }])
  t.equal(calledOff.length, 1, 'the music is not touched')
  t.end()
})

t.test('what may not be spoken over what comes is stopped, as outranked', (t) => {
  const talk = order('talk', 55_000, 10_000, { trigger: 'live', priority: 'live', over: null })
  const before = withMusic(order('notice', 50_000, 20_000))
  const { main, over } = lanesAt(before, CABINET, at(54_000))
  const steps = stepsAt(
    withMusic(order('notice', 50_000, 20_000), talk),
    viewOf(playing(main), playing(over)),
    at(55_000),
  )
  t.match(steps, [
    { action: 'play', slot: { programmeId: 'talk' } },
    { action: 'stop', playId: 'notice', reason: 'outranked' },
  ])
  t.end()
})

t.test('a change in one lane soon after one in the other is known in time', (t) => {
  const pips = programme('pips', [sound('p', 1_000)], {
    recurrence: { start: '2026-11-21T05:01:01', timeZone: ZONE },
    priority: 'priority',
    over: OVER,
  })
  const [cabinet] = plan(planState({ schedules: [schedule([music(), pips])] }), at(58_500)).outputs
  t.equal(cabinet?.main.next?.at, at(60_000))
  t.equal(cabinet?.over.next?.at, at(61_000))
  t.end()
})
