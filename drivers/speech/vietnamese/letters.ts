/** Letters by their names, and which runs of capitals are words after all. Pure. */

/** As initials are read out, which is shorter than at school: `UBND` is no school. */
const NAMES: Record<string, string> = {
  a: 'a',
  ă: 'á',
  â: 'ớ',
  b: 'bê',
  c: 'xê',
  d: 'dê',
  đ: 'đê',
  e: 'e',
  ê: 'ê',
  f: 'ép',
  g: 'gờ',
  h: 'hát',
  i: 'i',
  j: 'gi',
  k: 'ca',
  l: 'lờ',
  m: 'mờ',
  n: 'nờ',
  o: 'o',
  ô: 'ô',
  ơ: 'ơ',
  p: 'pê',
  q: 'quy',
  r: 'rờ',
  s: 'ét',
  t: 'tê',
  u: 'u',
  ư: 'ư',
  v: 'vê',
  w: 'vê kép',
  x: 'ích',
  y: 'i dài',
  z: 'dét',
}

/** Letters that have no name here are left as they are. */
export const spelled = (letters: string): string =>
  Array.from(letters.toLowerCase(), (letter) => NAMES[letter] ?? letter).join(' ')

/** Initials are short; a longer run of capitals is a word that somebody shouts. */
const INITIALS_MAX = 6

const TONES = /[\u0300\u0301\u0303\u0309\u0323]/gu
const ONSET = 'ngh?|nh|ch|gh?|gi|kh|ph|qu|th|tr|[bcdđhklmnprstvx]'
const NUCLEUS = '[aăâeêioôơuưy]{1,3}'
const CODA = 'ch|nh|ng|[cmnptiouy]'
const SYLLABLE = new RegExp(`^(?:${ONSET})?${NUCLEUS}(?:${CODA})?$`, 'u')

/** Whether it can be said as one Vietnamese syllable, whatever its tone. */
export const isSyllable = (word: string): boolean =>
  SYLLABLE.test(word.toLowerCase().normalize('NFD').replaceAll(TONES, '').normalize('NFC'))

export const areInitials = (word: string): boolean =>
  word.length >= 2 &&
  word.length <= INITIALS_MAX &&
  word === word.toUpperCase() &&
  word !== word.toLowerCase() &&
  !isSyllable(word)
