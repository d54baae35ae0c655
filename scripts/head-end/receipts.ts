/**
 * How far a box's outbox is held. Positions begin at 1 with each epoch and are sent again, in order, until a receipt covers
 * them, but a box that ran over its maximum has dropped some for good, and nothing on the wire says which. So a gap is
 * believed only when the position above it came again and again, over some time, and nothing ever came from inside: a box
 * that still had it would have sent it first.
 */
import type { WallMs } from '../../player/plan/time.ts'

export type HeldPosition = { position: number; firstAt: WallMs; arrivals: number }

/** How often the position above a gap must have come. */
export const GAP_ARRIVALS_MIN = 3
/** How long ago it must have come first. */
export const GAP_WAIT_MS = 60_000

/** The highest position that may be confirmed. `held` is ascending. */
export const confirmable = (confirmed: number, held: readonly HeldPosition[], now: WallMs): number => {
  let upTo = confirmed
  for (const { position, firstAt, arrivals } of held) {
    if (position <= upTo) continue
    const isGone = arrivals >= GAP_ARRIVALS_MIN && now - firstAt >= GAP_WAIT_MS
    if (position !== upTo + 1 && !isGone) break
    upTo = position
  }
  return upTo
}
