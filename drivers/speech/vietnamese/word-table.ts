/** Written forms and how they are said, found at the beginning of a word; the longest counts. */
import { isSyllable } from './letters.ts'

export type SpokenWord = { written: string; spoken: string }

export type WordTable = {
  /** The entry that stands at `at`, whole; null: none. `isShouted`: around it everything is in capitals. */
  find: (text: string, at: number, isShouted: boolean) => SpokenWord | null
}

const WORDY = /[\p{L}\p{M}\p{N}]/u

const headOf = (text: string, at: number): string =>
  (/^[\p{L}\p{M}\p{N}]{1,40}/u.exec(text.slice(at, at + 40))?.[0] ?? '').toLowerCase()

const standsAt = (text: string, at: number, written: string): boolean => {
  const found = text.slice(at, at + written.length)
  const isSame = written === written.toLowerCase() ? found.toLowerCase() === written : found === written
  const last = written.at(-1) ?? ''
  return isSame && !(WORDY.test(last) && WORDY.test(text.charAt(at + written.length)))
}

/** Written forms begin with a letter or a digit. */
export const createWordTable = (words: readonly SpokenWord[]): WordTable => {
  const byHead = new Map<string, SpokenWord[]>()
  for (const { written, spoken } of words) {
    const word = { written: written.normalize('NFC'), spoken: spoken.normalize('NFC') }
    const head = headOf(word.written, 0)
    if (head !== '') byHead.set(head, [...(byHead.get(head) ?? []), word])
  }
  for (const list of byHead.values()) list.sort((one, other) => other.written.length - one.written.length)
  return {
    find: (text, at, isShouted) => {
      const list = byHead.get(headOf(text, at)) ?? []
      return list.find(({ written }) => standsAt(text, at, written) && !(isShouted && isSyllable(written))) ?? null
    },
  }
}
