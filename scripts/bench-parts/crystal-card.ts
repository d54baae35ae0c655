/** Sound cards whose crystals are known, to the part in a million, and that keep what they played: see crystal-card.c. */
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Recording } from './sound.ts'
import type { Pcm } from './tone.ts'

const SOURCE = fileURLToPath(new URL('../../../scripts/bench-parts/crystal-card.c', import.meta.url))
const RATE = 48_000
const CHANNELS = 2
const FRAME_BYTES = 4
const POLL_MS = 100
/** Beyond the moment that is waited for: the card keeps what it played when it is next written to. */
const KEPT_WITHIN_MS = 1_000

/** One run of a card: from where it was opened to where it was given back. */
type Run = { firstFrame: number; startedAt: number; frames: number }

export type Played = {
  pcm: Pcm
  /** When its first frame was heard, in ms of the wall clock. */
  at: number
}

export type Listener = Pick<Recording, 'msAt' | 'pcm' | 'reach'>

export type CrystalCards = {
  /** For the processes that shall find them: ALSA's devices have the cards' names. */
  env: NodeJS.ProcessEnv
  /** What a card has played from about that moment on; null: it did not play all the while. */
  played: (card: string, fromWall: number, durationMs: number) => Played | null
  /** The stretches in which a card played, in ms of the wall clock. */
  runs: (card: string) => { fromWall: number; untilWall: number }[]
  /** Hears a card from now on, as the recorder of a monitor does. Of a card that is neither fast nor slow. */
  listen: (card: string) => Listener
  /** Resolves when every card has kept what it played until then. */
  reach: (wall: number) => Promise<void>
  dispose: () => void
}

/** Wall time less the machine's monotonic clock, in ms. */
const wallLessMonotonic = (): number => Date.now() - Number(process.hrtime.bigint()) / 1e6

/** `cards`: parts in a million by which each is fast. Needs gcc and libasound2-dev. */
export const plugCrystalCards = (cards: Readonly<Record<string, number>>): CrystalCards => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-crystal-'))
  const library = join(folder, 'libasound_module_pcm_crystal.so')
  execFileSync('gcc', [
    '-Wall',
    '-Werror',
    '-O2',
    '-shared',
    '-fPIC',
    '-DPIC',
    SOURCE,
    '-o',
    library,
    '-lasound',
    '-lm',
  ])
  const alsaFile = join(folder, 'asound.conf')
  const offset = wallLessMonotonic()
  const fileOf = (card: string, ending: string) => join(folder, `${card}.${ending}`)
  const devices = Object.entries(cards).map(
    ([card, ppm]) => `pcm.${card} { type crystal ppm ${ppm} file "${join(folder, card)}" }\n`,
  )
  writeFileSync(
    alsaFile,
    [`pcm_type.crystal { lib "${library}" }\n`, ...devices, 'pcm.!default { type null }\n'].join(''),
  )

  const rateOf = (card: string): number => (RATE * (1 + (cards[card] ?? 0) / 1e6)) / 1_000
  const runsOf = (card: string): Run[] => {
    if (!existsSync(fileOf(card, 'runs'))) return []
    const file = openSync(fileOf(card, 'pcm'), 'r')
    const allFrames = fstatSync(file).size / FRAME_BYTES
    closeSync(file)
    const lines = readFileSync(fileOf(card, 'runs'), 'utf8').trim().split('\n').filter(Boolean)
    const begun = lines.map((line) => {
      const [frame, ns] = line.split(' ')
      return { firstFrame: Number(frame), startedAt: Number(ns) / 1e6 + offset }
    })
    return begun.map((run, index) => ({
      ...run,
      frames: (begun[index + 1]?.firstFrame ?? allFrames) - run.firstFrame,
    }))
  }
  const untilOf = (card: string, { startedAt, frames }: Run): number => startedAt + frames / rateOf(card)

  const played = (card: string, fromWall: number, durationMs: number): Played | null => {
    const run = runsOf(card).find((one) => one.startedAt <= fromWall && untilOf(card, one) >= fromWall + durationMs + 1)
    if (run === undefined) return null
    const from = Math.floor((fromWall - run.startedAt) * rateOf(card))
    const frames = Math.round((durationMs * RATE) / 1_000)
    const bytes = Buffer.alloc(frames * FRAME_BYTES)
    const file = openSync(fileOf(card, 'pcm'), 'r')
    readSync(file, bytes, 0, bytes.length, (run.firstFrame + from) * FRAME_BYTES)
    closeSync(file)
    const samples = new Int16Array(bytes.buffer, bytes.byteOffset, frames * CHANNELS)
    return { pcm: { samples, rate: RATE, channels: CHANNELS }, at: run.startedAt + from / rateOf(card) }
  }

  const reach = async (wall: number) => {
    while (Date.now() < wall + KEPT_WITHIN_MS) await sleep(POLL_MS)
  }
  const listen = (card: string): Listener => {
    const fromWall = Date.now()
    return {
      reach,
      msAt: (wall) => wall - fromWall,
      pcm: () => {
        const all = readFileSync(fileOf(card, 'pcm'))
        const samples = new Int16Array(Math.ceil((Date.now() - fromWall) * rateOf(card)) * CHANNELS)
        for (const run of runsOf(card)) {
          const at = Math.round((run.startedAt - fromWall) * rateOf(card))
          const skipped = Math.max(0, -at)
          const first = (run.firstFrame + skipped) * FRAME_BYTES
          const heard = all.subarray(first, (run.firstFrame + run.frames) * FRAME_BYTES)
          Buffer.from(samples.buffer).set(heard, (at + skipped) * FRAME_BYTES)
        }
        return { samples, rate: RATE, channels: CHANNELS }
      },
    }
  }

  return {
    env: { ...process.env, ALSA_CONFIG_PATH: alsaFile },
    played,
    runs: (card) => runsOf(card).map((run) => ({ fromWall: run.startedAt, untilWall: untilOf(card, run) })),
    listen,
    reach,
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}
