/**
 * How far what is heard lies behind what has come. A sender whose clock is faster, or a line that was held up and then gave all
 * at once, leaves a backlog that would never go away by itself. What is never used up for a while is not needed against
 * the unevenness of the line, and is let go where it is heard least. Pure.
 */
import { CHANNELS, framesIn, framesOfMs, joined, part, type Pcm } from './pcm.ts'
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
export const withoutQuiet = (pcm: Pcm, framesMax: number): { pcm: Pcm; dropped: number } => {
  const kept: Pcm[] = []
  let dropped = 0
  for (let at = 0; at < framesIn(pcm); at += BLOCK_FRAMES) {
    const block = part(pcm, at, at + BLOCK_FRAMES)
    const frames = framesIn(block)
    if (dropped + frames <= framesMax && loudnessDb(block) < QUIET_DB) dropped += frames
    else kept.push(block)
  }
  return { pcm: dropped === 0 ? pcm : joined(kept), dropped }
}

/** Without its first `frames`, whose beginning passes over into what follows, so that no click is heard. */
export const withoutFirst = (pcm: Pcm, frames: number): Pcm => {
  const seam = Math.min(SEAM_FRAMES, frames, framesIn(pcm) - frames)
  const rest = part(pcm, frames).slice()
  for (let at = 0; at < seam * CHANNELS; at += 1) {
    const share = Math.floor(at / CHANNELS) / seam
    rest[at] = (pcm[at] ?? 0) * (1 - share) + (rest[at] ?? 0) * share
  }
  return rest
}
