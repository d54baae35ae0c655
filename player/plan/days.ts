/** Days of the Gregorian calendar as numbers, and which of them a rule allows (RFC 5545 §3.3.10). */
import { WEEKDAYS, type Rule, type Weekday } from './rule.ts'

export const DAY_MS = 86_400_000

/** Days since 1970-01-01, in whatever zone the clock is. */
export type Day = number

export const dayOf = (at: number): Day => Math.floor(at / DAY_MS)
export const dayNumber = (year: number, month: number, monthDay: number): Day =>
  Date.UTC(year, month - 1, monthDay) / DAY_MS

/** 0 is Monday: 1970-01-01 was a Thursday. */
const weekdayIndex = (day: Day): number => (((day + 3) % 7) + 7) % 7

/** Number of the week that a day is in, when weeks begin on `weekStart`; the weeks are not those of a year. */
export const weekIndex = (day: Day, weekStart: Weekday): number =>
  Math.floor((day + 3 - WEEKDAYS.indexOf(weekStart)) / 7)
export const firstDayOfWeek = (week: number, weekStart: Weekday): Day => week * 7 - 3 + WEEKDAYS.indexOf(weekStart)

export type CivilDate = { year: number; month: number; monthDay: number }
export const civilDate = (day: Day): CivilDate => {
  const date = new Date(day * DAY_MS)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, monthDay: date.getUTCDate() }
}

/** The first day of week number one of a year: the first week that has four days in it. */
const firstDayOfWeekOne = (year: number, weekStart: Weekday): Day => {
  const newYear = dayNumber(year, 1, 1)
  const week = firstDayOfWeek(weekIndex(newYear, weekStart), weekStart)
  return newYear - week <= 3 ? week : week + 7
}

/** A week may belong to the year before or after the one that its days are in. */
const weekNumberOf = (day: Day, year: number, weekStart: Weekday): { fromStart: number; fromEnd: number } => {
  let first = firstDayOfWeekOne(year, weekStart)
  let next = firstDayOfWeekOne(year + 1, weekStart)
  if (day >= next) [first, next] = [next, firstDayOfWeekOne(year + 2, weekStart)]
  else if (day < first) [first, next] = [firstDayOfWeekOne(year - 1, weekStart), first]
  const fromStart = Math.floor((day - first) / 7) + 1
  return { fromStart, fromEnd: fromStart - (next - first) / 7 - 1 }
}

type DayCheck = (day: Day, date: CivilDate) => boolean

/** `place` is counted from 1 among `of`; allowed by its number from the front or from the end. */
const isNumbered = (allowed: ReadonlySet<number>, place: number, of: number): boolean =>
  allowed.has(place) || allowed.has(place - of - 1)

const weekdayCheck = (rule: Rule): DayCheck | null => {
  if (rule.byDay === null) return null
  const any = new Set<number>()
  const ordinals = new Map<number, Set<number>>()
  for (const { weekday, ordinal } of rule.byDay) {
    const index = WEEKDAYS.indexOf(weekday)
    if (ordinal === null) any.add(index)
    else ordinals.set(index, (ordinals.get(index) ?? new Set()).add(ordinal))
  }
  // A number counts within the month, or within the year where the rule names no month.
  const isOfMonth = rule.frequency === 'MONTHLY' || rule.byMonth !== null
  return (day, { year, month }) => {
    const index = weekdayIndex(day)
    if (any.has(index)) return true
    const allowed = ordinals.get(index)
    if (allowed === undefined) return false
    const from = isOfMonth ? dayNumber(year, month, 1) : dayNumber(year, 1, 1)
    const until = isOfMonth ? dayNumber(year, month + 1, 1) : dayNumber(year + 1, 1, 1)
    const place = Math.floor((day - from) / 7) + 1
    return allowed.has(place) || allowed.has(-Math.floor((until - 1 - day) / 7) - 1)
  }
}

/** What a rule does not say of the day is derived from DTSTART. */
const impliedCheck = (rule: Rule, start: Day): DayCheck | null => {
  if ([rule.byYearDay, rule.byMonthDay, rule.byDay].some((part) => part !== null)) return null
  const { month, monthDay } = civilDate(start)
  const weekday = weekdayIndex(start)
  const isWeekday: DayCheck = (day) => weekdayIndex(day) === weekday
  if (rule.byWeekNo !== null || rule.frequency === 'WEEKLY') return isWeekday
  if (rule.frequency === 'MONTHLY') return (_day, date) => date.monthDay === monthDay
  if (rule.frequency !== 'YEARLY') return null
  const isMonthSaid = rule.byMonth !== null
  return (_day, date) => date.monthDay === monthDay && (isMonthSaid || date.month === month)
}

/** Which days a rule allows; when in the day, and which of several, is another question. Null: every day. */
export const dayFilter = (rule: Rule, start: Day): ((day: Day) => boolean) | null => {
  const { byMonth, byWeekNo, byYearDay, byMonthDay, weekStart } = rule
  const checks: DayCheck[] = []
  const add = (check: DayCheck | null) => {
    if (check !== null) checks.push(check)
  }
  const listed = (part: number[] | null, check: (allowed: ReadonlySet<number>) => DayCheck) => {
    if (part !== null) checks.push(check(new Set(part)))
  }
  // The cheapest first.
  listed(
    byMonth,
    (allowed) =>
      (_day, { month }) =>
        allowed.has(month),
  )
  add(impliedCheck(rule, start))
  add(weekdayCheck(rule))
  listed(
    byMonthDay,
    (allowed) =>
      (_day, { year, month, monthDay }) =>
        isNumbered(allowed, monthDay, dayNumber(year, month + 1, 1) - dayNumber(year, month, 1)),
  )
  listed(byYearDay, (allowed) => (day, { year }) => {
    const from = dayNumber(year, 1, 1)
    return isNumbered(allowed, day - from + 1, dayNumber(year + 1, 1, 1) - from)
  })
  listed(byWeekNo, (allowed) => (day, { year }) => {
    const { fromStart, fromEnd } = weekNumberOf(day, year, weekStart)
    return allowed.has(fromStart) || allowed.has(fromEnd)
  })
  if (checks.length === 0) return null
  return (day) => {
    const date = civilDate(day)
    return checks.every((check) => check(day, date))
  }
}
