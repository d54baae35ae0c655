/** Whether a stream sounds, measured on what was decoded: a station that sends silence is as lost as one that sends nothing. Pure. */
import { CHANNELS, framesIn, framesOfMs, type Pcm } from './pcm.ts'

export type Loudness = {
  /** Of the block that is not full yet. */
  squares: number
  frames: number
  /** In a row, up to now, in whole blocks. */
  silentFrames: number
  /** Ever, in whole blocks. */
  soundedFrames: number
}

export const UNHEARD: Loudness = { squares: 0, frames: 0, silentFrames: 0, soundedFrames: 0 }

export const SILENCE_DB = -60
const BLOCK_FRAMES = framesOfMs(20)
/** Sum of squares of one block at the limit, root mean square over both channels. */
const SILENT_SQUARES = 10 ** (SILENCE_DB / 10) * BLOCK_FRAMES * CHANNELS

const squaresIn = (pcm: Pcm, fromFrame: number, frames: number): number => {
  let sum = 0
  const end = (fromFrame + frames) * CHANNELS
  for (let at = fromFrame * CHANNELS; at < end; at += 1) {
    const sample = pcm[at] ?? 0
    sum += sample * sample
  }
  return sum
}

/** Root mean square over both channels, relative to full scale. */
export const loudnessDb = (pcm: Pcm): number => {
  const mean = squaresIn(pcm, 0, framesIn(pcm)) / Math.max(1, pcm.length)
  return 10 * Math.log10(Math.max(mean, 1e-12))
}

/** With that much more heard. */
export const listenTo = (before: Loudness, pcm: Pcm): Loudness => {
  let { squares, frames, silentFrames, soundedFrames } = before
  const all = framesIn(pcm)
  for (let at = 0; at < all;) {
    const part = Math.min(all - at, BLOCK_FRAMES - frames)
    squares += squaresIn(pcm, at, part)
    frames += part
    at += part
    if (frames < BLOCK_FRAMES) break
    if (squares < SILENT_SQUARES) silentFrames += BLOCK_FRAMES
    else {
      silentFrames = 0
      soundedFrames += BLOCK_FRAMES
    }
    squares = 0
    frames = 0
  }
  return { squares, frames, silentFrames, soundedFrames }
}
