/** The noise that `loa calibrate` plays. Pure: the same in every run, so that a recording of it can be looked at afterwards. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

export const NOISE_RATE = 48_000
export const BURST_MS = 4_500
/** Nobody is to be frightened: it swells. */
const SWELL_MS = 800

/** Noise of full band, the same in every run, as a WAV file. */
export const noiseWav = (levelDb: number): Buffer => {
  const frames = (BURST_MS * NOISE_RATE) / 1_000
  const chance = xoroshiro128plus(20_261_121)
  const data = Buffer.alloc(44 + frames * 2)
  data.write('RIFF', 0)
  data.writeUInt32LE(36 + frames * 2, 4)
  data.write('WAVEfmt ', 8)
  for (const [at, value] of [
    [16, 16],
    [24, NOISE_RATE],
    [28, NOISE_RATE * 2],
    [40, frames * 2],
  ] as const)
    data.writeUInt32LE(value, at)
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    data.writeUInt16LE(value, at)
  data.write('data', 36)
  // Evenly spread noise between −a and a has a root mean square of a/√3.
  const amplitude = Math.min(1, 10 ** (levelDb / 20) * Math.sqrt(3)) * 32_767
  for (let frame = 0; frame < frames; frame += 1) {
    const swell = Math.min(1, (frame * 1_000) / NOISE_RATE / SWELL_MS, ((frames - frame) * 1_000) / NOISE_RATE / 20)
    const value = ((chance.next() >>> 0) / 2 ** 31 - 1) * amplitude * swell
    data.writeInt16LE(Math.round(value), 44 + frame * 2)
  }
  return data
}
