/** What is remembered of occurrences that were begun, cut short or passed over, output by output. */
import type { Override, WhenInterrupted } from './schedule.ts'
import type { WallMs } from './time.ts'

/**
 * What is remembered of one occurrence on one output. `waiting`: its time came while something higher was on. `running`
 * holds a start that was shifted by an interruption, a late join or a clock that was set. `interrupted` waits to go on from
 * `heardMs`. `done` will not be played again.
 */
export type Airing = {
  occurrenceId: string
  output: string
  effectiveStart: WallMs
  heardMs: number
  state: 'waiting' | 'running' | 'interrupted' | 'done'
}

export type Airings = {
  of: (occurrenceId: string, output: string) => Airing | undefined
  /** Those of one output that are not done. */
  open: (output: string) => readonly Airing[]
}

export const airingKey = (occurrenceId: string, output: string): string => `${occurrenceId}|${output}`

export const airingsOf = (list: Iterable<Airing>): Airings => {
  const all = new Map<string, Airing>()
  for (const airing of list) all.set(airingKey(airing.occurrenceId, airing.output), airing)
  return {
    of: (occurrenceId, output) => all.get(airingKey(occurrenceId, output)),
    open: (output) => [...all.values()].filter((airing) => airing.output === output && airing.state !== 'done'),
  }
}

export const NO_AIRINGS: Airings = { of: () => undefined, open: () => [] }

/** As if these had happened too. */
export const withAirings = (base: Airings, changes: readonly Airing[]): Airings => {
  if (changes.length === 0) return base
  const changed = new Map(changes.map((airing) => [airingKey(airing.occurrenceId, airing.output), airing]))
  return {
    of: (occurrenceId, output) => changed.get(airingKey(occurrenceId, output)) ?? base.of(occurrenceId, output),
    open: (output) => [
      ...base.open(output).filter(({ occurrenceId }) => !changed.has(airingKey(occurrenceId, output))),
      ...[...changed.values()].filter((airing) => airing.output === output && airing.state !== 'done'),
    ],
  }
}

/** What becomes of an occurrence that something higher cuts short after `reachedMs`; null: it runs on by its timeline. */
export const afterInterruption = (
  airing: Pick<Airing, 'occurrenceId' | 'output' | 'effectiveStart'>,
  whenInterrupted: WhenInterrupted,
  reachedMs: number,
): Airing | null => {
  const { occurrenceId, output, effectiveStart } = airing
  switch (whenInterrupted) {
    case 'resume':
      return { occurrenceId, output, effectiveStart, heardMs: reachedMs, state: 'interrupted' }
    case 'restart':
      return { occurrenceId, output, effectiveStart, heardMs: 0, state: 'interrupted' }
    case 'skip':
      return { occurrenceId, output, effectiveStart, heardMs: reachedMs, state: 'done' }
    case 'rejoin':
      return null
  }
}

/** What becomes of an occurrence whose moment comes while something higher is on; null: it joins by its timeline. */
export const afterDisplacement = (
  { occurrenceId, output, start }: { occurrenceId: string; output: string; start: WallMs },
  whenInterrupted: WhenInterrupted,
): Airing | null => {
  const airing = { occurrenceId, output, effectiveStart: start, heardMs: 0 }
  switch (whenInterrupted) {
    case 'resume':
    case 'restart':
      return { ...airing, state: 'waiting' }
    case 'skip':
      return { ...airing, state: 'done' }
    case 'rejoin':
      return null
  }
}

/** An order that took longer to come names a moment that was too long ago: what was heard since is not said again. */
const NAMED_WITHIN_MS = 1_000

/** What is asked of a slot here. */
type Placed = {
  trackOffsetMs: number
  startsAt: WallMs
  effectiveStart: WallMs
  trigger: 'schedule' | Override['trigger']
}

/**
 * Where in its track it goes on afterwards. An order reaches two boxes some milliseconds apart, and each heard a little more or
 * less of the programme before it: all of them go on from where it was at the moment that the order itself names, so that
 * none is an echo of the other. `confirmedMs`: what the output confirmed of the item.
 */
export const reachedBy = (
  { trackOffsetMs, startsAt }: Pick<Placed, 'trackOffsetMs' | 'startsAt'>,
  { confirmedMs, takenBy }: { confirmedMs: number; takenBy: Pick<Placed, 'trigger' | 'effectiveStart'> | null },
): number => {
  const reachedMs = trackOffsetMs + confirmedMs
  // An announcement names the moment of its order, and interrupts when it has a voice.
  if (takenBy?.trigger !== 'alert' && takenBy?.trigger !== 'command') return reachedMs
  const namedMs = trackOffsetMs + (takenBy.effectiveStart - startsAt)
  const isNear = Math.abs(reachedMs - namedMs) <= NAMED_WITHIN_MS && namedMs >= trackOffsetMs
  return isNear ? namedMs : reachedMs
}
