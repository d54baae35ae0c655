/** Takeovers: who may end them, and how long they last on a box whose clock may be wrong. */
import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'
import { addMs, formatUtc, parseWall } from '../../player/plan/time.ts'
import { mediaOf, openAgentBench, type AgentBench } from '../fixtures/agent-bench.ts'
import { makeAuthority, signerUnder, type Authority } from '../fixtures/authority.ts'
import { stoppedClock } from '../fixtures/clock.ts'
import { FIVE } from '../fixtures/schedules.ts'

const HOUR_MS = 3_600_000

const still = (durationMs: number) => ({ content: { kind: 'still', sha256: mediaOf(durationMs) }, durationMs })
const sound = (durationMs: number) => ({ content: { kind: 'sound', sha256: mediaOf(durationMs) }, durationMs })

const mobilise = (orderId: string, lastsMs: number, sequence: number, items: unknown[] = [still(10_000)]) => ({
  kind: 'command',
  sequence,
  issued: formatUtc(FIVE),
  body: { action: 'mobilise', orderId, title: 'Sơ tán', items, until: formatUtc(addMs(FIVE, lastsMs)) },
})
const command = (sequence: number, body: Record<string, unknown>) => ({ kind: 'command', sequence, body })

const recordsOf = (bench: AgentBench): AsRunRecord[] => bench.store.recentAsRuns(100).toReversed()

const open = (t: Test, rest: Partial<Parameters<typeof openAgentBench>[0]> = {}) =>
  openAgentBench({ file: `${t.testdir()}/state.db`, start: FIVE, ...rest })

/** Another issuer under the same root, as a province is to a commune. */
const otherIssuer = async (bench: AgentBench, { root }: Authority, issuer: string, area: string) => {
  const sign = await signerUnder(root, { issuer, area })
  return async (sequence: number, body: unknown) => {
    const token = await sign({ kind: 'command', sequence, body })
    await bench.post({
      kind: 'broker',
      event: { kind: 'message', topic: 'any', payload: Buffer.from(token), retained: false },
    })
  }
}

t.test('a takeover repeats its items until its end, then gives the outputs back, and is on record', async (t) => {
  const bench = await open(t)
  await bench.deliver(mobilise('storm', 35_000, 1, [still(10_000), sound(4_000)]))
  t.match(bench.board.current(), { playable: { kind: 'still', source: { sha256: mediaOf(10_000) } } })
  await bench.pass(34_900)
  t.ok(bench.board.current(), 'to its last moment')
  await bench.pass(1_000)
  t.equal(bench.board.current(), null)
  t.equal(bench.cabinet.current(), null)
  t.same(bench.store.messages(), [], 'nothing of it is kept')
  const records = recordsOf(bench)
  t.ok(records.length >= 4 + 8, `${records.length} records`)
  t.ok(
    records.every(
      ({ priority, trigger, ended, title }) =>
        priority === 'mobilised' && trigger.kind === 'command' && ended === 'finished' && title === 'Sơ tán',
    ),
  )
  await bench.stop()
})

t.test('it is released by its issuer, before its time; another name releases nothing', async (t) => {
  const bench = await open(t)
  await bench.deliver(mobilise('storm', HOUR_MS, 1))
  await bench.deliver(command(2, { action: 'release', orderId: 'fair' }))
  await bench.pass(500)
  t.ok(bench.board.current())
  await bench.deliver(command(3, { action: 'release', orderId: 'storm' }))
  await bench.pass(500)
  t.equal(bench.board.current(), null)
  t.same(bench.store.messages(), [])
  await bench.stop()
})

t.test('an issuer of a wider area may end it; a neighbour and a narrower one may not', async (t) => {
  const authority = await makeAuthority({ area: 'vn/08/02215' })
  const bench = await open(t, { authority })
  const neighbour = await otherIssuer(bench, authority, 'culture', 'vn/08/02215')
  const narrower = await otherIssuer(bench, authority, 'hamlet', 'vn/08/02215/thon-5')
  const wider = await otherIssuer(bench, authority, 'province', 'vn/08')
  await bench.deliver(mobilise('storm', HOUR_MS, 1))
  await neighbour(1, { action: 'release', orderId: 'storm' })
  await narrower(1, { action: 'release', orderId: 'storm' })
  await bench.pass(500)
  t.ok(bench.board.current(), 'still taken over')
  await wider(1, { action: 'release', orderId: 'storm' })
  await bench.pass(500)
  t.equal(bench.board.current(), null)
  await bench.stop()
})

t.test('an issuer that may not go up to mobilised can neither take over nor release', async (t) => {
  const authority = await makeAuthority({ area: 'vn', highestPriority: 'urgent' })
  const bench = await open(t, { authority })
  await bench.connect()
  await bench.deliver(mobilise('storm', HOUR_MS, 1))
  await bench.deliver(command(2, { action: 'release', orderId: 'storm' }))
  await bench.pass(500)
  t.equal(bench.board.current(), null)
  t.match(bench.sentOf('acknowledgement'), [{ reason: 'above-its-priority' }, { reason: 'above-its-priority' }])
  await bench.stop()
})

t.test('the same order again, with another end and other items, takes the place of the one before', async (t) => {
  const bench = await open(t)
  await bench.deliver(mobilise('storm', HOUR_MS, 1))
  await bench.deliver(mobilise('storm', 20_000, 2, [still(7_000)]))
  await bench.pass(500)
  t.match(bench.board.current(), { playable: { source: { sha256: mediaOf(7_000) } } })
  t.equal(bench.store.messages().length, 1)
  await bench.pass(21_000)
  t.equal(bench.board.current(), null, 'the first order is not in force either')
  await bench.stop()
})

t.test('a play is withdrawn by its issuer, and by no other', async (t) => {
  const authority = await makeAuthority({ area: 'vn/08/02215' })
  const bench = await open(t, { authority })
  const wider = await otherIssuer(bench, authority, 'province', 'vn/08')
  const messageId = randomUUID()
  const body = { action: 'play', title: 'Nhạc', priority: 'normal', items: [sound(60_000)] }
  await bench.deliver({ ...command(1, body), messageId })
  await bench.pass(500)
  t.ok(bench.cabinet.current())
  await wider(1, { action: 'withdraw', messageId })
  await bench.pass(500)
  t.ok(bench.cabinet.current())
  await bench.deliver(command(2, { action: 'withdraw', messageId }))
  await bench.pass(500)
  t.equal(bench.cabinet.current(), null)
  t.match(recordsOf(bench), [{ ended: 'stopped', endedDetail: 'withdrawn' }])
  t.same(bench.store.messages(), [])
  await bench.stop()
})

t.test('it is in force again after a reboot, also when other commands came after it', async (t) => {
  const authority = await makeAuthority({ area: 'vn' })
  const file = `${t.testdir()}/state.db`
  const before = await openAgentBench({ file, start: FIVE, authority })
  await before.deliver(mobilise('storm', HOUR_MS, 1))
  await before.deliver(command(2, { action: 'report' }))
  await before.pass(3_000)
  await before.stop()
  const after = await openAgentBench({ file, start: addMs(FIVE, 60_000), authority })
  await after.pass(500)
  t.match(after.board.current(), { playable: { source: { sha256: mediaOf(10_000) } } })
  await after.pass(HOUR_MS, 10_000)
  t.equal(after.board.current(), null)
  await after.stop()
})

t.test(
  'a box that comes up without the time keeps it as long as it still had to last, by its own counter',
  async (t) => {
    const authority = await makeAuthority({ area: 'vn' })
    const file = `${t.testdir()}/state.db`
    const before = await openAgentBench({ file, start: FIVE, authority })
    await before.deliver(mobilise('storm', 20 * 60_000, 1))
    // The floor of the clock is written once a minute.
    await before.pass(10 * 60_000, 1_000)
    await before.stop()
    for (const wrong of ['2026-01-01T00:00:00Z', '2040-01-01T00:00:00Z']) {
      const start = parseWall(wrong)
      const box = await openAgentBench({ file, start, authority, clock: stoppedClock(start, 'unsynced') })
      await box.pass(4 * 60_000, 1_000)
      t.ok(box.board.current(), `${wrong}: in force`)
      await box.stop()
    }
    const start = parseWall('2026-01-01T00:00:00Z')
    const box = await openAgentBench({ file, start, authority, clock: stoppedClock(start, 'unsynced') })
    // 18 of 20 minutes are over, counted across three boots; a minute of each may be lost.
    await box.pass(5 * 60_000, 1_000)
    t.equal(box.board.current(), null, 'not for ever, however often the power goes')
    await box.stop()
  },
)

t.test('a clock that is put right by years in the middle of it changes nothing on the board', async (t) => {
  const start = parseWall('2026-01-01T00:00:00Z')
  const clock = stoppedClock(start, 'unsynced')
  const bench = await open(t, { start, clock })
  await bench.deliver(mobilise('storm', HOUR_MS, 1, [still(600_000)]))
  await bench.pass(10_000)
  const playId = bench.board.current()?.playId
  t.ok(playId)
  clock.step(addMs(FIVE, 10_000) - clock.wall())
  clock.setTrust('synced')
  await bench.pass(10_000)
  t.equal(bench.board.current()?.playId, playId, 'the same play goes on')
  await bench.pass(HOUR_MS, 10_000)
  t.equal(bench.board.current(), null, 'and ends at its hour')
  await bench.stop()
})
