/** Speech as an engine writes it, made into what a loudspeaker should get: a true header, no silence at its ends, full level. */

export type Pcm = { samples: Int16Array; rate: number }
export type ReadWav = { kind: 'ok'; pcm: Pcm } | { kind: 'malformed'; error: string }

const HEADER_BYTES = 44
const CHUNK_HEADER_BYTES = 8
const FORMAT_BYTES = 16
const PCM_FORMAT = 1
const RATE_MAX = 192_000
/** Twice the same: a decoder gives a single channel to two with 3 dB less each (measured), and a horn hears only one of them. */
const CHANNELS = 2
const FRAME_BYTES = 2 * CHANNELS

/** Of −1 dBFS: the horn's amplifier has no headroom. */
const PEAK = Math.floor(32_767 * 10 ** (-1 / 20))
/** Quieter than this (−46 dB of the loudest sample) is silence; softer than any consonant. */
const SILENCE_SHARE = 0.005
/** Left at each end, so that no soft consonant is cut. */
const ENDS_MS = 40
/** A voice whose loudest sample is below −50 dBFS has said nothing. */
const LOUDEST_MIN = 104

const malformed = (error: string): ReadWav => ({ kind: 'malformed', error })

/**
 * RIFF with 16 bits; of two channels the first. What streams its output does not know its length and writes one that is too large, so the
 * data end with the bytes.
 */
export const readWav = (bytes: Buffer): ReadWav => {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE')
    return malformed('it is no WAV file')
  let rate: number | null = null
  let channels = 1
  for (let at = 12; at + CHUNK_HEADER_BYTES <= bytes.length;) {
    const name = bytes.toString('latin1', at, at + 4)
    const length = bytes.readUInt32LE(at + 4)
    const start = at + CHUNK_HEADER_BYTES
    if (name === 'data') {
      if (rate === null) return malformed('it has no format before its data')
      const end = Math.min(start + length, bytes.length)
      const samples = new Int16Array(Math.floor((end - start) / (2 * channels)))
      for (let frame = 0; frame < samples.length; frame += 1)
        samples[frame] = bytes.readInt16LE(start + frame * 2 * channels)
      return { kind: 'ok', pcm: { samples, rate } }
    }
    if (name === 'fmt ') {
      if (length < FORMAT_BYTES || start + FORMAT_BYTES > bytes.length) return malformed('its format is cut off')
      const format = bytes.readUInt16LE(start)
      channels = bytes.readUInt16LE(start + 2)
      rate = bytes.readUInt32LE(start + 4)
      if (format !== PCM_FORMAT || channels < 1 || channels > CHANNELS || bytes.readUInt16LE(start + 14) !== 16)
        return malformed('it is not 16-bit PCM of one channel or two')
      if (rate === 0 || rate > RATE_MAX) return malformed(`its rate is ${rate}`)
    }
    // Chunks are padded to an even length.
    at = start + length + (length % 2)
  }
  return malformed('it has no data')
}

export const durationMsOf = ({ samples, rate }: Pcm): number => (samples.length * 1_000) / rate

/** Without the silence at its ends, its peak at −1 dBFS; null if nothing is said at all. */
export const trimmed = ({ samples, rate }: Pcm): Pcm | null => {
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  if (loudest < LOUDEST_MIN) return null
  const threshold = Math.max(1, loudest * SILENCE_SHARE)
  const isLoud = (sample: number) => Math.abs(sample) >= threshold
  const ends = Math.round((ENDS_MS * rate) / 1_000)
  const first = Math.max(0, samples.findIndex(isLoud) - ends)
  const last = Math.min(samples.length, samples.findLastIndex(isLoud) + 1 + ends)
  const part = samples.subarray(first, last)
  return { samples: part.map((sample) => Math.round((sample * PEAK) / loudest)), rate }
}

export const wavOf = ({ samples, rate }: Pcm): Buffer => {
  const wav = Buffer.alloc(HEADER_BYTES + samples.length * FRAME_BYTES)
  wav.write('RIFF', 0, 'latin1')
  wav.writeUInt32LE(wav.length - 8, 4)
  wav.write('WAVEfmt ', 8, 'latin1')
  wav.writeUInt32LE(FORMAT_BYTES, 16)
  wav.writeUInt16LE(PCM_FORMAT, 20)
  wav.writeUInt16LE(CHANNELS, 22)
  wav.writeUInt32LE(rate, 24)
  wav.writeUInt32LE(rate * FRAME_BYTES, 28)
  wav.writeUInt16LE(FRAME_BYTES, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36, 'latin1')
  wav.writeUInt32LE(samples.length * FRAME_BYTES, 40)
  samples.forEach((sample, frame) => {
    for (let channel = 0; channel < CHANNELS; channel += 1)
      wav.writeInt16LE(sample, HEADER_BYTES + frame * FRAME_BYTES + channel * 2)
  })
  return wav
}
