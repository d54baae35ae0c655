/** The one format inside the sound process: signed 16-bit little-endian stereo at 48 kHz. A frame is one sample of each channel. */

export const RATE = 48_000
export const CHANNELS = 2
export const FRAME_BYTES = 4

export const framesOfMs = (ms: number): number => Math.round((ms * RATE) / 1_000)
export const msOfFrames = (frames: number): number => (frames * 1_000) / RATE
export const silence = (frames: number): Buffer => Buffer.alloc(frames * FRAME_BYTES)

/** Decoded sound that waits. Whole frames come out, whatever pieces a pipe cuts it into. */
export type PcmQueue = {
  frames: () => number
  push: (piece: Buffer) => void
  /** At most that many frames; empty when there are none. */
  take: (framesMax: number) => Buffer
  /** Puts back at the front what was taken but not heard. */
  unread: (piece: Buffer) => void
  clear: () => void
}

export const pcmQueue = (): PcmQueue => {
  let pieces: Buffer[] = []
  let bytes = 0
  const frames = () => Math.floor(bytes / FRAME_BYTES)
  return {
    frames,
    push: (piece) => {
      pieces.push(piece)
      bytes += piece.length
    },
    take: (framesMax) => {
      const wanted = Math.min(framesMax, frames()) * FRAME_BYTES
      if (wanted <= 0) return Buffer.alloc(0)
      const taken = Buffer.allocUnsafe(wanted)
      let at = 0
      let used = 0
      for (const piece of pieces) {
        const part = piece.copy(taken, at)
        at += part
        if (part < piece.length) {
          pieces[used] = piece.subarray(part)
          break
        }
        used += 1
      }
      pieces = pieces.slice(used)
      bytes -= wanted
      return taken
    },
    unread: (piece) => {
      if (piece.length === 0) return
      pieces.unshift(piece)
      bytes += piece.length
    },
    clear: () => {
      pieces = []
      bytes = 0
    },
  }
}
