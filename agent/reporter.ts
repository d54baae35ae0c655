/**
 * Empties the outbox towards the head-end. A row leaves the store only when a receipt covers it: the broker's own
 * acknowledgement says that the broker has it, not that anyone read it.
 */
import type { Clock, Timer } from '../player/ports/clock.ts'
import type { Broker } from './ports/broker.ts'
import type { OutboxKind, StateStore } from './ports/state-store.ts'

/** Rows published before the answer of the first is awaited. */
const BATCH_ROWS_MAX = 64

/** Without a receipt, everything that waits is sent again after this, then after twice as long, up to the maximum. */
const RESEND_MS = 20_000
const RESEND_MS_MAX = 600_000

/** A publish that failed is tried again after this while the line is up. */
const RETRY_MS = 5_000

export type ReporterEvent = { kind: 'published'; upTo: number } | { kind: 'publish-failed'; error: string }

export type Reporter = {
  connected: () => void
  disconnected: () => void
  /** Something new is in the outbox. */
  pump: () => void
  apply: (event: ReporterEvent) => void
  receipt: (epoch: string, position: number) => void
}

type Needs = {
  store: Pick<StateStore, 'outbox' | 'outboxSize' | 'acknowledge' | 'epoch'>
  broker: Pick<Broker, 'publish'>
  topicOf: (kind: OutboxKind) => string
  clock: Clock
  post: (event: ReporterEvent) => void
}

export const createReporter = ({ store, broker, topicOf, clock, post }: Needs): Reporter => {
  let isConnected = false
  let isPublishing = false
  let cursor = 0
  let resendMs = RESEND_MS
  let timer: Timer | null = null

  const cancelTimer = () => {
    timer?.cancel()
    timer = null
  }
  const later = (name: string, delayMs: number, task: () => void) => {
    cancelTimer()
    timer = clock.after(name, delayMs, () => {
      timer = null
      task()
    })
  }
  const pump = () => {
    if (!isConnected || isPublishing) return
    const rows = store.outbox(cursor, BATCH_ROWS_MAX)
    const last = rows.at(-1)
    if (last === undefined) {
      if (timer === null && store.outboxSize() > 0)
        later('resend', resendMs, () => {
          resendMs = Math.min(resendMs * 2, RESEND_MS_MAX)
          cursor = 0
          pump()
        })
      return
    }
    isPublishing = true
    Promise.all(
      rows.map(({ kind, payload }) => broker.publish(topicOf(kind), payload, { qos: 1, retain: false })),
    ).then(
      () => post({ kind: 'published', upTo: last.position }),
      (error: unknown) =>
        post({ kind: 'publish-failed', error: error instanceof Error ? error.message : String(error) }),
    )
  }
  return {
    connected: () => {
      isConnected = true
      cursor = 0
      resendMs = RESEND_MS
      cancelTimer()
      pump()
    },
    disconnected: () => {
      isConnected = false
      cancelTimer()
    },
    pump,
    apply: (event) => {
      isPublishing = false
      if (event.kind === 'publish-failed') {
        later('republish', RETRY_MS, pump)
        return
      }
      cursor = Math.max(cursor, event.upTo)
      pump()
    },
    receipt: (epoch, position) => {
      if (epoch !== store.epoch()) return
      store.acknowledge(position)
      resendMs = RESEND_MS
      if (store.outboxSize() === 0) cancelTimer()
    },
  }
}
