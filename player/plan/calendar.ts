/**
 * When a programme begins: RFC 5545 recurrence. Rules are expanded in local time, the plainest by arithmetic and all others
 * by a library; what the zone makes of a local time, and UNTIL, RDATE and EXDATE, which compare moments, are decided here.
 * The only file of the plan that has a date library.
 */
import { RRuleTemporal } from 'rrule-temporal'
import { expandPlainly, type Expand } from './plain-rule.ts'
import { parseRule, startsInDayMax, type Rule } from './rule.ts'
import type { Recurrence } from './schedule.ts'
import { addMs, wallMs, type WallMs } from './time.ts'
import { zoneNamed, type LocalMs, type Zone } from './zone.ts'

/** All starts in [from, until), ascending, each once. */
export type Starts = (from: WallMs, until: WallMs) => WallMs[]

export type CompiledRecurrence = { kind: 'ok'; starts: Starts } | { kind: 'wrong'; detail: string }

/** Starts in a day: a rule by the second is a mistake, not a programme. */
export const STARTS_MAX = 5_000

/** Where starts have to be counted one by one to know the last: twenty-seven years of days. */
export const COUNT_MAX = 10_000

/** Periods without a start after which a rule is taken to have none any more, such as 30 February. */
const PERIODS_MAX = 20_000

/** The library takes and gives objects of Temporal; local times pass as UTC, so that it never asks for a zone. */
const asUtc = (at: LocalMs) => {
  const text = `${new Date(at).toISOString().slice(0, 19)}+00:00[UTC]`
  return { timeZoneId: 'UTC', toString: () => text }
}

const libraryRule = (rule: Rule, start: LocalMs, count: number | null): RRuleTemporal => {
  const given = <K extends string, V>(key: K, value: V | null) => (value === null ? {} : { [key]: value })
  return new RRuleTemporal({
    freq: rule.frequency,
    interval: rule.interval,
    dtstart: asUtc(start),
    wkst: rule.weekStart,
    maxIterations: PERIODS_MAX,
    // All results would be remembered a second time.
    cache: false,
    ...given('count', count),
    ...given('bySecond', rule.bySecond),
    ...given('byMinute', rule.byMinute),
    ...given('byHour', rule.byHour),
    ...given('byDay', rule.byDay?.map(({ weekday, ordinal }) => `${ordinal ?? ''}${weekday}`) ?? null),
    ...given('byMonthDay', rule.byMonthDay),
    ...given('byYearDay', rule.byYearDay),
    ...given('byWeekNo', rule.byWeekNo),
    ...given('byMonth', rule.byMonth),
    ...given('bySetPos', rule.bySetPos),
  })
}

/** A rule that has no start in sight makes the library give up: it does not begin, that is all. */
const orNone = <T>(ask: () => T, none: T): T => {
  try {
    return ask()
  } catch {
    return none
  }
}

/** Made when it is first asked: of 10,000 programmes some are not asked for before they are replaced. */
const byLibrary = (rule: Rule, start: LocalMs): Expand => {
  let made: { expansion: RRuleTemporal; end: LocalMs } | null = null
  const make = () => {
    const expansion = libraryRule(rule, start, null)
    if (rule.count === null) return { expansion, end: Infinity }
    // Counted once: with a COUNT the library begins at DTSTART whenever it is asked.
    const counted = orNone(() => libraryRule(rule, start, rule.count).all(), [])
    return { expansion, end: counted.at(-1)?.epochMilliseconds ?? -Infinity }
  }
  return (first, last) => {
    made ??= make()
    const { expansion, end } = made
    const until = Math.min(last, end)
    if (until < Math.max(first, start)) return []
    const found = orNone(() => expansion.between(new Date(first), new Date(until), true), [])
    return found.map(({ epochMilliseconds }) => epochMilliseconds)
  }
}

const onlyStart =
  (start: LocalMs): Expand =>
  (first, last) =>
    start >= first && start <= last ? [start] : []

/** `2026-11-21T05:30:00`; null where the calendar has no such date. A second 60 is taken for 59 (§3.3.12). */
const localOf = (text: string): LocalMs | null => {
  const [year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN] = text.split(/[-T:]/).map(Number)
  const at = Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59))
  const isDate = new Date(at).getUTCMonth() === month - 1 && new Date(at).getUTCDate() === day
  return isDate && hour < 24 && minute < 60 && second <= 60 ? at : null
}

/** `20271231T235959` or the same with a Z. */
const untilOf = (text: string, zone: Zone): WallMs | null => {
  const at = localOf(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z?$/, '$1-$2-$3T$4:$5:$6'))
  if (at === null) return null
  return text.endsWith('Z') ? wallMs(at) : zone.toWall(at)
}

/** How much of an expansion is remembered: the plan asks again and again for nearly the same window. */
const REMEMBERED_MS = 26 * 3_600_000
/** The same where a window of it holds a handful of starts at most, and each asking costs the library a search. */
const REMEMBERED_RARE_MS = 35 * 86_400_000
const RARE_STARTS_IN_DAY_MAX = 4

/** The same answers, most of them from memory. */
const remembering = (expand: Starts, rememberedMs: number): Starts => {
  let known: { from: WallMs; until: WallMs; starts: WallMs[] } | null = null
  // Who asks for the next day also asks for the hours that have just passed.
  const marginMs = rememberedMs / 4
  return (from, until) => {
    if (until <= from) return []
    if (known === null || from < known.from || until > known.until) {
      const begin = addMs(from, -marginMs)
      const end = wallMs(Math.max(until + marginMs, from + rememberedMs))
      known = { from: begin, until: end, starts: expand(begin, end) }
    }
    return known.starts.filter((start) => start >= from && start < until)
  }
}

type Wrong = { kind: 'wrong'; detail: string }
const wrong = (detail: string): Wrong => ({ kind: 'wrong', detail })

/** A rule as it is expanded: `rememberedMs` is null where asking again costs nothing. */
type Expansion = { kind: 'ok'; expand: Expand; last: WallMs | null; rememberedMs: number | null }

const expansionOf = (text: string, start: LocalMs, zone: Zone): Expansion | Wrong => {
  const parsed = parseRule(text)
  if (parsed.kind === 'wrong') return parsed
  const { rule } = parsed
  const inDay = startsInDayMax(rule)
  if (inDay > STARTS_MAX) return wrong(`may begin ${inDay} times in a day; at most ${STARTS_MAX} are allowed`)
  const last = rule.until === null ? null : untilOf(rule.until, zone)
  if (rule.until !== null && last === null) return wrong(`UNTIL=${rule.until} is no date and time of the calendar`)
  const plain = expandPlainly(rule, start)
  if (plain !== null) return { kind: 'ok', expand: plain, last, rememberedMs: null }
  if (rule.count !== null && rule.count > COUNT_MAX)
    return wrong(`COUNT=${rule.count} is more than ${COUNT_MAX}; say the last moment with UNTIL`)
  const isRare = ['YEARLY', 'MONTHLY', 'WEEKLY'].includes(rule.frequency) && inDay <= RARE_STARTS_IN_DAY_MAX
  const rememberedMs = isRare ? REMEMBERED_RARE_MS : REMEMBERED_MS
  return { kind: 'ok', expand: byLibrary(rule, start), last, rememberedMs }
}

/** Local times of a list as moments, or the one that is none. */
const momentsOf = (name: string, texts: readonly string[] | undefined, zone: Zone): WallMs[] | Wrong => {
  const moments: WallMs[] = []
  for (const text of texts ?? []) {
    const local = localOf(text)
    if (local === null) return wrong(`${name}: ${text} is no date and time of the calendar`)
    moments.push(zone.toWall(local))
  }
  return moments
}

/** Compiled once, when a schedule arrives: a rule that means nothing is an answer, not a crash at its hour. */
export const compileRecurrence = (recurrence: Recurrence): CompiledRecurrence => {
  const zone = zoneNamed(recurrence.timeZone)
  if (zone === null) return wrong(`no zone of the IANA database is called ${recurrence.timeZone}`)
  const start = localOf(recurrence.start)
  if (start === null) return wrong(`${recurrence.start} is no date and time of the calendar`)
  const extra = momentsOf('extraStarts', recurrence.extraStarts, zone)
  if (!Array.isArray(extra)) return extra
  const excepted = momentsOf('exceptStarts', recurrence.exceptStarts, zone)
  if (!Array.isArray(excepted)) return excepted
  const expansion: Expansion | Wrong =
    recurrence.rule === undefined
      ? { kind: 'ok', expand: onlyStart(start), last: null, rememberedMs: null }
      : expansionOf(recurrence.rule, start, zone)
  if (expansion.kind === 'wrong') return expansion
  const { expand, last, rememberedMs } = expansion
  const exceptions = new Set(excepted)
  const starts: Starts = (from, until) => {
    const span = zone.localSpan(from, until)
    const ruled = expand(span.first, span.last).map(zone.toWall)
    const within = last === null ? ruled : ruled.filter((at) => at <= last)
    const asked = (extra.length === 0 ? within : [...within, ...extra]).filter((at) => at >= from && at < until)
    // Two local times can be one moment, where clocks are set forward.
    return [...new Set(asked)].filter((at) => !exceptions.has(at)).sort((a, b) => a - b)
  }
  return { kind: 'ok', starts: rememberedMs === null ? starts : remembering(starts, rememberedMs) }
}
