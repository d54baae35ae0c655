/** Money, measures, shares and ranges. */
import { cardinal, NUMBER, numberWords, quantityWords, type Region } from './numbers.ts'
import { END, sticky, type Rule } from './rule.ts'

/** Written as here, capitals and all: `MW` is no `mW`. */
const UNITS: Record<string, string> = {
  km: 'ki-lô-mét',
  m: 'mét',
  dm: 'đề-xi-mét',
  cm: 'xăng-ti-mét',
  mm: 'mi-li-mét',
  km2: 'ki-lô-mét vuông',
  m2: 'mét vuông',
  cm2: 'xăng-ti-mét vuông',
  m3: 'mét khối',
  cm3: 'xăng-ti-mét khối',
  ha: 'héc-ta',
  kg: 'ki-lô-gam',
  Kg: 'ki-lô-gam',
  KG: 'ki-lô-gam',
  g: 'gam',
  gr: 'gam',
  mg: 'mi-li-gam',
  µg: 'mi-crô-gam',
  l: 'lít',
  ml: 'mi-li-lít',
  W: 'oát',
  kW: 'ki-lô-oát',
  KW: 'ki-lô-oát',
  MW: 'mê-ga-oát',
  kWh: 'ki-lô-oát giờ',
  KWh: 'ki-lô-oát giờ',
  kWp: 'ki-lô-oát pích',
  V: 'vôn',
  kV: 'ki-lô-vôn',
  KV: 'ki-lô-vôn',
  kVA: 'ki-lô-vôn am-pe',
  KVA: 'ki-lô-vôn am-pe',
  mA: 'mi-li am-pe',
  Hz: 'héc',
  kHz: 'ki-lô-héc',
  MHz: 'mê-ga-héc',
  dB: 'đề-xi-ben',
  KB: 'ki-lô-bai',
  MB: 'mê-ga-bai',
  GB: 'gi-ga-bai',
  TB: 'tê-ra-bai',
  Mbps: 'mê-ga-bít trên giây',
  hPa: 'héc-tô pát-xcan',
  HP: 'mã lực',
  CV: 'mã lực',
  s: 'giây',
  ms: 'mi-li giây',
  ph: 'phút',
  h: 'giờ',
  '°C': 'độ xê',
  ºC: 'độ xê',
  oC: 'độ xê',
  '°F': 'độ ép',
  '°': 'độ',
  º: 'độ',
  '%': 'phần trăm',
  '‰': 'phần nghìn',
}

const longestFirst = (words: readonly string[]): string =>
  words
    .toSorted((one, other) => other.length - one.length)
    .map((word) => word.replace(/2$/, '[2²]').replace(/3$/, '[3³]'))
    .join('|')

const UNIT = `(${longestFirst(Object.keys(UNITS))})`
const unitWords = (written: string): string => UNITS[written.replace('²', '2').replace('³', '3')] ?? written

const MAGNITUDES: Record<string, string> = {
  tỷ: 'tỷ',
  tỉ: 'tỷ',
  triệu: 'triệu',
  tr: 'triệu',
  nghìn: 'nghìn',
  ngàn: 'ngàn',
  k: 'nghìn',
  K: 'nghìn',
}
const MAGNITUDE = `(${longestFirst(Object.keys(MAGNITUDES))})`
const ofMagnitude = (written: string | undefined, region: Region): string => {
  const word = MAGNITUDES[written ?? '']
  if (word === undefined) return ''
  return /^k$/i.test(written ?? '') && region === 'south' ? ' ngàn' : ` ${word}`
}

const CURRENCIES: Record<string, string> = { $: 'đô la', US$: 'đô la Mỹ', USD: 'đô la Mỹ', '€': 'ơ rô', EUR: 'ơ rô' }
const CURRENCY = String.raw`(US\$|\$|USD|€|EUR)`

/** Of what there is a share of, and what is counted by the slash. */
const COUNTED =
  /^\s+(?:hộ|thôn|xóm|ấp|tổ|khu|xã|phường|huyện|tỉnh|người|đại biểu|phiếu|đồng chí|đảng viên|em|cháu|học sinh|giờ|ngày|tiêu chí|chỉ tiêu|đơn vị|trường|lớp|hồ sơ|điểm|nhà|trạm|cụm)(?!\p{L})/u
const OF_A_HOUSE = /(?:số|nhà|ngõ|ngách|hẻm|kiệt|tổ|lô|thửa|đường)\s*:?\s*$/u

const shareWords = (above: string, below: string, isShare: boolean, region: Region): string =>
  isShare
    ? `${cardinal(above, region)} phần ${below === '4' ? 'tư' : cardinal(below, region)}`
    : `${cardinal(above, region)} trên ${cardinal(below, region)}`

const isZeroCode = (digits: string): boolean => /^0\d/.test(digits)

export const MONEY: readonly Rule[] = [
  {
    // 1.500.000đ, 50.000 VNĐ, 2 tỷ đồng, 500k
    pattern: sticky(`(${NUMBER})\\s?${MAGNITUDE}?\\s?(?:đồng|đ|Đ|₫|VNĐ|VND|vnđ|vnd)${END}`),
    kind: 'money',
    say: ([, number = '', magnitude], { region }) =>
      `${quantityWords(number, region)}${ofMagnitude(magnitude, region)} đồng`,
  },
  {
    pattern: sticky(`${CURRENCY}\\s?(${NUMBER})(?:\\s?${MAGNITUDE}${END})?`),
    kind: 'money',
    say: ([, currency = '', number = '', magnitude], { region }) =>
      `${quantityWords(number, region)}${ofMagnitude(magnitude, region)} ${CURRENCIES[currency] ?? ''}`,
  },
  {
    pattern: sticky(`(${NUMBER})\\s?${MAGNITUDE}?\\s?${CURRENCY}${END}`),
    kind: 'money',
    say: ([, number = '', magnitude, currency = ''], { region }) =>
      `${quantityWords(number, region)}${ofMagnitude(magnitude, region)} ${CURRENCIES[currency] ?? ''}`,
  },
]

export const MEASURES: readonly Rule[] = [
  {
    pattern: sticky(`(${NUMBER})\\s?${MAGNITUDE}${END}`),
    kind: 'quantity',
    say: ([, number = '', magnitude], { region }) =>
      isZeroCode(number) ? null : `${quantityWords(number, region)}${ofMagnitude(magnitude, region)}`,
  },
  {
    // 30 km, 25°C, 12,5%
    pattern: sticky(`(${NUMBER})\\s?${UNIT}${END}`),
    kind: 'quantity',
    say: ([, number = '', unit = ''], { region }) => `${quantityWords(number, region)} ${unitWords(unit)}`,
  },
  {
    // 3/4, 15/20 hộ, số nhà 12/5
    pattern: sticky(String.raw`(\d{1,9})/(\d{1,9})(?![\d/])`),
    kind: 'quantity',
    say: ([, above = '', below = ''], { before, after, region }) => {
      const isSmall = Number(above) < Number(below) && Number(below) <= 10 && Number(above) > 0
      const isShare = isSmall && !COUNTED.test(after) && !OF_A_HOUSE.test(before)
      return shareWords(above, below, isShare, region)
    },
  },
  {
    // ½ as it is written out by Unicode
    pattern: sticky(String.raw`(\d{1,4})\u2044(\d{1,4})(?!\d)`),
    kind: 'quantity',
    say: ([, above = '', below = ''], { region }) => shareWords(above, below, true, region),
  },
  {
    // 3x4 m
    pattern: sticky(`(${NUMBER})\\s?[x×]\\s?(?=\\d)`),
    kind: 'word',
    say: ([, number = ''], { region }) => `${numberWords(number, region)} nhân`,
  },
  {
    // tỷ số 3-2
    pattern: sticky(String.raw`(\d{1,3})\s?-\s?(\d{1,3})(?!\d)`),
    kind: 'code',
    say: ([, ours = '', theirs = ''], { before, region }) =>
      /(?:t[ỷỉ] số|thắng|thua|ho[àa]|hòa)\s*$/u.test(before)
        ? `${cardinal(ours, region)} ${cardinal(theirs, region)}`
        : null,
  },
  {
    pattern: sticky(String.raw`(\d{1,9}):(\d{1,9})(?![\d:])`),
    kind: 'quantity',
    say: ([, above = '', below = ''], { before, region }) =>
      /t[ỷỉ] lệ\s*$/u.test(before) ? shareWords(above, below, false, region) : null,
  },
  {
    // các tổ 1,2,3
    pattern: sticky(String.raw`(\d{1,2}(?:,\d{1,2}){2,30})(?![\d,]{0,3}\d)`),
    kind: 'quantity',
    say: ([, list = ''], { region }) =>
      list
        .split(',')
        .map((digits) => cardinal(digits, region))
        .join(', '),
  },
  {
    pattern: sticky(`(${NUMBER})`),
    kind: 'quantity',
    say: ([, number = ''], { region }) => numberWords(number, region),
  },
]

/** For each of these, where a slash stands before it: `lần/ngày`. */
const EACH =
  'ngày|tháng|năm|tuần|quý|vụ|giờ|phút|giây|người|hộ|nhân khẩu|khẩu|lần|lượt|đợt|ca|buổi|con|cái|chiếc|suất|bộ|tấn|tạ|yến|lít|sào|công|mét khối|số|học sinh|cháu|em|phần|bao|thùng|hecta|héc-ta'

export const SLASHES: readonly Rule[] = [
  {
    pattern: sticky(String.raw`\s?/\s?${UNIT}${END}`),
    kind: 'word',
    say: ([, unit = ''], { last, before }) => {
      if (last === 'money' || /đồng\s*$/u.test(before)) return `một ${unitWords(unit)}`
      return last === 'quantity' || /[\p{L}]$/u.test(before) ? `trên ${unitWords(unit)}` : null
    },
  },
  {
    pattern: sticky(String.raw`\s?/\s?(${EACH})${END}`),
    kind: 'word',
    say: ([, noun = ''], { before, last }) => (last !== null || /\p{L}$/u.test(before) ? `một ${noun}` : null),
  },
  { pattern: sticky(String.raw`/(hoặc)${END}`), kind: 'word', say: () => 'hoặc' },
]
