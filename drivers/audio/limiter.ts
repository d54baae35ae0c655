/**
 * The last stage before the card: no peak is above the ceiling, not even between two samples, so that neither the converter nor
 * the amplifier clips. It looks ahead, so what must be turned down is turned down before it comes, and steadily.
 *
 * True peaks are found as ITU-R BS.1770-4, Annex 2 has it: four times the samples, by its 48-tap filter.
 */
import { CHANNELS, framesOfMs, type Pcm } from './pcm.ts'

export const CEILING_DBTP = -1
const CEILING = 10 ** (CEILING_DBTP / 20)
/** The gain goes down over this long. */
const ATTACK_FRAMES = framesOfMs(1.5)
/** And comes up again with this time constant: shorter is heard as distortion of low tones, longer as a hole. */
const RELEASE_MS = 80
const RELEASE = 1 - Math.exp(-1 / framesOfMs(RELEASE_MS))
const RING = ATTACK_FRAMES + 2
/** The filter's middle lies so many samples back. */
const TAPS = 12
const FILTER_FRAMES = TAPS / 2
/** How much later everything comes out than it went in. */
export const LIMITER_FRAMES = ATTACK_FRAMES + FILTER_FRAMES

/** Annex 2, table 1. The third and fourth phases are the second and first, backwards. */
const PHASE_0 = [
  0.001708984375, 0.010986328125, -0.0196533203125, 0.033203125, -0.0594482421875, 0.1373291015625, 0.97216796875,
  -0.102294921875, 0.047607421875, -0.026611328125, 0.014892578125, -0.00830078125,
]
const PHASE_1 = [
  -0.0291748046875, 0.029296875, -0.0517578125, 0.089111328125, -0.16650390625, 0.465087890625, 0.77978515625,
  -0.2003173828125, 0.1015625, -0.0582275390625, 0.0330810546875, -0.0189208984375,
]
const PHASES = [PHASE_0, PHASE_1, PHASE_1.toReversed(), PHASE_0.toReversed()]
const FILTER = Float64Array.from(PHASES.flat())

/** What an interpolated sample can be at most above the samples it is made of; where that is below the ceiling no filter runs. */
const FILTER_GAIN_MAX = Math.max(...PHASES.map((taps) => taps.reduce((sum, tap) => sum + Math.abs(tap), 0)))

export type Limiter = {
  /** In place; comes out `LIMITER_FRAMES` later. */
  process: (pcm: Pcm, frames: number) => void
  /** Forgets what is still inside. */
  reset: () => void
}

export const openLimiter = (): Limiter => {
  const delay = new Float32Array(LIMITER_FRAMES * CHANNELS)
  /** The newest samples of each channel, twice over, so that a filter's length of them is always in one piece. */
  const recent = new Float32Array(2 * TAPS * CHANNELS)
  /** Lowest gain wanted within the attack: a queue of candidates in a ring, lowest first. */
  const wantedAt = new Float64Array(RING)
  const wanted = new Float64Array(RING)
  /** The last gains, whose mean is what is applied: so it goes down in a straight line and is there in time. */
  const window = new Float64Array(ATTACK_FRAMES).fill(1)
  let frameNow = 0
  let head = 0
  let size = 0
  let sum = ATTACK_FRAMES
  let held = 1

  const reset = () => {
    delay.fill(0)
    recent.fill(0)
    window.fill(1)
    frameNow = 0
    head = 0
    size = 0
    sum = ATTACK_FRAMES
    held = 1
  }

  const peakOf = (channel: number): number => {
    const from = channel * 2 * TAPS + (frameNow % TAPS) + 1
    let most = 0
    for (let tap = 0; tap < TAPS; tap += 1) most = Math.max(most, Math.abs(recent[from + tap] ?? 0))
    if (most * FILTER_GAIN_MAX <= CEILING) return most
    for (let phase = 0; phase < 4; phase += 1) {
      let value = 0
      for (let tap = 0; tap < TAPS; tap += 1) value += (recent[from + tap] ?? 0) * (FILTER[phase * TAPS + tap] ?? 0)
      most = Math.max(most, Math.abs(value))
    }
    return most
  }

  /** The lowest gain that any frame within the attack wants. */
  const lowestOf = (gain: number): number => {
    while (size > 0 && (wanted[(head + size - 1) % RING] ?? 1) >= gain) size -= 1
    wanted[(head + size) % RING] = gain
    wantedAt[(head + size) % RING] = frameNow
    size += 1
    if (frameNow - (wantedAt[head] ?? 0) > ATTACK_FRAMES) {
      head = (head + 1) % RING
      size -= 1
    }
    return wanted[head] ?? 1
  }

  const process = (pcm: Pcm, frames: number) => {
    for (let frame = 0; frame < frames; frame += 1) {
      const at = frame * CHANNELS
      let peak = 0
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const sample = pcm[at + channel] ?? 0
        const place = channel * 2 * TAPS + (frameNow % TAPS)
        recent[place] = sample
        recent[place + TAPS] = sample
        peak = Math.max(peak, peakOf(channel))
      }
      const low = lowestOf(peak > CEILING ? CEILING / peak : 1)
      held = low < held ? low : held + (low - held) * RELEASE
      const oldest = frameNow % ATTACK_FRAMES
      sum += held - (window[oldest] ?? 1)
      window[oldest] = held
      const gain = Math.min(1, sum / ATTACK_FRAMES)
      const place = (frameNow % LIMITER_FRAMES) * CHANNELS
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const sample = pcm[at + channel] ?? 0
        pcm[at + channel] = (delay[place + channel] ?? 0) * gain
        delay[place + channel] = sample
      }
      frameNow += 1
    }
  }

  return { process, reset }
}
