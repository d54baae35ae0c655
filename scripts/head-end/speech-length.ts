/** How long a text takes to say, for an author who gives no time. Rather too long: what is longer than its time is cut. */
import { createPrepare } from '../../drivers/speech/vietnamese/prepare.ts'

/** The slowest of the voices of espeak-ng at its pace on a box: measured 218 to 296 ms for each syllable, pauses apart. */
const SYLLABLE_MS = 310
const PAUSE_MS = 450
/** Of languages whose syllables are not written apart. */
const LETTER_MS = 90
const ENDS_MS = 500
const DURATION_MS_MAX = 86_400_000

const prepare = createPrepare('north')

/** Whole seconds. */
export const speechMs = (text: string, language = 'vi'): number => {
  const isVietnamese = /^vi(?:-|$)/i.test(language)
  const read = isVietnamese ? prepare(text) : text
  const pauses = read.match(/[,;:.!?…\n]/gu)?.length ?? 0
  const sounds = isVietnamese
    ? read.split(/[\s-]+/u).filter((syllable) => syllable !== '').length * SYLLABLE_MS
    : read.length * LETTER_MS
  return Math.min(DURATION_MS_MAX, Math.ceil((sounds + pauses * PAUSE_MS + ENDS_MS) / 1_000) * 1_000)
}
