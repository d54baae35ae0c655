/** From flags and settings to what a command needs. Flags win over the settings of the home folder. */
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { OVER_FADE_MS_MAX, type Over, type Target } from '../../agent/protocol/fields.ts'
import type { DownlinkKind } from '../../agent/protocol/downlink.ts'
import type { Asker } from '../../config/live/secret.ts'
import { wallMs, type WallMs } from '../../player/plan/time.ts'
import { ClearError, messageOf } from './clear-error.ts'
import { openDatabase } from './database.ts'
import { mediaUrlOf, storeOf, type Store } from './head-end.ts'
import { MEDIA_PORT_DEFAULT, TIME_ZONE_DEFAULT, openHome, type Home } from './home.ts'
import { issuerKeyFile, readIssuerKey, type IssuerKey } from './keys.ts'
import { connectLine, type BrokerAddress, type LineOptions } from './line.ts'
import { atLocal } from './local-time.ts'
import type { MediaShelf } from './media-files.ts'
import { grantFault, type Desk } from './orders.ts'
import { durationMsOf } from './plan-file.ts'
import type { Voice } from './render.ts'
import { targetOf } from './target.ts'
import { languageOf, wordsOf, type Language } from './words.ts'

/** What stands around a command: nothing below reads the process itself. */
export type World = {
  environment: NodeJS.ProcessEnv
  now: () => WallMs
  print: (line: string) => void
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
  /** For what must not be shown. */
  secrets?: Pick<Asker, 'ask' | 'isTerminal'>
  /** A terminal on which a line may be written over. */
  screen?: { write: (text: string) => void; columns: number; colour: boolean }
}

export type Flags = { text: Map<string, string>; lists: Map<string, string[]>; words: string[]; set: Set<string> }

export type FlagSpec = Record<string, 'text' | 'list' | 'switch'>

const COMMON: FlagSpec = { home: 'text', language: 'text' }
const BROKER: FlagSpec = { broker: 'text', ca: 'text', cert: 'text', key: 'text' }
export const LINE_FLAGS: FlagSpec = { ...COMMON, ...BROKER }
export const SEND_FLAGS: FlagSpec = { ...LINE_FLAGS, 'issuer-key': 'text', 'media-url': 'text' }
export const HOME_FLAGS = COMMON

const HOME_DEFAULT = './headend-home'
const BROKER_DEFAULT = 'mqtt://127.0.0.1:1883'

/** `--gain-db -6` as `--gain-db=-6`: the parser takes what begins with a dash for another option. */
const joinNegatives = (args: readonly string[]): string[] =>
  args.reduce<string[]>((joined, arg) => {
    const last = joined.at(-1)
    if (/^-\d/.test(arg) && last?.startsWith('--') === true && !last.includes('='))
      return [...joined.slice(0, -1), `${last}=${arg}`]
    return [...joined, arg]
  }, [])

export const readFlags = (args: readonly string[], spec: FlagSpec): Flags => {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, kind] of Object.entries(spec))
    options[name] = kind === 'switch' ? { type: 'boolean' } : { type: 'string', multiple: kind === 'list' }
  try {
    const { values, positionals } = parseArgs({ args: joinNegatives(args), options, allowPositionals: true })
    const flags: Flags = { text: new Map(), lists: new Map(), words: positionals, set: new Set() }
    for (const [name, value] of Object.entries(values))
      if (typeof value === 'string') flags.text.set(name, value)
      else if (Array.isArray(value)) flags.lists.set(name, value.map(String))
      else if (value === true) flags.set.add(name)
    return flags
  } catch (error) {
    throw new ClearError(messageOf(error).split('. ')[0] ?? 'unknown option', { cause: error })
  }
}

export const required = (flags: Flags, name: string): string => {
  const value = flags.text.get(name)
  if (value === undefined) throw new ClearError(`--${name} is missing`)
  return value
}

export const oneOf = <T extends string>(name: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((candidate) => candidate === value)
  if (found === undefined) throw new ClearError(`--${name}: found ${value}, expected one of ${allowed.join(', ')}`)
  return found
}

export const durationFlag = (flags: Flags, name: string, fallbackMs: number): number => {
  const text = flags.text.get(name)
  if (text === undefined) return fallbackMs
  const ms = durationMsOf(text)
  if (ms === null) throw new ClearError(`--${name}: found ${text}, expected a duration such as 15s, 10m or 1h`)
  return ms
}

export const gainFlag = (flags: Flags, name: string): number | null => {
  const text = flags.text.get(name)
  if (text === undefined) return null
  const gainDb = Number(text)
  if (!(gainDb >= -96 && gainDb <= 0)) throw new ClearError(`--${name}: found ${text}, expected decibels from -96 to 0`)
  return gainDb
}

export const OVER_FLAGS: FlagSpec = { over: 'switch', 'duck-db': 'text', fade: 'text' }

/** `--over`, and beside it how far what goes on below is turned down, and in what time. */
export const overFlag = (flags: Flags): { over: Over } | Record<string, never> => {
  const [duck, fade] = [flags.text.get('duck-db'), flags.text.get('fade')]
  if (!flags.set.has('over')) {
    if (duck !== undefined || fade !== undefined)
      throw new ClearError('--duck-db and --fade: expected --over beside them')
    return {}
  }
  const duckDb = duck === undefined ? null : Number(duck)
  if (duckDb !== null && !(duckDb >= -60 && duckDb <= 0))
    throw new ClearError(`--duck-db: found ${duck}, expected decibels from -60 to 0`)
  const fadeMs = durationFlag(flags, 'fade', 0)
  if (fadeMs > OVER_FADE_MS_MAX)
    throw new ClearError(`--fade: found ${fade}, expected at most ${OVER_FADE_MS_MAX / 1_000}s`)
  return { over: { ...(duckDb === null ? {} : { duckDb }), ...(fade === undefined ? {} : { fadeMs }) } }
}

export const outputsFlag = (flags: Flags): { outputs: string[] } | Record<string, never> => {
  const text = flags.text.get('outputs')
  return text === undefined ? {} : { outputs: text.split(',') }
}

/** `2026-11-21` (midnight of the zone) or a date-time with an offset. */
export const momentFlag = (name: string, text: string, timeZone: string): WallMs => {
  const moment = /^\d{4}-\d{2}-\d{2}$/.test(text) ? atLocal(`${text}T00:00:00`, timeZone) : wallMs(Date.parse(text))
  if (Number.isNaN(moment) || !/^\d{4}-\d{2}-\d{2}(T.+(Z|[+-]\d{2}:\d{2}))?$/.test(text))
    throw new ClearError(`--${name}: found ${text}, expected a date or a date-time with an offset`)
  return moment
}

/** `area:vn/08/02215`, `group:markets/vn/08/02215` (or `group:markets` of the home's area), `device:y`. */
export const targetFlag = (flags: Flags, home: Home): Target => {
  const text = required(flags, 'to')
  const target = targetOf(text, home.settings.area)
  if (target === null)
    throw new ClearError(`--to: found ${text}, expected area:vn/08/02215, group:NAME/vn/08/02215 or device:NAME`)
  return target
}

export const homeOf = (flags: Flags): Promise<Home> => openHome(flags.text.get('home') ?? HOME_DEFAULT)

export const languageFlag = (flags: Flags, home: Home, { environment }: World): Language => {
  const language = flags.text.get('language')
  return languageOf(
    environment,
    language === undefined ? home.settings.language : oneOf<Language>('language', language, ['vi', 'en']),
  )
}

export const voiceOf = (flags: Flags, home: Home, world: World): Voice => ({
  words: wordsOf(languageFlag(flags, home, world)),
  timeZone: home.settings.timeZone ?? TIME_ZONE_DEFAULT,
})

/** Names in flags are relative to where the person stands; names in settings, to the folder of the settings. */
const fileOf = (flags: Flags, home: Home, flag: string, setting: string | undefined): string | undefined => {
  const given = flags.text.get(flag)
  if (given !== undefined) return resolve(given)
  return setting === undefined ? undefined : home.file(setting)
}

export const brokerOf = (flags: Flags, home: Home): BrokerAddress => {
  const { broker } = home.settings
  return {
    url: flags.text.get('broker') ?? broker?.url ?? BROKER_DEFAULT,
    ca: fileOf(flags, home, 'ca', broker?.ca),
    certificate: fileOf(flags, home, 'cert', broker?.certificate),
    key: fileOf(flags, home, 'key', broker?.key),
  }
}

const onlyIssuerKey = async (folder: string): Promise<string> => {
  const names = await readdir(folder).catch((): string[] => [])
  const found = names.filter((name) => /^issuer-.+\.private\.json$/.test(name))
  const [only] = found
  if (only !== undefined && found.length === 1) return join(folder, only)
  throw new ClearError(
    found.length === 0
      ? `no key of an issuer in ${folder}: make one with \`headend keys issuer\`, or name it with --issuer-key`
      : `several keys of issuers in ${folder}: name one with --issuer-key`,
  )
}

export const issuerKeyOf = async (flags: Flags, home: Home): Promise<IssuerKey> => {
  const { issuer, issuerKey } = home.settings
  const named = fileOf(flags, home, 'issuer-key', issuerKey)
  const ofIssuer = issuer === undefined ? undefined : issuerKeyFile(home.file('keys'), issuer)
  return readIssuerKey(named ?? ofIssuer ?? (await onlyIssuerKey(home.file('keys'))))
}

export const mediaOf = (flags: Flags, home: Home) => {
  const { listenHost = '0.0.0.0', listenPort = MEDIA_PORT_DEFAULT, publicUrl } = home.settings.media ?? {}
  const chosen = flags.text.get('media-url') ?? publicUrl ?? null
  return { listenHost, listenPort, publicUrl: chosen === null ? null : chosen.replace(/\/+$/, '') }
}

/** Opens the database for one command and closes it, whatever happens. */
export const withStore = async <T>(home: Home, work: (store: Store) => Promise<T> | T): Promise<T> => {
  const db = openDatabase(home.databaseFile)
  try {
    return await work(storeOf(db))
  } finally {
    db.close()
  }
}

export type Counter = { desk: Desk; shelf: MediaShelf; target: Target; timeZone: string }

/** Everything that sending one message needs; the line and the database are closed afterwards. */
export const atDesk = async <T>(
  flags: Flags,
  world: World,
  kinds: readonly DownlinkKind[],
  work: (counter: Counter) => Promise<T>,
  lasting: Pick<LineOptions, 'reconnect' | 'listener'> = { reconnect: 'once' },
): Promise<T> => {
  const home = await homeOf(flags)
  const target = targetFlag(flags, home)
  const signer = await issuerKeyOf(flags, home)
  const fault = kinds.map((kind) => grantFault(signer, kind, world.now())).find((found) => found !== null)
  if (fault !== undefined) throw new ClearError(fault)
  const { listenHost, listenPort, publicUrl } = mediaOf(flags, home)
  return withStore(home, async (store) => {
    const line = await connectLine({ ...brokerOf(flags, home), ...lasting })
    try {
      const mediaUrl = publicUrl ?? mediaUrlOf(listenHost, listenPort)
      const desk = { line, store, signer, now: world.now, mediaUrl }
      const timeZone = home.settings.timeZone ?? TIME_ZONE_DEFAULT
      return await work({ desk, shelf: { folder: home.mediaFolder, store, now: world.now }, target, timeZone })
    } finally {
      await line.close()
    }
  })
}
