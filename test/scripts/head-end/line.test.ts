import { createServer } from 'node:net'
import { join } from 'node:path'
import { Aedes } from 'aedes'
import { test } from 'tap'
import { connectLine, type LineEvent } from '../../../scripts/head-end/line.ts'
import { brokerFor, freePort } from '../../fixtures/broker.ts'
import { until } from '../../fixtures/until.ts'

test('MQTT 5 is spoken with Mosquitto, and the line comes back after a restart', async (t) => {
  const broker = await brokerFor(t)
  const events: LineEvent[] = []
  const line = await connectLine({ url: broker.url, reconnect: 'always', listener: (event) => events.push(event) })
  t.teardown(() => line.close())
  t.equal(line.protocolVersion, 5)
  await line.subscribe(['loa/1/up/#'])
  await broker.restart()
  await until(t, 'connected again', () => events.filter(({ kind }) => kind === 'connected').length === 2)
  await line.publish('loa/1/up/x', 'hello', { retain: false })
  await until(t, 'subscribed again', () => events.some(({ kind }) => kind === 'message'))
})

test('MQTT 3.1.1 is spoken with a broker that has no more', async (t) => {
  const aedes = await Aedes.createBroker()
  const server = createServer(aedes.handle)
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const heard: LineEvent[] = []
  const line = await connectLine({
    url: `mqtt://127.0.0.1:${port}`,
    reconnect: 'always',
    listener: (event) => heard.push(event),
  })
  t.teardown(async () => {
    await line.close()
    await new Promise<void>((resolve) => aedes.close(() => resolve()))
    await new Promise((resolve) => server.close(resolve))
  })
  t.equal(line.protocolVersion, 4)
  await line.subscribe(['loa/1/#'])
  await line.publish('loa/1/down/x', 'hello', { retain: true, expirySeconds: 10 })
  await until(t, 'it came', () => heard.some((event) => event.kind === 'message' && event.topic === 'loa/1/down/x'))
})

test('a line that cannot be had is one sentence', async (t) => {
  const port = await freePort()
  const url = `mqtt://127.0.0.1:${port}`
  await t.rejects(connectLine({ url, reconnect: 'once' }), {
    message: new RegExp(`^cannot connect to the broker at ${url}: .*ECONNREFUSED`),
  })
  const ca = join(t.testdir(), 'ca.crt')
  await t.rejects(connectLine({ url, ca, reconnect: 'once' }), { message: /^cannot read .*ca\.crt: ENOENT/ })
  const broker = await brokerFor(t, { tls: true })
  const { ca: trusted } = await broker.issueClient('nobody')
  await t.rejects(connectLine({ url: broker.url, ca: trusted, reconnect: 'once' }), { message: /^cannot connect/ })
  await t.rejects(connectLine({ url: broker.url, reconnect: 'once' }), { message: /self.signed certificate/ })
})
