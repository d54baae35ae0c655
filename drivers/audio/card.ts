/**
 * The sound card, through node-speaker, and what is known of where it is (card-clock.ts).
 *
 * Facts about speaker 0.5.5 that shape this file:
 * - `close` while a native write is in flight frees what the write uses: writes here are awaited, and those that must wait for
 *   room are begun just before it comes, so that there is next to nothing to wait for when an alert wants the card.
 * - `close(true)` drops what is buffered; a second one does nothing. `close(false)` drains, and blocks the process as it does.
 * - a write that the card refuses is reported as an error event as well as to its callback.
 */
import { createRequire } from 'node:module'
import {
  type CardClock,
  frameAt,
  isLocked,
  isLost,
  isMisfit,
  isPeriodEnd,
  leadMs,
  newClock,
  PERIOD_FRAMES,
  PERIODS,
  periodFrom,
  timeOf,
  withMoment,
  withoutWait,
} from './card-clock.ts'
import type { MonotonicMs } from './messages.ts'
import { CHANNELS, framesOfMs, msOfFrames, RATE } from './pcm.ts'
import { BITS, CARD_FRAME_BYTES } from './sixteen-bits.ts'

export type Speaker = {
  write: (chunk: Buffer, done: (fault?: Error | null) => void) => boolean
  on: (event: 'error', listener: (fault: Error) => void) => void
  close: (flush: boolean) => void
}
export type SpeakerConstructor = new (options: object) => Speaker

export type Card = {
  isOpen: () => boolean
  isWriting: () => boolean
  /** For how long the write that is in flight has been; 0 when none is. */
  writingMs: () => number
  /** Frames since it was opened. */
  writtenFrames: () => number
  heardFrames: (at: MonotonicMs) => number
  /** When that frame since it was opened is, or was, heard by the card. */
  timeOf: (frame: number) => MonotonicMs
  frameAt: (at: MonotonicMs) => number
  /** Many writes have told where it is, and they agree. */
  isLocked: () => boolean
  /** When to write so that it tells where it is, and how much; null: this card does not tell, or it is not open. */
  nextProbe: (at: MonotonicMs) => { at: MonotonicMs; frames: number } | null
  /** Opens the card if need be. One at a time; rejects when the card does not take it. */
  write: (bytes: Buffer) => Promise<void>
  /** Forgets what was not heard yet. Never while a write is in flight. */
  drop: () => void
  /** How much it holds at most before a write has to wait. */
  capacityFrames: () => number
  /** Native writes in this process; each leaks about 440 bytes in the library. */
  writes: () => number
  /** How often it ran dry in the middle of a run. */
  underruns: () => number
  /** It ran dry, or may have, during a write: with which frame it began again, and when, is known only once it is opened anew. */
  isAstray: () => boolean
}

/** The library asks ALSA for half a second; a card may have less. */
const CAPACITY_FRAMES = RATE / 2
const CAPACITY_FRAMES_MIN = framesOfMs(100)
/** A write that takes longer than this had to wait for room. */
const WAITED_MS = 15
/** How much longer than its own length a write may wait for room: a buffer empties a quarter at a time. */
const STALL_MS = 130
/** In the beginning of a run a full buffer means that it is small; later, that the card runs slower than our clock. */
const LEARN_MS = 2_000
const HELD_ALIKE_FRAMES = framesOfMs(20)
/** A probe that takes less has not waited: there was room already. */
const WAITED_MS_MIN = 0.7
/** So often in a row the card has not told where it is: then it is not asked any more. */
const LOSSES_MAX = 3
/** Until then a machine that was too busy to tell may have become calm. */
const LOST_MS = 5_000

/** Loads the library, which opens ALSA's default device and **aborts the process** where there is none. */
export const loadSpeaker = (): { Speaker: SpeakerConstructor; engine: string } => {
  const require = createRequire(import.meta.url)
  // The library's own types leave out what is used here; this is the edge where its shape is taken on trust.
  const { version } = require('speaker/package.json') as { version: string }
  return { Speaker: require('speaker') as SpeakerConstructor, engine: `speaker ${version}` }
}

export type CardOptions = { Speaker: SpeakerConstructor; device: string; now: () => MonotonicMs }

type Wrote = { before: number; startedAt: MonotonicMs; endedAt: MonotonicMs }

export const openCard = ({ Speaker, device, now }: CardOptions): Card => {
  let speaker: Speaker | null = null
  let writing = false
  let writingSince: MonotonicMs = 0
  let written = 0
  let writes = 0
  let underruns = 0
  let isAstray = false
  let heardMost = 0
  let openedAt: MonotonicMs = 0
  let clock: CardClock = newClock({ startAt: 0 })
  /** False when it has shown that its periods are not what is thought: then only a full buffer tells where it is. */
  let hasPeriods = true
  let losses = 0
  let lostAt: MonotonicMs = 0
  let capacity = CAPACITY_FRAMES
  /** What it held when a write had to wait for the first time. */
  let heldBefore = Number.POSITIVE_INFINITY
  /** Which of the periods that it may have; a card keeps them from one run to the next. */
  let periods = 0

  const heardFrames = (at: MonotonicMs) => {
    heardMost = Math.max(heardMost, Math.min(written, Math.floor(frameAt(clock, at))))
    return heardMost
  }

  /** It had to wait until a period had ended, because it has filled the buffer exactly. */
  const isProbe = ({ startedAt }: Wrote): boolean => {
    const frame = written - capacity
    return hasPeriods && isPeriodEnd(clock, frame) && startedAt < timeOf(clock, frame) - 1
  }

  /** Twice nearly the same: once may have been this process, that was held up itself. */
  const learnCapacity = (heldFrames: number) => {
    const isAgain = Math.abs(heldFrames - heldBefore) <= HELD_ALIKE_FRAMES
    if (isAgain) capacity = Math.min(capacity, Math.max(CAPACITY_FRAMES_MIN, heldFrames, heldBefore))
    heldBefore = heldFrames
  }

  const learnFromFull = ({ before, startedAt, endedAt }: Wrote) => {
    if (endedAt - startedAt < WAITED_MS) return
    const heldFrames = written - Math.floor(frameAt(clock, endedAt))
    // Longer than room for it takes to come: the card, not the buffer, held it up, and that says nothing of its size.
    const isStall = endedAt - startedAt > msOfFrames(written - before) + STALL_MS
    if (written <= capacity && endedAt - openedAt < LEARN_MS && !isStall) learnCapacity(Math.round(heldFrames))
    // Full: it was heard by now, and was not a period before this write. Between the two nothing is known.
    else if (!hasPeriods && !isStall) {
      const latest = endedAt - (written - capacity) / clock.pace
      const earliest = startedAt - (written - capacity + clock.periodFrames) / clock.pace
      clock = { ...clock, startAt: Math.min(latest, Math.max(earliest, clock.startAt)) }
    }
  }

  const learn = (wrote: Wrote) => {
    const { before, startedAt, endedAt } = wrote
    if (before === 0) {
      openedAt = startedAt
      hasPeriods = losses < LOSSES_MAX
    }
    const hasRunDry = before > 0 && frameAt(clock, startedAt) >= before
    // By its end all that came before had been heard: it came too late although it was begun in time, or it was noticed late. As
    // long as it is not known how much the card holds, it may also have waited for room.
    const isDoubtful = endedAt - startedAt < WAITED_MS || startedAt - openedAt > LEARN_MS
    const mayHaveRunDry = before > 0 && isDoubtful && frameAt(clock, endedAt) >= before
    if (hasRunDry || mayHaveRunDry) {
      underruns += 1
      isAstray = true
    }
    const { pace, openingMs } = clock
    const periodFrames = PERIODS[periods] ?? PERIOD_FRAMES
    // What came after a silence of the card is heard at once, and its periods are counted from there.
    if (before === 0 || hasRunDry) {
      const startAt = endedAt - before / pace
      clock = newClock({ startAt, pace, periodFrames, openingMs: endedAt - startedAt, originFrame: before })
      return
    }
    if (!isProbe(wrote)) {
      learnFromFull(wrote)
      return
    }
    const hasWaited = endedAt - startedAt >= WAITED_MS_MIN
    clock = hasWaited ? withMoment(clock, written - capacity, endedAt) : withoutWait(clock, written - capacity, endedAt)
    if (PERIODS.length > 1 && isMisfit(clock)) {
      periods = (periods + 1) % PERIODS.length
      const { startAt, originFrame } = clock
      clock = newClock({ startAt, originFrame, pace, openingMs, periodFrames: PERIODS[periods] ?? periodFrames })
      return
    }
    if (isLocked(clock)) losses = 0
    if (!isLost(clock)) return
    hasPeriods = false
    lostAt = endedAt
    losses += 1
    const { startAt, originFrame } = clock
    clock = newClock({ startAt, originFrame, pace: clock.pace, periodFrames })
  }

  return {
    isOpen: () => speaker !== null,
    isWriting: () => writing,
    writingMs: () => (writing ? now() - writingSince : 0),
    writtenFrames: () => written,
    heardFrames,
    timeOf: (frame) => timeOf(clock, frame),
    frameAt: (at) => frameAt(clock, at),
    isLocked: () => hasPeriods && isLocked(clock),
    nextProbe: (at) => {
      if (!hasPeriods && losses < LOSSES_MAX && at - lostAt > LOST_MS) hasPeriods = true
      if (!hasPeriods || speaker === null) return null
      const lead = leadMs(clock)
      const frame = periodFrom(clock, Math.max(frameAt(clock, at + lead / 2), written - capacity + 1))
      return { at: timeOf(clock, frame) - lead, frames: capacity + frame - written }
    },
    capacityFrames: () => capacity,
    writes: () => writes,
    underruns: () => underruns,
    isAstray: () => isAstray,
    write: async (bytes) => {
      const before = written
      const startedAt = now()
      writing = true
      writingSince = startedAt
      try {
        await new Promise<void>((resolve, reject) => {
          if (speaker === null) {
            speaker = new Speaker({
              channels: CHANNELS,
              bitDepth: BITS,
              sampleRate: RATE,
              // One native write for one of ours: the library cuts at this size.
              samplesPerFrame: CAPACITY_FRAMES,
              device,
            })
            speaker.on('error', reject)
          }
          speaker.write(bytes, (fault) => {
            if (fault === undefined || fault === null) resolve()
            else reject(fault)
          })
        })
      } finally {
        writing = false
        writes += 1
      }
      written += bytes.length / CARD_FRAME_BYTES
      learn({ before, startedAt, endedAt: now() })
    },
    drop: () => {
      if (writing) throw new Error('the card was dropped during a write')
      speaker?.close(true)
      speaker = null
      written = 0
      heardMost = 0
      isAstray = false
    },
  }
}

/** Whether the card would play now: it is given a breath of silence. */
export const probeCard = async (card: Card): Promise<void> => {
  await card.write(Buffer.alloc(framesOfMs(5) * CARD_FRAME_BYTES))
  card.drop()
}
