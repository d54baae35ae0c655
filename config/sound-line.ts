/** The figures of one loudspeaker on one line: what there always is, and of the rest what there is here. */
import type { SoundFigures } from './doctor/findings.ts'
import type { SoundWords } from './words/words.ts'

export const soundParts = (figures: SoundFigures, words: SoundWords): string[] => {
  const { lateMs, underruns, gainDb, trimDb, mixer, urgency, heard, heardDb, amplifiers } = figures
  return [
    words.timing(lateMs),
    words.gaps(underruns),
    words.level(gainDb, gainDb !== trimDb),
    ...(mixer === null ? [] : [words.mixer(mixer)]),
    ...(urgency === null ? [] : [words.urgency[urgency]]),
    ...(heard === null ? [] : [words.heard[heard](heardDb)]),
    ...amplifiers.map(({ id, power }) => `${id} ${words.power[power]}`),
  ]
}
