/**
 * `loa say`: how a text would be read out, and on request the sound of it. The one place of this room that hires a driver: it needs
 * no agent, so that words can be tried before anybody hears them.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openVoice } from '../drivers/speech/open.ts'
import { createPrepare } from '../drivers/speech/vietnamese/prepare.ts'
import type { Settings } from './settings.ts'
import { readSpokenWords, type SpokenWords } from './spoken-words.ts'
import type { Words } from './words/words.ts'

const OPTIONS = {
  settings: { type: 'string' },
  lang: { type: 'string' },
  json: { type: 'boolean', default: false },
  to: { type: 'string' },
  voice: { type: 'string' },
  language: { type: 'string' },
  words: { type: 'string' },
} as const

const TEXT_CHARACTERS_MAX = 100_000

const VOICES = ['north', 'central', 'south'] as const
type Voice = (typeof VOICES)[number]

export type SayTyped = {
  text: string
  settings: string | null
  lang: 'vi' | 'en' | null
  json: boolean
  to: string | null
  voice: Voice | null
  language: string
  words: string | null
}

export type ParsedSay = { kind: 'ok'; typed: SayTyped } | { kind: 'wrong'; detail: string }

const voiceOf = (text: string | undefined): Voice | null => VOICES.find((voice) => voice === text) ?? null

export const parseSay = (args: string[]): ParsedSay => {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true, strict: true })
    const { settings, lang, json, to, voice, language, words } = values
    if (lang !== undefined && lang !== 'vi' && lang !== 'en') return { kind: 'wrong', detail: `--lang ${lang}` }
    if (voice !== undefined && voiceOf(voice) === null) return { kind: 'wrong', detail: `--voice ${voice}` }
    const text = positionals.join(' ')
    if (text === '' || text.length > TEXT_CHARACTERS_MAX) return { kind: 'wrong', detail: 'say' }
    return {
      kind: 'ok',
      typed: {
        text,
        settings: settings ?? null,
        lang: lang ?? null,
        json,
        to: to ?? null,
        voice: voiceOf(voice),
        language: language ?? 'vi',
        words: words ?? null,
      },
    }
  } catch (error) {
    return { kind: 'wrong', detail: error instanceof Error ? (/'(-[^' ]*)/.exec(error.message)?.[1] ?? '') : '' }
  }
}

export type Said = { isRight: boolean; page: string; json: unknown }

export type SayNeeds = {
  typed: SayTyped
  /** Of this box, or the defaults. */
  speech: Settings['speech']
  words: Words
  elapsed: () => number
  path: string
}

const readTable = ({ typed, speech }: SayNeeds): SpokenWords => readSpokenWords(typed.words ?? speech.words)

const wordsFaults = ({ typed, speech, words }: SayNeeds, { faults }: SpokenWords): string[] =>
  faults.map(({ line, reason }) => {
    const path = typed.words ?? speech.words ?? ''
    const context = { name: 'words', section: 'speech', file: path, fits: '', example: '' }
    const { wrong, next } = words.faults.words({ path, line, reason }, context)
    return `${wrong} ${next}`
  })

/** Exit code 0 only if everything that was asked for was done. */
export const say = async (needs: SayNeeds): Promise<Said> => {
  const { typed, speech, words, elapsed, path } = needs
  const table = readTable(needs)
  const faults = wordsFaults(needs, table)
  const voice = typed.voice ?? speech.voice
  const isVietnamese = /^vi(?:-|$)/i.test(typed.language)
  const read = isVietnamese ? createPrepare(voice, table.words)(typed.text) : typed.text
  if (typed.to === null)
    return { isRight: faults.length === 0, page: [read, ...faults].join('\n'), json: { read, faults } }

  const standIns: string[] = []
  const onFault = (detail: string | null) => {
    if (detail !== null) standIns.push(detail)
  }
  const spoken = await (
    await openVoice(speech, { words: table.words, elapsed, onFault, path })
  ).say({ text: typed.text, language: typed.language, voice, isUrgent: false }, new AbortController().signal)
  if (spoken.kind === 'failed') {
    const page = [read, words.say.failed(spoken.error), ...faults].join('\n')
    return { isRight: false, page, json: { read, faults, error: spoken.error } }
  }
  const seconds = Math.round(spoken.durationMs / 100) / 10
  try {
    writeFileSync(typed.to, spoken.wav)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const page = [read, words.say.unwritten(typed.to, reason), ...faults].join('\n')
    return { isRight: false, page, json: { read, faults, error: reason } }
  }
  const written = words.say.written(typed.to, seconds)
  const notes = [...standIns.map(words.say.standsIn), ...faults]
  return {
    isRight: notes.length === 0,
    page: [read, written, ...notes].join('\n'),
    json: { read, faults, file: typed.to, seconds, standsIn: standIns[0] ?? null },
  }
}
