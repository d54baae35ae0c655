/**
 * The file with which an official may speak at a box: a key, and what the root lets it say, sealed with a passphrase (RFC 7516
 * compact, PBES2 by RFC 7518 §4.8). Without the passphrase it is of no use to whoever finds the stick that it was on.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import { CompactEncrypt, compactDecrypt, errors, importJWK, type CryptoKey as JoseKey } from 'jose'

const ALGORITHM = 'PBES2-HS512+A256KW'
const ENCRYPTION = 'A256GCM'
const TYPE = 'loa-speaker'
/** About a second on a small computer, once; a guesser pays it every time. */
const ROUNDS = 300_000
/** More would only be there to keep the box busy. */
const ROUNDS_MAX = 1_000_000
export const SPEAKER_BYTES_MAX = 16_384
export const PASSPHRASE_CHARACTERS_MIN = 8

const KeyPart = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })
const Contents = Type.Object(
  {
    version: Type.Literal(1),
    issuer: Type.String({ minLength: 1, maxLength: 64 }),
    key: Type.Object(
      { kty: Type.Literal('OKP'), crv: Type.Literal('Ed25519'), x: KeyPart, d: KeyPart },
      { additionalProperties: false },
    ),
    delegation: Type.String({ minLength: 1, maxLength: 8_000 }),
  },
  { additionalProperties: false },
)
export type SpeakerContents = Static<typeof Contents>

/** What the delegation says of itself. The box judges it by its signature; here it only saves a vain attempt. */
const Grant = Type.Object({
  issuer: Type.String(),
  area: Type.String(),
  highestPriority: Type.String(),
  kinds: Type.Array(Type.String()),
  from: Type.String(),
  until: Type.String(),
})
export type SpeakerGrant = Static<typeof Grant>

export type Speaker = { issuer: string; key: JoseKey; delegation: string; grant: SpeakerGrant }

export type OpenedSpeaker =
  | { kind: 'opened'; speaker: Speaker }
  /** Or the file was changed: the two cannot be told apart. */
  | { kind: 'passphrase-wrong' }
  | { kind: 'damaged' }

const readerOf = <S extends TSchema>(schema: S) => {
  const isRight = new Ajv({ strict: true }).compile<Static<S>>(schema)
  return (value: unknown): Static<S> | null => (isRight(value) ? value : null)
}

const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return null
  }
}

/** Keyboards differ in how they compose Vietnamese letters; the same words must open the same file. */
const secretOf = (passphrase: string): Uint8Array => new TextEncoder().encode(passphrase.normalize('NFC'))

export const sealSpeaker = (contents: SpeakerContents, passphrase: string): Promise<string> =>
  new CompactEncrypt(new TextEncoder().encode(JSON.stringify(contents)))
    .setProtectedHeader({ alg: ALGORITHM, enc: ENCRYPTION, typ: TYPE })
    .setKeyManagementParameters({ p2c: ROUNDS })
    .encrypt(secretOf(passphrase))

const readContents = async (payload: Uint8Array): Promise<OpenedSpeaker> => {
  const contents = readerOf(Contents)(parseJson(payload))
  if (contents === null) return { kind: 'damaged' }
  const { issuer, delegation, key: jwk } = contents
  const grant = readerOf(Grant)(parseJson(Buffer.from(delegation.split('.')[1] ?? '', 'base64url')))
  if (grant?.issuer !== issuer) return { kind: 'damaged' }
  const key = await importJWK(jwk, 'EdDSA')
  if (key instanceof Uint8Array) return { kind: 'damaged' }
  return { kind: 'opened', speaker: { issuer, key, delegation, grant } }
}

export const openSpeaker = async (text: string, passphrase: string): Promise<OpenedSpeaker> => {
  try {
    const { plaintext } = await compactDecrypt(text.trim(), secretOf(passphrase), {
      keyManagementAlgorithms: [ALGORITHM],
      contentEncryptionAlgorithms: [ENCRYPTION],
      maxPBES2Count: ROUNDS_MAX,
    })
    return await readContents(plaintext)
  } catch (error) {
    return error instanceof errors.JWEDecryptionFailed ? { kind: 'passphrase-wrong' } : { kind: 'damaged' }
  }
}

export type GrantFault =
  | { kind: 'speaker-early'; from: string }
  | { kind: 'speaker-ended'; until: string }
  | { kind: 'speaker-elsewhere'; area: string; box: string }
  | { kind: 'speaker-mute' }

/** Why the box would refuse it, as far as can be told before; null where it would not. */
export const grantFault = (grant: SpeakerGrant, box: { area: string; now: number }): GrantFault | null => {
  const { area, kinds, from, until } = grant
  if (!kinds.includes('live')) return { kind: 'speaker-mute' }
  if (box.area !== area && !box.area.startsWith(`${area}/`)) return { kind: 'speaker-elsewhere', area, box: box.area }
  if (box.now >= Date.parse(until)) return { kind: 'speaker-ended', until }
  if (box.now < Date.parse(from)) return { kind: 'speaker-early', from }
  return null
}
