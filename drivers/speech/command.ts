/**
 * Any program that reads a text from standard input and writes WAV to standard output: Piper, and whatever comes after it.
 * `{voice}` and `{language}` in its arguments become north, central or south, and the language tag.
 */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import type { Engine } from './engine.ts'
import { regionOf } from './language.ts'
import { sayByProgram } from './program.ts'
import { anySoundOf } from './sound.ts'
import { speakable } from './text.ts'

export type CommandOptions = {
  command: readonly [string, ...string[]]
  sayMsMax: number
  /** Where programs are found that are named without a folder. */
  path: string
}

/** What the file was when it was looked at: a model that is replaced under its old name is another voice. */
const stampOf = (file: string): string | null => {
  try {
    const stat = statSync(file)
    return stat.isFile() ? `${stat.size}:${Math.round(stat.mtimeMs)}` : null
  } catch {
    return null
  }
}

const programStamp = (program: string, path: string): string | null => {
  if (program.includes('/')) return stampOf(program)
  const stamps = path.split(delimiter).map((folder) => stampOf(join(folder, program)))
  return stamps.find((stamp) => stamp !== null) ?? null
}

/** There is no common way to ask a program for its version: its files are. */
const versionOf = ({ command: [program, ...options], path }: CommandOptions): string => {
  const stamps = [programStamp(program, path), ...options.map((option) => stampOf(option.replace(/^--?[\w-]+=/, '')))]
  return createHash('sha256')
    .update(JSON.stringify([program, options, stamps]))
    .digest('hex')
    .slice(0, 16)
}

const filledIn = (option: string, language: string): string =>
  option.replaceAll('{voice}', regionOf(language)).replaceAll('{language}', language)

export const openCommand = (settings: CommandOptions): Engine => {
  const [program, ...options] = settings.command
  return {
    engine: `${basename(program)} ${versionOf(settings)}`,
    say: async (text, language, signal) => {
      const words = speakable(text)
      if (words === '') return { kind: 'failed', error: 'there is nothing in it to be spoken' }
      const filled = options.map((option) => filledIn(option, language))
      // A last line without an end is not read by programs that read line by line.
      const run = { program, options: filled, text: `${words}\n`, sayMsMax: settings.sayMsMax, signal }
      const said = await sayByProgram(run)
      return said.kind === 'failed' ? said : anySoundOf(said.bytes, signal)
    },
  }
}
