/** Everything that the head-end heard, kept in order; and waiting for something to come among it. */
import type { HeartbeatMessage } from '../../agent/protocol/uplink.ts'
import { ClearError } from '../head-end/clear-error.ts'
import type { HeadEndEvent } from '../head-end/receive.ts'
import type { UplinkMessage } from '../head-end/uplink-read.ts'

export type News = {
  hear: (event: HeadEndEvent) => void
  /** Resolves with the first event, past or coming, that matches; rejects with a sentence when none came in time. */
  wait: <T>(match: (event: HeadEndEvent) => T | null, limits: { claim: string; msMax: number }) => Promise<T>
}

/** A demo of hours hears thousands; what is awaited is always among the last. */
const KEPT_MAX = 5_000

export const openNews = (signal: AbortSignal, onEvent: (event: HeadEndEvent) => void): News => {
  const kept: HeadEndEvent[] = []
  const watchers = new Set<(event: HeadEndEvent) => void>()
  return {
    hear: (event) => {
      if (kept.push(event) > KEPT_MAX) kept.shift()
      onEvent(event)
      for (const watcher of watchers) watcher(event)
    },
    wait: (match, { claim, msMax }) =>
      new Promise((resolve, reject) => {
        for (const event of kept) {
          const found = match(event)
          if (found === null) continue
          resolve(found)
          return
        }
        const finish = () => {
          clearTimeout(timer)
          watchers.delete(watcher)
          signal.removeEventListener('abort', aborted)
        }
        const watcher = (event: HeadEndEvent) => {
          const found = match(event)
          if (found === null) return
          finish()
          resolve(found)
        }
        const aborted = () => {
          finish()
          reject(signal.reason instanceof Error ? signal.reason : new Error('interrupted'))
        }
        const timer = setTimeout(() => {
          finish()
          reject(new ClearError(`${claim} (${Math.round(msMax / 1_000)} s)`))
        }, msMax)
        watchers.add(watcher)
        signal.addEventListener('abort', aborted, { once: true })
        if (signal.aborted) aborted()
      }),
  }
}

export const heartbeatOf = (event: HeadEndEvent): HeartbeatMessage | null =>
  event.kind === 'uplink' && event.uplink.kind === 'heartbeat' ? event.uplink.message : null

export const stateOf = (event: HeadEndEvent): UplinkMessage<'state'> | null =>
  event.kind === 'uplink' && event.uplink.kind === 'state' ? event.uplink.message : null

export const acknowledgementOf = (event: HeadEndEvent): UplinkMessage<'acknowledgement'> | null =>
  event.kind === 'uplink' && event.uplink.kind === 'acknowledgement' ? event.uplink.message : null

/** Each record once, however often it came. */
export const newRecordOf = (event: HeadEndEvent): UplinkMessage<'record'>['record'] | null =>
  event.kind === 'uplink' && event.uplink.kind === 'record' && event.taken === 'new'
    ? event.uplink.message.record
    : null
