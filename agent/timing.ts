/** How well each output last kept to the moments at which its samples were due. The stage forgets it with the play. */
import type { WallMs } from '../player/plan/time.ts'
import type { OutputEvent } from '../player/ports/output.ts'

export type Timing = {
  apply: (event: OutputEvent, at: WallMs) => void
  /** The newest that an output has told; null: nothing yet. */
  last: (output: string) => { lateMs: number; at: WallMs } | null
}

export const createTiming = (): Timing => {
  const newest = new Map<string, { lateMs: number; at: WallMs }>()
  return {
    apply: (event, at) => {
      if (event.kind !== 'progress' || event.lateMs === undefined || event.lateMs === null) return
      newest.set(event.output, { lateMs: event.lateMs, at })
    },
    last: (output) => newest.get(output) ?? null,
  }
}
