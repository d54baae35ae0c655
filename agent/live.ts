/** The end of a live announcement that nobody ordered. */
import { heldBy } from '../player/plan/steps.ts'
import type { StageChange } from '../player/play/stage.ts'
import type { World } from './world.ts'

/**
 * An output ends an announcement as finished when its source is gone for good, or its time is over. Once no output plays
 * it any more it is over for the box: what it interrupted goes on at once, and a reboot does not bring it back.
 */
export const endFinishedLive = (
  { stage, orders, store, log }: Pick<World, 'stage' | 'orders' | 'store' | 'log'>,
  { play, ended }: Extract<StageChange, { kind: 'ended' }>,
): void => {
  const { trigger, occurrenceId } = play.slot
  if (trigger !== 'live' || ended !== 'finished') return
  const isHeld = [...stage.views().values()].flatMap(heldBy).some(({ slot }) => slot.occurrenceId === occurrenceId)
  if (isHeld) return
  for (const messageId of orders.end(occurrenceId)) {
    store.drop(messageId)
    log.info({ overrideId: occurrenceId, messageId }, 'announcement is over')
  }
}
