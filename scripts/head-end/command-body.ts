/** Orders to boxes, from flags: `command play`, `mobilise`, `release`, `withdraw` and those to the box itself. */
import { randomUUID } from 'node:crypto'
import type { CommandBody } from '../../agent/protocol/downlink.ts'
import { playFault } from '../../agent/translate.ts'
import { PRIORITIES } from '../../player/plan/schedule.ts'
import { addMs, formatUtc, type WallMs } from '../../player/plan/time.ts'
import { ClearError } from './clear-error.ts'
import {
  OVER_FLAGS,
  SEND_FLAGS,
  gainFlag,
  momentFlag,
  oneOf,
  outputsFlag,
  overFlag,
  required,
  type FlagSpec,
  type Flags,
} from './command-line.ts'
import type { MediaShelf, RegisteredFile } from './media-files.ts'
import { registerFile } from './media-files.ts'
import { compileItem, type WireItem } from './plan-items.ts'
import { durationMsOf, type FileItem } from './plan-file.ts'

export const COMMAND_FLAGS: FlagSpec = {
  ...SEND_FLAGS,
  ...OVER_FLAGS,
  to: 'text',
  file: 'text',
  'gain-db': 'text',
  outputs: 'text',
  title: 'text',
  priority: 'text',
  sound: 'list',
  still: 'list',
  video: 'list',
  text: 'list',
  speech: 'list',
  for: 'text',
  id: 'text',
  until: 'text',
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The items of `command play` and `command mobilise`, and the files that they need. */
const itemsFromFlags = async (
  action: string,
  flags: Flags,
  shelf: MediaShelf,
): Promise<{ items: WireItem[]; files: RegisteredFile[] }> => {
  const length = flags.text.get('for')
  const items: WireItem[] = []
  const files: RegisteredFile[] = []
  for (const key of ['sound', 'speech', 'still', 'video', 'text'] as const)
    for (const value of flags.lists.get(key) ?? []) {
      const item: FileItem = { [key]: value, ...(length === undefined ? {} : { for: length }) }
      const file = key === 'text' || key === 'speech' ? null : await registerFile(value, shelf)
      if (file !== null) files.push(file)
      const made = compileItem(item, () => file ?? 'a file')
      if (!('content' in made)) throw new ClearError(`--${key} ${value}: expected ${made.expected}`)
      items.push(made)
    }
  if (items.length === 0)
    throw new ClearError(`command ${action}: expected --sound, --speech, --still, --video or --text`)
  return { items, files }
}

/** `--until 2h` from now, or a moment. */
const untilFlag = (flags: Flags, { now, timeZone }: Desktop): string => {
  const text = required(flags, 'until')
  const ms = durationMsOf(text)
  const until = ms === null ? momentFlag('until', text, timeZone) : addMs(now, ms)
  if (until <= now) throw new ClearError(`--until: ${text} is past already`)
  return formatUtc(until)
}

type Desktop = { shelf: MediaShelf; now: WallMs; timeZone: string }

export const commandFromFlags = async (
  action: string | undefined,
  flags: Flags,
  desktop: Desktop,
): Promise<{ body: CommandBody; files: RegisteredFile[] }> => {
  const gainDb = gainFlag(flags, 'gain-db')
  const level = gainDb === null ? {} : { gainDb }
  switch (action) {
    case 'report':
    case 'restart':
      return { body: { action }, files: [] }
    case 'set-volume':
      if (gainDb === null) throw new ClearError('--gain-db is missing')
      return { body: { action, gainDb, ...outputsFlag(flags) }, files: [] }
    case 'mute':
    case 'unmute':
      return { body: { action, ...outputsFlag(flags) }, files: [] }
    case 'play': {
      const title = required(flags, 'title')
      const priority = oneOf('priority', flags.text.get('priority') ?? 'normal', PRIORITIES)
      const { items, files } = await itemsFromFlags(action, flags, desktop.shelf)
      const body = { action, title, priority, items, ...level, ...outputsFlag(flags), ...overFlag(flags) }
      const fault = playFault(body)
      if (fault !== null) throw new ClearError(fault)
      return { body, files }
    }
    case 'mobilise': {
      const title = required(flags, 'title')
      const until = untilFlag(flags, desktop)
      const orderId = flags.text.get('id') ?? `order-${randomUUID()}`
      const { items, files } = await itemsFromFlags(action, flags, desktop.shelf)
      return { body: { action, orderId, title, items, until, ...level, ...outputsFlag(flags) }, files }
    }
    case 'release':
      return { body: { action, orderId: required(flags, 'id') }, files: [] }
    case 'withdraw': {
      const messageId = required(flags, 'id')
      if (!UUID.test(messageId))
        throw new ClearError(`--id: found ${messageId}, expected the message that \`command play\` printed`)
      return { body: { action, messageId }, files: [] }
    }
    case undefined:
    default:
      throw new ClearError(
        'command: expected set-volume, mute, unmute, report, play, withdraw, mobilise, release or restart',
      )
  }
}

/** What is told beside the action: the name under which it can be ended. */
export const commandName = (body: CommandBody): string =>
  body.action === 'mobilise' || body.action === 'release'
    ? `command ${body.action} ${body.orderId}`
    : `command ${body.action}`
