/** Why a play has ended, for its record: from what the output says, what was asked of it, and what took its place. Pure. */
import { rankOf } from '../plan/schedule.ts'
import type { Slot } from '../plan/slot.ts'
import type { StopReason } from '../plan/steps.ts'
import type { OutputEvent } from '../ports/output.ts'

/** A play that missed less than this of its planned length was heard to its end: the tail of a decoder's clock. */
const FINISHED_WITHIN_MS = 500

export type Ending = 'finished' | 'pre-empted' | 'stopped' | 'failed'

type Ended = Pick<Extract<OutputEvent, { kind: 'ended' }>, 'how' | 'heardMs' | 'fault'>

export type EndingNeeds = {
  slot: Slot
  lengthMs: number
  stopReason: StopReason | null
  /** What took the output over from it; null: nothing. */
  takenBy: Slot | null
}

export const isLower = (one: Slot, other: Slot): boolean => rankOf(one.priority) > rankOf(other.priority)

export const endingOf = (
  event: Ended,
  { slot, lengthMs, stopReason, takenBy }: EndingNeeds,
): { ended: Ending; detail: string | null } => {
  if (event.how === 'failed')
    return { ended: 'failed', detail: event.fault === null ? null : `${event.fault.code}: ${event.fault.detail}` }
  if (event.how === 'finished' || event.heardMs >= lengthMs - FINISHED_WITHIN_MS)
    return { ended: 'finished', detail: null }
  const isTaken = takenBy !== null && takenBy.occurrenceId !== slot.occurrenceId
  // An order gives way to something lower only because it was called off; what comes then has not taken anything.
  if (isTaken && slot.trigger !== 'schedule' && isLower(takenBy, slot))
    return { ended: 'stopped', detail: stopReason ?? 'withdrawn' }
  if (isTaken) return { ended: 'pre-empted', detail: `by ${takenBy.priority} ${takenBy.programmeId}` }
  return { ended: 'stopped', detail: stopReason ?? (takenBy === null ? null : 'cut by the next item') }
}
