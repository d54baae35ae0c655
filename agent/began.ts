/**
 * When something began, in a calendar that may be set meanwhile. What an order shows from its arrival on goes on at the same
 * place when the clock is put right, be it by an hour or by fifty years.
 */
import { wallMs, type ElapsedMs, type WallMs } from '../player/plan/time.ts'

export type Moment = { wall: WallMs; elapsed: ElapsedMs }

/** Less than this is the two clocks drifting apart, which a time server mends slowly; more is the calendar being set. */
const STEP_MS = 1_000

/** `at` is when it began, by the calendar of `now`, and never after it. */
export const createBegan = (at: WallMs, now: Moment): ((now: Moment) => WallMs) => {
  let began = wallMs(Math.min(at, now.wall))
  const beganElapsed = now.elapsed - (now.wall - began)
  return ({ wall, elapsed }) => {
    const byElapsed = wall - (elapsed - beganElapsed)
    if (Math.abs(byElapsed - began) > STEP_MS) began = wallMs(Math.round(byElapsed))
    return began
  }
}
