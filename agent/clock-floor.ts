/**
 * What is known of the time over a loss of power, in one value that is written about once a minute.
 *
 * - The floor is the last moment that is known to be past. It only rises: with the clock while that may be believed, else with
 *   the elapsed time of this boot. It judges what has expired.
 * - The lease is a moment that the calendar of this box does not pass before the next write. The calendar of a boot whose
 *   clock cannot be believed begins there: time never runs back over a reboot, and a minute at most is skipped.
 * - `believed` is when the clock was last believed: what was planned since then was not played.
 */
import { addMs, formatUtc, parseWall, wallMs, type WallMs } from '../player/plan/time.ts'
import type { Clock } from '../player/ports/clock.ts'
import type { StateStore } from './ports/state-store.ts'

const NAME = 'clock-floor'

/** Not before Loa existed: the floor of a box that never knew the time. */
export const FIRST_FLOOR = parseWall('2026-01-01T00:00:00Z')

export const WRITE_MS = 60_000

/** A lease that is so far beyond the floor was written by a clock that was badly wrong: it is not followed. */
export const LEASE_MS_MAX = 366 * 86_400_000

export type ClockFloor = {
  at: () => WallMs
  /** When the clock was believed last, before this boot. */
  believedBefore: () => WallMs
  /** Where the calendar of this boot begins if no clock says better. */
  calendarStart: () => WallMs
  /** Called once a turn of the loop, with the clock that the box goes by. */
  raise: (clock: Pick<Clock, 'wall' | 'elapsed' | 'trust'>) => void
}

type Known = { floor: WallMs; lease: WallMs; believed: WallMs }

/** An older program wrote the floor alone. */
const parseKnown = (text: string | null): Known => {
  const [floor, lease, believed] = (text ?? formatUtc(FIRST_FLOOR)).split(' ').map(parseWall)
  if (floor === undefined) throw new Error(`not a clock floor: ${text ?? ''}`)
  return { floor, lease: lease ?? floor, believed: believed ?? floor }
}

type Needs = { store: Pick<StateStore, 'getValue' | 'setValue'>; elapsed: Clock['elapsed'] }

export const createClockFloor = ({ store, elapsed }: Needs): ClockFloor => {
  const before = parseKnown(store.getValue(NAME))
  const isLikely = before.lease > before.floor && before.lease - before.floor <= LEASE_MS_MAX
  const start = isLikely ? before.lease : before.floor
  const startElapsed = elapsed()
  let known: Known = { ...before, lease: start }
  return {
    at: () => known.floor,
    believedBefore: () => before.believed,
    calendarStart: () => start,
    raise: (clock) => {
      const now = clock.wall()
      const isBelieved = clock.trust() !== 'unsynced'
      const past = isBelieved ? now : addMs(before.floor, clock.elapsed() - startElapsed)
      const isLeaseRight = now < known.lease && known.lease - now <= WRITE_MS
      if (past - known.floor < WRITE_MS && isLeaseRight) return
      known = {
        floor: wallMs(Math.max(known.floor, past)),
        lease: addMs(now, WRITE_MS),
        believed: isBelieved ? now : known.believed,
      }
      store.setValue(NAME, [known.floor, known.lease, known.believed].map(formatUtc).join(' '))
    },
  }
}
