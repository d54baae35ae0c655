/**
 * The items of one medium of a programme, laid out on its timeline: in order or shuffled, again and again, cut or overrun,
 * with chimes and the identity of the station. Pure: the same programme and start give the same track on every box.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { Item, Part, Programme } from './schedule.ts'
import { wallMs, type WallMs } from './time.ts'

export type Medium = 'sound' | 'picture'

/** `index` is the place in `programme.items`; of what stands beside them, see `BESIDE_ITEMS`. */
export type TrackEntry = { item: Item; index: number; startsAtMs: number; lengthMs: number }

/** Entries follow each other without a gap; `lengthMs` is their sum. */
export type Track = { entries: readonly TrackEntry[]; lengthMs: number }

/** What is added to `programme.items.length` for the index of what is beside the items. */
export const BESIDE_ITEMS = { chimeBefore: 0, chimeAfter: 1, identity: 2 } as const

/** A day of text slides of five seconds fits; a day of clips of a second does not. */
export const TRACK_ENTRIES_MAX = 20_000

/** No airing lasts longer: this far back what may still be on is looked for. */
export const LENGTH_MS_MAX = 7 * 86_400_000

type Place = { item: Item; index: number }

export const mediumOf = ({ content }: Item): Medium =>
  content.kind === 'sound' || content.kind === 'stream' || content.kind === 'speech' ? 'sound' : 'picture'

/** The next one begins before it is over: as long as it has the output to itself, and what is left then. */
const overlapped = (item: Item, { crossfadeMs }: Programme['playlist']): Item =>
  crossfadeMs === 0 || mediumOf(item) !== 'sound'
    ? item
    : { ...item, durationMs: item.durationMs - crossfadeMs, overlapMs: crossfadeMs }

const placesOf = ({ items, playlist }: Programme, medium: Medium): Place[] =>
  items
    .map((item, index) => ({ item: overlapped(item, playlist), index }))
    .filter(({ item }) => mediumOf(item) === medium)

/** Whatever can be played in an airing: its items, and what stands beside them. */
export const itemsPlayed = ({ items, playlist }: Programme): Item[] => [
  ...items,
  ...[playlist.chimeBefore, playlist.chimeAfter, playlist.identity?.item ?? null].filter((item) => item !== null),
]

/** Chimes and identity are beside the items of their own medium, and only where there are such items. */
const besideOf = (programme: Programme, medium: Medium, which: keyof typeof BESIDE_ITEMS): Place | null => {
  const { playlist, items } = programme
  const item = which === 'identity' ? (playlist.identity?.item ?? null) : playlist[which]
  if (item === null || mediumOf(item) !== medium) return null
  const part: Part = which === 'identity' ? 'identity' : 'chime'
  return { item: { ...item, part }, index: items.length + BESIDE_ITEMS[which] }
}

type Layout = {
  places: Place[]
  before: Place | null
  after: Place | null
  identity: Place | null
  /** Between the beginnings of two identities. */
  everyMs: number
  /** Items begin before this, and are cut there unless they overrun. */
  limitMs: number
  lengthMs: number | null
  isLooped: boolean
  isCut: boolean
  shuffleSeed: number | null
}

const durationOf = (place: Place | null): number => place?.item.durationMs ?? 0
const sumMs = (places: readonly Place[]): number => places.reduce((sum, place) => sum + durationOf(place), 0)

const layoutOf = (programme: Programme, medium: Medium): Layout => {
  const { playlist } = programme
  const { lengthMs } = playlist
  const after = besideOf(programme, medium, 'chimeAfter')
  return {
    places: placesOf(programme, medium),
    before: besideOf(programme, medium, 'chimeBefore'),
    after,
    identity: besideOf(programme, medium, 'identity'),
    everyMs: playlist.identity?.everyMs ?? Infinity,
    limitMs: lengthMs === null ? Infinity : Math.max(0, lengthMs - durationOf(after)),
    lengthMs,
    isLooped: playlist.isLooped && lengthMs !== null,
    isCut: playlist.atEnd === 'cut',
    shuffleSeed: playlist.shuffleSeed,
  }
}

/** The finaliser of MurmurHash3: neighbouring seeds, days and rounds give states that have nothing in common. */
const mixed = (word: number): number => {
  let bits = word | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}

/** Fisher and Yates. Both media are shuffled by the same numbers, so that a picture stays beside its sound. */
const shuffled = (
  places: readonly Place[],
  { seed, start, round }: { seed: number; start: WallMs; round: number },
): Place[] => {
  const first = mixed(seed ^ 0x9e3779b9)
  const second = mixed(first ^ Math.floor(start / 4_294_967_296))
  const third = mixed(second ^ (start % 4_294_967_296))
  const chance = xoroshiro128plusFromState([first, second, third, mixed(third ^ round) | 1])
  const order = [...places]
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = uniformInt(chance, 0, last)
    const [a, b] = [order[last], order[other]]
    if (a === undefined || b === undefined) throw new Error('a shuffle left its list')
    order[last] = b
    order[other] = a
  }
  return order
}

const layOut = (layout: Layout, start: WallMs): Track => {
  const { places, before, after, identity, limitMs, lengthMs, shuffleSeed } = layout
  const entries: TrackEntry[] = []
  let atMs = 0
  const add = ({ item, index }: Place, untilMs: number) => {
    const entryMs = Math.min(item.durationMs, untilMs - atMs)
    if (entryMs <= 0) return
    if (entries.length >= TRACK_ENTRIES_MAX) throw new Error(`a track of more than ${TRACK_ENTRIES_MAX} entries`)
    entries.push({ item, index, startsAtMs: atMs, lengthMs: entryMs })
    atMs += entryMs
  }
  if (sumMs(places) === 0) return { entries, lengthMs: 0 }
  if (before !== null) add(before, limitMs)
  const endMs = layout.isCut ? limitMs : Infinity
  let identityAtMs = 0
  for (let round = 0; round === 0 || (layout.isLooped && atMs < limitMs); round += 1) {
    const order = shuffleSeed === null ? places : shuffled(places, { seed: shuffleSeed, start, round })
    for (const place of order) {
      // An identity with nothing after it announces nothing.
      if (identity !== null && atMs - identityAtMs >= layout.everyMs && atMs + durationOf(identity) < limitMs) {
        identityAtMs = atMs
        add(identity, limitMs)
      }
      if (atMs < limitMs) add(place, endMs)
    }
  }
  if (after !== null) add(after, lengthMs === null || atMs > limitMs ? Infinity : lengthMs)
  return { entries, lengthMs: atMs }
}

/** The most identities that can begin in a track whose other entries before the last chime take `contentMs`. */
const identitiesMax = ({ identity, everyMs, limitMs, places, isLooped }: Layout, contentMs: number): number => {
  if (identity === null) return 0
  const quietMs = everyMs - durationOf(identity)
  // Each stands before an item, and needs so much of the other entries before it as an identity does not fill itself.
  const most = isLooped ? limitMs / everyMs : Math.min(places.length, quietMs > 0 ? contentMs / quietMs : Infinity)
  return Math.floor(most)
}

/** The length of a track where no order can change it, else the longest that it can be. */
const lengthBound = (layout: Layout): { lengthMs: number; isExact: boolean } => {
  const { places, before, after, identity, limitMs, isLooped, isCut } = layout
  const itemsMs = sumMs(places)
  if (itemsMs === 0) return { lengthMs: 0, isExact: true }
  const afterMs = Math.min(durationOf(after), layout.lengthMs ?? Infinity)
  const onceMs = Math.min(durationOf(before), limitMs) + itemsMs
  // Identities only make it longer, and what is full stays full.
  if (isCut && (isLooped || onceMs >= limitMs)) return { lengthMs: limitMs + afterMs, isExact: true }
  if (!isLooped && identity === null && onceMs <= limitMs) return { lengthMs: onceMs + afterMs, isExact: true }
  const withIdentitiesMs = onceMs + identitiesMax(layout, onceMs) * durationOf(identity)
  const overrunMs = isCut ? 0 : Math.max(...places.map(durationOf)) - 1
  const mostMs = isLooped ? limitMs + overrunMs : Math.min(withIdentitiesMs, limitMs + overrunMs)
  return { lengthMs: mostMs + durationOf(after), isExact: false }
}

const entriesBound = (layout: Layout): number => {
  const { places, limitMs, isLooped } = layout
  const itemsMs = sumMs(places)
  if (itemsMs === 0) return 0
  const rounds = isLooped ? Math.ceil(limitMs / itemsMs) : 1
  return rounds * places.length + identitiesMax(layout, durationOf(layout.before) + itemsMs) + 2
}

/** Why a programme cannot be laid out, asked when it arrives; null: it can. */
export const trackFault = (programme: Programme): string | null => {
  const { lengthMs, isLooped, chimeBefore, chimeAfter, identity, crossfadeMs } = programme.playlist
  if (isLooped && lengthMs === null) return 'loop needs durationMs, which says for how long'
  const beside = [chimeBefore, chimeAfter, identity?.item ?? null].filter((item) => item !== null)
  if (beside.some((item) => !programme.items.some((other) => mediumOf(other) === mediumOf(item))))
    return 'a chime or an identity needs an item of sound beside it'
  const chimesMs = (chimeBefore?.durationMs ?? 0) + (chimeAfter?.durationMs ?? 0)
  const tooShort = programme.items.find((item) => mediumOf(item) === 'sound' && item.durationMs <= 2 * crossfadeMs)
  if (crossfadeMs > 0 && tooShort !== undefined)
    return `a sound of ${tooShort.durationMs} ms is too short to pass over in crossfadeMs (${crossfadeMs} ms): more than twice that is needed`
  if (lengthMs !== null && beside.length > 0 && chimesMs >= lengthMs)
    return `the chimes (${chimesMs} ms) leave no time for an item in durationMs (${lengthMs} ms)`
  if (identity !== null && identity.item.durationMs >= identity.everyMs)
    return `the identity lasts ${identity.item.durationMs} ms, which is not less than its everyMs (${identity.everyMs} ms)`
  const longestMs = Math.max(trackLengthMs(programme, 'sound'), trackLengthMs(programme, 'picture'))
  if (longestMs > LENGTH_MS_MAX) return `an airing of it lasts ${longestMs} ms; at most ${LENGTH_MS_MAX} are allowed`
  const entries = Math.max(
    ...(['sound', 'picture'] as const).map((medium) => entriesBound(layoutOf(programme, medium))),
  )
  return entries > TRACK_ENTRIES_MAX
    ? `its items may be begun ${entries} times in one airing; at most ${TRACK_ENTRIES_MAX} are allowed`
    : null
}

type Remembered = { start: WallMs | null; track: Track }

/** A function of its argument still: tracks of programmes that are gone go with them. */
const remembered: Record<Medium, WeakMap<Programme, Remembered>> = { sound: new WeakMap(), picture: new WeakMap() }

/** The whole track of the occurrence that the schedule has begin at `start`. */
export const trackOf = (programme: Programme, medium: Medium, start: WallMs): Track => {
  const key = programme.playlist.shuffleSeed === null ? null : start
  const known = remembered[medium].get(programme)
  if (known !== undefined && known.start === key) return known.track
  const track = layOut(layoutOf(programme, medium), start)
  remembered[medium].set(programme, { start: key, track })
  return track
}

/** What plays so long after the beginning; null outside the track. */
export const entryAt = ({ entries, lengthMs }: Track, offsetMs: number): TrackEntry | null => {
  if (offsetMs < 0 || offsetMs >= lengthMs) return null
  let low = 0
  let high = entries.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((entries[middle]?.startsAtMs ?? Infinity) <= offsetMs) low = middle
    else high = middle - 1
  }
  return entries[low] ?? null
}

/**
 * The length of the track of any occurrence. Where the order of a shuffle decides it (it overruns, or has an identity in
 * one round), the longest that it can be: `trackOf(…).lengthMs` is then at most that.
 */
export const trackLengthMs = (programme: Programme, medium: Medium): number => {
  const layout = layoutOf(programme, medium)
  const bound = lengthBound(layout)
  if (bound.isExact || layout.shuffleSeed !== null) return bound.lengthMs
  return trackOf(programme, medium, wallMs(0)).lengthMs
}
