/** `loa calibrate` as it is typed, on a real sound daemon: what it measures is held against a recording of the same sound. */
import { execFile, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { noiseWav } from '../../agent/calibration-noise.ts'
import { loadSettings } from '../../config/load.ts'
import { resultOf, settingsLines, withResult } from '../../config/calibrate/result.ts'
import { findSound } from '../../scripts/bench-parts/match.ts'
import { type Recording, startVirtualCard, type VirtualCard } from '../../scripts/bench-parts/sound.ts'
import type { Pcm } from '../../scripts/bench-parts/tone.ts'
import { withMonitors } from '../fixtures/ear-bench.ts'
import { RIGHT } from './settings-file.ts'

const LOA = resolve(import.meta.dirname, '../../config/loa.js')

type Ran = { exitCode: number; stdout: string; stderr: string }

const loa = (args: string[], env: NodeJS.ProcessEnv): Promise<Ran> =>
  new Promise((done) => {
    const clean: NodeJS.ProcessEnv = { ...env, LANG: 'C' }
    delete clean['NODE_OPTIONS']
    execFile(process.execPath, [LOA, 'calibrate', ...args], { env: clean }, (error, stdout, stderr) => {
      done({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })

const cardFor = async (t: Test): Promise<VirtualCard> => {
  const card = await startVirtualCard()
  t.teardown(() => card.dispose())
  return card
}

const settingsIn = (card: VirtualCard): string => {
  const file = join(card.folder, 'loa.yaml')
  writeFileSync(file, `${RIGHT}control: { socket: agent.sock }\nstate: { folder: state }\n`)
  return file
}

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
const lateInRecording = (recording: Recording, bursts: readonly Burst[]): number[] => {
  const pcm = recording.pcm()
  return bursts.map(({ startedAt }) => {
    const expectedMs = recording.msAt(startedAt + SLICE_FROM_MS)
    const range = { fromMs: expectedMs - 200, toMs: expectedMs + 1_500, correlationMin: 0.5 }
    const found = findSound(pcm, slice(), range)
    if (found === null) throw new Error('a burst is not in the recording')
    return found.atMs - expectedMs
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
  const given = spawn('pacat', ['-p', ...format, '--latency-msec=400', '-d', 'card'], { env: card.env, stdio: ['pipe', 'ignore', 'ignore'] })
  given.stdin.on('error', () => undefined)
  taken.stdout.pipe(given.stdin)
  t.teardown(async () => {
    const gone = Promise.all([taken, given].map((child) => new Promise((done) => child.once('close', done))))
    for (const child of [taken, given]) child.kill('SIGKILL')
    await gone
  })
  return withMonitors(card, { monitor: 'card.monitor', upstream: 'upstream' })
}

type Heard = { answer: Answer; lateMs: number[] }

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

/** Where the machine was too busy for a burst, both are wrong about it, each in its own way: the middle one counts. */
const isNear = (t: Test, { answer, lateMs }: Heard) => {
  const apart = answer.bursts.map(({ delayMs }, index) => Math.abs(delayMs - lateMs[index]!))
  const middle = apart.toSorted((one, other) => one - other)[Math.floor(apart.length / 2)]!
  t.ok(middle < 4, `${answer.bursts.map(({ delayMs }) => delayMs).join(', ')} ms; in a recording ${lateMs.join(', ')}`)
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

t.test('what it measured goes into the file, and comments stay', async (t) => {
  const card = await cardFor(t)
  const file = settingsIn(card)
  writeFileSync(file, readFileSync(file, 'utf8').replace('outputs:', '# the horn on the pole\noutputs:'))
  const env = withMonitors(card, { monitor: 'card.monitor' })
  const ran = await loa(['--settings', file, '--capture', 'monitor', '--now', '--times', '2', '--write'], env)
  t.equal(ran.exitCode, 0, ran.stderr)
  t.match(ran.stdout, /Output horn \(default\), heard by monitor:/)
  const text = readFileSync(file, 'utf8')
  t.match(text, /# the horn on the pole/)
  const loaded = loadSettings(file)
  const [output] = loaded.kind === 'ok' ? loaded.settings.outputs : []
  t.match(output, { name: 'horn', capture: { device: 'monitor', toleranceDb: 10 } })
  const gainDb = output?.medium === 'sound' ? output.capture?.gainDb : undefined
  t.ok(Math.abs(gainDb ?? 99) < 4, `the monitor is as loud as what was sent: ${gainDb} dB`)
})

t.test('it refuses, with the reason, when nothing is heard', async (t) => {
  const card = await cardFor(t)
  const file = settingsIn(card)
  card.control(['load-module', 'module-null-sink', 'sink_name=elsewhere'])
  const env = withMonitors(card, { elsewhere: 'elsewhere.monitor' })
  const before = readFileSync(file, 'utf8')
  const options = ['--settings', file, '--now', '--times', '2', '--write']
  const silent = await loa([...options, '--capture', 'elsewhere'], env)
  t.equal(silent.exitCode, 1)
  t.match(silent.stderr.replaceAll(/\s+/g, ' '), /Nothing at all was captured by elsewhere\. Is the cable in the input/)
  const absent = await loa([...options, '--capture', 'nowhere'], env)
  t.equal(absent.exitCode, 1)
  t.match(absent.stderr, /Nothing could be captured: the capture source "nowhere" gives nothing/)
  t.equal(readFileSync(file, 'utf8'), before, 'and writes nothing')
})

t.test('what cannot be done is said before a sound is made', async (t) => {
  const folder = t.testdir({ 'loa.yaml': RIGHT })
  const file = join(folder, 'loa.yaml')
  const { env } = process
  for (const [args, exitCode, wanted] of [
    [['--times', '0'], 2, /--times: found “0”, expected a number from 2 to 20/],
    [['--level', '3'], 2, /--level: found “3”, expected a number from -60 to -6/],
    [['--louder'], 2, /--louder/],
    [['--output', 'bell'], 1, /There is no loudspeaker “bell” in the settings\. There are: horn/],
    [[], 1, /What shall listen\? Give --capture/],
  ] as const) {
    const ran = await loa(['--settings', file, ...args], env)
    t.equal(ran.exitCode, exitCode)
    t.match(ran.stderr, wanted)
  }
  t.match((await loa(['--help', '--lang', 'vi'], env)).stdout, /Cách dùng/)
})

t.test('several bursts make one result', async (t) => {
  const bursts = [20, 20.4, 19.9].map((delayMs) => ({ startedAt: 0, delayMs, gainDb: -12.04, confidence: 1 }))
  const result = resultOf(bursts, 3, 0)
  t.match(result, { delayMs: 20, latencyMs: 20, spreadMs: 0.5, gainDb: -12, rounds: 3 })
  t.match(resultOf(bursts, 3, 3.49), { delayMs: 10 }, 'the way through the air is not the card’s')
  t.match(resultOf(bursts, 3, 34.9), { delayMs: -80, latencyMs: 0 })
  t.equal(resultOf(bursts, 7, 0), null, 'less than half')
  t.equal(resultOf(bursts.slice(0, 1), 2, 0), null)
  if (result === null) return
  t.equal(settingsLines(result, 'hw:1'), 'latencyMs: 20\ncapture:\n  device: hw:1\n  gainDb: -12')
  const text = 'outputs:\n  - name: horn # on the pole\n    capture: { device: old, toleranceDb: 6 }\n'
  t.equal(
    withResult(text, { outputIndex: 0, capture: 'hw:1' }, result),
    'outputs:\n  - name: horn # on the pole\n    capture: { device: hw:1, toleranceDb: 6, gainDb: -12 }\n    latencyMs: 20\n',
  )
})
