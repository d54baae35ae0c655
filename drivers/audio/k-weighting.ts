/**
 * The two filters of ITU-R BS.1770-4, for a card of any rate: the shelf of a head, and the ear's deafness to the lowest tones. The
 * recommendation gives coefficients for 48 kHz only; these are the analogue filters behind them, brought to the rate by the bilinear
 * transform, with the numbers of libebur128 (B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", 2018). Pure.
 */

/** Of a second order, a0 is 1. */
export type Biquad = { b0: number; b1: number; b2: number; a1: number; a2: number }

const SHELF = { frequencyHz: 1_681.974450955533, q: 0.7071752369554196, gainDb: 3.999843853973347 }
/** Where its slope stands between its two levels. */
const SHELF_MIDDLE = 0.4996667741545416
const HIGH_PASS = { frequencyHz: 38.13547087602444, q: 0.5003270373238773 }

export const kWeighting = (rateHz: number): { shelf: Biquad; highPass: Biquad } => {
  const warped = (frequencyHz: number) => Math.tan((Math.PI * frequencyHz) / rateHz)
  const poles = (k: number, q: number) => {
    const a0 = 1 + k / q + k * k
    return { a0, a1: (2 * (k * k - 1)) / a0, a2: (1 - k / q + k * k) / a0 }
  }
  const high = warped(SHELF.frequencyHz)
  const { a0, ...shelfPoles } = poles(high, SHELF.q)
  const top = 10 ** (SHELF.gainDb / 20)
  const middle = top ** SHELF_MIDDLE
  const shelf = {
    b0: (top + (middle * high) / SHELF.q + high * high) / a0,
    b1: (2 * (high * high - top)) / a0,
    b2: (top - (middle * high) / SHELF.q + high * high) / a0,
    ...shelfPoles,
  }
  const { a1, a2 } = poles(warped(HIGH_PASS.frequencyHz), HIGH_PASS.q)
  return { shelf, highPass: { b0: 1, b1: -2, b2: 1, a1, a2 } }
}
