/**
 * The voice of the box when nobody has sent a recording: espeak-ng. Small (8 MB while it speaks), needs no network, and begins at
 * once; it sounds like a machine, but it says what is there. Text goes in by standard input, so that no shell and no argument
 * ever sees it.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import { promisify } from 'node:util'
import type { Speech, Spoken } from '../../agent/ports/alert-sound.ts'
import { languagesIn, lookup } from './language.ts'
import { speakable } from './text.ts'
import { durationMsOf, readWav, trimmed, wavOf } from './wav.ts'

/** It speaks hundreds of times faster than it is heard; what takes longer has gone wrong. */
export const SAY_MS_MAX = 30_000
/** Ten minutes at 22,050 Hz: twice what the longest text takes. */
const WAV_BYTES_MAX = 27_000_000
const ASK_MS_MAX = 5_000
const ASK_BYTES_MAX = 1_000_000
/** What plays must not stutter because something is said later. */
const NICENESS = 5
/** A little slower than its habit: horns echo from house to house. */
const WORDS_A_MINUTE = 150
const COMPLAINT_CHARACTERS_MAX = 300

export type EspeakOptions = { program?: string; sayMsMax?: number }

const run = promisify(execFile)

const askEngine = async (program: string, option: string): Promise<string> =>
  (await run(program, [option], { timeout: ASK_MS_MAX, maxBuffer: ASK_BYTES_MAX, killSignal: 'SIGKILL' })).stdout

const reasonOf = (program: string, error: unknown): string => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return `${program} is not installed`
  return `${program} does not run: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`
}

/** For an engine that is not there: each answer says so, and the box goes on. */
const silent = (error: string): Speech => ({ engine: 'none', say: () => Promise.resolve({ kind: 'failed', error }) })

const lowerPriority = (pid: number | undefined): void => {
  if (pid === undefined) return
  try {
    setPriority(pid, NICENESS)
  } catch {
    // It has ended already, or the service may not: then it speaks at the priority of everyone.
  }
}

type Said = { kind: 'wav'; bytes: Buffer } | { kind: 'failed'; error: string }

const collect = (
  child: ChildProcessWithoutNullStreams,
  { program, text, sayMsMax, signal }: { program: string; text: string; sayMsMax: number; signal: AbortSignal },
): Promise<Said> =>
  new Promise((resolve) => {
    const pieces: Buffer[] = []
    let bytes = 0
    let complaint = ''
    let ended: string | null = null
    const end = (why: string) => {
      ended ??= why
      child.kill('SIGKILL')
    }
    const callOff = () => end('called off')
    const timer = setTimeout(() => end(`${program} did not end within ${sayMsMax} ms`), sayMsMax)
    const settle = (said: Said) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', callOff)
      resolve(said)
    }
    signal.addEventListener('abort', callOff)
    if (signal.aborted) callOff()
    child.stdout.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (bytes > WAV_BYTES_MAX) end('it would take longer than ten minutes to say')
      else pieces.push(piece)
    })
    child.stderr.on('data', (piece: Buffer) => {
      complaint = (complaint + piece.toString('utf8')).slice(-COMPLAINT_CHARACTERS_MAX)
    })
    // Who ends before it has read everything breaks the pipe; its exit code says why.
    child.stdin.on('error', () => undefined)
    child.once('error', (error) => settle({ kind: 'failed', error: reasonOf(program, error) }))
    child.once('close', (code, killedBy) => {
      if (ended !== null) settle({ kind: 'failed', error: ended })
      else if (code === 0) settle({ kind: 'wav', bytes: Buffer.concat(pieces, bytes) })
      else settle({ kind: 'failed', error: `${program} ended with ${code ?? killedBy ?? '?'}: ${complaint.trim()}` })
    })
    child.stdin.end(text, 'utf8')
  })

const spokenOf = (bytes: Buffer): Spoken => {
  const read = readWav(bytes)
  if (read.kind === 'malformed') return { kind: 'failed', error: `what was spoken cannot be read: ${read.error}` }
  const pcm = trimmed(read.pcm)
  if (pcm === null) return { kind: 'failed', error: 'the engine said nothing' }
  return { kind: 'spoken', wav: wavOf(pcm), durationMs: durationMsOf(pcm) }
}

/** Asks the engine once what it is and which languages it has. An engine that is missing is an answer of every `say`. */
export const openEspeak = async ({
  program = 'espeak-ng',
  sayMsMax = SAY_MS_MAX,
}: EspeakOptions = {}): Promise<Speech> => {
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
      const child = spawn(program, options, { stdio: 'pipe' })
      lowerPriority(child.pid)
      const said = await collect(child, { program, text: words, sayMsMax, signal })
      return said.kind === 'failed' ? said : spokenOf(said.bytes)
    },
  }
}
