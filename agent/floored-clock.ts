/**
 * The clock that the whole agent goes by, outputs included. A box without a battery wakes up in 1970, or where it went to
 * sleep: while nothing has set its clock and that reads before what is known to be past, the calendar goes on from there by
 * the time that has elapsed. The trust says that it is no more than that.
 */
import { addMs, wallMs } from '../player/plan/time.ts'
import type { Clock } from '../player/ports/clock.ts'
import type { ClockFloor } from './clock-floor.ts'

export const createFlooredClock = (clock: Clock, floor: Pick<ClockFloor, 'calendarStart'>): Clock => {
  const start = floor.calendarStart()
  const startElapsed = clock.elapsed()
  return {
    ...clock,
    wall: () => {
      const wall = clock.wall()
      if (clock.trust() !== 'unsynced') return wall
      return wallMs(Math.max(wall, addMs(start, clock.elapsed() - startElapsed)))
    },
  }
}
