/**
 * The line to the broker over `mqtt`. The library makes single connections; when to make the next, in which version, and
 * what becomes of a publish is decided here, since its own reconnecting neither spreads boxes over time nor tells a
 * publish that waits from one that is lost.
 */
import type { Broker, BrokerListener } from '../../agent/ports/broker.ts'
import type { ElapsedMs } from '../../player/plan/time.ts'
import type { Clock, Timer } from '../../player/ports/clock.ts'
import { retryDelayMs } from './backoff.ts'
import { type Connection, type ConnectionHandlers, openConnection, type Will } from './connection.ts'
import { oneLookupAtATime, type Pem } from './dial.ts'
import { explainError } from './explain.ts'
import { afterFailure, firstVersion, type ProtocolVersion, type VersionHint, versionAt } from './version.ts'

export type BrokerLog = {
  info: (fields: object, message: string) => void
  warn: (fields: object, message: string) => void
  error: (fields: object, message: string) => void
}

export type BrokerOptions = {
  /** mqtt, mqtts, ws or wss; may carry user name and password. */
  url: string
  ca?: Pem | undefined
  certificate?: Pem | undefined
  key?: Pem | undefined
  clientId: string
  keepaliveSeconds: number
  subscriptions: readonly string[]
  payloadBytesMax: number
  /** Retained, QoS 1. As a function it is asked before every try, with the number that this connection will have. */
  will: Will | ((connection: number) => Will)
  clock: Clock
  /** Gives [0, 1). */
  chance: () => number
  log: BrokerLog
  /** Only enqueues: a QoS 1 message is acknowledged as soon as this has returned. */
  listener: BrokerListener
  /** How long the broker keeps messages for this box after the line broke (MQTT 5). */
  sessionExpirySeconds: number
}

/** A connection that held this long was a good one: the next break is answered as fast as the first. */
const HELD_MS = 30_000
/** For the farewell to be acknowledged. */
const FAREWELL_MS_MAX = 3_000

const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error('not an error', { cause }))

const soon = <T>(clock: Clock, ms: number, work: Promise<T>): Promise<void> =>
  new Promise((resolve) => {
    const timer = clock.after('broker farewell', ms, resolve)
    const done = () => {
      timer.cancel()
      resolve()
    }
    work.then(done, done)
  })

export const openBroker = (options: BrokerOptions): Broker => {
  const { clock, log, will } = options
  const lookup = oneLookupAtATime()
  let connection: Connection | null = null
  let retry: Timer | null = null
  let closing: Promise<void> | null = null
  let version = firstVersion
  /** Failures since a connection last held. */
  let tries = 0
  let connections = 0
  let connectedAs: { protocolVersion: ProtocolVersion; since: ElapsedMs } | null = null
  let detail: string | null = null

  const tell: BrokerListener = (event) => {
    try {
      options.listener(event)
    } catch (cause) {
      log.error({ err: asError(cause), kind: event.kind }, 'the listener of the broker threw')
    }
  }

  const wentDown = (why: string, hint: VersionHint, tried: ProtocolVersion) => {
    connection = null
    const was = connectedAs
    connectedAs = null
    if (closing !== null) return
    const news = was !== null || why !== detail
    detail = why
    if (was !== null && clock.elapsed() - was.since >= HELD_MS) tries = 0
    version = afterFailure(tried, hint, version, clock.elapsed())
    // A broker that only refuses the version waits for nothing but the other one.
    const delayMs = hint === 'refused' && tried === 5 ? 0 : retryDelayMs(tries, options.chance)
    tries += 1
    retry = clock.after('broker retry', delayMs, attempt)
    if (!news) return
    log.warn({ detail: why, protocolVersion: tried, retryMs: delayMs }, 'no connection to the broker')
    tell({ kind: 'disconnected', detail: why })
  }

  const cameUp = (refused: string[], protocolVersion: ProtocolVersion) => {
    if (refused.length > 0 && refused.length === options.subscriptions.length) {
      connection?.cut('the broker refused every subscription of this box')
      return
    }
    connections += 1
    connectedAs = { protocolVersion, since: clock.elapsed() }
    detail = refused.length === 0 ? null : `the broker refused to subscribe this box to ${refused.join(', ')}`
    if (detail === null) log.info({ protocolVersion, connections }, 'connected to the broker')
    else log.warn({ protocolVersion, connections, refused }, 'connected to the broker, but not subscribed to all')
    tell({ kind: 'connected', protocolVersion })
  }

  const handlers = (protocolVersion: ProtocolVersion): ConnectionHandlers => ({
    up: (refused) => cameUp(refused, protocolVersion),
    message: (topic, payload, retained) => tell({ kind: 'message', topic, payload, retained }),
    oversized: (topic, bytes) => tell({ kind: 'oversized', topic, bytes }),
    down: (why, hint) => wentDown(why, hint, protocolVersion),
  })

  const attempt = () => {
    retry = null
    if (closing !== null) return
    const protocolVersion = versionAt(version, clock.elapsed())
    try {
      connection = openConnection({
        ...options,
        url: new URL(options.url),
        will: typeof will === 'function' ? will(connections + 1) : will,
        lookup,
        protocolVersion,
        on: handlers(protocolVersion),
      })
    } catch (cause) {
      wentDown(`cannot connect as this box is set up: ${explainError(asError(cause))}`, 'unrelated', protocolVersion)
    }
  }

  const finish = async (farewell: Will | null): Promise<void> => {
    retry?.cancel()
    const last = connection
    if (last === null) return
    if (connectedAs !== null && farewell !== null) {
      const said = last.publish(farewell.topic, farewell.payload, { qos: 1, retain: true })
      await soon(clock, FAREWELL_MS_MAX, said)
    }
    await last.end()
  }

  // The listener may use what it is handed only after `openBroker` has returned.
  retry = clock.after('broker connect', 0, attempt)

  return {
    publish: (topic, payload, publishOptions) =>
      closing === null && connection !== null && connectedAs !== null
        ? connection.publish(topic, payload, publishOptions)
        : Promise.reject(new Error(`not connected to the broker${detail === null ? '' : `: ${detail}`}`)),
    state: () => ({
      connected: connectedAs !== null,
      protocolVersion: connectedAs?.protocolVersion ?? null,
      detail,
      reconnects: Math.max(0, connections - 1),
    }),
    close: (farewell) => (closing ??= finish(farewell)),
  }
}
