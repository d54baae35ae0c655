/**
 * What lies on the card's time line: the play that sounds, the one that comes next, and what was written but not yet heard.
 * All of the last can be taken back, because what it was made of is kept until it is heard; so every change of mind is
 * "take back, change, write again", and a moment that is known early enough is met to the sample.
 */
import type { EndedHow, Fault } from '../../player/ports/output.ts'
import type { Card } from './card.ts'
import type { Cut, Decoder, Mark } from './decoder.ts'
import { advance, applyGain, dialAt, dialTo, type Dial, linearOf, type Ramp, rampTo, steady, turned } from './gain.ts'
import { type FromSound, type SoundOrder } from './messages.ts'
import { CHANNELS, FRAME_BYTES, framesOfMs, msOfFrames, RATE, silence } from './pcm.ts'
import type { Tap } from './tap.ts'

export type Track = {
  order: SoundOrder
  decoder: Decoder
  gain: Dial
  fade: Ramp
  /** Of a stream: what was told last of where its sound comes from. */
  told: Mark | null
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
  mark: Mark | null
  fromFrame: number
  frames: number
  heard: number
  level: Ramp
  fade: Ramp
  gain: Ramp
}
type Leaving = { track: Track; outcome: Outcome }

export type DeckOptions = {
  card: Card
  tap?: Tap | null
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
  gain: dialAt(linearOf(order.gainDb)),
  fade: order.offsetMs > 0 ? rampTo(steady(0), 1, FADE_IN_MS) : steady(1),
  told: null,
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
  return ended.fault === null ? { how: 'finished', fault: null } : { how: 'failed', fault: ended.fault }
}

export type Deck = ReturnType<typeof openDeck>

export const openDeck = ({ card, tap, latencyMs, gainDb, now, tell, lost, free }: DeckOptions) => {
  let level = dialAt(linearOf(gainDb))
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

  /** Another source begins to be heard. */
  const isNews = ({ track, mark }: Piece) => track !== null && mark !== null && track.told?.source !== mark.source

  /** As it left the card, gains and all. */
  const tapPiece = ({ pcm, level, fade, gain, fromFrame, heard }: Piece, frames: number) => {
    const part = pcm.subarray(heard * FRAME_BYTES, frames * FRAME_BYTES)
    const ramps = [level, fade, gain].map((ramp) => advance(ramp, heard))
    const bytes = Uint8Array.from(applyGain(part, ramps))
    tap?.push(new Int16Array(bytes.buffer, 0, (frames - heard) * CHANNELS), card.timeOf(fromFrame + heard) + latencyMs)
  }

  const hearPiece = (piece: Piece, frames: number) => {
    const { track, mark } = piece
    const more = frames - piece.heard
    if (tap && track !== null && more > 0) tapPiece(piece, frames)
    piece.heard = frames
    if (track === null || more <= 0) return
    const { playId } = track.order
    if (!track.isStarted) {
      track.isStarted = true
      tell({ kind: 'started', playId, at: card.timeOf(piece.fromFrame) + latencyMs })
    }
    if (mark !== null && isNews(piece)) {
      track.told = mark
      tell({ kind: 'source', playId, ...mark, heardMs: Math.round(msOfFrames(track.heardFrames)) })
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

  const write = (track: Track | null, { pcm, mark }: Cut) => {
    const frames = pcm.length / FRAME_BYTES
    const fade = track?.fade ?? steady(1)
    const gain = track?.gain.ramp ?? steady(1)
    pieces.push({
      ...{ track, pcm, mark, fromFrame: card.writtenFrames(), frames, heard: 0 },
      ...{ level: level.ramp, fade, gain },
    })
    const ramps = track === null ? [] : [level.ramp, fade, gain]
    level = turned(level, advance(level.ramp, frames))
    if (track !== null) {
      track.gain = turned(track.gain, advance(gain, frames))
      isPadded = false
      track.fade = advance(fade, frames)
      track.framesLeft -= frames
    }
    card.write(applyGain(pcm, ramps)).then(free, lost)
  }

  const dropCard = () => {
    card.drop()
    tap?.flush()
    isPadded = false
  }

  /** Gives what was not heard back to where it came from; roles are as if it had never been written. */
  const takeBack = () => {
    hear()
    if (!card.isOpen()) return
    dropCard()
    for (const piece of pieces.reverse()) {
      level = turned(level, advance(piece.level, piece.heard))
      if (piece.track === null) continue
      piece.track.decoder.queue.unread({ pcm: piece.pcm.subarray(piece.heard * FRAME_BYTES), mark: piece.mark })
      piece.track.gain = turned(piece.track.gain, advance(piece.gain, piece.heard))
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
      const isUntold = first.track !== null && (!first.track.isStarted || isNews(first))
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
      level = dialTo(level, linearOf(gainDb), rampMs)
    },
    setGain: (playId: string, gainDb: number, rampMs: number) => {
      for (const isPending of [true, false]) {
        const track = isPending ? pending : current
        if (track?.order.playId !== playId) continue
        if (linearOf(gainDb) === 0 && !isPending) takeBack()
        // What nobody hears yet has no level to come from.
        track.gain = isPending ? dialAt(linearOf(gainDb)) : dialTo(track.gain, linearOf(gainDb), rampMs)
        return
      }
    },
    /** Writes at most that many frames of the current track; false if it has none. */
    writeCurrent: (framesMax: number): boolean => {
      if (current === null) return false
      const cut = current.decoder.queue.take(Math.min(framesMax, current.framesLeft))
      current.decoder.resume()
      if (cut.pcm.length === 0) return false
      write(current, cut)
      return true
    },
    writeSilence: (frames: number) => write(null, { pcm: silence(frames), mark: null }),
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
        write(null, { pcm: silence(TAIL_FRAMES), mark: null })
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
