/** Which of the languages of an engine is meant by a language tag: the lookup of RFC 4647 §3.4. */

export const LANGUAGES_MAX = 2_000

/** The table that `espeak-ng --voices` prints; voices that need another program (mb/…) are left out. */
export const languagesIn = (table: string): string[] => {
  const found = new Set<string>()
  for (const line of table.split('\n').slice(1)) {
    const [, language, , , file, others = ''] = /^\s*\d+\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s*(.*)$/.exec(line) ?? []
    if (language === undefined || file?.startsWith('mb/') !== false) continue
    found.add(language.toLowerCase())
    for (const [, other = ''] of others.matchAll(/\(([^\s()]+) \d+\)/g)) found.add(other.toLowerCase())
    if (found.size > LANGUAGES_MAX) break
  }
  return [...found]
}

/** Cuts the tag from its end until the engine has it; a single letter before the cut goes too. Null: it does not speak it. */
export const lookup = (languages: readonly string[], tag: string): string | null => {
  const parts = tag.toLowerCase().split('-')
  while (parts.length > 0) {
    const range = parts.join('-')
    if (languages.includes(range)) return range
    parts.pop()
    if (parts.at(-1)?.length === 1) parts.pop()
  }
  return null
}

/** The tag of Vietnamese as it is spoken there; an engine that does not know the region cuts it to `vi`. */
const TAGS = { north: 'vi', central: 'vi-VN-x-central', south: 'vi-VN-x-south' } as const

export const tagOf = (language: string, region: keyof typeof TAGS): string =>
  /^vi(?:-vn)?$/i.test(language) ? TAGS[region] : language

export const isVietnamese = (language: string): boolean => /^vi(?:-|$)/i.test(language)

export const regionOf = (language: string): keyof typeof TAGS => {
  const tag = language.toLowerCase()
  if (tag.endsWith('-x-south')) return 'south'
  return tag.endsWith('-x-central') ? 'central' : 'north'
}
