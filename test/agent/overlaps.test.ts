/** Whoever sends a schedule whose programmes clash is told so with the acknowledgement. */
import t from 'tap'
import type { AcknowledgementMessage } from '../../agent/protocol/uplink.ts'
import { overlapsIn } from '../../player/plan/overlaps.ts'
import { addMs } from '../../player/plan/time.ts'
import { mediaOf, openAgentBench } from '../fixtures/agent-bench.ts'
import { CABINET, FIVE, at, programme, schedule, sound } from '../fixtures/schedules.ts'

const HOUR = 3_600_000

const wire = (programmeId: string, start: string, rest: object = {}) => ({
  programmeId,
  title: programmeId,
  priority: 'normal',
  start,
  rule: 'FREQ=DAILY',
  items: [{ content: { kind: 'sound', sha256: mediaOf(60_000) }, durationMs: 60_000 }],
  ...rest,
})

const scheduleOf = (revision: number, programmes: object[]) => ({
  kind: 'schedule',
  sequence: revision,
  body: {
    scheduleId: 'day',
    revision,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    programmes,
  },
})

t.test('clashes of the next eight days are told when the schedule is stored, and only then', async (t) => {
  const bench = await openAgentBench({ file: `${t.testdir()}/state.db`, start: addMs(FIVE, -HOUR) })
  await bench.connect()
  const first = wire('first', '2026-11-21T05:00:00')
  const second = wire('second', '2026-11-21T05:00:30')
  const louder = wire('louder', '2026-11-21T05:00:10', { priority: 'urgent' })
  await bench.deliver(scheduleOf(1, [first, second, louder]))
  await bench.deliver(scheduleOf(2, [first, louder]))
  const told = bench.sentOf('acknowledgement') as AcknowledgementMessage[]
  t.same(
    told.map(({ sequence, outcome, overlaps }) => [sequence, outcome, overlaps?.count ?? 0]),
    [
      [1, 'accepted', 8],
      [null, 'current', 0],
      [2, 'accepted', 0],
    ],
  )
  t.same(told[0]?.overlaps?.first, [
    { output: 'cabinet', at: '2026-11-20T22:00:30.000Z', plays: 'first', waits: 'second' },
  ])
  await bench.stop()
})

t.test('the clashes of [a, c) are those of [a, b) and of [b, c)', async (t) => {
  const daily = (start: string) => ({ recurrence: { start, timeZone: 'Asia/Ho_Chi_Minh', rule: 'FREQ=DAILY' } })
  const compiled = schedule([
    programme('long', [sound('a', 3 * HOUR)], daily('2026-11-20T05:00:00')),
    programme('early', [sound('b', HOUR)], daily('2026-11-20T05:30:00')),
    programme('late', [sound('c', HOUR)], daily('2026-11-20T07:30:00')),
  ])
  const count = (from: number, until: number) =>
    overlapsIn(compiled, [CABINET], { from: at(from), until: at(until) }).count
  const [start, end] = [-6 * HOUR, 48 * HOUR]
  const whole = count(start, end)
  t.equal(whole, 4)
  for (let cut = start; cut <= end; cut += 15 * 60_000) t.equal(count(start, cut) + count(cut, end), whole, String(cut))
})
