/**
 * Whether that was the programme. Three answers, because two would lie: what a storm drowns, or a capture without sound in its
 * reference, proves nothing. Where the thresholds are from is told, with figures, in docs/proof-of-sound.md. Pure.
 */
import type { Alike } from './correlate.ts'
import type { HeardLook } from './messages.ts'

/** Two programmes that have nothing to do with each other stay below it; see `npm run hearing-trials`. */
export const PROMINENT = 16
/** Below this nothing points to the programme. */
const NOTHING_PROMINENT = 12
/** Waveforms this alike are the same sound, also where a tone has many peaks and no prominent one. */
const ALIKE = 0.6
/** A verdict against the horn takes longer than one for it. */
const BLOCKS_FOR_NOT_HEARD = 3
/** Fewer frequencies than this are a tone, in which a delay cannot be found. */
const BREADTH_MIN = 12
/** The programme at its calibrated level would be this much above everything that was captured: it is not in there. */
const MISSING_DB = 12
/** It would be this much below the noise: nobody can tell. */
const DROWNED_DB = 8
/** Below this a capture source gives nothing at all: converters have more noise. */
export const NOTHING_DB = -85

export type Verdict = Pick<HeardLook, 'verdict' | 'confidence'>

const share = (value: number): number => Math.round(Math.max(0, Math.min(1, value)) * 100) / 100

/** `gainDb`: calibrated, from what is sent to what is captured; null: unknown. */
export const judge = (alike: Alike, gainDb: number | null): Verdict => {
  const { prominence, likeness, blocks, breadth, referenceDb, captureDb } = alike
  if (prominence >= PROMINENT) return { verdict: 'heard', confidence: share(0.5 + prominence / PROMINENT / 8) }
  if (likeness >= ALIKE) return { verdict: 'heard', confidence: share(likeness) }
  const unsure: Verdict = { verdict: 'unsure', confidence: 0 }
  if (blocks < BLOCKS_FOR_NOT_HEARD) return unsure
  if (captureDb <= NOTHING_DB) return { verdict: 'not-heard', confidence: 1 }
  const aboveDb = gainDb === null ? 0 : referenceDb + gainDb - captureDb
  if (aboveDb >= MISSING_DB) return { verdict: 'not-heard', confidence: share(0.7 + aboveDb / 100) }
  if (breadth < BREADTH_MIN || aboveDb < -DROWNED_DB || prominence >= NOTHING_PROMINENT) return unsure
  return { verdict: 'not-heard', confidence: share(0.5 + (aboveDb + DROWNED_DB) / 100) }
}
