/**
 * How far what is heard lies behind what has come. A sender whose clock is faster, or a line that was held up and then gave all
 * at once, leaves a backlog that would never go away by itself. What is never used up for a while is not needed against
 * the unevenness of the line, and is let go where it is heard least. Pure.
 */
import { FRAME_BYTES, framesOfMs } from './pcm.ts'
import { loudnessDb } from './silence.ts'

/** The lowest level of this window and of the one before. */
export type Backlog = { beganMs: number; low: number; lowBefore: number | null }

export type BacklogLimits = {
  /** What may wait at the lowest point of two windows. */
  framesMax: number
  /** What is left of it when it was too much. */
  framesLeft: number
  windowMs: number
}

export const newBacklog = (nowMs: number): Backlog => ({
  beganMs: nowMs,
  low: Number.POSITIVE_INFINITY,
  lowBefore: null,
})

/** With the level just after something was taken, which is when it is lowest. */
export const noteLevel = (backlog: Backlog, frames: number, nowMs: number, { windowMs }: BacklogLimits): Backlog =>
  nowMs - backlog.beganMs < windowMs
    ? { ...backlog, low: Math.min(backlog.low, frames) }
    : { beganMs: nowMs, low: frames, lowBefore: backlog.low }

/** How much may be let go now. */
export const excessFrames = ({ low, lowBefore }: Backlog, { framesMax, framesLeft }: BacklogLimits): number => {
  if (lowBefore === null) return 0
  const level = Math.min(low, lowBefore)
  return level > framesMax ? level - framesLeft : 0
}

const BLOCK_FRAMES = framesOfMs(20)
/** Between words; a microphone that is open in a room is not much quieter. */
const QUIET_DB = -45
const SEAM_FRAMES = framesOfMs(10)

/** Without its quiet blocks, at most `framesMax` of them. */
export const withoutQuiet = (pcm: Buffer, framesMax: number): { pcm: Buffer; dropped: number } => {
  const kept: Buffer[] = []
  let dropped = 0
  for (let at = 0; at < pcm.length; at += BLOCK_FRAMES * FRAME_BYTES) {
    const block = pcm.subarray(at, at + BLOCK_FRAMES * FRAME_BYTES)
    const frames = block.length / FRAME_BYTES
    if (dropped + frames <= framesMax && loudnessDb(block) < QUIET_DB) dropped += frames
    else kept.push(block)
  }
  return { pcm: dropped === 0 ? pcm : Buffer.concat(kept), dropped }
}

/** Without its first `frames`, whose beginning passes over into what follows, so that no click is heard. */
export const withoutFirst = (pcm: Buffer, frames: number): Buffer => {
  const seam = Math.min(SEAM_FRAMES, frames, pcm.length / FRAME_BYTES - frames)
  const rest = Buffer.from(pcm.subarray(frames * FRAME_BYTES))
  for (let at = 0; at < seam * FRAME_BYTES; at += 2) {
    const share = Math.floor(at / FRAME_BYTES) / seam
    rest.writeInt16LE(Math.round(pcm.readInt16LE(at) * (1 - share) + rest.readInt16LE(at) * share), at)
  }
  return rest
}
