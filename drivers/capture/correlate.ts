/**
 * How alike what was sent and what was captured are, at every delay. Each second of sound is compared by itself, on a time axis
 * that both share, so that clocks which drift apart smear nothing; then the newest few seconds are added up. Pure.
 *
 * The delay is looked for in a correlation whose spectrum was made flatter (GCC with a partial phase transform): a voice is
 * narrow, and flattened it has one sharp peak instead of many round ones. The level is read from the plain correlation there.
 */
import FFT from 'fft.js'
import { RATE_HZ } from './messages.ts'

export const BLOCK_SAMPLES = 8_192
/** The capture may seem a little early where the delay of the card is set too large; and be two seconds late. */
export const LAG_SAMPLES_MIN = -RATE_HZ / 4
export const LAG_SAMPLES_MAX = 2 * RATE_HZ
const LAGS = LAG_SAMPLES_MAX - LAG_SAMPLES_MIN
/** So much capture is compared with one block: from `LAG_SAMPLES_MIN` before its beginning on. */
export const SPAN_SAMPLES = BLOCK_SAMPLES + LAGS
/** Room for the span, so that nothing wraps around. */
const POINTS = 32_768
/** Between plain correlation (0) and phase alone (1), which would make noise where the voice has none count as much. */
const FLATNESS = 0.7
/** Blocks that are added up: four seconds. */
export const BLOCKS_MAX = 4
/** An echo of the peak is no background. */
const PEAK_SAMPLES = 160
/**
 * Each second has its own peak somewhere around that of the sum: the drift of a converter is not known at first, and a card may
 * learn anew where it is. The plain correlation has its own a little beside the flattened one.
 */
const STRAY_SAMPLES = 1_000
const BESIDE_SAMPLES = 8

export type Alike = {
  /** How far the highest peak stands above the rest of the correlation, in standard deviations. */
  prominence: number
  /** 0 to 1, of the waveforms themselves at that delay. */
  likeness: number
  /** Least squares gain from what was sent to what was captured, at that delay. */
  gainDb: number
  /** A fraction of a sample where the peak lies between two. */
  lagSamples: number
  /** Of the blocks that were added up. */
  blocks: number
  /** Of what was sent and of what was captured, dBFS of their root mean square; −120 is nothing at all. */
  referenceDb: number
  captureDb: number
  /** How many of the frequencies carry what was sent: a few for a tone, hundreds for a voice. */
  breadth: number
}

type Block = {
  flat: Float32Array
  plain: Float32Array
  referenceEnergy: number
  captured: Float32Array
  knownSamples: number
  breadth: number
}

/** The level is that of now: what was turned down two seconds ago must not be told as half turned down. */
const GAIN_BLOCKS = 2

export const DB_MIN = -120
export const dbOf = (power: number): number => Math.max(DB_MIN, 10 * Math.log10(Math.max(power, 1e-12)))

const energyOf = (samples: Float32Array, from: number, to: number): number => {
  let sum = 0
  for (let at = Math.max(0, from); at < Math.min(samples.length, to); at += 1) sum += (samples[at] ?? 0) ** 2
  return sum
}

const gainOf = (blocks: readonly Block[], matches: readonly number[]): number => {
  const energy = blocks.reduce((sum, block) => sum + block.referenceEnergy, 0)
  return energy === 0 ? DB_MIN : dbOf((matches.reduce((sum, own) => sum + own, 0) / energy) ** 2)
}

/** Where a parabola through three points is highest, −0.5 to 0.5 from the middle, and how high. */
const vertex = (left: number, middle: number, right: number): { at: number; height: number } => {
  const bend = left - 2 * middle + right
  if (bend >= 0) return { at: 0, height: middle }
  const at = Math.max(-0.5, Math.min(0.5, (left - right) / (2 * bend)))
  return { at, height: middle - ((left - right) * at) / 4 }
}

export type Correlator = {
  /** `captured` begins `-LAG_SAMPLES_MIN` before `reference`; what is not known is 0 there. */
  add: (reference: Float32Array, captured: Float32Array, knownSamples: number) => Alike
  /** What comes does not belong to what was. */
  reset: () => void
}

export const createCorrelator = (): Correlator => {
  const fft = new FFT(POINTS)
  const complex = () => new Float64Array(2 * POINTS)
  const [input, reference, captured, product, output] = [
    new Float64Array(POINTS),
    complex(),
    complex(),
    complex(),
    complex(),
  ]
  const sums = { flat: new Float64Array(LAGS), plain: new Float64Array(LAGS) }
  let blocks: Block[] = []

  const transform = (into: Float64Array, samples: Float32Array) => {
    input.fill(0)
    input.set(samples)
    fft.realTransform(into, input)
  }

  /** Cross spectrum, flattened in the real part of the outcome and plain in the imaginary one: one way back for both. */
  const cross = (): number => {
    let power = 0
    let powerSquared = 0
    for (let bin = 0; bin <= POINTS / 2; bin += 1) {
      const [at, mirror] = [2 * bin, 2 * ((POINTS - bin) % POINTS)]
      const [rRe, rIm] = [reference[at] ?? 0, reference[at + 1] ?? 0]
      const [cRe, cIm] = [captured[at] ?? 0, captured[at + 1] ?? 0]
      const re = rRe * cRe + rIm * cIm
      const im = rRe * cIm - rIm * cRe
      const here = rRe * rRe + rIm * rIm
      power += here
      powerSquared += here * here
      const size = Math.hypot(re, im)
      const weight = size === 0 ? 0 : size ** -FLATNESS
      product[at] = re * weight - im
      product[at + 1] = im * weight + re
      // The other half of the spectrum of two real functions packed into one complex one.
      product[mirror] = re * weight + im
      product[mirror + 1] = -im * weight + re
    }
    return powerSquared === 0 ? 0 : (power * power) / powerSquared
  }

  const blockOf = (sent: Float32Array, heard: Float32Array, knownSamples: number): Block => {
    transform(reference, sent)
    transform(captured, heard)
    const breadth = cross()
    fft.inverseTransform(output, product)
    const flat = new Float32Array(LAGS)
    const plain = new Float32Array(LAGS)
    let square = 0
    for (let lag = 0; lag < LAGS; lag += 1) {
      flat[lag] = output[2 * lag] ?? 0
      plain[lag] = output[2 * lag + 1] ?? 0
      square += (flat[lag] ?? 0) ** 2
    }
    // A loud second counts no more than a quiet one: noise is in both.
    const scale = square === 0 ? 0 : 1 / Math.sqrt(square / LAGS)
    for (let lag = 0; lag < LAGS; lag += 1) flat[lag] = (flat[lag] ?? 0) * scale
    return { flat, plain, referenceEnergy: energyOf(sent, 0, sent.length), captured: heard, knownSamples, breadth }
  }

  const addUp = () => {
    sums.flat.fill(0)
    sums.plain.fill(0)
    for (const { flat, plain } of blocks) {
      for (let lag = 0; lag < LAGS; lag += 1) {
        sums.flat[lag] = (sums.flat[lag] ?? 0) + (flat[lag] ?? 0)
        sums.plain[lag] = (sums.plain[lag] ?? 0) + (plain[lag] ?? 0)
      }
    }
  }

  const peakOf = (values: Float64Array): { lag: number; prominence: number } => {
    let lag = 0
    for (let at = 1; at < LAGS; at += 1) if (Math.abs(values[at] ?? 0) > Math.abs(values[lag] ?? 0)) lag = at
    let square = 0
    let count = 0
    for (let at = 0; at < LAGS; at += 1) {
      if (Math.abs(at - lag) <= PEAK_SAMPLES) continue
      square += (values[at] ?? 0) ** 2
      count += 1
    }
    const deviation = Math.sqrt(square / count)
    return { lag, prominence: deviation === 0 ? 0 : Math.abs(values[lag] ?? 0) / deviation }
  }

  const highest = (values: Float32Array, lag: number, around: number): number => {
    let best = lag
    const last = Math.min(LAGS - 1, lag + around)
    for (let near = Math.max(0, lag - around); near <= last; near += 1)
      if (Math.abs(values[near] ?? 0) > Math.abs(values[best] ?? 0)) best = near
    return best
  }
  /** How much of one block is in its capture, near that delay: its inner product with what was sent. */
  const matchOf = ({ flat, plain }: Block, lag: number): number => {
    const best = highest(plain, highest(flat, lag, STRAY_SAMPLES), BESIDE_SAMPLES)
    const at = (place: number) => Math.abs(plain[place] ?? 0)
    return vertex(at(best - 1), at(best), at(best + 1)).height
  }

  return {
    reset: () => (blocks = []),
    add: (sent, heard, knownSamples) => {
      blocks = [...blocks, blockOf(sent, heard, knownSamples)].slice(-BLOCKS_MAX)
      addUp()
      const { lag, prominence } = peakOf(sums.flat)
      const around = (values: Float64Array) => {
        // A cable that is wired the other way round has its peak below zero.
        const sign = (values[lag] ?? 0) < 0 ? -1 : 1
        const at = (step: number) => sign * (values[lag + step] ?? 0)
        return vertex(at(-1), at(0), at(1))
      }
      const referenceEnergy = blocks.reduce((sum, block) => sum + block.referenceEnergy, 0)
      const thereEnergy = blocks.reduce((sum, block) => sum + energyOf(block.captured, lag, lag + BLOCK_SAMPLES), 0)
      const wholeEnergy = blocks.reduce((sum, block) => sum + energyOf(block.captured, 0, SPAN_SAMPLES), 0)
      const known = blocks.reduce((sum, block) => sum + block.knownSamples, 0)
      const matches = blocks.map((block) => matchOf(block, lag))
      const match = matches.reduce((sum, own) => sum + own, 0)
      return {
        prominence,
        likeness: thereEnergy === 0 ? 0 : Math.min(1, match / Math.sqrt(referenceEnergy * thereEnergy)),
        gainDb: gainOf(blocks.slice(-GAIN_BLOCKS), matches.slice(-GAIN_BLOCKS)),
        lagSamples: LAG_SAMPLES_MIN + lag + around(sums.flat).at,
        blocks: blocks.length,
        referenceDb: dbOf(referenceEnergy / (blocks.length * BLOCK_SAMPLES)),
        captureDb: dbOf(wholeEnergy / Math.max(1, known)),
        breadth: blocks.reduce((sum, block) => sum + block.breadth, 0) / blocks.length,
      }
    },
  }
}
