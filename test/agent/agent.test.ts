import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'
import { addMs } from '../../player/plan/time.ts'
import { DEVICE, mediaOf, openAgentBench, type AgentBench } from '../fixtures/agent-bench.ts'
import { makeAuthority, payloadOf, signJws } from '../fixtures/authority.ts'
import { capMoment, capOf, infoOf } from '../fixtures/cap.ts'
import { speechDouble } from '../fixtures/speech-double.ts'
import { FIVE } from '../fixtures/schedules.ts'

const BEFORE = addMs(FIVE, -60_000)

const sound = (durationMs: number) => ({ content: { kind: 'sound', sha256: mediaOf(durationMs) }, durationMs })
const text = (body: string, durationMs: number) => ({ content: { kind: 'text', body }, durationMs })

type Wire = { programmeId: string; items: unknown[] } & Record<string, unknown>

const scheduleOf = (programmes: Wire[], revision = 1) => ({
  kind: 'schedule',
  sequence: revision,
  body: {
    scheduleId: 'day',
    revision,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    programmes: programmes.map((programme) => ({
      title: programme.programmeId,
      priority: 'normal',
      start: '2026-11-21T05:00:00',
      ...programme,
    })),
  },
})

const alertOf = (alertId: string, sentAt: number, lastsMs: number) => ({
  kind: 'alert',
  body: {
    alertId,
    cap: capOf(sentAt, {
      identifier: `${alertId}.1`,
      _info: infoOf({ expires: capMoment(sentAt + lastsMs) }),
    }),
    siren: 'none',
    repeatPauseMs: 1_000,
  },
})

const recordsOf = (bench: AgentBench): AsRunRecord[] => bench.store.recentAsRuns(100).toReversed()

const brief = ({ output, programmeId, ended, heardMs, offsetMs }: AsRunRecord) => ({
  output,
  programmeId,
  ended,
  heardMs,
  offsetMs,
})

const open = (t: Test, rest: Partial<Parameters<typeof openAgentBench>[0]> = {}) =>
  openAgentBench({ file: `${t.testdir()}/state.db`, start: BEFORE, speech: speechDouble(2_000).speech, ...rest })

t.test(
  'a programme is played at its moment, recorded, reported, and forgotten once the head-end holds it',
  async (t) => {
    const bench = await open(t)
    await bench.connect()
    await bench.deliver(scheduleOf([{ programmeId: 'news', items: [sound(5_000), text('Xin chào', 8_000)] }]))
    await bench.pass(59_900)
    t.same(bench.cabinet.current(), null, 'nothing before its moment')
    await bench.pass(200)
    t.match(bench.cabinet.current(), { offsetMs: 0, dueAt: FIVE })
    await bench.pass(10_000)
    t.match(recordsOf(bench), [
      {
        output: 'cabinet',
        programmeId: 'news',
        ended: 'finished',
        heardMs: 5_000,
        plannedStart: '2026-11-21T05:00:00.000+07:00',
        actualStart: '2026-11-21T05:00:00.000+07:00',
        confirmedBy: 'card',
      },
      {
        output: 'board',
        programmeId: 'news',
        ended: 'finished',
        heardMs: 8_000,
        confirmedBy: 'display',
        trigger: { kind: 'schedule', revision: 1 },
      },
    ])
    t.equal(bench.sentOf('record').length, 2)
    t.match(bench.sentOf('acknowledgement').slice(0, 2), [{ outcome: 'accepted' }, { outcome: 'current' }])
    t.ok(bench.store.outboxSize() > 0)
    const position = Math.max(...bench.store.outbox(0, 100).map((row) => row.position))
    await bench.deliver({ kind: 'receipt', target: { device: DEVICE }, body: { epoch: bench.store.epoch(), position } })
    t.equal(bench.store.outboxSize(), 0)
    await bench.stop()
  },
)

t.test('an alert interrupts at once and repeats; the programme goes on where it was', async (t) => {
  const bench = await open(t)
  await bench.deliver(scheduleOf([{ programmeId: 'music', items: [sound(20_000)] }]))
  await bench.pass(65_000)
  await bench.deliver(alertOf('flood', FIVE + 5_000, 6_000))
  t.match(bench.cabinet.current(), { playable: { source: { sha256: mediaOf(2_000) } } }, 'before any time has passed')
  t.match(bench.board.current(), { playable: { kind: 'text', slide: { title: 'Lũ quét: lên chỗ cao ngay' } } })
  await bench.pass(30_000)
  t.same(
    recordsOf(bench)
      .filter(({ output }) => output === 'cabinet')
      .map(brief),
    [
      { output: 'cabinet', programmeId: 'music', ended: 'pre-empted', heardMs: 5_000, offsetMs: 0 },
      { output: 'cabinet', programmeId: 'alert:flood', ended: 'finished', heardMs: 2_000, offsetMs: 0 },
      { output: 'cabinet', programmeId: 'alert:flood', ended: 'finished', heardMs: 2_000, offsetMs: 0 },
      { output: 'cabinet', programmeId: 'music', ended: 'finished', heardMs: 15_000, offsetMs: 5_000 },
    ],
  )
  await bench.stop()
})

t.test('an alert is cancelled by a message that refers to it', async (t) => {
  const bench = await open(t)
  await bench.deliver(alertOf('flood', BEFORE, 3_600_000))
  await bench.pass(500)
  t.ok(bench.board.current())
  const references = `pctt@example.vn,flood.1,${capMoment(BEFORE)}`
  const cap = capOf(BEFORE + 1_000, { identifier: 'flood.2', msgType: 'Cancel', references, _info: null })
  await bench.deliver({ kind: 'alert', body: { alertId: 'flood-over', cap } })
  await bench.pass(500)
  t.equal(bench.board.current(), null)
  t.equal(bench.cabinet.current(), null)
  t.same(bench.store.messages(), [], 'neither is kept for the next boot')
  await bench.stop()
})

t.test('a line that is down loses nothing: records wait, go in order, and go again until a receipt', async (t) => {
  const bench = await open(t)
  await bench.deliver(scheduleOf([{ programmeId: 'a', items: [sound(1_000), sound(2_000), sound(3_000)] }]))
  await bench.pass(70_000)
  t.same(bench.sent, [])
  await bench.connect()
  const positions = () => bench.sentOf('record').map((message) => (message as { position: number }).position)
  t.equal(positions().length, 3)
  t.same(
    positions(),
    positions().toSorted((a, b) => a - b),
  )
  await bench.pass(19_000)
  t.equal(positions().length, 3)
  await bench.pass(2_000)
  t.equal(positions().length, 6, 'without a receipt they are sent again')
  await bench.stop()
})

t.test(
  'cut in mid-programme: closed as power-lost at the last position, joined at its offset, the orders still in force',
  async (t) => {
    const authority = await makeAuthority({ area: 'vn' })
    const file = `${t.testdir()}/state.db`
    const before = await openAgentBench({ file, start: BEFORE, authority })
    await before.deliver(scheduleOf([{ programmeId: 'music', items: [sound(120_000)] }]))
    await before.pass(60_000 + 35_500)
    // Nothing is closed: the power went.
    const after = await openAgentBench({ file, authority, start: addMs(FIVE, 50_000) })
    t.match(recordsOf(after), [
      { programmeId: 'music', ended: 'power-lost', actualStart: '2026-11-21T05:00:00.000+07:00' },
    ])
    const lastKnown = recordsOf(after)[0]!.heardMs
    t.ok(lastKnown >= 25_000 && lastKnown <= 35_500, `position ${lastKnown}`)
    await after.pass(500)
    t.match(after.cabinet.current(), { offsetMs: 50_000 })
    await after.stop()
    before.store.close()
  },
)

t.test('a forged message makes no sound, and its refusal is told', async (t) => {
  const bench = await open(t)
  await bench.connect()
  const thief = await makeAuthority()
  const token = await signJws(payloadOf(alertOf('fake', BEFORE, 60_000)), thief.issuer, {
    typ: 'loa+jws',
    kid: 'commune',
    delegation: thief.delegation,
  })
  await bench.post({
    kind: 'broker',
    event: { kind: 'message', topic: 'loa/1/down/alert/commune/area/vn', payload: Buffer.from(token), retained: false },
  })
  await bench.pass(1_000)
  t.same(bench.cabinet.asked, [])
  t.same(bench.board.asked, [])
  t.match(bench.sentOf('acknowledgement'), [
    { outcome: 'refused', reason: 'unknown-key', kind: 'alert', issuer: 'commune', messageHash: /^[0-9a-f]{64}$/ },
  ])
  await bench.stop()
})

t.test(
  'a card that goes away fails its record with the reason, raises an alarm, and the programme goes on when it is back',
  async (t) => {
    const bench = await open(t)
    await bench.deliver(scheduleOf([{ programmeId: 'music', items: [sound(30_000)] }]))
    await bench.pass(65_000)
    bench.cabinet.setPresent(false)
    await bench.pass(5_000)
    t.match(recordsOf(bench), [{ ended: 'failed', heardMs: 5_000, endedDetail: /device-missing/ }])
    t.match(bench.agent.world.alarms.raised(), [{ code: 'play-failed' }, { code: 'output-absent', subject: 'cabinet' }])
    bench.cabinet.setPresent(true)
    await bench.pass(100, 10)
    const joinedMs = bench.cabinet.current()?.offsetMs ?? 0
    t.ok(joinedMs >= 10_000 && joinedMs <= 10_100, `joined at ${joinedMs}`)
    await bench.pass(25_000)
    t.match(recordsOf(bench).map(brief), [
      { ended: 'failed' },
      { ended: 'finished', offsetMs: joinedMs, heardMs: 30_000 - joinedMs },
    ])
    t.same(bench.agent.world.alarms.raised(), [])
    await bench.stop()
  },
)

t.test('a new revision takes over as a whole: what it no longer names is stopped', async (t) => {
  const bench = await open(t)
  await bench.deliver(scheduleOf([{ programmeId: 'old', items: [text('cũ', 60_000)] }]))
  await bench.pass(65_000)
  t.match(bench.board.current(), { playable: { slide: { body: 'cũ' } } })
  await bench.deliver(scheduleOf([{ programmeId: 'new', items: [text('mới', 60_000)] }], 2))
  await bench.pass(200)
  t.match(bench.board.current(), { playable: { slide: { body: 'mới' } } })
  t.match(recordsOf(bench), [{ programmeId: 'old', ended: 'pre-empted', heardMs: 5_000 }])
  await bench.stop()
})

t.test('a live announcement begins and ends by order', async (t) => {
  const bench = await open(t)
  await bench.deliver({
    kind: 'live',
    sequence: 1,
    body: {
      action: 'start',
      liveId: 'chairman',
      title: 'Chủ tịch xã',
      source: { url: 'http://127.0.0.1:8000/mic' },
      maxMs: 600_000,
    },
  })
  t.match(bench.cabinet.asked, [{ playable: { kind: 'stream', sources: [{ url: 'http://127.0.0.1:8000/mic' }] } }])
  await bench.deliver({ kind: 'live', sequence: 2, body: { action: 'stop', liveId: 'chairman' } })
  await bench.pass(500)
  t.equal(bench.cabinet.current(), null)
  t.same(bench.store.messages(), [])
  await bench.stop()
})

t.test('a level that was ordered is kept across a reboot', async (t) => {
  const authority = await makeAuthority({ area: 'vn' })
  const file = `${t.testdir()}/state.db`
  const before = await openAgentBench({ file, start: BEFORE, authority })
  await before.deliver({ kind: 'command', body: { action: 'set-volume', gainDb: -12, outputs: ['cabinet'] } })
  await before.stop()
  const after = await openAgentBench({ file, start: BEFORE, authority })
  await after.deliver(scheduleOf([{ programmeId: 'music', items: [sound(30_000)] }]))
  await after.pass(61_000)
  t.match(after.cabinet.current(), { gainDb: -12 })
  t.same([after.agent.world.level.of('cabinet'), after.agent.world.level.of('board')], [-12, 0])
  await after.stop()
})

t.test('a restart that is commanded ends the loop in order, and what played is closed as stopped', async (t) => {
  const bench = await open(t)
  await bench.deliver(scheduleOf([{ programmeId: 'music', items: [sound(30_000)] }]))
  await bench.pass(65_000)
  const reason = await bench.stop()
  t.equal(reason, 'test over')
  const again = await openAgentBench({ file: `${t.testdirName}/state.db`, start: addMs(FIVE, 6_000) })
  t.match(recordsOf(again), [{ ended: 'stopped', endedDetail: 'shutdown' }])
  const { heardMs } = recordsOf(again)[0]!
  t.ok(heardMs >= 5_000 && heardMs < 5_100, `heard ${heardMs}`)
  await again.stop()
})

t.test(
  'a disk that is full does not take the siren with it: heard without a record, and told once it can be',
  async (t) => {
    let isFull = false
    const refuse =
      <A extends unknown[], R>(work: (...args: A) => R) =>
      (...args: A): R => {
        if (isFull) throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL')
        return work(...args)
      }
    const bench = await open(t, {
      disk: (store) => ({
        ...store,
        accept: refuse(store.accept),
        openAsRun: refuse(store.openAsRun),
        enqueue: refuse(store.enqueue),
        drop: refuse(store.drop),
        setValue: refuse(store.setValue),
        putAiring: refuse(store.putAiring),
        closeAsRun: refuse(store.closeAsRun),
      }),
    })
    isFull = true
    await bench.deliver({ ...alertOf('flood', BEFORE, 60_000), sequence: 7 })
    t.match(bench.cabinet.current(), { playable: { source: { sha256: mediaOf(2_000) } } })
    await bench.pass(500)
    t.match(bench.agent.world.alarms.raised(), [{ code: 'store-failed', subject: 'state', detail: /SQLITE_FULL/ }])
    await bench.deliver({ ...alertOf('flood', BEFORE, 60_000), sequence: 7 })
    await bench.pass(10_000)
    isFull = false
    await bench.pass(60_000)
    t.same(bench.agent.world.alarms.raised(), [])
    t.match(recordsOf(bench)[0], { programmeId: 'alert:flood', ended: 'finished' }, 'the later rounds are on record')
    await bench.stop()
  },
)
