/** One ffmpeg that turns one source into PCM, held back when it is ahead, killed when it is not wanted or says nothing. */
import type { Fault } from '../../player/ports/output.ts'
import { type FfmpegProcess, spawnFfmpeg } from './ffmpeg.ts'
import { faultOf, type SoundOrder } from './messages.ts'
import { framesOfMs, pcmQueue, type PcmQueue } from './pcm.ts'

export type Decoder = {
  queue: PcmQueue
  /** Enough is there to begin with, or there will never be more. */
  isReady: () => boolean
  /** Nothing more will come; `fault` says why, null at the source's own end. */
  ended: () => { fault: Fault | null } | null
  /** Call after taking from the queue. */
  resume: () => void
  kill: () => void
}

export type DecoderOptions = {
  ffmpegPath: string
  order: SoundOrder
  /** A decoder that already waits for this source, instead of a new one. */
  warm: FfmpegProcess | null
  onChange: () => void
}

/** Decoded ahead at most, and when it goes on. */
const QUEUE_FRAMES_MAX = framesOfMs(2_000)
const QUEUE_FRAMES_LOW = framesOfMs(1_000)
/** A file is on this machine and decoded many times faster than it is heard; a stream has a network in between. */
const BEGIN_FRAMES = framesOfMs(40)
const STREAM_BEGIN_FRAMES = framesOfMs(400)
const SILENT_MS_MAX = 5_000
const STREAM_SILENT_MS_MAX = 12_000
const COMPLAINT_CHARS_MAX = 2_000

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? ''

const UNSUPPORTED = /matches no streams|Decoder .* not found|Could not find codec|Unknown decoder/i

/** What ffmpeg said of it; addresses of the media server are secrets of this box and are left out. */
const faultFrom = (complaint: string, isStream: boolean, otherwise: string): Fault => {
  const said = lastLine(complaint).replaceAll(/http:\/\/127\.0\.0\.1:\S+?(?=[:\s]|$)/g, 'media')
  const detail = said === '' ? otherwise : said
  if (UNSUPPORTED.test(complaint)) return faultOf('media-unsupported', detail)
  return faultOf(isStream ? 'stream-failed' : 'media-unreadable', detail)
}

export const startDecoder = ({ ffmpegPath, order, warm, onChange }: DecoderOptions): Decoder => {
  const queue = pcmQueue()
  const silentMsMax = order.isStream ? STREAM_SILENT_MS_MAX : SILENT_MS_MAX
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
      finish(faultOf(order.isStream ? 'stream-failed' : 'media-unreadable', `no sound for ${silentMsMax} ms`))
      process.kill('SIGKILL')
    }, silentMsMax)
  }
  const attach = (from: FfmpegProcess, isLastTry: boolean) => {
    process = from
    let complaint = ''
    from.stderr.on('data', (text: Buffer) => (complaint = (complaint + text.toString()).slice(-COMPLAINT_CHARS_MAX)))
    from.stdout.on('data', (piece: Buffer) => {
      came = true
      queue.push(piece)
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
        attach(spawnFfmpeg(ffmpegPath, { ...order, isQuick: false }), true)
        return
      }
      if (code === 0 && came) finish(null)
      else
        finish(
          faultFrom(complaint, order.isStream, code === 0 ? 'no sound in it' : `ffmpeg ended: ${code ?? signal ?? ''}`),
        )
    })
    watch()
  }
  const isQuick = !order.isStream
  attach(warm ?? spawnFfmpeg(ffmpegPath, { ...order, isQuick }), !isQuick)

  return {
    queue,
    isReady: () => ended !== null || queue.frames() >= (order.isStream ? STREAM_BEGIN_FRAMES : BEGIN_FRAMES),
    ended: () => ended,
    resume: () => {
      if (!paused || queue.frames() > QUEUE_FRAMES_LOW) return
      paused = false
      process.stdout.resume()
      watch()
    },
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
