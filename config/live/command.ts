/** `loa live`: from what was typed to an announcement, and from what became of it to words. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { askAgent } from '../ask.ts'
import { loadSettings, SETTINGS_FILE } from '../load.ts'
import { paintOf, plain, wrapped, type Terminal } from '../page.ts'
import { CONTROL_SOCKET } from '../settings.ts'
import { answerPage } from '../show-status.ts'
import type { AgentStatus } from '../status.ts'
import { localeLanguage, wordsOf } from '../words/language.ts'
import type { Language, Words } from '../words/words.ts'
import { announce, momentOf, senderFault, type Announced } from './announce.ts'
import type { LiveClock } from './clock.ts'
import type { SoundSource } from './ffmpeg.ts'
import { durationMsOf, sourceOf, withDefaultMic } from './options.ts'
import { openAsker, type SecretInput } from './secret.ts'
import { grantFault, openSpeaker, SPEAKER_BYTES_MAX, type Speaker } from './speaker.ts'
import { sayFault } from './say.ts'
import { liveLine, openPanel } from './view.ts'
import type { LiveFault } from './words.ts'

export const SPEAKER_FILE = '/etc/loa/speaker.jwe'
const MAX_MS = 3_600_000

/** What stands around the command: nothing below reads the process itself. */
export type LiveWorld = {
  env: Partial<Record<string, string>>
  stdin: SecretInput
  stdout: NodeJS.WritableStream
  stderr: NodeJS.WritableStream
  terminal: Terminal
  isTerminal: boolean
  user: string
  clock: LiveClock
  newId: () => string
  newSecret: () => string
  /** Aborted by Ctrl-C, and when the terminal is closed. */
  signal: AbortSignal
}

const EXIT = { right: 0, wrong: 1, misunderstood: 2 } as const

const OPTIONS = {
  mic: { type: 'string' },
  from: { type: 'string' },
  title: { type: 'string' },
  for: { type: 'string' },
  outputs: { type: 'string' },
  over: { type: 'boolean', default: false },
  speaker: { type: 'string', default: SPEAKER_FILE },
  settings: { type: 'string', default: SETTINGS_FILE },
  lang: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const parse = (args: readonly string[]) => {
  try {
    const { values } = parseArgs({
      args: withDefaultMic(args),
      options: OPTIONS,
      allowPositionals: false,
      strict: true,
    })
    return values
  } catch (error) {
    return error instanceof Error ? (/'([^']*)'/.exec(error.message)?.[1] ?? error.message) : String(error)
  }
}
type Values = Exclude<ReturnType<typeof parse>, string>

type Wish = { source: SoundSource; maxMs: number; outputs: string[] | null; isOver: boolean }

const wishOf = ({ mic, from, for: length, outputs, over }: Values): Wish | LiveFault => {
  const source = sourceOf(mic, from)
  if (source === null) return { kind: 'two-sources' }
  const maxMs = length === undefined ? MAX_MS : durationMsOf(length)
  if (maxMs === null) return { kind: 'bad-duration', found: length ?? '' }
  return { source, maxMs, outputs: outputs?.split(',') ?? null, isOver: over }
}

const readSpeaker = async (file: string, { stdin, stderr }: LiveWorld, words: Words): Promise<Speaker | LiveFault> => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const detail = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return { kind: 'speaker-unreadable', file, detail }
  }
  if (text.length > SPEAKER_BYTES_MAX) return { kind: 'speaker-damaged', file }
  const asker = openAsker(stdin, stderr)
  const passphrase = await asker.ask(words.live.passphrase)
  asker.close()
  if (passphrase === null || passphrase === '') return { kind: 'passphrase-missing' }
  const opened = await openSpeaker(text, passphrase)
  if (opened.kind === 'damaged') return { kind: 'speaker-damaged', file }
  return opened.kind === 'opened' ? opened.speaker : { kind: 'passphrase-wrong', file }
}

const outputFault = (outputs: string[] | null, status: AgentStatus): LiveFault | null => {
  const known = status.outputs.filter(({ medium }) => medium === 'sound').map(({ id }) => id)
  if (known.length === 0) return { kind: 'no-sound-output' }
  const unknown = outputs?.find((name) => !known.includes(name))
  return unknown === undefined ? null : { kind: 'output-unknown', name: unknown, known }
}

const faultPage = (fault: LiveFault, words: Words, terminal: Terminal): string => {
  const { wrong, next } = sayFault(fault, words.live)
  return `\n  ${paintOf(terminal).bad('✗')} ${wrapped(plain(wrong), terminal, 4)}\n    → ${wrapped(plain(next), terminal, 6)}\n\n`
}

type Said = { words: Words; world: LiveWorld; socket: string; source: SoundSource }

const tell = (announced: Announced, { words, world, socket, source }: Said): number => {
  const { stdout, stderr, terminal, user } = world
  switch (announced.kind) {
    case 'unanswered':
      stderr.write(`${answerPage({ answer: announced.answer, socket, user }, words, terminal)}\n`)
      return EXIT.wrong
    case 'not-begun':
      stderr.write(faultPage(announced.fault, words, terminal))
      return EXIT.wrong
    case 'spoken': {
      const { spoken, stopUnsent } = announced
      stdout.write(`${words.live.ends[spoken.end]}\n`)
      const faults = [
        ...(spoken.fault === null ? [] : [senderFault(spoken.fault, source)]),
        ...(stopUnsent ? [stopUnsent] : []),
      ]
      for (const fault of faults) stderr.write(faultPage(fault, words, terminal))
      return faults.length === 0 && spoken.end !== 'agent-gone' ? EXIT.right : EXIT.wrong
    }
  }
}

const speakAt = async (values: Values, world: LiveWorld, words: Words, socket: string): Promise<number> => {
  const { stdout, stderr, terminal, user, clock, isTerminal } = world
  const refuse = (fault: LiveFault) => {
    stderr.write(faultPage(fault, words, terminal))
    return EXIT.wrong
  }
  const wish = wishOf(values)
  if ('kind' in wish) return refuse(wish)
  const answer = await askAgent(socket)
  if (answer.kind !== 'ok') {
    stderr.write(`${answerPage({ answer, socket, user }, words, terminal)}\n`)
    return EXIT.wrong
  }
  const { status } = answer
  const wrongOutput = outputFault(wish.outputs, status)
  if (wrongOutput !== null) return refuse(wrongOutput)
  const speaker = await readSpeaker(values.speaker, world, words)
  if ('kind' in speaker) return refuse(speaker)
  const notGranted = grantFault(speaker.grant, { area: status.area, now: momentOf(status, clock.now()) })
  if (notGranted !== null) return refuse(notGranted)
  const panel = openPanel({ write: (text) => void stdout.write(text), isTerminal, elapsed: clock.elapsed })
  const title = values.title ?? words.live.defaultTitle
  const announced = await announce(
    {
      ...world,
      ...wish,
      socketPath: socket,
      speaker,
      title,
      begun: () => {
        panel.note(words.live.begun(plain(title)))
        panel.note(words.live.howToEnd)
      },
      show: (facts) => {
        const view = { ...facts, maxMs: wish.maxMs, confirmed: null }
        panel.show(liveLine(view, words.live, terminal))
      },
    },
    status,
  )
  panel.close()
  return tell(announced, { words, world, socket, source: wish.source })
}

/** Resolves with the exit code. */
export const liveCommand = async (args: readonly string[], world: LiveWorld): Promise<number> => {
  const values = parse(args)
  const locale = localeLanguage(world.env)
  const misunderstood = (found: string): number => {
    const { command } = wordsOf(locale)
    world.stderr.write(`${command.unknownOption(plain(found))}\n${command.seeLiveHelp}\n`)
    return EXIT.misunderstood
  }
  if (typeof values === 'string') return misunderstood(values)
  const { lang } = values
  if (lang !== undefined && lang !== 'vi' && lang !== 'en') return misunderstood(`--lang ${lang}`)
  const loaded = loadSettings(values.settings)
  const inFile = loaded.kind === 'ok' ? (loaded.settings.language ?? null) : loaded.language
  const language: Language = lang ?? inFile ?? locale
  const words = wordsOf(language)
  if (values.help) {
    world.stdout.write(`${words.live.help}\n`)
    return EXIT.right
  }
  return speakAt(values, world, words, loaded.kind === 'ok' ? loaded.settings.control.socket : CONTROL_SOCKET)
}
