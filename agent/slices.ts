/** Long work in slices, so that an alert that comes in meanwhile never waits for it. */

/** Resolves when everything else that is due has had its turn; awaited between two slices. */
export type Breathe = () => Promise<void>

/** Immediates run after what came in from outside was handed over: each breath lets the whole loop go round. */
export const breathe: Breathe = () => new Promise((resolve) => setImmediate(resolve))

/** Runs work that pauses after each step, and breathes after every `stepsPerSlice` of them. */
export const inSlices = async <T>(work: Generator<void, T>, stepsPerSlice: number, pause: Breathe): Promise<T> => {
  for (let steps = 1; ; steps += 1) {
    const { done, value } = work.next()
    if (done === true) return value
    if (steps % stepsPerSlice === 0) await pause()
  }
}

/** As `inSlices`, given up between two slices once nobody waits for it any more: null. */
export const inSlicesWhile = async <T>(
  work: Generator<void, T>,
  stepsPerSlice: number,
  isAwaited: () => boolean,
): Promise<T | null> => {
  for (let steps = 1; ; steps += 1) {
    const { done, value } = work.next()
    if (done === true) return value
    if (steps % stepsPerSlice !== 0) continue
    await breathe()
    if (!isAwaited()) return null
  }
}

/** The same work at once, for what is small. */
export const atOnce = <T>(work: Generator<void, T>): T => {
  for (;;) {
    const { done, value } = work.next()
    if (done === true) return value
  }
}
