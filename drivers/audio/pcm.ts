/**
 * The one format inside the sound process: 32-bit floating point, two channels interleaved, at the card's rate, full scale is 1. A
 * frame is one sample of each channel. Only the card is given 16 bits.
 */
import { rateIn } from './rate.ts'

export const RATE = rateIn(process.env)
export const CHANNELS = 2
/** How ffmpeg is asked for it. */
export const PCM_FORMAT = 'f32le'
const SAMPLE_BYTES = Float32Array.BYTES_PER_ELEMENT
const FRAME_BYTES = CHANNELS * SAMPLE_BYTES

/** Interleaved samples; its length is a multiple of `CHANNELS`. */
export type Pcm = Float32Array

export const framesOfMs = (ms: number): number => Math.round((ms * RATE) / 1_000)
export const msOfFrames = (frames: number): number => (frames * 1_000) / RATE
export const framesIn = (pcm: Pcm): number => pcm.length / CHANNELS
export const silence = (frames: number): Pcm => new Float32Array(frames * CHANNELS)
export const NOTHING: Pcm = silence(0)

/** Those from `fromFrame` to before `untilFrame`, in the same memory. */
export const part = (pcm: Pcm, fromFrame: number, untilFrame = framesIn(pcm)): Pcm =>
  pcm.subarray(fromFrame * CHANNELS, untilFrame * CHANNELS)

export const joined = (pieces: readonly Pcm[]): Pcm => {
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** Makes whole frames of the bytes of a pipe, however it cuts them. */
export const pcmReader = (): ((bytes: Buffer) => Pcm) => {
  let rest: Buffer = Buffer.alloc(0)
  return (bytes) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    const whole = all.length - (all.length % FRAME_BYTES)
    rest = Buffer.from(all.subarray(whole))
    // Copied, because a view of floats must begin at a multiple of four.
    const pcm = new Float32Array(whole / SAMPLE_BYTES)
    new Uint8Array(pcm.buffer).set(all.subarray(0, whole))
    return pcm
  }
}

/** Decoded sound that waits. */
export type PcmQueue = {
  frames: () => number
  push: (piece: Pcm) => void
  /** At most that many frames; empty when there are none. */
  take: (framesMax: number) => Pcm
  /** Puts back at the front what was taken but not heard. */
  unread: (piece: Pcm) => void
  clear: () => void
}

export const pcmQueue = (): PcmQueue => {
  let pieces: Pcm[] = []
  let samples = 0
  return {
    frames: () => samples / CHANNELS,
    push: (piece) => {
      if (piece.length === 0) return
      pieces.push(piece)
      samples += piece.length
    },
    take: (framesMax) => {
      const wanted = Math.min(Math.floor(framesMax) * CHANNELS, samples)
      if (wanted <= 0) return NOTHING
      const taken = new Float32Array(wanted)
      let at = 0
      let used = 0
      for (const piece of pieces) {
        const fits = Math.min(piece.length, wanted - at)
        taken.set(fits === piece.length ? piece : piece.subarray(0, fits), at)
        at += fits
        if (fits < piece.length) {
          pieces[used] = piece.subarray(fits)
          break
        }
        used += 1
      }
      pieces = pieces.slice(used)
      samples -= wanted
      return taken
    },
    unread: (piece) => {
      if (piece.length === 0) return
      pieces.unshift(piece)
      samples += piece.length
    },
    clear: () => {
      pieces = []
      samples = 0
    },
  }
}
