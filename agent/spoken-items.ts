/**
 * The spoken items of programmes: what is due in the next day is spoken ahead of its time, the next one first, one at a time, and
 * kept beside the files. What is not spoken yet is like a file that is not here: nothing lower is displaced for it.
 */
import type { Item, Override, SpeechContent } from '../player/plan/schedule.ts'
import type { Occurrence } from '../player/plan/agenda.ts'
import type { CompiledSchedule } from '../player/plan/slot.ts'
import { addMs, type WallMs } from '../player/plan/time.ts'
import { keptSpeech, speakAndKeep } from './kept-speech.ts'
import type { Speech, StoredSound, Utterance } from './ports/alert-sound.ts'
import type { MediaStore } from './ports/media-store.ts'
import { breathe, inSlicesWhile } from './slices.ts'

/** What begins later is spoken later: a schedule of a year would fill the card with speech. */
export const HORIZON_MS = 86_400_000
/** What begins in one such stretch is put in order at once. */
const WINDOW_MS = 3_600_000
/** How often the schedules are looked through; a new one is at once. */
export const LOOK_MS = 300_000
export const SPOKEN_MAX = 10_000
/** Looked at in one turn of the event loop: a long text costs some 50 µs on a busy machine, a key in a map next to nothing. */
export const PROGRAMMES_PER_SLICE = 20
const KEYS_PER_SLICE = 500
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

/** In the order in which it is due; each text once. A step for each order and each programme. */
function* wantedIn({ schedules, overrides }: Sources, now: WallMs): Generator<void, Map<string, Wanted>> {
  const wanted = new Map<string, Wanted>()
  const add = (one: Wanted) => {
    const key = keyOf(one.content)
    const known = wanted.get(key)
    // Of several places with the same words the shortest is the one that may be too short.
    if (known === undefined && wanted.size < SPOKEN_MAX) wanted.set(key, one)
    else if (known !== undefined && one.durationMs < known.durationMs) wanted.set(key, { ...one })
  }
  for (const { overrideId, items } of overrides) {
    speechOf(items, (index) => `${overrideId} ${index}`).forEach(add)
    yield
  }
  const addAll = function* (occurrences: readonly Occurrence[]): Generator<void, void> {
    for (const { programme } of occurrences.toSorted((one, other) => one.start - other.start)) {
      speechOf(programme.items, (index) => `${programme.programmeId} ${index}`).forEach(add)
      yield
    }
  }
  yield* addAll(schedules.flatMap(({ agenda }) => agenda.at(now)))
  for (let fromMs = 0; fromMs < HORIZON_MS; fromMs += WINDOW_MS) {
    const [from, until] = [addMs(now, fromMs), addMs(now, fromMs + WINDOW_MS)]
    yield* addAll(schedules.flatMap(({ agenda }) => agenda.startingIn(from, until)))
  }
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
  /** What was looked at last, and when. */
  let asked: { sources: Sources; now: WallMs } | null = null
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

  /** There is something newer to look at, or nobody to look for. */
  const isOver = (): boolean => isStale || abort.signal.aborted

  /** What is not wanted any more is forgotten, and its faults are mended. */
  function* forget(wanted: ReadonlyMap<string, Wanted>): Generator<void, void> {
    for (const key of sounds.keys()) {
      if (!wanted.has(key)) sounds.delete(key)
      yield
    }
    const gone = new Set(told.keys())
    for (const { subject } of wanted.values()) {
      gone.delete(subject)
      yield
    }
    for (const subject of gone) tell(subject, null)
  }

  /** The schedules may hold ten thousand texts: they are gone through beside the loop. Null: it was for nothing. */
  const look = async ({ sources, now }: NonNullable<typeof asked>): Promise<Map<string, Wanted> | null> => {
    const isAwaited = () => !isOver()
    const wanted = await inSlicesWhile(wantedIn(sources, now), PROGRAMMES_PER_SLICE, isAwaited)
    if (wanted === null) return null
    await inSlicesWhile(forget(wanted), KEYS_PER_SLICE, isAwaited)
    return wanted
  }

  const speakAll = async (): Promise<void> => {
    while (asked !== null && !abort.signal.aborted) {
      const looking = asked
      isStale = false
      const wanted = await look(looking)
      for (const [key, one] of wanted ?? []) {
        await speakOne(key, one)
        // A newer schedule may have put others first.
        if (isOver()) break
        await breathe()
      }
      if (!isOver()) return
    }
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
      asked = { sources, now }
      start()
    },
    kept: () => [...sounds.values()].map(({ sha256 }) => sha256),
    close: () => abort.abort(),
  }
}
