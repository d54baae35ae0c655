/** When a programme begins: RFC 5545 recurrence, expanded by a library. The only file of the plan that has one. */
import { RRuleTemporal } from 'rrule-temporal'
import type { Recurrence } from './schedule.ts'
import { wallMs, type WallMs } from './time.ts'

/** All starts in [from, until), ascending, each once. */
export type Starts = (from: WallMs, until: WallMs) => WallMs[]

export type CompiledRecurrence = { kind: 'ok'; starts: Starts } | { kind: 'wrong'; detail: string }

/** Starts that one question may return: a rule by the second is a mistake, not a programme. */
const STARTS_MAX = 10_000

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

/** Compiled once, when a schedule arrives: a rule that the library refuses is an answer, not a crash at its hour. */
export const compileRecurrence = (recurrence: Recurrence): CompiledRecurrence => {
  try {
    const rule = new RRuleTemporal({ rruleString: toICalendar(recurrence) })
    const starts: Starts = (from, until) => {
      if (until <= from) return []
      const found = rule.between(new Date(from), new Date(until), true).map((start) => wallMs(start.epochMilliseconds))
      return found.filter((start) => start >= from && start < until).slice(0, STARTS_MAX)
    }
    starts(wallMs(0), wallMs(1))
    return { kind: 'ok', starts }
  } catch (error) {
    return { kind: 'wrong', detail: error instanceof Error ? error.message : String(error) }
  }
}
