/** Numbers of decrees, as an announcer says them: `135/QĐ-TTg` is a decision of the Prime Minister. */
import { spelled } from './letters.ts'
import { cardinal, digitByDigit, type Region } from './numbers.ts'
import { sticky, type Groups, type Rule, type Spot } from './rule.ts'

const TYPES: Record<string, string> = {
  QĐ: 'quyết định',
  NQ: 'nghị quyết',
  NĐ: 'nghị định',
  TT: 'thông tư',
  TTLT: 'thông tư liên tịch',
  CT: 'chỉ thị',
  KH: 'kế hoạch',
  TB: 'thông báo',
  CV: 'công văn',
  BC: 'báo cáo',
  TTr: 'tờ trình',
  HD: 'hướng dẫn',
  CĐ: 'công điện',
  GM: 'giấy mời',
  QC: 'quy chế',
  QyĐ: 'quy định',
  CTr: 'chương trình',
  ĐA: 'đề án',
  PA: 'phương án',
  L: 'lệnh',
  VBHN: 'văn bản hợp nhất',
}

const ISSUERS: Record<string, string> = {
  TTg: 'Thủ tướng Chính phủ',
  CP: 'Chính phủ',
  CTN: 'Chủ tịch nước',
  VPCP: 'Văn phòng Chính phủ',
  QH: 'Quốc hội',
  UBTVQH: 'Ủy ban Thường vụ Quốc hội',
  TW: 'Trung ương',
  TU: 'Tỉnh ủy',
  HU: 'Huyện ủy',
  ĐU: 'Đảng ủy',
  UBND: 'Ủy ban nhân dân',
  HĐND: 'Hội đồng nhân dân',
  MTTQ: 'Mặt trận Tổ quốc',
  BCĐ: 'Ban Chỉ đạo',
  BCH: 'Ban Chỉ huy',
  BTTTT: 'Bộ Thông tin và Truyền thông',
  BKHCN: 'Bộ Khoa học và Công nghệ',
  BYT: 'Bộ Y tế',
  BCA: 'Bộ Công an',
  BQP: 'Bộ Quốc phòng',
  BTC: 'Bộ Tài chính',
  BNV: 'Bộ Nội vụ',
  BTP: 'Bộ Tư pháp',
  BXD: 'Bộ Xây dựng',
  BCT: 'Bộ Công Thương',
  BGDĐT: 'Bộ Giáo dục và Đào tạo',
  BNNPTNT: 'Bộ Nông nghiệp và Phát triển nông thôn',
  BNNMT: 'Bộ Nông nghiệp và Môi trường',
  BTNMT: 'Bộ Tài nguyên và Môi trường',
  BVHTTDL: 'Bộ Văn hóa, Thể thao và Du lịch',
  BLĐTBXH: 'Bộ Lao động, Thương binh và Xã hội',
  BGTVT: 'Bộ Giao thông vận tải',
  BKHĐT: 'Bộ Kế hoạch và Đầu tư',
  STTTT: 'Sở Thông tin và Truyền thông',
  SYT: 'Sở Y tế',
  VP: 'Văn phòng',
}

const CODE = String.raw`\p{Lu}[\p{L}&]{0,12}\d{0,2}`
const REST = String.raw`(?![\p{L}\d])`

const issuerWords = (code: string, region: Region): string => {
  const congress = /^(QH|UBTVQH)(\d{1,2})$/.exec(code)
  if (congress !== null) return `${ISSUERS[congress[1] ?? ''] ?? ''} khóa ${cardinal(congress[2] ?? '', region)}`
  const [, letters = '', digits = ''] = /^(\D*)(\d*)$/.exec(code) ?? []
  const known = ISSUERS[letters] ?? spelled(letters.replaceAll('&', ''))
  return digits === '' ? known : `${known} ${digitByDigit(digits)}`
}

const isNamedBy = (name: string, before: string): boolean => {
  const at = before.lastIndexOf(name)
  return at >= 0 && /^[\p{L}\s]{0,16}(?:số)?[\s:.]*$/u.test(before.slice(at + name.length))
}

const words = (
  { number, year, codes }: { number: string; year: string | undefined; codes: string[] },
  { before, after, region }: Spot,
): string => {
  const [code = ''] = codes
  const type = TYPES[code]
  const issuers = (type === undefined ? codes : codes.slice(1)).map((code) => issuerWords(code, region)).join(', ')
  const said = `${number}${year === undefined ? '' : ` năm ${cardinal(year, region)}`}`
  // “của Thủ tướng Chính phủ” stands there in full: it is not said twice.
  const of = issuers === '' || /^\s*của(?!\p{L})/u.test(after) ? '' : ` của ${issuers}`
  if (type === undefined) return `${said}${of}`
  // Named before, in full or short: “Quyết định số”, “QĐ số”.
  const isNamed = [type, code.toLowerCase()].some((name) => isNamedBy(name, before))
  if (isNamed) return `${said}${of}`
  return /(?<!\p{L})số[\s:.]*$/u.test(before) ? `${said}, ${type}${of}` : `${type} số ${said}${of}`
}

const numberOf = (written: string, region: Region): string => {
  const [, digits = '', letter = ''] = /^(\d+)(\p{L}?)$/u.exec(written) ?? []
  return letter === '' ? cardinal(digits, region) : `${cardinal(digits, region)} ${spelled(letter)}`
}

const isCode = (code: string): boolean => code.length >= 2 || TYPES[code] !== undefined

const codesOf = (groups: Groups, from: number): string[] => groups.slice(from).flatMap((code) => code ?? [])

export const DOCUMENTS: readonly Rule[] = [
  {
    // 135/QĐ-TTg, 39/2020/TT-BTTTT, 59/2020/QH14
    pattern: sticky(String.raw`(\d{1,6}\p{Ll}?)(?:/(\d{4}))?/(${CODE})(?:-(${CODE}))?(?:-(${CODE}))?${REST}`),
    kind: 'code',
    say: (groups, spot) => {
      const codes = codesOf(groups, 3)
      const isPlain = codes.length === 1 && groups[2] === undefined && TYPES[codes[0] ?? ''] === undefined
      if (!isCode(codes[0] ?? '') || isPlain) return null
      return words({ number: numberOf(groups[1] ?? '', spot.region), year: groups[2], codes }, spot)
    },
  },
  {
    // 12-NQ/TW, as the Party writes
    pattern: sticky(String.raw`(\d{1,6})-(${CODE})/(${CODE})(?:-(${CODE}))?${REST}`),
    kind: 'code',
    say: (groups, spot) => {
      const codes = codesOf(groups, 2)
      if (TYPES[codes[0] ?? ''] === undefined) return null
      return words({ number: numberOf(groups[1] ?? '', spot.region), year: undefined, codes }, spot)
    },
  },
]
