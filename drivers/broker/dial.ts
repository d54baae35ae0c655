/** Opens the stream that MQTT runs over: TCP, TLS or WebSocket, by the scheme of the address. */
import { lookup as systemLookup } from 'node:dns'
import net, { type LookupFunction } from 'node:net'
import { Duplex } from 'node:stream'
import tls from 'node:tls'
import type { MqttClient } from 'mqtt'
import { streamBuilder as webSocketStream } from 'mqtt/lib/connect/ws'
import type { Gate } from './gate.ts'

/** PEM contents. */
export type Pem = string | Buffer

export type Credentials = { ca?: Pem | undefined; certificate?: Pem | undefined; key?: Pem | undefined }

/** Long enough for a mobile link: the 250 ms that Node allows one address by default are not. */
const ADDRESS_TRY_MS = 5_000

/**
 * Asks the system for one name at a time. Each question holds one of the few threads that files and pictures need too,
 * and without a name server it holds it for most of a minute.
 */
export const oneLookupAtATime = (): LookupFunction => {
  let waiting = false
  return (hostname, options, callback) => {
    if (waiting) {
      const error = Object.assign(new Error('the name server has not answered the last question'), {
        code: 'EAI_AGAIN',
      })
      process.nextTick(callback, error, '', 0)
      return
    }
    waiting = true
    systemLookup(hostname, options, (error, address, family) => {
      waiting = false
      callback(error, address, family)
    })
  }
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

const given = ({ ca, certificate, key }: Credentials) => ({
  ...(ca === undefined ? {} : { ca }),
  ...(certificate === undefined ? {} : { cert: certificate }),
  ...(key === undefined ? {} : { key }),
})

/** Throws where the certificate or the key cannot be read, or the scheme is none of ours. */
export const dial = (url: URL, credentials: Credentials, lookup: LookupFunction, client: MqttClient): Duplex => {
  const host = hostOf(url)
  const port = url.port === '' ? null : Number(url.port)
  const common = { host, lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ADDRESS_TRY_MS }
  switch (url.protocol) {
    case 'mqtt:':
      return net.connect({ ...common, port: port ?? 1883, noDelay: true })
    case 'mqtts:': {
      const name = net.isIP(host) === 0 ? { servername: host } : {}
      const socket = tls.connect({
        ...common,
        ...name,
        ...given(credentials),
        port: port ?? 8883,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
      })
      return socket.setNoDelay(true)
    }
    case 'ws:':
    case 'wss:': {
      const secure = url.protocol === 'wss:'
      const path = `${url.pathname}${url.search}`
      return Duplex.from(
        webSocketStream(client, {
          protocol: secure ? 'wss' : 'ws',
          hostname: url.hostname,
          port: port ?? (secure ? 443 : 80),
          path,
          wsOptions: { lookup, rejectUnauthorized: true, ...(secure ? given(credentials) : {}) },
        }),
      )
    }
    default:
      throw new Error(`an address that begins with ${url.protocol} is none of a broker`)
  }
}

/** The same stream with the gate in its incoming way. `onSent` is told when the first bytes have left. */
export const gated = (stream: Duplex, gate: Gate, onSent: () => void): Duplex => {
  const write = (bytes: Buffer, done: (error?: Error | null) => void) =>
    void stream.write(bytes, (error) => {
      if (!(error instanceof Error)) onSent()
      done(error)
    })
  const outer = new Duplex({
    allowHalfOpen: false,
    read: () => void stream.resume(),
    write: (chunk: Buffer, _encoding, done) => write(chunk, done),
    // One write for all that was corked: with Nagle's delay off, each would be a packet of its own.
    writev: (chunks: { chunk: Buffer }[], done) => write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    final: (done) => void stream.end(done),
    destroy: (error, done) => {
      stream.destroy()
      done(error)
    },
  })
  const take = (chunk: Buffer) => {
    for (const part of gate(chunk)) {
      if (outer.destroyed) return
      if (!outer.push(part)) stream.pause()
    }
  }
  stream.on('data', (chunk: Buffer) => {
    try {
      take(chunk)
    } catch (cause) {
      outer.destroy(cause instanceof Error ? cause : new Error('the gate failed', { cause }))
    }
  })
  stream.on('end', () => outer.push(null))
  stream.on('error', (error) => outer.destroy(error))
  stream.on('close', () => outer.destroy())
  return outer
}
