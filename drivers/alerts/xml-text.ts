/** Bytes of an XML document as text: by its mark, else by what it declares, else UTF-8 (XML 1.0 §4.3.3). */

export type XmlText = { kind: 'ok'; text: string } | { kind: 'unreadable'; error: string }

/** The declaration stands at the very beginning and is in ASCII whatever it declares. */
const DECLARATION_BYTES_MAX = 200

const markOf = (bytes: Buffer): string | null => {
  const [first, second] = bytes
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return null
}

const declaredIn = (bytes: Buffer): string | null =>
  /^(?:\xef\xbb\xbf)?<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']/.exec(
    bytes.toString('latin1', 0, DECLARATION_BYTES_MAX),
  )?.[1] ?? null

export const xmlText = (bytes: Buffer): XmlText => {
  const label = markOf(bytes) ?? declaredIn(bytes) ?? 'utf-8'
  try {
    return { kind: 'ok', text: new TextDecoder(label, { fatal: true }).decode(bytes) }
  } catch {
    return { kind: 'unreadable', error: `it is not text in ${label.slice(0, 40)}` }
  }
}
