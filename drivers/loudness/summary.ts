/** What ffmpeg's filter ebur128 says at its end, read. Pure. */
import type { Loudness } from '../../agent/ports/loudness.ts'

/** As drivers/audio/ffmpeg.ts decodes: one channel is heard from both at its own level, so it is 3 LU louder than by itself. */
export const TO_TWO_CHANNELS = 'aformat=sample_fmts=fltp:channel_layouts=stereo|mono,pan=stereo|FL<FL+FC|FR<FR+FC'

/**
 * The sound as the card gets it is what is measured. `framelog` keeps the ten lines a second of the filter out of what must be
 * read; `quiet` came only after ffmpeg 5.
 */
export const FILTER = `${TO_TWO_CHANNELS},aresample=48000,ebur128=peak=true:framelog=verbose`

/** The filter says −70 where no block of 400 ms is above its absolute gate: silence, or less than one block. */
const GATE_LUFS = -70

const NUMBER = '(-?(?:\\d+(?:\\.\\d+)?|inf)|nan)'
const SUMMARY = new RegExp(
  [
    'Summary:\\s+Integrated loudness:\\s+I:\\s+',
    ' LUFS\\s+Threshold:\\s+\\S+ LUFS\\s+Loudness range:\\s+LRA:\\s+',
    ' LU\\s[\\s\\S]*?True peak:\\s+Peak:\\s+',
    ' dBFS',
  ].join(NUMBER),
  'g',
)

export type Summary = { kind: 'measured'; loudness: Loudness } | { kind: 'gated' } | { kind: 'missing' }

/** `text` is what ffmpeg wrote to its standard error; only with an exit code of 0 does it mean anything. */
export const readSummary = (text: string): Summary => {
  // A filter that was set up anew, as where the file changes its format, has a summary for each part: the last is of the end.
  const [, integrated, range, peak] = [...text.matchAll(SUMMARY)].at(-1) ?? []
  if (integrated === undefined || range === undefined || peak === undefined) return { kind: 'missing' }
  const loudness = { integratedLufs: Number(integrated), truePeakDbtp: Number(peak), rangeLu: Number(range) }
  const isSound = Object.values(loudness).every(Number.isFinite) && loudness.integratedLufs > GATE_LUFS
  return isSound ? { kind: 'measured', loudness } : { kind: 'gated' }
}
