/**
 * The voice of the box: texts are read out as an announcer would, by the engine that the settings want, and by espeak-ng where
 * that one fails. A box that could speak an hour ago must not be silent because a server is down.
 */
import { createHash } from 'node:crypto'
import type { Speech, Utterance, Voice } from '../../agent/ports/alert-sound.ts'
import type { Engine, Sound } from './engine.ts'
import { isVietnamese, lookup, regionOf, tagOf } from './language.ts'
import { patience } from './patience.ts'
import { createPrepare, type Prepare } from './vietnamese/prepare.ts'
import type { SpokenWord } from './vietnamese/word-table.ts'

/** An engine that failed is left alone for so long, twice as long each time: an alert does not wait for it again and again. */
export const REST_MS = 30_000
export const REST_MS_MAX = 600_000

export type SpeechOptions = {
  /** Always there. */
  embedded: Engine
  /** Wanted more than that, for these languages; null: none. */
  wanted: { engine: Engine; languages: readonly string[] } | null
  voice: Voice
  /** Of the commune. */
  words: readonly SpokenWord[]
  elapsed: () => number
  /** Why another engine stands in; null: it does not any more. */
  onFault: (detail: string | null) => void
  urgentMsMax?: number
}

/** For a text that people wait for: after so long the voice that is always there says it. */
export const URGENT_MS_MAX = 10_000

const REGIONS = ['north', 'central', 'south'] as const

/** A text as it is read out, and the tag of the voice that does. */
type Read = { text: string; language: string; isUrgent: boolean }

const keyOf = (engine: Engine, { text, language }: Pick<Read, 'text' | 'language'>): string =>
  createHash('sha256')
    .update(JSON.stringify([engine.engine, language, text]))
    .digest('hex')

const preparing = (words: readonly SpokenWord[], voice: Voice) => {
  const prepares = new Map<string, Prepare>(REGIONS.map((region) => [region, createPrepare(region, words)]))
  return (utterance: Utterance): Read => {
    const { isUrgent } = utterance
    const language = tagOf(utterance.language, utterance.voice ?? voice)
    if (!isVietnamese(language)) return { text: utterance.text, language, isUrgent }
    return { text: prepares.get(regionOf(language))?.(utterance.text) ?? utterance.text, language, isUrgent }
  }
}

export const openSpeech = ({
  embedded,
  wanted,
  voice,
  words,
  elapsed,
  onFault,
  urgentMsMax = URGENT_MS_MAX,
}: SpeechOptions): Speech => {
  const prepare = preparing(words, voice)
  let failures = 0
  let restsUntil = Number.NEGATIVE_INFINITY

  const isWanted = (language: string): boolean => wanted !== null && lookup(wanted.languages, language) !== null
  const isResting = (): boolean => elapsed() < restsUntil

  const failed = (error: string) => {
    restsUntil = elapsed() + Math.min(REST_MS * 2 ** failures, REST_MS_MAX)
    failures = Math.min(failures + 1, 20)
    onFault(`${error}; espeak-ng stands in`)
  }
  const succeeded = () => {
    if (failures === 0) return
    failures = 0
    restsUntil = Number.NEGATIVE_INFINITY
    onFault(null)
  }
  /** Null: the embedded engine is to say it. */
  const sayWanted = async ({ text, language, isUrgent }: Read, signal: AbortSignal): Promise<Sound | null> => {
    if (wanted === null || !isWanted(language) || isResting()) return null
    const waiting = isUrgent ? patience(signal, urgentMsMax) : null
    const sound = await wanted.engine.say(text, language, waiting?.signal ?? signal)
    waiting?.end()
    if (signal.aborted) return sound
    if (sound.kind === 'spoken') {
      succeeded()
      return sound
    }
    failed(waiting?.isOver() === true ? `it did not say an alert within ${urgentMsMax} ms` : sound.error)
    return null
  }

  return {
    keysOf: (utterance) => {
      const read = prepare(utterance)
      const own = keyOf(embedded, read)
      if (wanted === null || !isWanted(read.language)) return [own]
      return [keyOf(wanted.engine, read), ...(isResting() ? [own] : [])]
    },
    say: async (utterance, signal) => {
      const read = prepare(utterance)
      const better = await sayWanted(read, signal)
      if (better?.kind === 'spoken' && wanted !== null) return { ...better, key: keyOf(wanted.engine, read) }
      if (better !== null && better.kind === 'failed') return better
      const sound = await embedded.say(read.text, read.language, signal)
      return sound.kind === 'failed' ? sound : { ...sound, key: keyOf(embedded, read) }
    },
  }
}
