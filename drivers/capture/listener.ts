/**
 * Compares, second by second, what was sent with what was captured, and says what came of it. It knows neither a process nor a
 * thread: both kinds of sound are pushed into it, with the time at which they were in the air.
 */
import { createBlocks, type SentBlock } from './blocks.ts'
import {
  BLOCK_SAMPLES,
  createCorrelator,
  LAG_SAMPLES_MAX,
  LAG_SAMPLES_MIN,
  SPAN_SAMPLES,
  type Alike,
} from './correlate.ts'
import { createLine } from './line.ts'
import { type HeardLook, type MonotonicMs, msOfSamples } from './messages.ts'
import { judge } from './verdict.ts'

export type Listener = {
  /** What was sent; `at`: when its first sample left the horn. */
  sent: (samples: Int16Array, at: MonotonicMs) => void
  captured: (samples: Int16Array, arrivedAt: MonotonicMs) => void
  /** The capture ended: what comes next has a time line of its own. */
  cut: () => void
}

export type ListenerOptions = {
  /** Calibrated; null: unknown. */
  gainDb: number | null
  look: (look: HeardLook, alike: Alike) => void
}

/** While it is heard, its delay is known: no need to wait for the largest one. */
const KNOWN_LAG_MARGIN_SAMPLES = 2_000
/** Blocks that wait for their capture; older ones will not get it any more. */
const WAITING_MAX = 8

export const createListener = ({ gainDb, look }: ListenerOptions): Listener => {
  const blocks = createBlocks()
  const correlator = createCorrelator()
  let line = createLine()
  let waiting: SentBlock[] = []
  /** Of the last look that heard it. */
  let lagSamples: number | null = null
  let fromAt: MonotonicMs[] = []
  let offsMs: number[] = []

  const neededUntil = ({ at }: SentBlock): MonotonicMs => {
    const lagMax = lagSamples === null ? LAG_SAMPLES_MAX : Math.ceil(lagSamples) + KNOWN_LAG_MARGIN_SAMPLES
    return at + msOfSamples(BLOCK_SAMPLES + Math.min(LAG_SAMPLES_MAX, lagMax))
  }

  const compare = ({ samples, at, isFirst }: SentBlock) => {
    const span = new Float32Array(SPAN_SAMPLES)
    const { offMs, knownSamples } = line.read(at + msOfSamples(LAG_SAMPLES_MIN), span)
    if (isFirst) forget()
    const alike = correlator.add(samples, span, knownSamples)
    fromAt = [...fromAt, at].slice(-alike.blocks)
    offsMs = [...offsMs, offMs].slice(-alike.blocks)
    const { verdict, confidence } = judge(alike, gainDb)
    const isHeard = verdict === 'heard'
    lagSamples = isHeard ? alike.lagSamples : null
    const meanOffMs = offsMs.reduce((sum, ms) => sum + ms, 0) / offsMs.length
    const found = isHeard
      ? { gainDb: alike.gainDb, delayMs: msOfSamples(alike.lagSamples) + meanOffMs }
      : { gainDb: null, delayMs: null }
    const [from = at] = fromAt
    const until = at + msOfSamples(BLOCK_SAMPLES)
    look({ verdict, confidence, from, until, captureDb: alike.captureDb, ...found }, alike)
  }
  const forget = () => {
    correlator.reset()
    fromAt = []
    offsMs = []
  }

  /** A block whose beginning was not captured proves nothing. */
  const isCovered = ({ at }: SentBlock) => at + msOfSamples(LAG_SAMPLES_MIN) >= line.knownFrom() || lagSamples !== null
  const proceed = () => {
    for (let next = waiting[0]; next !== undefined && line.reachesTo() >= neededUntil(next); next = waiting[0]) {
      waiting.shift()
      if (isCovered(next)) compare(next)
    }
  }

  return {
    sent: (samples, at) => {
      const pcm = Float32Array.from(samples, (sample) => sample / 32_768)
      waiting = [...waiting, ...blocks.add(pcm, at)].slice(-WAITING_MAX)
      proceed()
    },
    captured: (samples, arrivedAt) => {
      line.push(samples, arrivedAt)
      proceed()
    },
    cut: () => {
      line = createLine()
      waiting = []
      lagSamples = null
      forget()
    },
  }
}
