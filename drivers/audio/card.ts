/**
 * The sound card, through node-speaker, and what is known of where it is. The library tells neither its delay nor how full its
 * buffer is; but the card begins with its first write and then takes sound at its own steady pace, so that elapsed time since
 * then is what was heard, and never more than was written.
 *
 * Facts about speaker 0.5.5 that shape this file:
 * - `close` while a native write is in flight frees what the write uses: writes here are awaited, and kept short by never
 *   filling the buffer, so that there is nothing to wait for when an alert wants the card.
 * - `close(true)` drops what is buffered; a second one does nothing. `close(false)` drains, and blocks the process as it does.
 * - a write that the card refuses is reported as an error event as well as to its callback.
 */
import { createRequire } from 'node:module'
import type { MonotonicMs } from './messages.ts'
import { CHANNELS, FRAME_BYTES, framesOfMs, msOfFrames, RATE, silence } from './pcm.ts'

export type Speaker = {
  write: (chunk: Buffer, done: (fault?: Error | null) => void) => boolean
  on: (event: 'error', listener: (fault: Error) => void) => void
  close: (flush: boolean) => void
}
export type SpeakerConstructor = new (options: object) => Speaker

export type Card = {
  isOpen: () => boolean
  isWriting: () => boolean
  /** Frames since it was opened. */
  writtenFrames: () => number
  heardFrames: (at: MonotonicMs) => number
  /** When that frame since it was opened is, or was, heard by the card. */
  timeOf: (frame: number) => MonotonicMs
  /** Opens the card if need be. One at a time; rejects when the card does not take it. */
  write: (pcm: Buffer) => Promise<void>
  /** Forgets what was not heard yet. Never while a write is in flight. */
  drop: () => void
  /** How much it holds at most before a write has to wait. */
  capacityFrames: () => number
  /** Native writes in this process; each leaks about 440 bytes in the library. */
  writes: () => number
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

/** Loads the library, which opens ALSA's default device and **aborts the process** where there is none. */
export const loadSpeaker = (): { Speaker: SpeakerConstructor; engine: string } => {
  const require = createRequire(import.meta.url)
  // The library's own types leave out what is used here; this is the edge where its shape is taken on trust.
  const { version } = require('speaker/package.json') as { version: string }
  return { Speaker: require('speaker') as SpeakerConstructor, engine: `speaker ${version}` }
}

export type CardOptions = { Speaker: SpeakerConstructor; device: string; now: () => MonotonicMs }

export const openCard = ({ Speaker, device, now }: CardOptions): Card => {
  let speaker: Speaker | null = null
  let writing = false
  let written = 0
  let writes = 0
  let heardMost = 0
  let openedAt: MonotonicMs = 0
  /** When frame 0 was heard. */
  let beganAt: MonotonicMs = 0
  let capacity = CAPACITY_FRAMES

  const elapsedFrames = (at: MonotonicMs) => Math.floor(((at - beganAt) * RATE) / 1_000)
  const heardFrames = (at: MonotonicMs) => {
    heardMost = Math.max(heardMost, Math.min(written, elapsedFrames(at)))
    return heardMost
  }

  const learn = (before: number, startedAt: MonotonicMs, endedAt: MonotonicMs) => {
    if (before === 0) openedAt = startedAt
    // What came after a silence of the card is heard at once.
    if (before === 0 || elapsedFrames(startedAt) >= before) {
      beganAt = endedAt - msOfFrames(before)
      return
    }
    if (endedAt - startedAt < WAITED_MS) return
    const heldFrames = written - elapsedFrames(endedAt)
    // Longer than room for it takes to come: the card, not the buffer, held it up, and that says nothing of its size.
    const isStall = endedAt - startedAt > msOfFrames(written - before) + STALL_MS
    if (endedAt - openedAt < LEARN_MS && !isStall) {
      capacity = Math.min(capacity, Math.max(CAPACITY_FRAMES_MIN, heldFrames))
      return
    }
    // Full, so exactly `capacity` is unheard: the clocks are brought together here.
    beganAt = endedAt - msOfFrames(written - capacity)
  }

  return {
    isOpen: () => speaker !== null,
    isWriting: () => writing,
    writtenFrames: () => written,
    heardFrames,
    timeOf: (frame) => beganAt + msOfFrames(frame),
    capacityFrames: () => capacity,
    writes: () => writes,
    write: async (pcm) => {
      const before = written
      const startedAt = now()
      writing = true
      try {
        await new Promise<void>((resolve, reject) => {
          if (speaker === null) {
            speaker = new Speaker({
              channels: CHANNELS,
              bitDepth: 16,
              sampleRate: RATE,
              // One native write for one of ours: the library cuts at this size.
              samplesPerFrame: CAPACITY_FRAMES,
              device,
            })
            speaker.on('error', reject)
          }
          speaker.write(pcm, (fault) => {
            if (fault === undefined || fault === null) resolve()
            else reject(fault)
          })
        })
      } finally {
        writing = false
        writes += 1
      }
      written += pcm.length / FRAME_BYTES
      learn(before, startedAt, now())
    },
    drop: () => {
      if (writing) throw new Error('the card was dropped during a write')
      speaker?.close(true)
      speaker = null
      written = 0
      heardMost = 0
    },
  }
}

/** Whether the card would play now: it is given a breath of silence. */
export const probeCard = async (card: Card): Promise<void> => {
  await card.write(silence(framesOfMs(5)))
  card.drop()
}
