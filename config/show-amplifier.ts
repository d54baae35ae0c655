/** One amplifier on one line: whether it has power, what it reads, what it reports. */
import { moment, plain, type Paint } from './page.ts'
import type { AmplifierStatus } from './status.ts'
import type { Words } from './words/words.ts'

const readingText = ({ name, value, unit }: AmplifierStatus['readings'][number], words: Words): string => {
  const number = value === null ? words.amplifier.unread : new Intl.NumberFormat(words.locale).format(value)
  return `${plain(name)} ${number}${unit === undefined || value === null ? '' : ` ${plain(unit)}`}`
}

/** Parts of a line, the most important first. */
export const amplifierParts = (amplifier: AmplifierStatus, now: number, words: Words, paint: Paint): string[] => {
  const { power, wanted, readAt, readings, tripped } = amplifier
  const said = words.amplifier
  const isAsWanted = wanted === 'always' || power === wanted
  const state = wanted === 'always' ? said.always : said.power[power]
  return [
    isAsWanted ? paint.strong(state) : paint.bad(`${state} (${said.wanted(said.power[wanted])})`),
    ...tripped.map((name) => paint.bad(said.tripped(plain(name)))),
    ...readings.map((reading) => readingText(reading, words)),
    ...(readAt === null ? [] : [paint.dim(said.readAt(moment(readAt, now, words)))]),
  ]
}

export const isWell = ({ power, wanted, tripped }: AmplifierStatus): boolean =>
  tripped.length === 0 && (wanted === 'always' || power === wanted)
