/** Sends on one connection, and keeps the promise that every publish is answered: acknowledged, late, or cut off. */
import type { MqttClient } from 'mqtt'
import type { PublishOptions } from '../../agent/ports/broker.ts'
import type { Clock, Timer } from '../../player/ports/clock.ts'
import { explainReason } from './explain.ts'

/** From the call to the acknowledgement. The outbox sends again what was late; the ids in it make that harmless. */
export const PUBLISH_MS_MAX = 30_000
/** Not acknowledged yet. A broker that allows fewer says so in MQTT 5; Mosquitto allows 20 by default. */
const IN_FLIGHT_MAX = 20
/** Not even sent yet. */
export const WAITING_MAX = 500

export type ServerLimits = { receiveMaximum?: number | undefined; maximumPacketSize?: number | undefined }

export type Publisher = {
  /** Before this nothing is sent. */
  allow: (limits: ServerLimits) => void
  publish: (topic: string, payload: string, options: PublishOptions) => Promise<void>
  /** The connection is gone: everything that waits is rejected, and so is everything to come. */
  abandon: (why: string) => void
}

type Waiting = { topic: string; payload: string; options: PublishOptions; settle: (error: Error | null) => void }

/** Fixed header, topic length, packet id and properties, generously. */
const HEADER_BYTES_MAX = 32

/** Reason code of MQTT 5 §3.4.2.1. */
const NOT_AUTHORIZED = 135

const reasonOf = (error: Error, topic: string): Error => {
  const code: unknown = 'code' in error ? error.code : undefined
  if (code === NOT_AUTHORIZED)
    return new Error(`the broker does not let this box publish to ${topic}`, { cause: error })
  return typeof code === 'number' ? new Error(`not published: ${explainReason(code)}`, { cause: error }) : error
}

export const createPublisher = (client: MqttClient, clock: Clock): Publisher => {
  const waiting: Waiting[] = []
  const unsettled = new Set<Waiting>()
  let inFlight = 0
  let limits: Required<{ [K in keyof ServerLimits]: number }> | null = null
  let abandoned: string | null = null

  const send = (entry: Waiting) => {
    inFlight += 1
    client.publish(entry.topic, entry.payload, entry.options, (error) => {
      inFlight -= 1
      entry.settle(error instanceof Error ? reasonOf(error, entry.topic) : null)
      pump()
    })
  }
  const pump = () => {
    while (abandoned === null && limits !== null && inFlight < limits.receiveMaximum) {
      const entry = waiting.shift()
      if (entry === undefined) return
      if (unsettled.has(entry)) send(entry)
    }
  }
  const refusal = (topic: string, payload: string): Error | null => {
    if (abandoned !== null) return new Error(`not connected to the broker: ${abandoned}`)
    if (limits === null) return new Error('not connected to the broker yet')
    if (waiting.length >= WAITING_MAX) return new Error('too many messages wait for the broker')
    const bytes = Buffer.byteLength(topic) + Buffer.byteLength(payload) + HEADER_BYTES_MAX
    if (bytes > limits.maximumPacketSize) return new Error(`the broker takes no message of ${bytes} bytes`)
    return null
  }

  return {
    allow: ({ receiveMaximum, maximumPacketSize }) => {
      limits = {
        receiveMaximum: Math.min(receiveMaximum ?? IN_FLIGHT_MAX, IN_FLIGHT_MAX),
        maximumPacketSize: maximumPacketSize ?? Infinity,
      }
      pump()
    },
    publish: (topic, payload, options) =>
      new Promise<void>((resolve, reject) => {
        const refused = refusal(topic, payload)
        if (refused !== null) {
          reject(refused)
          return
        }
        let late: Timer | null = null
        const entry: Waiting = {
          topic,
          payload,
          options,
          settle: (error) => {
            if (!unsettled.delete(entry)) return
            late?.cancel()
            if (error === null) resolve()
            else reject(error)
          },
        }
        unsettled.add(entry)
        late = clock.after('broker publish', PUBLISH_MS_MAX, () =>
          entry.settle(new Error(`the broker did not acknowledge within ${PUBLISH_MS_MAX} ms`)),
        )
        waiting.push(entry)
        pump()
      }),
    abandon: (why) => {
      abandoned ??= why
      waiting.length = 0
      for (const entry of [...unsettled]) entry.settle(new Error(`not published: ${why}`))
    },
  }
}
