/** The level of each output: the settings' at first, a command's from then on, kept across a reboot. */
import type { Stage } from '../player/play/stage.ts'
import type { StateStore } from './ports/state-store.ts'

/** Long enough not to click, short enough to be felt as at once. */
export const LEVEL_RAMP_MS = 200

const nameOf = (output: string): string => `level:${output}`

export type Levels = {
  /** Null: every output. Unknown names are passed over: an order may be for another kind of box. */
  set: (outputs: readonly string[] | null, gainDb: number) => void
  of: (output: string) => number
}

type Needs = {
  store: Pick<StateStore, 'getValue' | 'setValue'>
  stage: Pick<Stage, 'setLevel'>
  configured: ReadonlyMap<string, number>
}

export const createLevels = ({ store, stage, configured }: Needs): Levels => {
  const levels = new Map(configured)
  for (const output of configured.keys()) {
    const stored = store.getValue(nameOf(output))
    if (stored === null) continue
    levels.set(output, Number(stored))
    stage.setLevel(output, Number(stored), 0)
  }
  return {
    of: (output) => levels.get(output) ?? 0,
    set: (outputs, gainDb) => {
      for (const output of levels.keys()) {
        if (outputs !== null && !outputs.includes(output)) continue
        levels.set(output, gainDb)
        store.setValue(nameOf(output), String(gainDb))
        stage.setLevel(output, gainDb, LEVEL_RAMP_MS)
      }
    },
  }
}
