/** What can be wrong with a settings file, as data; `words/` says it in a language. No fault carries a secret. */

export type FoundType = 'nothing' | 'text' | 'number' | 'yes-no' | 'list' | 'section'

export type ExpectedType = 'text' | 'number' | 'whole-number' | 'list' | 'section'

export type SyntaxCode =
  'indent' | 'tab' | 'duplicate-key' | 'missing-character' | 'reserved-character' | 'not-understood'

export type Problem =
  | { kind: 'unreadable'; reason: 'absent' | 'forbidden' | 'not-a-file' | 'too-large' | 'failed' }
  | { kind: 'syntax'; code: SyntaxCode }
  | { kind: 'missing' }
  /** `elsewhere`: the same name exists at this other place. */
  | { kind: 'unknown'; nearest: string | null; elsewhere: string | null; known: string[] }
  | { kind: 'wrong-type'; expected: ExpectedType; actual: FoundType }
  | { kind: 'out-of-range'; minimum: number | null; maximum: number | null }
  | { kind: 'malformed' }
  | { kind: 'not-one-of'; allowed: string[] }
  | { kind: 'wrong-count'; minimum: number; maximum: number | null }
  | { kind: 'duplicate'; firstLine: number | null }
  | { kind: 'file'; path: string; reason: 'absent' | 'forbidden' | 'not-a-file' | 'not-a-path' }
  | { kind: 'incomplete'; needs: string }
  /** Of two settings exactly one must stand there. */
  | { kind: 'either'; names: [string, string]; given: 'both' | 'neither' }
  | { kind: 'unknown-zone' }
  | { kind: 'unknown-output'; known: string[] }
  | { kind: 'unencrypted' }
  /** Something in the same list already has this name, or this line of GPIO. */
  | { kind: 'taken'; firstLine: number | null }
  /** Two amplifiers on one line must agree on its speed and form. */
  | { kind: 'line-differs'; firstLine: number | null }
  /** In the file of the commune's words, at its own line. */
  | { kind: 'words'; path: string; line: number | null; reason: WordsFault }

/** What can be wrong with a line `written: spoken`. */
export type WordsFault = 'absent' | 'forbidden' | 'too-large' | 'too-many' | 'syntax' | 'twice' | 'written' | 'spoken'

export type SettingsFault = {
  /** `outputs[0].device`; empty when it is about the whole file. */
  key: string
  /** Line in the file, from 1. */
  line: number | null
  /** What stands there, cut to a line; null where nothing does or where it must not be shown. */
  found: string | null
  problem: Problem
}

const SHOWN_LENGTH_MAX = 60

const withoutLogin = (text: string): string =>
  text.replace(/^([a-z]*:\/\/)?.*@/i, (_all, scheme: string | undefined) => `${scheme ?? ''}…@`)

/** Settings whose value is shown in part or not at all, because people paste passwords and private keys there. */
const masked: Record<string, (text: string) => string | null> = {
  'broker.url': withoutLogin,
  'alerts.sources[].feed': withoutLogin,
  'owner.playlist': withoutLogin,
  // Addresses, templates and arguments of other engines may carry a key.
  'speech.http.url': withoutLogin,
  'speech.http.json': () => null,
  'speech.http.secret': () => null,
  'speech.command': () => null,
  'speech.command[]': () => null,
  'broker.key': () => null,
  'broker.certificate': () => null,
  'broker.ca': () => null,
  'trust.root': () => null,
}

/** What of a value may be shown: one line, cut, without secrets. */
export const shown = (key: string, value: unknown): string | null => {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') return null
  if (value.includes('PRIVATE KEY') || /[\p{Cc}]/u.test(value)) return null
  const text = masked[key] === undefined ? value : masked[key](value)
  if (text === null) return null
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text
}

export const foundType = (value: unknown): FoundType => {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'number' || typeof value === 'bigint') return 'number'
  if (typeof value === 'boolean') return 'yes-no'
  return typeof value === 'object' ? 'section' : 'text'
}

/** What is wrong, and what to do about it. */
export type FaultText = { wrong: string; next: string }
