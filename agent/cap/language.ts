/** Which language of an alert this box speaks: lookup by RFC 4647 §3.4, and `vi` in the settings also takes `vi-VN` (§3.3.1). */

/** RFC 4647 §3.4: shorter by one subtag, and by another if that leaves a single character at the end. */
const shortened = (range: string): string | null => {
  const subtags = range.split('-').slice(0, -1)
  if (subtags.at(-1)?.length === 1) subtags.pop()
  return subtags.length === 0 ? null : subtags.join('-')
}

const forRange = (range: string, tags: readonly string[]): string | null => {
  const wanted = range.toLowerCase()
  const exact = (candidate: string) => tags.find((tag) => tag.toLowerCase() === candidate)
  const within = () => tags.find((tag) => tag.toLowerCase().startsWith(`${wanted}-`))
  const found = exact(wanted) ?? within()
  if (found !== undefined) return found
  for (let candidate = shortened(wanted); candidate !== null; candidate = shortened(candidate)) {
    const shorter = exact(candidate)
    if (shorter !== undefined) return shorter
  }
  return null
}

/** The best of `tags` by the list of the box; the first of them where none fits, since a warning is never left unsaid. */
export const chooseLanguage = (tags: readonly string[], ranges: readonly string[]): string | null => {
  for (const range of ranges) {
    const found = forRange(range, tags)
    if (found !== null) return found
  }
  return tags[0] ?? null
}
