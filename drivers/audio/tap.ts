/**
 * What was really heard, small enough to be sent along: stereo at the card's rate comes in, mono at 8 kHz goes out about four
 * times a second. It is what a microphone's sound is compared with. Pure but for its memory, which never grows.
 */
import type { MonotonicMs, Reference } from './messages.ts'
import { CHANNELS, framesOfMs, msOfFrames, RATE } from './pcm.ts'
import { type OutputChannels, ownShares } from './zone.ts'

export type Tap = {
  /** Interleaved stereo, signed 16-bit or floating point of full scale 1; `at` is when its first frame leaves the horn. */
  push: (samples: Int16Array | Float32Array, at: MonotonicMs) => void
  /** What is gathered is told now: nothing follows for a while. */
  flush: () => void
}

export const REFERENCE_RATE_HZ = 8_000
/** A quarter of a second. */
const CHUNK_SAMPLES = REFERENCE_RATE_HZ / 4
/** The filter looks so far ahead, and as far back. */
const DELAY_FRAMES = framesOfMs(2)
const TAPS = 2 * DELAY_FRAMES + 1
/** With a Blackman window of this length the stop band (−74 dB) begins some 0.7 kHz further up; the band compared ends at 3.4 kHz. */
const CUTOFF_HZ = 3_700
/** Pieces follow each other to the frame; what begins elsewhere is another stretch. */
const GAP_MS = 5

const divisor = (one: number, other: number): number => (other === 0 ? one : divisor(other, one % other))
/** One sample of the reference for each `STEP` of `PARTS` parts of a frame: from 44.1 kHz one for each 441/80 frames. */
const STEP = RATE / divisor(RATE, REFERENCE_RATE_HZ)
const PARTS = REFERENCE_RATE_HZ / divisor(RATE, REFERENCE_RATE_HZ)

/** Windowed sinc with unity gain at 0 Hz, for a moment that lies so many parts of a frame before the middle tap. */
const lowPass = (part: number): Float32Array => {
  const taps = Float32Array.from({ length: TAPS }, (_, tap) => {
    const from = tap - DELAY_FRAMES + part / PARTS
    const turn = (Math.PI * from) / (DELAY_FRAMES + 1)
    const blackman = 0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn)
    const angle = (2 * Math.PI * CUTOFF_HZ * from) / RATE
    return blackman * (from === 0 ? 1 : Math.sin(angle) / angle)
  })
  const sum = taps.reduce((total, tap) => total + tap, 0)
  return taps.map((tap) => tap / sum)
}

/** Of an output on one channel only that one is told: the other is another horn's. */
export const openTap = (tell: (reference: Reference) => void, channels: OutputChannels = 'both'): Tap => {
  /** One filter after the other. */
  const taps = Float32Array.from(Array.from({ length: PARTS }, (_, part) => [...lowPass(part)]).flat())
  const [left, right] = ownShares(channels)
  // Each sample is written twice, so that the newest TAPS of them always lie side by side.
  const line = new Float32Array(2 * TAPS)
  const chunk = new Int16Array(CHUNK_SAMPLES)
  let place = 0
  /** Parts of a frame since the last sample of the reference, at the newest frame. */
  let parts = 0
  let gathered = 0
  let chunkAt: MonotonicMs = 0
  let nextAt: MonotonicMs | null = null

  const flush = () => {
    if (gathered === 0) return
    const pcm = Buffer.from(chunk.buffer, 0, gathered * 2).toString('base64')
    gathered = 0
    tell({ kind: 'reference', at: chunkAt, rateHz: REFERENCE_RATE_HZ, pcm })
  }
  const begin = () => {
    flush()
    line.fill(0)
    parts = 0
  }
  const filtered = (part: number): number => {
    const first = part * TAPS
    let sum = 0
    for (let tap = 0; tap < TAPS; tap += 1) sum += (taps[first + tap] ?? 0) * (line[place + tap] ?? 0)
    return Math.max(-32_768, Math.min(32_767, Math.round(sum * 32_768)))
  }

  return {
    flush,
    push: (samples, at) => {
      if (nextAt === null || Math.abs(at - nextAt) > GAP_MS) begin()
      const scale = samples instanceof Int16Array ? 1 / 32_768 : 1
      const frames = Math.floor(samples.length / CHANNELS)
      for (let frame = 0; frame < frames; frame += 1) {
        const at0 = frame * CHANNELS
        const mono = ((samples[at0] ?? 0) * left + (samples[at0 + 1] ?? 0) * right) * scale
        line[place] = mono
        line[place + TAPS] = mono
        place = (place + 1) % TAPS
        parts += PARTS
        if (parts < STEP) continue
        parts -= STEP
        if (gathered === 0) chunkAt = at + msOfFrames(frame - DELAY_FRAMES - parts / PARTS)
        chunk[gathered] = filtered(parts)
        gathered += 1
        if (gathered === CHUNK_SAMPLES) flush()
      }
      nextAt = at + msOfFrames(frames)
    },
  }
}
