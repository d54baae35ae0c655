/** What switches one amplifier: a line of GPIO, or a register. */
export type Switch = {
  /** Returns at once; told of by `switched` and `not-switched`. */
  switchTo: (isOn: boolean) => void
  /** Off, and the line free. */
  close: () => Promise<void>
}

const RETRY_MS = 1_000
const RETRY_MS_MAX = 30_000

/** After a failure it is tried again: a relay that comes back in the middle of a siren is still of use. */
export const retryDelayMs = (failures: number): number => Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(failures, 5))
