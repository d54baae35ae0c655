/** When a programme begins: RFC 5545 recurrence, expanded by a library. The only file of the plan that has one. */
import { RRuleTemporal } from 'rrule-temporal'
import type { Recurrence } from './schedule.ts'
import { addMs, wallMs, type WallMs } from './time.ts'

/** All starts in [from, until), ascending, each once. */
export type Starts = (from: WallMs, until: WallMs) => WallMs[]

export type CompiledRecurrence = { kind: 'ok'; starts: Starts } | { kind: 'wrong'; detail: string }

/** Starts in a day: a rule by the second is a mistake, not a programme. */
const STARTS_MAX = 5_000

const basic = (local: string): string => local.replaceAll(/[-:]/g, '')

/** The recurrence as the lines of an iCalendar object (RFC 5545 §3.8.2.4, §3.8.5). */
const toICalendar = (recurrence: Recurrence): string => {
  const zone = recurrence.timeZone
  const lines = [`DTSTART;TZID=${zone}:${basic(recurrence.start)}`]
  // Without a rule the start itself is the only one (§3.8.5.3: DTSTART is the first instance).
  lines.push(`RRULE:${recurrence.rule ?? 'FREQ=DAILY;COUNT=1'}`)
  const list = (name: string, starts: string[] | undefined) => {
    if (starts !== undefined && starts.length > 0) lines.push(`${name};TZID=${zone}:${starts.map(basic).join(',')}`)
  }
  list('RDATE', recurrence.extraStarts)
  list('EXDATE', recurrence.exceptStarts)
  return lines.join('\n')
}

/** How far beyond what was asked an expansion is remembered: the plan asks again and again for nearly the same window. */
const REMEMBERED_MS = 26 * 3_600_000

/** A rule that has no start in sight, such as 30 February, makes the library give up: it does not begin, that is all. */
const neverFailing =
  (expand: Starts): Starts =>
  (from, until) => {
    try {
      return expand(from, until)
    } catch {
      return []
    }
  }

/** The same answers, most of them from memory. */
const remembering = (expand: Starts): Starts => {
  let known: { from: WallMs; until: WallMs; starts: WallMs[] } | null = null
  return (from, until) => {
    if (until <= from) return []
    if (known === null || from < known.from || until > known.until) {
      const ahead = wallMs(Math.max(until, from + REMEMBERED_MS))
      known = { from, until: ahead, starts: expand(from, ahead) }
    }
    return known.starts.filter((start) => start >= from && start < until)
  }
}

/** Compiled once, when a schedule arrives: a rule that the library refuses is an answer, not a crash at its hour. */
export const compileRecurrence = (recurrence: Recurrence): CompiledRecurrence => {
  try {
    const rule = new RRuleTemporal({ rruleString: toICalendar(recurrence) })
    const expand: Starts = (from, until) =>
      rule
        .between(new Date(from), new Date(until), true)
        .map((start) => wallMs(start.epochMilliseconds))
        .filter((start) => start >= from && start < until)
    // Tried here, where a fault is an answer: the library gives up on a rule after 10,000 steps.
    const first = wallMs(rule.options().dtstart.epochMilliseconds)
    if (expand(first, addMs(first, REMEMBERED_MS)).length > STARTS_MAX)
      return { kind: 'wrong', detail: `begins more than ${STARTS_MAX} times in a day` }
    return { kind: 'ok', starts: remembering(neverFailing(expand)) }
  } catch (error) {
    return { kind: 'wrong', detail: error instanceof Error ? error.message : String(error) }
  }
}
