/** How a page looks in a terminal: colours where there are any, columns that line up, text that cannot do harm. */
import type { Words } from './words/words.ts'

export type Terminal = { columns: number; colour: boolean }

export type Paint = Record<'good' | 'bad' | 'warn' | 'dim' | 'strong', (text: string) => string>

/** Wider lines are hard to read even where the screen has room. */
const COLUMNS_MAX = 100
const COLUMNS_MIN = 40

export const paintOf = ({ colour }: Terminal): Paint => {
  const with_ = (code: string) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  return { good: with_('32'), bad: with_('31;1'), warn: with_('33'), dim: with_('2'), strong: with_('1') }
}

/** Titles and details come from the network; a control character in them would command the technician's terminal. */
export const plain = (text: string): string => text.normalize('NFC').replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')

const segments = new Intl.Segmenter()
const PAINT = /\u001b\[[\d;]*m/g

/** Columns that a text takes; Vietnamese letters take one, however many marks they carry, and colours take none. */
export const width = (text: string): number => [...segments.segment(text.replaceAll(PAINT, '').normalize('NFC'))].length

export const padded = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)))

export const cut = (text: string, columns: number): string => {
  const letters = [...segments.segment(text)].map(({ segment }) => segment)
  return letters.length <= columns ? text : `${letters.slice(0, Math.max(0, columns - 1)).join('')}…`
}

/** How many columns a line has. */
const lineOf = ({ columns }: Terminal): number => Math.max(COLUMNS_MIN, Math.min(columns, COLUMNS_MAX))

/** Breaks between words; what follows the first line is set in by `indent`. A long path or command is never broken. */
export const wrapped = (text: string, terminal: Terminal, indent: number): string => {
  const limit = lineOf(terminal) - indent
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || width(last) + 1 + width(word) > limit) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}

/** Of parts that are joined by `between`, the most important first, as many as one line has room for beside an indent. */
export const fitting = (parts: readonly string[], between: string, terminal: Terminal, indent: number): string => {
  const limit = lineOf(terminal) - indent
  const count = parts.findIndex((_, index) => width(parts.slice(0, index + 1).join(between)) > limit)
  return parts.slice(0, count === -1 ? parts.length : Math.max(1, count)).join(between)
}

const UNITS = [
  { name: 'day', ms: 86_400_000 },
  { name: 'hour', ms: 3_600_000 },
  { name: 'minute', ms: 60_000 },
  { name: 'second', ms: 1_000 },
] as const

/** The two largest units: `3 d 4 h`, `2 min 13 s`. */
export const duration = (ms: number, words: Words): string => {
  const first = UNITS.findIndex((unit) => ms >= unit.ms)
  if (first === -1) return `0 ${words.durations.second}`
  let rest = ms
  return UNITS.slice(first, first + 2)
    .map((unit) => {
      const count = Math.floor(rest / unit.ms)
      rest -= count * unit.ms
      return { count, text: `${count} ${words.durations[unit.name]}` }
    })
    .filter(({ count }, index) => index === 0 || count > 0)
    .map(({ text }) => text)
    .join(' ')
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Decimal units, as on the packaging of a card. */
export const bytes = (count: number, words: Words): string => {
  const power = Math.min(SIZES.length - 1, count < 1 ? 0 : Math.floor(Math.log10(count) / 3))
  const value = count / 1000 ** power
  const digits = power === 0 || value >= 100 ? 0 : 1
  return `${value.toLocaleString(words.locale, { maximumFractionDigits: digits })} ${SIZES[power] ?? 'B'}`
}

/** Hour and minute by the clock of the box, with the day where it is not today. */
export const moment = (text: string, nowMs: number, words: Words): string => {
  const at = Date.parse(text)
  if (Number.isNaN(at)) return plain(text)
  const time = new Intl.DateTimeFormat(words.locale, { hour: '2-digit', minute: '2-digit' }).format(at)
  const day = new Intl.DateTimeFormat(words.locale, { day: '2-digit', month: '2-digit', year: 'numeric' })
  return day.format(at) === day.format(nowMs) ? time : `${time} ${day.format(at)}`
}

/** Year first and to the minute, which reads the same in every language. */
export const localMinute = (text: string): string => {
  const at = Date.parse(text)
  if (Number.isNaN(at)) return plain(text)
  return new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short' }).format(at)
}
