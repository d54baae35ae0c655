/** Text of an official, as Pango takes it: nothing in it is markup, and nothing in it can break the parser. */

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Everything XML has no place for, but line breaks and tabs. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu

/** Composed letters (NFC): fonts draw `ệ` better than `e` with two marks. */
export const plainText = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .replace(UNPRINTABLE, (char) => (char === '\n' || char === '\t' ? char : ''))
    .trim()

export const oneLine = (text: string): string => plainText(text).replace(/\s+/g, ' ')

export const escapeMarkup = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char)
