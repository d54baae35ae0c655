/**
 * What turns a source into PCM; and, of a file, how: one ffmpeg, held back when it is ahead, killed when it is not wanted or says
 * nothing.
 */
import type { Fault } from '../../player/ports/output.ts'
import { type FfmpegProcess, spawnFfmpeg } from './ffmpeg.ts'
import { faultOf } from './messages.ts'
import { framesOfMs, type Pcm, pcmQueue, pcmReader } from './pcm.ts'

/** Of a stream: which source a stretch of sound came from, and why not from the first; null: silence. */
export type Mark = { source: string | null; reason: string | null }
export type Cut = { pcm: Pcm; mark: Mark | null }

export type SoundQueue = {
  frames: () => number
  /** At most that many frames, all of one source; empty when there are none. */
  take: (framesMax: number) => Cut
  /** Puts back at the front what was taken but not heard. */
  unread: (cut: Cut) => void
  clear: () => void
}

export type Decoder = {
  queue: SoundQueue
  /** Enough is there to begin with, or there will never be more; `lateMs` is how far its moment is past, if it is. */
  isReady: (lateMs: number) => boolean
  /** Nothing more will come; `fault` says why, null at the source's own end. */
  ended: () => { fault: Fault | null } | null
  /** Call after taking from the queue. */
  resume: () => void
  /** The card is about to run dry: a stream goes on all the same, and gives silence where it has nothing. */
  bridge: (frames: number) => void
  kill: () => void
}

export type DecoderOptions = {
  ffmpegPath: string
  url: string
  offsetMs: number
  /** A decoder that already waits for this source, instead of a new one. */
  warm: FfmpegProcess | null
  onChange: () => void
}

/** Decoded ahead at most, and when it goes on. */
const QUEUE_FRAMES_MAX = framesOfMs(2_000)
const QUEUE_FRAMES_LOW = framesOfMs(1_000)
/** A file is on this machine and decoded many times faster than it is heard. */
const BEGIN_FRAMES = framesOfMs(40)
const SILENT_MS_MAX = 5_000
const COMPLAINT_CHARS_MAX = 2_000

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? ''

const UNSUPPORTED = /matches no streams|Decoder .* not found|Could not find codec|Unknown decoder/i

/** What ffmpeg said of it; addresses of the media server are secrets of this box and are left out. */
const faultFrom = (complaint: string, otherwise: string): Fault => {
  const said = lastLine(complaint).replaceAll(/http:\/\/127\.0\.0\.1:\S+?(?=[:\s]|$)/g, 'media')
  const detail = said === '' ? otherwise : said
  if (UNSUPPORTED.test(complaint)) return faultOf('media-unsupported', detail)
  return faultOf('media-unreadable', detail)
}

export const startDecoder = ({ ffmpegPath, url, offsetMs, warm, onChange }: DecoderOptions): Decoder => {
  const queue = pcmQueue()
  let ended: { fault: Fault | null } | null = null
  let killed = false
  let paused = false
  let came = false
  let process: FfmpegProcess
  let silence: NodeJS.Timeout | undefined

  const finish = (fault: Fault | null) => {
    if (ended !== null || killed) return
    clearTimeout(silence)
    ended = { fault }
    onChange()
  }
  const watch = () => {
    clearTimeout(silence)
    if (paused || ended !== null || killed) return
    silence = setTimeout(() => {
      finish(faultOf('media-unreadable', `no sound for ${SILENT_MS_MAX} ms`))
      process.kill('SIGKILL')
    }, SILENT_MS_MAX)
  }
  const attach = (from: FfmpegProcess, isLastTry: boolean) => {
    process = from
    const read = pcmReader()
    let complaint = ''
    from.stderr.on('data', (text: Buffer) => (complaint = (complaint + text.toString()).slice(-COMPLAINT_CHARS_MAX)))
    from.stdout.on('data', (piece: Buffer) => {
      came = true
      queue.push(read(piece))
      if (queue.frames() >= QUEUE_FRAMES_MAX) {
        paused = true
        from.stdout.pause()
      }
      watch()
      onChange()
    })
    from.once('error', (fault) => finish(faultOf('media-unreadable', `cannot run ${ffmpegPath}: ${fault.message}`)))
    from.once('close', (code, signal) => {
      if (killed || ended !== null) return
      // A quick look may have been too short for this file: once more, with all the time ffmpeg wants.
      if (!came && !isLastTry) {
        attach(spawnFfmpeg(ffmpegPath, { url, offsetMs, isQuick: false }), true)
        return
      }
      if (code === 0 && came) finish(null)
      else finish(faultFrom(complaint, code === 0 ? 'no sound in it' : `ffmpeg ended: ${code ?? signal ?? ''}`))
    })
    watch()
  }
  attach(warm ?? spawnFfmpeg(ffmpegPath, { url, offsetMs, isQuick: true }), false)

  return {
    queue: {
      frames: queue.frames,
      take: (framesMax) => ({ pcm: queue.take(framesMax), mark: null }),
      unread: ({ pcm }) => queue.unread(pcm),
      clear: queue.clear,
    },
    isReady: () => ended !== null || queue.frames() >= BEGIN_FRAMES,
    ended: () => ended,
    resume: () => {
      if (!paused || queue.frames() > QUEUE_FRAMES_LOW) return
      paused = false
      process.stdout.resume()
      watch()
    },
    // A file that is held up goes on where it was: nothing of it is left out.
    bridge: () => undefined,
    kill: () => {
      if (killed) return
      killed = true
      clearTimeout(silence)
      process.kill('SIGKILL')
      process.stdout.destroy()
      process.stderr.destroy()
      queue.clear()
    },
  }
}
