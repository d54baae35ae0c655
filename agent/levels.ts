/**
 * The level of each output, and whether it is mute: the settings' at first, a command's from then on, kept across a reboot.
 *
 * The output itself stays at its trim, the level of the settings. What was ordered is a part of the level of each play, so that
 * it can leave alerts alone: they are never softer than the trim, and never mute.
 */
import type { StateStore } from './ports/state-store.ts'

/** Long enough not to click, short enough to be felt as at once. */
export const LEVEL_RAMP_MS = 200

const levelName = (output: string): string => `level:${output}`
const muteName = (output: string): string => `mute:${output}`
const MUTED = '1'

export type Levels = {
  /** Null: every output. Unknown names are passed over: an order may be for another kind of box. */
  set: (outputs: readonly string[] | null, gainDb: number) => void
  mute: (outputs: readonly string[] | null, isMuted: boolean) => void
  /** As it was ordered, or as the settings have it. */
  of: (output: string) => number
  /** As the settings have it. */
  trimOf: (output: string) => number
  isMuted: (output: string) => boolean
}

type Needs = {
  store: Pick<StateStore, 'getValue' | 'setValue'>
  configured: ReadonlyMap<string, number>
}

export const createLevels = ({ store, configured }: Needs): Levels => {
  const levels = new Map(configured)
  const muted = new Set<string>()
  for (const output of configured.keys()) {
    const stored = store.getValue(levelName(output))
    if (stored !== null) levels.set(output, Number(stored))
    if (store.getValue(muteName(output)) === MUTED) muted.add(output)
  }
  const named = (outputs: readonly string[] | null): string[] =>
    [...configured.keys()].filter((output) => outputs === null || outputs.includes(output))
  return {
    of: (output) => levels.get(output) ?? 0,
    trimOf: (output) => configured.get(output) ?? 0,
    isMuted: (output) => muted.has(output),
    set: (outputs, gainDb) => {
      for (const output of named(outputs)) {
        levels.set(output, gainDb)
        store.setValue(levelName(output), String(gainDb))
      }
    },
    mute: (outputs, isMuted) => {
      for (const output of named(outputs)) {
        if (isMuted) muted.add(output)
        else muted.delete(output)
        store.setValue(muteName(output), isMuted ? MUTED : '')
      }
    },
  }
}
