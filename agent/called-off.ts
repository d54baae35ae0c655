/**
 * When an order ends that is called off by hand. Both messages reach two boxes some milliseconds apart; if each box ended it when
 * the message comes, what goes on afterwards would be an echo of itself. So it lasts on every box as long as its issuer let it
 * stand: from the moment at which it was issued to that at which it was called off. Only the difference counts, so neither
 * the clock of the box nor that of the issuer has to be right. Pure.
 */
import { addMs, type WallMs } from '../player/plan/time.ts'

/** The message that calls it off may come so much later than the order itself came, and still end it at the same moment. */
export const GRACE_MS = 500
/** Nobody waits longer than this for an order to end, whatever its messages say of their moments. */
export const WAIT_MS_MAX = 2_000

export type Standing = {
  /** When it began on this box. */
  startsAt: WallMs
  issued: WallMs
}

/** Null: at once, since the moment is past, or further off than is sensible. */
export const endOfCalledOff = ({ startsAt, issued }: Standing, calledOff: WallMs, now: WallMs): WallMs | null => {
  const endsAt = addMs(startsAt, calledOff - issued + GRACE_MS)
  return endsAt > now && endsAt <= now + WAIT_MS_MAX ? endsAt : null
}
