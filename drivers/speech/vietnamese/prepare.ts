/**
 * Vietnamese text as an announcer reads it: no digit, no sign and no abbreviation is left to the guess of an engine. Pure.
 *
 * The text is gone through once from left to right; what was read is never read again, so a text of n characters takes n steps,
 * whatever it holds.
 */
import { ABBREVIATIONS } from './abbreviations.ts'
import { DATES, TIMES } from './dates.ts'
import { DOCUMENTS } from './documents.ts'
import { areInitials, spelled } from './letters.ts'
import { NAMES } from './names.ts'
import { digitByDigit, type Region } from './numbers.ts'
import { PHONES } from './phones.ts'
import { MEASURES, MONEY, SLASHES } from './quantities.ts'
import { CONTEXT_CHARACTERS, type Kind, type Rule } from './rule.ts'
import { signWords, SIGN_RULES } from './signs.ts'
import { createWordTable, type SpokenWord, type WordTable } from './word-table.ts'

export type Prepare = (text: string) => string

const BUILT_IN = createWordTable(
  Object.entries(ABBREVIATIONS).map(([written, spoken]): SpokenWord => ({ written, spoken })),
)

const DIGIT_RULES: readonly Rule[] = [...PHONES, ...DOCUMENTS, ...DATES, ...TIMES, ...MONEY, ...MEASURES]
/** A bracket, a plus or a currency may open a number. */
const SIGN_FIRST: readonly Rule[] = [...PHONES, ...MONEY, ...SLASHES, ...SIGN_RULES]

const LETTERS = /[\p{L}\p{M}]{1,40}/uy
const WORDY = /[\p{L}\p{M}\p{N}]/u
/** Between two numbers of a list the kind of the first holds for the second. */
const ENUMERATES = /^(?:[\s,;–-]|hoặc|hay|và)$/u

/** `end`: the last character of `said`, which is not looked at again as a whole. */
type State = { said: string[]; end: string; at: number; last: Kind | null; region: Region }

const append = (state: State, piece: string): void => {
  state.said.push(piece)
  state.end = piece === '' ? state.end : piece.slice(-1)
}

/** Words that were read stand apart from what stands around them. */
const put = (state: State, words: string): void => {
  const isJoined = state.end === '' || /[\s([{“"‘'«-]/u.test(state.end)
  append(state, isJoined ? words : ` ${words}`)
}

const tryRules = (text: string, state: State, rules: readonly Rule[]): boolean => {
  const before = text.slice(Math.max(0, state.at - CONTEXT_CHARACTERS), state.at).toLowerCase()
  for (const { pattern, kind, say } of rules) {
    pattern.lastIndex = state.at
    const match = pattern.exec(text)
    if (match === null || match[0] === '') continue
    const end = state.at + match[0].length
    const after = text.slice(end, end + CONTEXT_CHARACTERS)
    const words = say(match, { before, after, last: state.last, region: state.region })
    if (words === null) continue
    put(state, words)
    state.at = end
    state.last = kind
    return true
  }
  return false
}

const copy = (text: string, state: State, length: number): void => {
  const piece = text.slice(state.at, state.at + length)
  // A letter behind something that was read: `5A`.
  if (state.last !== null && WORDY.test(piece.charAt(0)) && WORDY.test(state.end)) put(state, piece)
  else append(state, piece)
  state.at += length
  if (!ENUMERATES.test(piece.trim() === '' ? ' ' : piece)) state.last = null
}

const readWord = (text: string, state: State, tables: readonly WordTable[], isShouted: boolean): void => {
  const [own, builtIn] = tables
  const found = own?.find(text, state.at, isShouted) ?? null
  const say = (word: SpokenWord) => {
    put(state, word.spoken)
    state.at += word.written.length
    state.last = 'word'
  }
  if (found !== null) {
    say(found)
    return
  }
  if (tryRules(text, state, NAMES)) return
  const known = builtIn?.find(text, state.at, isShouted) ?? null
  if (known !== null) {
    say(known)
    return
  }
  LETTERS.lastIndex = state.at
  const letters = LETTERS.exec(text)?.[0] ?? text.charAt(state.at)
  if (!areInitials(letters)) {
    copy(text, state, letters.length)
    return
  }
  put(state, spelled(letters))
  state.at += letters.length
  state.last = 'word'
}

/** A line without a small letter is a headline: its words are words, not initials. */
const isHeadline = (line: string): boolean => !/\p{Ll}/u.test(line) && /\p{Lu}{2}\s+\p{Lu}{2}/u.test(line)

const readLine = (line: string, region: Region, tables: readonly WordTable[]): string => {
  const state: State = { said: [], end: '', at: 0, last: null, region }
  const isShouted = isHeadline(line)
  while (state.at < line.length) {
    const first = line.charAt(state.at)
    const before = line.charAt(state.at - 1)
    if (/\d/.test(first)) {
      const own = WORDY.test(before) ? null : (tables[0]?.find(line, state.at, isShouted) ?? null)
      if (own !== null) {
        put(state, own.spoken)
        state.at += own.written.length
        state.last = 'word'
      } else if (!tryRules(line, state, DIGIT_RULES)) {
        put(state, digitByDigit(first))
        state.at += 1
      }
    } else if (/[\p{L}\p{M}]/u.test(first) || /[\uD800-\uDFFF]/.test(first)) {
      readWord(line, state, tables, isShouted)
    } else if (!tryRules(line, state, SIGN_FIRST)) {
      const words = signWords(first)
      if (words === null) copy(line, state, 1)
      else {
        put(state, words)
        state.at += 1
        state.last = null
      }
    }
  }
  return state.said.join('')
}

const ADDRESS = /\b(?:https?:\/\/|www\.)\S+/giu
/** Invisible marks may stand inside a number or a word. */
const INVISIBLE = /[\p{Cf}\p{Co}\p{Cn}]+/gu
/** Numbers of other shapes (①, ½, Ⅳ, ５); the small ² and ³ belong to units. */
const OTHER_NUMBERS = /(?![\d²³])\p{N}/gu

const plainNumbers = (text: string): string =>
  text.replaceAll(OTHER_NUMBERS, (sign) => {
    const plain = sign.normalize('NFKC')
    return /[０-９]/u.test(sign) || plain === sign ? plain : ` ${plain} `
  })

/** What reading leaves behind: spaces twice, and before a comma. */
const tidied = (line: string): string =>
  line
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/ (?=[,.;:!?)…\]”’])/gu, '')
    .replaceAll(/,(?=[\p{L}])/gu, ', ')
    .replaceAll(/[,;](?:\s?,)+/gu, ',')
    .trim()

/** `words`: what a commune has added, which counts before everything else. Lines stay lines. */
export const createPrepare = (region: Region, words: readonly SpokenWord[] = []): Prepare => {
  // Spoken forms are read out too: whoever writes `tổ 5` there means the word.
  const own = createWordTable(words.map(({ written, spoken }) => ({ written, spoken: readText(spoken, region, []) })))
  return (text) => readText(text, region, [own])
}

const readText = (text: string, region: Region, own: readonly WordTable[]): string => {
  const tables = [own[0] ?? createWordTable([]), BUILT_IN]
  return plainNumbers(text.normalize('NFC').replaceAll(ADDRESS, ' ').replaceAll(INVISIBLE, ''))
    .split(/\r\n|[\r\n\u2028\u2029]/u)
    .map((line) => tidied(readLine(line, region, tables)))
    .join('\n')
}
