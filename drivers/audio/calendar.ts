/**
 * How far the calendar is ahead of the monotonic clock, finer than the calendar is told. Node tells it in whole milliseconds, cut
 * off, so two boxes that read it once each may be a millisecond apart, which between two loudspeakers is heard. Where it turns
 * from one millisecond to the next it is known to the microsecond.
 */
import type { MonotonicMs } from './messages.ts'

export type Clocks = { wall: () => number; monotonic: () => MonotonicMs }

export type Calendar = {
  /** Of now; looked at anew, for at most a few milliseconds, when it cannot be what it was. */
  offsetMs: () => number
  /** Looks at it anew, whether or not it seems to have been set. */
  look: () => number
}

/** A turn is waited for so long: two of them, and a little. */
const LOOK_MS_MAX = 2.5
/** Seen within this it is sharp enough; a process that was put aside meanwhile sees it later. */
const SHARP_MS = 0.02
/** The calendar is at most a millisecond ahead of what it tells. */
const TOLD_MS = 1
const TOLERANCE_MS = 0.1

/** The sharpest turn that comes within the time; without any (a calendar that stands still), what is told. */
const lookAt = ({ wall, monotonic }: Clocks): number => {
  let told = wall()
  let before = monotonic()
  const until = before + LOOK_MS_MAX
  let offsetMs = told - before
  let width = Number.POSITIVE_INFINITY
  while (before < until && width > SHARP_MS) {
    const now = wall()
    const after = monotonic()
    if (now === told + 1 && after - before < width) {
      width = after - before
      offsetMs = now - (before + after) / 2
    }
    told = now
    before = after
  }
  return offsetMs
}

export const openCalendar = (clocks: Clocks): Calendar => {
  let known = lookAt(clocks)
  const look = () => (known = lookAt(clocks))
  return {
    look,
    offsetMs: () => {
      const behindMs = known - (clocks.wall() - clocks.monotonic())
      const fits = behindMs > -TOLERANCE_MS && behindMs < TOLD_MS + TOLERANCE_MS
      return fits ? known : look()
    },
  }
}
