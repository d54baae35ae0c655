/** Telephone numbers: digit by digit, with a pause between the groups. */
import { digitByDigit } from './numbers.ts'
import { sticky, type Rule } from './rule.ts'

const OF_A_CALL =
  /(?:gọi|điện thoại|đtdđ|đt|sđt|hotline|đường dây nóng|tổng đài|liên hệ|số máy|máy|zalo|fax|khẩn cấp|cảnh sát|cứu ho[ảa]|cứu hỏa|cấp cứu|cứu thương|nhắn tin|di động)(?:\s+(?:ngay|điện|cho|số|qua|theo|tới|đến|về|là|vào|máy|khẩn cấp|công an|nhanh))*[\s:.(]*$/u

/** Of a mobile number that stands there in one piece: 0912 345 678. */
const MOBILE = /^(0\d{3})(\d{3})(\d{3})$/

const groupsOf = (written: string): string[] => {
  const groups = written.split(/\D+/).filter((group) => group !== '')
  const mobile = groups.length === 1 ? MOBILE.exec(groups[0] ?? '') : null
  return mobile === null ? groups : mobile.slice(1)
}

const DIGITS_MIN = 9
const DIGITS_MAX = 12

export const PHONES: readonly Rule[] = [
  {
    // 0912345678, 0912.345.678, (024) 3825 1234, +84 912 345 678
    pattern: sticky(String.raw`(\(0\d{1,3}\)|\+84|0\d{9,10}|0\d{2,3})(?:[ .-]?\d{2,8}){0,4}(?!\d)`),
    kind: 'phone',
    say: ([written = '']) => {
      const digits = written.replaceAll(/\D/g, '')
      if (digits.length < DIGITS_MIN || digits.length > DIGITS_MAX) return null
      const groups = groupsOf(written).map(digitByDigit).join(', ')
      return written.startsWith('+') ? `cộng ${groups}` : groups
    },
  },
  {
    // 1900 1234, 18001091
    pattern: sticky(String.raw`(1[89]00)[ .-]?(\d{4}|\d{6}|\d{2}[ .-]\d{2}(?:[ .-]\d{2})?)(?![\d.,:/]{0,3}\d)`),
    kind: 'phone',
    say: ([, head = '', rest = '']) => [head, ...rest.split(/\D/)].map(digitByDigit).join(', '),
  },
  {
    // gọi 113, 114 hoặc 115
    pattern: sticky(String.raw`(\d{3,8})(?![\d.,:/]{0,3}\d)(?!\s?(?:người|đồng|hộ))`),
    kind: 'phone',
    say: ([, digits = ''], { before, last }) =>
      OF_A_CALL.test(before) || last === 'phone' ? digitByDigit(digits) : null,
  },
]
