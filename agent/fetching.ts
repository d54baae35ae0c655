/** Which file is fetched next. One at a time: the line is a SIM, and what an alert needs comes before everything. */
import type { Clock, Timer } from '../player/ports/clock.ts'
import type { Downloader, FetchOutcome } from './ports/download.ts'
import type { MediaRow, MediaStore } from './ports/media-store.ts'

/** Back-off of one file: 2 s, doubled to at most 5 minutes, with up to a quarter of chance on top. */
const RETRY_MS = 2_000
const RETRY_MS_MAX = 300_000

export const retryDelayMs = (tries: number, chance: number): number =>
  Math.min(RETRY_MS * 2 ** Math.min(tries, 20), RETRY_MS_MAX) * (1 + chance / 4)

export type FetchEvent = { kind: 'fetched'; sha256: string; outcome: FetchOutcome } | { kind: 'fetch-again' }

export type Needed = { now: ReadonlySet<string>; scheduled: ReadonlySet<string> }

const rankOf = (row: MediaRow, needed: Needed): number =>
  needed.now.has(row.sha256) ? 0 : needed.scheduled.has(row.sha256) ? 1 : 2

export type Fetching = {
  /** Starts the most needed file if nothing, or something less needed, is under way. */
  next: (needed: Needed) => void
  apply: (event: FetchEvent) => void
  /** A new manifest or a new connection: everything may be tried at once again. */
  hope: () => void
  current: () => string | null
  close: () => Promise<void>
}

type Needs = {
  store: MediaStore
  /** Never evicted, whatever is needed: the sirens, and the sounds of alerts. */
  alsoKeep: () => Iterable<string>
  downloader: Downloader
  clock: Clock
  chance: () => number
  post: (event: FetchEvent) => void
}

export const createFetching = ({ store, alsoKeep, downloader, clock, chance, post }: Needs): Fetching => {
  let running: { sha256: string; rank: number; abort: AbortController; done: Promise<void> } | null = null
  let timer: Timer | null = null
  const notBefore = new Map<string, number>()

  const start = (row: MediaRow, rank: number, needed: Needed) => {
    store.evict(new Set([...needed.now, ...needed.scheduled, ...alsoKeep(), row.sha256]), row.bytes - row.storedBytes)
    const abort = new AbortController()
    const done = downloader.fetch(row.sha256, store, abort.signal).then(
      (outcome) => post({ kind: 'fetched', sha256: row.sha256, outcome }),
      (error: unknown) =>
        post({
          kind: 'fetched',
          sha256: row.sha256,
          outcome: {
            kind: 'interrupted',
            error: error instanceof Error ? error.message : String(error),
            storedBytes: row.storedBytes,
          },
        }),
    )
    running = { sha256: row.sha256, rank, abort, done }
  }

  const next = (needed: Needed) => {
    const now = clock.elapsed()
    const rows = store.wanted()
    const due = rows.filter((row) => (notBefore.get(row.sha256) ?? 0) <= now)
    const best = due.toSorted((a, b) => rankOf(a, needed) - rankOf(b, needed) || a.bytes - b.bytes)[0]
    if (best !== undefined && running === null) {
      start(best, rankOf(best, needed), needed)
      return
    }
    // What is under way has itself become more needed: it need not begin anew for that.
    if (running !== null && best?.sha256 === running.sha256) running = { ...running, rank: rankOf(best, needed) }
    if (best !== undefined && running !== null && rankOf(best, needed) < running.rank) {
      running.abort.abort()
      return
    }
    if (timer !== null || running !== null || rows.length === 0) return
    const earliest = Math.min(...rows.map((row) => notBefore.get(row.sha256) ?? now))
    timer = clock.after('fetch again', Math.max(0, earliest - now), () => {
      timer = null
      post({ kind: 'fetch-again' })
    })
  }

  return {
    next,
    apply: (event) => {
      if (event.kind === 'fetch-again') return
      const { sha256, outcome } = event
      const wasAborted = running?.abort.signal.aborted === true
      running = null
      if (outcome.kind !== 'ready' && !wasAborted)
        store.recordFailure(sha256, outcome.error, outcome.kind === 'refused')
      if (outcome.kind === 'ready') notBefore.delete(sha256)
      else if (!wasAborted)
        notBefore.set(sha256, clock.elapsed() + retryDelayMs(store.get(sha256)?.tries ?? 0, chance()))
    },
    hope: () => notBefore.clear(),
    current: () => running?.sha256 ?? null,
    close: async () => {
      timer?.cancel()
      running?.abort.abort()
      await running?.done
    },
  }
}
