/** Dates, months, weekdays and times of the day. */
import { cardinal, ordinal, type Region } from './numbers.ts'
import { END, sticky, type Rule, type Spot } from './rule.ts'

const DAY = String.raw`(0?[1-9]|[12]\d|3[01])`
const MONTH = '(0?[1-9]|1[0-2])'
const NO_MORE = String.raw`(?![\d/])`

const dayName = (day: string, region: Region): string =>
  Number(day) <= 10 ? `mùng ${cardinal(String(Number(day)), region)}` : cardinal(day, region)

/** `ngày` is said once, whether or not it is written, and `mùng` too. */
const dayWords = (day: string, before: string, region: Region): string => {
  if (/(?:mùng|mồng)\s*$/u.test(before)) return cardinal(String(Number(day)), region)
  return /(?:ngày|hôm)\s*$/u.test(before) ? dayName(day, region) : `ngày ${dayName(day, region)}`
}

const monthName = (month: string, region: Region): string =>
  Number(month) === 4 ? 'tư' : cardinal(String(Number(month)), region)

const dateWords = (
  { day, month, year }: { day: string; month: string; year: string | undefined },
  before: string,
  region: Region,
): string => {
  const years = year === undefined ? '' : ` năm ${cardinal(year, region)}`
  return `${dayWords(day, before, region)} tháng ${monthName(month, region)}${years}`
}

const OF_A_DAY =
  /(?:ngày|mùng|mồng|hôm|sáng|trưa|chiều|tối|đêm|khuya|thứ \S+|chủ nhật|t[2-7]|cn|nay|mai|qua|trước|sau|đến|từ|tới|hết|giờ|dịp|lễ|tết|khánh|niệm|hạn|lúc)[\s,(:]*$/u
/** After these a slash or a dash is no date, whatever the numbers are. */
const OF_A_HOUSE = /(?:số|số nhà|nhà|ngõ|ngách|hẻm|kiệt|tổ|lô|thửa|tỷ lệ|tỉ lệ)\s*:?\s*$/u

/** Round the clock, seven days a week. */
const OF_A_WATCH = /(?:trực|hoạt động|phục vụ|làm việc|hỗ trợ|tiếp nhận|bảo vệ|mở cửa|liên tục)\s*$/u

/** `21/11` cannot be a share of anything; `2/3` can, unless a word or a date before it speaks of days. */
const isDate = (day: string, month: string, { before, last }: Spot): boolean =>
  OF_A_DAY.test(before) ||
  last === 'date' ||
  (!OF_A_HOUSE.test(before) && (Number(day) > 12 || Number(day) > Number(month)))

export const DATES: readonly Rule[] = [
  {
    // 5-7/11/2026, 28-30/4
    pattern: sticky(String.raw`${DAY}\s?[-–]\s?${DAY}/${MONTH}(?:/(\d{4}))?${NO_MORE}`),
    kind: 'date',
    say: ([, first = '', last = '', month = '', year], { before, region }) =>
      `${dayWords(first, before, region)} đến ${dateWords({ day: last, month, year }, 'ngày', region)}`,
  },
  {
    // 21/11/2026, 21-11-2026, 21.11.2026
    pattern: sticky(String.raw`${DAY}([/.-])${MONTH}\2(\d{4})${NO_MORE}`),
    kind: 'date',
    say: ([, day = '', , month = '', year], { before, region }) => dateWords({ day, month, year }, before, region),
  },
  {
    // 2026-11-21
    pattern: sticky(String.raw`(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])${NO_MORE}`),
    kind: 'date',
    say: ([, year, month = '', day = ''], { before, region }) => dateWords({ day, month, year }, before, region),
  },
  {
    // 21/11
    pattern: sticky(String.raw`${DAY}/${MONTH}${NO_MORE}`),
    kind: 'date',
    say: ([match, day = '', month = ''], spot) => {
      const isRound = match === '24/7' && OF_A_WATCH.test(spot.before)
      if (isRound || !isDate(day, month, spot)) return null
      return dateWords({ day, month, year: undefined }, spot.before, spot.region)
    },
  },
  {
    // ngày 2-9
    pattern: sticky(String.raw`${DAY}-${MONTH}(?![\d/-])`),
    kind: 'date',
    say: ([, day = '', month = ''], { before, region }) =>
      /(?:ngày|mùng|mồng|khánh|dịp|lễ|niệm)\s*$/u.test(before) && !/từ ngày\s*$/u.test(before)
        ? dateWords({ day, month, year: undefined }, before, region)
        : null,
  },
  {
    // 11/2026
    pattern: sticky(String.raw`${MONTH}[/-](\d{4})${NO_MORE}`),
    kind: 'date',
    say: ([match = '', month = '', year = ''], { before, region }) => {
      const isNamed = /tháng\s*$/u.test(before)
      if (match.includes('-') && !isNamed) return null
      return `${isNamed ? '' : 'tháng '}${monthName(month, region)} năm ${cardinal(year, region)}`
    },
  },
  {
    // tháng 4; ngày 5 tháng 6; thứ 4
    pattern: sticky(String.raw`(\d{1,2})(?![\d.,:/]{0,3}[\d\p{L}])`),
    kind: 'date',
    say: ([, digits = ''], { before, after, region }) => {
      if (/tháng\s*$/u.test(before)) return monthName(digits, region)
      if (/ngày\s*$/u.test(before) && /^\s+(?:tháng|âm lịch)/u.test(after)) return dayName(digits, region)
      return /(?<!\p{L})thứ\s*$/u.test(before) ? ordinal(digits, region) : null
    },
  },
]

const minuteWords = (minute: string | undefined, region: Region): string =>
  minute === undefined || Number(minute) === 0 ? '' : ` ${cardinal(String(Number(minute)), region)} phút`

const isTime = (hour: string, minute = '0'): boolean => Number(hour) <= 24 && Number(minute) < 60

const hourWords = (hour: string, minute: string | undefined, region: Region): string =>
  `${cardinal(String(Number(hour)), region)} giờ${minuteWords(minute, region)}`

export const TIMES: readonly Rule[] = [
  {
    // 17:05, 17:05:30
    pattern: sticky(String.raw`(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?![\d:])(?:\s?(?:giờ|h)${END})?`),
    kind: 'quantity',
    say: ([, hour = '', minute, second], { before, region }) => {
      if (!isTime(hour, minute) || /t[ỷỉ] lệ\s*$/u.test(before)) return null
      const seconds = second === undefined ? '' : ` ${cardinal(String(Number(second)), region)} giây`
      return `${hourWords(hour, minute, region)}${seconds}`
    },
  },
  {
    // 5h30, 5 giờ 30, 7g30, 5h30'
    pattern: sticky(String.raw`(\d{1,2})\s?(?:[hHgG]|giờ)\s?([0-5]\d)(?:\s?(?:'|’|ph|p|phút)${END})?${END}`),
    kind: 'quantity',
    say: ([, hour = '', minute], { region }) => (isTime(hour, minute) ? hourWords(hour, minute, region) : null),
  },
  {
    // 17h, 7g: a handful of grams is written 7 g
    pattern: sticky(String.raw`(\d{1,3})(?:\s?[hH]|[gG])${END}`),
    kind: 'quantity',
    say: ([match = '', hour = ''], { region }) =>
      isTime(hour) && !match.endsWith('G') ? hourWords(hour, undefined, region) : null,
  },
]
