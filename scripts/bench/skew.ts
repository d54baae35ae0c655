/** How far two cabinets that play the same are apart: the two channels of a recording, correlated piece by piece. */
import FFT from 'fft.js'
import type { CrystalCards } from '../bench-parts/crystal-card.ts'
import type { Pcm } from '../bench-parts/tone.ts'
import { median, percentile, worst } from './statistics.ts'

/** A tenth of a second holds enough of noise or speech to be told from itself a millisecond later. */
export const PIECE_MS = 100
/** Between two samples it is looked up so finely. */
const FINER = 16
/** Further apart than this nobody would call them together. */
const SKEW_MS_MAX = 45
/** Root mean square of a piece below which there is nothing to compare, of 32,767. */
const LEVEL_MIN = 20

/** Of nearly all tenths of a second, where neighbours shall sound like one. */
export const TOGETHER_MS = 0.5

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least))

const channel = (
  { samples, channels }: Pcm,
  which: number,
  fromFrame: number,
  frames: number,
  size: number,
): number[] => {
  const out = new Array<number>(size).fill(0)
  for (let frame = 0; frame < frames; frame += 1) out[frame] = samples[(fromFrame + frame) * channels + which] ?? 0
  return out
}

const levelOf = (values: readonly number[], frames: number): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / frames)

/** By how much the right channel is later than the left, in ms; null: one of them is silent. */
export const skewOf = (pcm: Pcm, fromMs: number): number | null => {
  const frames = Math.round((PIECE_MS * pcm.rate) / 1_000)
  const fromFrame = Math.round((fromMs * pcm.rate) / 1_000)
  const size = powerOfTwo(frames * 2)
  const [left, right] = [channel(pcm, 0, fromFrame, frames, size), channel(pcm, 1, fromFrame, frames, size)]
  if (Math.min(levelOf(left, frames), levelOf(right, frames)) < LEVEL_MIN) return null
  const small = new FFT(size)
  const [a, b] = [left, right].map((values): number[] => {
    const spectrum = new Array<number>(2 * size).fill(0)
    small.realTransform(spectrum, values)
    small.completeSpectrum(spectrum)
    return spectrum
  })
  if (a === undefined || b === undefined) return null
  // More points in time are zeros beyond the highest frequency.
  const large = new FFT(size * FINER)
  const product = new Array<number>(2 * size * FINER).fill(0)
  for (let bin = 0; bin < size; bin += 1) {
    const at = bin <= size / 2 ? bin : bin + size * (FINER - 1)
    const [ar, ai, br, bi] = [a[bin * 2] ?? 0, a[bin * 2 + 1] ?? 0, b[bin * 2] ?? 0, b[bin * 2 + 1] ?? 0]
    product[at * 2] = br * ar + bi * ai
    product[at * 2 + 1] = bi * ar - br * ai
  }
  const correlation = new Array<number>(2 * size * FINER).fill(0)
  large.inverseTransform(correlation, product)
  const reach = Math.round((SKEW_MS_MAX * pcm.rate * FINER) / 1_000)
  let best = 0
  let most = Number.NEGATIVE_INFINITY
  for (let lag = -reach; lag <= reach; lag += 1) {
    const value = correlation[((lag + size * FINER) % (size * FINER)) * 2] ?? 0
    if (value <= most) continue
    most = value
    best = lag
  }
  return (best * 1_000) / (pcm.rate * FINER)
}

/** Of every piece in a stretch of the recording. */
export const skewsIn = (pcm: Pcm, fromMs: number, untilMs: number): (number | null)[] => {
  const skews: (number | null)[] = []
  for (let atMs = fromMs; atMs + PIECE_MS <= untilMs; atMs += PIECE_MS) skews.push(skewOf(pcm, atMs))
  return skews
}

/** The same of two cards that keep what they play; each piece is placed by the cards' own clocks. */
export const skewsOfCards = (
  cards: CrystalCards,
  [left, right]: readonly [string, string],
  fromWall: number,
  untilWall: number,
): (number | null)[] => {
  const skews: (number | null)[] = []
  for (let at = fromWall; at + PIECE_MS <= untilWall; at += PIECE_MS) {
    const [a, b] = [cards.played(left, at, PIECE_MS), cards.played(right, at, PIECE_MS)]
    if (a === null || b === null) {
      skews.push(null)
      continue
    }
    const samples = new Int16Array(a.pcm.samples.length)
    for (let index = 0; index < samples.length; index += 2) {
      samples[index] = a.pcm.samples[index] ?? 0
      samples[index + 1] = b.pcm.samples[index + 1] ?? 0
    }
    const skew = skewOf({ ...a.pcm, samples }, 0)
    skews.push(skew === null ? null : skew + b.at - a.at)
  }
  return skews
}
export const skewText = (skews: readonly (number | null)[]): string => {
  const sizes = skews.flatMap((skew) => (skew === null ? [] : [Math.abs(skew)]))
  if (sizes.length === 0) return 'nothing heard'
  const [middle, p99, most] = [median(sizes), percentile(sizes, 0.99), worst(sizes)].map((ms) => ms.toFixed(3))
  return `${middle} ms median, ${p99} p99, ${most} worst (n = ${sizes.length} tenths of a second)`
}
export const isTogether = (skews: readonly (number | null)[]): boolean =>
  skews.some((skew) => skew !== null) &&
  percentile(
    skews.flatMap((skew) => (skew === null ? [] : [Math.abs(skew)])),
    0.99,
  ) <= TOGETHER_MS
