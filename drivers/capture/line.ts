/**
 * What was captured, and when each sample of it was in the air. A program can be late with what it hands over, never early, so of
 * the arrivals of each second the earliest is the truest; a line under those of the last two minutes follows a converter
 * whose clock is not ours. Pure but for its memory, which is fixed.
 */
import { highPass } from './high-pass.ts'
import { type MonotonicMs, msOfSamples, RATE_HZ } from './messages.ts'

const SECONDS_KEPT = 16
const SAMPLES_KEPT = SECONDS_KEPT * RATE_HZ
/** Seconds in which the line is fitted. */
const FITTED_MAX = 120
/** A slope of its clock needs some seconds to show, the more so on a busy machine; before, our own is taken. */
const FITTED_MIN = 16
/** The largest drift of a converter that still works, as a fraction. */
const DRIFT_MAX = 0.000_25
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

type Point = { x: number; y: number }

/**
 * Of all lines under the points the one that is nearest to them all: the edge of their lower hull that is under their middle
 * (S. Moon, P. Skelly, D. Towsley: Estimation and removal of clock skew from network delay measurements, 1999). Late arrivals do
 * not move it, as they would a line of least squares.
 */
const slopeUnder = (points: readonly Point[]): number => {
  const hull: Point[] = []
  const turns = (from: Point, over: Point, to: Point) =>
    (over.x - from.x) * (to.y - from.y) - (over.y - from.y) * (to.x - from.x)
  for (const point of points) {
    for (let last = hull.at(-1), before = hull.at(-2); last !== undefined && before !== undefined;) {
      if (turns(before, last, point) > 0) break
      hull.pop()
      ;[last, before] = [hull.at(-1), hull.at(-2)]
    }
    hull.push(point)
  }
  const middle = points.reduce((sum, { x }) => sum + x, 0) / Math.max(1, points.length)
  const end = hull.findIndex(({ x }) => x >= middle)
  const [from, to] = [hull[Math.max(0, end - 1)], hull[Math.max(1, end)]]
  return from === undefined || to === undefined || to.x === from.x ? 0 : (to.y - from.y) / (to.x - from.x)
}

/** When sample 0 was in the air, and how long a sample takes. */
const fit = (earliest: readonly Earliest[]): { zeroAt: MonotonicMs; sampleMs: number } => {
  const plainMs = msOfSamples(1)
  const [first] = earliest
  if (first === undefined) return { zeroAt: 0, sampleMs: plainMs }
  // How late each is against our own clock.
  const points = earliest.map(({ sample, at }) => {
    const x = sample - first.sample
    return { x, y: at - first.at - x * plainMs }
  })
  const limit = DRIFT_MAX * plainMs
  const slope = points.length < FITTED_MIN ? 0 : Math.max(-limit, Math.min(limit, slopeUnder(points)))
  const lowest = Math.min(...points.map(({ x, y }) => y - slope * x))
  const sampleMs = plainMs + slope
  return { zeroAt: first.at + lowest - first.sample * sampleMs, sampleMs }
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
    const isStep =
      points.length > 1 && (lateMs(point) < -STEP_MS || (!isSameSecond && last !== undefined && isLate(last)))
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
