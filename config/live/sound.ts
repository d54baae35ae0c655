/** The one form that sound has between capture and encoder: 48 kHz, one channel, signed 16 bit. And how loud it is. */

export const RATE = 48_000
export const BYTES_PER_MS = (RATE * 2) / 1_000

export const bytesOfMs = (ms: number): number => Math.floor((ms * RATE) / 1_000) * 2

export const silenceOfMs = (ms: number): Buffer => Buffer.alloc(bytesOfMs(ms))

const FULL_SCALE = 32_768
/** Lower than this, no microphone is told from none. */
export const SILENT_DB = -90

/** Root mean square in dBFS, at least `SILENT_DB`. */
export const levelOf = (pcm: Buffer): number => {
  const samples = Math.floor(pcm.length / 2)
  if (samples === 0) return SILENT_DB
  let sum = 0
  for (let at = 0; at < samples; at += 1) sum += (pcm.readInt16LE(at * 2) / FULL_SCALE) ** 2
  return Math.max(SILENT_DB, 10 * Math.log10(sum / samples))
}

export type Meter = {
  add: (pcm: Buffer) => void
  /** The loudest tenth of a second since it was asked last. */
  read: () => number
}

const WINDOW_BYTES = bytesOfMs(100)

export const createMeter = (): Meter => {
  let window: Buffer[] = []
  let bytes = 0
  let loudest = SILENT_DB
  return {
    add: (pcm) => {
      window.push(pcm)
      bytes += pcm.length
      if (bytes < WINDOW_BYTES) return
      loudest = Math.max(loudest, levelOf(Buffer.concat(window)))
      window = []
      bytes = 0
    },
    read: () => {
      const level = loudest
      loudest = SILENT_DB
      return level
    },
  }
}
