/**
 * Where the one long list of a message lies in its bytes: the programmes of a schedule, the files of a manifest. It is found
 * without parsing, so that a message of megabytes can be parsed element by element. Works on UTF-8: every byte of a letter
 * outside ASCII is above 0x7f, so no part of one is taken for a quote or a bracket.
 *
 * What is cut here is parsed afterwards, the elements and the rest alike: if each part is well-formed JSON, so is the whole,
 * and it says the same.
 */

/** Byte positions: the list is `bytes[start, end)` without its brackets, each element is `[from, until)` of all bytes. */
export type LongList = { name: string; start: number; end: number; elements: { from: number; until: number }[] }

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

/** Bytes that are looked at between two pauses. */
const BYTES_PER_STEP = 65_536

/** The list stands in `body`, which stands in the message. */
const BODY_DEPTH = 2
const LIST_DEPTH = 3

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** Position of the quote that ends the string whose first letter is at `from`; the end of the bytes if there is none. */
const endOfString = (bytes: Uint8Array, from: number): number => {
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1
    else if (bytes[at] === QUOTE) return at
  }
  return bytes.length
}

const ascii = (bytes: Uint8Array, from: number, until: number): string =>
  String.fromCharCode(...bytes.subarray(from, Math.min(until, from + 32)))

type Cursor = { at: number; depth: number; key: string; bodyAt: number | null; list: LongList | null; from: number }

/** What one structural byte means; strings have been stepped over. */
const step = (cursor: Cursor, byte: number): void => {
  const { at, list } = cursor
  const inList = list !== null && list.end < 0
  switch (byte) {
    case OPEN_OBJECT:
    case OPEN_LIST:
      if (cursor.depth === 1 && byte === OPEN_OBJECT && cursor.key === 'body') cursor.bodyAt = at
      cursor.depth += 1
      if (cursor.depth !== LIST_DEPTH || byte !== OPEN_LIST || cursor.bodyAt === null || list !== null) return
      if (cursor.key !== 'programmes' && cursor.key !== 'media') return
      cursor.list = { name: cursor.key, start: at + 1, end: -1, elements: [] }
      cursor.from = at + 1
      return
    case CLOSE_OBJECT:
    case CLOSE_LIST:
      cursor.depth -= 1
      if (cursor.depth === 1) cursor.bodyAt = null
      if (!inList || cursor.depth !== BODY_DEPTH) return
      list.end = at
      list.elements.push({ from: cursor.from, until: at })
      return
    case COMMA:
      if (!inList || cursor.depth !== LIST_DEPTH) return
      list.elements.push({ from: cursor.from, until: at })
      cursor.from = at + 1
  }
}

/** Null: there is no such list, or it is not closed. Pauses every 64 kB. */
export function* findLongList(bytes: Uint8Array): Generator<void, LongList | null> {
  const cursor: Cursor = { at: 0, depth: 0, key: '', bodyAt: null, list: null, from: 0 }
  let pauseAt = BYTES_PER_STEP
  for (; cursor.at < bytes.length; cursor.at += 1) {
    const byte = bytes[cursor.at] ?? 0
    if (byte === QUOTE) {
      const from = cursor.at + 1
      cursor.at = endOfString(bytes, from)
      if (cursor.depth > BODY_DEPTH) continue
      let next = cursor.at + 1
      while (isSpace(bytes[next])) next += 1
      if (bytes[next] === COLON) cursor.key = ascii(bytes, from, cursor.at)
    } else if (byte >= OPEN_LIST || byte === COMMA) step(cursor, byte)
    if (cursor.at < pauseAt) continue
    pauseAt = cursor.at + BYTES_PER_STEP
    yield
  }
  const { list } = cursor
  if (list === null || list.end < 0) return null
  const [only] = list.elements
  // `[]` has no element, though it has a place for one.
  const isEmpty =
    list.elements.length === 1 && only !== undefined && bytes.subarray(only.from, only.until).every(isSpace)
  return isEmpty ? { ...list, elements: [] } : list
}
