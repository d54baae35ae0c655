import { readFile } from 'node:fs/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { test } from 'tap'
import { brokerFor, type ClientFiles, type TestBroker } from '../../fixtures/broker.ts'
import { until } from '../../fixtures/until.ts'

const connect = async (broker: TestBroker, files?: ClientFiles): Promise<MqttClient> =>
  mqtt.connectAsync(broker.url, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    ...(files === undefined
      ? {}
      : {
          ca: await readFile(files.ca),
          cert: await readFile(files.certificate),
          key: await readFile(files.key),
        }),
  })

const listen = async (client: MqttClient, filter: string): Promise<string[]> => {
  const heard: string[] = []
  client.on('message', (topic, payload) => heard.push(`${topic} ${payload.toString()}`))
  await client.subscribeAsync(filter, { qos: 1 })
  return heard
}

test('a retained message survives an orderly restart on the same port', async (t) => {
  const broker = await brokerFor(t)
  const { url } = broker
  const before = await connect(broker)
  await before.publishAsync('loa/1/down/schedule/x/area/vn', 'plan', { qos: 1, retain: true })
  await before.endAsync()
  await broker.restart()
  t.equal(broker.url, url)
  const after = await connect(broker)
  t.teardown(() => after.endAsync())
  const heard = await listen(after, 'loa/1/down/#')
  await until(t, 'the retained message came', () => heard.length > 0)
  t.same(heard, ['loa/1/down/schedule/x/area/vn plan'])
  await broker.stop('killed')
  await t.rejects(connect(broker))
  await broker.start()
  const again = await connect(broker)
  await again.endAsync()
})

test('with TLS, only a certificate of its authority connects, and each writes only what is its own', async (t) => {
  const broker = await brokerFor(t, { tls: true })
  const stranger = await brokerFor(t, { tls: true })
  const ours = await broker.issueClient('headend')
  const theirs = await stranger.issueClient('headend')
  const headEnd = await connect(broker, ours)
  const [one, two] = await Promise.all(
    ['loa-1', 'loa-2'].map(async (name) => connect(broker, await broker.issueClient(name))),
  )
  t.teardown(() => Promise.all([headEnd, one!, two!].map((client) => client.endAsync())))
  await t.rejects(connect(broker, { ...theirs, ca: ours.ca }), 'a certificate of another authority')
  await t.rejects(mqtt.connectAsync(broker.url, { ca: await readFile(ours.ca), reconnectPeriod: 0 }), 'no certificate')

  const up = await listen(headEnd, 'loa/1/up/#')
  const down = await listen(one!, 'loa/1/down/#')
  // Mosquitto answers a refused write with success under MQTT 3.1.1, and with reason 135 under MQTT 5.
  const refused = async (client: MqttClient, topic: string) =>
    t.rejects(client.publishAsync(topic, 'forged', { qos: 1 }), { code: 135 }, `may not write ${topic}`)
  await refused(one!, 'loa/1/up/record/loa-2/vn/08/02215')
  await refused(one!, 'loa/1/down/alert/x/area/vn')
  await refused(two!, 'loa/1/up/record/loa-1/vn/08/02215')
  await one!.publishAsync('loa/1/up/record/loa-1/vn/08/02215', 'mine', { qos: 1 })
  await headEnd.publishAsync('loa/1/down/alert/x/area/vn', 'alert', { qos: 1 })
  await until(t, 'both came', () => up.length > 0 && down.length > 0)
  t.same(up, ['loa/1/up/record/loa-1/vn/08/02215 mine'])
  t.same(down, ['loa/1/down/alert/x/area/vn alert'])
  const spying = await listen(two!, 'loa/1/up/#')
  await one!.publishAsync('loa/1/up/record/loa-1/vn/08/02215', 'mine again', { qos: 1 })
  await until(t, 'the head-end heard it', () => up.length === 2)
  t.same(spying, [], 'a box does not hear what others report')
})
