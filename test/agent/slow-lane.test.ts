/** What takes long goes beside the loop: what is urgent never stands behind it. Judged by the order of events, not by time. */
import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { createSlowLane, isSlow, WAITING_MAX, type SlowEvent } from '../../agent/slow-lane.ts'
import type { IncomingMessage, Prepared } from '../../agent/receive.ts'
import { addMs } from '../../player/plan/time.ts'
import { mediaOf, openAgentBench, type AgentBench } from '../fixtures/agent-bench.ts'
import { delegate, makeAuthority, signJws, payloadOf } from '../fixtures/authority.ts'
import { largeSchedule } from '../fixtures/large-schedule.ts'
import { FIVE } from '../fixtures/schedules.ts'

const BEFORE = addMs(FIVE, -60_000)
const TOPIC = 'loa/1/down/schedule/commune/area/vn'
const TURNS_MAX = 1_000_000

const open = (t: Test, rest: Partial<Parameters<typeof openAgentBench>[0]> = {}) =>
  openAgentBench({ file: `${t.testdir()}/state.db`, start: BEFORE, ...rest })

const urgent = (sequence = 1) => ({
  kind: 'command',
  sequence,
  body: {
    action: 'play',
    title: 'Lũ quét',
    priority: 'alert',
    items: [{ content: { kind: 'sound', sha256: mediaOf(2_000) }, durationMs: 2_000 }],
  },
})

const turnUntil = async (what: string, isTrue: () => boolean) => {
  for (let turn = 0; !isTrue(); turn += 1) {
    if (turn > TURNS_MAX) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const held = ({ agent }: AgentBench) => [...agent.world.orders.current(), ...agent.world.orders.pending()]

t.test('an alert that comes while ten thousand programmes are taken in is heard before they are', async (t) => {
  const bench = await open(t)
  const schedule = await bench.messageOf(largeSchedule(10_000), TOPIC)
  const alert = await bench.messageOf(urgent(), 'loa/1/down/command/commune/area/vn')
  bench.agent.post(schedule)
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  t.notOk(bench.agent.world.lane.isIdle(), 'it is being read')
  await bench.post(alert)
  t.match(bench.cabinet.current(), { playable: { source: { sha256: mediaOf(2_000) } } }, 'heard')
  t.same(held(bench), [], 'and the schedule is not there yet')
  await bench.laneIsIdle()
  t.equal(held(bench)[0]?.compiled.programmes.length, 10_000, 'but it comes')
  t.match(bench.store.messages(), [{ kind: 'command' }, { kind: 'schedule', token: '', state: 'current' }])
  await bench.stop()
})

t.test('schedules are obeyed in the order in which they came, long or short', async (t) => {
  const bench = await open(t)
  const messages = await Promise.all(
    [largeSchedule(400, 1), largeSchedule(1, 2), largeSchedule(200, 3)].map((one) => bench.messageOf(one, TOPIC)),
  )
  for (const message of messages) bench.agent.post(message)
  await turnUntil('the lane begins', () => !bench.agent.world.lane.isIdle())
  await bench.laneIsIdle()
  t.same(
    held(bench).map(({ compiled, files }) => [compiled.schedule.revision, files.length]),
    [
      [1, 800],
      [3, 400],
    ],
    'the first was in force at once, the last waits for its media',
  )
  await bench.connect()
  const told = bench.sentOf('acknowledgement') as { sequence: number; outcome: string }[]
  t.same(
    told.filter(({ outcome }) => outcome === 'accepted').map(({ sequence }) => sequence),
    [1, 2, 3],
  )
  t.same(
    told.filter(({ outcome }) => outcome === 'refused'),
    [],
  )
  await bench.stop()
})

t.test(
  'after a reboot an order is obeyed before the stored schedules are taken up, and they come back whole',
  async (t) => {
    const authority = await makeAuthority({ area: 'vn' })
    const file = `${t.testdir()}/state.db`
    const before = await openAgentBench({ file, start: BEFORE, authority })
    await before.deliver(largeSchedule(3_000))
    t.match(before.store.messages(), [{ token: '', state: 'current' }], 'kept in parts')
    before.store.close()

    const after = await openAgentBench({ file, start: BEFORE, authority, waitForLane: false })
    t.ok(after.agent.world.lane.isRecalling())
    await after.post(await after.messageOf(urgent(), 'any'))
    t.match(after.cabinet.current(), { playable: { source: { sha256: mediaOf(2_000) } } })
    t.same(held(after), [])
    await after.laneIsIdle()
    t.notOk(after.agent.world.lane.isRecalling())
    t.equal(after.agent.world.orders.current()[0]?.compiled.programmes.length, 3_000)
    await after.stop()
  },
)

t.test('a schedule in the store that was tampered with is dropped at boot, part by part', async (t) => {
  const authority = await makeAuthority({ area: 'vn' })
  const file = `${t.testdir()}/state.db`
  const before = await openAgentBench({ file, start: BEFORE, authority })
  await before.deliver(largeSchedule(500))
  const [row] = before.store.messages()
  const part = before.store.tokenPart(row!.messageId, 1)!
  before.store.putTokenPart(row!.messageId, 1, `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`)
  before.store.close()
  const after = await openAgentBench({ file, start: BEFORE, authority })
  t.same(held(after), [])
  t.same(after.store.messages(), [])
  t.equal(after.store.tokenPart(row!.messageId, 0), null)
  await after.stop()
})

t.test('the text of a schedule that was replaced is dropped, that of the one in force is not', async (t) => {
  const bench = await open(t)
  await bench.deliver(largeSchedule(400, 1))
  const [first] = bench.store.messages()
  t.ok(bench.store.tokenPart(first!.messageId, 0))
  await bench.deliver(largeSchedule(400, 2))
  await bench.pass(600_100, 10_000)
  const [second] = bench.store.messages()
  t.not(second!.messageId, first!.messageId)
  await bench.deliver(largeSchedule(1, 3))
  t.equal(bench.store.tokenPart(first!.messageId, 0), null)
  t.ok(bench.store.tokenPart(second!.messageId, 0))
  await bench.stop()
})

t.test('a key that is revoked while its schedule is read does not speak', async (t) => {
  const authority = await makeAuthority({ area: 'vn' })
  const bench = await open(t, { authority })
  const schedule = await bench.messageOf(largeSchedule(2_000), TOPIC)
  const revocation = await signJws(
    {
      ...payloadOf({ kind: 'revocation', body: { keys: [authority.issuer.x] }, target: { area: 'vn' } }),
      issuer: 'root',
    },
    authority.root,
    { typ: 'loa+jws', kid: 'root' },
  )
  bench.agent.post(schedule)
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  await bench.post({
    kind: 'broker',
    event: { kind: 'message', topic: 'any', payload: Buffer.from(revocation, 'latin1'), retained: true },
  })
  t.same(held(bench), [], 'it was not there yet')
  await bench.laneIsIdle()
  t.same(held(bench), [])
  await bench.connect()
  t.match(
    (bench.sentOf('acknowledgement') as { outcome: string }[]).filter(({ outcome }) => outcome === 'refused'),
    [{ reason: 'unknown-key', kind: 'schedule' }],
  )
  await bench.stop()
})

t.test('a stop waits for nothing in the lane', async (t) => {
  const bench = await open(t)
  bench.agent.post(await bench.messageOf(largeSchedule(5_000), TOPIC))
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  t.notOk(bench.agent.world.lane.isIdle())
  t.equal(await bench.stop(), 'test over')
})

t.test('long messages are judged as short ones are', async (t) => {
  const authority = await makeAuthority({ area: 'vn' })
  const bench = await open(t, { authority })
  const schedule = largeSchedule(300)
  const { programmes } = schedule.body
  const wrong = programmes.with(217, { ...programmes[217]!, title: '' })
  const thief = await makeAuthority({ area: 'vn' })
  const stranger = await delegate(authority.root, thief.issuer, { area: 'vn' })
  const forged = await signJws(payloadOf(schedule), authority.issuer, {
    typ: 'loa+jws',
    kid: 'commune',
    delegation: stranger,
  })
  await bench.deliver({ ...schedule, body: { ...schedule.body, programmes: wrong } })
  await bench.deliver({ ...schedule, body: { ...schedule.body, programmes: [...programmes, programmes[0]] } })
  await bench.deliver({ ...schedule, body: { ...schedule.body, media: programmes } })
  await bench.post({
    kind: 'broker',
    event: { kind: 'message', topic: TOPIC, payload: Buffer.from(forged, 'latin1'), retained: true },
  })
  await bench.laneIsIdle()
  await bench.connect()
  t.match(bench.sentOf('acknowledgement'), [
    { outcome: 'refused', reason: 'malformed', kind: 'schedule', detail: /\/body\/programmes\/217: \/title/ },
    { outcome: 'refused', reason: 'malformed', kind: 'schedule', detail: /ban-tin-0 stands twice/ },
    { outcome: 'refused', reason: 'malformed', kind: 'schedule', detail: /must NOT have additional properties/ },
    { outcome: 'refused', reason: 'bad-signature', kind: null },
  ])
  t.same(bench.store.messages(), [])
  await bench.stop()
})

const message = (topic: string, bytes = 10): IncomingMessage => ({
  kind: 'message',
  topic,
  payload: Buffer.alloc(bytes),
  retained: false,
})

t.test('schedules, manifests and whatever is large take the lane; orders never do', async (t) => {
  t.ok(isSlow(message(TOPIC)))
  t.ok(isSlow(message('loa/1/down/media/x/device/y')))
  t.notOk(isSlow(message('loa/1/down/alert~flood/x/area/vn', 65_536)))
  t.ok(isSlow(message('loa/1/down/alert~flood/x/area/vn', 65_537)))
  t.notOk(isSlow(message('schedule/media')))
  t.notOk(isSlow({ kind: 'oversized', topic: TOPIC, bytes: 9_000_000 }))
})

t.test('the lane is bounded, works one by one, and fails loudly', async (t) => {
  const events: SlowEvent[] = []
  const asked: string[] = []
  const finish: ((prepared: Prepared) => void)[] = []
  const lane = createSlowLane({
    receive: {
      prepare: (event) => {
        asked.push(event.topic)
        if (event.topic === 'broken') return Promise.reject(new Error('a broken invariant'))
        return new Promise((resolve) => finish.push(resolve))
      },
    },
    recallNeeds: { store: { dropTokenPart: () => false } } as unknown as Parameters<
      typeof createSlowLane
    >[0]['recallNeeds'],
    lookAhead: () => Promise.resolve(),
    post: (event) => events.push(event),
  })
  t.ok(lane.put(message('first')))
  t.ok(lane.put(message('broken')))
  t.same(asked, ['first'])
  finish[0]!({ kind: 'nothing' })
  await turnUntil('the first comes out', () => events.length === 1)
  t.same(asked, ['first'], 'the next waits until the loop has dealt with it')
  for (let index = 1; index < WAITING_MAX; index += 1) lane.put(message(randomUUID()))
  t.notOk(lane.put(message('one too many')))
  lane.goOn()
  await turnUntil('the fault comes out', () => events.length === 2)
  t.match(events[1], { kind: 'broken', error: { message: 'a broken invariant' } })
  t.same(asked, ['first', 'broken'])
  lane.close()
})
