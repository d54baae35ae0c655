/**
 * The sirens, made of nothing but numbers: every box has them, none is fetched, and the same version sounds the same everywhere.
 * At full level from the first milliseconds, because horns are far away and people ask “what was that?” of the first second.
 */
import type { Siren, StoredSound } from './ports/alert-sound.ts'
import type { MediaStore } from './ports/media-store.ts'

export type Sirens = ReadonlyMap<Siren, StoredSound>

export const SIRENS = ['extreme', 'severe', 'moderate'] as const satisfies readonly Siren[]

/** Part of the name under which they are kept: a siren that is designed anew gets another, and is made once more. */
const DESIGN = 1

const RATE = 48_000
const HEADER_BYTES = 44
/** Twice the same: a decoder gives a single channel to two with 3 dB less each (measured), and a horn hears only one of them. */
const CHANNELS = 2
const FRAME_BYTES = 2 * CHANNELS
/** The peak, in dBFS: a horn amplifier that clips sounds smaller, not louder. */
const PEAK_DB = -1
/** One period of the lowest tone: shorter clicks, longer is missing from the beginning. */
const ATTACK_MS = 1
const RELEASE_MS = 8

const framesOf = (ms: number): number => Math.round((ms * RATE) / 1_000)

/** Rounded off like an overdriven string: 4 dB more power than a sine of the same peak, and overtones that a horn carries far. */
const drive = (phase: number): number => Math.tanh(2.5 * Math.sin(phase))

/** A tone whose pitch may change at every sample while its phase runs on, so that no change can click. */
const glide = (durationMs: number, frequencyHz: (atMs: number) => number): Float64Array => {
  const samples = new Float64Array(framesOf(durationMs))
  let phase = 0
  for (let frame = 0; frame < samples.length; frame += 1) {
    samples[frame] = drive(phase)
    phase = (phase + (2 * Math.PI * frequencyHz((frame * 1_000) / RATE)) / RATE) % (2 * Math.PI)
  }
  return samples
}

const WAIL = { durationMs: 6_000, cycleMs: 3_000, lowHz: 600, octaves: 1.2 }
/** Up and down twice, in equal steps of pitch. */
const wail = (): Float64Array =>
  glide(WAIL.durationMs, (atMs) => {
    const height = (1 - Math.cos((2 * Math.PI * atMs) / WAIL.cycleMs)) / 2
    return WAIL.lowHz * Math.exp(Math.LN2 * WAIL.octaves * height)
  })

const TWO_TONE = { durationMs: 4_000, toneMs: 500, highHz: 960, lowHz: 770 }
const twoTone = (): Float64Array =>
  glide(TWO_TONE.durationMs, (atMs) =>
    Math.floor(atMs / TWO_TONE.toneMs) % 2 === 0 ? TWO_TONE.highHz : TWO_TONE.lowHz,
  )

/** Three bells, falling: attention, not danger. */
const CHIME = { durationMs: 2_000, decayMs: 550, bells: [784, 659.3, 523.3], everyMs: 400 }
const OVERTONES = [
  { times: 1, share: 0.7 },
  { times: 2, share: 0.2 },
  { times: 3, share: 0.1 },
]
/** As for the others, less: it must carry as far, and still be a bell. */
const CHIME_DRIVE = 2.2
const chime = (): Float64Array => {
  const samples = new Float64Array(framesOf(CHIME.durationMs))
  CHIME.bells.forEach((frequencyHz, bell) => {
    const start = framesOf(bell * CHIME.everyMs)
    for (let frame = start; frame < samples.length; frame += 1) {
      const atMs = ((frame - start) * 1_000) / RATE
      const strike = Math.min(1, atMs / ATTACK_MS) * Math.exp(-atMs / CHIME.decayMs)
      const omega = (2 * Math.PI * frequencyHz * atMs) / 1_000
      const tone = OVERTONES.reduce((sum, { times, share }) => sum + share * Math.sin(times * omega), 0)
      samples[frame] = (samples[frame] ?? 0) + strike * tone
    }
  })
  return samples.map((sample) => Math.tanh(CHIME_DRIVE * sample))
}

const MAKERS: Record<Siren, () => Float64Array> = { extreme: wail, severe: twoTone, moderate: chime }
const DURATIONS_MS: Record<Siren, number> = {
  extreme: WAIL.durationMs,
  severe: TWO_TONE.durationMs,
  moderate: CHIME.durationMs,
}

/** Half a cosine at both ends, in place. */
const softenEnds = (samples: Float64Array): void => {
  const [attack, release] = [framesOf(ATTACK_MS), framesOf(RELEASE_MS)]
  const fade = (frame: number, frames: number) => (1 - Math.cos((Math.PI * frame) / frames)) / 2
  for (let frame = 0; frame < attack; frame += 1) samples[frame] = (samples[frame] ?? 0) * fade(frame, attack)
  for (let frame = 0; frame < release; frame += 1) {
    const at = samples.length - 1 - frame
    samples[at] = (samples[at] ?? 0) * fade(frame, release)
  }
}

/** RIFF, 16 bits. */
const wavOf = (samples: Float64Array): Buffer => {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  const scale = Math.floor(32_767 * Math.exp((PEAK_DB * Math.LN10) / 20)) / peak
  const wav = Buffer.alloc(HEADER_BYTES + samples.length * FRAME_BYTES)
  wav.write('RIFF', 0, 'latin1')
  wav.writeUInt32LE(wav.length - 8, 4)
  wav.write('WAVEfmt ', 8, 'latin1')
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(CHANNELS, 22)
  wav.writeUInt32LE(RATE, 24)
  wav.writeUInt32LE(RATE * FRAME_BYTES, 28)
  wav.writeUInt16LE(FRAME_BYTES, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36, 'latin1')
  wav.writeUInt32LE(samples.length * FRAME_BYTES, 40)
  samples.forEach((sample, frame) => {
    const value = Math.round(sample * scale)
    for (let channel = 0; channel < CHANNELS; channel += 1)
      wav.writeInt16LE(value, HEADER_BYTES + frame * FRAME_BYTES + channel * 2)
  })
  return wav
}

/** A WAV file: 48 kHz, two channels alike, 16 bits; its peak is at −1 dBFS. The same bytes whenever and wherever it is made. */
export const sirenWav = (siren: Siren): Buffer => {
  const samples = MAKERS[siren]()
  softenEnds(samples)
  return wavOf(samples)
}

/** From the store, or made and put there: a third of a second of work on a small box, once in its life. */
export const keepSiren = async (
  store: Pick<MediaStore, 'findByName' | 'originate'>,
  siren: Siren,
): Promise<StoredSound> => {
  const name = `siren:${DESIGN}:${siren}`
  const durationMs = DURATIONS_MS[siren]
  const kept = store.findByName(name)
  if (kept !== null) return { sha256: kept.sha256, durationMs }
  return { sha256: await store.originate({ bytes: sirenWav(siren), mediaType: 'audio/wav', name }), durationMs }
}

export const keepSirens = async (store: Pick<MediaStore, 'findByName' | 'originate'>): Promise<Sirens> => {
  const kept = new Map<Siren, StoredSound>()
  for (const siren of SIRENS) kept.set(siren, await keepSiren(store, siren))
  return kept
}
