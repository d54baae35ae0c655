/** Adds sound to sound, each part on its own levels. Its loop makes no objects: it runs for every sample that is ever heard. */
import { type Curve, factorAt, onCurve, type Ramp } from './gain.ts'
import { CHANNELS, type Pcm } from './pcm.ts'

/** Factors that multiply: level of the output, of the programme, a fade, a duck. */
export const RAMPS_MAX = 4

const starts = new Float64Array(RAMPS_MAX)
const steps = new Float64Array(RAMPS_MAX)
const lefts = new Float64Array(RAMPS_MAX)
const ends = new Float64Array(RAMPS_MAX)
const curves: Curve[] = Array<Curve>(RAMPS_MAX).fill('line')

/** `out` += `pcm` × every ramp, for the first `frames` frames. */
export const addTo = (out: Pcm, pcm: Pcm, frames: number, ramps: readonly Ramp[]): void => {
  let steady = 1
  let moving = 0
  for (let index = 0; index < ramps.length; index += 1) {
    const ramp = ramps[index]
    if (ramp === undefined) continue
    if (ramp.doneFrames >= ramp.frames || ramp.from === ramp.to) {
      steady *= factorAt(ramp)
      continue
    }
    if (moving >= RAMPS_MAX) throw new RangeError(`more than ${RAMPS_MAX} levels move at once`)
    steps[moving] = (ramp.to - ramp.from) / ramp.frames
    starts[moving] = ramp.from + (steps[moving] ?? 0) * ramp.doneFrames
    curves[moving] = ramp.curve
    lefts[moving] = ramp.frames - ramp.doneFrames
    ends[moving] = ramp.to
    moving += 1
  }
  if (steady === 0) return
  const samples = frames * CHANNELS
  if (moving === 0) {
    for (let at = 0; at < samples; at += 1) out[at] = (out[at] ?? 0) + (pcm[at] ?? 0) * steady
    return
  }
  for (let frame = 0; frame < frames; frame += 1) {
    let factor = steady
    for (let index = 0; index < moving; index += 1)
      factor *=
        frame >= (lefts[index] ?? 0)
          ? (ends[index] ?? 0)
          : onCurve(curves[index] ?? 'line', (starts[index] ?? 0) + (steps[index] ?? 0) * frame)
    const at = frame * CHANNELS
    out[at] = (out[at] ?? 0) + (pcm[at] ?? 0) * factor
    out[at + 1] = (out[at + 1] ?? 0) + (pcm[at + 1] ?? 0) * factor
  }
}
