/**
 * When a programme begins: RFC 5545 recurrence. Rules are expanded in local time; what the zone makes of a local time, and
 * UNTIL, RDATE and EXDATE, which compare moments, are decided here.
 */
import { expandRule, type Expand } from './expand.ts'
import { parseRule, startsInDayMax } from './rule.ts'
import type { Recurrence } from './schedule.ts'
import { wallMs, type WallMs } from './time.ts'
import { zoneNamed, type LocalMs, type Zone } from './zone.ts'

/** All starts in [from, until), ascending, each once. */
export type Starts = (from: WallMs, until: WallMs) => WallMs[]

export type CompiledRecurrence = { kind: 'ok'; starts: Starts } | { kind: 'wrong'; detail: string }

/** Starts in a day: a rule by the second is a mistake, not a programme. */
export const STARTS_MAX = 5_000

/** Starts have to be counted one by one to know the last: a century of three a day. */
export const COUNT_MAX = 100_000

const onlyStart =
  (start: LocalMs): Expand =>
  (first, last) =>
    start >= first && start <= last ? [start] : []

/**
 * `2026-11-21T05:30:00`; null where the calendar has no such date, or before the first that moments are counted from. A
 * second 60 is taken for 59 (§3.3.12).
 */
const localOf = (text: string): LocalMs | null => {
  const [year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN] = text.split(/[-T:]/).map(Number)
  const at = Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59))
  const isDate = new Date(at).getUTCMonth() === month - 1 && new Date(at).getUTCDate() === day
  return isDate && year >= 1970 && hour < 24 && minute < 60 && second <= 60 ? at : null
}

/** `20271231T235959` or the same with a Z. */
const untilOf = (text: string, zone: Zone): WallMs | null => {
  const at = localOf(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z?$/, '$1-$2-$3T$4:$5:$6'))
  if (at === null) return null
  return text.endsWith('Z') ? wallMs(at) : zone.toWall(at)
}

type Wrong = { kind: 'wrong'; detail: string }
const wrong = (detail: string): Wrong => ({ kind: 'wrong', detail })

type Expansion = { kind: 'ok'; expand: Expand; last: WallMs | null }

const expansionOf = (text: string, start: LocalMs, zone: Zone): Expansion | Wrong => {
  const parsed = parseRule(text)
  if (parsed.kind === 'wrong') return parsed
  const { rule } = parsed
  const inDay = startsInDayMax(rule)
  if (inDay > STARTS_MAX) return wrong(`may begin ${inDay} times in a day; at most ${STARTS_MAX} are allowed`)
  if (rule.count !== null && rule.count > COUNT_MAX)
    return wrong(`COUNT=${rule.count} is more than ${COUNT_MAX}; say the last moment with UNTIL`)
  const last = rule.until === null ? null : untilOf(rule.until, zone)
  if (rule.until !== null && last === null) return wrong(`UNTIL=${rule.until} is no date and time of the calendar`)
  return { kind: 'ok', expand: expandRule(rule, start), last }
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
      ? { kind: 'ok', expand: onlyStart(start), last: null }
      : expansionOf(recurrence.rule, start, zone)
  if (expansion.kind === 'wrong') return expansion
  const { expand, last } = expansion
  const exceptions = new Set(excepted)
  const starts: Starts = (from, until) => {
    if (until <= from) return []
    const span = zone.localSpan(from, until)
    const ruled = expand(span.first, span.last).map(zone.toWall)
    const within = last === null ? ruled : ruled.filter((at) => at <= last)
    const asked = (extra.length === 0 ? within : [...within, ...extra]).filter((at) => at >= from && at < until)
    // Two local times can be one moment, where clocks are set forward.
    return [...new Set(asked)].filter((at) => !exceptions.has(at)).sort((a, b) => a - b)
  }
  return { kind: 'ok', starts }
}
