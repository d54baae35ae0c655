/**
 * The receiving side: what boxes report is checked, kept once, and confirmed by receipts. Callbacks only enqueue; one drain
 * takes a batch in one commit, and only what is committed is told to the listener or confirmed to a box.
 */
import { randomUUID } from 'node:crypto'
import { headEndSubscriptions } from '../../agent/protocol/topics.ts'
import { addMs, type WallMs } from '../../player/plan/time.ts'
import { chainBreaks, type ChainBreak } from './chain-check.ts'
import { messageOf } from './clear-error.ts'
import type { Line, LineEvent, LineMessage } from './line.ts'
import { sendReceipt } from './orders.ts'
import type { OutboxKey, ReceivedStore, Taken } from './received-store.ts'
import type { SentStore } from './sent-store.ts'
import type { SigningKey } from './sign.ts'
import { readUplink, type ReadUplink, type Uplink } from './uplink-read.ts'

export type HeadEndEvent =
  | { kind: 'uplink'; uplink: Uplink; taken: Taken; retained: boolean }
  | { kind: 'refused'; topic: string; detail: string; bytes: number }
  | { kind: 'chain-break'; fault: ChainBreak }
  | { kind: 'receipt'; device: string; epoch: string; position: number }
  | { kind: 'receipt-failed'; device: string; detail: string }
  | { kind: 'overloaded'; dropped: number }
  | { kind: 'line'; connected: boolean }

export type ReceiverOptions = {
  store: ReceivedStore & SentStore
  area: string
  /** Signs the receipts; null listens and keeps, and confirms nothing (a level above the one that confirms). */
  signer: SigningKey | null
  now: () => WallMs
  listener: (event: HeadEndEvent) => void
}

export type Receiver = {
  /** Give it to `connectLine` as its listener. */
  onLine: (event: LineEvent) => void
  /** Subscribes and begins to confirm. */
  start: (line: Line) => Promise<void>
  /** Takes what waits, confirms it, and stops. The line and the store are closed by their owner. */
  stop: () => Promise<void>
}

/** Receipts wait this long, so that one covers a burst. */
const RECEIPT_DELAY_MS = 200
const RECEIPT_MS_VALID = 86_400_000
/** Messages that wait for the next drain; more are dropped, and reliable ones come again. */
const INBOX_MAX = 10_000
const BATCH_MAX = 500

const keyText = ({ device, epoch }: OutboxKey): string => `${device} ${epoch}`

/** Where a message stands in the outbox of its box; a state or heartbeat stands nowhere. */
const placeOf = (read: ReadUplink) => {
  if (read.kind === 'refused') return read.claimed
  const { uplink } = read
  if (uplink.kind === 'state' || uplink.kind === 'heartbeat') return null
  const { device, epoch, position } = uplink.message
  return { device, epoch, position }
}

export const makeReceiver = ({ store, area, signer, now, listener }: ReceiverOptions): Receiver => {
  const inbox: LineMessage[] = []
  const due = new Map<string, OutboxKey>()
  let line: Line | null = null
  let draining: NodeJS.Immediate | null = null
  let receiptTimer: NodeJS.Timeout | null = null
  let sending: Promise<void> = Promise.resolve()
  let dropped = 0
  let stopped = false

  const takeOne = ({ topic, payload, retained }: LineMessage): HeadEndEvent => {
    const receivedAt = now()
    const read = readUplink(topic, payload)
    const place = placeOf(read)
    // A refused message is kept as it came and counts as held: it would else stop every receipt of its box for good.
    if (place !== null) {
      store.hold(place, receivedAt)
      due.set(keyText(place), place)
    }
    if (read.kind === 'refused') {
      store.refuse({ topic, detail: read.detail, payload, receivedAt })
      return { kind: 'refused', topic, detail: read.detail, bytes: payload.length }
    }
    const taken = store.take(read.uplink, receivedAt)
    if (taken === 'conflict')
      store.refuse({ topic, detail: 'a record id that is here with other content', payload, receivedAt })
    return { kind: 'uplink', uplink: read.uplink, taken, retained }
  }

  /** Confirms one outbox, and checks the chain up to there: before, a gap may only be a message on its way. */
  const confirmOne = (key: OutboxKey): { position: number; breaks: ChainBreak[] } =>
    store.atOnce(() => {
      const { now: position, chain } = store.confirm(key, now())
      const { breaks, last } = chainBreaks({ ...key, records: store.chainAfter(key, chain.sequence, position) }, chain)
      store.setChain(key, last)
      return { position, breaks }
    })

  const confirmDue = async (): Promise<void> => {
    const keys = [...due.values()]
    due.clear()
    for (const { device, epoch } of keys) {
      const { position, breaks } = confirmOne({ device, epoch })
      for (const fault of breaks) listener({ kind: 'chain-break', fault })
      if (signer === null || line === null || position === 0) continue
      try {
        const issued = now()
        await sendReceipt(
          { line, store, signer },
          { device, epoch, position, issued, expires: addMs(issued, RECEIPT_MS_VALID), messageId: randomUUID() },
        )
        listener({ kind: 'receipt', device, epoch, position })
      } catch (error) {
        // The box sends again what is not confirmed, and that asks for this receipt again.
        listener({ kind: 'receipt-failed', device, detail: messageOf(error) })
      }
    }
  }

  const askForReceipts = (): void => {
    if (receiptTimer !== null || stopped || due.size === 0) return
    receiptTimer = setTimeout(() => {
      receiptTimer = null
      sending = sending.then(confirmDue)
    }, RECEIPT_DELAY_MS)
  }

  const drain = (): void => {
    draining = null
    const batch = inbox.splice(0, BATCH_MAX)
    const events = store.atOnce(() => batch.map(takeOne))
    events.forEach(listener)
    if (dropped > 0) listener({ kind: 'overloaded', dropped })
    dropped = 0
    askForReceipts()
    if (inbox.length > 0) draining = setImmediate(drain)
  }

  return {
    onLine: (event) => {
      if (event.kind !== 'message') {
        listener({ kind: 'line', connected: event.kind === 'connected' })
        return
      }
      // An empty one clears what the broker retains of a box that is taken down; it tells nothing.
      if (stopped || event.payload.byteLength === 0) return
      if (inbox.length >= INBOX_MAX) dropped += 1
      else inbox.push(event)
      draining ??= setImmediate(drain)
    },
    start: async (opened) => {
      line = opened
      await opened.subscribe(headEndSubscriptions(area))
    },
    stop: async () => {
      stopped = true
      if (draining !== null) clearImmediate(draining)
      while (inbox.length > 0) drain()
      if (draining !== null) clearImmediate(draining)
      if (receiptTimer !== null) clearTimeout(receiptTimer)
      await sending
      await confirmDue()
    },
  }
}
