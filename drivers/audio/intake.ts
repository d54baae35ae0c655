/** What is taken from one source of a stream: from its newest sound, never falling behind for good, and with an ear for silence. */
import { type BacklogLimits, excessFrames, newBacklog, noteLevel, withoutFirst, withoutQuiet } from './backlog.ts'
import { framesIn, framesOfMs, part, type Pcm } from './pcm.ts'
import { listenTo, type Loudness, UNHEARD } from './silence.ts'
import type { SourceProcess } from './source-process.ts'

export type Intake = {
  process: SourceProcess
  /** Lets go of all but the newest, as long as nobody listens: it shall be on the air live. */
  keepNewest: () => void
  take: (framesMax: number) => Pcm
  /** Of what was taken. */
  loudness: () => Loudness
}

export type IntakeLimits = {
  /** With this it begins. */
  keepFrames: number
  backlog: BacklogLimits
}

/** Quiet places are looked for this far ahead. */
const LOOK_FRAMES = framesOfMs(500)
/** If there is none for so long, it is cut anywhere. */
const QUIET_WAIT_MS = 3_000

export const openIntake = (process: SourceProcess, limits: IntakeLimits, now: () => number): Intake => {
  let backlog = newBacklog(now())
  let loudness = UNHEARD
  let hasBegun = false
  /** What shall be let go, and since when. */
  let owed = { frames: 0, sinceMs: 0 }

  /** What waits when it is not taken, and what is all there already, is never old. */
  const isLive = () => !process.isSegmented() && !process.isOnDemand() && process.ended() === null

  const keepNewest = () => {
    const tooMany = process.frames() - limits.keepFrames
    if (!hasBegun && isLive() && process.isSettled() && tooMany > 0) process.take(tooMany)
  }
  const shortened = (framesMax: number): Pcm => {
    const isOverdue = now() - owed.sinceMs >= QUIET_WAIT_MS
    const ahead = isOverdue ? owed.frames : Math.min(owed.frames, LOOK_FRAMES)
    const there = process.take(framesMax + ahead)
    const quiet = withoutQuiet(there, owed.frames)
    const left = owed.frames - quiet.dropped
    const cut = isOverdue ? Math.min(left, framesIn(quiet.pcm)) : 0
    const kept = cut > 0 ? withoutFirst(quiet.pcm, cut) : quiet.pcm
    owed = { ...owed, frames: left - cut }
    process.unread(part(kept, framesMax))
    return part(kept, 0, framesMax)
  }

  return {
    process,
    keepNewest,
    loudness: () => loudness,
    take: (framesMax) => {
      keepNewest()
      if (!hasBegun) backlog = newBacklog(now())
      hasBegun = true
      const pcm = owed.frames > 0 && isLive() ? shortened(framesMax) : process.take(framesMax)
      loudness = listenTo(loudness, pcm)
      if (owed.frames > 0) return pcm
      backlog = noteLevel(backlog, process.frames(), now(), limits.backlog)
      const frames = isLive() ? excessFrames(backlog, limits.backlog) : 0
      if (frames === 0) return pcm
      owed = { frames, sinceMs: now() }
      backlog = newBacklog(now())
      return pcm
    },
  }
}
