/** From asked moments to how late each was heard, in the recording of the sink's monitor. */
import type { Listener } from '../bench-parts/crystal-card.ts'
import { findTone, type Pcm } from '../bench-parts/tone.ts'
import { TONE_DB } from './clips.ts'

/** At half its amplitude a tone fills half of the window that looks for it, so its edge is the middle of that window. */
const HALF_DB = TONE_DB - 6

export type Heard = {
  /** Onset minus asked moment, of those that were heard. */
  lateMs: number[]
  missed: number
}

export type Asked = {
  /** Wall clock. */
  moments: readonly number[]
  frequencyHz: number
  /** How long before and after its moment a tone may begin. */
  earlyMsMax: number
  lateMsMax: number
}

export const latenessOf = (recording: Listener, pcm: Pcm, asked: Asked): Heard => {
  const { moments, frequencyHz, earlyMsMax, lateMsMax } = asked
  const found = moments.map((moment) => {
    const atMs = recording.msAt(moment)
    const fromMs = Math.max(0, atMs - earlyMsMax)
    const [first] = findTone(pcm, { frequencyHz, fromMs, toMs: atMs + lateMsMax, thresholdDb: HALF_DB })
    return first === undefined ? null : first.startMs - atMs
  })
  const lateMs = found.filter((ms) => ms !== null)
  return { lateMs, missed: found.length - lateMs.length }
}
