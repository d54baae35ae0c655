/** Waits for a condition, and fails loudly with what was missed. */
const POLL_MS = 10
const WAIT_MS_MAX = 20_000

export const until = async (what: string, holds: () => boolean): Promise<void> => {
  const end = performance.now() + WAIT_MS_MAX
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${WAIT_MS_MAX} ms in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
