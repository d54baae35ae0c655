/**
 * The spoken items of programmes: what is due in the next day is spoken ahead of its time, the next one first, one at a time, and
 * kept beside the files. What is not spoken yet is like a file that is not here: nothing lower is displaced for it.
 */
import type { Item, Override, SpeechContent } from '../player/plan/schedule.ts'
import type { CompiledSchedule } from '../player/plan/slot.ts'
import { addMs, type WallMs } from '../player/plan/time.ts'
import { keptSpeech, speakAndKeep } from './kept-speech.ts'
import type { Speech, StoredSound, Utterance } from './ports/alert-sound.ts'
import type { MediaStore } from './ports/media-store.ts'
import { breathe } from './slices.ts'

/** What begins later is spoken later: a schedule of a year would fill the card with speech. */
export const HORIZON_MS = 86_400_000
/** How often the schedules are looked through; a new one is at once. */
export const LOOK_MS = 300_000
export const SPOKEN_MAX = 10_000
/** What a person can still read; the others are told when these are mended. */
export const FAULTS_TOLD_MAX = 20

export type SpokenItemsEvent =
  /** More can be played. */
  | { kind: 'spoken-item'; content: SpeechContent }
  | { kind: 'fault'; code: 'speech-item'; subject: string; detail: string }
  | { kind: 'mended'; code: 'speech-item'; subject: string }

type Wanted = { content: SpeechContent; subject: string; durationMs: number }

type Sources = {
  schedules: readonly CompiledSchedule[]
  overrides: readonly Override[]
}

export type SpokenItems = {
  /** Null: it is not spoken yet, or cannot be. */
  soundOf: (content: SpeechContent) => StoredSound | null
  /** Begins to speak what is due. Called by the loop, as often as it likes. */
  look: (sources: Sources, now: WallMs) => void
  /** What may not be evicted. */
  kept: () => string[]
  close: () => void
}

type Needs = {
  speech: Speech
  mediaStore: Pick<MediaStore, 'get' | 'findByName' | 'originate'>
  /** The language of a text that names none. */
  language: string
  elapsed: () => number
  post: (event: SpokenItemsEvent) => void
  trim: () => void
}

const keyOf = ({ text, language, voice }: SpeechContent): string =>
  JSON.stringify([text, language ?? null, voice ?? null])

const speechOf = (items: readonly Item[], nameOf: (index: number) => string): Wanted[] =>
  items.flatMap(({ content, durationMs }, index) =>
    content.kind === 'speech' ? [{ content, durationMs, subject: nameOf(index) }] : [],
  )

/** In the order in which it is due; each text once. */
const wantedIn = ({ schedules, overrides }: Sources, now: WallMs): Map<string, Wanted> => {
  const occurrences = schedules
    .flatMap(({ agenda }) => [...agenda.at(now), ...agenda.startingIn(now, addMs(now, HORIZON_MS))])
    .sort((one, other) => one.start - other.start)
  const wanted = new Map<string, Wanted>()
  const add = (one: Wanted) => {
    const key = keyOf(one.content)
    const known = wanted.get(key)
    // Of several places with the same words the shortest is the one that may be too short.
    if (known === undefined && wanted.size < SPOKEN_MAX) wanted.set(key, one)
    else if (known !== undefined && one.durationMs < known.durationMs) wanted.set(key, { ...one })
  }
  for (const { overrideId, items } of overrides) speechOf(items, (index) => `${overrideId} ${index}`).forEach(add)
  for (const { programme } of occurrences)
    speechOf(programme.items, (index) => `${programme.programmeId} ${index}`).forEach(add)
  return wanted
}

const isSameList = <T>(one: readonly T[], other: readonly T[]): boolean =>
  one.length === other.length && one.every((value, index) => value === other[index])

/** Orders are made anew at every turn; their items do not change under one name. */
const spokenOrders = (overrides: readonly Override[]): string[] =>
  overrides
    .filter(({ items }) => items.some(({ content }) => content.kind === 'speech'))
    .map(({ overrideId }) => overrideId)

export const createSpokenItems = ({ speech, mediaStore, language, elapsed, post, trim }: Needs): SpokenItems => {
  const abort = new AbortController()
  const sounds = new Map<string, StoredSound>()
  /** What was told of each subject. */
  const told = new Map<string, string>()
  let wanted = new Map<string, Wanted>()
  let last: { schedules: readonly CompiledSchedule[]; orders: readonly string[]; at: number } | null = null
  let isSpeaking = false
  let isStale = false

  const tell = (subject: string, detail: string | null) => {
    if (told.get(subject) === (detail ?? undefined)) return
    if (told.delete(subject)) post({ kind: 'mended', code: 'speech-item', subject })
    if (detail === null || told.size >= FAULTS_TOLD_MAX) return
    told.set(subject, detail)
    post({ kind: 'fault', code: 'speech-item', subject, detail })
  }

  const utteranceOf = ({ text, language: own, voice }: SpeechContent): Utterance => ({
    text,
    language: own ?? language,
    voice: voice ?? null,
    isUrgent: false,
  })

  const lengthFault = ({ durationMs }: Wanted, sound: StoredSound): string | null =>
    sound.durationMs <= durationMs
      ? null
      : `it takes ${sound.durationMs} ms to say, ${durationMs} ms are declared: its end is cut`

  const isThere = (sound: StoredSound | undefined): boolean =>
    sound !== undefined && mediaStore.get(sound.sha256)?.state === 'ready'

  const speakOne = async (key: string, one: Wanted): Promise<void> => {
    const known = sounds.get(key)
    if (known !== undefined && isThere(known)) {
      tell(one.subject, lengthFault(one, known))
      return
    }
    const utterance = utteranceOf(one.content)
    const kept = keptSpeech({ speech, mediaStore }, utterance)
    const said =
      kept === null
        ? await speakAndKeep({ speech, mediaStore }, utterance, abort.signal)
        : { kind: 'kept' as const, sound: kept }
    if (abort.signal.aborted) return
    if (said.kind === 'failed') {
      sounds.delete(key)
      tell(one.subject, `it cannot be spoken: ${said.error}`.slice(0, 500))
      return
    }
    sounds.set(key, said.sound)
    tell(one.subject, lengthFault(one, said.sound))
    if (kept === null) trim()
    post({ kind: 'spoken-item', content: one.content })
  }

  const isOutdated = (): boolean => isStale
  const isClosed = (): boolean => abort.signal.aborted

  const speakAll = async (): Promise<void> => {
    do {
      isStale = false
      for (const [key, one] of wanted) {
        await speakOne(key, one)
        if (isClosed()) return
        // A newer schedule may have put others first.
        if (isOutdated()) break
        await breathe()
      }
    } while (isOutdated())
  }

  const start = () => {
    isStale = true
    if (isSpeaking) return
    isSpeaking = true
    const done = () => (isSpeaking = false)
    speakAll().then(done, (error: unknown) => {
      done()
      const detail = error instanceof Error ? error.message : String(error)
      tell('store', `speech cannot be kept: ${detail}`.slice(0, 500))
    })
  }

  return {
    soundOf: (content) => sounds.get(keyOf(content)) ?? null,
    look: (sources, now) => {
      const orders = spokenOrders(sources.overrides)
      const isKnown =
        last !== null &&
        isSameList(last.schedules, sources.schedules) &&
        isSameList(last.orders, orders) &&
        elapsed() - last.at < LOOK_MS
      if (isKnown) return
      last = { schedules: sources.schedules, orders, at: elapsed() }
      wanted = wantedIn(sources, now)
      for (const key of sounds.keys()) if (!wanted.has(key)) sounds.delete(key)
      const subjects = new Set([...wanted.values()].map(({ subject }) => subject))
      for (const subject of [...told.keys()]) if (!subjects.has(subject)) tell(subject, null)
      if (wanted.size > 0) start()
    },
    kept: () => [...sounds.values()].map(({ sha256 }) => sha256),
    close: () => abort.abort(),
  }
}
