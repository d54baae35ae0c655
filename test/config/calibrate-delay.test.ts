/** What `loa calibrate` measures on a real sound daemon is held against a recording of the same sound. */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { noiseWav } from '../../agent/calibration-noise.ts'
import { findSound } from '../../scripts/bench-parts/match.ts'
import type { Recording, VirtualCard } from '../../scripts/bench-parts/sound.ts'
import type { Pcm } from '../../scripts/bench-parts/tone.ts'
import { withMonitors } from '../fixtures/monitors.ts'
import { cardFor, loa, settingsIn } from './calibrate-box.ts'

type Burst = { startedAt: number; delayMs: number; gainDb: number }
type Answer = { delayMs: number; latencyMs: number; gainDb: number; rounds: number; bursts: Burst[] }

const LEVEL_DB = -26
/** Of the burst, behind its swelling: long enough to be found, short enough to be found soon. */
const [SLICE_FROM_MS, SLICE_MS] = [1_500, 100]
const slice = (): Pcm => {
  const wav = noiseWav(LEVEL_DB)
  const first = 44 + (SLICE_FROM_MS * 48 + 0) * 2
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + first, wav.byteOffset + first + SLICE_MS * 48 * 2))
  return { samples, rate: 48_000, channels: 1 }
}

/** By how much each burst left the card later than the sound process says, as a recording of the card has it. */
const lateInRecording = (recording: Recording, bursts: readonly Burst[]): (number | null)[] => {
  const pcm = recording.pcm()
  return bursts.map(({ startedAt }) => {
    const expectedMs = recording.msAt(startedAt + SLICE_FROM_MS)
    const range = { fromMs: expectedMs - 200, toMs: expectedMs + 1_500, correlationMin: 0.5 }
    const found = findSound(pcm, slice(), range)
    return found === null ? null : found.atMs - expectedMs
  })
}

/** The sound plays on one card and comes out of another one, by a way through two programs and their buffers. */
const openLongWay = (t: Test, card: VirtualCard): NodeJS.ProcessEnv => {
  card.control(['load-module', 'module-null-sink', 'sink_name=upstream', 'rate=48000', 'channels=2'])
  const format = ['--raw', '--format=s16le', '--rate=48000', '--channels=2']
  const taken = spawn('parec', [...format, '--latency-msec=20', '-d', 'upstream.monitor'], {
    env: card.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const given = spawn('pacat', ['-p', ...format, '--latency-msec=400', '-d', 'card'], {
    env: card.env,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  given.stdin.on('error', () => undefined)
  taken.stdout.pipe(given.stdin)
  t.teardown(async () => {
    const gone = Promise.all([taken, given].map((child) => new Promise((done) => child.once('close', done))))
    for (const child of [taken, given]) child.kill('SIGKILL')
    await gone
  })
  return withMonitors(card, { monitor: 'card.monitor', upstream: 'upstream' })
}

/** Null: on its way through other programs the piece that is looked for was torn. */
type Heard = { answer: Answer; lateMs: (number | null)[] }

/** What the command measures, and what a recording of the same card says of the same bursts. */
const heardBoth = async (card: VirtualCard, settings: string, env: NodeJS.ProcessEnv): Promise<Heard> => {
  const recording = await card.record()
  const options = ['--capture', 'monitor', '--now', '--json', '--times', '3', '--level', String(LEVEL_DB)]
  const ran = await loa(['--settings', settings, ...options], env)
  if (ran.exitCode !== 0) throw new Error(`${ran.stdout}${ran.stderr}`)
  const answer = JSON.parse(ran.stdout) as Answer
  await recording.stop()
  return { answer, lateMs: lateInRecording(recording, answer.bursts) }
}

/** Both go by when pieces of sound arrive at a program, each at its own; a busy machine costs both some of it. */
const APART_MS = 8

/** Where the machine was too busy for a burst, both are wrong about it, each in its own way: the middle one counts. */
const isNear = (t: Test, { answer, lateMs }: Heard) => {
  const apart = answer.bursts.flatMap(({ delayMs }, index) => {
    const late = lateMs[index]
    return late === null || late === undefined ? [] : [Math.abs(delayMs - late)]
  })
  t.ok(apart.length > 0, 'a burst is whole in the recording')
  const middle = apart.toSorted((one, other) => one - other)[Math.floor(apart.length / 2)]!
  t.ok(
    middle < APART_MS,
    `${answer.bursts.map(({ delayMs }) => delayMs).join(', ')} ms; in a recording ${lateMs.join(', ')}`,
  )
}

t.test('the delay of a card is what a recording of it says, and so is that of a longer way', async (t) => {
  const card = await cardFor(t)
  const file = settingsIn(card)
  const straight = await heardBoth(card, file, withMonitors(card, { monitor: 'card.monitor' }))
  t.equal(straight.answer.rounds, 3)
  isNear(t, straight)

  const env = openLongWay(t, card)
  writeFileSync(file, readFileSync(file, 'utf8').replace('medium: sound', 'medium: sound\n    device: upstream'))
  const long = await heardBoth(card, file, env)
  isNear(t, long)
  const longerMs = long.answer.delayMs - straight.answer.delayMs
  t.ok(longerMs > 40, `the way is longer: ${longerMs} ms`)
})
