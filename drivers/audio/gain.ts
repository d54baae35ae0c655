/** Levels. Decibels outside, linear factors in here; every change is a ramp, because a jump is heard as a click. Pure. */
import { SILENT_DB } from './messages.ts'
import { CHANNELS, framesOfMs, type Pcm } from './pcm.ts'

export const linearOf = (gainDb: number): number => (gainDb <= SILENT_DB ? 0 : 10 ** (gainDb / 20))

/**
 * How a factor moves. `line`: by equal steps. `power`: on a quarter of a sine, so that two unlike sounds that pass over into each
 * other are as loud together, in the middle, as each is alone.
 */
export type Curve = 'line' | 'power'

/** A factor on its way: after `doneFrames` of `frames` from `from` to `to`, which are places on its curve. */
export type Ramp = { from: number; to: number; doneFrames: number; frames: number; curve: Curve }

/** Shorter than this is heard as a click. */
export const RAMP_MS_MIN = 5

export const steady = (factor: number): Ramp => ({
  from: factor,
  to: factor,
  doneFrames: 0,
  frames: 0,
  curve: 'line',
})

const QUARTER = Math.PI / 2
/** The factor at a place of the curve; 0 and 1 are themselves on every curve. */
export const onCurve = (curve: Curve, place: number): number => (curve === 'line' ? place : Math.sin(QUARTER * place))
const placeOf = (curve: Curve, factor: number): number =>
  curve === 'line' ? factor : Math.asin(Math.min(1, factor)) / QUARTER

export const factorAt = ({ from, to, doneFrames, frames, curve }: Ramp, framesOn = 0): number => {
  const done = doneFrames + framesOn
  return done >= frames ? to : onCurve(curve, from + ((to - from) * done) / frames)
}

export const advance = (ramp: Ramp, frames: number): Ramp =>
  ramp.doneFrames + frames >= ramp.frames ? steady(ramp.to) : { ...ramp, doneFrames: ramp.doneFrames + frames }

export const rampTo = (ramp: Ramp, factor: number, rampMs: number, curve: Curve = 'line'): Ramp => ({
  from: placeOf(curve, factorAt(ramp)),
  to: factor,
  doneFrames: 0,
  frames: framesOfMs(Math.max(RAMP_MS_MIN, rampMs)),
  curve,
})

/** A level as it was asked for, and how far its ramp has come; what is taken back from the card may be from before it was asked. */
export type Dial = { factor: number; rampMs: number; ramp: Ramp }

export const dialAt = (factor: number): Dial => ({ factor, rampMs: RAMP_MS_MIN, ramp: steady(factor) })

export const dialTo = (dial: Dial, factor: number, rampMs: number): Dial => ({
  factor,
  rampMs,
  ramp: rampTo(dial.ramp, factor, rampMs),
})

/** With its ramp there: on its way to what is asked, or set on it. */
export const turned = (dial: Dial, ramp: Ramp): Dial => ({
  ...dial,
  ramp: ramp.to === dial.factor ? ramp : rampTo(ramp, dial.factor, dial.rampMs),
})

/** A copy on that ramp. */
export const faded = (pcm: Pcm, ramp: Ramp): Pcm => {
  const out = pcm.slice()
  for (let at = 0; at < out.length; at += 1) out[at] = (out[at] ?? 0) * factorAt(ramp, Math.floor(at / CHANNELS))
  return out
}
