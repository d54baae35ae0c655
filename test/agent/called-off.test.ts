/** An order that is called off by hand ends at one moment on boxes that hear of it at different ones. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { endOfCalledOff, GRACE_MS, WAIT_MS_MAX } from '../../agent/called-off.ts'
import { addMs, formatUtc, parseWall } from '../../player/plan/time.ts'
import { mediaOf, openAgentBench, type AgentBench } from '../fixtures/agent-bench.ts'
import { makeAuthority } from '../fixtures/authority.ts'
import { FIVE } from '../fixtures/schedules.ts'

const sound = (durationMs: number) => ({ content: { kind: 'sound', sha256: mediaOf(durationMs) }, durationMs })

t.test('it lasts as long as its issuer let it stand, at once where that is past, never much longer', async (t) => {
  const issued = parseWall('2026-11-20T22:00:00Z')
  // The clock of this box is a day behind that of the issuer.
  const startsAt = addMs(issued, -86_400_000)
  const end = (calledOffMs: number, nowMs: number) => {
    const endsAt = endOfCalledOff({ startsAt, issued }, addMs(issued, calledOffMs), addMs(startsAt, nowMs))
    return endsAt === null ? null : endsAt - startsAt
  }
  t.equal(end(4_000, 4_000), 4_000 + GRACE_MS)
  t.equal(end(4_000, 4_000 + GRACE_MS - 1), 4_000 + GRACE_MS)
  t.equal(end(4_000, 4_000 + GRACE_MS), null)
  t.equal(end(4_000, 4_000 + GRACE_MS - WAIT_MS_MAX), 4_000 + GRACE_MS)
  t.equal(end(4_000, 4_000 + GRACE_MS - WAIT_MS_MAX - 1), null, 'moments that make no sense')
  t.equal(end(-60_000, 4_000), null)
})

/** The first box hears of both a little earlier than the second; each of them lives by a clock of its own. */
t.test('two boxes that get the order and its withdrawal at different moments go on at the same place', async (t) => {
  const authority = await makeAuthority({ area: 'vn/08/02215' })
  const music = {
    ...{ programmeId: 'music', title: 'Nhạc', priority: 'normal', whenInterrupted: 'resume' },
    ...{ start: '2026-11-21T05:00:05', items: [sound(120_000)] },
  }
  const plan = { scheduleId: 'day', revision: 1, validFrom: '2026-01-01T00:00:00Z', validUntil: '2027-01-01T00:00:00Z' }
  const messageId = randomUUID()
  const title = (bench: AgentBench) => bench.agent.world.stage.outputs()[0]?.main?.play.slot.title
  const issuedAt = (ms: number) => formatUtc(addMs(FIVE, ms))
  const live = async (orderMs: number, withdrawnMs: number) => {
    const bench = await openAgentBench({ file: `${t.testdir()}/${orderMs}.db`, start: FIVE, authority })
    await bench.deliver({ kind: 'schedule', body: { ...plan, programmes: [music] } })
    await bench.pass(orderMs)
    const body = { action: 'play', title: 'Khẩn', priority: 'urgent', items: [sound(60_000)] }
    await bench.deliver({ kind: 'command', messageId, body, issued: issuedAt(20_000) })
    await bench.pass(withdrawnMs - orderMs)
    t.equal(title(bench), 'Khẩn')
    const calledOff = { action: 'withdraw', messageId }
    await bench.deliver({ kind: 'command', sequence: 2, body: calledOff, issued: issuedAt(24_000) })
    t.same(
      bench.store.messages().filter(({ kind }) => kind === 'command'),
      [],
      'nothing of it is kept for the next boot',
    )
    await bench.pass(2_000)
    t.equal(title(bench), 'Nhạc')
    const last = bench.cabinet.asked.at(-1)
    const records = bench.store.recentAsRuns(10).toReversed()
    await bench.stop()
    if (last === undefined) throw new Error('nothing was asked')
    return { beganAt: last.dueAt - last.offsetMs, records }
  }
  const [first, second] = [await live(20_000, 24_000), await live(20_200, 24_300)]
  t.equal(first.beganAt, second.beganAt, 'the same sample at the same moment')
  t.equal(first.beganAt, addMs(FIVE, 5_000 + 4_000 + GRACE_MS), 'later by as long as the order stood')
  for (const { records } of [first, second])
    t.match(records, [{ ended: 'pre-empted' }, { title: 'Khẩn', ended: 'stopped', endedDetail: 'withdrawn' }])
})
