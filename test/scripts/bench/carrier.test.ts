/** The ear that listens for an hour: it must find a gap of a millisecond, and nothing where nothing is. */
import { test } from 'tap'
import { carrierPcm, listenToCarrier, msOfFrames } from '../../../scripts/bench/carrier.ts'

const RATE = 48_000
const SECONDS = 4

/** `seconds` of it, right and left, as pieces that end anywhere. */
const heard = (change: (samples: Int16Array) => Int16Array, piece = 4_800 * 2) => {
  const { samples: tenth } = carrierPcm()
  const whole = new Int16Array(SECONDS * RATE * 2).map((_, at) => tenth[at % tenth.length]!)
  const listener = listenToCarrier()
  const changed = change(whole)
  for (let at = 0; at < changed.length; at += piece) listener.push(changed.subarray(at, at + piece))
  return {
    breaks: (channel: 0 | 1) => listener.breaks(channel, 10, SECONDS * 1_000),
    skews: listener.skews(0, SECONDS * 1_000),
  }
}
/** The same two tones, later by a part of a sample, with a noise of one step as a converter makes it. */
const tones = (frame: number, delayMs: number): number => {
  const at = frame / RATE - delayMs / 1_000
  const noise = ((frame * 7_919) % 1_000) / 1_000 - 0.5
  const amplitude = (db: number) => 32_767 * 10 ** (db / 20)
  return Math.round(
    amplitude(-10) * Math.sin(2 * Math.PI * 1_060 * at) + amplitude(-30) * Math.sin(2 * Math.PI * 1_080 * at) + noise,
  )
}

test('a clean sound has no break, wherever its pieces are cut', (t) => {
  for (const piece of [2, 14, 9_602]) {
    const { breaks, skews } = heard((samples) => samples, piece)
    t.strictSame([breaks(0), breaks(1)], [[], []])
    t.equal(skews.length, SECONDS * 10)
    t.ok(skews.every((skew) => skew !== null && Math.abs(skew) < 0.000_1))
  }
  t.end()
})

test('a silence of a millisecond is found, at its place and with its length, in its channel alone', (t) => {
  // At every phase of the tones.
  for (let step = 0; step < 100; step += 1) {
    const from = RATE + step * 17
    const { breaks } = heard((samples) => {
      for (let frame = from; frame < from + 48; frame += 1) samples[frame * 2 + 1] = 0
      return samples
    })
    t.strictSame(breaks(0), [])
    const [only, ...others] = breaks(1)
    t.strictSame(others, [])
    t.ok(only !== undefined && Math.abs(only.atFrame - from) <= 3, `at frame ${only?.atFrame} of ${from}`)
    t.ok(only !== undefined && Math.abs(msOfFrames(only.silentFrames) - 1) < 0.05)
  }
  t.end()
})

test('sound that is left out, repeated or crackles is found, although nothing is silent', (t) => {
  const leap = (frames: number) => (samples: Int16Array) =>
    new Int16Array([...samples.subarray(0, RATE * 2), ...samples.subarray((RATE + frames) * 2)])
  for (const frames of [1, 48, 240, 480, 960, 1_200, -48, -240, -480]) {
    const { breaks } = heard(leap(frames))
    t.equal(breaks(0).length, 1, `${frames} frames`)
  }
  const { breaks } = heard((samples) => {
    samples[RATE * 2] = samples[RATE * 2]! + 300
    return samples
  })
  t.equal(breaks(0).length, 1)
  t.end()
})

test('a converter that adds its noise, and a pace that is steered, are no breaks; and how far apart two are is told', (t) => {
  for (const skewMs of [-20, -0.48, 0.003, 0.5, 7.7]) {
    // Both a little too fast, then a little too slow.
    const { breaks, skews } = heard((samples) => {
      let [frame, at] = [0, 0]
      while (frame < samples.length / 2) {
        samples[frame * 2] = tones(at, 0)
        samples[frame * 2 + 1] = tones(at, skewMs)
        frame += 1
        at += frame < RATE * 2 ? 1.000_1 : 0.999_9
      }
      return samples
    })
    t.strictSame([breaks(0), breaks(1)], [[], []])
    t.ok(skews.every((skew) => skew !== null && Math.abs(skew - skewMs) < 0.01))
  }
  t.end()
})

test('where some of it is silent there is nothing to compare', (t) => {
  const { skews, breaks } = heard((samples) => samples.fill(0, RATE * 4 - 9_600 * 0.8))
  t.ok(skews.slice(0, 19).every((skew) => skew !== null))
  t.ok(skews.slice(19).every((skew) => skew === null))
  const [last] = breaks(0)
  t.ok(last !== undefined && msOfFrames(last.silentFrames) > 1_990)
  t.end()
})
