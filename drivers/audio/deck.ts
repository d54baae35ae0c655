/**
 * What lies on the card's time line: the play that sounds, the one that comes next, and what was written but not yet heard.
 * All of the last can be taken back, because what it was made of is kept until it is heard; so every change of mind is
 * "take back, change, write again", and a moment that is known early enough is met to the sample.
 */
import type { EndedHow, Fault } from '../../player/ports/output.ts'
import type { Card } from './card.ts'
import type { Decoder } from './decoder.ts'
import { advance, applyGain, linearOf, type Ramp, rampTo, steady } from './gain.ts'
import { faultOf, type FromSound, type SoundOrder } from './messages.ts'
import { FRAME_BYTES, framesOfMs, msOfFrames, RATE, silence } from './pcm.ts'

export type Track = {
  order: SoundOrder
  decoder: Decoder
  gain: Ramp
  fade: Ramp
  /** What is still to be written of its length. */
  framesLeft: number
  /** What it is called when `framesLeft` is used up. */
  atLength: EndedHow
  heardFrames: number
  isStarted: boolean
  progressAtFrames: number
}

type Outcome = { how: EndedHow; fault: Fault | null }
/** One write, as it was before gain, until it is heard. */
type Piece = {
  track: Track | null
  pcm: Buffer
  fromFrame: number
  frames: number
  heard: number
  level: Ramp
  fade: Ramp
}
type Leaving = { track: Track; outcome: Outcome }

export type DeckOptions = {
  card: Card
  latencyMs: number
  gainDb: number
  now: () => number
  tell: (message: FromSound) => void
  /** The card refused a write. */
  lost: (cause: unknown) => void
  /** A write has ended. */
  free: () => void
}

const PROGRESS_FRAMES = RATE
/** Silence behind the last sample, so that an inexact idea of the card's position cannot cut the tail. */
const TAIL_FRAMES = framesOfMs(150)
const FADE_IN_MS = 5

export const newTrack = (order: SoundOrder, decoder: Decoder): Track => ({
  order,
  decoder,
  gain: steady(linearOf(order.gainDb)),
  fade: order.offsetMs > 0 ? rampTo(steady(0), 1, FADE_IN_MS) : steady(1),
  framesLeft: order.lengthMs === null ? Number.POSITIVE_INFINITY : framesOfMs(order.lengthMs),
  atLength: 'finished',
  heardFrames: 0,
  isStarted: false,
  progressAtFrames: PROGRESS_FRAMES,
})

/** How a track ends once nothing more of it can be written; null while there is more to come. */
const outcomeOf = (track: Track): Outcome | null => {
  if (track.framesLeft <= 0) return { how: track.atLength, fault: null }
  const ended = track.decoder.ended()
  if (ended === null || track.decoder.queue.frames() > 0) return null
  if (ended.fault !== null) return { how: 'failed', fault: ended.fault }
  if (track.order.isStream && track.order.lengthMs !== null)
    return { how: 'failed', fault: faultOf('stream-failed', 'the stream ended before its time') }
  return { how: 'finished', fault: null }
}

export type Deck = ReturnType<typeof openDeck>

export const openDeck = ({ card, latencyMs, gainDb, now, tell, lost, free }: DeckOptions) => {
  let level = steady(linearOf(gainDb))
  let pieces: Piece[] = []
  let leaving: Leaving[] = []
  let current: Track | null = null
  let pending: Track | null = null
  let isPadded = false

  const end = (track: Track, { how, fault }: Outcome) => {
    track.decoder.kill()
    const heardMs = Math.round(msOfFrames(track.heardFrames))
    tell({ kind: 'ended', playId: track.order.playId, how, heardMs, fault })
  }

  const hearPiece = (piece: Piece, frames: number) => {
    const { track } = piece
    const more = frames - piece.heard
    piece.heard = frames
    if (track === null || more <= 0) return
    const { playId } = track.order
    if (!track.isStarted) {
      track.isStarted = true
      tell({ kind: 'started', playId, at: card.timeOf(piece.fromFrame) + latencyMs })
    }
    track.heardFrames += more
    if (track.heardFrames < track.progressAtFrames) return
    track.progressAtFrames += PROGRESS_FRAMES
    tell({ kind: 'progress', playId, heardMs: Math.round(msOfFrames(track.heardFrames)) })
  }

  /** Tells what was heard up to now. */
  const hear = () => {
    const heard = card.heardFrames(now())
    for (let piece = pieces[0]; piece !== undefined && heard > piece.fromFrame; piece = pieces[0]) {
      hearPiece(piece, Math.min(piece.frames, heard - piece.fromFrame))
      if (piece.heard < piece.frames) break
      pieces.shift()
    }
    while (leaving[0] !== undefined && !pieces.some((piece) => piece.track === leaving[0]?.track)) {
      const { track, outcome } = leaving[0]
      leaving.shift()
      end(track, outcome)
    }
  }

  const write = (track: Track | null, pcm: Buffer) => {
    const frames = pcm.length / FRAME_BYTES
    const fade = track?.fade ?? steady(1)
    pieces.push({ track, pcm, fromFrame: card.writtenFrames(), frames, heard: 0, level, fade })
    const ramps = track === null ? [] : [level, fade, track.gain]
    level = advance(level, frames)
    if (track !== null) {
      track.gain = advance(track.gain, frames)
      isPadded = false
      track.fade = advance(fade, frames)
      track.framesLeft -= frames
    }
    card.write(applyGain(pcm, ramps)).then(free, lost)
  }

  const dropCard = () => {
    card.drop()
    isPadded = false
  }

  /** Gives what was not heard back to where it came from; roles are as if it had never been written. */
  const takeBack = () => {
    hear()
    if (!card.isOpen()) return
    dropCard()
    for (const piece of pieces.reverse()) {
      level = advance(piece.level, piece.heard)
      if (piece.track === null) continue
      piece.track.decoder.queue.unread(piece.pcm.subarray(piece.heard * FRAME_BYTES))
      piece.track.framesLeft += piece.frames - piece.heard
      piece.track.fade = advance(piece.fade, piece.heard)
    }
    pieces = []
    const tracks = [...leaving.map(({ track }) => track), ...(current === null ? [] : [current])]
    leaving = []
    current = null
    for (const track of tracks) {
      // What was never heard has not begun. There is one such track at most: `play` sees to it.
      if (track.isStarted && current === null) current = track
      else pending = track
    }
  }

  const hasUnstarted = () => (current !== null && !current.isStarted) || leaving.some(({ track }) => !track.isStarted)

  const deck = {
    current: () => current,
    pending: () => pending,
    hear,
    takeBack,
    isQuiet: () => current === null && leaving.length === 0 && pieces.length === 0,
    isIdle: () => deck.isQuiet() && pending === null && !card.isOpen(),
    /** When the first piece that waits is over: something may have to be told then. */
    nextBoundaryAt: () => {
      const [first] = pieces
      if (first === undefined) return null
      const isUntold = first.track !== null && !first.track.isStarted
      return card.timeOf(first.fromFrame + (isUntold ? 1 : first.frames))
    },
    setPending: (track: Track) => {
      if (hasUnstarted()) takeBack()
      if (pending !== null) end(pending, { how: 'stopped', fault: null })
      pending = track
    },
    movePending: (playId: string, dueAt: number) => {
      if (hasUnstarted()) takeBack()
      if (pending?.order.playId === playId) pending.order = { ...pending.order, dueAt }
    },
    failPending: (fault: Fault) => {
      if (pending !== null) end(pending, { how: 'failed', fault })
      pending = null
    },
    /** The pending track is the current one from the next write on. */
    splice: () => {
      if (current !== null) leaving.push({ track: current, outcome: { how: 'stopped', fault: null } })
      current = pending
      pending = null
    },
    /** The pending track takes the card now, whatever was written. */
    seize: () => {
      takeBack()
      if (current !== null) end(current, { how: 'stopped', fault: null })
      current = pending
      pending = null
    },
    stop: (playId: string, fadeMs: number) => {
      const holds = (track: Track | null) => track?.order.playId === playId
      if (!holds(pending) && !holds(current) && !leaving.some(({ track }) => holds(track))) return
      if (!holds(pending)) takeBack()
      if (pending !== null && holds(pending)) {
        end(pending, { how: 'stopped', fault: null })
        pending = null
      } else if (current !== null && holds(current)) {
        if (fadeMs <= 0) {
          end(current, { how: 'stopped', fault: null })
          current = null
          return
        }
        current.fade = rampTo(current.fade, 0, fadeMs)
        current.framesLeft = Math.min(current.framesLeft, framesOfMs(fadeMs))
        current.atLength = 'stopped'
      }
    },
    setLevel: (gainDb: number, rampMs: number) => {
      // What is buffered may go on at the old level for its 0.4 s, but "be silent" is obeyed now.
      if (linearOf(gainDb) === 0) takeBack()
      level = rampTo(level, linearOf(gainDb), rampMs)
    },
    setGain: (playId: string, gainDb: number, rampMs: number) => {
      for (const track of [current, pending])
        if (track?.order.playId === playId) track.gain = rampTo(track.gain, linearOf(gainDb), rampMs)
    },
    /** Writes at most that many frames of the current track; false if it has none. */
    writeCurrent: (framesMax: number): boolean => {
      if (current === null) return false
      const pcm = current.decoder.queue.take(Math.min(framesMax, current.framesLeft))
      current.decoder.resume()
      if (pcm.length === 0) return false
      write(current, pcm)
      return true
    },
    writeSilence: (frames: number) => write(null, silence(frames)),
    /** Lets the current track leave if nothing more of it will come. */
    settle: (): boolean => {
      const outcome = current === null ? null : outcomeOf(current)
      if (current === null || outcome === null) return false
      leaving.push({ track: current, outcome })
      current = null
      hear()
      return true
    },
    /** Ends a run: first the silence behind it, then the card is given back. */
    rest: () => {
      if (!card.isOpen()) return
      if (!isPadded) {
        isPadded = true
        write(null, silence(TAIL_FRAMES))
      } else if (pieces.length === 0) dropCard()
    },
    endAll: (how: EndedHow, fault: Fault | null) => {
      for (const { track } of leaving) end(track, { how, fault })
      if (current !== null) end(current, { how, fault })
      if (pending !== null) end(pending, { how, fault })
      leaving = []
      pieces = []
      current = null
      pending = null
    },
  }
  return deck
}
