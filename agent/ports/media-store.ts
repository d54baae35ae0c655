/**
 * Content-addressed files in chunks. A file is `partial` until every byte is there and its SHA-256 is the one asked for;
 * only then is it `ready`. There is no state in between, whatever happens to the power.
 */
export type WantedMedia = {
  sha256: string
  bytes: number
  mediaType: string
  /** Tried in order. */
  urls: string[]
  name: string
}

export type MediaState = 'wanted' | 'ready' | 'failed'

export type MediaRow = WantedMedia & {
  state: MediaState
  storedBytes: number
  /** Tries since the last byte of progress. */
  tries: number
  lastError: string | null
  /** ETag or Last-Modified of the partial copy, to resume only the same file. */
  validator: string | null
}

export type MediaUsage = { readyCount: number; readyBytes: number; partialBytes: number; quotaBytes: number }

export type FinishResult =
  { kind: 'ready' } | { kind: 'wrong-hash'; actual: string } | { kind: 'incomplete'; storedBytes: number }

export interface MediaStore {
  /** Adds files that are not known yet, refreshes the addresses of those that are; never forgets one that is ready. */
  want: (
    media: WantedMedia[],
  ) => { kind: 'accepted' } | { kind: 'too-large'; sha256: string; bytes: number; quotaBytes: number }
  get: (sha256: string) => MediaRow | null
  wanted: () => MediaRow[]
  /** Appends at `storedBytes`; a power cut loses at most the last chunk. */
  append: (sha256: string, bytes: Buffer) => void
  setValidator: (sha256: string, validator: string | null) => void
  /** Forgets what a partial copy holds, so that it begins anew. */
  restart: (sha256: string) => void
  recordFailure: (sha256: string, error: string, final: boolean) => void
  /** Hashes what is stored; the file becomes `ready` only if size and hash are right, else its bytes are dropped. */
  finish: (sha256: string) => FinishResult
  /** Bytes [start, end) of a ready file; null if it is not ready. */
  read: (sha256: string, start: number, end: number) => Buffer | null
  /** Removes files that are not in `keep`, oldest use first, until `bytesNeeded` fit in the quota. Returns what went. */
  evict: (keep: ReadonlySet<string>, bytesNeeded: number) => string[]
  usage: () => MediaUsage
  close: () => void
}
