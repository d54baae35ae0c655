/**
 * Keeps the card fed: decides, each time something has happened, what the next write is. One write at a time; whatever is
 * asked during a write waits for its end, which is a matter of a few milliseconds because the buffer is never filled.
 */
import type { Timer } from '../../player/ports/clock.ts'
import type { Card } from './card.ts'
import { type Deck, laneOf, type LaneName, openDeck } from './deck.ts'
import type { Decoder } from './decoder.ts'
import type { FromSound, SoundOrder, ToSound } from './messages.ts'
import { framesOfMs, msOfFrames, RATE } from './pcm.ts'
import type { Resamplers } from './resampler.ts'
import type { Tap } from './tap.ts'
import { newTrack, type Track } from './track.ts'
import type { OutputChannels } from './zone.ts'

export type PlayerOptions = {
  card: Card
  resamplers: Resamplers
  /** Null or absent: nobody asks what was heard. */
  tap?: Tap | null
  latencyMs: number
  gainDb: number
  channels: OutputChannels
  now: () => number
  after: (ms: number, task: () => void) => Timer
  startDecoder: (order: SoundOrder, onChange: () => void) => Decoder
  /** The library leaks with each write: after so many this process asks to be replaced when it is quiet. */
  writesMax: number
  /** Something sounds, or will soon: a good moment to make ready for the next. */
  onPlaying: () => void
  tell: (message: FromSound) => void
  lost: (cause: unknown) => void
  /** The native library leaks with each write: this process should be replaced now that nothing sounds. */
  worn: () => void
}

export type Player = {
  accept: (message: Extract<ToSound, { kind: 'play' | 'move' | 'stop' | 'gain' | 'level' }>) => void
  /** Ends everything and gives the card back. */
  close: () => Promise<void>
  fail: Deck['endAll']
  isIdle: () => boolean
  /** Runs when no write is in flight. */
  whenFree: (task: () => void) => void
}

/** How much of the card's buffer is filled at first, and always where it does not tell when it has room. */
const FILL = 0.84
const REFILL = 0.44
/**
 * Before a moment that is known the card is opened and runs on silence, so that the first sample is counted, not timed: for so
 * long that it has told often enough where it is.
 */
const LEAD_IN_MS = 2_600
/** A tail this short is let out rather than cut off, at the price of the next one's punctuality. */
const OVERLAP_FRAMES = framesOfMs(30)
/** Sound servers mix in steps of some milliseconds, in whole frames: what is written is whole ones of five. */
const STEP_FRAMES = Math.floor((RATE * 5) / 1_000)
const wholeSteps = (frames: number): number => Math.floor(frames / STEP_FRAMES) * STEP_FRAMES
/** Fewer and larger writes: each costs a wake-up, and leaks. */
const WRITE_FRAMES_MIN = wholeSteps(framesOfMs(100))
/** The first write of a run tells when it began, so it must not have to wait, even in the smallest of buffers. */
const FIRST_FRAMES = wholeSteps(framesOfMs(40))
/** Silence that tells where the card is, before something that must be where it should be. */
const ANCHOR_FRAMES = FIRST_FRAMES
/** With less than this ahead, anything is written that is there. */
const DANGER_FRAMES = framesOfMs(80)
/** 130 MB leaked in some 10 hours without a pause: taken back between two plays. */
const WRITES_MAX_BUSY = 300_000
/** How often a full buffer is sought on purpose, on a card that does not tell where it is in any other way. */
const SOUNDING_MS = 600_000
const WAKE_MS_MAX = 1_000
/** A box that is too busy again and again is not kept busier by opening its card. */
const ANEW_MS_MIN = 2_000
const LANES: readonly LaneName[] = ['main', 'over']

export const openPlayer = (options: PlayerOptions): Player => {
  const { card, now, latencyMs, resamplers } = options
  const tasks: (() => void)[] = []
  let timer: Timer | null = null
  let soundedAt = now()
  let closed = false
  let isWorn = false
  const deck = openDeck({ ...options, free: () => pump() })

  const fillFrames = () => Math.floor(card.capacityFrames() * FILL)
  const dueAtCard = (track: Track) => track.order.dueAt - latencyMs
  /** The frame of this run at which that moment is heard. */
  const frameAt = (at: number): number =>
    card.isOpen() ? Math.round(deck.frameAt(at)) : Math.max(0, Math.round(((at - now()) * RATE) / 1_000))
  /** Made but not heard. */
  const ahead = () => deck.madeFrames() - card.heardFrames(now())

  const isReady = (track: Track): boolean => track.decoder.isReady(now() - dueAtCard(track))

  /** What remains of the current play, where that is known and so little that it should not be cut off. */
  const isShortTail = (track: Track, beyondFrames: number): boolean => {
    const isKnown = track.decoder.ended() !== null || Number.isFinite(track.framesLeft)
    const left = Math.min(
      track.framesLeft,
      track.decoder.ended() === null ? Number.POSITIVE_INFINITY : track.decoder.queue.frames(),
    )
    return isKnown && left + beyondFrames <= OVERLAP_FRAMES
  }

  /** How many frames may be written before the first one of a pending play; null: it is not its turn to matter. */
  const framesUntil = (pending: Track | null): number | null => {
    if (pending === null) return null
    const untilFrames = frameAt(dueAtCard(pending)) - deck.madeFrames()
    if (isReady(pending)) return untilFrames
    // It may still be ready in time; what plays now must not run dry meanwhile.
    return now() < dueAtCard(pending) ? Math.max(untilFrames, DANGER_FRAMES - ahead()) : null
  }
  const nextPending = (): { pending: Track; untilFrames: number } | null => {
    let next: { pending: Track; untilFrames: number } | null = null
    for (const name of LANES) {
      const pending = deck.pending(name)
      const untilFrames = framesUntil(pending)
      if (pending !== null && untilFrames !== null && (next === null || untilFrames < next.untilFrames))
        next = { pending, untilFrames }
    }
    return next
  }

  /** Makes the pending play of a lane its current one if its moment has come. True: roles have changed. */
  const turn = (name: LaneName): boolean => {
    const pending = deck.pending(name)
    if (pending === null) return false
    const ended = pending.decoder.ended()
    if (ended !== null && ended.fault !== null && pending.decoder.queue.frames() === 0) {
      deck.failPending(name, ended.fault)
      return true
    }
    if (!isReady(pending)) return false
    const beyondFrames = -(frameAt(dueAtCard(pending)) - deck.madeFrames())
    const current = deck.current(name)
    if (beyondFrames > OVERLAP_FRAMES) {
      if (now() < dueAtCard(pending) - 1) return false
      // What plays below is not torn for what is spoken over it: that begins when what is written is heard, in half a second at most.
      if (name === 'over' && deck.current('main') !== null) deck.splice(name)
      else deck.seize(name)
      return true
    }
    if (beyondFrames < 0 || (current !== null && isShortTail(current, beyondFrames))) return false
    deck.splice(name)
    return true
  }
  const turnAny = () => LANES.map(turn).some(Boolean)

  const isSoundingDue = () => now() - soundedAt > SOUNDING_MS
  /** Something begins so soon that the card stays open for it. */
  const isAwaited = () => {
    const next = nextPending()
    return next !== null && isReady(next.pending) && next.untilFrames <= framesOfMs(LEAD_IN_MS)
  }

  /** How much to write now, of the card's need alone; null: nothing yet. */
  const roomFrames = (): number | null => {
    if (!card.isOpen()) return FIRST_FRAMES
    const aheadFrames = ahead()
    const probe = card.nextProbe(now())
    if (probe !== null && aheadFrames >= card.capacityFrames() * REFILL) return now() >= probe.at ? probe.frames : null
    if (isSoundingDue() && probe === null) return WRITE_FRAMES_MIN
    if (aheadFrames >= card.capacityFrames() * REFILL) return null
    // A little at once, then the rest: to make all of it may take a small box longer than what is still there lasts.
    const isHurried = deck.isSounding() && aheadFrames <= DANGER_FRAMES
    return isHurried ? WRITE_FRAMES_MIN : wholeSteps(fillFrames() - aheadFrames)
  }

  /** Silence up to what comes next, which begins within this write perhaps; or nothing, and the run may end. */
  const makeSilence = (room: number): boolean => {
    const next = nextPending()
    const isSoon = next !== null && next.untilFrames > 0 && next.untilFrames <= framesOfMs(LEAD_IN_MS)
    if (!isSoon || !isReady(next.pending)) return false
    // Half of the way before it is known when the run began, the exact rest after.
    const frames = card.isOpen() ? next.untilFrames : Math.ceil(next.untilFrames / 2)
    deck.makeSilence(Math.min(room, frames))
    return true
  }

  /** Some of what sounds; false if there is none of it yet. */
  const makeSound = (room: number): boolean => {
    const isDanger = !card.isOpen() || ahead() <= DANGER_FRAMES
    const next = nextPending()
    const current = next === null ? null : deck.current(laneOf(next.pending))
    const isTail =
      next !== null && current !== null && isShortTail(current, deck.madeFrames() - frameAt(dueAtCard(next.pending)))
    const wanted = Math.min(room, next === null || isTail ? Number.POSITIVE_INFINITY : next.untilFrames)
    if (isDanger) deck.bridge(Math.min(wanted, WRITE_FRAMES_MIN))
    const { least, most } = deck.available()
    const there = isDanger ? most : least
    const isWorthIt = there >= Math.min(wanted, WRITE_FRAMES_MIN) || deck.isEnding()
    if (wanted <= 0 || (!isWorthIt && !isDanger)) return false
    return deck.makeSounding(Math.min(wanted, Math.max(there, 1)))
  }

  /**
   * One write, of all that is heard in it: what begins or ends within it does not divide it. A sound server that mixes in
   * steps would else go on in other steps, and its periods would end later than ours.
   */
  const feed = () => {
    if (!deck.isSounding() && !isAwaited()) {
      deck.rest()
      return
    }
    if (!card.isOpen() && deck.needsAnchor()) deck.makeSilence(ANCHOR_FRAMES)
    else {
      const room = roomFrames()
      if (room === null) return
      for (let left = room; left > 0; left = room - deck.batchFrames()) {
        if (!(deck.isSounding() ? makeSound(left) : makeSilence(left))) break
        while (turnAny() || deck.settle());
        // What has taken the card meanwhile begins a run of its own.
        if (deck.batchFrames() === 0) return
      }
    }
    const startedAt = now()
    const isProbing = isSoundingDue()
    if (deck.batchFrames() === 0) return
    deck.flush()
    if (isProbing)
      whenFree(() => {
        // It had to wait: the buffer was full and the card has said where it is. A run that is closed begins anew anyway.
        if (now() - startedAt > 15 || !card.isOpen()) soundedAt = now()
      })
  }

  /** Sleeps until the next moment at which something changes by itself; a decoder or an order wakes it sooner. */
  const arm = () => {
    timer?.cancel()
    const at = now()
    const moments: number[] = []
    const boundary = deck.nextBoundaryAt()
    if (boundary !== null) moments.push(Math.max(boundary, at))
    if (card.isOpen()) {
      const aheadFrames = ahead()
      const probe = card.nextProbe(at)
      if (probe !== null) moments.push(Math.max(probe.at, at))
      if (deck.isSounding())
        for (const level of [card.capacityFrames() * REFILL, DANGER_FRAMES])
          if (aheadFrames > level) moments.push(at + msOfFrames(aheadFrames - level) + 1)
    }
    for (const name of LANES) {
      const pending = deck.pending(name)
      if (pending === null) continue
      moments.push(...[LEAD_IN_MS, 0].map((ms) => dueAtCard(pending) - ms).filter((ms) => ms > at))
    }
    if (moments.length === 0) return
    timer = options.after(Math.min(WAKE_MS_MAX, Math.max(1, Math.ceil(Math.min(...moments) - at))), pump)
  }

  const rejuvenate = () => {
    const isQuietEnough = deck.isIdle() && card.writes() > options.writesMax
    const isBetween = deck.isQuiet() && card.writes() > WRITES_MAX_BUSY
    if (isWorn || !(isQuietEnough || isBetween)) return
    isWorn = true
    options.worn()
  }

  let underrunsTold = 0
  /** Why it ran dry is known only now: what would have been written was not there, or was not written in time. */
  const tellUnderruns = () => {
    if (card.underruns() === underrunsTold) return
    underrunsTold = card.underruns()
    // Before something is heard or after it has ended there is nothing that could be missed.
    if (!deck.isHeard()) return
    const cause = deck.available().most < WRITE_FRAMES_MIN ? 'its source gave too little' : 'the box was too busy'
    options.tell({ kind: 'underrun', cause })
  }

  let anewAt = Number.NEGATIVE_INFINITY
  /** A file is heard at its moments only if it is known where the card is. */
  const findCard = () => {
    if (!card.isAstray() || !deck.isSteered() || now() - anewAt < ANEW_MS_MIN) return
    anewAt = now()
    deck.beginAnew()
  }

  const pump = (): void => {
    if (card.isWriting()) return
    tellUnderruns()
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
    if (closed) return
    deck.hear()
    findCard()
    rejuvenate()
    if (isWorn) return
    if (!card.isOpen()) soundedAt = now()
    // A change of roles may make way for the next: settled, then turned, at most a few times.
    while (turnAny() || deck.settle());
    feed()
    if (card.isWriting()) return
    rejuvenate()
    arm()
  }
  const whenFree = (task: () => void) => {
    tasks.push(task)
    pump()
  }

  return {
    whenFree,
    isIdle: deck.isIdle,
    fail: deck.endAll,
    accept: (message) => {
      switch (message.kind) {
        case 'play': {
          // The decoder begins now, even during a write; the deck hears of it when it is free.
          const decoder = options.startDecoder(message.order, () => pump())
          whenFree(() => deck.setPending(newTrack({ order: message.order, decoder, resamplers, latencyMs })))
          options.onPlaying()
          return
        }
        case 'move':
          whenFree(() => deck.movePending(message.playId, message.dueAt))
          return
        case 'stop':
          whenFree(() => deck.stop(message.playId, message.fadeMs))
          return
        case 'gain':
          whenFree(() => deck.setGain(message.playId, message.gainDb, message.rampMs))
          return
        case 'level':
          whenFree(() => deck.setLevel(message.gainDb, message.rampMs))
      }
    },
    close: () =>
      new Promise((resolve) => {
        whenFree(() => {
          timer?.cancel()
          closed = true
          deck.hear()
          deck.endAll('stopped', null)
          card.drop()
          resolve()
        })
      }),
  }
}
