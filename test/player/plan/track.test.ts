import fc from 'fast-check'
import t, { type Test } from 'tap'
import { PLAIN_PLAYLIST, type Item, type Playlist, type Programme } from '../../../player/plan/schedule.ts'
import { wallMs, type WallMs } from '../../../player/plan/time.ts'
import {
  BESIDE_ITEMS,
  TRACK_ENTRIES_MAX,
  entryAt,
  mediumOf,
  trackFault,
  trackLengthMs,
  trackOf,
  type Track,
} from '../../../player/plan/track.ts'

const START = wallMs(Date.parse('2026-11-21T22:30:00Z'))
const DAY_MS = 86_400_000

const sound = (durationMs: number, name = 'a'): Item => ({ content: { kind: 'sound', sha256: name }, durationMs })
const slide = (durationMs: number): Item => ({ content: { kind: 'text', body: 'x' }, durationMs })

const programme = (items: Item[], playlist: Partial<Playlist> = {}): Programme => ({
  programmeId: 'p',
  title: 'P',
  priority: 'normal',
  recurrence: { start: '2026-11-22T05:30:00', timeZone: 'Asia/Ho_Chi_Minh' },
  items,
  playlist: { ...PLAIN_PLAYLIST, ...playlist },
  validFrom: null,
  validUntil: null,
  outputs: null,
  whenInterrupted: 'resume',
  lateJoin: 'offset',
  gainDb: 0,
  over: null,
})

/** `index@start+length` of every entry. */
const told = ({ entries }: Track): string =>
  entries.map(({ index, startsAtMs, lengthMs }) => `${index}@${startsAtMs}+${lengthMs}`).join(' ')
const soundTrack = (items: Item[], playlist: Partial<Playlist> = {}): string =>
  told(trackOf(programme(items, playlist), 'sound', START))

t.test('items follow each other in order, each medium by itself', async (t) => {
  const both = programme([sound(10), slide(7), sound(20)])
  t.equal(told(trackOf(both, 'sound', START)), '0@0+10 2@10+20')
  t.equal(told(trackOf(both, 'picture', START)), '1@0+7')
  t.same(trackOf(programme([slide(7)]), 'sound', START), { entries: [], lengthMs: 0 })
})

t.test('a loop fills its length and is cut there', async (t) => {
  t.equal(soundTrack([sound(10), sound(20)], { lengthMs: 65, isLooped: true }), '0@0+10 1@10+20 0@30+10 1@40+20 0@60+5')
  t.equal(soundTrack([sound(10), sound(20)], { lengthMs: 60, isLooped: true }), '0@0+10 1@10+20 0@30+10 1@40+20')
})

t.test('without a loop it ends with its items, or at its length if that comes first', async (t) => {
  t.equal(soundTrack([sound(10), sound(20)], { lengthMs: 100 }), '0@0+10 1@10+20')
  t.equal(soundTrack([sound(10), sound(20)], { lengthMs: 25 }), '0@0+10 1@10+15')
  t.equal(soundTrack([sound(10), sound(20)], { lengthMs: 10 }), '0@0+10')
})

t.test('sounds that pass over into each other begin before the last one ends', async (t) => {
  t.equal(soundTrack([sound(10), sound(20)], { crossfadeMs: 2 }), '0@0+8 1@8+18')
  const both = programme([sound(10), slide(7), sound(20)], { crossfadeMs: 2 })
  t.equal(told(trackOf(both, 'picture', START)), '1@0+7', 'pictures follow each other as ever')
  t.match(trackOf(both, 'sound', START).entries[0]?.item, { durationMs: 8, overlapMs: 2 })
  t.equal(trackFault(both), null)
  t.match(trackFault(programme([sound(10), sound(4)], { crossfadeMs: 2 })), /a sound of 4 ms is too short/)
  t.equal(trackFault(programme([sound(10), sound(5)], { crossfadeMs: 2 })), null, 'one more is enough')
})

t.test('what overruns ends by itself, and nothing begins after the length', async (t) => {
  t.equal(soundTrack([sound(10), sound(20)], { lengthMs: 25, atEnd: 'overrun' }), '0@0+10 1@10+20')
  t.equal(
    soundTrack([sound(10), sound(20)], { lengthMs: 31, atEnd: 'overrun', isLooped: true }),
    '0@0+10 1@10+20 0@30+10',
  )
  t.equal(soundTrack([sound(10), sound(20)], { lengthMs: 30, atEnd: 'overrun', isLooped: true }), '0@0+10 1@10+20')
})

t.test('chimes stand around the items and inside the length, if there is one', async (t) => {
  const chimes = { chimeBefore: sound(3), chimeAfter: sound(4) }
  t.equal(soundTrack([sound(10)], chimes), '1@0+3 0@3+10 2@13+4')
  t.equal(soundTrack([sound(10)], { ...chimes, lengthMs: 12 }), '1@0+3 0@3+5 2@8+4')
  t.equal(soundTrack([sound(10)], { ...chimes, lengthMs: 40 }), '1@0+3 0@3+10 2@13+4')
  t.equal(soundTrack([sound(10)], { ...chimes, lengthMs: 12, atEnd: 'overrun' }), '1@0+3 0@3+10 2@13+4')
  t.same(
    trackOf(programme([sound(10)], chimes), 'sound', START).entries.map(({ item }) => item.part ?? null),
    ['chime', null, 'chime'],
  )
  t.equal(told(trackOf(programme([sound(10), slide(5)], chimes), 'picture', START)), '1@0+5', 'none on a board')
})

t.test('the identity comes before the first item that begins so long after the last time', async (t) => {
  const identity = { item: sound(5), everyMs: 100 }
  const items = [sound(40), sound(40), sound(40), sound(40)]
  // 120 is the first beginning at or after 100; the next after 220 is the second item of the next round, at 245.
  t.equal(
    soundTrack(items, { identity, lengthMs: 300, isLooped: true }),
    '0@0+40 1@40+40 2@80+40 6@120+5 3@125+40 0@165+40 1@205+40 6@245+5 2@250+40 3@290+10',
  )
  t.equal(soundTrack([sound(100), sound(40)], { identity }), '0@0+100 4@100+5 1@105+40', 'exactly so long after')
  t.equal(soundTrack([sound(99), sound(40)], { identity }), '0@0+99 1@99+40', 'a millisecond too early')
  t.equal(soundTrack([sound(100), sound(40)], { identity, lengthMs: 105 }), '0@0+100 1@100+5', 'none without an item')
  t.equal(trackOf(programme([sound(100), sound(40)], { identity }), 'sound', START).entries[1]?.item.part, 'identity')
})

t.test('a shuffle is another one for another round, another day and another seed, and the same again', async (t) => {
  const items = Array.from({ length: 12 }, () => sound(10))
  const order = (seed: number, start: number): string =>
    trackOf(programme(items, { shuffleSeed: seed, lengthMs: 240, isLooped: true }), 'sound', wallMs(start))
      .entries.map(({ index }) => index)
      .join(' ')
  const first = order(1, START)
  t.equal(order(1, START), first)
  // A change here would make boxes of two versions play different things: the numbers are part of the contract.
  t.equal(first, '11 10 0 2 5 6 7 3 8 9 4 1 11 5 6 8 4 3 1 9 2 10 0 7')
  t.not(first.split(' ').slice(0, 12).join(' '), first.split(' ').slice(12).join(' '))
  t.not(order(2, START), first)
  t.not(order(1, START + DAY_MS), first)
})

t.test('every place of a shuffle is as likely as every other', async (t) => {
  const items = [sound(1), sound(1), sound(1)]
  const counts = new Map<string, number>()
  for (let day = 0; day < 6_000; day += 1) {
    const track = trackOf(programme(items, { shuffleSeed: day % 7 }), 'sound', wallMs(START + day * DAY_MS))
    const order = track.entries.map(({ index }) => index).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  t.equal(counts.size, 6)
  // 1,000 each is expected, with a deviation of 29: five of them.
  for (const [order, count] of counts) t.ok(Math.abs(count - 1_000) < 145, `${order}: ${count}`)
})

t.test('pictures are shuffled as the sounds beside them', async (t) => {
  const items = [1, 2, 3, 4, 5].flatMap(() => [sound(10), slide(10)])
  const paired = programme(items, { shuffleSeed: 9 })
  const order = (medium: 'sound' | 'picture') => trackOf(paired, medium, START).entries.map(({ index }) => index >> 1)
  t.same(order('picture'), order('sound'))
})

t.test('what cannot be laid out is refused with its reason', async (t) => {
  t.match(trackFault(programme([sound(10)], { isLooped: true })), /durationMs/)
  t.match(trackFault(programme([slide(10)], { chimeBefore: sound(1) })), /item of sound/)
  t.match(trackFault(programme([sound(10)], { chimeBefore: sound(5), chimeAfter: sound(5), lengthMs: 10 })), /chimes/)
  t.equal(trackFault(programme([sound(10)], { chimeBefore: sound(5), chimeAfter: sound(4), lengthMs: 10 })), null)
  t.match(trackFault(programme([sound(10)], { identity: { item: sound(100), everyMs: 100 } })), /everyMs/)
  t.match(trackFault(programme([sound(1_000)], { isLooped: true, lengthMs: DAY_MS })), /86402 times/)
  t.equal(trackFault(programme([sound(5_000)], { isLooped: true, lengthMs: DAY_MS })), null)
  t.equal(trackFault(programme([sound(1), slide(1)])), null)
})

const someItem = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.boolean())
  .map(([durationMs, isSound]) => (isSound ? sound(durationMs) : slide(durationMs)))
const someSound = fc.integer({ min: 1, max: 30 }).map((durationMs) => sound(durationMs))

const someProgramme = fc
  .record({
    items: fc.array(someItem, { minLength: 1, maxLength: 8 }),
    lengthMs: fc.option(fc.integer({ min: 1, max: 3_000 })),
    isLooped: fc.boolean(),
    atEnd: fc.constantFrom('cut' as const, 'overrun' as const),
    shuffleSeed: fc.option(fc.integer({ min: 0, max: 4_294_967_295 })),
    chimeBefore: fc.option(someSound),
    chimeAfter: fc.option(someSound),
    identity: fc.option(fc.record({ item: someSound, everyMs: fc.integer({ min: 31, max: 500 }) })),
    crossfadeMs: fc.constantFrom(0, 0, 3),
  })
  .map(({ items, ...playlist }) => programme(items, playlist))
  .filter((one) => trackFault(one) === null)
const someStart = fc.integer({ min: 0, max: 4_000_000_000_000 }).map(wallMs)
const MEDIA = ['sound', 'picture'] as const

type Check = (one: Programme, medium: 'sound' | 'picture', start: WallMs) => boolean

/** Of every programme that is not refused, on both media; a failure shows the smallest case and the seed. */
const holds = (t: Test, check: Check): void => {
  const property = fc.property(someProgramme, someStart, (one, start) =>
    MEDIA.every((medium) => check(one, medium, start)),
  )
  t.equal(fc.defaultReportMessage(fc.check(property, { numRuns: 2_000 })), undefined)
}
const holdsOfTracks = (t: Test, check: (one: Programme, medium: 'sound' | 'picture', track: Track) => boolean): void =>
  holds(t, (one, medium, start) => check(one, medium, trackOf(one, medium, start)))

t.test('entries follow each other without a gap, and their sum is the length', async (t) => {
  holdsOfTracks(t, (_one, _medium, { entries, lengthMs }) => {
    let atMs = 0
    for (const entry of entries) {
      if (entry.startsAtMs !== atMs || entry.lengthMs < 1 || entry.lengthMs > entry.item.durationMs) return false
      atMs += entry.lengthMs
    }
    return atMs === lengthMs && entries.length <= TRACK_ENTRIES_MAX
  })
})

t.test('an entry is found at each of its moments and at no other', async (t) => {
  holdsOfTracks(t, (_one, _medium, track) => {
    const right = track.entries.every(
      (entry) =>
        entryAt(track, entry.startsAtMs) === entry && entryAt(track, entry.startsAtMs + entry.lengthMs - 1) === entry,
    )
    return right && entryAt(track, -1) === null && entryAt(track, track.lengthMs) === null
  })
})

t.test('the length is known without laying out, but for a shuffle that decides it', async (t) => {
  holdsOfTracks(t, (one, medium, { lengthMs }) => {
    const { shuffleSeed, identity, atEnd, lengthMs: askedMs } = one.playlist
    const known = trackLengthMs(one, medium)
    const isDecidedByShuffle = shuffleSeed !== null && (identity !== null || (atEnd === 'overrun' && askedMs !== null))
    return isDecidedByShuffle ? known >= lengthMs : known === lengthMs
  })
})

t.test('every round of a shuffle has each item once', async (t) => {
  holdsOfTracks(t, (one, medium, { entries }) => {
    const count = one.items.filter((item) => mediumOf(item) === medium).length
    const indices = entries.map(({ index }) => index).filter((index) => index < one.items.length)
    for (let from = 0; from < indices.length; from += count) {
      const round = indices.slice(from, from + count)
      if (new Set(round).size !== round.length) return false
    }
    return true
  })
})

t.test('the same programme, copied, has the same track on another box', async (t) => {
  holds(t, (one, medium, start) => {
    const copy = structuredClone(one)
    return JSON.stringify(trackOf(one, medium, start)) === JSON.stringify(trackOf(copy, medium, start))
  })
})

t.test('a length that was asked for is kept: exactly by a loop that is cut, never passed by what is cut', async (t) => {
  holdsOfTracks(t, (one, _medium, { entries, lengthMs }) => {
    const { lengthMs: askedMs, isLooped, atEnd } = one.playlist
    if (askedMs === null || entries.length === 0 || atEnd === 'overrun') return true
    return isLooped ? lengthMs === askedMs : lengthMs <= askedMs
  })
})

t.test('identities are never nearer to each other than asked, and never last', async (t) => {
  holdsOfTracks(t, (one, _medium, { entries }) => {
    const index = one.items.length + BESIDE_ITEMS.identity
    let lastMs = 0
    return entries.every((entry, place) => {
      if (entry.index !== index) return true
      const farEnough = entry.startsAtMs - lastMs >= (one.playlist.identity?.everyMs ?? Infinity)
      lastMs = entry.startsAtMs
      return farEnough && (entries[place + 1]?.index ?? Infinity) < one.items.length
    })
  })
})
