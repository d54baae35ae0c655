/**
 * What the resampler adds to a tone while it makes up for a crystal that is some 100 ppm off: what is left when the tone is taken
 * away. ffmpeg's two resamplers and SoX do the same to the same tone.
 */
import { spawnSync } from 'node:child_process'
import { pcmReader, RATE, silence, type Pcm } from '../../drivers/audio/pcm.ts'
import { loadResamplers } from '../../drivers/audio/resampler.ts'
import { residualDb, sine } from '../bench-parts/waves.ts'
import { isThere } from './programs.ts'
import type { BenchRow } from './row.ts'

const FREQUENCIES_HZ = [1_000, 10_000] as const
/** The source's rate, as the card counts. */
const SOURCE_RATE = 48_005
const SECONDS = 4
/** What is measured lies well within. */
const [FROM_SECOND, UNTIL_SECOND] = [1, 3] as const
const LEVEL = 0.5
const GOAL_DB = -90
const OUTPUT_BYTES_MAX = 2 * SECONDS * RATE * 8

const RAW = ['-f', 'f32le', '-ac', '2'] as const
const ffmpegWith = (filter: string): string[] =>
  ['ffmpeg', '-nostdin', '-v', 'error', ...RAW, '-ar', String(SOURCE_RATE), '-i', 'pipe:0'].concat(
    ...[['-af', filter], RAW, ['-ar', String(RATE), 'pipe:1']],
  )
const SOX_RAW = ['-t', 'raw', '-e', 'floating-point', '-b', '32', '-c', '2'] as const
const YARDSTICKS: { name: string; command: string[] }[] = [
  { name: 'ffmpeg aresample', command: ffmpegWith(`aresample=${RATE}`) },
  { name: 'ffmpeg with soxr', command: ffmpegWith(`aresample=${RATE}:resampler=soxr`) },
  {
    name: 'SoX rate',
    command: ['sox', ...SOX_RAW, '-r', String(SOURCE_RATE), '-', ...SOX_RAW, '-r', String(RATE), '-', 'rate'],
  },
]

const tone = (frequencyHz: number): Pcm => sine({ frequencyHz, level: LEVEL, frames: SECONDS * RATE * 1.01 })
/** `ratio`: frames of the source for one of the card. */
const residualOf = (out: Pcm, frequencyHz: number, ratio: number): number =>
  residualDb(out.subarray(FROM_SECOND * RATE * 2, UNTIL_SECOND * RATE * 2), frequencyHz * ratio)

const theirs = ([program = '', ...args]: readonly string[], frequencyHz: number): number | null => {
  if (!isThere(program)) return null
  const input = Buffer.from(tone(frequencyHz).buffer)
  const done = spawnSync(program, args, { input, maxBuffer: OUTPUT_BYTES_MAX })
  const out = pcmReader()(done.stdout)
  if (done.status !== 0 || out.length < UNTIL_SECOND * RATE * 2) return null
  return residualOf(out, frequencyHz, SOURCE_RATE / RATE)
}

const ours = async (frequencyHz: number): Promise<number> => {
  const { open } = await loadResamplers()
  const resampler = open()
  const ratio = resampler.setRatio(SOURCE_RATE / RATE)
  const out = silence(SECONDS * RATE)
  resampler.process(tone(frequencyHz), out, SECONDS * RATE)
  resampler.close()
  return residualOf(out, frequencyHz, ratio)
}

const dbText = (db: number | null): string => (db === null ? 'not installed' : `${db.toFixed(1)} dB`)

export const benchResampler = async (): Promise<BenchRow[]> => {
  const rows: BenchRow[] = []
  for (const frequencyHz of FREQUENCIES_HZ) {
    const db = await ours(frequencyHz)
    rows.push({
      figure: `residual of the resampler at ${frequencyHz / 1_000} kHz, ${SOURCE_RATE} to ${RATE} Hz`,
      value: dbText(db),
      yardstick: YARDSTICKS.map(({ name, command }) => `${name}: ${dbText(theirs(command, frequencyHz))}`).join('; '),
      goal: `≤ ${GOAL_DB} dB`,
      met: db <= GOAL_DB,
    })
  }
  return rows
}
