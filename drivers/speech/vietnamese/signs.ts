/** Signs between words and numbers. */
import { sticky, type Rule } from './rule.ts'

const WORDS: Record<string, string> = {
  '&': 'và',
  '=': 'bằng',
  '+': 'cộng',
  '×': 'nhân',
  '÷': 'chia',
  '±': 'cộng trừ',
  '−': 'trừ',
  '≈': 'khoảng',
  '≥': 'không dưới',
  '≤': 'không quá',
  '→': 'đến',
  '%': 'phần trăm',
  '‰': 'phần nghìn',
  '°': 'độ',
  '²': 'vuông',
  '³': 'khối',
  '@': 'a còng',
  $: 'đô la',
  '€': 'ơ rô',
  '₫': 'đồng',
  '/': ',',
  '\u2044': 'phần',
}

/** Marks of a list, of emphasis and of a markup language are seen, not heard. */
const UNHEARD = '_*•▪▫●○■□►▶✓✔★☆#|~^\\{}<>`–—'

/** Null: the sign stays, as a pause or a tone of the voice. */
export const signWords = (sign: string): string | null => WORDS[sign] ?? (UNHEARD.includes(sign) ? '' : null)

const AFTER_A_NUMBER = ['quantity', 'money', 'date'] as const

export const SIGN_RULES: readonly Rule[] = [
  {
    // 5-7, 7h30 - 11h30, 20/11 – 25/11
    pattern: sticky(String.raw`[-–—−]\s?(?=[\dT$])`),
    kind: 'word',
    say: (_groups, { last }) => (AFTER_A_NUMBER.some((kind) => kind === last) ? 'đến' : null),
  },
  {
    // A dash in front of a line of a list.
    pattern: sticky(String.raw`[-–—+*•]\s`),
    kind: 'word',
    say: (_groups, { before }) => (/^\s*$/u.test(before) ? '' : null),
  },
  {
    // -5°C
    pattern: sticky(String.raw`[-−–](?=\d)`),
    kind: 'word',
    say: (_groups, { before }) => (/(?:^|[\s(:,])$/u.test(before) ? 'âm' : null),
  },
  {
    // Hà Nội - Huế
    pattern: sticky(String.raw`[-–—](?=\s)`),
    kind: 'word',
    say: (_groups, { before }) => (/\s$/u.test(before) ? ',' : null),
  },
  {
    pattern: sticky(String.raw`[–—](?=[\p{L}\d])`),
    kind: 'word',
    say: () => ',',
  },
  {
    // A hyphen stays between letters alone.
    pattern: sticky('-'),
    kind: 'word',
    say: (_groups, { before, after, last }) =>
      last === null && /\p{L}$/u.test(before) && /^\p{L}/u.test(after) ? null : '',
  },
  {
    pattern: sticky(String.raw`(?:~|≈)\s?(?=\d)`),
    kind: 'word',
    say: () => 'khoảng',
  },
  { pattern: sticky(String.raw`<\s?(?=\d)`), kind: 'word', say: () => 'dưới' },
  { pattern: sticky(String.raw`>\s?(?=\d)`), kind: 'word', say: () => 'trên' },
  { pattern: sticky(String.raw`#(?=\d)`), kind: 'word', say: () => 'số' },
  {
    pattern: sticky(String.raw`/(?=\d)`),
    kind: 'word',
    say: (_groups, { before }) => (/[\p{L}\d]$/u.test(before) ? 'trên' : null),
  },
  {
    // 1.2.3, and the points of an address: loa.gov.vn
    pattern: sticky(String.raw`\.(?=[\d\p{Ll}])`),
    kind: 'word',
    say: (_groups, { before }) => (/[\p{L}\d]$/u.test(before) ? 'chấm' : null),
  },
  {
    pattern: sticky(String.raw`:(?=\d)`),
    kind: 'word',
    say: (_groups, { before }) => (/\d$/.test(before) ? '' : null),
  },
]
