/**
 * What lies on the card's time line: the play that sounds, the one that comes next, what is spoken over it, what fades out, and
 * what was written but not yet heard. All of the last can be taken back, because what it was made of is kept until it is heard;
 * so every change of mind is "take back, change, write again", and a moment that is known early enough is met to the sample.
 */
import type { EndedHow, Fault } from '../../player/ports/output.ts'
import type { Card } from './card.ts'
import { advance, type Curve, dialAt, dialTo, linearOf, type Ramp, rampTo, steady, turned } from './gain.ts'
import { LIMITER_FRAMES, openLimiter } from './limiter.ts'
import type { FromSound } from './messages.ts'
import { addTo } from './mixer.ts'
import { framesIn, framesOfMs, msOfFrames, part, type Pcm, silence } from './pcm.ts'
import { toSixteenBits } from './sixteen-bits.ts'
import type { Tap } from './tap.ts'
import {
  factorOf,
  give,
  type Given,
  heardWhole,
  noteTiming,
  type Outcome,
  outcomeOf,
  PROGRESS_FRAMES,
  takeBackFrom,
  thereIs,
  type Track,
} from './track.ts'
import { intoZone, type OutputChannels } from './zone.ts'

/** What one track gave to a write, on its levels as they were at the beginning of it. */
type Entry = { track: Track; given: Given; fade: Ramp; gain: Ramp; duck: Ramp; heard: number }
/** One write, until it is heard. Its frames are those of the mix, which come out of the limiter a little later. */
type Piece = {
  entries: Entry[]
  fromFrame: number
  frames: number
  heard: number
  level: Ramp
  duck: Ramp
  /** What the card was given in these frames; null: nobody asks. */
  out: Pcm | null
}
type Leaving = { track: Track; outcome: Outcome }

/** `main`: what is on. `over`: what is spoken over it, which then goes on more quietly. */
export type LaneName = 'main' | 'over'
type Lane = { current: Track | null; pending: Track | null }

export type DeckOptions = {
  card: Card
  tap?: Tap | null
  latencyMs: number
  gainDb: number
  channels: OutputChannels
  now: () => number
  tell: (message: FromSound) => void
  /** The card refused a write. */
  lost: (cause: unknown) => void
  /** A write has ended. */
  free: () => void
}

/** Silence behind the last sample, so that an inexact idea of the card's position cannot cut the tail. */
const TAIL_FRAMES = framesOfMs(150)
const STEADY = steady(1)

export const laneOf = ({ order }: Track): LaneName => (order.over === null ? 'main' : 'over')

export type Deck = ReturnType<typeof openDeck>

export const openDeck = ({ card, tap, latencyMs, gainDb, channels, now, tell, lost, free }: DeckOptions) => {
  let level = dialAt(linearOf(gainDb))
  /** How far what is on is turned down under what is spoken over it. */
  let duck = dialAt(1)
  let pieces: Piece[] = []
  let leaving: Leaving[] = []
  let fading: Track[] = []
  const lanes: Record<LaneName, Lane> = {
    main: { current: null, pending: null },
    over: { current: null, pending: null },
  }
  let isPadded = false
  const limiter = openLimiter()
  const sixteenBits = toSixteenBits()

  const LANES: readonly LaneName[] = ['main', 'over']
  const timeOf = (frame: number) => card.timeOf(frame + LIMITER_FRAMES)
  /** What the next write to the card is made of so far. */
  let batch: Buffer[] = []
  let batchFrames = 0
  /** The frame of this run that is made next. */
  const madeFrames = () => card.writtenFrames() + batchFrames
  const sounding = (): Track[] => [...fading, ...LANES.flatMap((name) => lanes[name].current ?? [])]

  const end = (track: Track, { how, fault }: Outcome) => {
    track.decoder.kill()
    track.steering?.resampler.close()
    const heardMs = Math.round(msOfFrames(track.heardFrames))
    const timing = track.steering?.timing ?? null
    const isKnown = timing !== null && timing.count > 0
    const late = isKnown ? { meanMs: Math.sqrt(timing.squares / timing.count), worstMs: timing.worstMs } : null
    tell({ kind: 'ended', playId: track.order.playId, how, heardMs, fault, late })
  }

  /** Another source begins to be heard. */
  const isNews = ({ track, given: { mark } }: Entry) => mark !== null && track.told?.source !== mark.source

  const hearEntry = (entry: Entry, { fromFrame }: Piece, frame: number) => {
    const { track, given } = entry
    const { playId } = track.order
    const has = framesIn(given.out)
    const more = Math.min(frame, has) - entry.heard
    if (more <= 0) return
    const at = timeOf(fromFrame + entry.heard)
    if (!track.isStarted) {
      track.isStarted = true
      tell({ kind: 'started', playId, at: at + latencyMs })
    }
    if (isNews(entry)) {
      track.told = given.mark
      const mark = given.mark ?? { source: null, reason: null }
      tell({ kind: 'source', playId, ...mark, heardMs: Math.round(msOfFrames(track.heardFrames)) })
    }
    const ratio = (given.toSource - given.fromSource) / Math.max(1, has)
    if (card.isLocked()) noteTiming(track, given.fromSource + entry.heard * ratio, at)
    entry.heard += more
    track.heardFrames += more * ratio
    if (entry.heard === has) heardWhole(track, given)
    if (track.heardFrames < track.progressAtFrames) return
    track.progressAtFrames += PROGRESS_FRAMES
    const lateMs = track.steering !== null && card.isLocked() ? track.steering.timing.lastMs : null
    tell({ kind: 'progress', playId, heardMs: Math.round(msOfFrames(track.heardFrames)), lateMs })
  }

  const isWaiting = (track: Track) => pieces.some(({ entries }) => entries.some((entry) => entry.track === track))

  /** Tells what was heard up to now. */
  const hear = () => {
    const heard = card.heardFrames(now()) - LIMITER_FRAMES
    for (let piece = pieces[0]; piece !== undefined && heard > piece.fromFrame; piece = pieces[0]) {
      const before = piece.heard
      piece.heard = Math.min(piece.frames, heard - piece.fromFrame)
      if (piece.out !== null && piece.heard > before)
        tap?.push(part(piece.out, before, piece.heard), card.timeOf(piece.fromFrame + before) + latencyMs)
      for (const entry of piece.entries) hearEntry(entry, piece, piece.heard)
      if (piece.heard < piece.frames) break
      pieces.shift()
    }
    const gone = leaving.filter(({ track }) => !isWaiting(track))
    if (gone.length === 0) return
    leaving = leaving.filter((one) => !gone.includes(one))
    for (const { track, outcome } of gone) end(track, outcome)
  }

  const send = (entries: Entry[], frames: number) => {
    const mix = silence(frames)
    const out = entries.length > 0 && tap ? mix : null
    pieces.push({ entries, fromFrame: madeFrames(), frames, heard: 0, level: level.ramp, duck: duck.ramp, out })
    for (const { given, fade, gain, duck: under } of entries)
      addTo(mix, given.out, framesIn(given.out), [level.ramp, fade, gain, under])
    level = turned(level, advance(level.ramp, frames))
    duck = turned(duck, advance(duck.ramp, frames))
    intoZone(mix, channels)
    limiter.process(mix, frames)
    batch.push(sixteenBits(mix))
    batchFrames += frames
  }

  const write = (tracks: readonly Track[], framesMax: number): boolean => {
    const from = madeFrames()
    const span = card.isOpen()
      ? { fromAt: timeOf(from), untilAt: timeOf(from + framesMax), isSure: card.isLocked() }
      : null
    const entries = tracks.flatMap((track): Entry[] => {
      const given = give(track, framesMax, span)
      if (given.out.length === 0) return []
      const under = laneOf(track) === 'main' ? duck.ramp : STEADY
      return [{ track, given, fade: track.fade, gain: track.gain.ramp, duck: under, heard: 0 }]
    })
    const frames = Math.max(0, ...entries.map(({ given }) => framesIn(given.out)))
    if (frames === 0) return false
    for (const { track } of entries) {
      track.gain = turned(track.gain, advance(track.gain.ramp, frames))
      track.fade = advance(track.fade, frames)
    }
    isPadded = false
    send(entries, frames)
    return true
  }

  const dropCard = () => {
    card.drop()
    batch = []
    batchFrames = 0
    limiter.reset()
    tap?.flush()
    isPadded = false
  }

  const giveBack = (track: Track) => {
    const own = pieces.flatMap((piece) => piece.entries.filter((entry) => entry.track === track))
    const [first] = own
    if (first === undefined) return
    const heardShare = first.heard / Math.max(1, framesIn(first.given.out))
    takeBackFrom(
      track,
      own.map(({ given }) => given),
      heardShare,
    )
    track.gain = turned(track.gain, advance(first.gain, first.heard))
    track.fade = advance(first.fade, first.heard)
  }

  /** Gives what was not heard back to where it came from; roles are as if it had never been written. */
  const takeBack = () => {
    hear()
    if (!card.isOpen() && batchFrames === 0) return
    dropCard()
    const tracks = [...leaving.map(({ track }) => track), ...sounding()]
    for (const track of tracks) giveBack(track)
    const [first] = pieces
    if (first !== undefined) {
      level = turned(level, advance(first.level, first.heard))
      duck = turned(duck, advance(first.duck, first.heard))
    }
    pieces = []
    leaving = []
    for (const name of LANES) lanes[name].current = null
    const wasFading = fading
    fading = []
    for (const track of tracks) {
      const lane = lanes[laneOf(track)]
      // Its fade may not have begun to be heard: then it is still what is on, and is faded out again when its moment comes.
      if (wasFading.includes(track) && track.fade.to === 0) fading.push(track)
      // What was never heard has not begun. There is one such track at most in a lane: `setPending` sees to it.
      else if (!track.isStarted) lane.pending = track
      else if (lane.current === null) lane.current = track
      else end(track, { how: 'stopped', fault: null })
    }
  }

  const hasUnstarted = (name: LaneName) =>
    [...leaving.map(({ track }) => track), ...sounding()].some((track) => laneOf(track) === name && !track.isStarted)

  const fadeOut = (track: Track, fadeMs: number, curve: Curve = 'line') => {
    track.fade = rampTo(track.fade, 0, fadeMs, curve)
    track.framesLeft = Math.min(track.framesLeft, framesOfMs(fadeMs))
    track.atLength = 'stopped'
  }

  const duckFor = (track: Track | null) => {
    const { over } = track?.order ?? { over: null }
    duck = over === null ? dialTo(duck, 1, duck.rampMs) : dialTo(duck, linearOf(over.duckDb), over.fadeMs)
  }

  const forget = (name: LaneName, how: EndedHow, fault: Fault | null) => {
    const { pending } = lanes[name]
    if (pending !== null) end(pending, { how, fault })
    lanes[name].pending = null
  }

  /** What is not for that takes all of the card: nothing is spoken over an alert, and nothing turns it down. */
  const silenceOver = () => {
    const { current } = lanes.over
    if (current !== null) leaving.push({ track: current, outcome: { how: 'stopped', fault: null } })
    lanes.over.current = null
    duck = dialAt(1)
  }

  /** The pending track is the current one from the frame that is written next. */
  const promote = (name: LaneName) => {
    const lane = lanes[name]
    lane.current = lane.pending
    lane.pending = null
    if (name === 'over') duckFor(lane.current)
    else if (lane.current?.order.below !== true) silenceOver()
  }

  const holds = (track: Track | null, playId: string): track is Track => track?.order.playId === playId

  const deck = {
    current: (name: LaneName) => lanes[name].current,
    pending: (name: LaneName) => lanes[name].pending,
    frameAt: (at: number) => card.frameAt(at) - LIMITER_FRAMES,
    madeFrames,
    batchFrames: () => batchFrames,
    /** Gives the card all that was made since the last time, in one write. */
    flush: () => {
      if (batchFrames === 0) return
      const bytes = Buffer.concat(batch)
      batch = []
      batchFrames = 0
      card.write(bytes).then(free, lost)
    },
    hear,
    isQuiet: () => sounding().length === 0 && leaving.length === 0 && pieces.length === 0,
    isIdle: () => deck.isQuiet() && LANES.every((name) => lanes[name].pending === null) && !card.isOpen(),
    isSounding: () => sounding().length > 0,
    isSteered: () => sounding().some(({ steering }) => steering !== null),
    isHeard: () => sounding().some(({ isStarted }) => isStarted),
    /** Something that sounds must be where it should be, for which it must be known where the card is. */
    needsAnchor: () => sounding().some(({ order, steering }) => steering !== null && order.whenLate === 'join'),
    /** Gives the card back; what was written and not heard is written again. */
    beginAnew: () => takeBack(),
    /** When the first piece that waits is over: something may have to be told then. */
    nextBoundaryAt: () => {
      const [first] = pieces
      if (first === undefined) return null
      const isUntold = first.entries.some((entry) => !entry.track.isStarted || isNews(entry))
      return timeOf(first.fromFrame + (isUntold ? 1 : first.frames))
    },
    setPending: (track: Track) => {
      const name = laneOf(track)
      if (hasUnstarted(name)) takeBack()
      forget(name, 'stopped', null)
      lanes[name].pending = track
    },
    movePending: (playId: string, dueAt: number) => {
      for (const name of LANES) {
        if (hasUnstarted(name)) takeBack()
        const { pending } = lanes[name]
        if (!holds(pending, playId)) continue
        pending.order = { ...pending.order, dueAt }
        if (pending.steering !== null) pending.steering.baseAt = dueAt - latencyMs
      }
    },
    failPending: (name: LaneName, fault: Fault) => forget(name, 'failed', fault),
    splice: (name: LaneName) => {
      const { current, pending } = lanes[name]
      const crossMs = pending?.order.crossfadeMs ?? 0
      if (current !== null && crossMs > 0 && pending !== null) {
        fadeOut(current, crossMs, 'power')
        pending.fade = rampTo(steady(0), 1, crossMs, 'power')
        fading.push(current)
      } else if (current !== null) leaving.push({ track: current, outcome: { how: 'stopped', fault: null } })
      promote(name)
    },
    /** The pending track takes the card now, whatever was written. */
    seize: (name: LaneName) => {
      takeBack()
      const isAlone = name === 'main' && lanes.main.pending?.order.below !== true
      const isCut = (track: Track) => isAlone || laneOf(track) === name
      for (const track of [...fading.filter(isCut), lanes[name].current])
        if (track !== null) end(track, { how: 'stopped', fault: null })
      fading = fading.filter((track) => !isCut(track))
      promote(name)
    },
    stop: (playId: string, fadeMs: number) => {
      const isOnCard = [...sounding(), ...leaving.map(({ track }) => track)].some((track) => holds(track, playId))
      if (isOnCard) takeBack()
      for (const track of fadeMs > 0 ? [] : fading.filter((one) => holds(one, playId))) {
        end(track, { how: 'stopped', fault: null })
        fading = fading.filter((one) => one !== track)
      }
      for (const name of LANES) {
        const lane = lanes[name]
        if (holds(lane.pending, playId)) forget(name, 'stopped', null)
        if (!holds(lane.current, playId)) continue
        if (fadeMs > 0) fadeOut(lane.current, fadeMs)
        else {
          end(lane.current, { how: 'stopped', fault: null })
          lane.current = null
          if (name === 'over') duckFor(null)
        }
      }
    },
    setLevel: (db: number, rampMs: number) => {
      // What is buffered may go on at the old level for its 0.4 s, but "be silent" is obeyed now.
      if (linearOf(db) === 0) takeBack()
      level = dialTo(level, linearOf(db), rampMs)
    },
    setGain: (playId: string, db: number, rampMs: number) => {
      for (const name of LANES) {
        const { current, pending } = lanes[name]
        // What nobody hears yet has no level to come from.
        if (holds(pending, playId)) pending.gain = dialAt(factorOf(pending.order, db))
        else if (holds(current, playId)) {
          const factor = factorOf(current.order, db)
          if (factor === 0) takeBack()
          current.gain = dialTo(current.gain, factor, rampMs)
        }
      }
    },
    /** Frames that everything that sounds can give now; `least` of them, or of the one that has most. */
    available: () => {
      const each = LANES.flatMap((name) => lanes[name].current ?? []).map(thereIs)
      return { least: Math.min(...each), most: Math.max(0, ...each, ...fading.map(thereIs)) }
    },
    /** The last of something is written: it is worth writing, however little it is. */
    isEnding: () => sounding().some(({ decoder }) => decoder.ended() !== null),
    bridge: (frames: number) => {
      for (const name of LANES) lanes[name].current?.decoder.bridge(frames)
    },
    /** Makes at most that many frames of what sounds; false if there is nothing. */
    makeSounding: (framesMax: number): boolean => write(sounding(), framesMax),
    makeSilence: (frames: number) => send([], frames),
    /** Lets those leave of which nothing more will come. */
    settle: (): boolean => {
      const before = leaving.length
      const leave = (track: Track): boolean => {
        const outcome = outcomeOf(track)
        if (outcome !== null) leaving.push({ track, outcome })
        return outcome !== null
      }
      fading = fading.filter((track) => !leave(track))
      for (const name of LANES) {
        const { current } = lanes[name]
        if (current === null || !leave(current)) continue
        lanes[name].current = null
        if (name === 'over') duckFor(null)
      }
      const hasLeft = leaving.length > before
      if (hasLeft) hear()
      return hasLeft
    },
    /** Ends a run: first the silence behind it, then the card is given back. */
    rest: () => {
      if (!card.isOpen()) return
      if (!isPadded) {
        isPadded = true
        send([], TAIL_FRAMES)
        deck.flush()
        return
      }
      // The last of the tail stays in the limiter: nothing pushes it out.
      const isOver = card.heardFrames(now()) >= card.writtenFrames()
      if (!isOver || pieces.some(({ entries }) => entries.length > 0)) return
      pieces = []
      dropCard()
    },
    endAll: (how: EndedHow, fault: Fault | null) => {
      for (const { track } of leaving) end(track, { how, fault })
      for (const track of sounding()) end(track, { how, fault })
      for (const name of LANES) {
        forget(name, how, fault)
        lanes[name].current = null
      }
      leaving = []
      fading = []
      pieces = []
    },
  }
  return deck
}
