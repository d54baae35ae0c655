/** A calendar that is set: nothing is played twice, nothing on the air is cut, and what was missed is said, with the reason. */
import t, { type Test } from 'tap'
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'
import { addMs, type WallMs } from '../../player/plan/time.ts'
import { mediaOf, openAgentBench, type AgentBench } from '../fixtures/agent-bench.ts'
import { makeAuthority } from '../fixtures/authority.ts'
import { stoppedClock } from '../fixtures/clock.ts'
import { FIVE } from '../fixtures/schedules.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const sound = (durationMs: number) => ({ content: { kind: 'sound', sha256: mediaOf(durationMs) }, durationMs })

type Wire = { programmeId: string; start: string; items: unknown[] } & Record<string, unknown>

const scheduleOf = (programmes: Wire[]) => ({
  kind: 'schedule',
  body: {
    scheduleId: 'day',
    revision: 1,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    programmes: programmes.map((one) => ({ title: one.programmeId, priority: 'normal', rule: 'FREQ=DAILY', ...one })),
  },
})

const DAYTIME = scheduleOf([
  { programmeId: 'five', start: '2026-11-20T05:00:00', items: [sound(60_000)] },
  { programmeId: 'half-past', start: '2026-11-20T05:30:00', items: [sound(60_000)] },
  { programmeId: 'seven', start: '2026-11-20T07:00:00', items: [sound(60_000)] },
])

const open = (t: Test, start: WallMs, rest: Partial<Parameters<typeof openAgentBench>[0]> = {}) =>
  openAgentBench({ file: `${t.testdir()}/state.db`, start, ...rest })

const brief = (bench: AgentBench) =>
  bench.store
    .recentAsRuns(200)
    .toReversed()
    .map(({ programmeId, ended, endedDetail, heardMs, plannedStart }: AsRunRecord) => [
      programmeId,
      plannedStart.slice(8, 16),
      ended,
      ended === 'missed' ? endedDetail?.split(':')[0] : heardMs,
    ])

const playsOf = (bench: AgentBench) => bench.cabinet.asked.length

t.test('a clock that is set forward by an hour cuts nothing, and what it passed over is missed', async (t) => {
  const bench = await open(t, addMs(FIVE, -10_000))
  await bench.deliver(DAYTIME)
  await bench.pass(30_000)
  const before = playsOf(bench)
  bench.clock.step(HOUR)
  await bench.pass(41_000, 1_000)
  t.equal(playsOf(bench), before, 'what is on goes on, and nothing begins')
  t.same(brief(bench), [
    ['half-past', '21T05:30', 'missed', 'clock-set'],
    ['five', '21T05:00', 'finished', 60_000],
  ])
  await bench.pass(HOUR, 1_000)
  t.same(brief(bench).at(-1), ['seven', '21T07:00', 'finished', 60_000])
  await bench.stop()
})

t.test('a clock that is set back, by seconds, an hour or a day, plays nothing twice', async (t) => {
  for (const back of [5_000, HOUR, DAY]) {
    const bench = await open(t, addMs(FIVE, -10_000), { file: `${t.testdir()}/${back}.db` })
    await bench.deliver(DAYTIME)
    await bench.pass(80_000)
    t.same(brief(bench), [['five', '21T05:00', 'finished', 60_000]])
    bench.clock.step(-back)
    await bench.pass(back + 60_000, back > HOUR ? 60_000 : 1_000)
    const today = brief(bench).filter(([, planned]) => planned === '21T05:00')
    t.same(today, [['five', '21T05:00', 'finished', 60_000]], `set back by ${back} ms`)
    await bench.stop()
  }
})

t.test('set back in its middle, a programme goes on and ends once', async (t) => {
  const bench = await open(t, addMs(FIVE, -10_000))
  await bench.deliver(DAYTIME)
  await bench.pass(40_000)
  const before = playsOf(bench)
  bench.clock.step(-HOUR)
  await bench.pass(2 * HOUR - 120_000, 5_000)
  t.equal(playsOf(bench) - before, 1, 'only that of half past five was asked for')
  t.same(brief(bench), [
    ['five', '21T05:00', 'finished', 60_000],
    ['half-past', '21T05:30', 'finished', 60_000],
  ])
  await bench.stop()
})

t.test('what is about to begin waits for the new time', async (t) => {
  const bench = await open(t, addMs(FIVE, -10_000))
  await bench.deliver(DAYTIME)
  await bench.pass(8_000)
  t.not(bench.cabinet.pending(), null, 'handed over ahead of its moment')
  bench.clock.step(-30_000)
  await bench.pass(10_000)
  t.equal(bench.cabinet.current(), null)
  await bench.pass(30_000)
  t.match(bench.cabinet.current(), { offsetMs: 0 })
  await bench.stop()
})

t.test('while the clock is unsynced programmes are held and nothing is called missed; afterwards it is', async (t) => {
  const clock = stoppedClock(addMs(FIVE, -10_000), 'synced')
  const file = `${t.testdir()}/state.db`
  const authority = await makeAuthority({ area: 'vn' })
  const first = await openAgentBench({ file, start: FIVE, clock, authority })
  await first.deliver(DAYTIME)
  await first.stop()
  // Six hours without power, and a clock that comes up wrong.
  const later = stoppedClock(addMs(FIVE, -5_000), 'unsynced')
  const bench = await openAgentBench({ file, start: FIVE, clock: later, authority })
  await bench.pass(90_000, 1_000)
  t.equal(playsOf(bench), 0)
  t.same(brief(bench), [])
  later.step(HOUR)
  later.setTrust('synced')
  await bench.pass(10_000, 1_000)
  t.same(brief(bench), [
    ['five', '21T05:00', 'missed', 'clock-unsynced'],
    ['half-past', '21T05:30', 'missed', 'clock-unsynced'],
  ])
  await bench.stop()
})

t.test('what was due while the box was off is recorded as missed, each once', async (t) => {
  const file = `${t.testdir()}/state.db`
  const authority = await makeAuthority({ area: 'vn' })
  const first = await openAgentBench({ file, start: addMs(FIVE, -120_000), authority })
  await first.deliver(DAYTIME)
  await first.pass(200_000, 1_000)
  await first.stop()
  for (const hours of [6, 7]) {
    const bench = await openAgentBench({ file, start: addMs(FIVE, hours * HOUR), authority })
    await bench.pass(20_000, 1_000)
    t.same(brief(bench), [
      ['five', '21T05:00', 'finished', 60_000],
      ['half-past', '21T05:30', 'missed', 'power-off'],
      ['seven', '21T07:00', 'missed', 'power-off'],
    ])
    await bench.stop()
  }
})

t.test('an order in its middle is neither cut nor begun anew when the clock is set', async (t) => {
  const bench = await open(t, FIVE)
  await bench.deliver({
    kind: 'command',
    body: { action: 'play', title: 'Thông báo', priority: 'urgent', items: [sound(600_000)] },
  })
  await bench.pass(5_000)
  for (const ms of [-3 * HOUR, DAY]) {
    bench.clock.step(ms)
    await bench.pass(20_000)
    t.equal(playsOf(bench), 1)
    t.not(bench.cabinet.current(), null)
  }
  await bench.pass(600_000, 1_000)
  t.match(brief(bench), [[String, String, 'finished', 600_000]], 'it lasts as long as it was given')
  await bench.stop()
})

t.test('a new box that learns the time has missed nothing of the days before it had a schedule', async (t) => {
  const clock = stoppedClock(addMs(FIVE, -300 * DAY), 'unsynced')
  const bench = await open(t, FIVE, { clock })
  await bench.deliver(DAYTIME)
  await bench.pass(60_000, 1_000)
  clock.step(300 * DAY + 20 * 60_000)
  clock.setTrust('synced')
  await bench.pass(30_000, 1_000)
  t.same(brief(bench), [])
  await bench.pass(HOUR, 1_000)
  t.same(brief(bench), [['half-past', '21T05:30', 'finished', 60_000]])
  await bench.stop()
})
