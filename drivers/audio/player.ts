/**
 * Keeps the card fed: decides, each time something has happened, what the next write is. One write at a time; whatever is
 * asked during a write waits for its end, which is a matter of a few milliseconds because the buffer is never filled.
 */
import type { Timer } from '../../player/ports/clock.ts'
import type { Card } from './card.ts'
import { type Deck, newTrack, openDeck, type Track } from './deck.ts'
import type { Decoder } from './decoder.ts'
import type { FromSound, SoundOrder, ToSound } from './messages.ts'
import { framesOfMs, msOfFrames, RATE } from './pcm.ts'
import type { Tap } from './tap.ts'

export type PlayerOptions = {
  card: Card
  /** Null or absent: nobody asks what was heard. */
  tap?: Tap | null
  latencyMs: number
  gainDb: number
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

/** How much of the card's buffer is used: enough for a busy machine, and not all, so that no write has to wait. */
const FILL = 0.84
const REFILL = 0.44
/** Before a moment that is known, the card is opened and runs on silence, so that the first sample is counted, not timed. */
const LEAD_IN_MS = 250
/** A tail this short is let out rather than cut off, at the price of the next one's punctuality. */
const OVERLAP_FRAMES = framesOfMs(30)
/** Fewer and larger writes: each costs a wake-up, and leaks. */
const WRITE_FRAMES_MIN = framesOfMs(100)
/** The first write of a run tells when it began, so it must not have to wait, even in the smallest of buffers. */
const FIRST_FRAMES = framesOfMs(40)
/** With less than this ahead, anything is written that is there. */
const DANGER_FRAMES = framesOfMs(80)
/** 130 MB leaked in some 17 hours without a pause: taken back between two plays. */
const WRITES_MAX_BUSY = 300_000
/** How often a full buffer is sought on purpose, to see how far card and clock have drifted apart. */
const SOUNDING_MS = 600_000
const WAKE_MS_MAX = 1_000

export const openPlayer = (options: PlayerOptions): Player => {
  const { card, now, latencyMs } = options
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
    card.isOpen()
      ? Math.round(((at - card.timeOf(0)) * RATE) / 1_000)
      : Math.max(0, Math.round(((at - now()) * RATE) / 1_000))
  const ahead = () => card.writtenFrames() - card.heardFrames(now())

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

  /** How many frames may be written before the pending play's first one; null: it is not its turn to matter. */
  const framesUntilPending = (): number | null => {
    const pending = deck.pending()
    if (pending === null) return null
    const untilFrames = frameAt(dueAtCard(pending)) - card.writtenFrames()
    if (isReady(pending)) return untilFrames
    // It may still be ready in time; what plays now must not run dry meanwhile.
    return now() < dueAtCard(pending) ? Math.max(untilFrames, DANGER_FRAMES - ahead()) : null
  }

  /** Makes the pending play the current one if its moment has come. True: roles have changed. */
  const turn = (): boolean => {
    const pending = deck.pending()
    if (pending === null) return false
    const ended = pending.decoder.ended()
    if (ended !== null && ended.fault !== null && pending.decoder.queue.frames() === 0) {
      deck.failPending(ended.fault)
      return true
    }
    if (!isReady(pending)) return false
    const beyondFrames = -(frameAt(dueAtCard(pending)) - card.writtenFrames())
    const current = deck.current()
    if (beyondFrames > OVERLAP_FRAMES) {
      if (now() < dueAtCard(pending) - 1) return false
      deck.seize()
      return true
    }
    if (beyondFrames < 0 || (current !== null && isShortTail(current, beyondFrames))) return false
    deck.splice()
    return true
  }

  const isSounding = () => now() - soundedAt > SOUNDING_MS

  const feed = () => {
    const untilPending = framesUntilPending()
    const current = deck.current()
    const aheadFrames = ahead()
    if (current === null) {
      const isSoon = untilPending !== null && untilPending > 0 && untilPending <= framesOfMs(LEAD_IN_MS)
      const pending = deck.pending()
      const isPrepared = pending !== null && isReady(pending)
      // Half of the way before it is known when the run began, the exact rest after.
      const silentFrames = card.isOpen()
        ? Math.min(untilPending ?? 0, fillFrames() - aheadFrames)
        : Math.min(Math.ceil((untilPending ?? 0) / 2), FIRST_FRAMES)
      if (isSoon && isPrepared && silentFrames > 0) deck.writeSilence(silentFrames)
      else if (isSoon && isPrepared) return
      else deck.rest()
      return
    }
    const isDue = aheadFrames < card.capacityFrames() * REFILL
    if (card.isOpen() && !isDue && !isSounding()) return
    const roomFrames = isSounding() ? WRITE_FRAMES_MIN : fillFrames() - aheadFrames
    const onceFrames = card.isOpen() ? roomFrames : FIRST_FRAMES
    const pending = deck.pending()
    const isTail = pending !== null && isShortTail(current, card.writtenFrames() - frameAt(dueAtCard(pending)))
    const wanted = Math.min(onceFrames, isTail ? roomFrames : (untilPending ?? roomFrames), current.framesLeft)
    if (!card.isOpen() || aheadFrames <= DANGER_FRAMES) current.decoder.bridge(Math.min(wanted, WRITE_FRAMES_MIN))
    const there = current.decoder.queue.frames()
    const isWorthIt = there >= Math.min(wanted, WRITE_FRAMES_MIN) || current.decoder.ended() !== null
    if (wanted <= 0 || (!isWorthIt && card.isOpen() && aheadFrames > DANGER_FRAMES)) return
    const startedAt = now()
    if (deck.writeCurrent(wanted) && isSounding())
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
    if (card.isOpen() && deck.current() !== null) {
      const aheadFrames = ahead()
      for (const level of [card.capacityFrames() * REFILL, DANGER_FRAMES])
        if (aheadFrames > level) moments.push(at + msOfFrames(aheadFrames - level) + 1)
    }
    const pending = deck.pending()
    if (pending !== null) moments.push(...[LEAD_IN_MS, 0].map((ms) => dueAtCard(pending) - ms).filter((ms) => ms > at))
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

  const pump = (): void => {
    if (card.isWriting()) return
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
    if (closed) return
    deck.hear()
    rejuvenate()
    if (isWorn) return
    if (!card.isOpen()) soundedAt = now()
    // A change of roles may make way for the next: settled, then turned, at most a few times.
    while (turn() || deck.settle());
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
          whenFree(() => deck.setPending(newTrack(message.order, decoder)))
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
