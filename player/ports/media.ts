import type { MediaSource } from './output.ts'

/** What the player may know of the media store: which files are whole and verified, and where a decoder reads them. */
export interface ReadyMedia {
  source: (sha256: string) => MediaSource | null
}
