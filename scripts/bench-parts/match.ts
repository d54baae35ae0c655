/** Where a known sound begins in a recording, and how intact it is there. */
import type { Pcm } from './tone.ts'

export type Match = {
  /** Of the recording, where its first sample is. */
  atMs: number
  /** 1: the same shape, sample by sample. */
  correlation: number
  /** Of what was recorded against what was sent; 0: as loud. */
  gainDb: number
}

const SCALE = 32_768

const channelOf = ({ samples, channels }: Pcm, fromFrame: number, toFrame: number): Float64Array => {
  const part = new Float64Array(Math.max(0, toFrame - fromFrame))
  for (let frame = 0; frame < part.length; frame += 1)
    part[frame] = (samples[(fromFrame + frame) * channels] ?? 0) / SCALE
  return part
}

const energyOf = (samples: Float64Array, from: number, to: number): number => {
  let sum = 0
  for (let at = from; at < to; at += 1) sum += (samples[at] ?? 0) ** 2
  return sum
}

/** Quieter than this is not compared: −60 dBFS. */
const POWER_MIN = 1e-6

/**
 * The best match of the first channel of both, at any sample between the two moments; null where nothing is alike. Both have the
 * same rate. The first of equal ones counts.
 */
export const findSound = (
  recorded: Pcm,
  sound: Pcm,
  { fromMs, toMs, correlationMin }: { fromMs: number; toMs: number; correlationMin: number },
): Match | null => {
  const frames = Math.floor(sound.samples.length / sound.channels)
  const wanted = channelOf(sound, 0, frames)
  const wantedEnergy = energyOf(wanted, 0, frames)
  const first = Math.max(0, Math.round((fromMs * recorded.rate) / 1_000))
  const heard = channelOf(recorded, first, Math.round((toMs * recorded.rate) / 1_000) + frames)
  let best: Match | null = null
  let energy = energyOf(heard, 0, frames)
  for (let shift = 0; shift + frames <= heard.length; shift += 1) {
    if (energy / frames > POWER_MIN) {
      let product = 0
      for (let at = 0; at < frames; at += 1) product += (wanted[at] ?? 0) * (heard[shift + at] ?? 0)
      const correlation = product / Math.sqrt(wantedEnergy * energy)
      if (correlation > (best?.correlation ?? correlationMin))
        best = {
          atMs: ((first + shift) * 1_000) / recorded.rate,
          correlation,
          gainDb: 20 * Math.log10(product / wantedEnergy),
        }
    }
    energy += (heard[shift + frames] ?? 0) ** 2 - (heard[shift] ?? 0) ** 2
  }
  return best
}

/** The first moment from which something is louder than that; null: it stays quiet. */
export const findSoundAbove = (
  recorded: Pcm,
  { fromMs, toMs, levelDb }: { fromMs: number; toMs: number; levelDb: number },
): number | null => {
  const first = Math.max(0, Math.round((fromMs * recorded.rate) / 1_000))
  const part = channelOf(recorded, first, Math.round((toMs * recorded.rate) / 1_000))
  const threshold = 10 ** (levelDb / 20)
  const at = part.findIndex((sample) => Math.abs(sample) > threshold)
  return at === -1 ? null : ((first + at) * 1_000) / recorded.rate
}
