/** Measures a file of the media store by EBU R128, in an ffmpeg of its own that takes only what nobody else wants. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { LoudnessMeter, MeasureOutcome } from '../../agent/ports/loudness.ts'
import { FILTER, readSummary } from './summary.ts'

/** Goes up when the same file would be measured otherwise; a newer ffmpeg alone measures the same. */
const VERSION = 'ebur128-2'
/** A day of sound, at 24 times its speed on the slowest box. What takes longer has gone wrong. */
const MEASURE_MS_MAX = 3_600_000
/** The summary is 400 characters; what stands before it are complaints. */
const WORDS_MAX = 4_000
/** The lowest: what plays and what is fetched come first. */
const NICENESS = 19

export type MeterOptions = { ffmpegPath?: string; measureMsMax?: number }

/** As the decoder of a play: a file must not make ffmpeg read a disk or call another machine. */
const argumentsFor = (ffmpegPath: string, url: string): string[] => [
  ...['-n', String(NICENESS), ffmpegPath],
  ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'info', '-threads', '1'],
  ...['-protocol_whitelist', 'http,tcp', '-i', url, '-map', '0:a:0', '-af', FILTER, '-f', 'null', '-'],
]

const NO_SOUND = /matches no streams/
/** Of the way to the file, not of the file. */
const TRANSPORT = /Connection (?:to|refused|reset|timed)|Server returned|HTTP error|End of file|Input\/output error/

const nothing = (reason: string): MeasureOutcome => ({ kind: 'nothing', reason })
const failed = (error: string): MeasureOutcome => ({ kind: 'failed', error })

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 300) ?? ''

const judge = (ffmpegPath: string, code: number | null, words: string): MeasureOutcome => {
  if (code === 0) {
    const summary = readSummary(words)
    if (summary.kind === 'measured') return summary
    if (summary.kind === 'gated') return nothing('it is silent, or too short')
    return failed('ffmpeg ended without the summary of its filter ebur128')
  }
  // What `nice` says of a program that is not there.
  if (code === 127 || code === 126) return failed(`${ffmpegPath} cannot be run: ${lastLine(words)}`)
  if (NO_SOUND.test(words)) return nothing('it has no sound')
  if (TRANSPORT.test(words)) return failed(lastLine(words))
  return nothing(`it cannot be decoded: ${lastLine(words)}`)
}

const listen = (
  child: ChildProcessByStdio<null, null, Readable>,
  { ffmpegPath, measureMsMax, signal }: Required<MeterOptions> & { signal: AbortSignal },
): Promise<MeasureOutcome> =>
  new Promise((resolve) => {
    let words = ''
    let ended: string | null = null
    const end = (why: string) => {
      ended ??= why
      child.kill('SIGKILL')
    }
    const callOff = () => end('called off')
    const timer = setTimeout(() => end(`ffmpeg did not end within ${measureMsMax} ms`), measureMsMax)
    const settle = (outcome: MeasureOutcome) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', callOff)
      resolve(outcome)
    }
    signal.addEventListener('abort', callOff)
    if (signal.aborted) callOff()
    child.stderr.on('data', (piece: Buffer) => (words = (words + piece.toString('utf8')).slice(-WORDS_MAX)))
    child.once('error', ({ message }) => settle(failed(`nice cannot be run: ${message}`)))
    child.once('close', (code, killedBy) => {
      if (ended !== null) settle(failed(ended))
      else if (code === null) settle(failed(`ffmpeg was ended by ${killedBy ?? 'nobody knows what'}`))
      else settle(judge(ffmpegPath, code, words))
    })
  })

export const openMeter = ({
  ffmpegPath = 'ffmpeg',
  measureMsMax = MEASURE_MS_MAX,
}: MeterOptions = {}): LoudnessMeter => ({
  version: VERSION,
  measure: ({ url }, signal) => {
    const child = spawn('nice', argumentsFor(ffmpegPath, url), { stdio: ['ignore', 'ignore', 'pipe'] })
    return listen(child, { ffmpegPath, measureMsMax, signal })
  },
})
