/** `loa calibrate`: asks, warns, has a process of its own play and listen, and says what came of it. */
import { spawn } from 'node:child_process'
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Static, Type } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import { askAgent } from '../ask.ts'
import { loadSettings, SETTINGS_FILE } from '../load.ts'
import { paintOf, plain, wrapped, type Terminal } from '../page.ts'
import type { Settings, SoundOutputSettings } from '../settings.ts'
import { localeLanguage, wordsOf } from '../words/language.ts'
import type { Words } from '../words/words.ts'
import { type Measured, type Result, resultOf, settingsLines, tenth, UNSTEADY_MS, withResult } from './result.ts'

export type CalibrateWorld = {
  env: NodeJS.ProcessEnv
  print: (text: string) => void
  complain: (text: string) => void
  terminal: Terminal
  after: (delayMs: number) => Promise<void>
  signal: AbortSignal
}

const EXIT = { right: 0, wrong: 1, misunderstood: 2 } as const
const PROGRAM = fileURLToPath(new URL('../../agent/calibrate.js', import.meta.url))
const WARNING_SECONDS = 5
const STDERR_CHARS_MAX = 500

const OPTIONS = {
  settings: { type: 'string', default: SETTINGS_FILE },
  output: { type: 'string' },
  capture: { type: 'string' },
  level: { type: 'string', default: '-26' },
  times: { type: 'string', default: '5' },
  metres: { type: 'string', default: '0' },
  now: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  lang: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const Line = Type.Union([
  Type.Object({
    kind: Type.Literal('measured'),
    startedAt: Type.Number(),
    delayMs: Type.Number(),
    gainDb: Type.Number(),
    confidence: Type.Number(),
  }),
  Type.Object({ kind: Type.Literal('missed'), captureDb: Type.Union([Type.Number(), Type.Null()]) }),
  Type.Object({
    kind: Type.Literal('failed'),
    what: Type.Union([Type.Literal('output'), Type.Literal('capture')]),
    detail: Type.String(),
  }),
])
type Line = Static<typeof Line>

type Wanted = {
  output: SoundOutputSettings
  outputIndex: number
  capture: string
  levelDb: number
  times: number
  metres: number
}

type Choice = { kind: 'ok'; wanted: Wanted } | { kind: 'wrong'; text: string; isMisunderstood: boolean }

type Typed = { output?: string; capture?: string; level: string; times: string; metres: string }

const RANGES = { level: [-60, -6], times: [2, 20], metres: [0, 500] } as const

const choose = ({ outputs }: Settings, typed: Typed, words: Words): Choice => {
  const say = words.calibrate
  const wrong = (text: string, isMisunderstood = false): Choice => ({ kind: 'wrong', text, isMisunderstood })
  for (const option of ['level', 'times', 'metres'] as const) {
    const [least, most] = RANGES[option]
    const value = typed[option].trim() === '' ? Number.NaN : Number(typed[option])
    if (!(value >= least && value <= most) || (option === 'times' && !Number.isInteger(value)))
      return wrong(say.badNumber({ option: `--${option}`, found: plain(typed[option]), least, most }), true)
  }
  const sounds = outputs.flatMap((output, outputIndex) => (output.medium === 'sound' ? [{ output, outputIndex }] : []))
  const found = typed.output === undefined ? sounds[0] : sounds.find(({ output }) => output.name === typed.output)
  if (found === undefined) {
    const known = sounds.map(({ output }) => output.name)
    return wrong(say.noOutput(plain(typed.output ?? ''), known))
  }
  const capture = typed.capture ?? found.output.capture?.device
  if (capture === undefined) return wrong(say.noCapture)
  const numbers = { levelDb: Number(typed.level), times: Number(typed.times), metres: Number(typed.metres) }
  return { kind: 'ok', wanted: { ...found, capture, ...numbers } }
}

/** Runs the measurement, line by line; what it says on its error stream is kept for when it dies. */
const measure = async (
  { output, capture, levelDb, times }: Wanted,
  { env, signal }: CalibrateWorld,
  hear: (line: Line) => void,
): Promise<{ died: string | null }> => {
  const isLine = new Ajv().compile<Line>(Line)
  const { device, channels, rateHz } = output
  const order = { device, channels, rateHz, captureDevice: capture, levelDb, times }
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(order)], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = () => child.kill('SIGKILL')
  signal.addEventListener('abort', stop)
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => (stderr = (stderr + text.toString()).slice(-STDERR_CHARS_MAX)))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  for await (const text of createInterface({ input: child.stdout })) {
    const line: unknown = text.startsWith('{') ? JSON.parse(text) : null
    if (isLine(line)) hear(line)
  }
  const code = await ended
  signal.removeEventListener('abort', stop)
  return { died: code === 0 ? null : plain(stderr.trim() || `exit code ${code ?? 'none'}`) }
}

/** Replaced as a whole: half a settings file would be a box that does not start. */
const writeResult = (file: string, { outputIndex, capture }: Wanted, result: Result): string | null => {
  const beside = `${file}.new`
  try {
    const text = withResult(readFileSync(file, 'utf8'), { outputIndex, capture }, result)
    writeFileSync(beside, text, { mode: statSync(file).mode })
    renameSync(beside, file)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Why nothing came of it. */
const reasonOf = (lines: readonly Line[], died: string | null, { capture }: Wanted, words: Words): string => {
  const say = words.calibrate
  const failed = lines.find((line) => line.kind === 'failed')
  if (failed !== undefined)
    return failed.what === 'output' ? say.outputFailed(plain(failed.detail)) : say.captureFailed(plain(failed.detail))
  if (died !== null) return say.outputFailed(died)
  const missed = lines.findLast((line) => line.kind === 'missed')
  // What a converter without anything at its input gives is below this.
  const isNothing = missed?.captureDb === undefined || missed.captureDb === null || missed.captureDb < -85
  return isNothing ? say.nothingAtAll(plain(capture)) : say.notHeard(Math.round(missed.captureDb ?? 0))
}

const resultPage = (result: Result, { capture }: Wanted, words: Words, terminal: Terminal): string => {
  const say = words.calibrate
  const paint = paintOf(terminal)
  const numbers = {
    latencyMs: result.delayMs.toFixed(1),
    spreadMs: result.spreadMs.toFixed(1),
    gainDb: result.gainDb.toFixed(1),
    spreadDb: result.spreadDb.toFixed(1),
    rounds: result.rounds,
  }
  const notes = [
    ...(result.delayMs < 0 ? [say.early(Math.abs(result.delayMs).toFixed(1))] : []),
    ...(result.spreadMs > UNSTEADY_MS ? [say.unsteady] : []),
  ]
  const lines = settingsLines(result, capture).replaceAll(/^/gm, '    ')
  return [
    '',
    paint.strong(say.result(numbers)),
    ...notes.map((note) => paint.warn(wrapped(note, terminal, 0))),
    '',
    say.paste,
    lines,
  ].join('\n')
}

/** `--level -26`: what begins with a hyphen would be taken for an option. */
const withNumbers = (args: readonly string[]): string[] =>
  args.flatMap((arg, index) => {
    if (/^-\d/.test(arg)) return []
    const next = args[index + 1] ?? ''
    return [/^-\d/.test(next) ? `${arg}=${next}` : arg]
  })

type Job = { file: string; wanted: Wanted; words: Words; isJson: boolean; isWriting: boolean }

/** Plays, listens, and says what came of each burst. */
const perform = async ({ wanted, words, isJson }: Job, world: CalibrateWorld) => {
  const say = words.calibrate
  const { output, capture, times } = wanted
  const tell = (text: string) => (isJson ? undefined : world.print(text))
  tell(say.measuring({ output: output.name, device: plain(output.device), capture: plain(capture) }))
  const lines: Line[] = []
  const { died } = await measure(wanted, world, (line) => {
    const round = lines.push(line)
    if (line.kind === 'missed') tell(say.missed({ round, times }))
    if (line.kind !== 'measured') return
    const { delayMs, gainDb, confidence } = line
    tell(
      say.round({ round, times, delayMs: delayMs.toFixed(2), gainDb: gainDb.toFixed(1), confidence: `${confidence}` }),
    )
  })
  return { lines, died }
}

const conclude = (job: Job, lines: readonly Line[], died: string | null, world: CalibrateWorld): number => {
  const { file, wanted, words, isJson, isWriting } = job
  const { print, complain, terminal } = world
  const say = words.calibrate
  const tell = (text: string) => (isJson ? undefined : print(text))
  const measured: Measured[] = lines.filter((line) => line.kind === 'measured')
  const result = resultOf(measured, wanted.times, wanted.metres)
  if (result === null) {
    const reason = reasonOf(lines, died, wanted, words)
    if (isJson) print(JSON.stringify({ error: reason }))
    else complain(wrapped(reason, terminal, 0))
    return EXIT.wrong
  }
  const told = { output: wanted.output.name, capture: wanted.capture, ...result, bursts: measured.map(rounded) }
  if (isJson) print(JSON.stringify(told, null, 2))
  tell(resultPage(result, wanted, words, terminal))
  const fault = isWriting ? writeResult(file, wanted, result) : null
  if (fault !== null) {
    complain(say.notWritten(file, plain(fault)))
    return EXIT.wrong
  }
  if (isWriting) tell(say.written(file))
  tell(say.after)
  return EXIT.right
}

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: withNumbers(args), options: OPTIONS, strict: true }).values
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

export const calibrateCommand = async (args: string[], world: CalibrateWorld): Promise<number> => {
  const { print, complain, env, signal } = world
  const typed = parse(args)
  if (typeof typed === 'string') {
    complain(wordsOf(localeLanguage(env)).command.unknownOption(plain(typed)))
    return EXIT.misunderstood
  }
  const file = typed.settings
  const loaded = loadSettings(file)
  const asked = typed.lang === 'vi' || typed.lang === 'en' ? typed.lang : null
  const inFile = loaded.kind === 'ok' ? (loaded.settings.language ?? null) : loaded.language
  const words = wordsOf(asked ?? inFile ?? localeLanguage(env))
  const say = words.calibrate
  const refuse = (text: string): number => {
    complain(text)
    return EXIT.wrong
  }
  if (typed.help) {
    print(say.help)
    return EXIT.right
  }
  if (loaded.kind === 'wrong') return refuse(say.settingsWrong(file))
  const choice = choose(loaded.settings, typed, words)
  if (choice.kind === 'wrong') {
    complain(choice.text)
    return choice.isMisunderstood ? EXIT.misunderstood : EXIT.wrong
  }
  // Also an agent that this user may not ask, or that has hung, holds the card.
  if ((await askAgent(loaded.settings.control.socket)).kind !== 'absent') return refuse(say.agentRuns)
  if (!typed.now) {
    complain(say.warning(WARNING_SECONDS))
    await world.after(WARNING_SECONDS * 1_000)
  }
  const isStopped = () => signal.aborted
  if (isStopped()) return refuse(say.stopped)
  const job: Job = { file, wanted: choice.wanted, words, isJson: typed.json, isWriting: typed.write }
  const { lines, died } = await perform(job, world)
  return isStopped() ? refuse(say.stopped) : conclude(job, lines, died, world)
}

const rounded = ({ startedAt, delayMs, gainDb, confidence }: Measured): Measured => ({
  startedAt,
  delayMs: Math.round(delayMs * 100) / 100,
  gainDb: tenth(gainDb),
  confidence,
})
