import type { SpeechContent } from '../plan/schedule.ts'
import type { MediaSource } from './output.ts'

/** What the player may know of the media store: which files are whole and verified, and where a decoder reads them. */
export interface ReadyMedia {
  source: (sha256: string) => MediaSource | null
}

/** The file in which a text has been spoken; null: it has not been yet. */
export type SpokenFile = (content: SpeechContent) => string | null
