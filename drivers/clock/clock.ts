/** The real clock: calendar from the system, elapsed time from the monotonic counter, trust from whoever keeps the time. */
import { performance } from 'node:perf_hooks'
import { elapsedMs, wallMs, type ElapsedMs, type WallMs } from '../../player/plan/time.ts'
import type { Clock, ClockTrust, Timer } from '../../player/ports/clock.ts'
import { askSystem, type AskSync } from './trust.ts'

export type ClockOptions = {
  /** `battery`: the clock was kept while the power was off and is believed before a server confirms it. */
  source: 'ntp' | 'battery'
  askSync?: AskSync
  /** How long to wait before the system is asked again, while unconfirmed and once confirmed. */
  pollMs?: { unconfirmed: number; confirmed: number }
}

/** Programmes wait for the first confirmation, so that is looked for often; each question costs a process. */
const POLL_MS = { unconfirmed: 5_000, confirmed: 60_000 }

/** Node cuts longer waits to 1 ms. */
const TIMER_MS_MAX = 2 ** 31 - 1

const wallNow = (): WallMs => wallMs(Date.now())
const elapsedNow = (): ElapsedMs => elapsedMs(performance.now())

/** Longer waits than a timer can hold go in pieces. Never early: Node may fire a millisecond before its time. */
const after = (_name: string, delayMs: number, task: () => void): Timer => {
  const dueAt = elapsedNow() + Math.max(0, delayMs)
  let timer: NodeJS.Timeout
  const wait = () => {
    const leftMs = dueAt - elapsedNow()
    if (leftMs <= 0) task()
    else timer = setTimeout(wait, Math.min(TIMER_MS_MAX, Math.ceil(leftMs)))
  }
  timer = setTimeout(wait, Math.min(TIMER_MS_MAX, Math.max(0, Math.ceil(delayMs))))
  return { cancel: () => clearTimeout(timer) }
}

/** Begins in doubt and asks at once: the start of the agent does not wait for a slow time service. */
export const openClock = (options: ClockOptions): Clock & { close: () => void } => {
  const { source, askSync = askSystem, pollMs = POLL_MS } = options
  let trust: ClockTrust = source === 'battery' ? 'holdover' : 'unsynced'
  let poll: Timer | null = null
  let isClosed = false
  const look = async () => {
    const sync = await askSync()
    // A source that fell silent confirms nothing, but what it set is still set.
    if (sync === 'yes') trust = 'synced'
    else if (trust === 'synced') trust = 'holdover'
    if (isClosed) return
    poll = after('clock-trust', trust === 'synced' ? pollMs.confirmed : pollMs.unconfirmed, () => void look())
  }
  void look()
  return {
    wall: wallNow,
    elapsed: elapsedNow,
    trust: () => trust,
    after,
    close: () => {
      isClosed = true
      poll?.cancel()
    },
  }
}
