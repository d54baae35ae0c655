/** From raw sound to whole MP3 frames, as soon as each is full. */
import type { LiveClock } from './clock.ts'
import { FRAME_BYTES, spawnEncoder, type Encoder } from './ffmpeg.ts'
import { bytesOfMs } from './sound.ts'

export type OpenEncoder = {
  write: (pcm: Buffer) => void
  /** Lets out what is inside, and ends. */
  close: () => Promise<void>
}

export type EncoderListener = {
  frames: (frames: Buffer) => void
  /** It ended without being told to. */
  broken: (error: { missing: boolean; detail: string }) => void
}

/** An encoder that is so far behind is stuck: what comes meanwhile is lost, not collected. */
const BEHIND_BYTES_MAX = bytesOfMs(2_000)
const LAST_MS_MAX = 1_000

/** Cuts what comes into whole frames. */
const framer = (give: (frames: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0)
  return (piece: Buffer) => {
    const all = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    const whole = all.length - (all.length % FRAME_BYTES)
    rest = all.subarray(whole)
    if (whole > 0) give(all.subarray(0, whole))
  }
}

const isGone = ({ pid, exitCode, signalCode }: Encoder): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null

export const openEncoder = (clock: LiveClock, { frames, broken }: EncoderListener): OpenEncoder => {
  const child = spawnEncoder()
  let isTold = false
  child.stdout.on('data', framer(frames))
  child.stderr.resume()
  // A pipe that breaks is told by the end of the process.
  child.stdin.on('error', () => undefined)
  child.once('error', (error: NodeJS.ErrnoException) => {
    broken({ missing: error.code === 'ENOENT', detail: error.message })
  })
  child.once('close', () => {
    if (!isTold) broken({ missing: false, detail: 'the encoder ended' })
  })
  return {
    write: (pcm) => {
      if (child.stdin.writable && child.stdin.writableLength < BEHIND_BYTES_MAX) child.stdin.write(pcm)
    },
    close: () =>
      new Promise((resolve) => {
        isTold = true
        if (isGone(child)) {
          resolve()
          return
        }
        const callOff = clock.after(LAST_MS_MAX, () => child.kill('SIGKILL'))
        child.once('close', () => {
          callOff()
          resolve()
        })
        child.stdin.end()
      }),
  }
}
