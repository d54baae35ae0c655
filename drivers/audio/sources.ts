/**
 * Which source of a stream is on the air, which is tried, and when a better one is tried again. Pure: what has happened goes
 * in, what is to be done comes out, so that every order of failures can be tried.
 *
 * Two ways to try a source. As `next`, while nothing sounds: it is taken as soon as it gives anything, and gives way to what
 * stands in `todo`. As `again`, beside what sounds: it is taken once it has really sounded for a moment, and until then
 * nobody hears of it.
 */

/** A source by its place in the list, the first is 0. */
export type Which = number | 'fallback'

export type Sources = {
  count: number
  hasFallback: boolean
  isAnnouncement: boolean
  /** Null: nothing gives sound. */
  on: Which | null
  onSinceMs: number
  /** What is on has been silent for too long, and there is nothing to give way to. */
  isMuted: boolean
  trying: { which: Which; as: 'next' | 'again' } | null
  /** What is tried after it, in order. */
  todo: readonly Which[]
  /** When what is better than what is on is tried again; null: nothing is better, or it is tried now. */
  retryAtMs: number | null
  /** Times in a row that nothing better was found, or that it did not last. */
  failures: number
  /** Why each was left, until it is on the air again. */
  whys: ReadonlyMap<Which, string>
  /** Those that were left because they were silent: they are on trial until they sound. */
  silent: ReadonlySet<Which>
}

export type SourceEvent =
  | { kind: 'begin' }
  /** Enough has come to begin with. */
  | { kind: 'gave'; which: Which }
  /** It has sounded for a moment beside what is on. */
  | { kind: 'proved'; which: Which }
  /** An error, its end, a stall. */
  | { kind: 'failed'; which: Which; why: string }
  /** What is on has been silent for too long. */
  | { kind: 'silent'; which: Which; why: string }
  /** What is on sounds; told while it is muted. */
  | { kind: 'sounds'; which: Which }
  /** Time has passed. */
  | { kind: 'tick' }

export type SourceEffect =
  | { do: 'start'; which: Which }
  /** Not wanted any more, nor what it has given. */
  | { do: 'drop'; which: Which }
  /** It is on the air from here on; what an earlier one gave before it failed is still heard first. */
  | { do: 'air'; which: Which }

export const RETRY_MS = 10_000
export const RETRY_MS_MAX = 120_000
/** While nothing sounds there is nothing to disturb: sooner. */
export const SILENT_RETRY_MS = 1_000
export const SILENT_RETRY_MS_MAX = 15_000
/** An announcement is over soon if its source does not come back. */
export const ANNOUNCEMENT_RETRY_MS = 500
/** A source that has lasted this long was a good one: its next failure counts as the first. */
export const STABLE_MS = 60_000
const JITTER = 0.2
const DOUBLINGS_MAX = 10

export const firstSources = (parts: Pick<Sources, 'count' | 'hasFallback' | 'isAnnouncement'>): Sources => ({
  ...parts,
  on: null,
  onSinceMs: 0,
  isMuted: false,
  trying: null,
  todo: [],
  retryAtMs: null,
  failures: 0,
  whys: new Map(),
  silent: new Set(),
})

/** As the head-end reads it: `1` is the first. */
export const labelOf = (which: Which): string => (which === 'fallback' ? which : String(which + 1))

const nameOf = (which: Which): string => (which === 'fallback' ? 'the fallback' : `source ${which + 1}`)

const listed = (now: Sources, from = 0): Which[] => [
  ...Array.from({ length: Math.max(0, now.count - from) }, (_, index): Which => from + index),
  ...(now.hasFallback ? (['fallback'] as const) : []),
]
const following = (now: Sources, which: Which): Which[] => (which === 'fallback' ? [] : listed(now, which + 1))

/** What would be rather heard than what is on. */
const better = (now: Sources): Which[] => {
  if (now.on === null) return listed(now)
  return listed(now).slice(0, now.on === 'fallback' ? now.count : now.on)
}

/** Why it is not the first one that is heard; null when it is. */
export const reasonOf = (now: Sources): string | null => {
  if (now.on === 0 && !now.isMuted) return null
  const left = [...better(now), ...(now.isMuted && now.on !== null ? [now.on] : [])]
  const whys = left.flatMap((which) => {
    const why = now.whys.get(which)
    return why === undefined ? [] : [`${nameOf(which)}: ${why}`]
  })
  return whys.length === 0 ? null : whys.join('; ')
}

export const retryMs = (now: Sources, chance: number): number => {
  const [firstMs, mostMs] = now.on === null ? [SILENT_RETRY_MS, SILENT_RETRY_MS_MAX] : [RETRY_MS, RETRY_MS_MAX]
  const steadyMs = Math.min(mostMs, firstMs * 2 ** Math.min(now.failures, DOUBLINGS_MAX))
  return Math.round((now.isAnnouncement ? ANNOUNCEMENT_RETRY_MS : steadyMs) * (1 - JITTER + 2 * JITTER * chance))
}

type At = { nowMs: number; chance: number }
type Outcome = { next: Sources; effects: SourceEffect[] }

const retryLater = (now: Sources, { nowMs, chance }: At): Sources => ({
  ...now,
  trying: null,
  todo: [],
  retryAtMs: better(now).length === 0 ? null : nowMs + retryMs(now, chance),
})

/** Tries the first of `todo`, or gives up for now. */
const tryNext = (now: Sources, as: 'next' | 'again', at: At): Outcome => {
  const [which, ...todo] = now.todo
  if (which === undefined) {
    // All were tried in vain: beside what sounds, the pause grows at once; where nothing does, the first one is short.
    const failures = now.failures + 1
    const later = retryLater(as === 'again' ? { ...now, failures } : now, at)
    return { next: { ...later, failures }, effects: [] }
  }
  return { next: { ...now, trying: { which, as }, todo, retryAtMs: null }, effects: [{ do: 'start', which }] }
}

const take = (now: Sources, which: Which, at: At): Outcome => {
  const whys = new Map(now.whys)
  whys.delete(which)
  const silent = new Set(now.silent)
  silent.delete(which)
  const effects: SourceEffect[] = now.on === null ? [] : [{ do: 'drop', which: now.on }]
  // One that comes and goes is tried less and less often: this counts until it has lasted.
  const failures = now.trying?.as === 'again' ? now.failures + 1 : now.failures
  const on: Sources = { ...now, on: which, onSinceMs: at.nowMs, isMuted: false, failures, whys, silent }
  return { next: retryLater(on, at), effects: [...effects, { do: 'air', which }] }
}

/** What is on is lost: something else, at once. */
const lose = (now: Sources, which: Which, at: At): Outcome => {
  const isLasting = at.nowMs - now.onSinceMs >= STABLE_MS
  const lost: Sources = { ...now, on: null, isMuted: false, failures: isLasting ? 0 : now.failures }
  // What is tried beside it becomes the next, since now anything is better than nothing.
  if (lost.trying !== null) {
    const todo = [...lost.todo, ...following(lost, which)]
    return { next: { ...lost, trying: { ...lost.trying, as: 'next' }, todo }, effects: [] }
  }
  return tryNext({ ...lost, todo: following(lost, which) }, 'next', at)
}

const leave = (now: Sources, which: Which, why: string, isSilent: boolean): Sources => ({
  ...now,
  whys: new Map(now.whys).set(which, why),
  silent: isSilent ? new Set(now.silent).add(which) : now.silent,
})

export const decideSources = (now: Sources, event: SourceEvent, at: At): Outcome => {
  const stay: Outcome = { next: now, effects: [] }
  switch (event.kind) {
    case 'begin':
      return tryNext({ ...now, todo: listed(now) }, 'next', at)
    case 'gave':
      return now.trying?.which === event.which && now.trying.as === 'next' ? take(now, event.which, at) : stay
    case 'proved':
      return now.trying?.which === event.which && now.trying.as === 'again' ? take(now, event.which, at) : stay
    case 'failed': {
      const left = leave(now, event.which, event.why, false)
      if (now.on === event.which) return lose(left, event.which, at)
      return now.trying?.which === event.which ? tryNext(left, now.trying.as, at) : stay
    }
    case 'silent': {
      const left = leave(now, event.which, event.why, true)
      if (now.trying?.which === event.which) {
        const { next, effects } = tryNext(left, now.trying.as, at)
        return { next, effects: [{ do: 'drop', which: event.which }, ...effects] }
      }
      if (now.on !== event.which) return stay
      if (listed(now).length === 1) return { next: { ...left, isMuted: true }, effects: [] }
      const { next, effects } = lose(left, event.which, at)
      return { next, effects: [{ do: 'drop', which: event.which }, ...effects] }
    }
    case 'sounds':
      return now.on === event.which && now.isMuted ? { next: { ...now, isMuted: false }, effects: [] } : stay
    case 'tick':
      if (now.retryAtMs === null || at.nowMs < now.retryAtMs) return stay
      return tryNext({ ...now, todo: better(now) }, now.on === null ? 'next' : 'again', at)
  }
}
