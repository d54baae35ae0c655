/** One line of the table of benchmarks: a figure, its yardstick from the same run, and what it should be. */
export type BenchRow = {
  figure: string
  /** With its unit. */
  value: string
  yardstick: string
  goal: string
  /** Null where the run could not tell. */
  met: boolean | null
}
