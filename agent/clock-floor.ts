/**
 * The last moment that is known to be past. Written while the clock may be believed; read when it may not, to judge what
 * has expired. It only rises.
 */
import type { ClockTrust } from '../player/ports/clock.ts'
import { formatUtc, parseWall, type WallMs } from '../player/plan/time.ts'
import type { StateStore } from './ports/state-store.ts'

const NAME = 'clock-floor'

/** Not before Loa existed: the floor of a box that never knew the time. */
const FIRST_FLOOR = parseWall('2026-01-01T00:00:00Z')

/** The floor is written this often. */
const WRITE_MS = 60_000

export type ClockFloor = {
  at: () => WallMs
  /** Called once a turn of the loop. */
  raise: (now: WallMs, trust: ClockTrust) => void
}

export const createClockFloor = (store: Pick<StateStore, 'getValue' | 'setValue'>): ClockFloor => {
  const stored = store.getValue(NAME)
  let floor = stored === null ? FIRST_FLOOR : parseWall(stored)
  return {
    at: () => floor,
    raise: (now, trust) => {
      if (trust === 'unsynced' || now - floor < WRITE_MS) return
      floor = now
      store.setValue(NAME, formatUtc(floor))
    },
  }
}
