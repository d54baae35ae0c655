/** What was heard goes into the record of the play, which waits for its last seconds and holds nothing else up. */
import t from 'tap'
import { recordHash } from '../../agent/protocol/chain.ts'
import { addMs, type WallMs } from '../../player/plan/time.ts'
import { type AgentBench, mediaOf, openAgentBench } from '../fixtures/agent-bench.ts'
import { FIVE } from '../fixtures/schedules.ts'

const SECONDS = 20

const news = {
  kind: 'schedule' as const,
  sequence: 1,
  body: {
    scheduleId: 'day',
    revision: 1,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    programmes: ['05:00:00', '05:00:20'].map((time, index) => ({
      programmeId: `news-${index}`,
      title: 'Tin tức',
      priority: 'normal',
      start: `2026-11-21T${time}`,
      items: [{ content: { kind: 'sound', sha256: mediaOf(SECONDS * 1_000) }, durationMs: SECONDS * 1_000 }],
    })),
  },
}

const open = async (file: string): Promise<AgentBench> => {
  const ears = [{ output: 'cabinet', toleranceDb: 10 }]
  const bench = await openAgentBench({ file, start: addMs(FIVE, -10_000), ears })
  await bench.deliver(news)
  await bench.pass(10_000)
  return bench
}

const hear = (bench: AgentBench, until: WallMs) =>
  bench.post({
    kind: 'ear',
    event: {
      kind: 'look',
      output: 'cabinet',
      look: {
        ...{ verdict: 'heard', from: addMs(until, -4_000), until, levelDb: -1.04 },
        ...{ delayMs: 23.56, confidence: 0.9, captureDb: -30 },
      },
    },
  })

t.test('a record waits for its last seconds, and the next programme does not', async (t) => {
  const bench = await open(`${t.testdir()}/state.db`)
  await bench.pass(10_000)
  await hear(bench, addMs(FIVE, 9_000))
  t.match(bench.agent.world.hearing.last('cabinet'), { verdict: 'heard', at: addMs(FIVE, 9_000) })
  await bench.pass(13_000)
  t.equal(bench.agent.world.stage.outputs()[0]?.main?.play.slot.programmeId, 'news-1', 'the next one plays')
  t.same(bench.store.recentAsRuns(1), [], 'and the record of the first is still open')
  await hear(bench, addMs(FIVE, 20_000))
  await bench.pass(2_000)
  const [record] = bench.store.recentAsRuns(1)
  t.match(record, { programmeId: 'news-0', ended: 'finished', heardMs: SECONDS * 1_000 })
  t.same(record?.heard, { verdict: 'heard', levelDb: -1, delayMs: 23.6, confidence: 0.9, looks: 2 })
  t.equal(record!.hash, recordHash(record!), 'the hash covers it')
  await bench.stop()
})

t.test('an agent that stops closes what waits', async (t) => {
  const bench = await open(`${t.testdir()}/state.db`)
  await bench.pass(5_000)
  await hear(bench, addMs(FIVE, 4_000))
  await bench.pass(16_000)
  const { store } = bench
  t.same(store.recentAsRuns(2), [])
  const records: unknown[] = []
  // The bench closes the store behind the agent: what it holds by then is read before.
  const { close } = store
  store.close = () => {
    records.push(...store.recentAsRuns(2))
    close()
  }
  await bench.stop()
  t.match(records, [
    { programmeId: 'news-1', ended: 'stopped', heard: null },
    { programmeId: 'news-0', ended: 'finished', heard: { verdict: 'heard', looks: 1 } },
  ])
})

t.test('an output without an ear says nothing of what was heard', async (t) => {
  const bench = await openAgentBench({ file: `${t.testdir()}/state.db`, start: addMs(FIVE, -10_000) })
  await bench.deliver(news)
  await bench.pass(31_000)
  const [record] = bench.store.recentAsRuns(1)
  t.match(record, { programmeId: 'news-0', ended: 'finished' })
  t.equal(Object.hasOwn(record!, 'heard'), false)
  await bench.stop()
})
