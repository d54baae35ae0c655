/** When to try again. A broker that restarts must not meet every box of a province in the same instant. */

export const RETRY_MS_MIN = 1_000
export const RETRY_MS_MAX = 60_000
/** The first try after a break is spread over this much, the next over twice as much, and so on. */
const FIRST_SPREAD_MS = 4_000

/** `tries` counts the failures since a connection last held; `chance` gives [0, 1). */
export const retryDelayMs = (tries: number, chance: () => number): number => {
  const ceilingMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN + FIRST_SPREAD_MS * 2 ** Math.min(tries, 20))
  return Math.round(RETRY_MS_MIN + chance() * (ceilingMs - RETRY_MS_MIN))
}
