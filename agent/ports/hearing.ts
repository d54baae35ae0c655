/** What a box hears of itself: a capture source beside an output, compared with what the output really played. */
import type { WallMs } from '../../player/plan/time.ts'

export type Verdict = 'heard' | 'not-heard' | 'unsure'

/** One look, over the newest seconds of sound of one output. */
export type Look = {
  verdict: Verdict
  /** What was compared, by when it left the output. */
  from: WallMs
  until: WallMs
  /** Of the programme in the capture: against the calibrated gain, or plainly against what was sent where there is none. */
  levelDb: number | null
  /** From the horn to the capture. */
  delayMs: number | null
  /** 0 to 1, of the verdict. */
  confidence: number
  /** Of everything that was captured, dBFS; −120 is nothing at all. */
  captureDb: number
}

export type EarEvent =
  | { kind: 'look'; output: string; look: Look }
  /** The capture source works; or null it does not, and why. */
  | { kind: 'capture'; output: string; fault: string | null }

/** What the agent needs to know of the ears of a box. */
export type Ear = {
  output: string
  /** Whether levels are measured against a calibrated gain, and how far off they may be; null: not calibrated. */
  toleranceDb: number | null
}
