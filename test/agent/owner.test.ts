/** The content of a board's owner: it fills what nothing else wants, comes back by itself, and costs few records. */
import t, { type Test } from 'tap'
import type { OwnerSettings } from '../../agent/owner.ts'
import type { OwnerContent } from '../../agent/ports/owner.ts'
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'
import { addMs, formatUtc, parseWall } from '../../player/plan/time.ts'
import { mediaOf, openAgentBench, type AgentBench } from '../fixtures/agent-bench.ts'
import { makeAuthority } from '../fixtures/authority.ts'
import { FIVE } from '../fixtures/schedules.ts'

const OWNER: OwnerSettings = { name: 'sieu-thi-a', stillMs: 10_000, outputs: null }

const still = (name: string, number: number): OwnerContent['files'][number] => ({
  sha256: mediaOf(number),
  name,
  kind: 'still',
  durationMs: null,
})
const FILES = [still('a.png', 1), still('b.png', 2), still('c.png', 3)]
const contentOf = (files = FILES, skipped: OwnerContent['skipped'] = []) => ({
  kind: 'owner-content' as const,
  content: { files, skipped },
})

const recordsOf = (bench: AgentBench): AsRunRecord[] => bench.store.recentAsRuns(100).toReversed()
const brief = ({ output, issuer, priority, trigger, ended, endedDetail, heardMs, itemIndex }: AsRunRecord) => ({
  output,
  issuer,
  priority,
  by: trigger.kind,
  ended,
  endedDetail,
  heardMs,
  itemIndex,
})
const shown = (bench: AgentBench) => {
  const playable = bench.board.current()?.playable
  return playable?.kind === 'still' ? Number(playable.source.sha256) : (playable?.kind ?? null)
}

const open = (t: Test, rest: Partial<Parameters<typeof openAgentBench>[0]> = {}) =>
  openAgentBench({ file: `${t.testdir()}/state.db`, start: FIVE, owner: OWNER, ...rest })

const mobilise = (lastsMs: number) => ({
  kind: 'command',
  body: {
    action: 'mobilise',
    orderId: 'storm',
    title: 'Sơ tán',
    items: [{ content: { kind: 'text', body: 'Vào nhà' }, durationMs: 60_000 }],
    until: formatUtc(addMs(FIVE, lastsMs)),
  },
})

t.test('the files follow each other round and round, each picture for its time', async (t) => {
  const bench = await open(t)
  await bench.post(contentOf())
  const seen: unknown[] = []
  for (let slide = 0; slide < 5; slide += 1) {
    await bench.pass(5_000)
    seen.push(shown(bench))
    await bench.pass(5_000)
  }
  t.same(seen, [1, 2, 3, 1, 2])
  await bench.stop()
})

t.test(
  'a takeover covers it, it comes back by itself, and both sides are on record: three runs, three records',
  async (t) => {
    const bench = await open(t)
    await bench.post(contentOf())
    await bench.pass(60_000)
    await bench.deliver(mobilise(120_000))
    await bench.pass(1_000)
    t.equal(shown(bench), 'text')
    await bench.pass(64_000)
    t.type(shown(bench), 'number', 'the owner again')
    await bench.stop()
    const again = await openAgentBench({ file: `${t.testdirName}/state.db`, start: addMs(FIVE, 200_000) })
    t.match(recordsOf(again).map(brief), [
      {
        issuer: 'sieu-thi-a',
        priority: 'filler',
        by: 'owner',
        ended: 'pre-empted',
        endedDetail: /^by mobilised /,
        heardMs: 60_000,
        itemIndex: 0,
      },
      { issuer: 'commune', priority: 'mobilised', by: 'command', ended: 'finished', heardMs: 60_000 },
      { issuer: 'sieu-thi-a', by: 'owner', ended: 'stopped', endedDetail: 'shutdown' },
    ])
    await again.stop()
  },
)

t.test('content that is the same goes on at its place; another begins anew and closes the run', async (t) => {
  const bench = await open(t)
  await bench.post(contentOf())
  await bench.pass(15_000)
  const playId = bench.board.current()?.playId
  await bench.post(contentOf([...FILES]))
  await bench.pass(200)
  t.equal(bench.board.current()?.playId, playId, 'nothing happened')
  await bench.post(contentOf([still('z.png', 9)]))
  await bench.pass(200)
  t.equal(shown(bench), 9)
  t.match(recordsOf(bench).map(brief), [{ ended: 'stopped', endedDetail: 'the content changed', heardMs: 15_200 }])
  await bench.post(contentOf([]))
  await bench.pass(500)
  t.equal(shown(bench), null, 'the stick is gone')
  t.match(recordsOf(bench).map(brief)[1], { ended: 'stopped', endedDetail: 'withdrawn' })
  await bench.post(contentOf([still('z.png', 9)]))
  await bench.pass(500)
  t.equal(shown(bench), 9, 'and back')
  await bench.stop()
})

t.test('a day of slides is two records: one until local midnight, one from then on', async (t) => {
  const start = parseWall('2026-11-21T16:50:00Z')
  const bench = await open(t, { start })
  await bench.post(contentOf())
  await bench.pass(20 * 60_000, 500)
  const records = recordsOf(bench)
  t.match(records.map(brief), [{ ended: 'finished', endedDetail: 'the day is over' }])
  const [first] = records
  t.ok(Math.abs(first!.heardMs - 600_000) < 1_500, `heard ${first!.heardMs}`)
  await bench.stop()
  const again = await openAgentBench({ file: `${t.testdirName}/state.db`, start: addMs(start, 3_600_000) })
  const second = recordsOf(again)[1]!
  t.match(second, { ended: 'stopped', actualStart: /^2026-11-22T00:00:0[01]/, itemIndex: 0 })
  t.ok(Math.abs(first!.heardMs + second.heardMs - 1_200_000) < 500, 'nothing is told twice, nothing is lost')
  await again.stop()
})

t.test('a run that the power cut ended is closed as such, at most five minutes short', async (t) => {
  const authority = await makeAuthority({ area: 'vn' })
  const file = `${t.testdir()}/state.db`
  const before = await openAgentBench({ file, start: FIVE, authority, owner: OWNER })
  await before.post(contentOf())
  await before.pass(400_000, 500)
  const after = await openAgentBench({ file, authority, start: addMs(FIVE, 500_000), owner: OWNER })
  t.match(recordsOf(after), [{ ended: 'power-lost', trigger: { kind: 'owner' } }])
  const { heardMs } = recordsOf(after)[0]!
  t.ok(heardMs >= 300_000 && heardMs <= 400_000, `heard ${heardMs}`)
  await after.stop()
  before.store.close()
})

t.test('what cannot be played is told once with the first reasons, and no more when all is well', async (t) => {
  const bench = await open(t)
  const alarms = () => bench.agent.world.alarms.raised()
  const skipped = ['a', 'b', 'c', 'd'].map((name) => ({ name: `${name}.doc`, reason: 'no sound, picture or video' }))
  await bench.post(contentOf(FILES, skipped))
  t.match(alarms(), [{ code: 'owner-content', detail: /^4 cannot be played: a\.doc: no sound.*c\.doc/ }])
  await bench.post(contentOf(FILES, skipped.slice(0, 1)))
  t.match(alarms(), [{ code: 'owner-content', detail: /^1 cannot be played/ }])
  t.equal(alarms().length, 1)
  await bench.post(contentOf(FILES))
  t.same(alarms(), [])
  await bench.stop()
})

t.test('a file that the output cannot play is left out, told, and tried again with the next content', async (t) => {
  const bench = await open(t)
  // The double cannot read a video without a length in its address.
  const broken: OwnerContent['files'][number] = {
    sha256: 'x'.repeat(64),
    name: 'bad.mp4',
    kind: 'video',
    durationMs: 5_000,
  }
  await bench.post(contentOf([broken, ...FILES]))
  await bench.pass(1_000)
  t.equal(shown(bench), 1, 'the next one is there at once')
  t.match(bench.agent.world.alarms.raised(), [{ code: 'owner-content', detail: /bad\.mp4/ }])
  await bench.pass(60_000)
  t.same(recordsOf(bench), [], 'one run, still open')
  await bench.post(contentOf(FILES))
  t.same(bench.agent.world.alarms.raised(), [])
  await bench.stop()
})

t.test('sound and picture of the owner run side by side, on the outputs that are his', async (t) => {
  const bench = await open(t, { owner: { ...OWNER, outputs: ['board'] } })
  const song: OwnerContent['files'][number] = {
    sha256: mediaOf(5_000),
    name: 's.mp3',
    kind: 'sound',
    durationMs: 5_000,
  }
  await bench.post(contentOf([song, ...FILES]))
  await bench.pass(1_000)
  t.equal(bench.cabinet.current(), null)
  t.equal(shown(bench), 1)
  await bench.stop()
  const both = await openAgentBench({ file: `${t.testdirName}/both.db`, start: FIVE, owner: OWNER })
  await both.post(contentOf([song, ...FILES]))
  await both.pass(12_000)
  t.match(both.cabinet.current(), { playable: { kind: 'sound' } })
  t.equal(shown(both), 2)
  await both.stop()
})

t.test('a clock that is set back in the middle of it leaves the board as it is', async (t) => {
  const bench = await open(t)
  await bench.post(contentOf())
  await bench.pass(12_000)
  bench.clock.step(-3_600_000)
  await bench.pass(5_500)
  t.equal(shown(bench), 2, 'not dark, and at its place')
  await bench.pass(5_000)
  t.equal(shown(bench), 3)
  await bench.stop()
})
