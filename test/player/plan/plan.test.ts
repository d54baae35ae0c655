import t from 'tap'
import { plan } from '../../../player/plan/plan.ts'
import type { Wanted } from '../../../player/plan/slot.ts'
import type { Airing } from '../../../player/plan/airings.ts'
import type { PlanState } from '../../../player/plan/slot.ts'
import type { WallMs } from '../../../player/plan/time.ts'
import { at, FIVE, override, planState, programme, schedule, sound, text } from '../../fixtures/schedules.ts'

const wanted = (state: PlanState, now: WallMs, output = 'cabinet'): Wanted =>
  plan(state, now).outputs.find((one) => one.output === output)!.main.now

const named = (state: PlanState, now: WallMs, output = 'cabinet'): string => {
  const found = wanted(state, now, output)
  return found.kind === 'slot' ? `${found.slot.programmeId}#${found.slot.itemIndex}` : found.kind
}

t.test('a programme begins at its millisecond and ends at its millisecond', (t) => {
  const state = planState({ schedules: [schedule([programme('news', [sound('a', 10_000), sound('b', 5_000)])])] })
  t.equal(named(state, at(-1)), 'nothing')
  t.equal(named(state, at(0)), 'news#0')
  t.equal(named(state, at(9_999)), 'news#0')
  t.equal(named(state, at(10_000)), 'news#1')
  t.equal(named(state, at(14_999)), 'news#1')
  t.equal(named(state, at(15_000)), 'nothing')
  t.end()
})

t.test('sound and pictures of one programme run side by side', (t) => {
  const state = planState({
    schedules: [schedule([programme('news', [sound('a', 10_000), text('x', 4_000), text('y', 4_000)])])],
  })
  t.equal(named(state, at(0), 'cabinet'), 'news#0')
  t.equal(named(state, at(0), 'board'), 'news#1')
  t.equal(named(state, at(4_000), 'board'), 'news#2')
  t.equal(named(state, at(8_000), 'board'), 'nothing')
  t.equal(named(state, at(8_000), 'cabinet'), 'news#0')
  t.end()
})

t.test('the plan says what comes next and when', (t) => {
  const state = planState({ schedules: [schedule([programme('news', [sound('a', 10_000)])])] })
  const before = plan(state, at(-30_000))
  const cabinet = before.outputs[0]!
  t.equal(cabinet.main.next?.at, FIVE)
  t.equal(before.askAgainAt, FIVE)
  t.equal(plan(state, at(0)).askAgainAt, at(10_000))
  t.equal(plan(state, at(20_000)).askAgainAt, at(80_000), 'nothing within the horizon: asked again at its end')
  t.end()
})

t.test('an alert takes every output it has something for, and nothing lower has a say until it ends', (t) => {
  const news = schedule([programme('news', [sound('a', 60_000), text('x', 60_000)])])
  const siren = override('flood', [sound('s', 2_000), text('flee', 20_000)], at(5_000), at(25_000), {
    repeatPauseMs: 3_000,
  })
  const state = planState({ schedules: [news], overrides: [siren] })
  t.equal(named(state, at(4_999)), 'news#0')
  t.equal(named(state, at(5_000)), 'flood#0')
  t.equal(named(state, at(7_000)), 'hold', 'silence between two rounds belongs to the alert')
  t.equal(named(state, at(10_000)), 'flood#0', 'the second round')
  t.equal(named(state, at(20_000), 'board'), 'flood#1')
  t.equal(named(state, at(25_000)), 'news#0')
  t.equal(named(state, at(25_000), 'board'), 'news#1')
  t.end()
})

t.test('order: priority, then the wider authority, then the earlier start', (t) => {
  const early = programme('early', [sound('a', 60_000)], {
    recurrence: { start: '2026-11-21T04:59:50', timeZone: 'Asia/Ho_Chi_Minh' },
  })
  const late = programme('late', [sound('b', 60_000)])
  const urgent = programme('urgent', [sound('c', 60_000)], { priority: 'urgent' })
  const province = schedule([programme('province', [sound('d', 60_000)])], 'province', 'vn/08')
  t.equal(named(planState({ schedules: [schedule([late, early])] }), at(0)), 'early#0')
  t.equal(named(planState({ schedules: [schedule([late, early]), province] }), at(0)), 'province#0')
  t.equal(named(planState({ schedules: [schedule([late, early, urgent]), province] }), at(0)), 'urgent#0')
  t.same(
    plan(planState({ schedules: [province, schedule([urgent, early, late])] }), at(0)),
    plan(planState({ schedules: [schedule([late, early, urgent]), province] }), at(0)),
    'whatever order the schedules came in',
  )
  t.end()
})

t.test('a file that is not ready never silences what stands below it', (t) => {
  const high = programme('high', [sound('missing', 10_000)], { priority: 'urgent' })
  const low = programme('low', [sound('there', 10_000)])
  const state = planState({
    schedules: [schedule([high, low])],
    playable: ({ content }) => !('sha256' in content) || !content.sha256.startsWith('missing'),
  })
  t.equal(named(state, at(0)), 'low#0')
  t.end()
})

t.test('programmes wait for a clock, alerts do not', (t) => {
  const state = planState({
    schedules: [schedule([programme('news', [sound('a', 60_000)])])],
    overrides: [override('flood', [sound('s', 2_000)], at(5_000), at(7_000))],
    clockTrusted: false,
  })
  t.equal(named(state, at(1_000)), 'nothing')
  t.equal(named(state, at(5_000)), 'flood#0')
  t.end()
})

const interruptedAt = (state: Airing['state'], heardMs: number): Airing[] => [
  { occurrenceId: 'commune:day:news@20261120T220000Z', output: 'cabinet', effectiveStart: FIVE, heardMs, state },
]

t.test('an interrupted programme resumes where it was, restarts, rejoins or is skipped, as it declares', (t) => {
  const news = (whenInterrupted: 'resume' | 'restart' | 'skip' | 'rejoin') =>
    schedule([programme('news', [sound('a', 10_000), sound('b', 10_000)], { whenInterrupted })])
  const positionOf = (state: PlanState): number | string => {
    const found = wanted(state, at(30_000))
    return found.kind === 'slot' ? at(30_000) - found.slot.effectiveStart : found.kind
  }
  t.equal(positionOf(planState({ schedules: [news('resume')], airings: interruptedAt('interrupted', 12_000) })), 12_000)
  t.equal(positionOf(planState({ schedules: [news('restart')], airings: interruptedAt('interrupted', 0) })), 0)
  t.equal(positionOf(planState({ schedules: [news('skip')], airings: interruptedAt('done', 12_000) })), 'nothing')
  t.equal(
    positionOf(planState({ schedules: [news('rejoin')], airings: interruptedAt('running', 0) })),
    'nothing',
    'its time is over',
  )
  t.equal(named(planState({ schedules: [news('rejoin')], airings: interruptedAt('running', 0) }), at(15_000)), 'news#1')
  t.end()
})

t.test('a resumed programme does not wait for ever', (t) => {
  const state = planState({
    schedules: [schedule([programme('news', [sound('a', 10_000)])])],
    airings: interruptedAt('interrupted', 5_000),
  })
  t.equal(named(state, at(3_600_000)), 'news#0')
  t.equal(named(state, at(3_620_001)), 'nothing')
  t.end()
})

t.test('a box that comes up in the middle joins at the offset, starts anew, or skips', (t) => {
  const late = (lateJoin: 'offset' | 'start' | 'skip') =>
    planState({ schedules: [schedule([programme('news', [sound('a', 60_000)], { lateJoin })])] })
  const startOf = (state: PlanState) => {
    const found = wanted(state, at(30_000))
    return found.kind === 'slot' ? found.slot.effectiveStart - FIVE : found.kind
  }
  t.equal(startOf(late('offset')), 0)
  t.equal(startOf(late('start')), 30_000)
  t.equal(startOf(late('skip')), 'nothing')
  t.end()
})

t.test('a schedule out of its validity says nothing', (t) => {
  const news = [programme('news', [sound('a', 60_000)])]
  const over = schedule(news, 'commune', 'vn/08/02215', { validUntil: at(30_000) })
  t.equal(named(planState({ schedules: [over] }), at(29_999)), 'news#0')
  t.equal(named(planState({ schedules: [over] }), at(30_000)), 'nothing')
  t.equal(plan(planState({ schedules: [over] }), at(0)).askAgainAt, at(30_000))
  t.end()
})

t.test('outputs are chosen by name', (t) => {
  const state = planState({
    schedules: [schedule([programme('news', [sound('a', 60_000), text('x', 60_000)], { outputs: ['board'] })])],
  })
  t.equal(named(state, at(0), 'cabinet'), 'nothing')
  t.equal(named(state, at(0), 'board'), 'news#1')
  t.end()
})
