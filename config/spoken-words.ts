/**
 * The words that a commune has added: a YAML file of lines `written: spoken`. What is wrong in it is told with its line, and is
 * left out; the other words count. A slip in it must not silence a siren, so it never keeps the agent from starting.
 */
import { readFileSync, statSync } from 'node:fs'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { SettingsFault, WordsFault } from './fault.ts'

export type SpokenWord = { written: string; spoken: string }

export type SpokenWords = { words: SpokenWord[]; faults: { line: number | null; reason: WordsFault }[] }

const FILE_BYTES_MAX = 256 * 1024
const WORDS_MAX = 2_000
const WRITTEN_LENGTH_MAX = 60
const SPOKEN_LENGTH_MAX = 200
const FAULTS_MAX = 20

const reasonOf = (error: unknown): WordsFault => {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === 'EACCES' || code === 'EPERM' ? 'forbidden' : 'absent'
}

const readText = (path: string): { text: string } | WordsFault => {
  try {
    const stat = statSync(path)
    if (!stat.isFile()) return 'absent'
    return stat.size > FILE_BYTES_MAX ? 'too-large' : { text: readFileSync(path, 'utf8') }
  } catch (error) {
    return reasonOf(error)
  }
}

/** Begins and ends where a word does; anything else could stand inside of another word. */
const isWritten = (text: string): boolean => text.length <= WRITTEN_LENGTH_MAX && /^[\p{L}\p{N}]/u.test(text)

const isSpoken = (text: string): boolean =>
  text.length <= SPOKEN_LENGTH_MAX && /[\p{L}\p{N}]/u.test(text) && !/\p{Cc}/u.test(text)

const textOf = (node: unknown): string | null => {
  if (!isScalar(node) || node.value === null || node.value === undefined) return null
  // 1022 and 5.10 are numbers to YAML; what is meant is what is written.
  const text = typeof node.value === 'string' ? node.value : (node.source ?? '')
  return text.normalize('NFC').trim()
}

export const parseSpokenWords = (text: string): SpokenWords => {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: false,
  })
  const [error] = document.errors
  if (error !== undefined) return { words: [], faults: [{ line: lines.linePos(error.pos[0]).line, reason: 'syntax' }] }
  if (document.contents === null) return { words: [], faults: [] }
  if (!isMap(document.contents)) return { words: [], faults: [{ line: 1, reason: 'syntax' }] }
  const words = new Map<string, SpokenWord>()
  const faults: SpokenWords['faults'] = []
  for (const { key, value } of document.contents.items) {
    const line = isScalar(key) && Array.isArray(key.range) ? lines.linePos(key.range[0]).line : null
    const [written, spoken] = [textOf(key), textOf(value)]
    const wrong = (reason: WordsFault) => faults.push({ line, reason })
    if (words.size >= WORDS_MAX) {
      wrong('too-many')
      break
    }
    if (written === null || !isWritten(written)) wrong('written')
    else if (spoken === null || !isSpoken(spoken)) wrong('spoken')
    else if (words.has(written)) wrong('twice')
    else words.set(written, { written, spoken })
  }
  return { words: [...words.values()], faults: faults.slice(0, FAULTS_MAX) }
}

export const readSpokenWords = (path: string | undefined): SpokenWords => {
  if (path === undefined) return { words: [], faults: [] }
  const read = readText(path)
  if (typeof read === 'string') return { words: [], faults: [{ line: null, reason: read }] }
  return parseSpokenWords(read.text)
}

/** As faults of the settings, for whoever checks them. */
export const spokenWordsFaults = (path: string | undefined): SettingsFault[] =>
  readSpokenWords(path).faults.map(({ line, reason }) => ({
    key: 'speech.words',
    line: null,
    found: null,
    problem: { kind: 'words', path: path ?? '', line, reason },
  }))
