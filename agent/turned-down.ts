/** While what was something else spoken over it: for the record of a programme that went on below. */
import type { WallMs } from '../player/plan/time.ts'
import type { Play } from '../player/play/stage.ts'
import type { AsRunRecord } from './protocol/uplink.ts'

export type TurnedDownSpans = NonNullable<AsRunRecord['turnedDown']>

/** More of them in one airing of an item are not told. */
const SPANS_MAX = 20

export type TurnedDown = {
  started: (play: Play, at: WallMs) => void
  /** Of what has ended now: while it was turned down, in milliseconds after its start. */
  ended: (play: Play, heardMs: number) => TurnedDownSpans
}

type Spoken = { playId: string; duckDb: number; from: WallMs; until: WallMs | null }
type Below = { from: WallMs; spoken: Spoken[] }

export const createTurnedDown = (): TurnedDown => {
  /** What is on, by its play, and by its output what is spoken over it now. */
  const below = new Map<string, Below & { output: string }>()
  const speaking = new Map<string, Spoken>()

  const onOutput = (output: string) => [...below.values()].filter((one) => one.output === output)
  const note = (one: Below, spoken: Spoken) => {
    if (one.spoken.length < SPANS_MAX) one.spoken.push(spoken)
  }

  return {
    started: ({ playId, slot: { output, over } }, at) => {
      if (over === null) {
        const one = { output, from: at, spoken: [] }
        below.set(playId, one)
        const now = speaking.get(output)
        if (now !== undefined) note(one, now)
        return
      }
      const spoken: Spoken = { playId, duckDb: over.duckDb, from: at, until: null }
      speaking.set(output, spoken)
      for (const one of onOutput(output)) note(one, spoken)
    },
    ended: ({ playId, slot: { output } }, heardMs) => {
      const now = speaking.get(output)
      if (now?.playId === playId) speaking.delete(output)
      for (const { spoken } of onOutput(output))
        for (const one of spoken) if (one.playId === playId) one.until = (one.from + heardMs) as WallMs
      const one = below.get(playId)
      below.delete(playId)
      if (one === undefined) return []
      return one.spoken.flatMap(({ playId: recordId, duckDb, from, until }) => {
        const fromMs = Math.max(0, from - one.from)
        const untilMs = Math.min(heardMs, (until ?? Number.POSITIVE_INFINITY) - one.from)
        return untilMs <= fromMs ? [] : [{ recordId, fromMs, untilMs, duckDb }]
      })
    },
  }
}
