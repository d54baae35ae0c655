/**
 * A rule expanded in local time by RFC 5545 §3.3.10: periods of its frequency, the days and times in them that its parts
 * allow, and of these the places that BYSETPOS names. A window costs what is in it, however long ago the rule began.
 */
import { DAY_MS, civilDate, dayFilter, dayNumber, dayOf, firstDayOfWeek, weekIndex, type Day } from './days.ts'
import type { Frequency, Rule, Weekday } from './rule.ts'
import type { LocalMs } from './zone.ts'

/** The starts between two local times, both included, ascending. */
export type Expand = (first: LocalMs, last: LocalMs) => LocalMs[]

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const SECOND_MS = 1_000

const ceilTo = (value: number, step: number): number => Math.ceil(value / step) * step

/** Every sum of one of each, ascending if each list is and the lists are from coarse to fine. */
const sums = (...lists: number[][]): number[] =>
  lists.reduce((made, list) => made.flatMap((a) => list.map((b) => a + b)), [0])

/** Where in a set of `size` the numbers of BYSETPOS point, ascending. */
const placesIn = (bySetPos: readonly number[], size: number): number[] =>
  [...new Set(bySetPos.map((position) => (position > 0 ? position - 1 : size + position)))]
    .filter((place) => place >= 0 && place < size)
    .sort((a, b) => a - b)

type Clock = { hours: number[]; minutes: number[]; seconds: number[] }

/** In milliseconds; what a rule does not say is derived from DTSTART. */
const clockOf = (rule: Rule, start: LocalMs): Clock => {
  const sinceMidnight = start - dayOf(start) * DAY_MS
  const said = (part: number[] | null, unitMs: number, ofStart: number) =>
    (part ?? [ofStart]).map((one) => one * unitMs)
  return {
    hours: said(rule.byHour, HOUR_MS, Math.floor(sinceMidnight / HOUR_MS)),
    minutes: said(rule.byMinute, MINUTE_MS, Math.floor(sinceMidnight / MINUTE_MS) % 60),
    seconds: said(rule.bySecond, SECOND_MS, Math.floor(sinceMidnight / SECOND_MS) % 60),
  }
}

const UNIT_MS = { HOURLY: HOUR_MS, MINUTELY: MINUTE_MS, SECONDLY: SECOND_MS }
type DayFrequency = Exclude<Frequency, keyof typeof UNIT_MS>

/** Periods of days: their number, and the days from one number to the next. */
type Periods = { numberOf: (day: Day) => number; firstDay: (period: number) => Day }

const periodsOf = (frequency: DayFrequency, weekStart: Weekday): Periods => {
  switch (frequency) {
    case 'YEARLY':
      return { numberOf: (day) => civilDate(day).year, firstDay: (year) => dayNumber(year, 1, 1) }
    case 'MONTHLY':
      return {
        numberOf: (day) => {
          const { year, month } = civilDate(day)
          return year * 12 + month - 1
        },
        firstDay: (period) => dayNumber(Math.floor(period / 12), (period % 12) + 1, 1),
      }
    case 'WEEKLY':
      return {
        numberOf: (day) => weekIndex(day, weekStart),
        firstDay: (week) => firstDayOfWeek(week, weekStart),
      }
    case 'DAILY':
      return { numberOf: (day) => day, firstDay: (day) => day }
  }
}

const byDays = (rule: Rule, start: LocalMs, { numberOf, firstDay }: Periods): Expand => {
  const { interval, bySetPos } = rule
  const isDay = dayFilter(rule, dayOf(start))
  const { hours, minutes, seconds } = clockOf(rule, start)
  const times = sums(hours, minutes, seconds)
  const base = numberOf(dayOf(start))
  /** The places of a period, among all its starts, without making them all. */
  const picked = (begin: Day, end: Day, positions: readonly number[]): LocalMs[] => {
    const days: Day[] = []
    for (let day = begin; day < end; day += 1) if (isDay === null || isDay(day)) days.push(day)
    return placesIn(positions, days.length * times.length).map(
      (place) => (days[Math.floor(place / times.length)] ?? NaN) * DAY_MS + (times[place % times.length] ?? NaN),
    )
  }
  return (first, last) => {
    const from = Math.max(first, start)
    const found: LocalMs[] = []
    const add = (at: LocalMs) => {
      if (at >= from && at <= last) found.push(at)
    }
    let period = base + ceilTo(numberOf(dayOf(from)) - base, interval)
    for (let begin = firstDay(period); begin * DAY_MS <= last; begin = firstDay(period)) {
      const end = firstDay(period + 1)
      if (bySetPos !== null) for (const at of picked(begin, end, bySetPos)) add(at)
      else {
        const until = Math.min(end, dayOf(last) + 1)
        for (let day = Math.max(begin, dayOf(from)); day < until; day += 1)
          if (isDay === null || isDay(day)) for (const time of times) add(day * DAY_MS + time)
      }
      period += interval
    }
    return found
  }
}

/** Periods finer than a day: whatever a period may not be in is passed over as a whole. */
const byClock = (rule: Rule, start: LocalMs, frequency: keyof typeof UNIT_MS): Expand => {
  const unitMs = UNIT_MS[frequency]
  const { interval } = rule
  const isDay = dayFilter(rule, dayOf(start))
  const limits = [
    { partMs: HOUR_MS, of: 24, allowed: rule.byHour },
    { partMs: MINUTE_MS, of: 60, allowed: rule.byMinute },
    { partMs: SECOND_MS, of: 60, allowed: rule.bySecond },
  ].flatMap(({ partMs, of, allowed }) =>
    partMs < unitMs || allowed === null ? [] : [{ partMs, of, allowed: new Set(allowed) }],
  )
  const { minutes, seconds } = clockOf(rule, start)
  const within = { HOURLY: [minutes, seconds], MINUTELY: [seconds], SECONDLY: [] }[frequency]
  const all = sums(...within)
  const offsets = rule.bySetPos === null ? all : placesIn(rule.bySetPos, all.length).map((place) => all[place] ?? NaN)
  const base = Math.floor(start / unitMs)
  /** The first period of the rule at or after a local time. */
  const periodFrom = (at: LocalMs): number => base + ceilTo(Math.ceil(at / unitMs) - base, interval)
  return (first, last) => {
    const from = Math.max(first, start)
    const found: LocalMs[] = []
    let allowedDay: Day | null = null
    let period = periodFrom(Math.floor(from / unitMs) * unitMs)
    while (period * unitMs <= last) {
      const at = period * unitMs
      const day = dayOf(at)
      if (isDay !== null && day !== allowedDay) {
        if (!isDay(day)) {
          period = periodFrom((day + 1) * DAY_MS)
          continue
        }
        allowedDay = day
      }
      const barred = limits.find(({ partMs, of, allowed }) => !allowed.has(Math.floor(at / partMs) % of))
      if (barred !== undefined) {
        period = periodFrom((Math.floor(at / barred.partMs) + 1) * barred.partMs)
        continue
      }
      for (const offset of offsets) if (at + offset >= from && at + offset <= last) found.push(at + offset)
      period += interval
    }
    return found
  }
}

/** How much is counted at once: as little as shows what was asked, and never an endless search. */
const COUNTED_DAYS_MS = 366 * DAY_MS
const COUNTED_CLOCK_MS = 7 * DAY_MS

/** The same until `count` starts are over. What has been counted is not counted again. */
const counted = (
  expand: Expand,
  { start, count, chunkMs }: { start: LocalMs; count: number; chunkMs: number },
): Expand => {
  let before = start
  let missing = count
  let end: LocalMs | null = null
  return (first, last) => {
    while (end === null && before <= last) {
      const starts = expand(before, before + chunkMs - 1)
      end = starts[missing - 1] ?? null
      missing -= starts.length
      before += chunkMs
    }
    return expand(first, end === null ? last : Math.min(last, end))
  }
}

export const expandRule = (rule: Rule, start: LocalMs): Expand => {
  const { frequency, count, weekStart } = rule
  const isByClock = frequency === 'HOURLY' || frequency === 'MINUTELY' || frequency === 'SECONDLY'
  const expand = isByClock ? byClock(rule, start, frequency) : byDays(rule, start, periodsOf(frequency, weekStart))
  if (count === null) return expand
  return counted(expand, { start, count, chunkMs: isByClock ? COUNTED_CLOCK_MS : COUNTED_DAYS_MS })
}
