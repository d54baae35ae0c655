/** What a folder and a feed have in common: where they tell what they find, and how they are looked at again and again. */
import type { FoundAlert } from '../../agent/ports/alert-sound.ts'
import type { Clock, Timer } from '../../player/ports/clock.ts'

export type SourceEvents = {
  found: (alert: FoundAlert) => void
  /** What is wrong with this source; null: nothing any more. Only called when it changes. */
  fault: (source: string, detail: string | null) => void
}

export type AlertSourceHandle = { close: () => Promise<void> }

/** A person reads one alarm, not one for each look. */
export const faultTeller = (source: string, events: SourceEvents) => {
  let told: string | null = null
  return (detail: string | null) => {
    if (detail === told) return
    // An alarm that is raised keeps its words, so the old one ends first.
    if (told !== null && detail !== null) events.fault(source, null)
    told = detail
    events.fault(source, detail)
  }
}

/** Also when it is asked for again and again, as a folder does that is written to all the time. */
const GAP_MS = 50

type Looking = {
  clock: Pick<Clock, 'after'>
  name: string
  /** Looks once; resolves with the pause until the next time. Must not reject. */
  look: (signal: AbortSignal) => Promise<number>
}

/** One look at a time; `now` asks for one at once, or right after the one that is under way. */
export const lookAgain = ({ clock, name, look }: Looking) => {
  const abort = new AbortController()
  let timer: Timer | null = null
  let running: Promise<void> | null = null
  let isAsked = false
  const isClosed = () => abort.signal.aborted
  const arm = (delayMs: number) => {
    timer?.cancel()
    timer = clock.after(name, delayMs, () => {
      timer = null
      start()
    })
  }
  const start = () => {
    if (isClosed()) return
    isAsked = false
    running = look(abort.signal).then((pauseMs) => {
      running = null
      if (!isClosed()) arm(isAsked ? GAP_MS : pauseMs)
    })
  }
  return {
    now: () => {
      isAsked = true
      if (running === null && !isClosed()) arm(0)
    },
    close: async () => {
      abort.abort()
      timer?.cancel()
      await running
    },
  }
}
