/**
 * What a calendar that is set means for what is on: it goes on as it was, by the time that has really passed. Nothing is
 * played twice, nothing on the air is cut short, and what the hands were moved over is missed, and said to be.
 */
import type { WallMs } from '../player/plan/time.ts'
import { addMs, wallMs } from '../player/plan/time.ts'
import type { Turns } from '../player/plan/turns.ts'
import type { Clock } from '../player/ports/clock.ts'

/** A time server corrects by less than this while it steers; that moves nothing that anyone could hear. */
export const STEP_MS = 1_000

export type Calendar = {
  /** What was evolved up to here. */
  settledUntil: WallMs
  /** Calendar minus elapsed time, when last looked. */
  offsetMs: number
  trustedSince: WallMs | null
  lastStep: { from: WallMs; to: WallMs } | null
}

export const openCalendar = (clock: Clock, settledUntil: WallMs): Calendar => ({
  settledUntil,
  offsetMs: clock.wall() - clock.elapsed(),
  trustedSince: clock.trust() === 'unsynced' ? null : clock.wall(),
  lastStep: null,
})

/** By how much the calendar was set since it was last looked at; 0: it was not. Notes what it sees. */
export const lookAtClock = (calendar: Calendar, clock: Clock): number => {
  const now = clock.wall()
  const offsetMs = now - clock.elapsed()
  const movedMs = offsetMs - calendar.offsetMs
  calendar.offsetMs = offsetMs
  if (clock.trust() === 'unsynced') calendar.trustedSince = null
  else calendar.trustedSince ??= now
  if (Math.abs(movedMs) < STEP_MS) return 0
  calendar.lastStep = { from: addMs(now, -movedMs), to: now }
  calendar.settledUntil = wallMs(Math.min(calendar.settledUntil, now))
  return movedMs
}

const moved = (at: WallMs | null, ms: number): WallMs | null => (at === null ? null : addMs(at, ms))

export const shiftTurns = (turns: ReadonlyMap<string, Turns>, ms: number): ReadonlyMap<string, Turns> =>
  new Map(
    [...turns].map(([key, one]) => [
      key,
      {
        ...one,
        current: one.current === null ? null : { ...one.current, startedAt: addMs(one.current.startedAt, ms) },
        quietSince: moved(one.quietSince, ms),
      },
    ]),
  )
