/** `headend keys root` and `headend keys issuer`. They print public parts only. */
import { DELEGABLE_KINDS } from '../../agent/protocol/downlink.ts'
import { PRIORITIES } from '../../player/plan/schedule.ts'
import { addMs } from '../../player/plan/time.ts'
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
  type World,
} from './command-line.ts'
import { makeIssuerKey, makeRootKey, readRootKey, rootKeyFile } from './keys.ts'

const YEAR_MS = 365 * 86_400_000

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

const makeRoot = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, { ...HOME_FLAGS, out: 'text' })
  const folder = flags.text.get('out') ?? (await homeOf(flags)).file('keys')
  const { file, x } = await makeRootKey(folder)
  world.print(`The private root key is in ${file}. Keep it off line: it can give every other key its right.`)
  world.print('Put this into the settings of every box:')
  world.print(`trust:\n  root: ${x}`)
}

const makeIssuer = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, ISSUER_FLAGS)
  const home = await homeOf(flags)
  const { timeZone } = voiceOf(flags, home, world)
  const folder = flags.text.get('out') ?? home.file('keys')
  const rootFile = flags.text.get('root') ?? (home.settings.rootKey && home.file(home.settings.rootKey))
  const from = flags.text.get('from')
  const until = flags.text.get('until')
  const start = from === undefined ? world.now() : momentFlag('from', from, timeZone)
  const kinds = flags.text.get('kinds')?.split(',') ?? DELEGABLE_KINDS
  const grant = {
    issuer: required(flags, 'issuer'),
    area: required(flags, 'area'),
    highestPriority: oneOf('priority', flags.text.get('priority') ?? 'normal', PRIORITIES),
    kinds: kinds.map((kind) => oneOf('kinds', kind, DELEGABLE_KINDS)),
    from: start,
    until: until === undefined ? addMs(start, YEAR_MS) : momentFlag('until', until, timeZone),
  }
  const { file, x } = await makeIssuerKey(await readRootKey(rootFile ?? rootKeyFile(folder)), grant, folder)
  world.print(`The private key of ${grant.issuer} and its delegation are in ${file}.`)
  world.print(`Its public x, by which it can be revoked: ${x}`)
}

export const keysCommand = async ([what, ...args]: readonly string[], world: World): Promise<void> => {
  if (what === 'root') await makeRoot(args, world)
  else if (what === 'issuer') await makeIssuer(args, world)
  else throw new ClearError('keys: expected `keys root` or `keys issuer`')
}
