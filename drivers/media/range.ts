/** What a `Range` header asks of a file (RFC 9110 §14.2). */
import parseRange from 'range-parser'

export type Span = { start: number; end: number }
/** `end` is exclusive. */
export type Ranged = { kind: 'whole' } | { kind: 'part'; span: Span } | { kind: 'unsatisfiable' }

/** A header that cannot be read, another unit, or several ranges at once may be ignored; decoders ask for one. */
export const rangeOf = (header: string | undefined, bytes: number): Ranged => {
  if (header === undefined) return { kind: 'whole' }
  const [, suffix] = /^bytes=-(\d{1,15})$/.exec(header) ?? []
  // The parser calls a suffix longer than the file unsatisfiable; it means the whole file.
  if (suffix !== undefined && Number(suffix) >= bytes) return { kind: 'part', span: { start: 0, end: bytes } }
  const ranges = parseRange(bytes, header)
  if (ranges === -1) return { kind: 'unsatisfiable' }
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return { kind: 'whole' }
  const [only] = ranges
  return only === undefined ? { kind: 'whole' } : { kind: 'part', span: { start: only.start, end: only.end + 1 } }
}
