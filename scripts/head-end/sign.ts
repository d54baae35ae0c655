/**
 * The writing side of the envelope: RFC 7515 compact serialisation, Ed25519 by RFC 8037. A message carries the delegation
 * that the root signed for its issuer, so a box that knows the root alone can judge it.
 */
import { CompactSign, importJWK, type CryptoKey, type JWK } from 'jose'
import {
  DOWNLINKS,
  Delegation,
  type Downlink,
  type DownlinkKind,
  type DownlinkOf,
} from '../../agent/protocol/downlink.ts'
import type { Target } from '../../agent/protocol/fields.ts'
import { type Parse, parser } from '../../agent/protocol/validate.ts'
import { formatUtc, type WallMs } from '../../player/plan/time.ts'

export const MESSAGE_TYPE = 'loa+jws'
export const DELEGATION_TYPE = 'loa-delegation+jws'
/** The `kid` and the issuer of what the root signs itself. */
export const ROOT_ID = 'root'

/** A key that signs messages. `delegation` is null for the root, which speaks for itself. */
export type SigningKey = { id: string; key: CryptoKey; delegation: string | null }

export type Draft<K extends DownlinkKind> = {
  kind: K
  target: Target
  body: DownlinkOf<K>['body']
  sequence: number
  issued: WallMs
  expires: WallMs
  messageId: string
}

/** A private JWK of Ed25519 made ready to sign with; the raw key never travels further than this call. */
export const importSigningKey = async (jwk: JWK): Promise<CryptoKey> => {
  const key = await importJWK(jwk, 'EdDSA')
  if (key instanceof Uint8Array) throw new Error('the key is a shared secret, not an Ed25519 key')
  return key
}

const encode = (payload: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(payload))

export const signDelegation = (rootKey: CryptoKey, delegation: Delegation): Promise<string> =>
  new CompactSign(encode(delegation))
    .setProtectedHeader({ alg: 'EdDSA', typ: DELEGATION_TYPE, kid: ROOT_ID })
    .sign(rootKey)

/** Signs any payload as a message, right or wrong: for tests of what a box refuses. */
export const signPayload = (
  { id, key, delegation }: SigningKey,
  payload: unknown,
  header: Record<string, unknown> = {},
): Promise<string> =>
  new CompactSign(encode(payload))
    .setProtectedHeader({
      alg: 'EdDSA',
      typ: MESSAGE_TYPE,
      kid: id,
      ...(delegation === null ? {} : { delegation }),
      ...header,
    })
    .sign(key)

const parseMessage: { [K in DownlinkKind]: Parse<DownlinkOf<K>> } = {
  schedule: parser(DOWNLINKS.schedule),
  media: parser(DOWNLINKS.media),
  alert: parser(DOWNLINKS.alert),
  live: parser(DOWNLINKS.live),
  command: parser(DOWNLINKS.command),
  receipt: parser(DOWNLINKS.receipt),
  revocation: parser(DOWNLINKS.revocation),
}
export const parseDelegation = parser(Delegation)

/** A message as a box will read it; throws where the schema would refuse it, since a head-end must not send such. */
export const composeDownlink = <K extends DownlinkKind>(issuer: string, draft: Draft<K>): Downlink => {
  const { kind, target, body, sequence, messageId } = draft
  const payload = {
    version: 1,
    kind,
    messageId,
    issuer,
    target,
    sequence,
    issued: formatUtc(draft.issued),
    expires: formatUtc(draft.expires),
    body,
  }
  const parsed = parseMessage[kind](payload)
  if (parsed.kind === 'malformed') throw new Error(`a ${kind} message of this shape would be refused: ${parsed.detail}`)
  return parsed.value
}

/** One signed message, ready for the wire. */
export const signDownlink = async <K extends DownlinkKind>(signer: SigningKey, draft: Draft<K>): Promise<string> =>
  signPayload(signer, composeDownlink(signer.id, draft))
