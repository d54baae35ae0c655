/** Aedes speaks 3.1.1 and no more, and is a real broker that a province might run. */
import { once } from 'node:events'
import net from 'node:net'
import { Aedes } from 'aedes'
import { type Test, test } from 'tap'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { openBox, STATE_TOPIC, until } from './parts.ts'

const portOf = (server: net.Server): number => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

type Options = { refuse?: (topic: string) => boolean; hangUpOnVersion5?: boolean }

const startAedes = async (t: Test, { refuse = () => false, hangUpOnVersion5 = false }: Options = {}) => {
  const aedes = await Aedes.createBroker({
    authorizeSubscribe: (_client, subscription, done) => done(null, refuse(subscription.topic) ? null : subscription),
  })
  const connects: number[] = []
  const server = net.createServer((socket) => {
    socket.once('data', (chunk) => {
      const version = chunk[chunk.indexOf('MQTT') + 4] ?? 0
      connects.push(version)
      if (hangUpOnVersion5 && version === 5) {
        socket.end()
        return
      }
      socket.unshift(chunk)
      aedes.handle(socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const retained = new Map<string, string>()
  aedes.on('publish', (packet) => {
    if (packet.retain) retained.set(packet.topic, packet.payload.toString())
  })
  t.teardown(async () => {
    await new Promise<void>((resolve) => aedes.close(resolve))
    server.close()
    await once(server, 'close')
  })
  const say = (topic: string, payload: string) =>
    new Promise<void>((resolve, reject) => {
      aedes.publish({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false }, (error) => {
        if (error === undefined || (error as unknown) === null) resolve()
        else reject(error)
      })
    })
  return { port: portOf(server), aedes, connects, retained, say }
}

const box = (t: Test, more: Parameters<typeof openBox>[0]) => {
  const opened = openBox(more)
  t.teardown(() => opened.broker.close(null))
  return opened
}

test('a broker that answers "not this version" is spoken to in 3.1.1', async (t) => {
  const { port, connects, say, retained } = await startAedes(t)
  const { broker, connected, payloads } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await connected()
  t.same(connects, [5, 4])
  t.equal(broker.state().protocolVersion, 4)
  await say('loa/1/down/alert/province/area/vn', 'lũ')
  await until('the message is here', () => payloads().includes('lũ'))
  await until('the birth is there', () => retained.get(STATE_TOPIC) === 'online 1')
})

test('the version that worked is remembered over a break', async (t) => {
  const { port, connects, aedes } = await startAedes(t)
  const { connected } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await connected()
  const [client] = Object.values((aedes as unknown as { clients: Record<string, { close: () => void }> }).clients)
  client?.close()
  await connected(2)
  t.same(connects, [5, 4, 4])
})

test('a broker that hangs up on MQTT 5 without a word is spoken to in 3.1.1', async (t) => {
  const { port, connects } = await startAedes(t, { hangUpOnVersion5: true })
  const { broker, connected, details } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await connected()
  t.same(connects, [5, 4])
  t.equal(broker.state().protocolVersion, 4)
  t.same(details(), ['the broker hung up on CONNECT'])
})

test('in 3.1.1 too, a message over the cap is told by its size and the next is heard', async (t) => {
  const { port, say } = await startAedes(t)
  const { connected, payloads, events } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await connected()
  await say('loa/1/down/schedule/commune/area/vn', 'x'.repeat(5_000_000))
  await say('loa/1/down/schedule/commune/area/vn', 'after it')
  await until('the next message is here', () => payloads().includes('after it'))
  t.same(
    events.filter((event) => event.kind === 'oversized'),
    [{ kind: 'oversized', topic: 'loa/1/down/schedule/commune/area/vn', bytes: 5_000_000 }],
  )
})

test('a refused subscription is reported, and the others are served', async (t) => {
  const { port, say } = await startAedes(t, { refuse: (topic) => topic.includes('/area/') })
  const { broker, connected, payloads } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await connected()
  t.equal(broker.state().detail, 'the broker refused to subscribe this box to loa/1/down/+/+/area/vn')
  await say('loa/1/down/command/commune/device/box-1', 'for this box')
  await until('the message is here', () => payloads().includes('for this box'))
})

test('a box that is refused everything says so and tries again', async (t) => {
  let refusing = true
  const { port } = await startAedes(t, { refuse: () => refusing })
  const { connected, details } = box(t, { url: `mqtt://127.0.0.1:${port}` })
  await until('it was told', () => details().includes('the broker refused every subscription of this box'))
  refusing = false
  await connected()
})

test('speaks over WebSocket where only that gets through', async (t) => {
  const { aedes, say } = await startAedes(t)
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/mqtt' })
  await once(server, 'listening')
  server.on('connection', (socket) => void aedes.handle(createWebSocketStream(socket)))
  const address = server.address()
  const { broker, connected, payloads } = box(t, {
    url: `ws://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/mqtt`,
  })
  t.teardown(() => server.close())
  await connected()
  await say('loa/1/down/live/commune/device/box-1', 'there and back')
  await until('the message is here', () => payloads().includes('there and back'))
  await broker.close(null)
  server.close()
  await once(server, 'close')
})
