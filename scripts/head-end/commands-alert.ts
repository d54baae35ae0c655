/** `alert`: a CAP document from flags, or a file with one, in a signed message. */
import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  CERTAINTIES,
  RESPONSE_TYPES,
  SEVERITIES,
  STATUSES,
  URGENCIES,
  identityText,
  type CapAlert,
  type CapIdentity,
} from '../../agent/cap/alert.ts'
import { AREA_GEOCODE } from '../../agent/cap/geography.ts'
import { readCap, refusalText } from '../../agent/cap/read.ts'
import { AlertBody } from '../../agent/protocol/downlink.ts'
import type { Target } from '../../agent/protocol/fields.ts'
import { addMs } from '../../player/plan/time.ts'
import { capDocument, type CapAreaDraft, type CapResourceDraft } from './cap-document.ts'
import { ClearError, messageOf } from './clear-error.ts'
import {
  SEND_FLAGS,
  atDesk,
  durationFlag,
  oneOf,
  outputsFlag,
  readFlags,
  required,
  type Counter,
  type FlagSpec,
  type Flags,
  type World,
} from './command-line.ts'
import { bodyFrom, told } from './commands-send.ts'
import { describeFaults, readDocument } from './document.ts'
import { registerFile, type MediaShelf } from './media-files.ts'
import { publishAlert, type Desk } from './orders.ts'

const HOUR_MS = 3_600_000
const CAP_LANGUAGE_DEFAULT = 'vi-VN'

const ALERT_FLAGS: FlagSpec = {
  ...SEND_FLAGS,
  to: 'text',
  cap: 'text',
  file: 'text',
  id: 'text',
  event: 'text',
  headline: 'text',
  description: 'text',
  instruction: 'text',
  in: 'text',
  status: 'text',
  note: 'text',
  urgency: 'text',
  severity: 'text',
  certainty: 'text',
  response: 'text',
  sender: 'text',
  'sender-name': 'text',
  where: 'text',
  polygon: 'list',
  circle: 'list',
  geocode: 'list',
  for: 'text',
  sound: 'list',
  siren: 'text',
  pause: 'text',
  outputs: 'text',
  update: 'text',
  cancel: 'text',
}

/** A recording is fetched from the media server, and checked by the digest that stands in the signed message. */
const resourceOf = async (file: string, shelf: MediaShelf, mediaUrl: string): Promise<CapResourceDraft> => {
  const { sha256, bytes, mediaType, durationMs } = await registerFile(file, shelf)
  if (durationMs === null) throw new ClearError(`--sound: ${file} is a picture`)
  const sha1 = createHash('sha1')
    .update(await readFile(join(shelf.folder, sha256)))
    .digest('hex')
  return { description: basename(file), mimeType: mediaType, bytes, uri: `${mediaUrl}/media/${sha256}`, sha1 }
}

/** Where the target is an area, the document names it, so that it says the same wherever it is read. */
const areaFromFlags = (flags: Flags, target: Target): CapAreaDraft[] => {
  const path = 'area' in target ? target.area : 'group' in target ? target.within : null
  const [polygons, circles] = [flags.lists.get('polygon') ?? [], flags.lists.get('circle') ?? []]
  const geocodes = (flags.lists.get('geocode') ?? []).map((text) => {
    const [valueName = '', ...rest] = text.split('=')
    if (valueName === '' || rest.length === 0) throw new ClearError(`--geocode: found ${text}, expected name=value`)
    return { valueName, value: rest.join('=') }
  })
  const isDrawn = polygons.length + circles.length + geocodes.length > 0
  const description = flags.text.get('where') ?? path
  if (description === null) {
    if (isDrawn) throw new ClearError('--where is missing: the name of the area')
    return []
  }
  const own = isDrawn || path === null ? [] : [{ valueName: AREA_GEOCODE, value: path }]
  return [{ description, polygons, circles, geocodes: [...geocodes, ...own] }]
}

const readOrFail = (cap: string, what: string): CapAlert => {
  const read = readCap(cap)
  if (read.kind === 'refused') throw new ClearError(`${what}: ${refusalText(read)}`)
  return read.alert
}

/** An earlier alert by its id, and all that it took the place of: whoever missed one of them knows the others. */
const earlier = (desk: Desk, alertId: string): CapIdentity[] => {
  const body = desk.store.alerts(desk.signer.id).findLast((sent) => sent.alertId === alertId)
  if (body === undefined) throw new ClearError(`no alert ${alertId} was published by ${desk.signer.id}`)
  const { sender, identifier, sent, references } = readOrFail(body.cap, `the stored alert ${alertId}`)
  return [{ sender, identifier, sent }, ...references]
}

const choose = <T extends string>(flags: Flags, name: string, fallback: T, allowed: readonly T[]): T =>
  oneOf(name, flags.text.get(name) ?? fallback, allowed)

const capFromFlags = async (flags: Flags, alertId: string, { desk, shelf, target }: Counter, world: World) => {
  const text = (name: string): string | undefined => flags.text.get(name)
  const sent = world.now()
  const refersTo = text('cancel') ?? text('update')
  const isCancel = flags.text.has('cancel')
  const resources = await Promise.all(
    (flags.lists.get('sound') ?? []).map((file) => resourceOf(file, shelf, desk.mediaUrl)),
  )
  const responses = text('response')?.split(',') ?? []
  const info = () => ({
    language: text('in') ?? CAP_LANGUAGE_DEFAULT,
    event: required(flags, 'event'),
    responseTypes: responses.map((response) => oneOf('response', response, RESPONSE_TYPES)),
    urgency: choose(flags, 'urgency', 'Immediate', URGENCIES),
    severity: choose(flags, 'severity', 'Severe', SEVERITIES),
    certainty: choose(flags, 'certainty', 'Likely', CERTAINTIES),
    expires: addMs(sent, durationFlag(flags, 'for', HOUR_MS)),
    headline: text('headline') ?? required(flags, 'event'),
    senderName: text('sender-name'),
    description: text('description'),
    instruction: text('instruction'),
    resources,
    areas: areaFromFlags(flags, target),
  })
  return capDocument({
    identifier: `${alertId}.${randomUUID().slice(0, 8)}`,
    sender: text('sender') ?? desk.signer.id,
    sent,
    status: choose(flags, 'status', 'Actual', STATUSES),
    messageType: isCancel ? 'Cancel' : refersTo === undefined ? 'Alert' : 'Update',
    note: text('note'),
    references: (refersTo?.split(',') ?? []).flatMap((id) => earlier(desk, id)),
    infos: isCancel ? [] : [info()],
  })
}

const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/

/** The id of the alert that a document updates or cancels, so that it takes its place; else its own identifier. */
const alertIdOf = (alert: CapAlert, desk: Desk): string => {
  const ends = alert.messageType === 'Update' || alert.messageType === 'Cancel'
  const referred = new Set(ends ? alert.references.map(identityText) : [])
  const before = desk.store
    .alerts(desk.signer.id)
    .findLast(({ cap }) => referred.size > 0 && referred.has(identityText(readOrFail(cap, 'a stored alert'))))
  if (before !== undefined) return before.alertId
  if (ID.test(alert.identifier)) return alert.identifier
  return `cap-${createHash('sha256').update(identityText(alert)).digest('hex').slice(0, 24)}`
}

const bodyFromFlags = async (flags: Flags, counter: Counter, world: World): Promise<AlertBody> => {
  const file = flags.text.get('cap')
  const named = flags.text.get('id') ?? flags.text.get('cancel') ?? flags.text.get('update')
  let alertId = named?.split(',')[0] ?? `alert-${randomUUID()}`
  let cap: string
  if (file === undefined) cap = await capFromFlags(flags, alertId, counter, world)
  else {
    cap = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new ClearError(`cannot read ${file}: ${messageOf(error)}`, { cause: error })
    })
    const alert = readOrFail(cap, file)
    if (named === undefined) alertId = alertIdOf(alert, counter.desk)
  }
  const body: unknown = {
    alertId,
    cap,
    ...(flags.text.has('siren') ? { siren: choose(flags, 'siren', 'by-severity', ['by-severity', 'none']) } : {}),
    ...(flags.text.has('pause') ? { repeatPauseMs: durationFlag(flags, 'pause', 0) } : {}),
    ...outputsFlag(flags),
  }
  const read = readDocument(AlertBody, JSON.stringify(body, null, 2))
  if (read.kind === 'faults') throw new ClearError(describeFaults('alert', read.faults))
  return read.value
}

export const alertCommandLine = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, ALERT_FLAGS)
  await atDesk(flags, world, ['alert'], async (counter) => {
    const file = flags.text.get('file')
    const body = file === undefined ? await bodyFromFlags(flags, counter, world) : await bodyFrom(AlertBody, file)
    world.print(told(`alert ${body.alertId}`, await publishAlert(counter.desk, body, counter.target)))
  })
}
