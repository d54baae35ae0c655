/** Numbers in Vietnamese words, as they are read out in the North or in the South. Pure. */
import { doReadNumber, ReadingConfig } from 'read-vietnamese-number'

/** Where the listeners are: the South says `lẻ` and `ngàn` where the North says `linh` and `nghìn`. */
export type Region = 'north' | 'central' | 'south'

/** What is longer is no quantity, but a code: its digits are read one by one. */
const QUANTITY_DIGITS_MAX = 15

const DIGITS = ['không', 'một', 'hai', 'ba', 'bốn', 'năm', 'sáu', 'bảy', 'tám', 'chín'] as const

const configOf = (odd: string, thousand: string): ReadingConfig => {
  const config = new ReadingConfig()
  config.unit = []
  config.oddText = odd
  config.units = [[], [thousand], ['triệu'], ['tỷ']]
  return config
}

const configFor = (region: Region): ReadingConfig =>
  region === 'south' ? configOf('lẻ', 'ngàn') : configOf('linh', 'nghìn')

/** `0912` → `không chín một hai`. */
export const digitByDigit = (digits: string): string =>
  Array.from(digits, (digit) => DIGITS[Number(digit)] ?? '').join(' ')

/**
 * Digits alone as a number. Forms of offices are filled up with a zero (`05 hộ`), which nobody reads; more zeros in front, or
 * more digits than any quantity has, are a code.
 */
export const cardinal = (digits: string, region: Region): string => {
  if (/^0[1-9]$/.test(digits)) return digitByDigit(digits.slice(1))
  if (digits.length > QUANTITY_DIGITS_MAX || /^0\d/.test(digits)) return digitByDigit(digits)
  return doReadNumber(digits, configFor(region))
}

/** What stands behind the comma: zeros one by one, then a number while it is short enough to be grasped. */
const fraction = (digits: string, region: Region): string => {
  if (digits.length > 3) return digitByDigit(digits)
  const zeros = /^0*/.exec(digits)?.[0] ?? ''
  const rest = digits.slice(zeros.length)
  return [digitByDigit(zeros), rest === '' ? '' : cardinal(rest, region)].filter((part) => part !== '').join(' ')
}

/** Any of `1.500`, `2,5`, `3.14`, `1,500,000`: as a pattern for other patterns, without groups. */
export const NUMBER = String.raw`(?:\d{1,3}(?:\.\d{3}){1,6}(?!\d)|\d{1,3}(?:,\d{3}){2,6}(?!\d)|\d{1,30})(?:[.,]\d{1,10}(?!\d))?`

type Parts = { whole: string; fraction: string; point: 'phẩy' | 'chấm' }

const partsOf = (text: string): Parts => {
  const grouped = /^(\d{1,3}(?:\.\d{3})+)(?:,(\d+))?$/.exec(text) ?? /^(\d{1,3}(?:,\d{3}){2,})(?:\.(\d+))?$/.exec(text)
  if (grouped !== null)
    return { whole: (grouped[1] ?? '').replaceAll(/[.,]/g, ''), fraction: grouped[2] ?? '', point: 'phẩy' }
  const [whole = '', ...rest] = text.split(/[.,]/)
  return { whole, fraction: rest.join(''), point: text.includes(',') ? 'phẩy' : 'chấm' }
}

/** A number as it is written in Vietnamese: points between thousands, a comma before the fraction. */
export const numberWords = (text: string, region: Region): string => {
  const parts = partsOf(text)
  const whole = cardinal(parts.whole, region)
  return parts.fraction === '' ? whole : `${whole} ${parts.point} ${fraction(parts.fraction, region)}`
}

/** The same before a unit, where `1.5 triệu` can mean nothing but one and a half. */
export const quantityWords = (text: string, region: Region): string =>
  numberWords(text, region).replace(' chấm ', ' phẩy ')

/** The first and the fourth have words of their own. */
export const ordinal = (digits: string, region: Region): string => {
  if (/^0?1$/.test(digits)) return 'nhất'
  return /^0?4$/.test(digits) ? 'tư' : cardinal(digits, region)
}

const ROMAN_SIGNS: Record<string, number> = { I: 1, V: 5, X: 10, L: 50, C: 100 }
const ROMAN = /^(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})$/

/** Null: it is no Roman number up to 399. */
export const romanValue = (text: string): number | null => {
  if (text === '' || !ROMAN.test(text)) return null
  const values = Array.from(text, (sign) => ROMAN_SIGNS[sign] ?? 0)
  return values.reduce((sum, value, index) => sum + (value < (values[index + 1] ?? 0) ? -value : value), 0)
}
