import type { MediaStore } from './media-store.ts'

export type FetchOutcome =
  | { kind: 'ready' }
  /** Another try may help (network, 5xx, cut). */
  | { kind: 'interrupted'; error: string; storedBytes: number }
  /** No other try of this address will help (404, wrong size, wrong hash). */
  | { kind: 'refused'; error: string }

export interface Downloader {
  /** Fetches one wanted file into the store, resuming at its last chunk. Never throws for what a network can do. */
  fetch: (sha256: string, store: MediaStore, signal: AbortSignal) => Promise<FetchOutcome>
}
