/** Which language to speak, and its words. */
import { en } from './en/index.ts'
import { vi } from './vi/index.ts'
import type { Language, Words } from './words.ts'

const WORDS: Record<Language, Words> = { vi, en }

export const wordsOf = (language: Language): Words => WORDS[language]

/** POSIX order: LC_ALL rules over LC_MESSAGES, which rules over LANG. Whoever is not Vietnamese is addressed in English. */
export const localeLanguage = (env: Partial<Record<string, string>>): Language => {
  const locale = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => value !== undefined && value !== '')
  return locale !== undefined && /^vi([_.@-]|$)/i.test(locale) ? 'vi' : 'en'
}
