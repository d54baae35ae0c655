/**
 * A sound that tells by itself whether anything of it is missing, and how far two of it are apart: two steady tones. Each sample
 * of them follows from the four before it, so what does not follow is a gap, a repetition or a leap; and the phases of both say
 * where a piece of it is to a microsecond, within 25 ms. It costs so little to listen to that an hour of it is heard as it comes,
 * and nothing of it is kept.
 */
import { tonePcm, type Pcm } from '../bench-parts/tone.ts'

/**
 * Whole numbers of periods in a tenth of a second, so that neither is heard in the other there. Not whole in the steps of 5 ms in
 * which sound servers leave out or repeat. The second is fainter, so that they never cancel each other out.
 */
const TONES = [
  { frequencyHz: 1_060, levelDb: -10 },
  { frequencyHz: 1_080, levelDb: -30 },
] as const
const RATE = 48_000
const CHANNELS = 2
const PIECE_FRAMES = RATE / 10
/** Further from what must follow than rounding, dither and a change of pace make it; a leap of one step of 5 ms is four times that. */
const RESIDUAL_MAX = 100
/** Of 32,767. */
const SILENT = 4
/** Silence of the tones themselves is a sample or two. */
const SILENT_FRAMES_MIN = RATE / 2_000
/** What follows sooner belongs to the same. */
const APART_FRAMES = RATE / 50
/** A source that breaks all the time needs no longer list. */
const BREAKS_MAX = 10_000
/** Less than nine tenths of the louder tone: some of it is silent, and phases say nothing. */
const AMPLITUDE_MIN = 0.9 * 32_767 * 10 ** (TONES[0].levelDb / 20)

export type Break = {
  atFrame: number
  untilFrame: number
  /** The longest silence in it. */
  silentFrames: number
}

/** A tenth of a second, in which both tones begin and end at the same place: whatever is made of it has no seams. */
export const carrierPcm = (): Pcm => {
  const [first, second] = TONES.map((tone) => tonePcm({ ...tone, durationMs: 100, rate: RATE, channels: CHANNELS }))
  if (first === undefined || second === undefined) throw new Error('there are two tones')
  return { ...first, samples: first.samples.map((sample, at) => sample + (second.samples[at] ?? 0)) }
}

const omegas = TONES.map(({ frequencyHz }) => (2 * Math.PI * frequencyHz) / RATE)
const [NEAR, MIDDLE] = [
  -2 * omegas.reduce((sum, omega) => sum + Math.cos(omega), 0),
  2 + 4 * omegas.reduce((product, omega) => product * Math.cos(omega), 1),
] as const

/** Of one channel of an interleaved recording. */
const openBreaks = (channel: number) => {
  const found: Break[] = []
  const past = new Float64Array(4)
  let frame = 0
  let silentFrames = 0
  let current: Break | null = null
  return {
    push: (samples: Int16Array) => {
      for (let at = channel; at < samples.length; at += CHANNELS) {
        const sample = samples[at] ?? 0
        const [a = 0, b = 0, c = 0, d = 0] = past
        const isOff = Math.abs(sample + NEAR * (a + c) + MIDDLE * b + d) > RESIDUAL_MAX
        past[3] = c
        past[2] = b
        past[1] = a
        past[0] = sample
        silentFrames = Math.abs(sample) <= SILENT ? silentFrames + 1 : 0
        if (current !== null && frame - current.untilFrame > APART_FRAMES) {
          if (found.length < BREAKS_MAX) found.push(current)
          current = null
        }
        if (isOff || silentFrames >= SILENT_FRAMES_MIN) {
          current ??= { atFrame: frame - silentFrames, untilFrame: frame, silentFrames: 0 }
          current.untilFrame = frame
        }
        if (current !== null) current.silentFrames = Math.max(current.silentFrames, silentFrames)
        frame += 1
      }
    },
    all: (): Break[] => (current === null ? found : [...found, current]),
  }
}

const wrapped = (angle: number): number => angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI))

/** Phase of the right channel behind the left one, of each tone; null: some of one of them is silent. */
const openPhases = () => {
  const tables = omegas.map((omega) => ({
    cos: Float64Array.from({ length: PIECE_FRAMES }, (_, frame) => Math.cos(omega * frame)),
    sin: Float64Array.from({ length: PIECE_FRAMES }, (_, frame) => Math.sin(omega * frame)),
  }))
  const sums = tables.map(() => new Float64Array(4))
  return {
    add: (frame: number, left: number, right: number) => {
      for (let tone = 0; tone < TONES.length; tone += 1) {
        const [table, sum] = [tables[tone], sums[tone]]
        if (table === undefined || sum === undefined) continue
        const [cos, sin] = [table.cos[frame] ?? 0, table.sin[frame] ?? 0]
        sum[0] = (sum[0] ?? 0) + left * cos
        sum[1] = (sum[1] ?? 0) - left * sin
        sum[2] = (sum[2] ?? 0) + right * cos
        sum[3] = (sum[3] ?? 0) - right * sin
      }
    },
    take: (): number[] | null => {
      const scale = 2 / PIECE_FRAMES
      const amplitude = ([a = 0, b = 0, c = 0, d = 0]: Float64Array) =>
        scale * Math.min(Math.hypot(a, b), Math.hypot(c, d))
      const [loud] = sums
      const isSilent = loud === undefined || amplitude(loud) < AMPLITUDE_MIN
      const behind = sums.map(([a = 0, b = 0, c = 0, d = 0]) => Math.atan2(b, a) - Math.atan2(d, c))
      for (const sum of sums) sum.fill(0)
      return isSilent ? null : behind
    },
  }
}

/** By how much the right channel is later than the left, in ms, of every tenth of a second; null: some of one of them is silent. */
const openSkews = () => {
  const skews: (number | null)[] = []
  const phases = openPhases()
  let frame = 0
  const skewOf = ([first = 0, second = 0]: readonly number[]): number => {
    const [slow = 0, fast = 0] = omegas
    // The difference of the two is the coarse hand of the clock, the first tone the fine one.
    const coarse = wrapped(second - first) / (fast - slow)
    const periods = Math.round((coarse * slow - first) / (2 * Math.PI))
    return (((first + periods * 2 * Math.PI) / slow) * 1_000) / RATE
  }
  return {
    push: (samples: Int16Array) => {
      for (let at = 0; at < samples.length; at += CHANNELS) {
        phases.add(frame, samples[at] ?? 0, samples[at + 1] ?? 0)
        frame += 1
        if (frame < PIECE_FRAMES) continue
        frame = 0
        const behind = phases.take()
        skews.push(behind === null ? null : skewOf(behind))
      }
    },
    all: () => skews,
  }
}

export type CarrierListener = {
  /** Interleaved stereo at 48 kHz, in whole frames, as it comes. */
  push: (samples: Int16Array) => void
  /** Of that channel, those that begin between the two moments of the recording. */
  breaks: (channel: 0 | 1, fromMs: number, untilMs: number) => Break[]
  /** Of every tenth of a second that lies between the two moments. */
  skews: (fromMs: number, untilMs: number) => (number | null)[]
}

const framesOf = (ms: number): number => Math.round((ms * RATE) / 1_000)

export const listenToCarrier = (): CarrierListener => {
  const channels = [openBreaks(0), openBreaks(1)] as const
  const skews = openSkews()
  return {
    push: (samples) => {
      for (const { push } of [...channels, skews]) push(samples)
    },
    breaks: (channel, fromMs, untilMs) =>
      channels[channel].all().filter(({ atFrame }) => atFrame >= framesOf(fromMs) && atFrame < framesOf(untilMs)),
    skews: (fromMs, untilMs) =>
      skews.all().slice(Math.ceil(framesOf(fromMs) / PIECE_FRAMES), Math.floor(framesOf(untilMs) / PIECE_FRAMES)),
  }
}

export const msOfFrames = (frames: number): number => (frames * 1_000) / RATE
