/** A text as it may be given to a voice: nothing in it is an instruction to the engine, and nothing is spelled out that is no word. */

/** About five minutes of speech; what follows is not said. */
export const TEXT_CHARACTERS_MAX = 4_000

const ADDRESS = /\b(?:https?:\/\/|www\.)\S+/giu
/** `[[` begins phonemes for the engine; the others are read out by their names, or are markup. */
const SIGNS = /[[\]<>{}|\\^~_*#`=]+/gu
// Also what is invisible: marks of direction, soft hyphens, and half of a pair that is broken.
const CONTROLS = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]+/gu

const endOfSentence = (text: string): number =>
  Math.max(...['. ', '! ', '? ', '… ', '; '].map((sign) => text.lastIndexOf(sign) + 1))

/** At the end of a sentence, else between two words. */
const shortened = (text: string): string => {
  if (text.length <= TEXT_CHARACTERS_MAX) return text
  const part = text.slice(0, TEXT_CHARACTERS_MAX)
  const end = endOfSentence(part)
  const space = part.lastIndexOf(' ')
  if (end > TEXT_CHARACTERS_MAX / 2) return part.slice(0, end)
  return space > 0 ? part.slice(0, space) : part
}

export const speakable = (text: string): string => {
  const lines = text
    .normalize('NFC')
    .split(/\r\n|[\r\n\u2028\u2029]/u)
    .map((line) => line.replace(ADDRESS, ' ').replace(CONTROLS, ' ').replace(SIGNS, ' ').replace(/\s+/gu, ' ').trim())
    .filter((line) => /[\p{L}\p{N}]/u.test(line))
    // A line is a sentence, whether or not whoever wrote it put a point at its end.
    .map((line) => (/[.!?…:;,]$/u.test(line) ? line : `${line}.`))
  return shortened(lines.join(' '))
}
