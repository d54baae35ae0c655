/** Thirty days without a line, in simulated time: what is valid is played, and every record of it arrives afterwards. */
import { statSync } from 'node:fs'
import t from 'tap'
import { verifyChain } from '../../agent/protocol/chain.ts'
import type { AsRunRecord, RecordMessage } from '../../agent/protocol/uplink.ts'
import type { StateStore } from '../../agent/ports/state-store.ts'
import { AIRINGS_MAX } from '../../drivers/database/state-store.ts'
import { addMs, formatUtc, parseWall, type WallMs } from '../../player/plan/time.ts'
import { DEVICE, mediaOf, openAgentBench, type AgentBench } from '../fixtures/agent-bench.ts'
import { stoppedClock } from '../fixtures/clock.ts'

const DAY_MS = 86_400_000
const DAYS = 30
const START = parseWall('2026-11-21T00:00:00+07:00')
const END = addMs(START, DAYS * DAY_MS)
const STATE_BYTES_MAX = 12_000_000
const HEAD_END_TURNS_MAX = 200

const two = (value: number): string => String(value).padStart(2, '0')
const local = (day: number, time: string): string =>
  `2026-${day > 30 ? 12 : 11}-${two(day > 30 ? day - 30 : day)}T${time}`
const atLocal = (text: string): WallMs => parseWall(`${text}+07:00`)

const sound = (seconds: number) => ({
  content: { kind: 'sound', sha256: mediaOf(seconds * 1_000) },
  durationMs: seconds * 1_000,
})
const slide = (seconds: number) => ({ content: { kind: 'text', body: 'Thông báo' }, durationMs: seconds * 1_000 })

/** The floor of the clock is written every minute: in simulated time that would be 43,000 waits for a disk in one test. */
const floorInMemory = (store: StateStore): StateStore => {
  const values = new Map<string, string>()
  return {
    ...store,
    getValue: (name) => values.get(name) ?? store.getValue(name),
    setValue: (name, value) => void values.set(name, value),
  }
}

const LONG = { heartbeatMs: DAY_MS, disk: floorInMemory }

type Wire = { programmeId: string; start: string } & Record<string, unknown>

/** Sixteen bulletins a day from five o'clock on, the first of them also on the board. */
const daily: Wire[] = Array.from({ length: 16 }, (_, index) => ({
  programmeId: `daily-${index}`,
  start: local(21, `${two(5 + index)}:00:00`),
  rule: 'FREQ=DAILY',
  items: index === 0 ? [sound(20), slide(15)] : [sound(20)],
}))

const others: Wire[] = [
  { programmeId: 'weekly', start: local(23, '05:30:00'), rule: 'FREQ=WEEKLY;BYDAY=MO,WE,FR', items: [sound(30)] },
  { programmeId: 'ends', start: local(21, '06:30:00'), rule: 'FREQ=DAILY;UNTIL=20261130T235959Z', items: [sound(10)] },
  {
    programmeId: 'invalid-later',
    start: local(21, '07:30:00'),
    rule: 'FREQ=DAILY',
    validUntil: '2026-12-06T00:00:00+07:00',
    items: [sound(10)],
  },
  {
    programmeId: 'valid-later',
    start: local(21, '08:30:00'),
    rule: 'FREQ=DAILY',
    validFrom: '2026-12-11T00:00:00+07:00',
    items: [sound(10)],
  },
  { programmeId: 'once', start: local(25, '09:30:00'), items: [sound(10)] },
  { programmeId: 'twice', start: local(26, '09:30:00'), extraStarts: [local(40, '09:30:00')], items: [sound(10)] },
  // Cuts the bulletin of six o'clock short on one day: it goes on afterwards.
  { programmeId: 'urgent', start: local(28, '06:00:10'), priority: 'urgent', items: [sound(30)] },
]

const scheduleOf = (scheduleId: string, programmes: Wire[], validUntil: string, target: unknown) => ({
  kind: 'schedule',
  target,
  expires: '2027-06-01T00:00:00Z',
  body: {
    scheduleId,
    revision: 1,
    validFrom: '2026-11-01T00:00:00+07:00',
    validUntil,
    programmes: programmes.map((one) => ({ title: one.programmeId, priority: 'normal', ...one })),
  },
})

const provincial: Wire[] = [
  { programmeId: 'province', start: local(21, '21:30:00'), rule: 'FREQ=DAILY', items: [sound(10)] },
]

/** Local days of the calendar on which a programme was heard, by its records. */
const countsOf = (records: readonly AsRunRecord[]): Map<string, number> => {
  const starts = new Map<string, Set<string>>()
  for (const { programmeId, occurrenceId, output, ended } of records) {
    if (ended === 'missed') continue
    const key = `${programmeId} ${output}`
    starts.set(key, (starts.get(key) ?? new Set()).add(occurrenceId))
  }
  return new Map([...starts].map(([key, set]) => [key, set.size]))
}

/** A head-end that confirms whatever has come, until nothing comes any more. */
const collect = async (bench: AgentBench): Promise<RecordMessage[]> => {
  await bench.connect()
  for (let turn = 1; bench.store.outboxSize() > 0; turn += 1) {
    if (turn > HEAD_END_TURNS_MAX) throw new Error(`${bench.store.outboxSize()} rows never came`)
    const sent = bench.sent.map(({ payload }) => payload as { position?: number; epoch?: string })
    const position = Math.max(...sent.map((payload) => payload.position ?? 0))
    await bench.deliver({
      kind: 'receipt',
      sequence: turn,
      target: { device: DEVICE },
      expires: '2027-06-01T00:00:00Z',
      body: { epoch: bench.store.epoch(), position },
    })
    await bench.pass(100)
  }
  return bench.sentOf('record') as RecordMessage[]
}

t.test(
  'thirty days offline: everything valid is played on time, and every record arrives once, in order, whole',
  async (t) => {
    const file = `${t.testdir()}/state.db`
    const bench = await openAgentBench({ file, start: START, clock: stoppedClock(START), ...LONG })
    await bench.connect()
    const commune = { area: 'vn/08/02215' }
    await bench.deliver(scheduleOf('commune', [...daily, ...others], '2027-03-01T00:00:00+07:00', commune))
    await bench.deliver(scheduleOf('province', provincial, '2026-12-01T00:00:00+07:00', { area: 'vn/08' }))
    await bench.disconnect()
    bench.clock.setTrust('holdover')
    const before = bench.sentOf('record').length

    const airingsHeld: number[] = []
    for (let day = 1; day <= DAYS; day += 1) {
      await bench.passUntil(addMs(START, day * DAY_MS))
      airingsHeld.push(bench.store.airings().length)
    }
    t.equal(bench.sentOf('record').length, before, 'nothing was sent')
    t.equal(bench.store.outboxDropped(), 0)

    const messages = await collect(bench)
    const records = messages.map(({ record }) => record)
    t.equal(new Set(records.map(({ recordId }) => recordId)).size, records.length, 'each once')
    t.same(
      messages.map(({ position }) => position),
      messages.map(({ position }) => position).toSorted((a, b) => a - b),
      'in order',
    )
    t.match(verifyChain(records), { kind: 'whole', last: { sequence: records.length } })

    const counts = countsOf(records)
    const expected: [string, number][] = [
      ...daily.map(({ programmeId }): [string, number] => [`${programmeId} cabinet`, DAYS]),
      ['daily-0 board', DAYS],
      // Mondays, Wednesdays and Fridays from 23 November to 20 December.
      ['weekly cabinet', 12],
      // 21 to 30 November; the rule ends on 1 December at 06:59 of Hà Nội, before which that day's is still begun.
      ['ends cabinet', 11],
      ['invalid-later cabinet', 15],
      ['valid-later cabinet', 10],
      ['once cabinet', 1],
      ['twice cabinet', 2],
      ['urgent cabinet', 1],
      ['province cabinet', 10],
    ]
    t.same([...counts].toSorted(), expected.toSorted())
    t.same(
      records.filter(({ ended }) => !['finished', 'pre-empted'].includes(ended)),
      [],
      'nothing failed, nothing was missed',
    )
    const late = records
      .filter(({ actualStart, offsetMs }) => actualStart !== null && offsetMs === 0)
      .map(({ actualStart, plannedStart }) => Date.parse(actualStart ?? '') - Date.parse(plannedStart))
    t.ok(Math.max(...late) <= 50 && Math.min(...late) >= 0, `late by ${Math.min(...late)} to ${Math.max(...late)} ms`)
    t.match(
      records.filter(
        ({ programmeId, plannedStart }) => programmeId === 'daily-1' && plannedStart.startsWith('2026-11-28'),
      ),
      [
        { ended: 'pre-empted', heardMs: 10_000 },
        { ended: 'finished', offsetMs: 10_000, heardMs: 10_000 },
      ],
      'what was interrupted went on',
    )
    t.ok(records.every(({ actualStart }) => Date.parse(actualStart ?? '') < END))
    t.ok(records.slice(1).every(({ clockTrust }) => clockTrust === 'holdover'))

    t.ok(Math.max(...airingsHeld.slice(5)) < 200, `airings remembered: ${Math.max(...airingsHeld)}`)
    t.ok(Math.max(...airingsHeld) < AIRINGS_MAX)
    const bytes = statSync(file).size + statSync(`${file}-wal`).size
    t.ok(bytes < STATE_BYTES_MAX, `${bytes} bytes`)
    t.comment(`${records.length} records, ${bytes} bytes of state, ${formatUtc(bench.agent.world.clock.wall())}`)
    await bench.stop()
  },
)

t.test('an order that is given at the box itself is heard on the twelfth day without a line', async (t) => {
  const bench = await openAgentBench({
    file: `${t.testdir()}/state.db`,
    start: START,
    clock: stoppedClock(START),
    ...LONG,
  })
  await bench.deliver(scheduleOf('commune', daily, '2027-03-01T00:00:00+07:00', { area: 'vn/08/02215' }))
  await bench.passUntil(atLocal(local(32, '05:00:05')))
  t.match(bench.cabinet.current(), { playable: { source: { sha256: mediaOf(20_000) } } })
  await bench.deliver({
    kind: 'command',
    expires: '2027-06-01T00:00:00Z',
    body: { action: 'play', title: 'Cháy rừng', priority: 'urgent', items: [sound(5)] },
  })
  t.match(bench.cabinet.current(), { playable: { source: { sha256: mediaOf(5_000) } } })
  await bench.passUntil(atLocal(local(32, '06:30:00')))
  const records = bench.store.recentAsRuns(5).toReversed()
  t.same(
    records
      .filter(({ plannedStart, output }) => plannedStart.startsWith('2026-12-02') && output === 'cabinet')
      .map(({ ended, heardMs }) => [ended, heardMs]),
    [
      ['pre-empted', 5_000],
      ['finished', 5_000],
      ['finished', 15_000],
      ['finished', 20_000],
    ],
  )
  await bench.stop()
})
