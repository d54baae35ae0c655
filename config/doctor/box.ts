/** What every check is given: the box as it is, so that a test can give another one. */
import type { Run } from './run.ts'

export type Box = {
  run: Run
  /** Milliseconds since 1970. */
  now: () => number
  /** Milliseconds that only run forward, for measuring. */
  elapsed: () => number
  /** 0 to 1, for a client name that collides with nobody's. */
  chance: () => number
  user: string
  nodeVersion: string
  commandVersion: string
  /** Where `/dev`, `/sys`, `/run`, `/tmp` and `/proc` hang. */
  root: string
}

export const errorCodeOf = (error: unknown): string => {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.message : String(error)
}
