/** A signal that also says that the time is up. Of our own: a timer of `AbortSignal.timeout` keeps no process alive. */

export type Patience = { signal: AbortSignal; isOver: () => boolean; end: () => void }

export const patience = (signal: AbortSignal, ms: number): Patience => {
  const abort = new AbortController()
  let isOver = false
  const callOff = () => abort.abort()
  const timer = setTimeout(() => {
    isOver = true
    abort.abort()
  }, ms)
  signal.addEventListener('abort', callOff)
  if (signal.aborted) callOff()
  return {
    signal: abort.signal,
    isOver: () => isOver,
    end: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', callOff)
    },
  }
}
