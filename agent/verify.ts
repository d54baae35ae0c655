/**
 * Who may say this, here, now. Every message that can make a sound or a picture passes here, and nothing on the wire is
 * trusted because of where it came from: not its topic, not the broker, not the line.
 *
 * The order of the checks is part of the protocol (docs/protocol): size, form, key, signature, schema, area, kind,
 * priority, expiry, replay. Refusals are values.
 */
import type { CryptoKey as JoseKey } from 'jose'
import type { ClockTrust } from '../player/ports/clock.ts'
import { PRIORITIES, rankOf, type Priority } from '../player/plan/schedule.ts'
import { parseWall, type WallMs } from '../player/plan/time.ts'
import { headerOf, keyOf, open, openInSlices, unverifiedPayload } from './envelope.ts'
import {
  DOWNLINK_BYTES_MAX,
  Delegation,
  type CommandBody,
  type Downlink,
  type DownlinkKind,
} from './protocol/downlink.ts'
import { createReader, isObject, parseJson } from './protocol/read.ts'
import type { RefusalReason } from './protocol/uplink.ts'
import { isAddressed, isWithin, streamOf, targetText, type Listener } from './protocol/topics.ts'
import { parser } from './protocol/validate.ts'
import { inSlices, type Breathe } from './slices.ts'

export type Refusal = {
  kind: 'refused'
  reason: RefusalReason
  detail: string
  /** As far as they could be read; claims of an unverified message are marked by the reason. */
  claimed: { messageId: string | null; issuer: string | null; messageKind: string | null; sequence: number | null }
  /** Of a replay: what its sequence is not above. */
  lastSequence?: number
}

export type Verified = {
  kind: 'verified'
  message: Downlink
  /** What its sequence counts within, beside issuer and kind: the target, and for an alert the alert. */
  stream: string
  /** The area that the issuer may speak for; `vn` and the like stand above their communes. */
  authorityArea: string
  /** Null: the root itself. */
  delegation: Delegation | null
  /** The identical message again: harmless, already obeyed. */
  duplicate: boolean
}

export type Judgement = Verified | Refusal

export type LastAccepted = { sequence: number; messageId: string }

/** What the judgement depends on besides the message. */
export type Circumstances = {
  listener: Listener
  now: WallMs
  trust: ClockTrust
  /** The latest moment that the clock is known to have passed; stands in for the clock while it is unsynced. */
  clockFloor: WallMs
  isRevoked: (keyX: string) => boolean
  lastAccepted: (issuer: string, kind: DownlinkKind, stream: string) => LastAccepted | null
}

/** With `pause`, a long message is read in slices. The judgement is the same. */
export type Verify = (token: Uint8Array, circumstances: Circumstances, pause?: Breathe) => Promise<Judgement>

/** A message over this is long: what it costs to read is felt by whoever waits behind it. */
export const LONG_BYTES = 65_536

/** The issuer of what only the root may sign. */
export const ROOT_ISSUER = 'root'

type Claimed = Refusal['claimed']
const NOTHING_CLAIMED: Claimed = { messageId: null, issuer: null, messageKind: null, sequence: null }

const refuse = (reason: RefusalReason, detail: string, claimed: Claimed = NOTHING_CLAIMED): Refusal => ({
  kind: 'refused',
  reason,
  detail: detail.slice(0, 500),
  claimed,
})

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value.slice(0, 64) : null)

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** What an unverified payload says of itself, only for the report of its refusal. */
const claimsOf = (payload: unknown): Claimed => {
  if (!isObject(payload)) return NOTHING_CLAIMED
  const { messageId, issuer, kind, sequence } = payload
  return {
    messageId: typeof messageId === 'string' && UUID.test(messageId) ? messageId : null,
    issuer: textOf(issuer),
    messageKind: textOf(kind)?.slice(0, 32) ?? null,
    sequence: typeof sequence === 'number' && Number.isSafeInteger(sequence) ? sequence : null,
  }
}

type Speaker = { key: JoseKey; issuer: string; delegation: Delegation | null }

/** A takeover is ended by whom might have ordered it; who silences an official must be one; a play, by its own issuer alone, whatever that may still order. */
const commandPriority = (body: CommandBody): Priority => {
  switch (body.action) {
    case 'play':
      return body.priority
    case 'mobilise':
    case 'release':
      return 'mobilised'
    case 'mute':
    case 'unmute':
      return 'live'
    case 'withdraw':
    case 'set-volume':
    case 'report':
    case 'restart':
      return 'filler'
  }
}

/** The highest priority that a message would give to anything on an output. */
export const highestPriority = (message: Downlink): Priority => {
  const highest = (priorities: readonly Priority[]): Priority =>
    PRIORITIES.find((priority) => priorities.includes(priority)) ?? 'filler'
  switch (message.kind) {
    case 'schedule':
      return highest(message.body.programmes.map(({ priority }) => priority))
    case 'alert':
      return 'alert'
    case 'live':
      return 'live'
    case 'command':
      return commandPriority(message.body)
    case 'media':
    case 'receipt':
    case 'revocation':
      return 'filler'
  }
}

const areaFault = (message: Downlink, delegation: Delegation | null, listener: Listener): string | null => {
  if (!isAddressed(message.target, listener)) return `addressed to ${targetText(message.target)}, which this box is not`
  if (delegation === null) return null
  if ('area' in message.target && !isWithin(message.target.area, delegation.area))
    return `${message.issuer} may speak for ${delegation.area}, not for ${message.target.area}`
  if (!isWithin(listener.area, delegation.area))
    return `${message.issuer} may speak for ${delegation.area}, and this box is in ${listener.area}`
  return null
}

/** Expiry is judged by the clock if it may be believed, else by the last moment that is known to be past. */
const expiryFault = (message: Downlink, delegation: Delegation | null, at: Circumstances): string | null => {
  const moment = at.trust === 'unsynced' ? at.clockFloor : at.now
  if (moment >= parseWall(message.expires)) return `expired at ${message.expires}`
  if (delegation === null) return null
  if (moment >= parseWall(delegation.until))
    return `the delegation of ${delegation.issuer} ended at ${delegation.until}`
  if (at.trust !== 'unsynced' && at.now < parseWall(delegation.from))
    return `the delegation of ${delegation.issuer} begins at ${delegation.from}`
  return null
}

const authorityFault = (message: Downlink, delegation: Delegation | null, at: Circumstances): Refusal | null => {
  const claimed = claimsOf(message)
  const area = areaFault(message, delegation, at.listener)
  if (area !== null) return refuse('not-its-area', area, claimed)
  if (delegation === null) {
    if (message.kind !== 'revocation')
      return refuse('wrong-kind', 'the root signs delegations and revocations only', claimed)
  } else {
    if (!delegation.kinds.some((kind) => kind === message.kind))
      return refuse('wrong-kind', `${message.issuer} may not send ${message.kind}`, claimed)
    const priority = highestPriority(message)
    if (rankOf(priority) < rankOf(delegation.highestPriority))
      return refuse(
        'above-its-priority',
        `${message.issuer} may go up to ${delegation.highestPriority}, not ${priority}`,
        claimed,
      )
  }
  const expired = expiryFault(message, delegation, at)
  return expired === null ? null : refuse('expired', expired, claimed)
}

/** `fresh`: never accepted before. `duplicate`: the identical message again. */
const replayed = (message: Downlink, stream: string, at: Circumstances): 'fresh' | 'duplicate' | Refusal => {
  const last = at.lastAccepted(message.issuer, message.kind, stream)
  if (last === null || message.sequence > last.sequence) return 'fresh'
  if (last.sequence === message.sequence && last.messageId === message.messageId) return 'duplicate'
  const detail = `sequence ${message.sequence} is not above ${last.sequence}`
  return { ...refuse('replayed', detail, claimsOf(message)), lastSequence: last.sequence }
}

/**
 * Time passed between the judgement of a long message and the moment at which it is obeyed: a key may have been revoked since,
 * the message may have expired, or another one overtaken it.
 */
export const judgeAgain = (verified: Verified, at: Circumstances): Judgement => {
  const { message, delegation, stream } = verified
  if (delegation !== null && at.isRevoked(delegation.key.x))
    return refuse('unknown-key', `the key of ${delegation.issuer} is revoked`, claimsOf(message))
  const expired = expiryFault(message, delegation, at)
  if (expired !== null) return refuse('expired', expired, claimsOf(message))
  const replay = replayed(message, stream, at)
  return typeof replay === 'string' ? { ...verified, duplicate: replay === 'duplicate' } : replay
}

/**
 * `rootX` is the public key pinned at enrolment. Delegations that verified once are remembered by their text (at most
 * `DELEGATIONS_MAX`), so that the second message of an issuer costs one signature, not two.
 */
const DELEGATIONS_MAX = 64

export const createVerify = (rootX: string): Verify => {
  const reader = createReader()
  const parseDelegation = parser(Delegation)
  reader.warm()
  parseDelegation(undefined)
  const known = new Map<string, { delegation: Delegation; key: JoseKey }>()
  let root: JoseKey | null = null
  const rootKey = async (): Promise<JoseKey> => (root ??= await keyOf(rootX))

  const readDelegation = async (text: string): Promise<{ delegation: Delegation; key: JoseKey } | null> => {
    const remembered = known.get(text)
    if (remembered !== undefined) return remembered
    const payload = await open(text, await rootKey())
    if (payload === null) return null
    const parsed = parseDelegation(parseJson(payload))
    if (parsed.kind === 'malformed') return null
    const entry = { delegation: parsed.value, key: await keyOf(parsed.value.key.x) }
    const oldest = known.keys().next()
    if (known.size >= DELEGATIONS_MAX && oldest.done !== true) known.delete(oldest.value)
    known.set(text, entry)
    return entry
  }

  const speakerOf = async (kid: string, text: string | null, at: Circumstances): Promise<Speaker | string> => {
    if (text === null) {
      if (kid !== ROOT_ISSUER) return `no delegation for ${kid}`
      return { key: await rootKey(), issuer: ROOT_ISSUER, delegation: null }
    }
    const entry = await readDelegation(text)
    if (entry === null) return 'the delegation is not signed by the root of this box'
    if (entry.delegation.issuer !== kid) return `the delegation is for ${entry.delegation.issuer}, not for ${kid}`
    if (at.isRevoked(entry.delegation.key.x)) return `the key of ${kid} is revoked`
    return { key: entry.key, issuer: kid, delegation: entry.delegation }
  }

  /** The payload and what it says; null: the signature does not hold. */
  const openAndRead = async (token: Buffer, key: JoseKey, pause: Breathe | undefined) => {
    if (pause === undefined || token.length <= LONG_BYTES) {
      const payload = await open(token.toString('latin1'), key)
      return payload === null ? null : reader.read(payload)
    }
    const payload = await openInSlices(token, key, pause)
    return payload === null ? null : inSlices(reader.readLong(payload), 1, pause)
  }

  return async (bytes, at, pause) => {
    if (bytes.byteLength > DOWNLINK_BYTES_MAX)
      return refuse('too-large', `${bytes.byteLength} bytes, at most ${DOWNLINK_BYTES_MAX}`)
    const token = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const header = headerOf(token)
    if (header === null) return refuse('malformed', 'not a compact JWS of type loa+jws with a key id and EdDSA')
    // What a long message claims is not worth the time before its signature holds.
    const claimed = () => (token.length > LONG_BYTES ? NOTHING_CLAIMED : claimsOf(parseJson(unverifiedPayload(token))))
    const speaker = await speakerOf(header.kid, header.delegation, at)
    if (typeof speaker === 'string') return refuse('unknown-key', speaker, claimed())
    const opened = await openAndRead(token, speaker.key, pause)
    if (opened === null) return refuse('bad-signature', `the signature of ${header.kid} does not hold`, claimed())
    const { parsed, json } = opened
    if (parsed.kind === 'malformed') return refuse('malformed', parsed.detail, claimsOf(json))
    const message = parsed.value
    if (message.issuer !== speaker.issuer)
      return refuse('unknown-key', `signed by ${speaker.issuer}, says ${message.issuer}`, claimsOf(json))
    const { delegation } = speaker
    const fault = authorityFault(message, delegation, at)
    if (fault !== null) return fault
    const stream = streamOf(message)
    const replay = replayed(message, stream, at)
    if (typeof replay !== 'string') return replay
    const authorityArea = delegation?.area ?? ''
    return { kind: 'verified', message, stream, authorityArea, delegation, duplicate: replay === 'duplicate' }
  }
}
