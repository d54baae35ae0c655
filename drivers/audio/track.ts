/**
 * One play on its way to the card: what is left of it, how loud it is, and of a file when each of its samples is due. A file
 * keeps to its moments by being played a little faster or slower; nothing of it is left out that was begun to be heard.
 */
import type { EndedHow, Fault } from '../../player/ports/output.ts'
import type { Cut, Decoder, Mark } from './decoder.ts'
import { dialAt, type Dial, linearOf, type Ramp, rampTo, steady } from './gain.ts'
import { type MonotonicMs, SILENT_DB, type SoundOrder } from './messages.ts'
import { CHANNELS, framesIn, framesOfMs, joined, NOTHING, part, type Pcm, RATE, silence } from './pcm.ts'
import type { Resampler, Resamplers } from './resampler.ts'

/** How well it keeps to its moments, in ms; late is positive. */
export type Timing = { lastMs: number; worstMs: number; squares: number; count: number }

export type Steering = {
  resampler: Resampler
  /** The frame of the source that is heard next. */
  position: number
  /** When frame 0 of the source is due at the card. */
  baseAt: MonotonicMs
  /** The newest of what it has taken but not given: needed when what was written is taken back. */
  tail: Pcm
  timing: Timing
  latencyFrames: number
  /** Silence that is still to go in at the end, so that the filter gives what it holds. */
  flushFrames: number
  isFlushed: boolean
  /** Nothing of it is heard just now, so it may be put where it should be at once. */
  mayJump: boolean
}

export type Track = {
  order: SoundOrder
  decoder: Decoder
  gain: Dial
  fade: Ramp
  /** Null: a stream, which has no due times. */
  steering: Steering | null
  /** Of a stream: what was told last of where its sound comes from. */
  told: Mark | null
  /** What is still to be written of its length, in frames of the source. */
  framesLeft: number
  /** What it is called when `framesLeft` is used up. */
  atLength: EndedHow
  heardFrames: number
  isStarted: boolean
  progressAtFrames: number
}

export type Outcome = { how: EndedHow; fault: Fault | null }

/** What one track gave to one write. `pcm` is as it came from the source, `out` as it goes to the mixer. */
export type Given = { pcm: Pcm; out: Pcm; mark: Mark | null; fromSource: number; toSource: number }

export const PROGRESS_FRAMES = RATE
const FADE_IN_MS = 5
/** Half of an error is taken back within this. */
const STEER_FRAMES = framesOfMs(125)
const STEER_SHARE = 0.6
/** As long as it is not known well where the card is, it is not worth a change of pitch that could be heard. */
const UNSURE_DEVIATION = 0.0005
/** So far behind it has been held up; what is late by then is left out, since it was silent anyway. */
const BEHIND_MS_MAX = 30
/** An error is counted once the first second is over, in which it may settle. */
const SETTLE_FRAMES = RATE
/** Less is steered away, and heard by nobody. */
const JUMP_MS_MIN = 0.3

/** Of a play: what was asked for and what its recording needs. Silence is silence, however soft the recording. */
export const factorOf = ({ levellingDb }: SoundOrder, gainDb: number): number =>
  gainDb <= SILENT_DB ? 0 : linearOf(gainDb + levellingDb)

export type TrackOptions = { order: SoundOrder; decoder: Decoder; resamplers: Resamplers; latencyMs: number }

export const newTrack = ({ order, decoder, resamplers, latencyMs }: TrackOptions): Track => ({
  order,
  decoder,
  gain: dialAt(factorOf(order, order.gainDb)),
  fade: order.offsetMs > 0 ? rampTo(steady(0), 1, FADE_IN_MS) : steady(1),
  steering:
    order.content.kind === 'stream'
      ? null
      : {
          resampler: resamplers.open(),
          position: 0,
          baseAt: order.dueAt - latencyMs,
          tail: NOTHING,
          timing: { lastMs: 0, worstMs: 0, squares: 0, count: 0 },
          latencyFrames: resamplers.latencyFrames,
          flushFrames: resamplers.latencyFrames,
          isFlushed: false,
          mayJump: true,
        },
  told: null,
  framesLeft: order.lengthMs === null ? Number.POSITIVE_INFINITY : framesOfMs(order.lengthMs),
  atLength: 'finished',
  heardFrames: 0,
  isStarted: false,
  progressAtFrames: PROGRESS_FRAMES,
})

/** How a track ends once nothing more of it can be written; null while there is more to come. */
export const outcomeOf = (track: Track): Outcome | null => {
  // Less than a frame is left by the arithmetic of the resampler, not by the source.
  if (track.framesLeft < 1) return { how: track.atLength, fault: null }
  const ended = track.decoder.ended()
  if (ended === null || track.decoder.queue.frames() > 0) return null
  if (track.steering !== null && !track.steering.isFlushed && ended.fault === null) return null
  return ended.fault === null ? { how: 'finished', fault: null } : { how: 'failed', fault: ended.fault }
}

/** Frames that it can give now, about. */
export const thereIs = ({ decoder, steering, framesLeft }: Track): number => {
  const isLast = decoder.ended() !== null && steering !== null && !steering.isFlushed
  return Math.min(decoder.queue.frames() + (isLast ? steering.latencyFrames : 0), Math.ceil(framesLeft))
}

const leaveOut = (track: Track, steering: Steering, frames: number): void => {
  const { pcm } = track.decoder.queue.take(Math.min(Math.floor(frames), Math.ceil(track.framesLeft)))
  steering.position += framesIn(pcm)
  track.framesLeft -= framesIn(pcm)
}

/** When the card plays it; null: it is not open yet, so nobody knows. `isSure`: the card has told often enough where it is. */
export type Span = { fromAt: MonotonicMs; untilAt: MonotonicMs; isSure: boolean } | null

const dueFrame = ({ baseAt }: Steering, at: MonotonicMs): number => ((at - baseAt) * RATE) / 1_000

/** Source frames per frame of the card, such that it comes back to where it should be, gently. */
const ratioFor = (steering: Steering, frames: number, span: Span): number => {
  if (span === null) return 1
  const { fromAt, untilAt, isSure } = span
  const [from, until] = [dueFrame(steering, fromAt), dueFrame(steering, untilAt)]
  const share = Math.min(STEER_SHARE, (STEER_SHARE * frames) / STEER_FRAMES)
  const ratio = (until - from + (from - steering.position) * share) / frames
  return isSure ? ratio : Math.min(1 + UNSURE_DEVIATION, Math.max(1 - UNSURE_DEVIATION, ratio))
}

/** Where it is not heard anyway it is put in its place. */
const settle = (track: Track, steering: Steering, at: MonotonicMs): void => {
  const behindFrames = dueFrame(steering, at) - steering.position
  const behindMs = (behindFrames * 1_000) / RATE
  const { mayJump } = steering
  steering.mayJump = false
  if (behindMs < (mayJump ? JUMP_MS_MIN : BEHIND_MS_MAX)) return
  if (track.order.whenLate === 'whole') steering.baseAt += behindMs
  else leaveOut(track, steering, behindFrames)
}

const steered = (track: Track, steering: Steering, frames: number, span: Span): Given => {
  const { resampler } = steering
  const { queue } = track.decoder
  if (span !== null) settle(track, steering, span.fromAt)
  const ratio = resampler.setRatio(ratioFor(steering, frames, span))
  const wanted = Math.min(frames, Math.ceil(track.framesLeft / ratio))
  const asked = queue.take(resampler.inputFor(wanted))
  const isLast = track.decoder.ended() !== null && queue.frames() === 0
  const input = isLast ? joined([asked.pcm, silence(steering.flushFrames)]) : asked.pcm
  const out = new Float32Array(wanted * CHANNELS)
  const { used, made } = resampler.process(input, out, wanted)
  const taken = Math.min(used, framesIn(asked.pcm))
  queue.unread({ ...asked, pcm: part(asked.pcm, taken) })
  if (isLast) steering.flushFrames -= used - taken
  if (isLast && made < wanted) steering.isFlushed = true
  const pcm = part(asked.pcm, 0, taken)
  const fromSource = steering.position
  steering.position += made * ratio
  track.framesLeft -= made * ratio
  return { pcm, out: part(out, 0, made), mark: null, fromSource, toSource: steering.position }
}

/** At most so many frames for the card, which plays them in that span. */
export const give = (track: Track, frames: number, span: Span): Given => {
  const { steering, decoder } = track
  if (steering !== null) {
    const given = steered(track, steering, frames, span)
    decoder.resume()
    return given
  }
  const { pcm, mark }: Cut = decoder.queue.take(Math.min(frames, Math.ceil(track.framesLeft)))
  decoder.resume()
  track.framesLeft -= framesIn(pcm)
  const fromSource = track.heardFrames
  return { pcm, out: pcm, mark, fromSource, toSource: fromSource + framesIn(pcm) }
}

/** What was given last was heard: of a file the last of it is kept, because the resampler still had it in hand. */
export const heardWhole = ({ steering }: Track, { pcm }: Given): void => {
  if (steering === null) return
  const { tail, latencyFrames } = steering
  const all = framesIn(pcm) >= latencyFrames ? pcm : joined([tail, pcm])
  steering.tail = part(all, Math.max(0, framesIn(all) - latencyFrames)).slice()
}

/**
 * Gives back what was not heard: all of `givens`, oldest first, of which `heardShare` of the first one was heard. It goes on
 * from there as if nothing more had been written.
 */
export const takeBackFrom = (track: Track, givens: readonly Given[], heardShare: number): void => {
  const [first] = givens
  if (first === undefined) return
  const { steering } = track
  const heardTo = first.fromSource + (first.toSource - first.fromSource) * heardShare
  track.framesLeft += (givens.at(-1)?.toSource ?? heardTo) - heardTo
  if (steering === null) {
    for (const [index, { pcm, mark }] of [...givens.entries()].reverse())
      track.decoder.queue.unread({ pcm: index === 0 ? part(pcm, Math.round(framesIn(pcm) * heardShare)) : pcm, mark })
    return
  }
  // Everything that it has, from the oldest in its filter; of that the frame at `heardTo` is the next one.
  const all = joined([steering.tail, ...givens.map(({ pcm }) => pcm)])
  const from = Math.max(0, Math.min(framesIn(all), Math.round(heardTo - first.fromSource)))
  track.decoder.queue.unread({ pcm: part(all, from), mark: null })
  steering.resampler.reset()
  steering.position = first.fromSource + from
  steering.tail = NOTHING
  steering.flushFrames = steering.latencyFrames
  steering.isFlushed = false
  steering.mayJump = true
}

/** Notes how late a frame of the source was heard at `at`. */
export const noteTiming = (track: Track, fromSource: number, at: MonotonicMs): void => {
  const { steering } = track
  if (steering === null) return
  const lateMs = at - steering.baseAt - (fromSource * 1_000) / RATE
  const { timing } = steering
  timing.lastMs = lateMs
  if (track.heardFrames < SETTLE_FRAMES) return
  timing.worstMs = Math.abs(lateMs) > Math.abs(timing.worstMs) ? lateMs : timing.worstMs
  timing.squares += lateMs * lateMs
  timing.count += 1
}
