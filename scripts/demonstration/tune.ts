/** A little tune in five tones over one held high note, made of arithmetic: a demo must not owe anybody a song. */
import { type Pcm } from '../bench-parts/tone.ts'
import { TONE_HZ, TUNE_MS } from './programme.ts'

const RATE = 48_000
/** D, E, F sharp, A, B: none has a harmonic (of the three that sound) within 50 Hz of the held note. */
const NOTES_HZ = { d: 293.66, e: 329.63, f: 369.99, a: 440, b: 493.88 } as const
/** One letter is a note, a dot holds the one before: 32 half-second steps. */
const MELODY = 'd.fab.a.f.ed.ef.a.ba.fe.d.fe.d..'
const STEP_MS = 500
const MELODY_PEAK = 0.26
const HELD_PEAK = 0.11
/** Short enough that the held note's beginning and end can be placed to a few milliseconds. */
const EDGE_MS = 4
const HARMONICS = [1, 0.45, 0.18]

const isNote = (letter: string): letter is keyof typeof NOTES_HZ => letter in NOTES_HZ

/** A plucked string: a quick attack, then it dies away. */
const pluck = (hz: number, seconds: number): number => {
  const swell = Math.min(1, seconds / 0.006) * Math.exp(-seconds * 2.6)
  return (
    HARMONICS.reduce(
      (sum, part, index) =>
        sum + part * Math.exp(-seconds * index * 2) * Math.sin(2 * Math.PI * hz * (index + 1) * seconds),
      0,
    ) * swell
  )
}

export const tunePcm = (): Pcm => {
  const frames = (TUNE_MS * RATE) / 1_000
  const mono = new Float64Array(frames)
  const edge = (EDGE_MS * RATE) / 1_000
  for (let frame = 0; frame < frames; frame += 1) {
    const shape = Math.min(1, frame / edge, (frames - frame) / edge)
    mono[frame] = HELD_PEAK * shape * Math.sin((2 * Math.PI * TONE_HZ * frame) / RATE)
  }
  Array.from(MELODY).forEach((letter, step) => {
    if (!isNote(letter)) return
    const from = (step * STEP_MS * RATE) / 1_000
    for (let frame = from; frame < Math.min(frames, from + 2 * RATE); frame += 1) {
      const tail = Math.min(1, (frames - frame) / (RATE / 4))
      mono[frame] = (mono[frame] ?? 0) + MELODY_PEAK * tail * pluck(NOTES_HZ[letter], (frame - from) / RATE)
    }
  })
  const samples = new Int16Array(frames * 2)
  mono.forEach((value, frame) => {
    const sample = Math.round(Math.max(-1, Math.min(1, value)) * 32_767)
    samples[frame * 2] = sample
    samples[frame * 2 + 1] = sample
  })
  return { samples, rate: RATE, channels: 2 }
}
