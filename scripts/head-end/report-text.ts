/** The report as a table for the terminal. Pure. */
import { parseWall } from '../../player/plan/time.ts'
import type { ChainBreak } from './chain-check.ts'
import type { Alarm } from './device-store.ts'
import { localClock, localDate } from './local-time.ts'
import { breakText, lateText, printable, type Voice } from './render.ts'
import type { Report, ReportRow } from './report.ts'
import type { Words } from './words.ts'

export type ReportFacts = {
  report: Report
  day: string
  breaks: readonly ChainBreak[]
  recordCount: number
  alarms: readonly Alarm[]
  refusedCount: number
}

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Characters as a terminal draws them: a diacritic takes no room of its own. */
const widthOf = (text: string): number => [...characters.segment(text)].length

const table = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))))
  return rows.map((row) =>
    row
      .map((cell, column) => `${cell}${' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)))}`)
      .join('  ')
      .trimEnd(),
  )
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

const cells = (row: ReportRow, words: Words, timeZone: string): string[] => {
  const how = row.state === 'played' ? row.ended.map((ended) => words.ended[ended]).join(', ') : words.report[row.state]
  const failed =
    row.state === 'missing' && row.ended.length > 0 ? ` (${row.ended.map((e) => words.ended[e]).join(', ')})` : ''
  return [
    localClock(row.plannedStart, timeZone),
    printable(row.title),
    row.device,
    row.output,
    row.state === 'due' ? '' : percent(row.share),
    row.lateMs === null ? '' : lateText(words, row.lateMs),
    `${how}${failed}${row.outside === null ? '' : ` · ${words.report.outside[row.outside]}`}`,
  ]
}

export const reportText = (facts: ReportFacts, { words, timeZone }: Voice): string => {
  const { report, day, breaks, recordCount, alarms, refusedCount } = facts
  const { rows, unplanned } = report
  const count = (state: ReportRow['state']): number => rows.filter((row) => row.state === state).length
  const open = alarms.filter((alarm) => alarm.raisedAt !== null && alarm.clearedAt === null)
  const lines = [words.report.title(day), '']
  if (rows.length === 0) lines.push(words.report.nothingPlanned)
  else {
    lines.push(...table([words.report.columns, ...rows.map((row) => cells(row, words, timeZone))]), '')
    lines.push(words.report.totals(count('played') + count('missing'), count('played'), count('missing')))
  }
  if (unplanned.length > 0) {
    const played = unplanned.map((record) => [
      `  ${localClock(parseWall(record.actualStart ?? record.plannedStart), timeZone)}`,
      printable(record.title),
      record.device,
      record.output,
      `${(record.heardMs / 1000).toFixed(1)} s`,
      record.trigger.kind,
      words.ended[record.ended],
    ])
    lines.push('', words.report.unplanned, ...table(played))
  }
  lines.push('')
  if (breaks.length === 0) lines.push(words.report.chainWhole(recordCount))
  else lines.push(words.report.chainBroken, ...breaks.map((fault) => `  ${breakText(fault, words)}`))
  if (open.length > 0)
    lines.push(
      words.report.alarmsOpen,
      ...open.map(({ device, code, subject, detail, raisedAt }) => {
        const since = raisedAt === null ? '' : `${localDate(raisedAt, timeZone)} ${localClock(raisedAt, timeZone)}`
        return `  ${since}  ${printable(`${device} ${code} ${subject}: ${detail}`)}`
      }),
    )
  if (refusedCount > 0) lines.push(words.report.refused(refusedCount))
  return lines.join('\n')
}
