/** Time as the senders of live announcements need it; handed in, so that nothing here reads a clock by itself. */
export type LiveClock = {
  /** Milliseconds since 1970, as the calendar has it. */
  now: () => number
  /** Milliseconds since an arbitrary moment; never runs back. */
  elapsed: () => number
  /** Calls `task` once; the answer calls it off. */
  after: (delayMs: number, task: () => void) => () => void
}

export const pause = (clock: LiveClock, delayMs: number): Promise<void> =>
  new Promise((resolve) => void clock.after(delayMs, resolve))
