/** A list of files as most players write it: one address to a line, `#` before everything else. */

export const ENTRIES_MAX = 2_000

export type Listed =
  | { kind: 'list'; addresses: string[]; skipped: { name: string; reason: string }[] }
  | { kind: 'refused'; reason: string }

/** Addresses may be relative to that of the list (RFC 3986 §5). */
export const parseM3u = (text: string, base: string): Listed => {
  // A gateway that wants a login first answers with its page in place of everything.
  if (/^\s*</.test(text)) return { kind: 'refused', reason: 'it is a page, not a list of files' }
  if (text.includes('#EXT-X-')) return { kind: 'refused', reason: 'it is a live stream (HLS), not a list of files' }
  const skipped: { name: string; reason: string }[] = []
  const addresses: string[] = []
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  for (const line of lines.slice(0, ENTRIES_MAX)) {
    const url = URL.canParse(line, base) ? new URL(line, base) : null
    if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) addresses.push(url.href)
    else skipped.push({ name: line.slice(0, 80), reason: 'no address of http or https' })
  }
  if (lines.length > ENTRIES_MAX)
    skipped.push({ name: `${lines.length - ENTRIES_MAX} lines`, reason: `beyond the first ${ENTRIES_MAX}` })
  return { kind: 'list', addresses, skipped }
}
