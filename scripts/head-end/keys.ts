/** Keys as files. Private ones are written for their owner alone, are never overwritten, printed or logged. */
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose'
import { type Delegation, PublicKey } from '../../agent/protocol/downlink.ts'
import { Id } from '../../agent/protocol/fields.ts'
import { parser } from '../../agent/protocol/validate.ts'
import { sealSpeaker } from '../../config/live/speaker.ts'
import { formatUtc, type WallMs } from '../../player/plan/time.ts'
import { ClearError, messageOf } from './clear-error.ts'
import { DELEGATION_TYPE, ROOT_ID, importSigningKey, parseDelegation, signDelegation, type SigningKey } from './sign.ts'

const OWNER_ONLY = 0o600

const KeyPart = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })
const PrivateKey = Type.Object(
  { ...PublicKey.properties, d: KeyPart, kid: Type.Optional(Type.String()) },
  { additionalProperties: false },
)
type PrivateKey = Static<typeof PrivateKey>
const IssuerFile = Type.Object(
  { issuer: Id, key: PrivateKey, delegation: Type.String({ minLength: 1, maxLength: 8000 }) },
  { additionalProperties: false },
)
const parsePrivateKey = parser(PrivateKey)
const parseIssuerFile = parser(IssuerFile)

export type RootKey = SigningKey & { x: string }
export type IssuerKey = SigningKey & { delegation: string; x: string; granted: Delegation }

export type Grant = {
  issuer: string
  area: string
  highestPriority: Delegation['highestPriority']
  kinds: Delegation['kinds']
  from: WallMs
  until: WallMs
}

export const rootKeyFile = (folder: string): string => join(folder, 'root.private.json')
export const speakerFile = (folder: string, issuer: string): string =>
  join(folder, `speaker-${issuer.replaceAll(':', '_')}.jwe`)
export const issuerKeyFile = (folder: string, issuer: string): string =>
  join(folder, `issuer-${issuer.replaceAll(':', '_')}.private.json`)

const makePrivateKey = async (): Promise<PrivateKey> => {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const { x, d } = await exportJWK(pair.privateKey)
  if (x === undefined || d === undefined) throw new Error('the generated key has no x or d')
  return { kty: 'OKP', crv: 'Ed25519', x, d }
}

/** `wx` fails where a file stands already: a root key that is overwritten is a village's siren that is lost. */
const writePrivate = async (file: string, content: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(file, 'wx', OWNER_ONLY).catch((error: unknown) => {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw new ClearError(exists ? `${file} exists already and is not overwritten` : messageOf(error), { cause: error })
  })
  try {
    await handle.chmod(OWNER_ONLY)
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const readJson = async (file: string): Promise<unknown> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ClearError(`cannot read the key file ${file}: ${messageOf(error)}`, { cause: error })
  })
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text around the fault, which here may be a private key.
    throw new ClearError(`the key file ${file} is not JSON`)
  }
}

/** Makes the root of a province or commune. `x` is what goes into the settings of every box (`trust.root`). */
export const makeRootKey = async (folder: string): Promise<{ file: string; x: string }> => {
  const key = await makePrivateKey()
  const file = rootKeyFile(folder)
  await writePrivate(file, `${JSON.stringify({ ...key, kid: ROOT_ID }, null, 2)}\n`)
  return { file, x: key.x }
}

export const readRootKey = async (file: string): Promise<RootKey> => {
  const parsed = parsePrivateKey(await readJson(file))
  if (parsed.kind === 'malformed') throw new ClearError(`${file} is not a private root key: ${parsed.detail}`)
  return { id: ROOT_ID, key: await importSigningKey(parsed.value), delegation: null, x: parsed.value.x }
}

/** A new key, and the word of the root for it. */
const makeDelegatedKey = async (root: RootKey, grant: Grant): Promise<{ key: PrivateKey; delegation: string }> => {
  const key = await makePrivateKey()
  const payload = {
    version: 1,
    issuer: grant.issuer,
    key: { kty: key.kty, crv: key.crv, x: key.x },
    area: grant.area,
    highestPriority: grant.highestPriority,
    kinds: grant.kinds,
    from: formatUtc(grant.from),
    until: formatUtc(grant.until),
  }
  const parsed = parseDelegation(payload)
  if (parsed.kind === 'malformed') throw new ClearError(`this delegation would be refused: ${parsed.detail}`)
  if (grant.until <= grant.from) throw new ClearError('--until must lie after --from')
  return { key, delegation: await signDelegation(root.key, parsed.value) }
}

/** Makes a key for an issuer and has the root delegate to it. */
export const makeIssuerKey = async (
  root: RootKey,
  grant: Grant,
  folder: string,
): Promise<{ file: string; x: string; delegation: string }> => {
  const { key, delegation } = await makeDelegatedKey(root, grant)
  const file = issuerKeyFile(folder, grant.issuer)
  await writePrivate(
    file,
    `${JSON.stringify({ issuer: grant.issuer, key: { ...key, kid: grant.issuer }, delegation }, null, 2)}\n`,
  )
  return { file, x: key.x, delegation }
}

export type SpeakerWish = Pick<Grant, 'issuer' | 'area' | 'from' | 'until'> & { passphrase: string; file: string }

/** A key that may make live announcements and nothing else, for a person to carry: nobody reads it without the passphrase. */
export const makeSpeakerFile = async (root: RootKey, wish: SpeakerWish): Promise<{ file: string; x: string }> => {
  const { issuer, area, from, until, passphrase, file } = wish
  const grant: Grant = { issuer, area, from, until, highestPriority: 'live', kinds: ['live'] }
  const { key, delegation } = await makeDelegatedKey(root, grant)
  const { kty, crv, x, d } = key
  await writePrivate(
    file,
    `${await sealSpeaker({ version: 1, issuer, key: { kty, crv, x, d }, delegation }, passphrase)}\n`,
  )
  return { file, x }
}

/** What a delegation says; its signature is the boxes' affair. */
const readDelegation = (token: string): Delegation | null => {
  try {
    if (decodeProtectedHeader(token).typ !== DELEGATION_TYPE) return null
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const parsed = parseDelegation(payload)
    return parsed.kind === 'ok' ? parsed.value : null
  } catch {
    return null
  }
}

export const readIssuerKey = async (file: string): Promise<IssuerKey> => {
  const parsed = parseIssuerFile(await readJson(file))
  if (parsed.kind === 'malformed') throw new ClearError(`${file} is not the key of an issuer: ${parsed.detail}`)
  const { issuer, key, delegation } = parsed.value
  const granted = readDelegation(delegation)
  if (granted?.issuer !== issuer || granted.key.x !== key.x)
    throw new ClearError(`the delegation in ${file} is not for the key beside it`)
  return { id: issuer, key: await importSigningKey(key), delegation, x: key.x, granted }
}
