#!/usr/bin/env node
/** The `loa` command. This file only reads the line that was typed; what the commands do is in the files beside it. */
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { amplifierCommand } from './amplifier-command.ts'
import { askAgent } from './ask.ts'
import { checkJson, checkPage } from './check.ts'
import type { Box } from './doctor/box.ts'
import { doctorJson, doctorPage, examine } from './doctor/examine.ts'
import { verdictOf } from './doctor/findings.ts'
import { run } from './doctor/run.ts'
import { loadSettings, SETTINGS_FILE, type Loaded } from './load.ts'
import { plain, type Terminal } from './page.ts'
import { scheduleCommand } from './schedule-command.ts'
import { CONTROL_SOCKET } from './settings.ts'
import { answerPage } from './show-status.ts'
import { spokenWordsFaults } from './spoken-words.ts'
import { localeLanguage, wordsOf } from './words/language.ts'
import type { Language, Words } from './words/words.ts'

const EXIT = { right: 0, wrong: 1, misunderstood: 2 } as const
const COLUMNS_WITHOUT_TERMINAL = 80

const OPTIONS = {
  settings: { type: 'string' },
  json: { type: 'boolean', default: false },
  lang: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'V', default: false },
} as const

type Typed = {
  positionals: string[]
  settings: string
  json: boolean
  lang: Language | null
  help: boolean
  version: boolean
}

const parseTyped = (args: string[]): { kind: 'ok'; typed: Typed } | { kind: 'wrong'; detail: string } => {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true, strict: true })
    const { lang = null, settings = SETTINGS_FILE, json, help, version } = values
    if (lang !== null && lang !== 'vi' && lang !== 'en') return { kind: 'wrong', detail: `--lang ${lang}` }
    return { kind: 'ok', typed: { positionals, settings, json, lang, help, version } }
  } catch (error) {
    const detail = error instanceof Error ? (/'(-[^' ]*)/.exec(error.message)?.[1] ?? error.message) : String(error)
    return { kind: 'wrong', detail }
  }
}

const terminalOf = ({ env, stdout }: NodeJS.Process): Terminal => ({
  columns: stdout.isTTY ? stdout.columns : COLUMNS_WITHOUT_TERMINAL,
  colour: stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
})

const ownVersion = (): string => {
  const parsed: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const version: unknown = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : null
  return typeof version === 'string' ? version : '?'
}

/** A user without an entry in the password file still has a number. */
const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? '?')
  }
}

const thisBox = (): Box => ({
  run,
  now: () => Date.now(),
  elapsed: () => performance.now(),
  chance: () => Math.random(),
  user: userName(),
  nodeVersion: process.versions.node,
  commandVersion: ownVersion(),
  root: '/',
})

const languageIn = (loaded: Loaded): Language | null =>
  loaded.kind === 'ok' ? (loaded.settings.language ?? null) : loaded.language

const languageAsked = (loaded: Loaded, typed: Typed): Language => {
  return typed.lang ?? languageIn(loaded) ?? localeLanguage(process.env)
}

const print = (text: string) => process.stdout.write(`${text}\n`)
const printJson = (value: unknown) => print(JSON.stringify(value, null, 2))

/** Also what the agent would put up with: words that it passes over. */
const loadStrictly = (file: string): Loaded => {
  const loaded = loadSettings(file)
  if (loaded.kind === 'wrong') return loaded
  const faults = spokenWordsFaults(loaded.settings.speech.words)
  return faults.length === 0 ? loaded : { kind: 'wrong', faults, language: loaded.settings.language ?? null }
}

const commandCheck = (typed: Typed, file: string): number => {
  const loaded = loadStrictly(file)
  const words = wordsOf(languageAsked(loaded, typed))
  if (typed.json) printJson(checkJson(loaded, file, words))
  else print(checkPage(loaded, file, words, terminalOf(process)))
  return loaded.kind === 'ok' ? EXIT.right : EXIT.wrong
}

const commandStatus = async (typed: Typed): Promise<number> => {
  const loaded = loadSettings(typed.settings)
  const words = wordsOf(languageAsked(loaded, typed))
  const socket = loaded.kind === 'ok' ? loaded.settings.control.socket : CONTROL_SOCKET
  const answer = await askAgent(socket)
  if (typed.json) printJson(answer.kind === 'ok' ? answer.status : { error: answer.kind, socket })
  else print(answerPage({ answer, socket, user: userName() }, words, terminalOf(process)))
  return answer.kind === 'ok' ? EXIT.right : EXIT.wrong
}

/** Where Loa hangs, where the settings do not say. */
const TIME_ZONE = 'Asia/Ho_Chi_Minh'

const commandSchedule = async (typed: Typed, asked: string[]): Promise<number> => {
  const loaded = loadSettings(typed.settings)
  const words = wordsOf(languageAsked(loaded, typed))
  const result = await scheduleCommand({
    words: asked,
    socket: loaded.kind === 'ok' ? loaded.settings.control.socket : CONTROL_SOCKET,
    timeZone: loaded.kind === 'ok' ? loaded.settings.timeZone : TIME_ZONE,
    now: Date.now(),
    user: userName(),
    speak: words,
    terminal: terminalOf(process),
  })
  if (result.kind === 'misunderstood') return misunderstood(result.text, words)
  if (typed.json) printJson(result.json)
  else print(result.page)
  return result.kind === 'told' ? EXIT.right : EXIT.wrong
}

const commandAmplifier = async (typed: Typed, asked: string[]): Promise<number> => {
  const loaded = loadSettings(typed.settings)
  const words = wordsOf(languageAsked(loaded, typed))
  const socket = loaded.kind === 'ok' ? loaded.settings.control.socket : CONTROL_SOCKET
  const speak = { speak: words, terminal: terminalOf(process), user: userName() }
  const result = await amplifierCommand({ words: asked, socket, ...speak })
  if (result.kind === 'misunderstood') return misunderstood(result.text, words)
  if (typed.json) printJson(result.json)
  else print(result.page)
  return result.kind === 'told' ? EXIT.right : EXIT.wrong
}

const commandDoctor = async (typed: Typed): Promise<number> => {
  const loaded = loadSettings(typed.settings)
  const words = wordsOf(languageAsked(loaded, typed))
  const findings = await examine(thisBox(), loaded, typed.settings)
  const device = loaded.kind === 'ok' ? loaded.settings.device : null
  if (typed.json) printJson(doctorJson(findings, words))
  else print(doctorPage(findings, device, words, terminalOf(process)))
  return findings.some((finding) => verdictOf(finding) === 'wrong') ? EXIT.wrong : EXIT.right
}

/** Whoever goes away without a word, by closing the terminal, has ended all the same. */
const speak = async (args: string[]): Promise<number> => {
  // What it needs takes a moment to load, and the other commands need none of it.
  const { liveCommand } = await import('./live/command.ts')
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort())
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => ending.abort())
  return liveCommand(args, {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    terminal: terminalOf(process),
    isTerminal: process.stdout.isTTY,
    user: userName(),
    clock: {
      now: () => Date.now(),
      elapsed: () => performance.now(),
      after: (delayMs, task) => {
        const timer = setTimeout(task, delayMs)
        return () => clearTimeout(timer)
      },
    },
    newId: () => randomUUID(),
    newSecret: () => randomBytes(16).toString('hex'),
    signal: ending.signal,
  })
}

/** Plays and listens by itself, so the agent must not run; Ctrl-C ends the noise at once. */
const calibrate = async (args: string[]): Promise<number> => {
  const { calibrateCommand } = await import('./calibrate/command.ts')
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort())
  return calibrateCommand(args, {
    env: process.env,
    print,
    complain: (text) => process.stderr.write(`${text}\n`),
    terminal: terminalOf(process),
    after: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
    signal: ending.signal,
  })
}

const misunderstood = (wrong: string, words: Words): number => {
  process.stderr.write(`${wrong}\n${words.command.seeHelp}\n`)
  return EXIT.misunderstood
}

/** For a text that is tried on a machine that is no box. */
const SPEECH_WITHOUT_SETTINGS = { voice: 'north', languages: ['vi'], timeoutSeconds: 60 } as const

const commandSay = async (args: string[]): Promise<number> => {
  const { parseSay, say } = await import('./say.ts')
  const parsed = parseSay(args)
  if (parsed.kind === 'wrong') {
    const words = wordsOf(localeLanguage(process.env))
    return misunderstood(words.command.unknownOption(plain(parsed.detail)), words)
  }
  const { typed } = parsed
  const file = typed.settings ?? SETTINGS_FILE
  const loaded = loadSettings(file)
  const words = wordsOf(typed.lang ?? languageIn(loaded) ?? localeLanguage(process.env))
  // Settings that were named are meant; those of a box count only where there are some.
  if (loaded.kind === 'wrong' && typed.settings !== null) {
    print(checkPage(loaded, file, words, terminalOf(process)))
    return EXIT.wrong
  }
  const speech = loaded.kind === 'ok' ? loaded.settings.speech : { ...SPEECH_WITHOUT_SETTINGS, languages: ['vi'] }
  const path = process.env['PATH'] ?? ''
  const said = await say({ typed, speech, words, elapsed: () => performance.now(), path })
  if (typed.json) printJson(said.json)
  else print(said.page)
  return said.isRight ? EXIT.right : EXIT.wrong
}

const obey = async (args: string[]): Promise<number> => {
  // It has options of its own.
  if (args[0] === 'live') return speak(args.slice(1))
  if (args[0] === 'calibrate') return calibrate(args.slice(1))
  if (args[0] === 'say') return commandSay(args.slice(1))
  const parsed = parseTyped(args)
  const locale = localeLanguage(process.env)
  if (parsed.kind === 'wrong') {
    const words = wordsOf(locale)
    return misunderstood(words.command.unknownOption(plain(parsed.detail)), words)
  }
  const { typed } = parsed
  const words = wordsOf(typed.lang ?? locale)
  const [command, ...rest] = typed.positionals
  if (typed.help || command === 'help') print(words.command.help)
  else if (typed.version || command === 'version') print(words.command.version(ownVersion(), process.versions.node))
  else if (command === 'status' && rest.length === 0) return commandStatus(typed)
  else if (command === 'schedule') return commandSchedule(typed, rest)
  else if (command === 'amplifier') return commandAmplifier(typed, rest)
  else if (command === 'doctor' && rest.length === 0) return commandDoctor(typed)
  else if (command === 'config' && rest[0] === 'check' && rest.length <= 2) {
    return commandCheck(typed, rest[1] ?? typed.settings)
  } else return misunderstood(words.command.unknownCommand(plain(typed.positionals.join(' '))), words)
  return EXIT.right
}

process.exitCode = await obey(process.argv.slice(2))
