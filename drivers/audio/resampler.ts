/**
 * Plays a little faster or slower than the card, so that a cabinet keeps time with its neighbour although no two crystals do.
 * The work is done by SpeexDSP's resampler, compiled to WebAssembly; here is only how it is steered.
 *
 * Facts about it that shape this file:
 * - A ratio is a fraction, and its phase is kept in units of the denominator: as long as that stays the same, a new ratio moves
 *   nothing. One that cancels out to 1/1 would; so the denominator is a prime and the ratio is never exactly 1.
 * - It holds `latency` frames of what came in; the first ones that come out are skipped, so that frame 0 in is frame 0 out.
 */
import load, { type SpeexModule } from '@echogarden/speex-resampler-wasm/simd'
import { CHANNELS, framesOfMs, type Pcm, RATE } from './pcm.ts'

/** Of 10: 114 dB of signal over residual at 1 kHz, 1.4 % of a core of a small server for each stream. */
const QUALITY = 6
/** The largest prime below 2^16, above which SpeexDSP's arithmetic may overflow. A step is 15 ppm. */
const DENOMINATOR = 65_521
/** Half a percent is a twelfth of a semitone. */
export const STEPS_MAX = Math.floor(DENOMINATOR * 0.005)
/** At once; longer blocks are made in parts. */
const BLOCK_FRAMES = framesOfMs(200)

export type Resampler = {
  /** How many frames go in for so many that come out, at most. */
  inputFor: (outFrames: number) => number
  /** Fills `out` with `frames` frames; takes as much of `input` as it needs. Less is made when the input is used up. */
  process: (input: Pcm, out: Pcm, frames: number) => { used: number; made: number }
  /** In frames in per frame out, as near to this as there is a step for. Tells what it is now. */
  setRatio: (ratio: number) => number
  /** As new. */
  reset: () => void
  close: () => void
}

export type Resamplers = { open: () => Resampler; latencyFrames: number }

const SAMPLE_BYTES = 4

/** Nearest step that is not none. */
export const stepsFor = (ratio: number): number => {
  const exact = (ratio - 1) * DENOMINATOR
  const steps = Math.max(-STEPS_MAX, Math.min(STEPS_MAX, Math.round(exact)))
  return steps === 0 ? (exact < 0 ? -1 : 1) : steps
}

const openResampler = (speex: SpeexModule): Resampler => {
  const error = speex._malloc(SAMPLE_BYTES)
  const state = speex._speex_resampler_init_frac(CHANNELS, DENOMINATOR + 1, DENOMINATOR, RATE, RATE, QUALITY, error)
  const failure = speex.HEAP32[error >> 2] ?? 0
  if (state === 0 || failure !== 0) throw new Error(`SpeexDSP refuses to resample: error ${failure}`)
  const blockBytes = (BLOCK_FRAMES + 4_096) * CHANNELS * SAMPLE_BYTES
  const [inAt, outAt] = [speex._malloc(blockBytes), speex._malloc(blockBytes)]
  const counts = speex._malloc(2 * SAMPLE_BYTES)
  let steps = 1
  speex._speex_resampler_skip_zeros(state)

  const once = (input: Pcm, out: Pcm, frames: number): { used: number; made: number } => {
    // Views are made anew: the memory of WebAssembly moves when it grows.
    const heap = speex.HEAPF32
    const given = Math.min(input.length, (BLOCK_FRAMES + 4_096) * CHANNELS)
    heap.set(input.subarray(0, given), inAt / SAMPLE_BYTES)
    speex.HEAPU32[counts >> 2] = given / CHANNELS
    speex.HEAPU32[(counts >> 2) + 1] = frames
    const code = speex._speex_resampler_process_interleaved_float(state, inAt, counts, outAt, counts + SAMPLE_BYTES)
    if (code !== 0) throw new Error(`SpeexDSP fails to resample: error ${code}`)
    const used = speex.HEAPU32[counts >> 2] ?? 0
    const made = speex.HEAPU32[(counts >> 2) + 1] ?? 0
    out.set(speex.HEAPF32.subarray(outAt / SAMPLE_BYTES, outAt / SAMPLE_BYTES + made * CHANNELS))
    return { used, made }
  }

  return {
    inputFor: (outFrames) => Math.ceil(outFrames * (1 + STEPS_MAX / DENOMINATOR)) + 2,
    process: (input, out, frames) => {
      let used = 0
      let made = 0
      while (made < frames) {
        const want = Math.min(BLOCK_FRAMES, frames - made)
        const part = once(input.subarray(used * CHANNELS), out.subarray(made * CHANNELS), want)
        used += part.used
        made += part.made
        if (part.made < want) break
      }
      return { used, made }
    },
    setRatio: (ratio) => {
      const wanted = stepsFor(ratio)
      if (wanted !== steps) {
        const code = speex._speex_resampler_set_rate_frac(state, DENOMINATOR + wanted, DENOMINATOR, RATE, RATE)
        if (code !== 0) throw new Error(`SpeexDSP refuses a ratio of ${ratio}: error ${code}`)
        steps = wanted
      }
      return 1 + steps / DENOMINATOR
    },
    reset: () => {
      speex._speex_resampler_reset_mem(state)
      speex._speex_resampler_skip_zeros(state)
    },
    close: () => {
      speex._speex_resampler_destroy(state)
      for (const address of [error, inAt, outAt, counts]) speex._free(address)
    },
  }
}

/** Compiles it, once for the life of the process. */
export const loadResamplers = async (): Promise<Resamplers> => {
  const speex = await load()
  return {
    open: () => openResampler(speex),
    // Half of its filter, as SpeexDSP has it for this quality.
    latencyFrames: 48,
  }
}
