/**
 * One connection to the broker, from CONNECT to its end. It is never revived: what comes after it is a new one, so that
 * nothing of a dead connection (a queue, a timer, a half-read packet) can reach the next.
 */
import type { LookupFunction } from 'node:net'
import mqtt, { type MqttClient } from 'mqtt'
import type { PublishOptions } from '../../agent/ports/broker.ts'
import type { Clock } from '../../player/ports/clock.ts'
import { type Credentials, dial, gated } from './dial.ts'
import { explainError, explainReason } from './explain.ts'
import { createGate } from './gate.ts'
import { createPublisher } from './publisher.ts'
import type { ProtocolVersion, VersionHint } from './version.ts'

export type Will = { topic: string; payload: string }

export type ConnectionOptions = Credentials & {
  url: URL
  clientId: string
  keepaliveSeconds: number
  sessionExpirySeconds: number
  subscriptions: readonly string[]
  payloadBytesMax: number
  will: Will
  clock: Clock
  lookup: LookupFunction
  protocolVersion: ProtocolVersion
  on: ConnectionHandlers
}

export type ConnectionHandlers = {
  /** Every subscription was answered; `refused` are those that were not granted. */
  up: (refused: string[]) => void
  message: (topic: string, payload: Buffer, retained: boolean) => void
  oversized: (topic: string, bytes: number) => void
  /** Comes exactly once, also for a connection that never came up. */
  down: (detail: string, hint: VersionHint) => void
}

export type Connection = {
  publish: (topic: string, payload: string, options: PublishOptions) => Promise<void>
  /** Says good-bye, so that the broker keeps the will to itself; cut after a while where it does not answer. */
  end: () => Promise<void>
  /** Drops the line without a word. */
  cut: (detail: string) => void
}

/** From the name lookup to CONNACK. */
const CONNECT_MS_MAX = 20_000
const SUBSCRIBE_MS_MAX = 20_000
const END_MS_MAX = 2_000
/** Some brokers take no more in one packet. */
const SUBSCRIPTIONS_PER_PACKET = 8
/** Room for the topic and properties around the largest payload. */
const PACKET_OVERHEAD_BYTES = 131_072
/** How many messages the broker may send before the first is acknowledged. */
const RECEIVE_MAXIMUM = 20
const REFUSED_FROM = 0x80

type Granted = { granted: unknown; topics: readonly string[] }

const refusedOf = ({ granted, topics }: Granted): string[] =>
  topics.filter((_, index) => {
    const code: unknown = Array.isArray(granted) ? granted[index] : REFUSED_FROM
    return typeof code !== 'number' || code >= REFUSED_FROM
  })

const inPackets = (topics: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(topics.length / SUBSCRIPTIONS_PER_PACKET) }, (_, index) =>
    topics.slice(index * SUBSCRIPTIONS_PER_PACKET, (index + 1) * SUBSCRIPTIONS_PER_PACKET),
  )

const subscribe = (client: MqttClient, topics: string[]): Promise<string[]> =>
  new Promise((resolve, reject) => {
    client.subscribe(topics, { qos: 1 }, (error, _subscriptions, packet) => {
      if (packet !== undefined) resolve(refusedOf({ granted: packet.granted, topics }))
      else reject(error ?? new Error('the broker answered a subscription with nothing'))
    })
  })

const userOf = (url: URL) => ({
  ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
  ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
})

const createClient = (options: ConnectionOptions, onSent: () => void): MqttClient => {
  const { url, on, protocolVersion, payloadBytesMax } = options
  const gate = createGate({
    protocolVersion,
    remainingBytesMax: payloadBytesMax + PACKET_OVERHEAD_BYTES,
    onOversized: on.oversized,
  })
  return new mqtt.MqttClient((client) => gated(dial(url, options, options.lookup, client), gate, onSent), {
    ...userOf(url),
    clientId: options.clientId,
    protocolId: 'MQTT',
    protocolVersion,
    clean: false,
    keepalive: options.keepaliveSeconds,
    connectTimeout: CONNECT_MS_MAX,
    // This connection alone: no reconnecting, no resubscribing and no queue of the library's own.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // Else each process keeps a buffer for each of 65,536 numbers: 7 MB, filled just after the first packet.
    writeCache: false,
    will: { ...options.will, payload: Buffer.from(options.will.payload), qos: 1, retain: true },
    ...(protocolVersion === 5
      ? {
          properties: {
            sessionExpiryInterval: options.sessionExpirySeconds,
            receiveMaximum: RECEIVE_MAXIMUM,
            maximumPacketSize: payloadBytesMax + 2 * PACKET_OVERHEAD_BYTES,
          },
        }
      : {}),
  })
}

const VERSION_REFUSALS: readonly unknown[] = [1, 132]
const HANG_UPS: readonly unknown[] = ['ECONNRESET', 'EPIPE']

/** Throws where the credentials cannot be read; everything after that is told by `on.down`. */
export const openConnection = (options: ConnectionOptions): Connection => {
  const { clock, subscriptions, payloadBytesMax, on, protocolVersion } = options
  let phase: 'connecting' | 'subscribing' | 'up' | 'down' = 'connecting'
  let reason: string | null = null
  let hint: VersionHint = 'unrelated'
  let connectSent = false
  const client = createClient(options, () => {
    connectSent = true
  })
  const publisher = createPublisher(client, clock)

  const cut = (detail: string) => {
    reason ??= detail
    client.stream.destroy()
  }
  const fail = (error: Error) => {
    const code: unknown = 'code' in error ? error.code : undefined
    if (phase === 'connecting' && reason === null) {
      if (VERSION_REFUSALS.includes(code)) hint = 'refused'
      if (connectSent && HANG_UPS.includes(code)) hint = 'hung-up'
    }
    cut(explainError(error))
  }
  const down = () => {
    if (phase === 'down') return
    if (phase === 'connecting' && reason === null && connectSent) {
      hint = 'hung-up'
      reason = 'the broker hung up on CONNECT'
    }
    phase = 'down'
    answering.cancel()
    const detail = reason ?? 'the broker closed the connection'
    publisher.abandon(detail)
    on.down(detail, hint)
  }
  const answering = clock.after('broker subscribe', CONNECT_MS_MAX + SUBSCRIBE_MS_MAX, () =>
    cut('the broker did not answer the subscriptions'),
  )

  client.on('error', fail)
  client.stream.on('error', fail)
  client.on('close', down)
  client.on('disconnect', (packet) => cut(explainReason(packet.reasonCode ?? 0)))
  client.on('message', (topic, payload, packet) => {
    // An empty payload is how a retained message is taken back, or what the gate left of one that was too large.
    if (payload.length === 0) return
    if (payload.length > payloadBytesMax) on.oversized(topic, payload.length)
    else on.message(topic, payload, packet.retain)
  })
  client.on('connect', (packet) => {
    if (phase !== 'connecting') return
    phase = 'subscribing'
    publisher.allow(protocolVersion === 5 ? (packet.properties ?? {}) : {})
    Promise.all(inPackets(subscriptions).map((topics) => subscribe(client, topics))).then(
      (refused) => {
        if (phase !== 'subscribing') return
        phase = 'up'
        answering.cancel()
        on.up(refused.flat())
      },
      (error: unknown) => fail(error instanceof Error ? error : new Error('subscribing failed', { cause: error })),
    )
  })

  const end = async (): Promise<void> => {
    if (phase === 'down') return
    publisher.abandon('this box closed the connection')
    reason ??= 'this box closed the connection'
    // The library would wait for acknowledgements that nobody waits for any more.
    client.outgoing = {}
    await new Promise<void>((resolve) => {
      const late = clock.after('broker end', END_MS_MAX, () => {
        client.stream.destroy()
        resolve()
      })
      client.once('close', () => {
        late.cancel()
        resolve()
      })
      if (client.connected) client.end(false)
      else client.stream.destroy()
    })
  }

  return { publish: publisher.publish, end, cut }
}
