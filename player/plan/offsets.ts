/**
 * How far the clocks of a place differ from UTC, asked several times for every decision. The system's own tables are slow to
 * ask, so what they say of a stretch of time is remembered.
 */
import { wallMs, type WallMs } from './time.ts'

export type Offsets = {
  /** Local time minus UTC. */
  offsetMs: (at: WallMs) => number
  /** Where the clocks are put forward or back in [from, until), ascending: the first moment of the new time. */
  transitions: (from: WallMs, until: WallMs) => WallMs[]
}

/** No zone has put its clocks twice within a week since 1970, so two ends of a stretch that agree speak for all of it. */
const STRETCH_MS = 7 * 86_400_000

/** Stretches remembered: more than a year, at the size of a few hundred numbers. */
const STRETCHES_MAX = 64

type Stretch = { offsetMs: number; change: { at: WallMs; offsetMs: number } | null }

/** What the system's tables say; throws a RangeError for a zone that they do not have. */
export const offsetReader = (timeZone: string): ((at: number) => number) => {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  })
  return (at) => {
    const parts = new Map(format.formatToParts(new Date(at)).map(({ type, value }) => [type, Number(value)]))
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    return local - Math.floor(at / 1_000) * 1_000
  }
}

const readStretch = (ask: (at: number) => number, from: number): Stretch => {
  const offsetMs = ask(from)
  const atEnd = ask(from + STRETCH_MS)
  if (atEnd === offsetMs) return { offsetMs, change: null }
  let before = from
  let after = from + STRETCH_MS
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (ask(middle) === offsetMs) before = middle
    else after = middle
  }
  // A change at the very end belongs to the next stretch, where it is no change any more.
  return after === from + STRETCH_MS
    ? { offsetMs, change: null }
    : { offsetMs, change: { at: wallMs(after), offsetMs: atEnd } }
}

/** Throws a RangeError for a zone that the system does not know. */
export const openOffsets = (timeZone: string): Offsets => {
  const ask = offsetReader(timeZone)
  const known = new Map<number, Stretch>()
  const stretchFrom = (from: number): Stretch => {
    const remembered = known.get(from)
    if (remembered !== undefined) return remembered
    const stretch = readStretch(ask, from)
    const oldest = known.keys().next()
    if (known.size >= STRETCHES_MAX && oldest.done !== true) known.delete(oldest.value)
    known.set(from, stretch)
    return stretch
  }
  const startOf = (at: number): number => Math.floor(at / STRETCH_MS) * STRETCH_MS
  return {
    offsetMs: (at) => {
      const { offsetMs, change } = stretchFrom(startOf(at))
      return change === null || at < change.at ? offsetMs : change.offsetMs
    },
    transitions: (from, until) => {
      const found: WallMs[] = []
      for (let start = startOf(from); start < until; start += STRETCH_MS) {
        const { offsetMs, change } = stretchFrom(start)
        // Between the end of one stretch and the beginning of the next the clocks may be put as well.
        if (start >= from && stretchEnd(stretchFrom(start - STRETCH_MS)) !== offsetMs) found.push(wallMs(start))
        if (change !== null && change.at >= from && change.at < until) found.push(change.at)
      }
      return found
    },
  }
}

const stretchEnd = ({ offsetMs, change }: Stretch): number => change?.offsetMs ?? offsetMs
