/**
 * Levels a live source while it is heard, as a hand on a fader would: slowly, by how loud the speech is, never by its pauses.
 * Pure arithmetic on blocks of interleaved stereo; a block makes no garbage.
 *
 * How loud it is, is the loudness of the last three seconds (ITU-R BS.1770-4: K-weighted, in steps of 100 ms), of which only
 * those steps count that are above an absolute gate and within 10 LU of the rest: a speaker who breathes is not softer for it.
 */
import { kWeighting } from './k-weighting.ts'
import { RATE } from './pcm.ts'

export type RiderOptions = {
  targetLufs: number
  /** What is too soft is raised by so much at most. */
  maxGainDb: number
  /** At the beginning: what the same source was given when it was heard last. */
  gainDb?: number
}

/** Factors of a block: from its first frame to behind its last, in a straight line. */
export type Ridden = { fromGain: number; toGain: number }

export type Rider = {
  /**
   * Listens to a block of `frames` frames as it came, and says what to multiply it by. The answer is the same object each time.
   */
  process: (block: Float32Array, frames: number) => Ridden
  gainDb: () => number
  /** Of the gated last three seconds; null: nothing there is loud enough to be told from silence. */
  loudnessLufs: () => number | null
}

/** A shout hurts and a horn distorts: down within seconds. A whisper only has to be waited for, and noise comes up with it. */
export const DOWN_DB_PER_S = 1
export const UP_DB_PER_S = 0.3
/** Before anything of a source is known, the fader is put where it belongs: the first words shall be understood. */
export const FIRST_DB_PER_S = 6
/** Five seconds of sound make a source known: enough to come all the way from a whisper. */
const FIRST_STEPS = 50
/** The aim is moved by no less than this: speech is never of one loudness. */
const AIM_DB_MIN = 0.5
/** The lowest: a source that must be taken down by more is broken, and its noise is not speech. */
const MIN_GAIN_DB = -30

const STEP_FRAMES = RATE / 10
/** 3 s: the short-term loudness of EBU Tech 3341. */
const STEPS = 30
const RELATIVE_LU = -10
/** Fewer steps of speech than this in three seconds are a cough. */
const STEPS_MIN = 5

const { shelf: SHELF, highPass: HIGH_PASS } = kWeighting(RATE)
const OFFSET_LU = -0.691

const lufsOf = (power: number): number => OFFSET_LU + 10 * Math.log10(Math.max(power, 1e-12))
const powerOf = (lufs: number): number => 10 ** ((lufs - OFFSET_LU) / 10)
const linear = (gainDb: number): number => 10 ** (gainDb / 20)

const RELATIVE = 10 ** (RELATIVE_LU / 10)

/** States of one channel: two of each filter, in the transposed direct form. */
const STATES = 4

type Span = { from: number; to: number }

/** Sum of the squares of the K-weighted samples of one channel, from one frame up to another. */
const weigh = (block: Float32Array, channel: 0 | 1, { from, to }: Span, z: Float64Array): number => {
  const at = channel * STATES
  let z1 = z[at] ?? 0
  let z2 = z[at + 1] ?? 0
  let z3 = z[at + 2] ?? 0
  let z4 = z[at + 3] ?? 0
  let sum = 0
  for (let frame = from; frame < to; frame += 1) {
    const x = block[frame * 2 + channel] ?? 0
    const shelved = SHELF.b0 * x + z1
    z1 = SHELF.b1 * x - SHELF.a1 * shelved + z2
    z2 = SHELF.b2 * x - SHELF.a2 * shelved
    const y = HIGH_PASS.b0 * shelved + z3
    z3 = HIGH_PASS.b1 * shelved - HIGH_PASS.a1 * y + z4
    z4 = HIGH_PASS.b2 * shelved - HIGH_PASS.a2 * y
    sum += y * y
  }
  z[at] = z1
  z[at + 1] = z2
  z[at + 2] = z3
  z[at + 3] = z4
  return sum
}

/** Power of what is above the gates among the steps that are known; 0: nothing is. */
const gatedPower = (powers: Float64Array, absolute: number): number => {
  let sum = 0
  let count = 0
  for (const power of powers) {
    if (power < absolute) continue
    sum += power
    count += 1
  }
  if (count < STEPS_MIN) return 0
  const gate = (sum / count) * RELATIVE
  sum = 0
  count = 0
  for (const power of powers) {
    if (power < absolute || power < gate) continue
    sum += power
    count += 1
  }
  return count < STEPS_MIN ? 0 : sum / count
}

export const createRider = ({ targetLufs, maxGainDb, gainDb: firstDb }: RiderOptions): Rider => {
  const filters = new Float64Array(2 * STATES)
  const powers = new Float64Array(STEPS)
  const ridden: Ridden = { fromGain: 1, toGain: 1 }
  const span: Span = { from: 0, to: 0 }
  // What would be 10 LU too soft with all the gain there is, is not taken for speech: else the hiss of an empty room came up.
  const absolute = powerOf(targetLufs - maxGainDb + RELATIVE_LU)
  let gainDb = Math.max(MIN_GAIN_DB, Math.min(maxGainDb, firstDb ?? 0))
  let stepFrames = 0
  let stepSum = 0
  let nextStep = 0
  let soundSteps = firstDb === undefined ? 0 : FIRST_STEPS
  let gated = 0
  let wantedDb = gainDb
  /** The step that came last was above the gate: else the fader is left where it is. */
  let isSounding = false

  const endStep = (): void => {
    const power = stepSum / STEP_FRAMES
    powers[nextStep] = power
    nextStep = (nextStep + 1) % STEPS
    stepFrames = 0
    stepSum = 0
    gated = gatedPower(powers, absolute)
    // A pause within speech neither counts nor moves anything.
    isSounding = gated > 0 && power >= absolute && power >= gated * RELATIVE
    if (!isSounding) return
    soundSteps += 1
    const aimDb = Math.max(MIN_GAIN_DB, Math.min(maxGainDb, targetLufs - lufsOf(gated)))
    if (Math.abs(aimDb - wantedDb) > AIM_DB_MIN) wantedDb = aimDb
  }
  const move = (frames: number): void => {
    if (!isSounding || gainDb === wantedDb) return
    const isKnown = soundSteps > FIRST_STEPS
    const seconds = frames / RATE
    const upDb = (isKnown ? UP_DB_PER_S : FIRST_DB_PER_S) * seconds
    const downDb = (isKnown ? DOWN_DB_PER_S : FIRST_DB_PER_S) * seconds
    gainDb = Math.max(gainDb - downDb, Math.min(gainDb + upDb, wantedDb))
  }
  return {
    process: (block, frames) => {
      ridden.fromGain = linear(gainDb)
      span.from = 0
      while (span.from < frames) {
        span.to = Math.min(frames, span.from + STEP_FRAMES - stepFrames)
        stepSum += weigh(block, 0, span, filters) + weigh(block, 1, span, filters)
        move(span.to - span.from)
        stepFrames += span.to - span.from
        span.from = span.to
        if (stepFrames === STEP_FRAMES) endStep()
      }
      ridden.toGain = linear(gainDb)
      return ridden
    },
    gainDb: () => gainDb,
    loudnessLufs: () => (gated === 0 ? null : lufsOf(gated)),
  }
}
