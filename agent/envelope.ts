/** The signed envelope of a message: a compact JWS (RFC 7515) with an Ed25519 signature (RFC 8037). */
import { KeyObject, verify as verifySignature } from 'node:crypto'
import { compactVerify, decodeProtectedHeader, importJWK, type CryptoKey as JoseKey } from 'jose'
import type { Breathe } from './slices.ts'

export type Header = { kid: string; delegation: string | null }

/** A delegation has about 700 bytes; a header that is longer than this carries something else. */
const HEADER_BYTES_MAX = 16_384

export const keyOf = async (x: string): Promise<JoseKey> => {
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x }, 'EdDSA')
  if (key instanceof Uint8Array) throw new Error('an Ed25519 key came back as a secret')
  return key
}

const DOT = '.'.charCodeAt(0)

/** Null: not a compact JWS of ours. Extensions that must be understood (`crit`, RFC 7515 §4.1.11) are not. */
export const headerOf = (token: Buffer): Header | null => {
  const end = token.subarray(0, HEADER_BYTES_MAX).indexOf(DOT)
  if (end < 0) return null
  try {
    const header: Record<string, unknown> = {
      ...decodeProtectedHeader({ protected: token.toString('latin1', 0, end), payload: '', signature: '' }),
    }
    if (header['alg'] !== 'EdDSA' || header['typ'] !== 'loa+jws' || typeof header['kid'] !== 'string') return null
    if ('crit' in header || 'b64' in header) return null
    const delegation = header['delegation']
    if (delegation !== undefined && typeof delegation !== 'string') return null
    return { kid: header['kid'], delegation: delegation ?? null }
  } catch {
    return null
  }
}

/** What an unverified message says of itself, for the report of its refusal. Undecoded bytes if it is none. */
export const unverifiedPayload = (token: Buffer): Buffer => {
  const first = token.indexOf(DOT)
  const second = token.indexOf(DOT, first + 1)
  return Buffer.from(token.toString('latin1', first + 1, second < 0 ? token.length : second), 'base64url')
}

/** The payload if the signature holds; null if it does not. */
export const open = async (token: string, key: JoseKey): Promise<Uint8Array | null> => {
  try {
    return (await compactVerify(token, key, { algorithms: ['EdDSA'] })).payload
  } catch {
    return null
  }
}

/** Of 64 bytes, without padding. */
const SIGNATURE = /^[A-Za-z0-9_-]{86}$/

/** Letters of base64 that are decoded between two breaths; a multiple of four, so that each piece stands for itself. */
const BASE64_PER_SLICE = 262_144

const decodeInSlices = async (text: Buffer, pause: Breathe): Promise<Uint8Array> => {
  const payload = Buffer.alloc(Math.floor((text.length * 3) / 4))
  let written = 0
  for (let from = 0; from < text.length; from += BASE64_PER_SLICE) {
    written += payload.write(text.toString('latin1', from, from + BASE64_PER_SLICE), written, 'base64url')
    await pause()
  }
  return payload.subarray(0, written)
}

const holds = (signed: Buffer, signature: Buffer, key: KeyObject): Promise<boolean> =>
  new Promise((resolve) => {
    // On a thread of the pool: hashing megabytes takes long.
    verifySignature(null, signed, key, signature, (error, isRight) => resolve(error === null && isRight))
  })

/**
 * The same for a long message. The library that checks the others decodes and copies in one go, which takes the better part
 * of a second on a small computer and holds everything else up.
 */
export const openInSlices = async (token: Buffer, key: JoseKey, pause: Breathe): Promise<Uint8Array | null> => {
  const first = token.indexOf(DOT)
  const second = token.indexOf(DOT, first + 1)
  if (first < 0 || second < 0) return null
  const signature = token.toString('latin1', second + 1)
  if (!SIGNATURE.test(signature)) return null
  const isRight = await holds(token.subarray(0, second), Buffer.from(signature, 'base64url'), KeyObject.from(key))
  return isRight ? decodeInSlices(token.subarray(first + 1, second), pause) : null
}
