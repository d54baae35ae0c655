/** Everything that the head-end says: composed, numbered, signed, kept, and published on the topic of its target. */
import { randomUUID } from 'node:crypto'
import { lastEndOf } from '../../agent/cap/choose.ts'
import { readCap, refusalText } from '../../agent/cap/read.ts'
import type { AlertBody, CommandBody, DownlinkKind, DownlinkOf, LiveBody } from '../../agent/protocol/downlink.ts'
import type { Target } from '../../agent/protocol/fields.ts'
import { streamOf, targetText, topicOf } from '../../agent/protocol/topics.ts'
import { rankOf } from '../../player/plan/schedule.ts'
import { addMs, formatUtc, parseWall, type WallMs } from '../../player/plan/time.ts'
import { ClearError } from './clear-error.ts'
import type { IssuerKey, RootKey } from './keys.ts'
import type { Line } from './line.ts'
import type { MediaFile, SentStore } from './sent-store.ts'
import { mediaBody } from './sent-store.ts'
import { composeDownlink, signPayload, type SigningKey } from './sign.ts'
import type { CompiledPlan } from './plan-compile.ts'

export type Desk = {
  line: Line
  store: SentStore
  signer: SigningKey
  now: () => WallMs
  /** Where boxes reach the media server: `http://192.168.1.10:8480`. */
  mediaUrl: string
}

export type Sent = { messageId: string; sequence: number; topic: string; token: string }

type Order<K extends DownlinkKind> = {
  kind: K
  target: Target
  body: DownlinkOf<K>['body']
  issued: WallMs
  expires: WallMs
  messageId: string
}

/** Kinds whose last message a broker keeps for boxes that come later. */
const RETAINED: ReadonlySet<DownlinkKind> = new Set<DownlinkKind>(['schedule', 'media', 'alert', 'revocation'])
/** A command or the end of an announcement that comes later than this is no use any more. */
export const ORDER_MS_VALID = 300_000
/** What ends an order must still reach a box that was without a line; a broker keeps it that long for it. */
const ENDING_MS_VALID = 86_400_000
const REVOCATION_MS_VALID = 10 * 365 * 86_400_000

const send = async <K extends DownlinkKind>(
  { line, store, signer }: Pick<Desk, 'line' | 'store' | 'signer'>,
  order: Order<K>,
): Promise<Sent> => {
  const { kind, target, body, issued, expires, messageId } = order
  // What a sequence counts within is read from the message itself, so it is composed before it has its number.
  const unnumbered = composeDownlink(signer.id, { ...order, sequence: 1 })
  const sequence = store.nextSequence(signer.id, kind, streamOf(unnumbered), issued)
  const message = { ...unnumbered, sequence }
  const token = await signPayload(signer, message)
  const topic = topicOf(message)
  const retain = RETAINED.has(kind)
  const expirySeconds = Math.ceil((expires - issued) / 1000)
  await line.publish(topic, token, { retain, ...(retain ? { expirySeconds } : {}) })
  // Kept only once the broker has it: the report must not count as planned what was never said.
  const publication = {
    messageId,
    kind,
    issuer: signer.id,
    target: targetText(target),
    sequence,
    issued,
    expires,
    body,
  }
  if (kind !== 'receipt') store.addPublication(publication)
  return { messageId, sequence, topic, token }
}

export const sendReceipt = (
  desk: Pick<Desk, 'line' | 'store' | 'signer'>,
  receipt: { device: string; epoch: string; position: number; issued: WallMs; expires: WallMs; messageId: string },
): Promise<Sent> => {
  const { device, epoch, position, issued, expires, messageId } = receipt
  return send(desk, { kind: 'receipt', target: { device }, body: { epoch, position }, issued, expires, messageId })
}

/** Publishes everything that a target needs now: its schedule's files, and those of every order that lasts. */
const sendManifest = async (
  desk: Desk,
  { target, source, until, files }: { target: Target; source: string; until: WallMs; files: readonly MediaFile[] },
): Promise<Sent> => {
  const { store, signer, now, mediaUrl } = desk
  const issued = now()
  const sha256s = files.map((file) => file.sha256)
  const needed = store.need({ issuer: signer.id, target: targetText(target), source, until, sha256s }, issued)
  const body = mediaBody(needed.files, mediaUrl)
  return send(desk, { kind: 'media', target, body, issued, expires: needed.until, messageId: randomUUID() })
}

export type PublishedPlan = { manifest: Sent; schedule: Sent; revision: number }

/** The manifest goes first: a box that has the schedule then knows where to fetch what it names. */
export const publishPlan = async (desk: Desk, plan: CompiledPlan, target: Target): Promise<PublishedPlan> => {
  const { store, signer, now } = desk
  const expires = parseWall(plan.body.validUntil)
  if (expires <= now()) throw new ClearError(`the schedule ended already, at ${plan.body.validUntil}`)
  const revision = plan.revision ?? store.nextRevision(signer.id, targetText(target))
  const manifest = await sendManifest(desk, { target, source: 'schedule', until: expires, files: plan.files })
  const body = { ...plan.body, revision }
  const schedule = await send(desk, { kind: 'schedule', target, body, issued: now(), expires, messageId: randomUUID() })
  return { manifest, schedule, revision }
}

/** The end of an alert is kept on its topic for as long as a box may have been without power. */
const CANCEL_MS_VALID = 86_400_000

/** A box refuses a document that breaks CAP 1.2, so it is not sent. */
export const publishAlert = async (desk: Desk, body: AlertBody, target: Target): Promise<Sent> => {
  const issued = desk.now()
  const read = readCap(body.cap)
  if (read.kind === 'refused') throw new ClearError(refusalText(read))
  const isCancel = read.alert.messageType === 'Cancel'
  const expires = isCancel ? addMs(issued, CANCEL_MS_VALID) : lastEndOf(read.alert)
  if (expires <= issued) throw new ClearError(`the alert was over at ${formatUtc(expires)}`)
  return send(desk, { kind: 'alert', target, body, issued, expires, messageId: randomUUID() })
}

export const publishLive = async (desk: Desk, body: LiveBody, target: Target): Promise<Sent> => {
  const issued = desk.now()
  const expires = addMs(issued, body.action === 'start' ? body.maxMs : ORDER_MS_VALID)
  return send(desk, { kind: 'live', target, body, issued, expires, messageId: randomUUID() })
}

/** A takeover is obeyed by a box that comes up at any time before its end. */
const commandExpiry = (body: CommandBody, issued: WallMs): WallMs => {
  switch (body.action) {
    case 'mobilise':
      return parseWall(body.until)
    case 'release':
    case 'withdraw':
      return addMs(issued, ENDING_MS_VALID)
    case 'play':
    case 'set-volume':
    case 'mute':
    case 'unmute':
    case 'report':
    case 'restart':
      return addMs(issued, ORDER_MS_VALID)
  }
}

export const publishCommand = async (
  desk: Desk,
  body: CommandBody,
  { target, files }: { target: Target; files: readonly MediaFile[] },
): Promise<Sent> => {
  const issued = desk.now()
  const expires = commandExpiry(body, issued)
  const messageId = randomUUID()
  if (files.length > 0) await sendManifest(desk, { target, source: `command:${messageId}`, until: expires, files })
  return send(desk, { kind: 'command', target, body, issued, expires, messageId })
}

/** Signed by the root itself; names every key that was ever revoked, since it replaces the message before. */
export const publishRevocation = async (
  { line, store, root, now }: Pick<Desk, 'line' | 'store' | 'now'> & { root: RootKey },
  { keys, target }: { keys: readonly string[]; target: Target },
): Promise<Sent> => {
  const issued = now()
  const body = { keys: store.revoke(keys, issued) }
  const expires = addMs(issued, REVOCATION_MS_VALID)
  return send(
    { line, store, signer: root },
    { kind: 'revocation', target, body, issued, expires, messageId: randomUUID() },
  )
}

/** Says why a box would refuse what this key signs, before it is sent; null where it would not, as far as can be known. */
export const grantFault = ({ granted }: IssuerKey, kind: DownlinkKind, now: WallMs): string | null => {
  if (!granted.kinds.some((allowed) => allowed === kind)) return `the key of ${granted.issuer} may not sign ${kind}`
  if (now < parseWall(granted.from)) return `the key of ${granted.issuer} is valid from ${granted.from} only`
  if (now >= parseWall(granted.until)) return `the key of ${granted.issuer} was valid until ${granted.until}`
  if (kind === 'live' && rankOf('live') < rankOf(granted.highestPriority))
    return `the key of ${granted.issuer} may go up to ${granted.highestPriority}, and an announcement is above it`
  return null
}
