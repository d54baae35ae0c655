/** Programmes of one schedule that clash with each other: its author is told at once, not by the silence in the street. Pure. */
import { isFor, type Occurrence } from './agenda.ts'
import { precedence, standingOf } from './candidates.ts'
import { overOn } from './lanes.ts'
import type { CompiledSchedule, OutputSpec } from './slot.ts'
import type { WallMs } from './time.ts'

/** Two programmes of the same class want the same output at the same time. */
export type Overlap = { output: string; at: WallMs; plays: string; waits: string }

export type Overlaps = { count: number; first: Overlap[] }

/** Told one by one at most; the rest is only counted. */
export const OVERLAPS_TOLD_MAX = 20

/** Counted at most: a schedule with more is wrong as a whole. */
const OVERLAPS_COUNTED_MAX = 10_000

const overlapOf = (
  earlier: Occurrence,
  later: Occurrence,
  output: OutputSpec,
  arrangement: ReadonlyMap<string, number>,
): Overlap | null => {
  const isEarlierFirst = precedence(standingOf(earlier, arrangement), standingOf(later, arrangement)) < 0
  const [plays, waits] = isEarlierFirst ? [earlier, later] : [later, earlier]
  // It is spoken over the other, which does not wait.
  const isSpokenOver = overOn(plays.programme.over, output.medium) !== null && waits.programme.over === null
  if (isSpokenOver) return null
  return {
    output: output.id,
    at: later.start,
    plays: plays.programme.programmeId,
    waits: waits.programme.programmeId,
  }
}

const onOutput = (
  { agenda, arrangement }: CompiledSchedule,
  output: OutputSpec,
  { from, until }: { from: WallMs; until: WallMs },
  tell: (overlap: Overlap) => boolean,
) => {
  let open: Occurrence[] = []
  for (const one of [...agenda.at(from), ...agenda.startingIn(from, until)]) {
    if (!isFor(one, output) || open.includes(one)) continue
    open = open.filter(({ start, lengthMs }) => start + lengthMs[output.medium] > one.start)
    // What clashes at `from` already began to before: [a, c) is [a, b) and [b, c).
    for (const other of one.start < from ? [] : open) {
      if (other.programme.priority !== one.programme.priority) continue
      const overlap = overlapOf(other, one, output, arrangement)
      if (overlap !== null && !tell(overlap)) return
    }
    open.push(one)
  }
}

/** Those that begin in [from, until); fillers may lie under anything, and under each other only one is heard. */
export const overlapsIn = (
  compiled: CompiledSchedule,
  outputs: readonly OutputSpec[],
  span: { from: WallMs; until: WallMs },
): Overlaps => {
  const found: Overlaps = { count: 0, first: [] }
  for (const output of outputs)
    onOutput(compiled, output, span, (overlap) => {
      found.count += 1
      const isKnown = found.first.some(({ plays, waits, output: id }) => {
        return plays === overlap.plays && waits === overlap.waits && id === overlap.output
      })
      if (!isKnown && found.first.length < OVERLAPS_TOLD_MAX) found.first.push(overlap)
      return found.count < OVERLAPS_COUNTED_MAX
    })
  return found
}
