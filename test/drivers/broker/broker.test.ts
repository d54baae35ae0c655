import { type Test, test } from 'tap'
import { freePort } from '../../fixtures/broker.ts'
import { WAITING_MAX } from '../../../drivers/broker/publisher.ts'
import { mosquittoFor, openBox, publishBy, retainedAt, runningClock, STATE_TOPIC, until, watch } from './parts.ts'

const TO_BOX = 'loa/1/down/command/commune/device/box-1'

const box = (t: Test, more: Parameters<typeof openBox>[0]) => {
  const opened = openBox(more)
  t.teardown(() => opened.broker.close(null))
  return opened
}

test('connects in MQTT 5, hears what it subscribed to and publishes', async (t) => {
  const { port } = await mosquittoFor(t)
  const { broker, connected, payloads, events } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  t.same(broker.state(), { connected: false, protocolVersion: null, detail: null, reconnects: 0 })
  await connected()
  t.same(broker.state(), { connected: true, protocolVersion: 5, detail: null, reconnects: 0 })
  await publishBy(port, TO_BOX, 'xin chào')
  await until('the message is here', () => payloads().includes('xin chào'))
  t.match(
    events.find((event) => event.kind === 'message'),
    { topic: TO_BOX, retained: false },
  )
  await broker.publish('loa/1/up/record/box-1/vn/08', 'kept', { qos: 1, retain: true })
  t.equal(await retainedAt(port, 'loa/1/up/record/box-1/vn/08'), 'kept')
})

test('retained messages are marked, and taking one back is no message', async (t) => {
  const { port } = await mosquittoFor(t)
  await publishBy(port, TO_BOX, 'yesterday', '-r')
  const { connected, payloads, events } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await connected()
  await until('the retained message is here', () => payloads().includes('yesterday'))
  t.match(
    events.find((event) => event.kind === 'message'),
    { retained: true },
  )
  await publishBy(port, TO_BOX, '', '-r')
  await publishBy(port, TO_BOX, 'after it')
  await until('the next message is here', () => payloads().includes('after it'))
  t.same(payloads(), ['yesterday', 'after it'])
})

test('a message over the cap is told by its size, and the next one is heard', async (t) => {
  const { port } = await mosquittoFor(t)
  const { connected, payloads, events } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await connected()
  await publishBy(port, TO_BOX, 'x'.repeat(100_000))
  await publishBy(port, TO_BOX, 'x'.repeat(100_001))
  await publishBy(port, TO_BOX, 'after it')
  await until('the last message is here', () => payloads().includes('after it'))
  t.same(
    payloads().map((payload) => payload.length),
    [100_000, 8],
  )
  t.same(
    events.filter((event) => event.kind === 'oversized'),
    [{ kind: 'oversized', topic: TO_BOX, bytes: 100_001 }],
  )
})

test('publishing while offline is refused at once, and nothing of it is sent later', async (t) => {
  const { port, stop, start } = await mosquittoFor(t)
  const { broker, connected } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await t.rejects(broker.publish('loa/early', 'x', { qos: 1, retain: true }), /not connected/)
  await connected()
  await stop()
  await until('it noticed', () => !broker.state().connected)
  await t.rejects(broker.publish('loa/offline', 'x', { qos: 1, retain: true }), /not connected to the broker: /)
  await t.rejects(broker.publish('loa/offline', 'x', { qos: 0, retain: true }), /not connected/)
  await start()
  await connected(2)
  await broker.publish('loa/online', 'x', { qos: 1, retain: true })
  t.equal(await retainedAt(port, 'loa/online'), 'x')
  t.equal(await retainedAt(port, 'loa/offline'), null)
})

test('many publishes at once are all acknowledged, and over the maximum some are refused', async (t) => {
  const { port } = await mosquittoFor(t)
  const { broker, connected } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await connected()
  const answers = await Promise.allSettled(
    Array.from({ length: 700 }, (_, index) => broker.publish(`loa/many/${index}`, 'x', { qos: 1, retain: false })),
  )
  const refused = answers.filter((answer) => answer.status === 'rejected')
  t.equal(refused.length, 700 - 20 - WAITING_MAX)
  t.match(refused[0], { reason: /too many messages wait/ })
  await t.resolves(broker.publish('loa/many/last', 'x', { qos: 1, retain: false }))
})

test('an orderly close leaves the farewell and no will', async (t) => {
  const { port } = await mosquittoFor(t)
  const watching = watch(port, STATE_TOPIC)
  t.teardown(watching.end)
  const { broker, connected } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await connected()
  await until('the birth is published', () => watching.seen.some((line) => line.endsWith('online 1')))
  await broker.close({ topic: STATE_TOPIC, payload: 'offline by shutdown' })
  await broker.close(null)
  t.equal(await retainedAt(port, STATE_TOPIC), 'offline by shutdown')
  await publishBy(port, STATE_TOPIC, 'end of test')
  await until('all is seen', () => watching.seen.some((line) => line.endsWith('end of test')))
  t.notOk(watching.seen.some((line) => line.includes('will')))
  await t.rejects(broker.publish('loa/closed', 'x', { qos: 1, retain: false }), /not connected/)
})

test('closing before there was a connection ends at once and for good', async (t) => {
  const port = await freePort()
  const { broker, events } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await until('it tried', () => events.length > 0)
  await broker.close({ topic: STATE_TOPIC, payload: 'offline by shutdown' })
  t.same(events, [{ kind: 'disconnected', detail: 'nothing listens at the address of the broker' }])
})

test('a name that does not resolve is tried again and again, in words, without a throw', async (t) => {
  let timers = 0
  const hasty = {
    ...runningClock,
    after: (name: string, ms: number, task: () => void) => {
      if (name === 'broker retry') timers += 1
      return runningClock.after(name, name === 'broker retry' ? 1 : ms, task)
    },
  }
  const { broker, details } = box(t, { url: 'mqtt://broker.loa.invalid:1883', clock: hasty })
  await until('three tries', () => timers >= 3)
  t.match(details()[0], /the name of the broker does not resolve/)
  t.equal(broker.state().connected, false)
  t.match(broker.state().detail, /does not resolve/)
})

test('a listener that throws is logged and does no harm', async (t) => {
  const { port } = await mosquittoFor(t)
  const { broker, connected, payloads, logged } = box(t, {
    url: `mqtt://127.0.0.1:${port}`,
    listener: (event) => {
      if (event.kind === 'message') throw new Error('a fault of the agent')
    },
  })
  await connected()
  await publishBy(port, TO_BOX, 'one')
  await publishBy(port, TO_BOX, 'two')
  await until('both are here', () => payloads().length === 2)
  t.ok(broker.state().connected)
  t.ok(logged.some((line) => line.startsWith('the listener of the broker threw')))
})
