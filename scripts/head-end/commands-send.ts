/** `publish`, `command` and `revoke`: one message each, from flags or a file. */
import { readFile } from 'node:fs/promises'
import type { TSchema, Static } from '@sinclair/typebox'
import { CommandBody } from '../../agent/protocol/downlink.ts'
import { targetText } from '../../agent/protocol/topics.ts'
import { addMs, type WallMs } from '../../player/plan/time.ts'
import { ClearError, messageOf } from './clear-error.ts'
import {
  LINE_FLAGS,
  SEND_FLAGS,
  atDesk,
  brokerOf,
  homeOf,
  readFlags,
  targetFlag,
  withStore,
  type Flags,
  type World,
} from './command-line.ts'
import { describeFaults, readDocument } from './document.ts'
import { COMMAND_FLAGS, commandFromFlags, commandName } from './command-body.ts'
import { compileIcs, type IcsOptions } from './ics-compile.ts'
import { readRootKey, rootKeyFile } from './keys.ts'
import { connectLine } from './line.ts'
import { localDate } from './local-time.ts'
import { publishCommand, publishPlan, publishRevocation, type Sent } from './orders.ts'
import { compilePlan } from './plan-compile.ts'

export const told = (what: string, { sequence, topic, messageId }: Sent): string =>
  `${what} published: ${topic}, sequence ${sequence}, message ${messageId}`

/** The body of a message from a file, in the very terms of the protocol. */
export const bodyFrom = async <S extends TSchema>(schema: S, file: string): Promise<Static<S>> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ClearError(`cannot read ${file}: ${messageOf(error)}`, { cause: error })
  })
  const read = readDocument(schema, text)
  if (read.kind === 'faults') throw new ClearError(describeFaults(file, read.faults))
  return read.value
}

/** A calendar says nothing of how long it is valid. */
const ICS_VALID_MS = 366 * 86_400_000

const icsFlags = (flags: Flags, world: World, timeZone: string): Omit<IcsOptions, 'timeZone'> => {
  const day = (name: 'from' | 'until', otherwise: WallMs): string => {
    const text = flags.text.get(name) ?? localDate(otherwise, timeZone)
    if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text)))
      throw new ClearError(`--${name}: found ${text}, expected a day such as 2026-11-21`)
    return text
  }
  const now = world.now()
  const [validFrom, validUntil] = [day('from', now), day('until', addMs(now, ICS_VALID_MS))]
  if (validUntil < validFrom) throw new ClearError('--until: expected a day not before --from')
  return { scheduleId: flags.text.get('schedule') ?? null, validFrom, validUntil }
}

export const publishCommandLine = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, { ...SEND_FLAGS, to: 'text', schedule: 'text', from: 'text', until: 'text' })
  const [file, ...rest] = flags.words
  if (file === undefined || rest.length > 0)
    throw new ClearError('publish: expected one file: `publish FILE.yaml --to …`, or FILE.ics')
  const isCalendar = file.toLowerCase().endsWith('.ics')
  for (const name of ['schedule', 'from', 'until'])
    if (!isCalendar && flags.text.has(name)) throw new ClearError(`--${name} is for .ics; a YAML file says it itself`)
  await atDesk(flags, world, ['media', 'schedule'], async ({ desk, shelf, target, timeZone }) => {
    const plan = isCalendar
      ? await compileIcs(file, shelf, { timeZone, ...icsFlags(flags, world, timeZone) })
      : await compilePlan(file, shelf, { issuer: desk.signer.id })
    for (const { name, mediaType, bytes, durationMs, sha256 } of plan.files) {
      const length = durationMs === null ? '' : `, ${(durationMs / 1000).toFixed(1)} s`
      world.print(`  ${name}: ${mediaType}, ${bytes} bytes${length}, ${sha256.slice(0, 12)}…`)
    }
    const { manifest, schedule, revision } = await publishPlan(desk, plan, target)
    world.print(told(`media manifest (${plan.files.length} files of this schedule)`, manifest))
    world.print(told(`schedule revision ${revision} (${plan.body.programmes.length} programmes)`, schedule))
  })
}

export const commandCommandLine = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, COMMAND_FLAGS)
  const hasFiles = ['sound', 'still', 'video'].some((name) => flags.lists.has(name))
  const kinds = hasFiles ? (['command', 'media'] as const) : (['command'] as const)
  const file = flags.text.get('file')
  await atDesk(flags, world, kinds, async ({ desk, shelf, target, timeZone }) => {
    const { body, files } =
      file === undefined
        ? await commandFromFlags(flags.words[0], flags, { shelf, now: world.now(), timeZone })
        : { body: await bodyFrom(CommandBody, file), files: [] }
    world.print(told(commandName(body), await publishCommand(desk, body, { target, files })))
  })
}

export const revokeCommandLine = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, { ...LINE_FLAGS, to: 'text', root: 'text' })
  if (flags.words.length === 0) throw new ClearError('revoke: expected the public x of one or more keys')
  const wrong = flags.words.find((x) => !/^[A-Za-z0-9_-]{43}$/.test(x))
  if (wrong !== undefined) throw new ClearError(`revoke: found ${wrong}, expected the 43 characters of a public x`)
  const home = await homeOf(flags)
  const target = targetFlag(flags, home)
  const rootSetting = home.settings.rootKey
  const fallback = rootSetting === undefined ? rootKeyFile(home.file('keys')) : home.file(rootSetting)
  const root = await readRootKey(flags.text.get('root') ?? fallback)
  await withStore(home, async (store) => {
    const line = await connectLine({ ...brokerOf(flags, home), reconnect: 'once' })
    try {
      const sent = await publishRevocation({ line, store, root, now: world.now }, { keys: flags.words, target })
      world.print(told(`revocation for ${targetText(target)}`, sent))
    } finally {
      await line.close()
    }
  })
}
