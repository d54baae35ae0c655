/** What is in a recording: where a tone begins and ends, how loud it is. Samples are interleaved signed 16-bit. */

export type Pcm = { samples: Int16Array; rate: number; channels: number }

/** Power of one frequency in a window, as the amplitude of that sine relative to full scale (Goertzel). */
export const toneAmplitude = (
  pcm: Pcm,
  frequencyHz: number,
  startFrame: number,
  frames: number,
  channel = 0,
): number => {
  const omega = (2 * Math.PI * frequencyHz) / pcm.rate
  const coefficient = 2 * Math.cos(omega)
  let first = 0
  let second = 0
  for (let frame = 0; frame < frames; frame += 1) {
    const sample = (pcm.samples[(startFrame + frame) * pcm.channels + channel] ?? 0) / 32_768
    // A Hann window, so that a neighbouring tone does not leak in.
    const window = 1 - Math.cos((2 * Math.PI * (frame + 0.5)) / frames)
    const next = sample * window + coefficient * first - second
    second = first
    first = next
  }
  const power = first * first + second * second - coefficient * first * second
  return (2 * Math.sqrt(Math.max(0, power))) / frames
}

export const toDb = (amplitude: number): number => 20 * Math.log10(Math.max(amplitude, 1e-9))

export const framesOf = (pcm: Pcm): number => Math.floor(pcm.samples.length / pcm.channels)

export type FindTone = {
  frequencyHz: number
  fromMs?: number
  toMs?: number
  /** How loud the tone must be to count; dBFS of its amplitude. */
  thresholdDb?: number
}

const STEP_MS = 1
/** Windows of 10 ms tell tones apart that are 200 Hz or more from each other. */
const WINDOW_MS = 10
const THRESHOLD_DB = -30

/** Every stretch in which the tone sounds, in ms from the beginning; edges are right to about 3 ms. */
export const findTone = (pcm: Pcm, wanted: FindTone): { startMs: number; endMs: number }[] => {
  const { frequencyHz, fromMs = 0, toMs = (framesOf(pcm) * 1_000) / pcm.rate, thresholdDb = THRESHOLD_DB } = wanted
  const found: { startMs: number; endMs: number }[] = []
  const windowFrames = Math.round((WINDOW_MS * pcm.rate) / 1_000)
  let openedMs: number | null = null
  for (let atMs = fromMs; atMs + WINDOW_MS <= toMs; atMs += STEP_MS) {
    const amplitude = toneAmplitude(pcm, frequencyHz, Math.round((atMs * pcm.rate) / 1_000), windowFrames)
    const sounds = toDb(amplitude) >= thresholdDb
    // At its edge a tone fills about half the window: the edge is the window's middle.
    if (sounds && openedMs === null) openedMs = atMs === fromMs ? fromMs : atMs + WINDOW_MS / 2
    if (!sounds && openedMs !== null) {
      found.push({ startMs: openedMs, endMs: Math.max(openedMs, atMs + WINDOW_MS / 2) })
      openedMs = null
    }
  }
  if (openedMs !== null) found.push({ startMs: openedMs, endMs: toMs })
  return found
}

/** Level of everything in a stretch, dBFS of its root mean square (a full-scale sine is -3). */
export const levelDb = (pcm: Pcm, fromMs: number, toMs: number): number => {
  const start = Math.round((fromMs * pcm.rate) / 1_000) * pcm.channels
  const part = pcm.samples.subarray(start, Math.round((toMs * pcm.rate) / 1_000) * pcm.channels)
  let sum = 0
  for (const sample of part) sum += (sample / 32_768) ** 2
  return toDb(Math.sqrt(sum / Math.max(1, part.length)))
}

/** A WAV file of it. */
export const wavOf = (pcm: Pcm): Buffer => {
  const data = Buffer.from(pcm.samples.buffer, pcm.samples.byteOffset, pcm.samples.byteLength)
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + data.length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(pcm.channels, 22)
  header.writeUInt32LE(pcm.rate, 24)
  header.writeUInt32LE(pcm.rate * pcm.channels * 2, 28)
  header.writeUInt16LE(pcm.channels * 2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(data.length, 40)
  return Buffer.concat([header, data])
}

export type ToneOptions = {
  frequencyHz: number
  durationMs: number
  /** Amplitude in dBFS. */
  levelDb?: number
  rate?: number
  channels?: number
}

/** A sine without fades: its edges are where it begins and ends. */
export const tonePcm = ({
  frequencyHz,
  durationMs,
  levelDb: level = -6,
  rate = 48_000,
  channels = 2,
}: ToneOptions): Pcm => {
  const frames = Math.round((durationMs * rate) / 1_000)
  const samples = new Int16Array(frames * channels)
  const amplitude = 32_767 * 10 ** (level / 20)
  for (let frame = 0; frame < frames; frame += 1) {
    const value = Math.round(amplitude * Math.sin((2 * Math.PI * frequencyHz * frame) / rate))
    samples.fill(value, frame * channels, (frame + 1) * channels)
  }
  return { samples, rate, channels }
}

/** Pieces one after the other; all of one rate and channel count. */
export const joinPcm = (pieces: Pcm[]): Pcm => {
  const [first] = pieces
  if (first === undefined) throw new Error('nothing to join')
  const samples = new Int16Array(pieces.reduce((sum, piece) => sum + piece.samples.length, 0))
  let at = 0
  for (const piece of pieces) {
    samples.set(piece.samples, at)
    at += piece.samples.length
  }
  return { ...first, samples }
}
