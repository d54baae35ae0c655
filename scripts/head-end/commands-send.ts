/** `publish`, `alert`, `command` and `revoke`: one message each, from flags or a file. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { TSchema, Static } from '@sinclair/typebox'
import { AlertBody, CommandBody, type AlertBody as Alert } from '../../agent/protocol/downlink.ts'
import { targetText } from '../../agent/protocol/topics.ts'
import { addMs, formatUtc } from '../../player/plan/time.ts'
import { ClearError, messageOf } from './clear-error.ts'
import {
  LINE_FLAGS,
  SEND_FLAGS,
  atDesk,
  brokerOf,
  durationFlag,
  homeOf,
  oneOf,
  outputsFlag,
  readFlags,
  required,
  targetFlag,
  withStore,
  type FlagSpec,
  type Flags,
  type World,
} from './command-line.ts'
import { describeFaults, readDocument } from './document.ts'
import { COMMAND_FLAGS, commandFromFlags, commandName } from './command-body.ts'
import { readRootKey, rootKeyFile } from './keys.ts'
import { connectLine } from './line.ts'
import type { MediaShelf, RegisteredFile } from './media-files.ts'
import { registerFile } from './media-files.ts'
import { publishAlert, publishCommand, publishPlan, publishRevocation, type Sent } from './orders.ts'
import { compilePlan } from './plan-compile.ts'

const HOUR_MS = 3_600_000

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

export const publishCommandLine = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, { ...SEND_FLAGS, to: 'text' })
  const [file, ...rest] = flags.words
  if (file === undefined || rest.length > 0)
    throw new ClearError('publish: expected one file: `publish FILE.yaml --to …`')
  await atDesk(flags, world, ['media', 'schedule'], async ({ desk, shelf, target }) => {
    const plan = await compilePlan(file, shelf)
    for (const { name, mediaType, bytes, durationMs, sha256 } of plan.files) {
      const length = durationMs === null ? '' : `, ${(durationMs / 1000).toFixed(1)} s`
      world.print(`  ${name}: ${mediaType}, ${bytes} bytes${length}, ${sha256.slice(0, 12)}…`)
    }
    const { manifest, schedule, revision } = await publishPlan(desk, plan, target)
    world.print(told(`media manifest (${plan.files.length} files of this schedule)`, manifest))
    world.print(told(`schedule revision ${revision} (${plan.body.programmes.length} programmes)`, schedule))
  })
}

const ALERT_FLAGS: FlagSpec = {
  ...SEND_FLAGS,
  to: 'text',
  file: 'text',
  id: 'text',
  event: 'text',
  headline: 'text',
  instruction: 'text',
  status: 'text',
  urgency: 'text',
  severity: 'text',
  certainty: 'text',
  sender: 'text',
  for: 'text',
  sound: 'list',
  pause: 'text',
  outputs: 'text',
  update: 'text',
  cancel: 'text',
}

const registerSounds = (flags: Flags, shelf: MediaShelf): Promise<RegisteredFile[]> =>
  Promise.all((flags.lists.get('sound') ?? []).map((file) => registerFile(file, shelf)))

const alertFromFlags = (flags: Flags, issuer: string, files: readonly RegisteredFile[], world: World): Alert => {
  const text = (name: string, fallback: string): string => flags.text.get(name) ?? fallback
  const { properties } = AlertBody
  const choose = (name: string, fallback: string, allowed: unknown): string =>
    oneOf(name, text(name, fallback), Array.isArray(allowed) ? allowed.map(String) : [])
  const updates = flags.text.get('cancel') ?? flags.text.get('update')
  const sent = world.now()
  const instruction = flags.text.get('instruction')
  const sounds = files.map(({ sha256, durationMs, name }) => {
    if (durationMs === null) throw new ClearError(`--sound: ${name} is a picture`)
    return { sha256, durationMs }
  })
  const body: unknown = {
    alertId: text('id', `alert-${randomUUID()}`),
    sender: text('sender', issuer),
    sent: formatUtc(sent),
    status: choose('status', 'Actual', properties.status['enum']),
    messageType: flags.text.has('cancel') ? 'Cancel' : updates === undefined ? 'Alert' : 'Update',
    ...(updates === undefined ? {} : { references: updates.split(',') }),
    event: required(flags, 'event'),
    urgency: choose('urgency', 'Immediate', properties.urgency['enum']),
    severity: choose('severity', 'Severe', properties.severity['enum']),
    certainty: choose('certainty', 'Likely', properties.certainty['enum']),
    headline: text('headline', required(flags, 'event')),
    ...(instruction === undefined ? {} : { instruction }),
    expires: formatUtc(addMs(sent, durationFlag(flags, 'for', HOUR_MS))),
    ...(sounds.length === 0 ? {} : { sounds }),
    ...(flags.text.has('pause') ? { repeatPauseMs: durationFlag(flags, 'pause', 0) } : {}),
    ...outputsFlag(flags),
  }
  const read = readDocument(AlertBody, JSON.stringify(body, null, 2))
  if (read.kind === 'faults') throw new ClearError(describeFaults('alert', read.faults))
  return read.value
}

export const alertCommandLine = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, ALERT_FLAGS)
  const kinds = flags.lists.has('sound') ? (['alert', 'media'] as const) : (['alert'] as const)
  await atDesk(flags, world, kinds, async ({ desk, shelf, target }) => {
    const files = await registerSounds(flags, shelf)
    const file = flags.text.get('file')
    const body =
      file === undefined ? alertFromFlags(flags, desk.signer.id, files, world) : await bodyFrom(AlertBody, file)
    world.print(told(`alert ${body.alertId}`, await publishAlert(desk, body, { target, files })))
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
