/** Announcements over a programme, in simulated time: what is handed to the output, what is written down, and what a reboot keeps. */
import t, { type Test } from 'tap'
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'
import { addMs } from '../../player/plan/time.ts'
import { mediaOf, openAgentBench, type AgentBench } from '../fixtures/agent-bench.ts'
import { makeAuthority } from '../fixtures/authority.ts'
import { capOf } from '../fixtures/cap.ts'
import { FIVE } from '../fixtures/schedules.ts'

const BEFORE = addMs(FIVE, -60_000)

const item = (durationMs: number) => ({ content: { kind: 'sound', sha256: mediaOf(durationMs) }, durationMs })

const music = {
  kind: 'schedule',
  body: {
    scheduleId: 'day',
    revision: 1,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    programmes: [
      {
        ...{ programmeId: 'music', title: 'Nhạc', priority: 'normal', start: '2026-11-21T05:00:00' },
        items: [item(30_000), item(31_000)],
      },
    ],
  },
}

let sequence = 0
const notice = (lengthMs: number, rest: object = {}) => ({
  kind: 'command',
  sequence: (sequence += 1),
  body: {
    ...{ action: 'play', title: 'Thông báo', priority: 'priority', items: [item(lengthMs)], over: {} },
    ...rest,
  },
})

const open = (t: Test, rest: Partial<Parameters<typeof openAgentBench>[0]> = {}) =>
  openAgentBench({ ...rest, file: rest.file ?? `${t.testdir()}/state.db`, start: BEFORE })

const lengthOf = (request: ReturnType<AgentBench['cabinet']['current']>): number | null =>
  request?.playable.kind === 'sound' ? Number(request.playable.source.sha256) : null
/** Lengths of what is on and of what is spoken over it. */
const heard = ({ cabinet }: AgentBench) => [lengthOf(cabinet.current()), lengthOf(cabinet.over())]

const records = ({ store }: AgentBench): AsRunRecord[] => store.recentAsRuns(20).reverse()

t.test('an announcement is spoken over the music, which goes on to its next item; both are written down', async (t) => {
  const bench = await open(t)
  await bench.deliver(music)
  await bench.pass(80_000)
  await bench.deliver(notice(20_000, { over: { duckDb: -15 } }))
  t.same(heard(bench), [30_000, 20_000])
  t.match(bench.cabinet.over(), { over: { duckDb: -15, fadeMs: 300 }, below: true })
  await bench.connect()
  await bench.pass(1_000)
  await bench.post({ kind: 'heartbeat', vitals: await bench.agent.world.vitals.read() })
  t.match(bench.sentOf('heartbeat').at(-1), {
    outputs: [
      { playing: { programmeId: 'music' }, over: { title: 'Thông báo' } },
      { id: 'board', playing: null },
    ],
  })
  await bench.pass(14_000)
  t.same(heard(bench), [31_000, 20_000], 'the next item has begun below')
  await bench.pass(10_000)
  t.same(heard(bench), [31_000, null])
  await bench.pass(40_000)
  const [first, spoken, second] = records(bench)
  t.equal(records(bench).length, 3)
  t.match(first, { programmeId: 'music', itemIndex: 0, ended: 'finished', heardMs: 30_000, offsetMs: 0 })
  t.match(second, { programmeId: 'music', itemIndex: 1, ended: 'finished', heardMs: 31_000, offsetMs: 0 })
  t.match(spoken, { title: 'Thông báo', ended: 'finished', heardMs: 20_000 })
  t.same(spoken?.over, { duckDb: -15, fadeMs: 300, recordId: first?.recordId })
  const by = { recordId: spoken?.recordId, duckDb: -15 }
  t.same(first?.turnedDown, [{ ...by, fromMs: 20_000, untilMs: 30_000 }])
  t.same(second?.turnedDown, [{ ...by, fromMs: 0, untilMs: 10_000 }])
  await bench.stop()
})

t.test('what is called off, and another after it: the music below is one record', async (t) => {
  const bench = await open(t)
  await bench.deliver(music)
  await bench.pass(65_000)
  const live = (action: 'start' | 'stop', rest: object = {}) => ({
    kind: 'live',
    sequence: (sequence += 1),
    body: { action, liveId: 'noi-1', ...rest },
  })
  const source = { url: 'http://mic.example/memory:600000' }
  await bench.deliver(live('start', { title: 'Trưởng thôn', source, maxMs: 600_000, over: { fadeMs: 100 } }))
  t.match(bench.cabinet.over(), { playable: { kind: 'stream' }, over: { duckDb: -20, fadeMs: 100 } })
  await bench.pass(5_000)
  await bench.deliver(live('stop'))
  await bench.pass(1_000)
  t.same(heard(bench), [30_000, null], 'the music is where it was')
  await bench.deliver(notice(3_000))
  t.same(heard(bench), [30_000, 3_000])
  await bench.pass(25_000)
  const [said, again, below] = records(bench)
  t.match(said, { priority: 'live', ended: 'stopped', endedDetail: 'withdrawn' })
  t.match(again, { title: 'Thông báo', ended: 'finished' })
  t.match(below, { programmeId: 'music', ended: 'finished', heardMs: 30_000, turnedDown: { length: 2 } })
  await bench.stop()
})

t.test('an alert ends both, and says so; afterwards the music goes on where it was', async (t) => {
  const bench = await open(t)
  await bench.deliver(music)
  await bench.pass(65_000)
  await bench.deliver(notice(20_000))
  await bench.pass(5_000)
  await bench.deliver({ kind: 'alert', body: { alertId: 'flood', cap: capOf(bench.clock.wall()) } })
  await bench.pass(200)
  t.equal(bench.cabinet.over(), null)
  t.match(bench.cabinet.current(), { below: false })
  await bench.pass(1_000)
  const ended = records(bench)
  t.match(
    ended.find(({ programmeId }) => programmeId === 'music'),
    { ended: 'pre-empted', endedDetail: /^by alert/ },
  )
  t.match(
    ended.find(({ title }) => title === 'Thông báo'),
    { ended: 'pre-empted', endedDetail: /^by alert/, over: { duckDb: -20 } },
  )
  t.match(bench.agent.world.records.airings().open('cabinet'), [{ state: 'interrupted' }])
  await bench.stop()
})

t.test('a reboot in the middle brings back both, each where it would be', async (t) => {
  const file = `${t.testdir()}/state.db`
  const authority = await makeAuthority({ area: 'vn' })
  const bench = await open(t, { file, authority })
  await bench.deliver(music)
  await bench.pass(65_000)
  await bench.deliver(notice(60_000))
  await bench.pass(10_000)
  const { clock } = bench
  await bench.stop()
  const again = await open(t, { file, authority, clock })
  await again.pass(500)
  t.same(heard(again), [30_000, 60_000])
  const [offMusic, offNotice] = [again.cabinet.current()?.offsetMs ?? 0, again.cabinet.over()?.offsetMs ?? 0]
  t.ok(Math.abs(offMusic - offNotice - 5_000) <= 200, `${offMusic} and ${offNotice} ms`)
  await again.stop()
})

t.test('an output that dies and comes back goes on with both', async (t) => {
  const bench = await open(t)
  await bench.deliver(music)
  await bench.pass(65_000)
  await bench.deliver(notice(20_000))
  await bench.pass(2_000)
  bench.cabinet.kill()
  await bench.pass(2_000)
  t.same(heard(bench), [30_000, 20_000])
  await bench.stop()
})

t.test('a programme is spoken over another, and neither is missed', async (t) => {
  const bench = await open(t)
  const signal = {
    ...{ programmeId: 'signal', title: 'Báo giờ', priority: 'priority', start: '2026-11-21T05:00:10' },
    ...{ items: [item(2_000)], over: { duckDb: -30 } },
  }
  const { body } = music
  await bench.deliver({ kind: 'schedule', body: { ...body, programmes: [...body.programmes, signal] } })
  await bench.pass(71_000)
  t.same(heard(bench), [30_000, 2_000])
  await bench.pass(25_000)
  t.match(records(bench), [
    { programmeId: 'signal', ended: 'finished', heardMs: 2_000 },
    { programmeId: 'music', ended: 'finished', heardMs: 30_000 },
  ])
  await bench.stop()
})

t.test('an alert may not be spoken over anything, and nonsense is refused', async (t) => {
  const bench = await open(t)
  await bench.connect()
  const refused = async (body: object, detail: RegExp) => {
    await bench.deliver(notice(5_000, body))
    t.match(bench.sentOf('acknowledgement').at(-1), { outcome: 'refused', reason: 'malformed', detail })
  }
  await refused({ priority: 'alert' }, /nothing goes on below/)
  await refused({ over: { duckDb: 3 } }, /duckDb/)
  await refused({ over: { duckDb: -61 } }, /duckDb/)
  await refused({ over: { fadeMs: 5_001 } }, /fadeMs/)
  await refused({ over: { duck: -20 } }, /over/)
  t.equal(bench.cabinet.asked.length, 0)
  await bench.stop()
})
