/**
 * Sound from a microphone as it comes, or from a file as fast as it is taken. One process; what it says when it fails is
 * the reason that is told.
 */
import { spawnCapture, type SoundSource } from './ffmpeg.ts'
import { bytesOfMs } from './sound.ts'

export type CaptureEnd = { kind: 'finished' } | { kind: 'missing' } | { kind: 'failed'; detail: string }

export type CaptureListener = {
  /** Of a microphone: each piece as it comes. */
  pcm: (pcm: Buffer) => void
  ended: (end: CaptureEnd) => void
}

export type OpenCapture = {
  /** Of a file: at most so many bytes of what is there. */
  take: (bytesMax: number) => Buffer
  waitingBytes: () => number
  close: () => void
}

/** Of a file, so much is held ready; then the pipe holds ffmpeg back. */
const QUEUE_BYTES_MAX = bytesOfMs(2_000)
const COMPLAINT_CHARS_MAX = 2_000

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? ''

export const openCapture = (source: SoundSource, { pcm, ended }: CaptureListener): OpenCapture => {
  const child = spawnCapture(source)
  const isFile = source.kind === 'file'
  let queue: Buffer[] = []
  let waiting = 0
  let complaint = ''
  let isOver = false
  const end = (how: CaptureEnd) => {
    if (isOver) return
    isOver = true
    ended(how)
  }
  child.stderr.on('data', (text: Buffer) => {
    complaint = (complaint + text.toString()).slice(-COMPLAINT_CHARS_MAX)
  })
  child.stdout.on('data', (piece: Buffer) => {
    if (isOver) return
    if (!isFile) {
      pcm(piece)
      return
    }
    queue.push(piece)
    waiting += piece.length
    if (waiting >= QUEUE_BYTES_MAX) child.stdout.pause()
  })
  child.once('error', (error: NodeJS.ErrnoException) => {
    end(error.code === 'ENOENT' ? { kind: 'missing' } : { kind: 'failed', detail: error.message })
  })
  child.once('close', (code, signal) => {
    const said = lastLine(complaint)
    // A microphone that ends was pulled out, whatever code that is.
    if (code === 0 && isFile) end({ kind: 'finished' })
    else end({ kind: 'failed', detail: said === '' ? `ffmpeg: ${signal ?? code ?? ''}` : said })
  })
  return {
    take: (bytesMax) => {
      const all = Buffer.concat(queue)
      const taken = all.subarray(0, Math.min(bytesMax, all.length))
      queue = taken.length === all.length ? [] : [all.subarray(taken.length)]
      waiting = all.length - taken.length
      if (waiting < QUEUE_BYTES_MAX / 2) child.stdout.resume()
      return taken
    },
    waitingBytes: () => waiting,
    close: () => {
      isOver = true
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
    },
  }
}
