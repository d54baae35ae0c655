/** One ffmpeg that reads one source of a stream, with all that is there to be known about how well it does. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { framesIn, framesOfMs, type Pcm, pcmQueue, pcmReader } from './pcm.ts'
import { listenTo, type Loudness, UNHEARD } from './silence.ts'
import { complaintIn, formatIn, type StreamInput } from './stream-input.ts'
import { asOrdinary } from './urgency.ts'

export type SourceProcess = {
  frames: () => number
  take: (framesMax: number) => Pcm
  /** Puts back at the front. */
  unread: (pcm: Pcm) => void
  openedAtMs: number
  firstAtMs: () => number | null
  lastAtMs: () => number | null
  /** Of everything that has come. */
  loudness: () => Loudness
  /** It comes in pieces of seconds, with nothing in between: all of it is needed to get to the next. */
  isSegmented: () => boolean
  /** It waits when nobody takes from it: no live source, but a file that is served. */
  isOnDemand: () => boolean
  /** What was there at the connection has come; from here on it comes as it is made. */
  isSettled: () => boolean
  isPaused: () => boolean
  /** Null while it runs; `why` is null at its own end. */
  ended: () => { why: string | null } | null
  /** What has come stays. */
  kill: () => void
  clear: () => void
}

export type SourceProcessOptions = {
  ffmpegPath: string
  input: StreamInput
  framesMax: number
  now: () => number
  onChange: () => void
}

const SAID_CHARS_MAX = 8_000
/** It has settled when in this time not more than so much sound has come. */
const SETTLE_MS = 120
const SETTLE_FRAMES_MAX = framesOfMs(300)
/** Whatever it does: something is heard then. */
const SETTLE_MS_MAX = 1_500

const spawnSource = (ffmpegPath: string, args: string[]): ChildProcessByStdio<Writable, Readable, Readable> =>
  spawn(ffmpegPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })

export const openSourceProcess = (options: SourceProcessOptions): SourceProcess => {
  const { ffmpegPath, input, framesMax, now, onChange } = options
  const queue = pcmQueue()
  const read = pcmReader()
  const arrivals: { atMs: number; frames: number }[] = []
  const openedAtMs = now()
  let said = ''
  let format: string | null = null
  let loudness = UNHEARD
  let firstAtMs: number | null = null
  let lastAtMs: number | null = null
  let paused = false
  let onDemand = false
  let ended: { why: string | null } | null = null
  let killed = false

  const child = spawnSource(ffmpegPath, input.args)
  asOrdinary(child.pid)
  // It may be gone before it has read all of it.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input.stdin ?? '')
  const isSegmented = () => format?.split(',').includes('hls') === true
  const finish = (why: string | null) => {
    if (ended !== null || killed) return
    ended = { why }
    onChange()
  }
  child.stderr.on('data', (text: Buffer) => {
    said = (said + text.toString()).slice(-SAID_CHARS_MAX)
    format ??= formatIn(said)
  })
  child.stdout.on('data', (piece: Buffer) => {
    const whole = read(piece)
    if (killed || whole.length === 0) return
    const atMs = now()
    firstAtMs ??= atMs
    lastAtMs = atMs
    arrivals.push({ atMs, frames: framesIn(whole) })
    while (arrivals[0] !== undefined && arrivals[0].atMs < atMs - SETTLE_MS) arrivals.shift()
    loudness = listenTo(loudness, whole)
    queue.push(whole)
    if (queue.frames() >= framesMax) {
      paused = true
      onDemand = !isSegmented()
      child.stdout.pause()
    }
    onChange()
  })
  child.once('error', (fault) => finish(`cannot run ${ffmpegPath}: ${fault.message}`))
  child.once('close', (code, signal) =>
    finish(code === 0 && firstAtMs !== null ? null : (complaintIn(said) ?? `ffmpeg ended: ${code ?? signal ?? ''}`)),
  )
  const resume = () => {
    if (!paused || killed || queue.frames() > framesMax / 2) return
    paused = false
    child.stdout.resume()
  }

  return {
    frames: queue.frames,
    take: (framesWanted) => {
      const pcm = queue.take(framesWanted)
      resume()
      return pcm
    },
    unread: queue.unread,
    openedAtMs,
    firstAtMs: () => firstAtMs,
    lastAtMs: () => lastAtMs,
    loudness: () => loudness,
    isSegmented,
    isOnDemand: () => onDemand,
    isPaused: () => paused,
    isSettled: () => {
      if (paused || ended !== null || isSegmented()) return true
      if (firstAtMs === null || now() - firstAtMs < SETTLE_MS) return false
      const recent = arrivals.filter(({ atMs }) => atMs > now() - SETTLE_MS)
      const frames = recent.reduce((sum, arrival) => sum + arrival.frames, 0)
      return frames <= SETTLE_FRAMES_MAX || now() - firstAtMs >= SETTLE_MS_MAX
    },
    ended: () => ended,
    kill: () => {
      if (killed) return
      killed = true
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
    },
    clear: queue.clear,
  }
}
