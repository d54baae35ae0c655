/** `headend keys root`, `keys issuer` and `keys speaker`. They print public parts only. */
import { DELEGABLE_KINDS } from '../../agent/protocol/downlink.ts'
import { PRIORITIES } from '../../player/plan/schedule.ts'
import { PASSPHRASE_CHARACTERS_MIN } from '../../config/live/speaker.ts'
import { addMs, type WallMs } from '../../player/plan/time.ts'
import { ClearError } from './clear-error.ts'
import {
  HOME_FLAGS,
  homeOf,
  momentFlag,
  oneOf,
  readFlags,
  required,
  voiceOf,
  type FlagSpec,
  type Flags,
  type World,
} from './command-line.ts'
import type { Home } from './home.ts'
import { makeIssuerKey, makeRootKey, makeSpeakerFile, readRootKey, rootKeyFile, speakerFile } from './keys.ts'
import { localDate } from './local-time.ts'
import type { Words } from './words.ts'

const YEAR_MS = 365 * 86_400_000
/** A file that a person carries is lost more easily than a key in a safe. */
const SPEAKER_MS = 90 * 86_400_000

const ISSUER_FLAGS: FlagSpec = {
  ...HOME_FLAGS,
  out: 'text',
  root: 'text',
  issuer: 'text',
  area: 'text',
  priority: 'text',
  kinds: 'text',
  from: 'text',
  until: 'text',
}

const SPEAKER_FLAGS: FlagSpec = {
  ...HOME_FLAGS,
  out: 'text',
  root: 'text',
  issuer: 'text',
  area: 'text',
  from: 'text',
  until: 'text',
}

const makeRoot = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, { ...HOME_FLAGS, out: 'text' })
  const folder = flags.text.get('out') ?? (await homeOf(flags)).file('keys')
  const { file, x } = await makeRootKey(folder)
  world.print(`The private root key is in ${file}. Keep it off line: it can give every other key its right.`)
  world.print('Put this into the settings of every box:')
  world.print(`trust:\n  root: ${x}`)
}

type Period = { rootFile: string; from: WallMs; until: WallMs; folder: string; home: Home }

/** What every key has that the root gives a right to. */
const periodOf = async (flags: Flags, world: World, lengthMs: number): Promise<Period> => {
  const home = await homeOf(flags)
  const { timeZone } = voiceOf(flags, home, world)
  const folder = flags.text.get('out') ?? home.file('keys')
  const named = flags.text.get('root') ?? (home.settings.rootKey && home.file(home.settings.rootKey))
  const from = flags.text.get('from')
  const until = flags.text.get('until')
  const start = from === undefined ? world.now() : momentFlag('from', from, timeZone)
  return {
    home,
    folder,
    rootFile: named ?? rootKeyFile(folder),
    from: start,
    until: until === undefined ? addMs(start, lengthMs) : momentFlag('until', until, timeZone),
  }
}

const makeIssuer = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, ISSUER_FLAGS)
  const { folder, rootFile, from, until } = await periodOf(flags, world, YEAR_MS)
  const kinds = flags.text.get('kinds')?.split(',') ?? DELEGABLE_KINDS
  const grant = {
    issuer: required(flags, 'issuer'),
    area: required(flags, 'area'),
    highestPriority: oneOf('priority', flags.text.get('priority') ?? 'normal', PRIORITIES),
    kinds: kinds.map((kind) => oneOf('kinds', kind, DELEGABLE_KINDS)),
    from,
    until,
  }
  const { file, x } = await makeIssuerKey(await readRootKey(rootFile), grant, folder)
  world.print(`The private key of ${grant.issuer} and its delegation are in ${file}.`)
  world.print(`Its public x, by which it can be revoked: ${x}`)
}

/** Asked twice on a terminal, since nobody sees what is typed; piped in, once. */
const newPassphrase = async ({ secrets }: World, { speaker }: Words): Promise<string> => {
  const first = (await secrets?.ask(speaker.passphrase(PASSPHRASE_CHARACTERS_MIN))) ?? null
  if (secrets === undefined || first === null) throw new ClearError(speaker.noPassphrase)
  if (first.normalize('NFC').length < PASSPHRASE_CHARACTERS_MIN)
    throw new ClearError(speaker.tooShort(PASSPHRASE_CHARACTERS_MIN))
  const second = secrets.isTerminal ? await secrets.ask(speaker.again) : first
  if (second !== first) throw new ClearError(speaker.differs)
  return first
}

const makeSpeaker = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, SPEAKER_FLAGS)
  const { home, folder, rootFile, from, until } = await periodOf(flags, world, SPEAKER_MS)
  const voice = voiceOf(flags, home, world)
  const issuer = required(flags, 'issuer')
  const area = required(flags, 'area')
  const root = await readRootKey(rootFile)
  const passphrase = await newPassphrase(world, voice.words)
  const { file, x } = await makeSpeakerFile(root, {
    issuer,
    area,
    from,
    until,
    passphrase,
    file: speakerFile(folder, issuer),
  })
  world.print(voice.words.speaker.made({ file, area, until: localDate(until, voice.timeZone) }))
  world.print(voice.words.speaker.revocable(x))
}

export const keysCommand = async ([what, ...args]: readonly string[], world: World): Promise<void> => {
  if (what === 'root') await makeRoot(args, world)
  else if (what === 'issuer') await makeIssuer(args, world)
  else if (what === 'speaker') await makeSpeaker(args, world)
  else throw new ClearError('keys: expected `keys root`, `keys issuer` or `keys speaker`')
}
