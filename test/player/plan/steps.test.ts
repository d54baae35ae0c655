import t from 'tap'
import { plan } from '../../../player/plan/plan.ts'
import type { PlanState } from '../../../player/plan/slot.ts'
import {
  LEAD_MS,
  OVERRUN_MS,
  stepsTowards,
  type LaneView,
  type OutputView,
  type Step,
} from '../../../player/plan/steps.ts'
import type { WallMs } from '../../../player/plan/time.ts'
import { at, CABINET, FIVE, override, planState, programme, schedule, sound } from '../../fixtures/schedules.ts'

const idle: OutputView = {
  output: 'cabinet',
  ready: true,
  main: { current: null, pending: null },
  over: { current: null, pending: null },
  spent: new Set(),
  heldBack: new Set(),
}

/** With something in the lane of what is on. */
const holding = (held: Partial<LaneView>): OutputView => ({ ...idle, main: { ...idle.main, ...held } })

const cabinetOnly = (rest: Parameters<typeof planState>[0]): PlanState => planState({ outputs: [CABINET], ...rest })
const stepsAt = (state: PlanState, view: OutputView, now: WallMs): Step[] =>
  stepsTowards(plan(state, now), new Map([['cabinet', view]]), now)

const slotAt = (state: PlanState, now: WallMs) => {
  const wanted = plan(state, now).outputs[0]!.main.now
  if (wanted.kind !== 'slot') throw new Error(`no slot at ${now}`)
  return wanted.slot
}

const news = cabinetOnly({ schedules: [schedule([programme('news', [sound('a', 10_000), sound('b', 10_000)])])] })

t.test('what is due is handed over ahead of its moment, once', (t) => {
  t.same(stepsAt(news, idle, at(-LEAD_MS - 1)), [])
  const ahead = stepsAt(news, idle, at(-LEAD_MS))
  t.match(ahead, [{ action: 'play', dueAt: FIVE, offsetMs: 0, lengthMs: 10_000 }])
  t.equal(ahead.length, 1)
  const pending = { playId: 'p', slot: slotAt(news, at(0)), dueAt: FIVE }
  t.same(stepsAt(news, holding({ pending }), at(-1)), [])
  t.same(stepsAt(news, holding({ pending }), at(5)), [], 'it is on its way: not asked for twice')
  t.end()
})

t.test('what should be playing and is not, is joined at its offset', (t) => {
  t.match(stepsAt(news, idle, at(4_000)), [{ action: 'play', dueAt: at(4_000), offsetMs: 4_000, lengthMs: 6_000 }])
  t.match(stepsAt(news, idle, at(100)), [{ offsetMs: 0, lengthMs: 10_000 }], 'our own delay costs no sound')
  t.end()
})

t.test('what plays as planned is left alone, and its successor prepared', (t) => {
  const current = { playId: 'c', slot: slotAt(news, at(0)) }
  t.same(stepsAt(news, holding({ current }), at(5_000)), [])
  t.match(stepsAt(news, holding({ current }), at(7_500)), [
    { action: 'play', dueAt: at(10_000), slot: { itemIndex: 1 } },
  ])
  t.end()
})

t.test('an output that begins a little ahead of the moment is left alone, and an alert still takes it', (t) => {
  const current = { playId: 'c', slot: slotAt(news, at(10_000)) }
  t.same(stepsAt(news, holding({ current }), at(9_968)), [])
  t.same(stepsAt(news, holding({ current }), at(10_000)), [])
  t.match(
    stepsAt(news, holding({ current }), at(9_000)),
    [{ action: 'play', slot: { itemIndex: 0 } }],
    'a second is not a little',
  )
  const alarmed = { ...news, overrides: [override('flood', [sound('s', 5_000)], at(9_960), at(20_000))] }
  t.match(stepsAt(alarmed, holding({ current }), at(9_968)), [{ action: 'play', slot: { programmeId: 'flood' } }])
  t.end()
})

t.test(
  'an output that tells the end of one a little before the start of the next is not asked for the first again',
  (t) => {
    const pending = { playId: 'p', slot: slotAt(news, at(10_000)), dueAt: at(10_000) }
    t.same(stepsAt(news, holding({ pending }), at(9_968)), [])
    t.match(stepsAt(news, holding({ pending }), at(9_000)), [{ action: 'play', slot: { itemIndex: 0 } }])
    t.end()
  },
)

t.test('an alert is played at once over what plays, with no stop before it', (t) => {
  const alarmed = { ...news, overrides: [override('flood', [sound('s', 5_000)], at(5_000), at(10_000))] }
  const current = { playId: 'c', slot: slotAt(news, at(0)) }
  const steps = stepsAt(alarmed, holding({ current }), at(5_003))
  t.match(steps, [{ action: 'play', dueAt: at(5_003), offsetMs: 0, slot: { programmeId: 'flood' } }])
  t.equal(steps.length, 1)
  t.end()
})

t.test('what is withdrawn is stopped; what ends by itself is left to end', (t) => {
  const nothing = cabinetOnly({})
  const current = { playId: 'c', slot: slotAt(news, at(15_000)) }
  t.match(stepsAt(nothing, holding({ current }), at(15_000)), [{ action: 'stop', playId: 'c', reason: 'withdrawn' }])
  t.same(stepsAt(nothing, holding({ current }), at(20_000)), [])
  t.same(stepsAt(nothing, holding({ current }), at(20_000 + OVERRUN_MS)), [])
  t.match(stepsAt(nothing, holding({ current }), at(20_001 + OVERRUN_MS)), [{ action: 'stop', reason: 'overrun' }])
  const pending = { playId: 'p', slot: slotAt(news, at(0)), dueAt: FIVE }
  t.match(stepsAt(nothing, holding({ pending }), at(-500)), [{ action: 'stop', playId: 'p', reason: 'withdrawn' }])
  t.end()
})

t.test('the pause of an alert is silent', (t) => {
  const alarmed = {
    ...news,
    overrides: [override('flood', [sound('s', 1_000)], at(0), at(60_000), { repeatPauseMs: 9_000 })],
  }
  const current = { playId: 'c', slot: slotAt(news, at(0)) }
  t.match(stepsAt(alarmed, holding({ current }), at(1_500)), [{ action: 'stop', reason: 'nothing-due' }])
  const siren = { playId: 's', slot: slotAt(alarmed, at(0)) }
  t.same(stepsAt(alarmed, holding({ current: siren }), at(1_001)), [], 'but the siren itself is heard to its end')
  t.end()
})

t.test('what is over is not begun again, and an output that is not ready is asked for nothing', (t) => {
  const spent = new Set([slotAt(news, at(0)).slotId])
  t.same(stepsAt(news, { ...idle, spent }, at(4_000)), [])
  t.same(stepsAt(news, { ...idle, ready: false }, at(4_000)), [])
  const heldBack = new Set([slotAt(news, at(0)).occurrenceId])
  t.same(stepsAt(news, { ...idle, heldBack }, at(4_000)), [])
  const alarmed = { ...news, overrides: [override('flood', [sound('s', 1_000)], at(4_000), at(60_000))] }
  t.match(
    stepsAt(alarmed, { ...idle, heldBack }, at(4_000)),
    [{ slot: { programmeId: 'flood' } }],
    'others do not wait for it',
  )
  t.end()
})
