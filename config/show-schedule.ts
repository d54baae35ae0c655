/** `loa schedule` and `loa schedule why`: what the box will do, and why this and not that, on pages of 80 columns. */
import { cut, padded, paintOf, plain, width, wrapped, type Paint, type Terminal } from './page.ts'
import type { Loser, PlannedAiring, ScheduleAnswer, Winner, WhyAnswer } from './schedule.ts'
import { localParts } from './when.ts'
import type { Words } from './words/words.ts'

type View = { words: Words; terminal: Terminal; paint: Paint; timeZone: string }

const COLUMNS_MAX = 100
const COLUMNS_MIN = 60
const ISSUER_COLUMNS = 14
const INDENT = '    '

const two = (value: number): string => String(value).padStart(2, '0')

const clockTime = (text: string, timeZone: string, withSeconds: boolean): string => {
  const { hour, minute, second } = localParts(Date.parse(text), timeZone)
  return `${two(hour)}:${two(minute)}${withSeconds ? `:${two(second)}` : ''}`
}

const dateOf = (text: string, { words, timeZone }: View): string =>
  new Intl.DateTimeFormat(words.locale, {
    timeZone,
    weekday: 'long',
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
  }).format(Date.parse(text))

const isOddSecond = (text: string): boolean => Date.parse(text) % 60_000 !== 0

const notes = (
  { clockTrusted, isRecalling }: ScheduleAnswer | WhyAnswer,
  { words, paint, terminal }: View,
): string[] => {
  const { clockUnsynced, stillReading } = words.schedule
  return [...(clockTrusted ? [] : [clockUnsynced]), ...(isRecalling ? [stillReading] : [])].map(
    (note) => `  ${paint.warn('!')} ${wrapped(note, terminal, 4)}`,
  )
}

const priorityOf = (priority: string, words: Words): string => words.schedule.priorities[priority] ?? plain(priority)

const airingRow = (
  airing: PlannedAiring,
  { isAgain, withSeconds, isNow }: { isAgain: boolean; withSeconds: boolean; isNow: boolean },
  { words, terminal, paint, timeZone }: View,
): string => {
  const time = (text: string) => clockTime(text, timeZone, withSeconds)
  const times = `${time(airing.from)}–${time(airing.until)}`
  const priority = priorityOf(airing.priority, words)
  const priorityColumns = Math.max(...Object.values(words.schedule.priorities).map((one) => width(one ?? '')))
  const columns = Math.max(COLUMNS_MIN, Math.min(terminal.columns, COLUMNS_MAX))
  const titleColumns = columns - INDENT.length - times.length - 3 - 2 - priorityColumns - 2 - ISSUER_COLUMNS
  const again = `${airing.over === true ? ` ${words.schedule.spokenOver}` : ''}${isAgain ? ` ${words.schedule.goesOn}` : ''}`
  const title = cut(plain(airing.title), Math.max(8, titleColumns - width(again))) + again
  const shown = padded(title, titleColumns)
  const mark = isNow ? paint.good('▶') : ' '
  return `${INDENT}${times} ${mark} ${isNow ? paint.strong(shown) : shown}  ${padded(priority, priorityColumns)}  ${paint.dim(cut(plain(airing.issuer), ISSUER_COLUMNS))}`.trimEnd()
}

const outputRows = (answer: ScheduleAnswer, output: ScheduleAnswer['outputs'][number], view: View): string[] => {
  const { words, paint } = view
  const airings = answer.airings.filter((airing) => airing.output === output.id)
  const heading = `  ${paint.strong(`${output.id} (${words.media[output.medium]})`)}`
  if (airings.length === 0) return [heading, `${INDENT}${paint.dim(words.schedule.nothing)}`, '']
  const withSeconds = airings.some(({ from, until }) => isOddSecond(from) || isOddSecond(until))
  const now = Date.parse(answer.now)
  const seen = new Set<string>()
  const rows = airings.map((airing) => {
    const isAgain = seen.has(airing.occurrenceId)
    seen.add(airing.occurrenceId)
    const isNow = Date.parse(airing.from) <= now && now < Date.parse(airing.until)
    return airingRow(airing, { isAgain, withSeconds, isNow }, view)
  })
  return [heading, ...rows, '']
}

export const schedulePage = (answer: ScheduleAnswer, words: Words, terminal: Terminal): string => {
  const paint = paintOf(terminal)
  const view: View = { words, terminal, paint, timeZone: answer.timeZone }
  const { hour, minute } = localParts(Date.parse(answer.from), answer.timeZone)
  const since = hour === 0 && minute === 0 ? '' : ` · ${words.schedule.from(`${two(hour)}:${two(minute)}`)}`
  const zone = paint.dim(plain(answer.timeZone))
  return [
    '',
    `  ${paint.strong(plain(answer.device))} · ${dateOf(answer.from, view)}${since} · ${zone}`,
    ...notes(answer, view),
    '',
    ...answer.outputs.flatMap((output) => outputRows(answer, output, view)),
    ...(answer.omitted > 0 ? [`  ${paint.warn('!')} ${words.schedule.omitted(answer.omitted)}`, ''] : []),
  ].join('\n')
}

const claimLine = (claim: Winner | Loser, { words, timeZone, paint }: View): string => {
  const withSeconds = isOddSecond(claim.start) || isOddSecond(claim.endsAt)
  const time = (text: string) => clockTime(text, timeZone, withSeconds)
  const times = `${time(claim.effectiveStart)}–${time(claim.endsAt)}`
  const planned = claim.start === claim.effectiveStart ? '' : ` (${words.schedule.planned(time(claim.start))})`
  const who = claim.area === '' ? plain(claim.issuer) : `${plain(claim.issuer)} (${plain(claim.area)})`
  return `${paint.strong(plain(claim.title))} · ${priorityOf(claim.priority, words)} · ${times}${planned} · ${who}`
}

const whyRows = (output: WhyAnswer['outputs'][number], view: View): string[] => {
  const { words, terminal, paint } = view
  const { winner, below, losers, isSilent } = output
  const wins =
    winner === null
      ? `${INDENT}  ${paint.dim(words.schedule.nothingPlays)}`
      : `${INDENT}${paint.good('▶')} ${wrapped(claimLine(winner, view), terminal, 6)}`
  const silent = isSilent ? [`${INDENT}  ${paint.dim(wrapped(words.schedule.silent, terminal, 6))}`] : []
  const under =
    below === undefined
      ? []
      : [
          `${INDENT}${paint.good('▷')} ${wrapped(claimLine(below, view), terminal, 6)}`,
          `${INDENT}  ${paint.dim(wrapped(words.schedule.below, terminal, 6))}`,
        ]
  const lost = losers.flatMap((loser) => [
    `${INDENT}${paint.warn('✗')} ${wrapped(claimLine(loser, view), terminal, 6)}`,
    `${INDENT}  ${paint.dim(wrapped(words.schedule.reasons[loser.reason] ?? plain(loser.reason), terminal, 6))}`,
  ])
  const isAlone = winner !== null && below === undefined && losers.length === 0
  const alone = isAlone ? [`${INDENT}  ${paint.dim(words.schedule.alone)}`] : []
  return [
    `  ${paint.strong(`${output.id} (${words.media[output.medium]})`)}`,
    wins,
    ...silent,
    ...under,
    ...alone,
    ...lost,
    '',
  ]
}

export const whyPage = (answer: WhyAnswer, words: Words, terminal: Terminal): string => {
  const paint = paintOf(terminal)
  const view: View = { words, terminal, paint, timeZone: answer.timeZone }
  const time = clockTime(answer.at, answer.timeZone, isOddSecond(answer.at))
  return [
    '',
    `  ${paint.strong(plain(answer.device))} · ${time} ${dateOf(answer.at, view)} · ${paint.dim(plain(answer.timeZone))}`,
    ...notes(answer, view),
    '',
    ...answer.outputs.flatMap((output) => whyRows(output, view)),
  ].join('\n')
}
