/** From the start of an announcement to its end: shows how it goes, begins a file in time, and says why it is over. */
import { pause, type LiveClock } from './clock.ts'
import type { Sender, SenderFault } from './sender.ts'
import type { LiveEnd } from './words.ts'

export type Spoken = { end: LiveEnd; fault: SenderFault | null }

/** `recentDb`: the loudest of the last seconds, since people pause. */
export type SpeakingFacts = { elapsedMs: number; levelDb: number; recentDb: number; listeners: number }

export type SessionOptions = {
  sender: Sender
  maxMs: number
  clock: LiveClock
  /** Aborted by whoever speaks. */
  signal: AbortSignal
  show: (facts: SpeakingFacts) => void
  /** Whether what carries the announcement is gone. */
  isLost?: () => boolean
}

const TURN_MS = 200
/** Turns that make five seconds. */
const RECENT_TURNS = 25
/** From the first listener to the first word of a file: time for the others, too. */
const BEGIN_GRACE_MS = 1_000
/** A file begins after this all the same. */
const BEGIN_MS_MAX = 5_000
/** What was said is heard everywhere after this: then the stop cuts nothing off. */
export const LAST_WORDS_MS = 1_000

export const speak = async (options: SessionOptions): Promise<Spoken> => {
  const { sender, maxMs, clock, signal, show, isLost = () => false } = options
  const startedAt = clock.elapsed()
  let listenedAt: number | null = null
  const recent: number[] = []
  let ended: Spoken | null = null
  void sender.ended.then((how) => {
    ended =
      how.kind === 'failed'
        ? { end: 'source-failed', fault: how.fault }
        : { end: how.kind === 'end-of-file' ? 'end-of-file' : 'asked', fault: null }
  })
  const isOver = (elapsedMs: number): Spoken | null => {
    if (signal.aborted) return { end: 'asked', fault: null }
    if (ended !== null) return ended
    if (elapsedMs >= maxMs) return { end: 'time-over', fault: null }
    return isLost() ? { end: 'agent-gone', fault: null } : null
  }
  for (;;) {
    const now = clock.elapsed()
    const elapsedMs = now - startedAt
    if (sender.listeners() > 0) listenedAt ??= now
    const isListened = listenedAt !== null && now - listenedAt >= BEGIN_GRACE_MS
    if (isListened || elapsedMs >= BEGIN_MS_MAX) sender.begin()
    const over = isOver(elapsedMs)
    if (over !== null) {
      sender.hush()
      return over
    }
    const levelDb = sender.levelDb()
    recent.push(levelDb)
    if (recent.length > RECENT_TURNS) recent.shift()
    show({ elapsedMs, levelDb, recentDb: Math.max(...recent), listeners: sender.listeners() })
    await pause(clock, TURN_MS)
  }
}
