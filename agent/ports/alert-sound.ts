/**
 * The sounds of an alert that are not in any manifest: the siren, which the box makes itself, words that are spoken here,
 * and recordings that a CAP alert points to. Whatever is made or fetched lies in the media store under its SHA-256.
 */
import type { WallMs } from '../../player/plan/time.ts'

/** Ready in the media store. */
export type StoredSound = { sha256: string; durationMs: number }

export type Siren = 'extreme' | 'severe' | 'moderate'

/** Where Vietnamese sounds as it does at home. */
export type Voice = 'north' | 'central' | 'south'

/** `language` is a BCP 47 tag; `voice` null: that of the settings. */
export type Utterance = {
  text: string
  language: string
  voice: Voice | null
  /** People wait for it: a voice that takes long is not waited for. */
  isUrgent: boolean
}

/** `key`: the one of `keysOf` that is true of these sounds. */
export type Spoken =
  { kind: 'spoken'; wav: Buffer; durationMs: number; key: string } | { kind: 'failed'; error: string }

/** Turns text into speech. Never throws for what an engine can do; ends within a time of its own. */
export interface Speech {
  /**
   * Under what the speech may be kept, the best first: a key changes with the text as it is read out, the voice, and the engine
   * with its version. More than one while the engine that is wanted fails and another one stands in.
   */
  keysOf: (utterance: Utterance) => readonly string[]
  /** A language that no engine speaks is an answer, not a guess. */
  say: (utterance: Utterance, signal: AbortSignal) => Promise<Spoken>
}

/**
 * A recording that a CAP alert points to (§3.2.3 resource). A `derefUri` is given as a `data:` address (RFC 2397) in base64. Of
 * the digest in hex; empty where the alert has none, which is refused.
 */
export type WantedResource = { uri: string; mimeType: string; bytes: number | null; sha1: string }

export type FetchedResource =
  | { kind: 'fetched'; sound: StoredSound }
  /** The clause of CAP that it breaks, such as `§3.2.3 digest`; null for a fault of the network. */
  | { kind: 'refused'; clause: string | null; error: string }

/** Kept under its digest, so that after a reboot without a network it is there. */
export interface Resources {
  fetch: (wanted: WantedResource, signal: AbortSignal) => Promise<FetchedResource>
}

/** A CAP document that was found in a folder or a feed; `source` is that folder or address as the settings have it. */
export type FoundAlert = { xml: string; source: string; foundAt: WallMs }
