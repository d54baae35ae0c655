/**
 * How ffmpeg is told to read a file (a stream: stream-input.ts), and a decoder that is started before it is needed. Of the time from an order
 * to its first sample nearly all is ffmpeg loading its libraries: about 90 ms cold, 7 ms when it only waits for its input.
 *
 * The spare waits on an address of ours, which answers with a redirect once it is known what shall be played: so it can seek in
 * the real source, which a pipe could not.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { CHANNELS, PCM_FORMAT, RATE } from './pcm.ts'
import { asOrdinary } from './urgency.ts'

export type FfmpegProcess = ChildProcessByStdio<null, Readable, Readable>

export type FfmpegInput = { url: string; offsetMs: number; isQuick: boolean }

/** A file comes from the box itself: it must not make ffmpeg read a disk or call another machine, whatever it contains. */
const FILE_PROTOCOLS = 'http,tcp'
/** Verified media say what they are at their beginning; five seconds of analysis, ffmpeg's own habit, are not needed. */
const QUICK = ['-probesize', '65536', '-analyzeduration', '200000']

/**
 * A recording of one channel is heard from both as it was recorded. ffmpeg by itself gives each 3 dB less, as a panorama does
 * for one listener between two loudspeakers; here every horn has its own. More than two channels are mixed down by ffmpeg's
 * own matrix. drivers/loudness/summary.ts measures behind the same filters.
 */
export const TO_TWO_CHANNELS = 'aformat=sample_fmts=fltp:channel_layouts=stereo|mono,pan=stereo|FL<FL+FC|FR<FR+FC'

/** Its first sound, in the format of the sound process. */
export const PCM_OUTPUT = [
  ...['-map', '0:a:0', '-af', TO_TWO_CHANNELS],
  ...['-f', PCM_FORMAT, '-ar', String(RATE), '-ac', String(CHANNELS)],
]

export const ffmpegArguments = ({ url, offsetMs, isQuick }: FfmpegInput): string[] => [
  ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-threads', '1'],
  ...['-protocol_whitelist', FILE_PROTOCOLS],
  ...(isQuick ? QUICK : []),
  ...(offsetMs > 0 ? ['-ss', (offsetMs / 1_000).toFixed(3)] : []),
  ...['-i', url, ...PCM_OUTPUT, 'pipe:1'],
]

export const spawnFfmpeg = (ffmpegPath: string, input: FfmpegInput): FfmpegProcess => {
  const process = spawn(ffmpegPath, ffmpegArguments(input), { stdio: ['ignore', 'pipe', 'pipe'] })
  asOrdinary(process.pid)
  return process
}

export type Spare = {
  /** Starts one if there is none. */
  prepare: () => void
  /** The waiting decoder, from now on of that file; null where none waits. */
  take: (url: string) => FfmpegProcess | null
  close: () => void
}

type Waiting = { process: FfmpegProcess; path: string }

const redirectTo = (url: string): string =>
  `HTTP/1.1 302 Found\r\nLocation: ${url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`

/** One decoder waits, and one was just given away and may still come back for its address: more paths there are not. */
const PATHS_MAX = 4
const REQUEST_BYTES_MAX = 4_096

export const openSpare = (ffmpegPath: string): Spare => {
  /** Where each path leads; null: not known yet. */
  const leadsTo = new Map<string, string | null>()
  const held = new Map<string, Socket[]>()
  let waiting: Waiting | null = null
  let port: number | null = null
  let wanted = false
  let closed = false

  const answer = (socket: Socket, path: string) => {
    const url = leadsTo.get(path)
    if (url === undefined) socket.destroy()
    else if (url === null) held.set(path, [...(held.get(path) ?? []), socket])
    else socket.end(redirectTo(url))
  }
  const server = createServer((socket) => {
    let request = ''
    socket.on('error', () => socket.destroy())
    socket.on('data', (piece: Buffer) => {
      request += piece.toString('latin1')
      if (request.length > REQUEST_BYTES_MAX) socket.destroy()
      if (!request.includes('\r\n\r\n')) return
      socket.removeAllListeners('data')
      socket.resume()
      answer(socket, /^GET (\S+) /.exec(request)?.[1] ?? '')
    })
  })

  const prepare = () => {
    wanted = true
    if (waiting !== null || port === null || closed) return
    const path = `/${randomBytes(16).toString('hex')}`
    const url = `http://127.0.0.1:${port}${path}`
    const process = spawnFfmpeg(ffmpegPath, { url, offsetMs: 0, isQuick: true })
    const mine = { process, path }
    waiting = mine
    leadsTo.set(path, null)
    for (const old of [...leadsTo.keys()].slice(0, -PATHS_MAX)) leadsTo.delete(old)
    const gone = () => {
      // Not started again here: what ends by itself would do so again and again. The next play asks anew.
      if (waiting === mine) waiting = null
    }
    process.once('error', gone)
    process.once('exit', gone)
  }
  // Without it every play starts its own decoder: slower, not worse.
  server.on('error', () => (port = null))
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : null
    if (wanted) prepare()
  })

  return {
    prepare,
    take: (url) => {
      if (waiting === null) return null
      const { process, path } = waiting
      waiting = null
      process.removeAllListeners('error')
      process.removeAllListeners('exit')
      leadsTo.set(path, url)
      for (const socket of held.get(path) ?? []) socket.end(redirectTo(url))
      held.delete(path)
      return process
    },
    close: () => {
      closed = true
      waiting?.process.kill('SIGKILL')
      waiting = null
      for (const sockets of held.values()) for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
