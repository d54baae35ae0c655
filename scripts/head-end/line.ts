/** The line to the broker: MQTT 5, and 3.1.1 where the broker has no more. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { ClearError, messageOf } from './clear-error.ts'

export type BrokerAddress = {
  url: string
  /** Files in PEM. */
  ca?: string | undefined
  certificate?: string | undefined
  key?: string | undefined
}

export type LineMessage = { topic: string; payload: Buffer; retained: boolean }
export type LineEvent =
  { kind: 'connected'; protocolVersion: 4 | 5 } | { kind: 'disconnected' } | ({ kind: 'message' } & LineMessage)

export type PublishOptions = { retain: boolean; expirySeconds?: number }

export type Line = {
  protocolVersion: 4 | 5
  /** Resolves when the broker has acknowledged it (QoS 1). */
  publish: (topic: string, payload: string, options: PublishOptions) => Promise<void>
  subscribe: (filters: readonly string[]) => Promise<void>
  close: () => Promise<void>
}

export type LineOptions = BrokerAddress & {
  /** `once`: a command that ends; a lost line is an error. `always`: connects again for as long as it is open. */
  reconnect: 'once' | 'always'
  listener?: (event: LineEvent) => void
}

const CONNECT_MS_MAX = 10_000
const PUBLISH_MS_MAX = 15_000
const RECONNECT_MS = 1_000
/** The highest value of the four bytes in which MQTT 5 carries an expiry. */
const EXPIRY_SECONDS_MAX = 4_294_967_295

const readPem = (file: string | undefined): Promise<Buffer | undefined> =>
  file === undefined
    ? Promise.resolve(undefined)
    : readFile(file).catch((error: unknown) => {
        throw new ClearError(`cannot read ${file}: ${messageOf(error)}`, { cause: error })
      })

const connectWith = async (url: string, options: IClientOptions): Promise<MqttClient> => {
  const client = mqtt.connect(url, options)
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      client.off('connect', connected)
      client.off('error', failed)
      client.off('close', closed)
      finish()
    }
    const connected = () => settle(() => resolve(client))
    const failed = (error: unknown) =>
      settle(() => {
        // A client that is let go may still report the end of its socket.
        client.on('error', () => undefined)
        client.end(true)
        reject(error instanceof Error ? error : new Error(messageOf(error)))
      })
    const closed = () => failed(new Error('the broker closed the connection'))
    client.on('connect', connected)
    client.on('error', failed)
    client.on('close', closed)
  })
}

/** Only an answer about the version, or none at all, is worth another try with the older protocol. */
const mayBeOld = (error: unknown): boolean => {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 1 || code === 132 || code === undefined
}

const withTimeout = async <T>(work: Promise<T>, ms: number, what: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ClearError(what)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const connectNewestFirst = async (url: string, options: IClientOptions): Promise<MqttClient> => {
  try {
    return await connectWith(url, { ...options, protocolVersion: 5 })
  } catch (error) {
    if (!mayBeOld(error)) throw error
    return await connectWith(url, { ...options, protocolVersion: 4 })
  }
}

/** Connects, or says in one sentence why not. */
export const connectLine = async (options: LineOptions): Promise<Line> => {
  const { url, reconnect, listener = () => undefined } = options
  const [ca, cert, key] = await Promise.all([options.ca, options.certificate, options.key].map(readPem))
  const client = await connectNewestFirst(url, {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    clientId: `headend-${randomBytes(8).toString('hex')}`,
    clean: true,
    connectTimeout: CONNECT_MS_MAX,
    reconnectPeriod: reconnect === 'always' ? RECONNECT_MS : 0,
  }).catch((error: unknown) => {
    throw new ClearError(`cannot connect to the broker at ${url}: ${messageOf(error)}`, { cause: error })
  })
  const protocolVersion = client.options.protocolVersion === 5 ? 5 : 4
  client.on('message', (topic, payload, packet) =>
    listener({ kind: 'message', topic, payload, retained: packet.retain }),
  )
  client.on('connect', () => listener({ kind: 'connected', protocolVersion }))
  client.on('close', () => listener({ kind: 'disconnected' }))
  // The reason for a lost line is told by `close` and by what waits for it; without a listener it would end the process.
  client.on('error', () => undefined)
  listener({ kind: 'connected', protocolVersion })
  return {
    protocolVersion,
    publish: async (topic, payload, { retain, expirySeconds }) => {
      const expires =
        protocolVersion === 5 && expirySeconds !== undefined
          ? { properties: { messageExpiryInterval: Math.min(Math.max(1, expirySeconds), EXPIRY_SECONDS_MAX) } }
          : {}
      const sent = client.publishAsync(topic, payload, { qos: 1, retain, ...expires })
      const packet = await withTimeout(sent, PUBLISH_MS_MAX, `the broker did not confirm a message to ${topic}`)
      const reasonCode = packet && 'reasonCode' in packet ? (packet.reasonCode ?? 0) : 0
      if (reasonCode >= 128) throw new ClearError(`the broker refused a message to ${topic} (reason ${reasonCode})`)
    },
    subscribe: async (filters) => {
      const granted = await client.subscribeAsync([...filters], { qos: 1 })
      const refused = granted.find((grant) => grant.qos >= 128)
      if (refused !== undefined) throw new ClearError(`the broker refused the subscription to ${refused.topic}`)
    },
    close: async () => {
      await client.endAsync()
    },
  }
}
