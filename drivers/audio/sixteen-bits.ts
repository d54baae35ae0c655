/** The card's format: signed 16-bit little-endian. What is lost of the sound becomes noise instead of distortion, by dither. */
import { CHANNELS, type Pcm } from './pcm.ts'

export const BITS = 16
export const CARD_FRAME_BYTES = (CHANNELS * BITS) / 8

const FULL_SCALE = 32_767
/** Numerical Recipes' generator of 32 bits: noise that nobody hears needs no better one. */
const MULTIPLIER = 1_664_525
const INCREMENT = 1_013_904_223
/** Of its 32 bits with their sign, so that the loop stays in whole numbers: noise in [-1/2, 1/2), of which only differences matter. */
const NOISE_STEP = 2 ** -32

/**
 * A converter with its own noise: triangular, two steps wide, at -96 dB. Silence stays silence, so that an amplifier that
 * sleeps in it may sleep.
 */
export const toSixteenBits = (): ((pcm: Pcm) => Buffer) => {
  let seed = 1
  let last = 0
  return (pcm) => {
    const out = new Int16Array(pcm.length)
    for (let at = 0; at < pcm.length; at += 1) {
      const sample = pcm[at] ?? 0
      if (sample === 0) continue
      seed = (Math.imul(seed, MULTIPLIER) + INCREMENT) | 0
      const noise = seed * NOISE_STEP
      // The difference of two even distributions is triangular; the last one is used again, which also moves the noise up.
      const value = Math.round(sample * FULL_SCALE + noise - last)
      last = noise
      out[at] = value > FULL_SCALE ? FULL_SCALE : value < -FULL_SCALE ? -FULL_SCALE : value
    }
    return Buffer.from(out.buffer)
  }
}
