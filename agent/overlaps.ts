/** Programmes of one schedule that clash, as its author is told with the acknowledgement. */
import { OVERLAPS_TOLD_MAX, overlapsIn, type Overlap } from '../player/plan/overlaps.ts'
import type { CompiledSchedule, OutputSpec } from '../player/plan/slot.ts'
import { addMs, formatUtc, type WallMs } from '../player/plan/time.ts'
import type { AcknowledgementMessage } from './protocol/uplink.ts'

/** A week, and the day on which it is received. */
export const LOOKED_AT_MS = 8 * 86_400_000

/** Looked through between two pauses. */
const STEP_MS = 3_600_000

export type ToldOverlaps = NonNullable<AcknowledgementMessage['overlaps']>

/** Null: none. The days must be laid out. */
export function* findOverlaps(
  compiled: CompiledSchedule,
  outputs: readonly OutputSpec[],
  now: WallMs,
): Generator<void, ToldOverlaps | null> {
  const found = new Map<string, Overlap>()
  let count = 0
  for (let from = now; from < addMs(now, LOOKED_AT_MS); from = addMs(from, STEP_MS)) {
    const overlaps = overlapsIn(compiled, outputs, { from, until: addMs(from, STEP_MS) })
    count += overlaps.count
    for (const one of overlaps.first) {
      const key = `${one.output} ${one.plays} ${one.waits}`
      if (found.size < OVERLAPS_TOLD_MAX && !found.has(key)) found.set(key, one)
    }
    yield
  }
  const first = [...found.values()]
    .sort((a, b) => a.at - b.at)
    .map(({ output, at, plays, waits }) => ({ output, at: formatUtc(at), plays, waits }))
  return count === 0 ? null : { count, first }
}
