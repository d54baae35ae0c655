/**
 * Takes away what is under the voice before anything is compared: hum of the mains, wind on a microphone and the offset of a
 * cheap converter are louder than the programme and say nothing of it. Butterworth of the fourth order, two sections in a row.
 */
import { RATE_HZ } from './messages.ts'

const CUTOFF_HZ = 180
/** Of the two sections of a fourth-order Butterworth filter. */
const QUALITIES = [0.541_196_1, 1.306_563]

export type HighPass = { run: (samples: Float32Array) => void; reset: () => void }

const section = (quality: number) => {
  const omega = (2 * Math.PI * CUTOFF_HZ) / RATE_HZ
  const alpha = Math.sin(omega) / (2 * quality)
  const cosine = Math.cos(omega)
  const scale = 1 + alpha
  const b0 = (1 + cosine) / 2 / scale
  const a1 = (-2 * cosine) / scale
  const a2 = (1 - alpha) / scale
  let first = 0
  let second = 0
  return {
    reset: () => {
      first = 0
      second = 0
    },
    run: (samples: Float32Array) => {
      for (let at = 0; at < samples.length; at += 1) {
        const sample = samples[at] ?? 0
        const out = b0 * sample + first
        first = -2 * b0 * sample - a1 * out + second
        second = b0 * sample - a2 * out
        samples[at] = out
      }
    },
  }
}

/** Filters in place, and goes on where the last piece ended. */
export const highPass = (): HighPass => {
  const sections = QUALITIES.map(section)
  return {
    run: (samples) => {
      for (const { run } of sections) run(samples)
    },
    reset: () => {
      for (const { reset } of sections) reset()
    },
  }
}
