/** One programme, sent and captured under some condition, and what the ear made of it. Nothing waits: its time is made up. */
import type { Alike } from '../../drivers/capture/correlate.ts'
import { createListener } from '../../drivers/capture/listener.ts'
import type { HeardLook } from '../../drivers/capture/messages.ts'
import { type Chance, delayed, mixed, music, rain, RATE_HZ, reverberated, rms, scaled, traffic } from './signals.ts'

export type Condition = {
  name: string
  /** What is right to say of it. */
  truth: 'heard' | 'not-heard'
  /** Of the programme in the capture, against the calibrated gain; null: it is not in there. */
  programmeDb: number | null
  /** Of the noise, against the programme at its calibrated gain. */
  noiseDb: number | null
  noise?: 'rain' | 'traffic'
  fadeMs?: number
  /** Of another programme in the capture, against ours at its calibrated gain. */
  otherDb?: number
  isCalibrated?: boolean
}

export const CONDITIONS: readonly Condition[] = [
  { name: 'feedback line', truth: 'heard', programmeDb: 0, noiseDb: -50 },
  { name: 'rain at 0 dB SNR', truth: 'heard', programmeDb: 0, noiseDb: 0, noise: 'rain' },
  { name: 'traffic at 0 dB SNR', truth: 'heard', programmeDb: 0, noiseDb: 0, noise: 'traffic' },
  { name: 'rain at −6 dB SNR', truth: 'heard', programmeDb: 0, noiseDb: 6, noise: 'rain' },
  { name: 'rain at −12 dB SNR', truth: 'heard', programmeDb: 0, noiseDb: 12, noise: 'rain' },
  { name: 'square, 0.8 s of echo', truth: 'heard', programmeDb: 0, noiseDb: -30, fadeMs: 800 },
  { name: 'square and traffic at 0 dB', truth: 'heard', programmeDb: 0, noiseDb: 0, noise: 'traffic', fadeMs: 800 },
  { name: '40 dB too quiet', truth: 'heard', programmeDb: -40, noiseDb: -70 },
  { name: 'ours under another at 0 dB', truth: 'heard', programmeDb: 0, noiseDb: -50, otherDb: 0 },
  { name: 'muted', truth: 'not-heard', programmeDb: null, noiseDb: null },
  { name: 'dead horn, quiet street', truth: 'not-heard', programmeDb: null, noiseDb: -20, noise: 'traffic' },
  { name: 'dead horn, loud street', truth: 'not-heard', programmeDb: null, noiseDb: 0, noise: 'traffic' },
  { name: 'dead horn, downpour', truth: 'not-heard', programmeDb: null, noiseDb: 20, noise: 'rain' },
  { name: 'another programme', truth: 'not-heard', programmeDb: null, noiseDb: -50, otherDb: 0 },
  {
    name: 'another, not calibrated',
    truth: 'not-heard',
    programmeDb: null,
    noiseDb: -50,
    otherDb: 0,
    isCalibrated: false,
  },
]

export type Seen = HeardLook & { alike: Alike }
export type Outcome = { looks: Seen[]; delayMs: number; gainDb: number; driftPpm: number }

const SECONDS = 16
const STEP_SAMPLES = RATE_HZ / 20
/** Gain of the wire or of the street. */
const GAIN_DB = { least: -30, most: 6 }

const between = (chance: Chance, least: number, most: number): number => least + (most - least) * chance()

const programmeOf = (shelf: readonly Float32Array[], chance: Chance, not?: Float32Array) => {
  const kept = shelf.filter((reading) => reading !== not)
  const reading = kept[Math.floor(chance() * kept.length)]
  if (reading === undefined || chance() < 0.3) return { from: undefined, sound: music(SECONDS, chance) }
  const first = Math.floor(chance() * (reading.length - SECONDS * RATE_HZ))
  return { from: reading, sound: reading.slice(first, first + SECONDS * RATE_HZ) }
}

const toInt16 = (samples: Float32Array): Int16Array =>
  Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))))

/** What the capture source takes, from the moment at which the programme begins. */
const capturedOf = (condition: Condition, sound: Float32Array, other: Float32Array, chance: Chance) => {
  const gainDb = between(chance, GAIN_DB.least, GAIN_DB.most)
  const gain = 10 ** (gainDb / 20)
  const delaySamples = between(chance, 0, 1.7 * RATE_HZ)
  const driftPpm = between(chance, -200, 200)
  const { programmeDb, otherDb, noiseDb, noise, fadeMs } = condition
  const room = (samples: Float32Array) => (fadeMs === undefined ? samples : reverberated(samples, fadeMs, chance))
  const silent = new Float32Array(sound.length)
  const ours = programmeDb === null ? silent : scaled(room(sound), gain * 10 ** (programmeDb / 20))
  const theirs = otherDb === undefined ? silent : scaled(other, (gain * 10 ** (otherDb / 20) * rms(sound)) / rms(other))
  const clean = delayed(mixed(ours, theirs), delaySamples, driftPpm)
  const street = noise === 'traffic' ? traffic(clean.length, chance) : rain(clean.length, chance)
  const noiseGain = noiseDb === null ? 0 : (gain * 10 ** (noiseDb / 20) * rms(sound)) / rms(street)
  return { samples: mixed(clean, scaled(street, noiseGain)), gainDb, delaySamples, driftPpm }
}

export const tryOnce = (condition: Condition, shelf: readonly Float32Array[], chance: Chance): Outcome => {
  const { from, sound } = programmeOf(shelf, chance)
  const level = 10 ** (between(chance, -20, -3) / 20)
  const loudest = sound.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9)
  const sent = scaled(sound, level / loudest)
  const other = programmeOf(shelf, chance, from).sound
  const { samples, gainDb, delaySamples, driftPpm } = capturedOf(condition, sent, other, chance)
  const looks: Seen[] = []
  const listener = createListener({
    gainDb: condition.isCalibrated === false ? null : gainDb,
    look: (look, alike) => looks.push({ ...look, alike }),
  })
  const [reference, capture] = [toInt16(sent), toInt16(samples)]
  const sampleMs = 1_000 / (RATE_HZ * (1 + driftPpm / 1e6))
  // Half a second of silence before, so that the first second is covered.
  const before = new Int16Array(RATE_HZ / 2)
  listener.captured(before, 0)
  for (let at = 0; at < capture.length; at += STEP_SAMPLES) {
    // What was sent is told a little after it was heard; what is captured comes with the delays of a busy machine.
    const now = at * sampleMs
    if (at < reference.length) listener.sent(reference.slice(at, at + STEP_SAMPLES), (at * 1_000) / RATE_HZ)
    const piece = capture.subarray(at, at + STEP_SAMPLES)
    listener.captured(piece, now + piece.length * sampleMs + (chance() < 0.7 ? 0 : 15 * chance()))
  }
  return { looks, delayMs: (delaySamples * 1_000) / RATE_HZ, gainDb, driftPpm }
}
