/** What the owner of a private board shows on it: files on a stick, in a folder, or named by a playlist in the owner's network. */

export type OwnerFile = {
  /** Of its content; the media server knows where it lies. */
  sha256: string
  name: string
  kind: 'sound' | 'still' | 'video'
  /** Null of a still. */
  durationMs: number | null
}

export type OwnerContent = {
  /** In the order in which they are played. */
  files: readonly OwnerFile[]
  /** What lies there but cannot be played, and why. */
  skipped: readonly { name: string; reason: string }[]
}

/** A file outside the media store that decoders may read, as long as it is still the one that was hashed. */
export type LocalFile = { path: string; bytes: number; modifiedMs: number; mediaType: string }

export interface LocalFiles {
  /** Answered from memory: nothing is looked up on a disk. */
  get: (sha256: string) => LocalFile | null
}

export type OwnerListener = (content: OwnerContent) => void
