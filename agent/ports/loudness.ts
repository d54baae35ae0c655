/** How loud a file is, by EBU R128: measured once when it has come, kept with it, and made good for when it is played. */
import type { MediaSource } from '../../player/ports/output.ts'

/** Of the whole file, as a loudspeaker gets it: two channels at the rate of the card. */
export type Loudness = {
  /** Integrated, gated (ITU-R BS.1770-4). */
  integratedLufs: number
  /** In dB over full scale, between the samples too. */
  truePeakDbtp: number
  /** LRA (EBU Tech 3342). */
  rangeLu: number
}

/** `loudness` null: measured, and there is nothing to level: silent, shorter than a gate, without sound, unreadable. */
export type LoudnessRow = { sha256: string; version: string; loudness: Loudness | null }

export type MeasureOutcome =
  | { kind: 'measured'; loudness: Loudness }
  /** Nor will another try find anything. */
  | { kind: 'nothing'; reason: string }
  /** Another try may: the program is missing, was killed, or the file went meanwhile. */
  | { kind: 'failed'; error: string }

export interface LoudnessMeter {
  /** Of the way of measuring: what another version has measured is measured again. */
  readonly version: string
  /** Beside everything else, at the lowest priority. Never rejects. */
  measure: (source: MediaSource, signal: AbortSignal) => Promise<MeasureOutcome>
}
