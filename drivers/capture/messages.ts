/** What the agent and the thread that listens say to each other. Moments are of the machine's monotonic clock. */

export type MonotonicMs = number

/** The same clock in every thread and process of the machine. */
export const monotonicMs = (): MonotonicMs => Number(process.hrtime.bigint()) / 1e6

export const RATE_HZ = 8_000

export const msOfSamples = (samples: number): number => (samples * 1_000) / RATE_HZ

export type EarSettings = {
  /** ALSA name of the capture source. */
  device: string
  /** Of what is captured against what was sent, as it was calibrated; null: it was not. */
  gainDb: number | null
}

export type ToEar =
  /** Of what was played: signed 16-bit little-endian mono, base64. */
  { kind: 'reference'; at: MonotonicMs; pcm: string } | { kind: 'close' }

export type HeardLook = {
  verdict: 'heard' | 'not-heard' | 'unsure'
  from: MonotonicMs
  until: MonotonicMs
  /** Of the programme in the capture against what was sent; null where it was not found. */
  gainDb: number | null
  delayMs: number | null
  confidence: number
  captureDb: number
}

export type FromEar =
  | { kind: 'look'; look: HeardLook }
  /** Null: it gives sound. */
  | { kind: 'capture'; fault: string | null }
  | { kind: 'closed' }
