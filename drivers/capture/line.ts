/**
 * What was captured, and when each sample of it was in the air. A program can be late with what it hands over, never early, so of
 * the arrivals of each second the earliest is the truest; a line through those of the last half minute follows a converter
 * whose clock is not ours. Pure but for its memory, which is fixed.
 */
import { highPass } from './high-pass.ts'
import { type MonotonicMs, msOfSamples, RATE_HZ } from './messages.ts'

const SECONDS_KEPT = 16
const SAMPLES_KEPT = SECONDS_KEPT * RATE_HZ
/** Seconds in which the line is fitted. */
const FITTED_MAX = 30
/** A slope of its clock needs a few seconds to show; before, our own is taken. */
const FITTED_MIN = 8
/** The largest drift of a converter that still works, as a fraction. */
const DRIFT_MAX = 0.000_5
/** Samples were lost, or the machine slept: from here on it is another line. */
const STEP_MS = 40

export type Line = {
  /** As it arrived, signed 16-bit. */
  push: (samples: Int16Array, arrivedAt: MonotonicMs) => void
  /** How far it reaches. */
  reachesTo: () => MonotonicMs
  /** Since when it is known. */
  knownFrom: () => MonotonicMs
  /**
   * What was in the air from that moment on, 0 where it is not known (yet); the outcome begins up to half a sample off, by
   * `offMs`.
   */
  read: (from: MonotonicMs, into: Float32Array) => { offMs: number; knownSamples: number }
}

type Earliest = { sample: number; at: MonotonicMs }

/** When sample 0 was in the air, and how long a sample takes. */
const fit = (points: readonly Earliest[]): { zeroAt: MonotonicMs; sampleMs: number } => {
  const plainMs = msOfSamples(1)
  const [first] = points
  if (first === undefined) return { zeroAt: 0, sampleMs: plainMs }
  // Late arrivals bend the line; each point says how late it is against our own clock.
  const late = points.map(({ sample, at }) => at - first.at - (sample - first.sample) * plainMs)
  const zeroOf = (lateMs: number) => first.at + lateMs - first.sample * plainMs
  if (points.length < FITTED_MIN) return { zeroAt: zeroOf(Math.min(...late)), sampleMs: plainMs }
  const count = points.length
  const meanSample = points.reduce((sum, { sample }) => sum + sample, 0) / count
  const meanLate = late.reduce((sum, ms) => sum + ms, 0) / count
  let over = 0
  let under = 0
  for (const [index, { sample }] of points.entries()) {
    over += (sample - meanSample) * ((late[index] ?? 0) - meanLate)
    under += (sample - meanSample) ** 2
  }
  const limit = DRIFT_MAX * plainMs
  const slope = Math.max(-limit, Math.min(limit, under === 0 ? 0 : over / under))
  // The line lies under the points, not among them.
  const lowest = Math.min(...points.map(({ sample }, index) => (late[index] ?? 0) - slope * (sample - first.sample)))
  return { zeroAt: zeroOf(lowest) - slope * first.sample, sampleMs: plainMs + slope }
}

export const createLine = (): Line => {
  const filter = highPass()
  const kept = new Float32Array(SAMPLES_KEPT)
  let count = 0
  let points: Earliest[] = []
  let firstSample = 0
  let line = fit([])

  const learn = (arrivedAt: MonotonicMs) => {
    const point = { sample: count, at: arrivedAt }
    const last = points.at(-1)
    const isSameSecond = last !== undefined && Math.floor(last.sample / RATE_HZ) === Math.floor(count / RATE_HZ)
    const lateMs = (of: Earliest) => of.at - (line.zeroAt + of.sample * line.sampleMs)
    // Earlier than can be, or a whole second late: samples came twice or were lost, and the line begins anew.
    const isStep = points.length > 1 && (lateMs(point) < -STEP_MS || (!isSameSecond && last !== undefined && isLate(last)))
    if (isStep) {
      points = [point]
      firstSample = count
    } else if (!isSameSecond) points = [...points, point].slice(-FITTED_MAX)
    else if (lateMs(point) < lateMs(last)) points = [...points.slice(0, -1), point]
    line = fit(points)
  }
  const isLate = (last: Earliest): boolean => {
    const before = fit(points.slice(0, -1))
    return last.at - (before.zeroAt + last.sample * before.sampleMs) > STEP_MS
  }

  return {
    push: (samples, arrivedAt) => {
      const piece = Float32Array.from(samples, (sample) => sample / 32_768)
      filter.run(piece)
      for (const [index, sample] of piece.entries()) kept[(count + index) % SAMPLES_KEPT] = sample
      count += piece.length
      learn(arrivedAt)
    },
    reachesTo: () => line.zeroAt + count * line.sampleMs,
    knownFrom: () => line.zeroAt + Math.max(firstSample, count - SAMPLES_KEPT) * line.sampleMs,
    read: (from, into) => {
      const exact = (from - line.zeroAt) / line.sampleMs
      const first = Math.round(exact)
      const [known, end] = [Math.max(firstSample, count - SAMPLES_KEPT), count]
      const knownSamples = Math.max(0, Math.min(end, first + into.length) - Math.max(known, first))
      for (let index = 0; index < into.length; index += 1) {
        const sample = first + index
        into[index] = sample >= known && sample < end ? (kept[sample % SAMPLES_KEPT] ?? 0) : 0
      }
      return { offMs: (first - exact) * line.sampleMs, knownSamples }
    },
  }
}
