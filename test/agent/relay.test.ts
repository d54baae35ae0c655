import t from 'tap'
import { heardUpTo, hearSource, NOTHING_HEARD, type RelayHeard } from '../../agent/relay-heard.ts'
import { recordHash } from '../../agent/protocol/chain.ts'
import { addMs } from '../../player/plan/time.ts'
import { mediaOf, openAgentBench } from '../fixtures/agent-bench.ts'
import { FIVE } from '../fixtures/schedules.ts'

const relaySchedule = {
  kind: 'schedule' as const,
  sequence: 1,
  body: {
    scheduleId: 'day',
    revision: 1,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    programmes: [
      {
        programmeId: 'thoi-su',
        title: 'Thời sự',
        priority: 'normal',
        start: '2026-11-21T05:00:00',
        items: [
          {
            content: {
              kind: 'stream',
              sources: [{ url: 'http://vov.example/1' }, { url: 'http://vov.example/2' }],
              fallback: mediaOf(1_000),
            },
            durationMs: 60_000,
          },
        ],
      },
    ],
  },
}

t.test('the record of a relay says which sources were really heard, and an alarm says so meanwhile', async (t) => {
  const bench = await openAgentBench({ file: `${t.testdir()}/state.db`, start: addMs(FIVE, -10_000) })
  await bench.connect()
  await bench.deliver(relaySchedule)
  await bench.pass(20_000)
  const degraded = () => bench.agent.world.alarms.raised().filter(({ code }) => code === 'relay-degraded')
  t.strictSame(degraded(), [], 'nothing to tell while the first source is heard')

  bench.cabinet.setSource('2', 'source 1: it ended')
  await bench.pass(10_000)
  t.match(degraded(), [{ subject: 'cabinet thoi-su', detail: 'source 2 is heard; source 1: it ended' }])
  bench.cabinet.setSource(null, 'source 1: it ended; source 2: it stalled for 4 s')
  await bench.pass(5_000)
  t.match(degraded(), [{ detail: /^silence is heard; source 1: .*; source 2: / }], 'the alarm is of now')
  bench.cabinet.setSource('1', null)
  await bench.pass(10_000)
  t.strictSame(degraded(), [], 'it clears itself')
  bench.cabinet.setSource('fallback', 'source 1: silent for 15 s')
  await bench.pass(30_000)
  t.strictSame(degraded(), [], 'also when the programme is over')

  const [record] = bench.store.recentAsRuns(1)
  t.match(record, { ended: 'finished', heardMs: 60_000, contentKind: 'stream' })
  t.strictSame(
    record!.relay?.map(({ source, heardMs }) => [source, Math.round(heardMs / 1_000)]),
    [
      ['1', 10],
      ['2', 10],
      ['1', 10],
      ['fallback', 25],
    ],
    'in order; silence is nobody’s',
  )
  t.equal(record!.hash, recordHash(record!), 'and its hash covers it')
  t.not(record!.hash, recordHash({ ...record!, relay: [{ source: '1', heardMs: 60_000 }] }))
  await bench.stop()
})

t.test('a relay of which nothing was heard says so', async (t) => {
  t.strictSame(heardUpTo(hearSource(NOTHING_HEARD, null, 0), 60_000), [])
  t.strictSame(heardUpTo(hearSource(NOTHING_HEARD, '1', 500.4), 500), [], 'nor one that was only about to be heard')
})

t.test('a relay that changes all the time fits its record, and no millisecond is lost', async (t) => {
  const labels = ['1', '2', '3', '4', '5', '6', '7', '8', 'fallback', null]
  let relay: RelayHeard = NOTHING_HEARD
  let heardMs = 0
  let silentMs = 0
  for (let change = 0; change < 500; change += 1) {
    const source = labels[(change * 7 + (change % 3)) % labels.length] ?? null
    relay = hearSource(relay, source, heardMs)
    const lastsMs = 100 + change
    if (source === null) silentMs += lastsMs
    heardMs += lastsMs
  }
  const heard = heardUpTo(relay, heardMs)
  t.ok(heard.length <= 20, `${heard.length} stretches`)
  t.equal(
    heard.reduce((sum, stretch) => sum + stretch.heardMs, 0),
    heardMs - silentMs,
  )
})
