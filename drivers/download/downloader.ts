/**
 * Fetches media over HTTP(S) into the media store. It resumes at the last chunk that is stored (RFC 9110 §14, `Range` with
 * `If-Range`), stops at the first byte too many, and leaves the last word to the hash.
 */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Downloader, FetchOutcome } from '../../agent/ports/download.ts'
import type { MediaRow, MediaStore } from '../../agent/ports/media-store.ts'
import { type Asked, type Limits, ask, bodyOf, publicAddress, reasonOf } from './request.ts'

export const ANSWER_MS = 20_000
export const STALL_MS = 30_000
/** A server that drips a byte now and then would hold the only lane for ever. */
export const PROGRESS_BYTES = 1024
/** Once as it stands, once from zero. */
const ATTEMPTS_PER_ADDRESS = 2

export type DownloaderOptions = {
  userAgent: string
  limits?: Partial<Limits>
  /** Certificates to trust instead of the system's, PEM. */
  ca?: string | null
}

/** `anew`: what was stored did not fit what the server has now; it has been dropped, and the same address may be asked again. */
type Attempt = FetchOutcome | { kind: 'anew'; error: string }

type Job = { sha256: string; store: MediaStore; signal: AbortSignal; options: DownloaderOptions; limits: Limits }

/** Answers of the 4xx family that speak of the moment and not of the file. */
const PASSING = new Set([408, 421, 425, 429])

const wholeNumber = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null

/** `bytes 0-99/200`; what is not given, or `*`, is null. */
const contentRange = (text: string | undefined): { start: number | null; total: number | null } => {
  const [, start, total] = /^bytes (?:(\d{1,15})-\d{1,15}|\*)\/(\d{1,15}|\*)$/.exec(text ?? '') ?? []
  return { start: wholeNumber(start), total: wholeNumber(total) }
}

/** A weak ETag does not promise the same bytes, so it cannot join two parts (RFC 9110 §13.1.5). */
const validatorOf = ({ headers }: IncomingMessage): string | null => {
  const { etag } = headers
  if (etag?.startsWith('"') === true) return etag
  return headers['last-modified'] ?? null
}

const requestHeaders = (row: MediaRow, userAgent: string): OutgoingHttpHeaders => ({
  'user-agent': userAgent,
  // A compressed body has other byte positions than the file.
  'accept-encoding': 'identity',
  ...(row.storedBytes > 0 ? { range: `bytes=${row.storedBytes}-` } : {}),
  ...(row.storedBytes > 0 && row.validator !== null ? { 'if-range': row.validator } : {}),
})

/** The last word on a file of which every byte is stored. `joined`: parts of it came in separate answers. */
const decide = async ({ sha256, store }: Job, joined: boolean): Promise<Attempt> => {
  const result = await store.finish(sha256)
  switch (result.kind) {
    case 'ready':
      return result
    case 'incomplete':
      return { kind: 'interrupted', error: 'the file is incomplete', storedBytes: result.storedBytes }
    case 'wrong-hash':
      return joined
        ? { kind: 'anew', error: 'the parts do not make up the file that was announced' }
        : { kind: 'refused', error: `its SHA-256 is ${result.actual}` }
  }
}

const storedOf = ({ store, sha256 }: Job): number => store.get(sha256)?.storedBytes ?? 0

/** Takes a body in from `start` on. */
const takeIn = async (job: Job, response: IncomingMessage, row: MediaRow, start: number): Promise<Attempt> => {
  const { store, sha256, signal, limits } = job
  let position = start
  const interrupted = (error: string): Attempt => ({ kind: 'interrupted', error, storedBytes: storedOf(job) })
  const pieces = bodyOf(response, limits)
  try {
    for (;;) {
      // Caught here and not below, where the store speaks: what the network does is a value, a failing disk is a fault.
      const next = await pieces.next().catch((error: unknown) => reasonOf(error))
      if (typeof next === 'string') return interrupted(signal.aborted ? 'called off' : `cut off: ${next}`)
      if (next.done === true) break
      // Someone evicted it or began it anew: what comes now would land in the wrong place.
      if (storedOf(job) !== position) return interrupted('the partial copy was taken away meanwhile')
      if (position + next.value.length > row.bytes) {
        store.restart(sha256)
        return { kind: 'refused', error: `it is longer than the ${row.bytes} bytes announced` }
      }
      await store.append(sha256, next.value)
      position += next.value.length
    }
  } finally {
    await pieces.return(undefined)
  }
  if (position < row.bytes) return interrupted(`the answer ended after ${position} of ${row.bytes} bytes`)
  return decide(job, start > 0)
}

const takeAnswer = async (job: Job, response: IncomingMessage, row: MediaRow): Promise<Attempt> => {
  const { store, sha256 } = job
  const status = response.statusCode ?? 0
  const { start, total } = contentRange(response.headers['content-range'])
  const wrongSize = (found: number): Attempt => {
    if (row.storedBytes > 0) store.restart(sha256)
    return { kind: 'refused', error: `it has ${found} bytes and not the ${row.bytes} announced` }
  }
  if (status === 206) {
    if (total !== null && total !== row.bytes) return wrongSize(total)
    if (start === row.storedBytes) return takeIn(job, response, row, start)
    store.restart(sha256)
    return { kind: 'anew', error: 'the server sent another range than it was asked for' }
  }
  if (status === 200) {
    const length = wholeNumber(response.headers['content-length'])
    if (length !== null && length !== row.bytes) return wrongSize(length)
    if (row.storedBytes > 0) store.restart(sha256)
    store.setValidator(sha256, validatorOf(response))
    return takeIn(job, response, row, 0)
  }
  if (status === 416 && row.storedBytes > 0) {
    if (total !== null && total !== row.bytes) return wrongSize(total)
    store.restart(sha256)
    return { kind: 'anew', error: 'the server refused to resume' }
  }
  const isFinal = status >= 400 && status < 500 && !PASSING.has(status)
  const error = `the server answered ${status}`
  return isFinal ? { kind: 'refused', error } : { kind: 'interrupted', error, storedBytes: row.storedBytes }
}

const attempt = async (job: Job, address: string): Promise<Attempt> => {
  const row = job.store.get(job.sha256)
  if (row === null) return { kind: 'refused', error: 'it is no longer wanted' }
  const { signal, limits, options } = job
  const asked: Asked = { headers: requestHeaders(row, options.userAgent), signal, limits, ca: options.ca ?? null }
  const answered = await ask(address, asked)
  if (answered.kind === 'refused') return answered
  if (answered.kind === 'failed') return { kind: 'interrupted', error: answered.error, storedBytes: row.storedBytes }
  try {
    return await takeAnswer(job, answered.response, row)
  } finally {
    answered.response.destroy()
  }
}

const fetchFrom = async (job: Job, address: string): Promise<FetchOutcome> => {
  const named = (error: string) => `${publicAddress(address)}: ${error}`
  let last = ''
  for (let tries = 0; tries < ATTEMPTS_PER_ADDRESS; tries += 1) {
    const outcome = await attempt(job, address)
    if (outcome.kind === 'ready') return outcome
    if (outcome.kind !== 'anew') return { ...outcome, error: named(outcome.error) }
    last = outcome.error
  }
  return { kind: 'interrupted', error: named(last), storedBytes: storedOf(job) }
}

const fetchInto = async (job: Job): Promise<FetchOutcome> => {
  const { store, sha256, signal } = job
  const row = store.get(sha256)
  if (row === null) return { kind: 'refused', error: 'it is not wanted' }
  if (row.state === 'ready') return { kind: 'ready' }
  const { readyBytes, partialBytes, quotaBytes } = store.usage()
  if (readyBytes + partialBytes + row.bytes - row.storedBytes > quotaBytes) {
    return { kind: 'interrupted', error: 'there is no room left in the quota', storedBytes: row.storedBytes }
  }
  if (row.storedBytes === row.bytes) {
    // Every byte had come before the agent ended; which answers they came in is not known any more.
    const outcome = await decide(job, true)
    if (outcome.kind !== 'anew') return outcome
  }
  let interruption: FetchOutcome | null = null
  let refusal: FetchOutcome = { kind: 'refused', error: 'it has no address' }
  for (const address of row.urls) {
    const outcome = await fetchFrom(job, address)
    if (outcome.kind === 'ready') return outcome
    if (outcome.kind === 'refused') refusal = outcome
    else interruption = outcome
    if (signal.aborted) break
  }
  // An address that may work another time outweighs those that will not.
  return interruption ?? refusal
}

/** Faults of the disk reject; everything that a network or a server can do comes back as a value. */
export const httpDownloader = (options: DownloaderOptions): Downloader => {
  const limits = { answerMs: ANSWER_MS, stallMs: STALL_MS, progressBytes: PROGRESS_BYTES, ...options.limits }
  return {
    fetch: async (sha256, store, signal) => {
      try {
        return await fetchInto({ sha256, store, signal, options, limits })
      } catch (error) {
        // Evicted while it was fetched: the store refuses what is said of a file that it does not know.
        if (store.get(sha256) === null) return { kind: 'interrupted', error: 'it is no longer wanted', storedBytes: 0 }
        throw error
      }
    },
  }
}
