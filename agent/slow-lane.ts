/**
 * The lane beside the loop for what takes long and is not urgent: schedules, manifests, and whatever else is large. One after
 * the other, in the order in which they came, each in slices between which the loop goes on; what comes out goes through the
 * inbox like everything else and is obeyed there. An alert never stands behind it.
 */
import type { AcceptedMessage } from './ports/state-store.ts'
import { recall, type Recalled, type RecallNeeds } from './recall.ts'
import type { IncomingMessage, Prepared, Receive } from './receive.ts'
import { breathe, type Breathe } from './slices.ts'
import { dropOrphans } from './token-parts.ts'
import { LONG_BYTES } from './verify.ts'

/** What may wait in the lane. A box that is offered more says so and drops, rather than grow; the broker retains it. */
export const WAITING_MAX = 256
export const WAITING_BYTES_MAX = 48_000_000

export type SlowEvent =
  | { kind: 'prepared'; prepared: Prepared }
  | { kind: 'recalled'; recalled: Recalled }
  /** A broken invariant: the loop throws it. */
  | { kind: 'broken'; error: unknown }

export type SlowLane = {
  /** False: the lane is full, and the message was dropped. */
  put: (event: IncomingMessage) => boolean
  /** Stored messages, in front of everything that is not here yet. */
  recall: (rows: readonly AcceptedMessage[]) => void
  /** Lays out the day that is coming, before a decision asks for it. */
  lookAhead: () => void
  /** One of them was dealt with, by the loop. */
  tookUp: () => void
  /** The loop has dealt with the last event: the next may begin. */
  goOn: () => void
  /** Nothing waits and nothing is under way. */
  isIdle: () => boolean
  /** Whether stored schedules are still to be taken up. */
  isRecalling: () => boolean
  /** What waits is let go; nothing comes out any more. A stop waits for none of it. */
  close: () => void
}

type Needs = {
  receive: Pick<Receive, 'prepare'>
  recallNeeds: RecallNeeds
  lookAhead: (pause: Breathe) => Promise<void>
  post: (event: SlowEvent) => void
  pause?: Breathe
}

type Job =
  { kind: 'message'; event: IncomingMessage } | { kind: 'stored'; row: AcceptedMessage } | { kind: 'look-ahead' }

const bytesOf = (event: IncomingMessage): number => (event.kind === 'message' ? event.payload.length : 0)

const SLOW_TOPIC = /^[^/]+\/[^/]+\/down\/(schedule|media)\//

/** The topic is a hint of what is in a message, no more: by the wrong lane it is only slower, or in the way. */
export const isSlow = (event: IncomingMessage): boolean =>
  event.kind === 'message' && (event.payload.length > LONG_BYTES || SLOW_TOPIC.test(event.topic))

export const createSlowLane = ({ receive, recallNeeds, lookAhead, post, pause = breathe }: Needs): SlowLane => {
  const waiting: Job[] = []
  let waitingBytes = 0
  let isRunning = false
  let isClosed = false
  let storedLeft = 0
  let dealtWith: (() => void) | null = null

  /** Null: nothing comes of it that the loop should know. */
  const run = async (job: Job): Promise<SlowEvent | null> => {
    switch (job.kind) {
      case 'stored':
        return { kind: 'recalled', recalled: await recall(recallNeeds, job.row, pause) }
      case 'message':
        return { kind: 'prepared', prepared: await receive.prepare(job.event, pause) }
      case 'look-ahead':
        await lookAhead(pause)
        return null
    }
  }

  /** One at a time: the next is judged by what the one before has changed. */
  const runAll = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      if (job.kind === 'message') waitingBytes -= bytesOf(job.event)
      const event = await run(job)
      if (isClosed) return
      if (event === null) continue
      await new Promise<void>((resolve) => {
        dealtWith = resolve
        post(event)
      })
    }
    await dropOrphans(recallNeeds.store, pause)
  }
  const start = () => {
    if (isRunning || isClosed) return
    isRunning = true
    runAll().then(
      () => {
        isRunning = false
        // Something may have come in while the last orphans were dropped.
        if (waiting.length > 0) start()
      },
      (error: unknown) => post({ kind: 'broken', error }),
    )
  }
  return {
    put: (event) => {
      if (waiting.length >= WAITING_MAX || waitingBytes + bytesOf(event) > WAITING_BYTES_MAX) return false
      waiting.push({ kind: 'message', event })
      waitingBytes += bytesOf(event)
      start()
      return true
    },
    recall: (rows) => {
      for (const row of rows) waiting.push({ kind: 'stored', row })
      storedLeft += rows.length
      start()
    },
    lookAhead: () => {
      if (waiting.some(({ kind }) => kind === 'look-ahead')) return
      waiting.push({ kind: 'look-ahead' })
      start()
    },
    tookUp: () => void (storedLeft -= 1),
    goOn: () => {
      const next = dealtWith
      dealtWith = null
      next?.()
    },
    isIdle: () => !isRunning && waiting.length === 0,
    isRecalling: () => storedLeft > 0,
    close: () => {
      isClosed = true
      waiting.splice(0)
    },
  }
}
