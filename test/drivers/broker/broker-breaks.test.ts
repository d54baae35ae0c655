import { type Test, test } from 'tap'
import { mosquittoFor, openBox, publishBy, retainedAt, startProxy, STATE_TOPIC, until, watch } from './parts.ts'

const TO_BOX = 'loa/1/down/live/commune/device/box-1'

const lineUp = async (t: Test, more: Partial<Parameters<typeof openBox>[0]> = {}) => {
  const mosquitto = await mosquittoFor(t)
  const proxy = await startProxy(mosquitto.port)
  const box = openBox({ url: `mqtt://127.0.0.1:${proxy.port}`, ...more })
  t.teardown(async () => {
    await box.broker.close(null)
    await proxy.close()
  })
  await box.connected()
  return { mosquitto, proxy, box }
}

const stateBecomes = (port: number, state: string) =>
  until(`the retained state is "${state}"`, async () => (await retainedAt(port, STATE_TOPIC)) === state)

test('the broker is killed and returns: the box is back, hears, and is not marked dead', async (t) => {
  const { mosquitto, box } = await lineUp(t)
  await stateBecomes(mosquitto.port, 'online 1')
  await mosquitto.stop('killed')
  await until('it noticed', () => box.count('disconnected') > 0)
  await mosquitto.start()
  await box.connected(2)
  t.equal(box.broker.state().reconnects, 1)
  await stateBecomes(mosquitto.port, 'online 2')
  await publishBy(mosquitto.port, TO_BOX, 'after the restart')
  await until('the message is here', () => box.payloads().includes('after the restart'))
})

test('a cut line fires the will, and the birth after it has the last word', async (t) => {
  const { mosquitto, proxy, box } = await lineUp(t)
  await stateBecomes(mosquitto.port, 'online 1')
  const watching = watch(mosquitto.port, STATE_TOPIC)
  t.teardown(watching.end)
  await until('the watcher is there', () => watching.seen.length > 0)
  proxy.cut()
  await box.connected(2)
  await stateBecomes(mosquitto.port, 'online 2')
  await until('all is seen', () => watching.seen.some((line) => line.endsWith('online 2')))
  t.same(watching.seen, ['1 online 1', '0 offline by will', '0 online 2'])
})

test('a line that swallows everything is noticed by keepalive, and the stale will does not win', async (t) => {
  const { mosquitto, proxy, box } = await lineUp(t, { keepaliveSeconds: 2 })
  await stateBecomes(mosquitto.port, 'online 1')
  const watching = watch(mosquitto.port, STATE_TOPIC)
  t.teardown(watching.end)
  await until('the watcher is there', () => watching.seen.length > 0)
  proxy.stall()
  await until('it noticed', () => box.count('disconnected') > 0)
  t.match(box.details()[0], /longer than the keepalive allows/)
  await box.connected(2)
  await stateBecomes(mosquitto.port, 'online 2')
  await until('the broker gave up the dead line', () => proxy.endedWhileStalled() > 0)
  await publishBy(mosquitto.port, TO_BOX, 'through the new line')
  await until('the message is here', () => box.payloads().includes('through the new line'))
  t.equal(watching.seen.at(-1), '0 online 2')
  t.equal(await retainedAt(mosquitto.port, STATE_TOPIC), 'online 2')
})

test('the will may carry the number of its connection', async (t) => {
  const { mosquitto, proxy, box } = await lineUp(t, {
    will: (connection) => ({ topic: STATE_TOPIC, payload: `offline ${connection}` }),
  })
  const watching = watch(mosquitto.port, STATE_TOPIC)
  t.teardown(watching.end)
  await stateBecomes(mosquitto.port, 'online 1')
  proxy.cut()
  await box.connected(2)
  await stateBecomes(mosquitto.port, 'online 2')
  proxy.cut()
  await box.connected(3)
  await stateBecomes(mosquitto.port, 'online 3')
  await until('both wills are seen', () => watching.seen.filter((line) => line.includes('offline')).length === 2)
  t.same(
    watching.seen.filter((line) => line.includes('offline')),
    ['0 offline 1', '0 offline 2'],
  )
})

test('what is published to the box during a short break arrives after it', async (t) => {
  const { mosquitto, proxy, box } = await lineUp(t, { chance: () => 0.2 })
  proxy.cut()
  await until('it noticed', () => !box.broker.state().connected)
  await publishBy(mosquitto.port, TO_BOX, 'said during the break')
  t.notOk(box.broker.state().connected, 'it was said before the box came back')
  await box.connected(2)
  await until('the message is here', () => box.payloads().includes('said during the break'))
})

test('a publish whose acknowledgement is lost is rejected when the line breaks', async (t) => {
  const { proxy, box } = await lineUp(t, { keepaliveSeconds: 2 })
  proxy.stall()
  const first = box.broker.publish('loa/lost', 'x', { qos: 1, retain: false })
  await t.rejects(first, /not published: the broker has not answered/)
  await box.connected(2)
  await t.resolves(box.broker.publish('loa/again', 'x', { qos: 1, retain: false }))
})
