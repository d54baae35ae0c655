import type { ElapsedMs, WallMs } from '../plan/time.ts'

/**
 * How far the calendar clock may be believed.
 * - `unsynced`: nothing has set it since boot; it may be years off.
 * - `holdover`: it was set, or a battery kept it, but nothing confirms it now.
 * - `synced`: a time source confirms it now.
 */
export type ClockTrust = 'unsynced' | 'holdover' | 'synced'

export type Timer = { cancel: () => void }

/** The only source of time. Timers carry a name so that a hang can be told from a wait. */
export interface Clock {
  wall: () => WallMs
  elapsed: () => ElapsedMs
  trust: () => ClockTrust
  /** Calls `task` once, `delayMs` of elapsed time from now (at least 0, at most 2^31-1). */
  after: (name: string, delayMs: number, task: () => void) => Timer
}
