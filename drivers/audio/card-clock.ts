/**
 * Where the card is. The library tells neither its delay nor how full its buffer is. But a write that does not fit waits, and it
 * ends at the moment when the card has used up a period: that moment, and the count of periods, say when each frame is heard.
 * A delay-locked loop (F. Adriaensen, "Using a DLL to filter time", 2005) makes of many such moments one steady line. Pure.
 *
 * A moment can be told late, by a busy machine, and never early: so of the last ones the earliest counts.
 */
import type { MonotonicMs } from './messages.ts'
import { RATE } from './pcm.ts'

/** The library asks ALSA for half a second of buffer, and takes a quarter of it as the period. */
export const PERIOD_FRAMES = RATE / 8

export type CardClock = {
  /** When frame 0 of this run was heard. */
  startAt: MonotonicMs
  /** Frames per millisecond of our clock. */
  pace: number
  /** Lateness of the last moments against this line, in ms. */
  late: readonly number[]
  /** How many moments have been told in this run. */
  moments: number
  /** Moments in a row that did not fit in. */
  strays: number
}

/** About a second: long enough to hold one that is hardly late. */
const WINDOW = 8
/** At first the line goes where the moments are, then it follows slowly: 0.05 Hz, critically damped. */
const FIRST_GAIN = 0.7
const GAIN = 0.06
const PACE_GAIN = 0.0018
/** No crystal is further off; beyond this it is the measurement. */
const PACE_DEVIATION_MAX = 500e-6
/** Further than this from a period's end it was something else that held the write up. */
const STRAY_MS = 25
/** So many in a row: the line itself is wrong, or the card has other periods. */
const STRAYS_MAX = 6
const LOCKED_MOMENTS = 6

const NOMINAL = RATE / 1_000

/** A run that begins at `startAt`; a crystal keeps its pace from one run to the next. */
export const newClock = (startAt: MonotonicMs, pace = NOMINAL): CardClock => ({
  startAt,
  pace,
  late: [],
  moments: 0,
  strays: 0,
})

export const frameAt = ({ startAt, pace }: CardClock, at: MonotonicMs): number => (at - startAt) * pace
export const timeOf = ({ startAt, pace }: CardClock, frame: number): MonotonicMs => startAt + frame / pace
/** Many have been told, and they agree. */
export const isLocked = ({ moments, strays }: CardClock): boolean => moments >= LOCKED_MOMENTS && strays === 0
/** The card does not behave as is thought here. */
export const isLost = ({ strays }: CardClock): boolean => strays >= STRAYS_MAX

/** The first period that ends after `at`, counted from the beginning of the run. */
export const nextPeriod = (clock: CardClock, at: MonotonicMs): number =>
  Math.max(1, Math.floor(frameAt(clock, at) / PERIOD_FRAMES) + 1)
export const periodEnd = (clock: CardClock, period: number): MonotonicMs => timeOf(clock, period * PERIOD_FRAMES)

/** A write that had to wait for the end of that period has ended at `at`. */
export const withMoment = (clock: CardClock, period: number, at: MonotonicMs): CardClock => {
  const lateMs = at - periodEnd(clock, period)
  if (Math.abs(lateMs) > STRAY_MS) return { ...clock, strays: clock.strays + 1 }
  const late = [...clock.late, lateMs].slice(-WINDOW)
  const least = Math.min(...late)
  const moments = clock.moments + 1
  const isSettling = moments <= WINDOW
  const shiftMs = least * (isSettling ? FIRST_GAIN : GAIN)
  // The line turns about this moment, so that what was learnt of it stays.
  const periodMs = PERIOD_FRAMES / clock.pace
  const change = isSettling ? 0 : (-PACE_GAIN * least) / periodMs
  const pace = Math.min(
    NOMINAL * (1 + PACE_DEVIATION_MAX),
    Math.max(NOMINAL * (1 - PACE_DEVIATION_MAX), clock.pace * (1 + change)),
  )
  const frame = period * PERIOD_FRAMES
  return {
    startAt: timeOf(clock, frame) + shiftMs - frame / pace,
    pace,
    late: late.map((ms) => ms - shiftMs),
    moments,
    strays: 0,
  }
}
