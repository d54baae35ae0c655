/**
 * The rules that nearly every programme has, by arithmetic: every so many seconds, minutes, hours, days or weeks, or on
 * some days of the week. A schedule of 10,000 programmes is read in the time that the library takes for a thousand.
 */
import { WEEKDAYS, type Rule, type Weekday } from './rule.ts'
import type { LocalMs } from './zone.ts'

/** The starts of a rule between two local times, both included, ascending. */
export type Expand = (first: LocalMs, last: LocalMs) => LocalMs[]

const DAY_MS = 86_400_000
const STEP_MS = { SECONDLY: 1_000, MINUTELY: 60_000, HOURLY: 3_600_000, DAILY: DAY_MS, WEEKLY: 7 * DAY_MS }

const dayOf = (at: LocalMs): number => Math.floor(at / DAY_MS)
/** 0 is Monday: 1970-01-01 was a Thursday. */
const weekdayOfDay = (day: number): number => (((day + 3) % 7) + 7) % 7
/** Number of the week that a day is in, when weeks begin on `weekStart`. */
const weekOfDay = (day: number, weekStart: Weekday): number => Math.floor((day + 3 - WEEKDAYS.indexOf(weekStart)) / 7)

const everyStep =
  (start: LocalMs, stepMs: number, count: number | null): Expand =>
  (first, last) => {
    const starts: LocalMs[] = []
    const end = count === null ? last : Math.min(last, start + (count - 1) * stepMs)
    for (let at = start + Math.max(0, Math.ceil((first - start) / stepMs)) * stepMs; at <= end; at += stepMs)
      starts.push(at)
    return starts
  }

const onDays =
  (start: LocalMs, isDay: (day: number) => boolean): Expand =>
  (first, last) => {
    const starts: LocalMs[] = []
    const clockMs = start - dayOf(start) * DAY_MS
    const from = Math.max(first, start)
    for (let day = dayOf(from - clockMs + DAY_MS - 1); day * DAY_MS + clockMs <= last; day += 1)
      if (isDay(day)) starts.push(day * DAY_MS + clockMs)
    return starts
  }

/** Null where a rule is none of these: the library knows it. */
export const expandPlainly = (rule: Rule, start: LocalMs): Expand | null => {
  const { frequency, interval, byDay, weekStart } = rule
  const finer = [rule.bySecond, rule.byMinute, rule.byHour, rule.byMonthDay, rule.byYearDay, rule.byWeekNo]
  if ([...finer, rule.byMonth, rule.bySetPos].some((part) => part !== null)) return null
  if (frequency === 'YEARLY' || frequency === 'MONTHLY') return null
  if (byDay === null) return everyStep(start, STEP_MS[frequency] * interval, rule.count)
  if (rule.count !== null || (frequency !== 'DAILY' && frequency !== 'WEEKLY')) return null
  const weekdays = new Set(byDay.map(({ weekday }) => WEEKDAYS.indexOf(weekday)))
  const firstDay = dayOf(start)
  if (frequency === 'DAILY')
    return onDays(start, (day) => weekdays.has(weekdayOfDay(day)) && (day - firstDay) % interval === 0)
  const firstWeek = weekOfDay(firstDay, weekStart)
  return onDays(
    start,
    (day) => weekdays.has(weekdayOfDay(day)) && (weekOfDay(day, weekStart) - firstWeek) % interval === 0,
  )
}
