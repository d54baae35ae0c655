/**
 * A feed of CAP that is polled. Its answer is believed because of the certificate behind https, so nothing unencrypted is. Every
 * entry is read once for each time that it was updated; an alert ends by its own time or by a Cancel, not by leaving the list,
 * since a feed that was cut short or answered by somebody's cache must not silence a siren.
 */
import type { HttpGet } from '../../agent/ports/http.ts'
import type { Clock } from '../../player/ports/clock.ts'
import { type Entry, readFeed } from './feed-document.ts'
import { DOCUMENT_BYTES_MAX } from './folder.ts'
import { type AlertSourceHandle, faultTeller, lookAgain, type SourceEvents } from './source.ts'
import { xmlText } from './xml-text.ts'

export const ENTRIES_MAX = 50
export const FEED_BYTES_MAX = 4_000_000
/** Documents that are fetched side by side. */
const FETCHES_MAX = 4
/** A document that cannot be had after so many looks is given up until it is updated. */
const TRIES_MAX = 20
/** A feed that does not answer is asked less and less often, but never less than this. */
const PAUSE_MS_MAX = 300_000
/** A line that was gone for a moment is nobody's business. */
const FAILURES_UNTOLD_MAX = 2

export type FeedOptions = {
  /** Of the feed. */
  address: string
  everyMs: number
  clock: Pick<Clock, 'after' | 'wall'>
  chance: () => number
  get: HttpGet
  events: SourceEvents
}

export const pauseAfter = (everyMs: number, failures: number, chance: number): number =>
  Math.max(everyMs, Math.min(everyMs * 2 ** Math.min(failures, 20), PAUSE_MS_MAX)) * (1 + chance / 10)

const keyOf = ({ id, updated, link }: Entry): string => JSON.stringify([id, updated, link])

/** Newest first; what does not say when it was updated counts as old, in the order of the list. */
const newest = (entries: readonly Entry[]): Entry[] => {
  const at = ({ updated }: Entry) => {
    const value = Date.parse(updated)
    return Number.isNaN(value) ? 0 : value
  }
  return entries.toSorted((a, b) => at(b) - at(a)).slice(0, ENTRIES_MAX)
}

/** `isFinal`: no other time will be better, so it is told at once. */
type Got = { kind: 'text'; text: string } | { kind: 'unchanged' } | { kind: 'failed'; error: string; isFinal: boolean }

export const openFeedSource = ({ address, everyMs, clock, chance, get, events }: FeedOptions): AlertSourceHandle => {
  const tell = faultTeller(address, events)
  /** ETag and Last-Modified of the list that was read last, so that the next one is sent only if it is another. */
  let conditions: Record<string, string> = {}
  /** Entries of that list: whether they were given, and how often they were tried. */
  let entries = new Map<string, { entry: Entry; tries: number; isDone: boolean }>()
  let lastDocument: string | null = null
  let listFault: string | null = null
  let failures = 0

  const found = (xml: string) => events.found({ xml, source: address, foundAt: clock.wall() })

  const getText = async (from: string, bytesMax: number, signal: AbortSignal, isFeed: boolean): Promise<Got> => {
    const accept = 'application/cap+xml, application/atom+xml, application/rss+xml, application/xml, text/xml'
    const headers = { accept, ...(isFeed ? conditions : {}) }
    const answer = await get(from, { headers, bytesMax, only: 'https', signal })
    if (answer.kind !== 'answered') return { kind: 'failed', error: answer.error, isFinal: answer.kind === 'refused' }
    if (answer.status === 304 && isFeed) return { kind: 'unchanged' }
    if (answer.status !== 200) return { kind: 'failed', error: `the server answered ${answer.status}`, isFinal: false }
    const text = xmlText(answer.body)
    if (text.kind === 'unreadable') return { kind: 'failed', error: text.error, isFinal: true }
    if (isFeed) {
      const [etag, modified] = [answer.header('etag'), answer.header('last-modified')]
      conditions = {
        ...(etag === null ? {} : { 'if-none-match': etag }),
        ...(modified === null ? {} : { 'if-modified-since': modified }),
      }
    }
    return { kind: 'text', text: text.text }
  }

  const takeEntry = async (held: { entry: Entry; tries: number; isDone: boolean }, signal: AbortSignal) => {
    const { entry } = held
    if (entry.xml !== null || entry.link === null) {
      held.isDone = true
      if (entry.xml !== null) found(entry.xml)
      return entry.xml === null ? 'an entry has neither a document nor a link to one' : null
    }
    held.tries += 1
    held.isDone = held.tries >= TRIES_MAX
    const link = URL.canParse(entry.link, address) ? new URL(entry.link, address).href : entry.link
    const got = await getText(link, DOCUMENT_BYTES_MAX, signal, false)
    if (got.kind === 'unchanged') return null
    if (got.kind === 'failed') return got.isFinal || held.tries > FAILURES_UNTOLD_MAX ? got.error : null
    const document = readFeed(got.text)
    if (document.kind === 'feed') {
      held.isDone = true
      return 'an entry links to something else than a CAP document'
    }
    // What cannot be read goes on as it is: whoever judges CAP documents names what is wrong with it.
    const isPage = document.kind === 'unreadable' && !/<([\w.-]+:)?alert[\s>]/.test(got.text)
    if (!isPage) found(got.text)
    held.isDone = true
    return isPage ? 'an entry links to something else than a CAP document' : null
  }

  const takeEntries = async (signal: AbortSignal): Promise<string[]> => {
    const waiting = [...entries.values()].filter(({ isDone }) => !isDone)
    const faults: string[] = []
    const work = async () => {
      for (let held = waiting.shift(); held !== undefined && !signal.aborted; held = waiting.shift()) {
        const fault = await takeEntry(held, signal)
        if (fault !== null) faults.push(fault)
      }
    }
    await Promise.all(Array.from({ length: FETCHES_MAX }, work))
    return faults
  }

  const takeList = (text: string): string | null => {
    const document = readFeed(text)
    if (document.kind === 'unreadable') {
      // Not to be answered with “unchanged” the next time.
      conditions = {}
      return document.error
    }
    if (document.kind === 'alert') {
      if (text !== lastDocument) found(text)
      lastDocument = text
      return null
    }
    const listed = newest(document.entries).map((entry): [string, Entry] => [keyOf(entry), entry])
    entries = new Map(
      listed.map(([key, entry]) => [key, entries.get(key) ?? { entry, tries: 0, isDone: false }] as const),
    )
    const excess = document.entries.length - ENTRIES_MAX
    return excess > 0 ? `it lists ${document.entries.length} entries; only the newest ${ENTRIES_MAX} are read` : null
  }

  const look = async (signal: AbortSignal): Promise<number> => {
    const got = await getText(address, FEED_BYTES_MAX, signal, true)
    if (signal.aborted) return everyMs
    if (got.kind === 'failed') {
      failures += 1
      if (got.isFinal || failures > FAILURES_UNTOLD_MAX) tell(got.error)
      return pauseAfter(everyMs, failures, chance())
    }
    failures = 0
    if (got.kind === 'text') listFault = takeList(got.text)
    const faults = await takeEntries(signal)
    tell(listFault ?? faults[0] ?? null)
    return pauseAfter(everyMs, 0, chance())
  }

  const looking = lookAgain({ clock, name: 'alert feed', look })
  looking.now()
  return { close: looking.close }
}
