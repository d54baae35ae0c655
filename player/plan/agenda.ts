/**
 * When the programmes of one schedule are on: every occurrence of a day, found by its start, by its end, and by a moment in
 * its middle. Days are laid out when they are first asked for and remembered, so that a decision costs the same whether the
 * schedule has a hundred programmes or ten thousand. Same question, same answer: what is remembered shows only in the time.
 */
import type { Starts } from './calendar.ts'
import type { Programme, Schedule } from './schedule.ts'
import { addMs, formatUtc, parseWall, wallMs, type WallMs } from './time.ts'
import { LENGTH_MS_MAX, trackLengthMs, trackOf, type Medium } from './track.ts'

export type CompiledProgramme = { programme: Programme; starts: Starts }

/** One planned airing (lần phát). */
export type Occurrence = {
  occurrenceId: string
  schedule: Schedule
  programme: Programme
  /** As the schedule has it. */
  start: WallMs
  /** Planned length of what each medium has to play; 0: nothing. */
  lengthMs: Readonly<Record<Medium, number>>
  /** Planned end of the longer medium. */
  endsAt: WallMs
}

/** Whether that output has anything to play of it. */
export const isFor = ({ programme, lengthMs }: Occurrence, { id, medium }: { id: string; medium: Medium }): boolean =>
  (programme.outputs === null || programme.outputs.includes(id)) && lengthMs[medium] > 0

export type Agenda = {
  /** Those with from ≤ start < until, by start. */
  startingIn: (from: WallMs, until: WallMs) => Occurrence[]
  /** Those with start ≤ now < endsAt, by start. */
  at: (now: WallMs) => Occurrence[]
  /** Those with from < endsAt ≤ until, by end. */
  endingIn: (from: WallMs, until: WallMs) => Occurrence[]
  find: (occurrenceId: string) => Occurrence | null
  /** Lays days out ahead of being asked, until `shouldPause` says so. True: everything in [from, until) is laid out. */
  prepare: (from: WallMs, until: WallMs, shouldPause: () => boolean) => boolean
}

const DAY_MS = 86_400_000

/** Days that are remembered; those asked for least recently are forgotten. */
const DAYS_MAX = 12

type Day = {
  byStart: Occurrence[]
  byEnd: Occurrence[]
  /** The latest end of `byStart[0..i]`: looking back from a moment ends where this is past. */
  latestEnd: number[]
}

type Draft = { next: number; found: Occurrence[] }

const basicUtc = (at: WallMs): string => formatUtc(at).replaceAll(/[-:]|\.\d+/g, '')

/** `20261120T220000Z` as the moment that it is; null: it is no such thing. */
const parseBasicUtc = (text: string): WallMs | null => {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (match === null) return null
  const [, year, month, day, hour, minute, second] = match
  return parseWall(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

const prefixOf = (schedule: Schedule): string => `${schedule.origin.issuer}:${schedule.scheduleId}:`

export const occurrenceIdOf = (schedule: Schedule, programme: Programme, start: WallMs): string =>
  `${prefixOf(schedule)}${programme.programmeId}@${basicUtc(start)}`

/** The first index whose value is at least `at`. */
const lowerBound = (list: readonly Occurrence[], at: number, valueOf: (one: Occurrence) => number): number => {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const one = list[middle]
    if (one !== undefined && valueOf(one) < at) low = middle + 1
    else high = middle
  }
  return low
}

const startOf = ({ start }: Occurrence): number => start
const endOf = ({ endsAt }: Occurrence): number => endsAt

const finished = ({ found }: Draft): Day => {
  const byStart = found.sort((a, b) => a.start - b.start)
  let latest = Number.NEGATIVE_INFINITY
  return {
    byStart,
    byEnd: byStart.toSorted((a, b) => a.endsAt - b.endsAt),
    latestEnd: byStart.map(({ endsAt }) => (latest = Math.max(latest, endsAt))),
  }
}

/** How long a shuffled programme lasts may depend on the day: which item is the last, and where the identity falls. */
const lengthOf = (programme: Programme, medium: Medium, start: WallMs): number =>
  programme.playlist.shuffleSeed === null
    ? trackLengthMs(programme, medium)
    : trackOf(programme, medium, start).lengthMs

export const createAgenda = (schedule: Schedule, programmes: readonly CompiledProgramme[]): Agenda => {
  const days = new Map<number, Day>()
  const drafts = new Map<number, Draft>()
  const ids = new Set(programmes.map(({ programme }) => programme.programmeId))
  const longestMs = Math.min(
    LENGTH_MS_MAX,
    programmes.reduce(
      (longest, { programme }) =>
        Math.max(longest, trackLengthMs(programme, 'sound'), trackLengthMs(programme, 'picture')),
      0,
    ),
  )

  const occurrenceOf = (programme: Programme, start: WallMs): Occurrence => {
    const lengthMs = { sound: lengthOf(programme, 'sound', start), picture: lengthOf(programme, 'picture', start) }
    const endsAt = addMs(start, Math.max(lengthMs.sound, lengthMs.picture))
    return { occurrenceId: occurrenceIdOf(schedule, programme, start), schedule, programme, start, lengthMs, endsAt }
  }
  const startsOf = ({ programme, starts }: CompiledProgramme, from: number, until: number): WallMs[] => {
    const first = Math.max(from, programme.validFrom ?? from)
    const last = Math.min(until, programme.validUntil ?? until, schedule.validUntil)
    return first >= last ? [] : starts(wallMs(first), wallMs(last))
  }

  /** False: paused before the day was whole. */
  const layOut = (number: number, shouldPause: () => boolean): boolean => {
    if (days.has(number)) return true
    const draft = drafts.get(number) ?? { next: 0, found: [] }
    drafts.set(number, draft)
    for (; draft.next < programmes.length; draft.next += 1) {
      if (shouldPause()) return false
      const compiled = programmes[draft.next]
      if (compiled === undefined) break
      for (const start of startsOf(compiled, number * DAY_MS, (number + 1) * DAY_MS)) {
        const one = occurrenceOf(compiled.programme, start)
        if (one.endsAt > one.start) draft.found.push(one)
      }
    }
    drafts.delete(number)
    days.set(number, finished(draft))
    return true
  }
  const dayOf = (number: number): Day => {
    layOut(number, () => false)
    const day = days.get(number) ?? { byStart: [], byEnd: [], latestEnd: [] }
    // Asked for last, forgotten last.
    days.delete(number)
    days.set(number, day)
    const oldest = days.keys().next()
    if (days.size > DAYS_MAX && oldest.done !== true) days.delete(oldest.value)
    return day
  }
  const daysIn = (from: number, until: number): number[] => {
    // Outside of its validity a schedule has no occurrences, however far a clock is set.
    const first = Math.floor(Math.max(from, schedule.validFrom - longestMs) / DAY_MS)
    const last = Math.ceil(Math.min(until, schedule.validUntil) / DAY_MS)
    return Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index)
  }

  return {
    startingIn: (from, until) =>
      daysIn(from, until).flatMap((number) => {
        const { byStart } = dayOf(number)
        return byStart.slice(lowerBound(byStart, from, startOf), lowerBound(byStart, until, startOf))
      }),
    at: (now) =>
      daysIn(now - longestMs, now + 1).flatMap((number) => {
        const { byStart, latestEnd } = dayOf(number)
        const found: Occurrence[] = []
        for (let index = lowerBound(byStart, now + 1, startOf) - 1; index >= 0; index -= 1) {
          if ((latestEnd[index] ?? 0) <= now) break
          const one = byStart[index]
          if (one !== undefined && one.endsAt > now) found.push(one)
        }
        return found.reverse()
      }),
    endingIn: (from, until) =>
      daysIn(from - longestMs, until)
        .flatMap((number) => {
          const { byEnd } = dayOf(number)
          return byEnd.slice(lowerBound(byEnd, from + 1, endOf), lowerBound(byEnd, until + 1, endOf))
        })
        .sort((a, b) => a.endsAt - b.endsAt),
    find: (occurrenceId) => {
      const prefix = prefixOf(schedule)
      const place = occurrenceId.lastIndexOf('@')
      if (!occurrenceId.startsWith(prefix) || place < 0) return null
      const start = parseBasicUtc(occurrenceId.slice(place + 1))
      if (start === null || !ids.has(occurrenceId.slice(prefix.length, place))) return null
      // A newer revision may have moved the programme: what it no longer names is over.
      const { byStart } = dayOf(Math.floor(start / DAY_MS))
      for (let index = lowerBound(byStart, start, startOf); byStart[index]?.start === start; index += 1) {
        const one = byStart[index]
        if (one?.occurrenceId === occurrenceId) return one
      }
      return null
    },
    prepare: (from, until, shouldPause) =>
      daysIn(from - longestMs, until).every((number) => layOut(number, shouldPause)),
  }
}
