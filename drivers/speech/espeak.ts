/**
 * The voice of the box when nobody has sent a recording: espeak-ng. Small (8 MB while it speaks), needs no network, and begins at
 * once; it sounds like a machine, but it says what is there. Text goes in by standard input, so that no shell and no argument
 * ever sees it.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Engine } from './engine.ts'
import { languagesIn, lookup } from './language.ts'
import { reasonOf, sayByProgram } from './program.ts'
import { soundOf } from './sound.ts'
import { speakable } from './text.ts'

/** It speaks hundreds of times faster than it is heard; what takes longer has gone wrong. */
export const SAY_MS_MAX = 30_000
const ASK_MS_MAX = 5_000
const ASK_BYTES_MAX = 1_000_000
/** A little slower than its habit: horns echo from house to house. */
const WORDS_A_MINUTE = 150

export type EspeakOptions = { program?: string; sayMsMax?: number }

const run = promisify(execFile)

const askEngine = async (program: string, option: string): Promise<string> =>
  (await run(program, [option], { timeout: ASK_MS_MAX, maxBuffer: ASK_BYTES_MAX, killSignal: 'SIGKILL' })).stdout

/** For an engine that is not there: each answer says so, and the box goes on. */
const silent = (error: string): Engine => ({ engine: 'none', say: () => Promise.resolve({ kind: 'failed', error }) })

/** Asks the engine once what it is and which languages it has. An engine that is missing is an answer of every `say`. */
export const openEspeak = async ({
  program = 'espeak-ng',
  sayMsMax = SAY_MS_MAX,
}: EspeakOptions = {}): Promise<Engine> => {
  let version: string
  let languages: string[]
  try {
    version = /\b\d+(\.\d+)+\b/.exec(await askEngine(program, '--version'))?.[0] ?? 'of unknown version'
    languages = languagesIn(await askEngine(program, '--voices'))
  } catch (error) {
    return silent(reasonOf(program, error))
  }
  return {
    // The pace is a part of the voice: with another one the same text is spoken anew.
    engine: `espeak-ng ${version} at ${WORDS_A_MINUTE}`,
    say: async (text, language, signal) => {
      const voice = lookup(languages, language)
      if (voice === null) return { kind: 'failed', error: `no voice speaks ${language.slice(0, 35)}` }
      const words = speakable(text)
      if (words === '') return { kind: 'failed', error: 'there is nothing in it to be spoken' }
      if (signal.aborted) return { kind: 'failed', error: 'called off' }
      // -b 1: the text is UTF-8, whatever the locale. -z: no pause after the last sentence.
      const options = ['-v', voice, '-s', String(WORDS_A_MINUTE), '-b', '1', '-z', '--stdin', '--stdout']
      const said = await sayByProgram({ program, options, text: words, sayMsMax, signal })
      return said.kind === 'failed' ? said : soundOf(said.bytes)
    },
  }
}
