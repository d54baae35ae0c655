/** The line to the broker. Only publishes while connected: what must not be lost waits in the outbox, not here. */

export type BrokerState = {
  connected: boolean
  protocolVersion: 4 | 5 | null
  detail: string | null
  reconnects: number
}

export type BrokerEvent =
  | { kind: 'connected'; protocolVersion: 4 | 5 }
  | { kind: 'disconnected'; detail: string }
  /** `payload` is as it came; nothing about it, or about the topic, is trusted. */
  | { kind: 'message'; topic: string; payload: Buffer; retained: boolean }
  /** A packet over the cap: only its size and topic are kept. */
  | { kind: 'oversized'; topic: string; bytes: number }

export type PublishOptions = { qos: 0 | 1; retain: boolean }

export interface Broker {
  /** Resolves when the broker has acknowledged (QoS 1) or the packet has left (QoS 0); rejects when not connected. */
  publish: (topic: string, payload: string, options: PublishOptions) => Promise<void>
  state: () => BrokerState
  /** Publishes the last state given to `farewell` first, so that an orderly stop is not reported as a death. */
  close: (farewell: { topic: string; payload: string } | null) => Promise<void>
}

export type BrokerListener = (event: BrokerEvent) => void
