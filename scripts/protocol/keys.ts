/** Published test keys and the two kinds of signature of this protocol. The keys are worthless: everyone knows them. */
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { CompactSign } from 'jose'

export type TestKey = { privateKey: KeyObject; x: string; d: string }

/** An Ed25519 private key in PKCS #8 (RFC 8410 §7) is this, and then its 32 bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The same key for the same name, everywhere. */
export const testKey = (name: string): TestKey => {
  const seed = createHash('sha256').update(`loa protocol 1 example key: ${name}`).digest()
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const { x, d } = privateKey.export({ format: 'jwk' })
  if (x === undefined || d === undefined) throw new Error('an Ed25519 key without its numbers')
  return { privateKey, x, d }
}

const sign = (payload: object, header: { typ: string; kid: string; delegation?: string }, key: TestKey) =>
  new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', ...header })
    .sign(key.privateKey)

export const signDelegation = (payload: object, root: TestKey): Promise<string> =>
  sign(payload, { typ: 'loa-delegation+jws', kid: 'root' }, root)

export const signMessage = (payload: object, issuer: string, delegation: string, key: TestKey): Promise<string> =>
  sign(payload, { typ: 'loa+jws', kid: issuer, delegation }, key)

/** Revocations alone: the root needs no delegation. */
export const signByRoot = (payload: object, root: TestKey): Promise<string> =>
  sign(payload, { typ: 'loa+jws', kid: 'root' }, root)
