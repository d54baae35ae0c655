/**
 * Content-addressed files in chunks. A file is `partial` until every byte is there and its SHA-256 is the one asked for;
 * only then is it `ready`. There is no state in between, whatever happens to the power.
 *
 * What is known of the files is answered at once. What moves bytes is awaited: a slow card must not hold up the loop in
 * which an alert comes in. Promises reject only for faults of the disk.
 */
import type { LoudnessRow } from './loudness.ts'

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
  /** Tries since the last byte of progress, or since the agent began. */
  tries: number
  lastError: string | null
  /** ETag or Last-Modified of the partial copy, to resume only the same file. */
  validator: string | null
}

export type MediaUsage = { readyCount: number; readyBytes: number; partialBytes: number; quotaBytes: number }

export type WantResult =
  | { kind: 'accepted' }
  /** No single file may be larger than `quotaBytes`. */
  | { kind: 'too-large'; sha256: string; bytes: number; quotaBytes: number }
  | { kind: 'too-many'; filesMax: number }

export type OriginalContent = { bytes: Uint8Array; mediaType: string; name: string }

export type FinishResult =
  { kind: 'ready' } | { kind: 'wrong-hash'; actual: string } | { kind: 'incomplete'; storedBytes: number }

export interface MediaStore {
  /**
   * All or nothing. Adds files that are not known yet, refreshes the addresses of those that are, gives those that failed
   * another try; never forgets one that is ready.
   */
  want: (media: WantedMedia[]) => WantResult
  get: (sha256: string) => MediaRow | null
  /** In the order in which they were asked for. */
  wanted: () => MediaRow[]
  /** Appends at `storedBytes`; a power cut loses at most what came in the last ten seconds, and at most 4 MiB. */
  append: (sha256: string, bytes: Buffer) => Promise<void>
  setValidator: (sha256: string, validator: string | null) => void
  /** Forgets what a partial copy holds, so that it begins anew. */
  restart: (sha256: string) => void
  recordFailure: (sha256: string, error: string, final: boolean) => void
  /** Hashes what is stored; the file becomes `ready` only if size and hash are right, else its bytes are dropped. */
  finish: (sha256: string) => Promise<FinishResult>
  /**
   * Keeps what was made or checked on this box, whole, and returns its SHA-256. It is ready when the promise resolves, before
   * it is on the disk: words of an alert do not wait for a card, and one that refuses to write does not silence them.
   */
  originate: (content: OriginalContent) => Promise<string>
  /** The ready file whose name begins so and that was used last; null if there is none. */
  findByName: (beginning: string) => MediaRow | null
  /** Bytes [start, end) of a ready file; null if it is not ready. */
  read: (sha256: string, start: number, end: number) => Promise<Buffer | null>
  /** Removes files that are not in `keep`, oldest use first, until `bytesNeeded` fit in the quota. Returns what went. */
  evict: (keep: ReadonlySet<string>, bytesNeeded: number) => string[]
  usage: () => MediaUsage
  /** Null: not measured yet. */
  loudness: (sha256: string) => LoudnessRow | null
  /** Kept with the file, and beyond it: a file that is fetched again is not measured again. */
  setLoudness: (row: LoudnessRow) => void
  /** Ready files that were not measured by this version. */
  unmeasured: (version: string) => MediaRow[]
  close: () => Promise<void>
}
