/** One HTTP GET of the owner's network, bounded in time and size; what a server can do comes back as a value. */
import { Buffer } from 'node:buffer'

export const ANSWER_MS_MAX = 20_000
export const STALL_MS_MAX = 30_000

export type Validators = { etag: string | null; modified: string | null }
export const NO_VALIDATORS: Validators = { etag: null, modified: null }

export type Answer =
  | { kind: 'same' }
  | { kind: 'fresh'; validators: Validators; bytes: number | null; body: AsyncIterable<Uint8Array> }
  | { kind: 'failed'; reason: string }

/** An address as it may be told: without login, query and fragment, any of which may be a secret. */
export const publicAddress = (address: string): string => {
  const url = URL.canParse(address) ? new URL(address) : null
  return url === null ? 'an unreadable address' : `${url.protocol}//${url.host}${url.pathname}`
}

const reasonOf = (error: unknown): string => {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : null
  if (typeof code === 'string') return code
  return error instanceof Error ? error.name : 'unknown error'
}

/** Fetch refuses addresses with a login in them, so it goes where logins go. */
const headersFor = (url: URL, { etag, modified }: Validators): Record<string, string> => ({
  'accept-encoding': 'identity',
  ...(etag === null ? {} : { 'if-none-match': etag }),
  ...(modified === null ? {} : { 'if-modified-since': modified }),
  ...(url.username === ''
    ? {}
    : {
        authorization: `Basic ${Buffer.from(
          `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`,
        ).toString('base64')}`,
      }),
})

/** Every piece renews the patience; the reader learns of its end by an error. */
const patient = async function* (body: AsyncIterable<Uint8Array>, abort: AbortController): AsyncGenerator<Uint8Array> {
  let stall = setTimeout(() => abort.abort(), STALL_MS_MAX)
  try {
    for await (const piece of body) {
      clearTimeout(stall)
      stall = setTimeout(() => abort.abort(), STALL_MS_MAX)
      yield piece
    }
  } finally {
    clearTimeout(stall)
    abort.abort()
  }
}

const emptyBody = async function* (): AsyncGenerator<Uint8Array> {
  // An answer without a body is an empty file.
}

/** The body must be read to its end or left by `return`. */
export const ask = async (address: string, known: Validators, signal: AbortSignal): Promise<Answer> => {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return { kind: 'failed', reason: 'no address of http or https' }
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), ANSWER_MS_MAX)
  try {
    const headers = headersFor(url, known)
    url.username = ''
    url.password = ''
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, abort.signal]) })
    if (response.status === 304) return { kind: 'same' }
    if (response.status !== 200) {
      await response.body?.cancel()
      return { kind: 'failed', reason: `the server answered ${response.status}` }
    }
    const length = response.headers.get('content-length')
    return {
      kind: 'fresh',
      validators: { etag: response.headers.get('etag'), modified: response.headers.get('last-modified') },
      bytes: length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null,
      body: patient(response.body ?? emptyBody(), abort),
    }
  } catch (error) {
    return { kind: 'failed', reason: signal.aborted ? 'called off' : reasonOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** A small text as a whole; null if it is longer than `bytesMax` or was cut off. */
export const textOf = async (body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<string | null> => {
  const pieces: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const piece of body) {
      bytes += piece.byteLength
      if (bytes > bytesMax) return null
      pieces.push(piece)
    }
  } catch {
    return null
  }
  return Buffer.concat(pieces).toString('utf8')
}
