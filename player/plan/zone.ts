/**
 * From what the clocks of a zone show to the moment that it is, by RFC 5545 §3.3.5: a time that a change of the clocks leaves
 * out is taken with the offset before it (02:30 becomes 03:30), and of one that comes twice the first is meant.
 */
import { offsetReader } from './offsets.ts'
import { wallMs, type WallMs } from './time.ts'

/** What clocks show, as if it were UTC, in milliseconds: two clocks of one zone are compared, never two zones. */
export type LocalMs = number

export type Zone = {
  toWall: (local: LocalMs) => WallMs
  /** Every local time whose moment is in [from, until) lies in [first, last]; a few others may. */
  localSpan: (from: WallMs, until: WallMs) => { first: LocalMs; last: LocalMs }
}

const DAY_MS = 86_400_000
/** The days of some years of rehearsal; a box plans a few days. */
const DAYS_REMEMBERED = 2_000

const createZone = (timeZone: string): Zone => {
  const read = offsetReader(timeZone)
  const days = new Map<number, number>()
  const atMidnight = (day: number): number => {
    const known = days.get(day)
    if (known !== undefined) return known
    if (days.size >= DAYS_REMEMBERED) days.clear()
    const offsetMs = read(day * DAY_MS)
    days.set(day, offsetMs)
    return offsetMs
  }
  /** Clocks are changed once in a day at most, so a day that ends as it began had no change. */
  const offsetAt = (at: number): number => {
    const day = Math.floor(at / DAY_MS)
    const atBegin = atMidnight(day)
    return atBegin === atMidnight(day + 1) ? atBegin : read(at)
  }
  /** The offsets on both sides of a change that could matter here: none is further from UTC than a day. */
  const around = (at: number): [number, number] => {
    const day = Math.floor(at / DAY_MS)
    return [atMidnight(day - 1), atMidnight(day + 2)]
  }
  return {
    toWall: (local) => {
      const [before, after] = around(local)
      const first = local - before
      if (before === after || offsetAt(first) === before) return wallMs(first)
      const second = local - after
      return wallMs(offsetAt(second) === after ? second : first)
    },
    localSpan: (from, until) => ({
      first: from + Math.min(...around(from)),
      last: until + Math.max(...around(until)),
    }),
  }
}

/** Names come from outside: what is remembered of them is bounded. */
const ZONES_REMEMBERED = 64
/** Making one costs more than a whole programme does, and it is always the same one. */
const zones = new Map<string, Zone>()

/** Null: no zone of the IANA database has this name. */
export const zoneNamed = (timeZone: string): Zone | null => {
  const known = zones.get(timeZone)
  if (known !== undefined) return known
  try {
    const zone = createZone(timeZone)
    if (zones.size >= ZONES_REMEMBERED) zones.clear()
    zones.set(timeZone, zone)
    return zone
  } catch (error) {
    // The only fault of a formatter that is made of constants and this name.
    if (error instanceof RangeError) return null
    throw error
  }
}
