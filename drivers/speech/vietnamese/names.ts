/** What begins with a letter: districts and roads with their numbers, Roman numbers, days of the week. */
import { BEFORE_NAMES, BEFORE_NUMBERS } from './abbreviations.ts'
import { spelled } from './letters.ts'
import { cardinal, digitByDigit, ordinal, romanValue, type Region } from './numbers.ts'
import { END, sticky, type Rule } from './rule.ts'

const alternatives = (table: Record<string, string>): string =>
  Object.keys(table)
    .toSorted((one, other) => other.length - one.length)
    .join('|')

/** After these even a single I, V or X is a number. */
const COUNTED =
  /(?:kh[oó][áa]|khóa|kỳ|kì|quý|thế kỷ|thế kỉ|thứ|đại hội|đại hội đảng|chương|phần|mục|hạng|loại|cấp|bậc|giai đoạn|tập|quyển|điều|vùng|độ|nhóm|đợt|vòng|lần|khu|trung ương|hội nghị|tiểu khu|quân khu|pháp lệnh|phụ lục|bảng|khối|vương triều|đời|napoleon|giáo hoàng)\s*$/u

const romanWords = (roman: string, before: string, region: Region): string | null => {
  const value = romanValue(roman)
  if (value === null) return null
  if (/thứ\s*$/u.test(before)) return ordinal(String(value), region)
  const isPlain = roman.length >= 2 && /^[IVX]+$/.test(roman)
  return isPlain || COUNTED.test(before) ? cardinal(String(value), region) : null
}

export const NAMES: readonly Rule[] = [
  {
    // 35 độ C
    pattern: sticky(String.raw`([CF])${END}`),
    kind: 'word',
    say: ([, letter = ''], { before }) => (/độ\s*$/u.test(before) ? (letter === 'C' ? 'xê' : 'ép') : null),
  },
  {
    // quý I/2026
    pattern: sticky(String.raw`([IVX]{1,6})/(\d{4})${END}`),
    kind: 'date',
    say: ([, roman = '', year = ''], { region }) => {
      const value = romanValue(roman)
      return value === null ? null : `${cardinal(String(value), region)} năm ${cardinal(year, region)}`
    },
  },
  {
    pattern: sticky(String.raw`([IVXLC]{1,9})${END}`),
    kind: 'quantity',
    say: ([, roman = ''], { before, region }) => romanWords(roman, before, region),
  },
  {
    // T4/2026
    pattern: sticky(String.raw`[Tt](0?[1-9]|1[0-2])/(\d{4})${END}`),
    kind: 'date',
    say: ([, month = '', year = ''], { region }) =>
      `tháng ${Number(month) === 4 ? 'tư' : cardinal(String(Number(month)), region)} năm ${cardinal(year, region)}`,
  },
  {
    // T2 to T7 are days of the week
    pattern: sticky(String.raw`T([2-7])${END}`),
    kind: 'date',
    say: ([, day = ''], { region }) => `thứ ${ordinal(day, region)}`,
  },
  {
    // Km12+500
    pattern: sticky(String.raw`[Kk][Mm]\s?(\d{1,4})\s?\+\s?(\d{1,4})${END}`),
    kind: 'code',
    say: ([, kilometres = '', metres = ''], { region }) =>
      `ki-lô-mét ${cardinal(kilometres, region)} cộng ${/^0/.test(metres) ? digitByDigit(metres) : cardinal(metres, region)}`,
  },
  {
    // Q.1, P5, TT.2, QL1A, ĐT.768
    pattern: sticky(String.raw`(${alternatives(BEFORE_NUMBERS)})\.?\s?(\d{1,3})(\p{Lu}?)${END}(?![.,]\d)`),
    kind: 'word',
    say: ([, name = '', digits = '', letter = ''], { region }) =>
      [BEFORE_NUMBERS[name] ?? name, cardinal(digits, region), spelled(letter)].filter((part) => part !== '').join(' '),
  },
  {
    // TP. Huế, H. Củ Chi
    pattern: sticky(String.raw`(${alternatives(BEFORE_NAMES)})\.\s?(?=\p{Lu}\p{L})`),
    kind: 'word',
    say: ([, name = '']) => BEFORE_NAMES[name] ?? null,
  },
  {
    // H5N1, A4, F0: letters and numbers of a code
    pattern: sticky(String.raw`(\p{Lu}{1,4})-?(?=\d)`),
    kind: 'code',
    say: ([, letters = '']) => spelled(letters),
  },
]
