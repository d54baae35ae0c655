/** What is said of a handful of samples. A percentile is a sample that was seen, not a value between two. */

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)

/** The smallest sample that at least `share` of all are not above; NaN of none. */
export const percentile = (values: readonly number[], share: number): number =>
  sorted(values)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? Number.NaN

export const median = (values: readonly number[]): number => percentile(values, 0.5)
export const worst = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0)

export type Point = { x: number; y: number }

/** Of the straight line that fits best (least squares); NaN where all have the same x. */
export const slopeOf = (points: readonly Point[]): number => {
  const mean = (of: (point: Point) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [x0, y0] = [mean(({ x }) => x), mean(({ y }) => y)]
  const [across, along] = [mean(({ x, y }) => (x - x0) * (y - y0)), mean(({ x }) => (x - x0) ** 2)]
  return across / along
}

const ms = (value: number): string => `${value.toFixed(1)} ms`

/** `3.1 ms median, 8.0 ms p99, 8.0 ms worst (30)`; of errors that may be early as well, the size counts. */
export const spread = (samples: readonly number[]): string => {
  if (samples.length === 0) return 'nothing heard'
  const sizes = samples.map(Math.abs)
  return `${ms(median(sizes))} median, ${ms(percentile(sizes, 0.99))} p99, ${ms(worst(sizes))} worst (n = ${samples.length})`
}
