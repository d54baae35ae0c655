/** The last stages before the card: what they promise is measured on what comes out of them. */
import { test } from 'tap'
import {
  isLocked,
  isLost,
  leadMs,
  newClock,
  PERIOD_FRAMES,
  timeOf,
  withMoment,
  withoutWait,
} from '../../../drivers/audio/card-clock.ts'
import { CEILING_DBTP, LIMITER_FRAMES, openLimiter } from '../../../drivers/audio/limiter.ts'
import { framesIn, framesOfMs, joined, type Pcm, RATE, silence } from '../../../drivers/audio/pcm.ts'
import { loadResamplers, STEPS_MAX, stepsFor } from '../../../drivers/audio/resampler.ts'
import { toSixteenBits } from '../../../drivers/audio/sixteen-bits.ts'
import { residualDb, sine, truePeakDb } from '../../../scripts/bench-parts/waves.ts'

const through = (pcm: Pcm, blocks: readonly number[] = [480]): Pcm => {
  const limiter = openLimiter()
  const out: Pcm[] = []
  for (let at = 0, index = 0; at < framesIn(pcm); index += 1) {
    const frames = Math.min(blocks[index % blocks.length]!, framesIn(pcm) - at)
    const block = pcm.slice(at * 2, (at + frames) * 2)
    limiter.process(block, frames)
    out.push(block)
    at += frames
  }
  return joined(out)
}

test('what is below the ceiling comes out as it went in, a little later', (t) => {
  const pcm = sine({ frequencyHz: 997, level: 0.4, frames: 9_600 })
  const out = through(pcm)
  t.strictSame([...out.subarray(LIMITER_FRAMES * 2)], [...pcm.subarray(0, pcm.length - LIMITER_FRAMES * 2)])
  t.ok(out.subarray(0, LIMITER_FRAMES * 2).every((sample) => sample === 0))
  t.end()
})

test('no true peak passes the ceiling, wherever the blocks are cut', (t) => {
  const bursts = joined(
    [0.2, 3, 0.1, 1.2, 8, 0.5].map((level, index) =>
      sine({ frequencyHz: RATE * (0.002 + 0.06 * index), level, frames: 4_000 }),
    ),
  )
  // A quarter of the sample rate, 45° off: every sample is 3 dB below the peak between them.
  const between = sine({ frequencyHz: RATE / 4, level: 1.4, frames: 8_000, phase: Math.PI / 4 })
  for (const pcm of [bursts, between])
    for (const blocks of [[480], [1, 7, 4_096], [6_000]]) {
      const peakDb = truePeakDb(through(pcm, blocks))
      // Four samples for one may miss a peak by 0.17 dB (BS.1770-4, Annex 2).
      t.ok(peakDb <= CEILING_DBTP + 0.2, `${peakDb.toFixed(2)} dBTP`)
    }
  t.strictSame([...through(bursts, [1, 7, 4_096])], [...through(bursts)], 'and it is the same sound')
  t.end()
})

test('after a peak the gain comes back by itself', (t) => {
  const pcm = joined([
    sine({ frequencyHz: 1_000, level: 4, frames: 4_800 }),
    sine({ frequencyHz: 1_000, level: 0.3, frames: RATE }),
  ])
  const last = through(pcm).subarray(-960)
  t.ok(Math.abs(Math.max(...last) - 0.3) < 0.002)
  t.end()
})

test('sixteen bits: silence stays silence, what is too much is cut, and what is lost is noise', (t) => {
  const convert = toSixteenBits()
  t.ok(convert(silence(100)).every((byte) => byte === 0))
  const over = convert(Float32Array.of(2, -2))
  t.strictSame([over.readInt16LE(0), over.readInt16LE(2)], [32_767, -32_767])
  // A third of one step: without dither it would be silence.
  const faint = convert(new Float32Array(RATE).fill(1 / 3 / 32_767))
  let sum = 0
  for (let at = 0; at < faint.length; at += 2) sum += faint.readInt16LE(at)
  t.ok(Math.abs(sum / RATE - 1 / 3) < 0.02, `its mean is ${sum / RATE}`)
  t.end()
})

test('what the resampler adds is 90 dB below a tone, however its ratio moves', async (t) => {
  const { open, latencyFrames } = await loadResamplers()
  for (const frequencyHz of [1_000, 10_000]) {
    const resampler = open()
    // Twice 30 seconds at another ratio each: what is measured lies within one of them.
    for (const ratio of [1.000_05, 0.997]) {
      const applied = resampler.setRatio(ratio)
      const frames = 2 * RATE
      const input = sine({ frequencyHz, level: 0.5, frames: frames * 1.01 })
      const out = silence(frames)
      const { used, made } = resampler.process(input, out, frames)
      t.equal(made, frames)
      t.ok(Math.abs(used - frames * applied) <= latencyFrames + 2, 'it takes what it gives')
      const db = residualDb(out.subarray(RATE, 3 * RATE), frequencyHz * applied)
      t.ok(db < -90, `${frequencyHz} Hz at ${applied.toFixed(6)}: ${db.toFixed(1)} dB`)
    }
    resampler.close()
  }
})

test('a ratio that moves in the middle of a tone makes no click', async (t) => {
  const { open } = await loadResamplers()
  const resampler = open()
  const input = sine({ frequencyHz: 1_000, level: 0.5, frames: 2 * RATE })
  const pieces: Pcm[] = []
  let from = 0
  for (const ratio of [1.000_02, 0.999_98, 1.000_5, 0.999_5, 1.005, 1.000_01]) {
    resampler.setRatio(ratio)
    const out = silence(6_000)
    const { used, made } = resampler.process(input.subarray(from * 2), out, 6_000)
    t.equal(made, 6_000)
    from += used
    pieces.push(out)
  }
  const all = joined(pieces).subarray(400)
  let steepest = 0
  for (let at = 2; at < all.length; at += 2) steepest = Math.max(steepest, Math.abs(all[at]! - all[at - 2]!))
  // A sine of 1 kHz, half a percent faster.
  const expected = (0.5 * 2 * Math.PI * 1_005) / RATE
  t.ok(steepest < expected * 1.008, `it rises by ${expected} a sample at its steepest; this by ${steepest}`)
  resampler.close()
})

test('the steps of a ratio are never none, and bounded', (t) => {
  t.strictSame([1, 1.000_001, 0.999_999].map(stepsFor), [1, 1, -1])
  t.strictSame([2, 0.5].map(stepsFor), [STEPS_MAX, -STEPS_MAX])
  t.end()
})

/** Ends of periods on a card that is so much off, each told so late. */
const told = (partsPerMillion: number, lateMs: readonly number[]) => {
  const pace = (RATE / 1_000) * (1 + partsPerMillion / 1e6)
  let clock = newClock({ startAt: 1_003, openingMs: 3 })
  for (const [index, late] of lateMs.entries()) {
    const frame = (index + 1) * PERIOD_FRAMES + clock.phase
    clock = withMoment(clock, frame, 1_000 + frame / pace + late)
  }
  return { clock, errorMs: (frame: number) => timeOf(clock, frame) - (1_000 + frame / pace) }
}

test('the clock of a card goes by the moments that were told least late', (t) => {
  const { clock, errorMs } = told(0, [3, 0.1, 5, 2, 8, 1, 0.2, 4])
  // The least, and what a crystal may have run away since.
  const doubtMs = 0.125 * 0.3
  t.ok(Math.abs(errorMs(8 * PERIOD_FRAMES) - 0.2 - doubtMs) < 0.01)
  t.ok(isLocked(clock))
  t.equal(leadMs(clock), leadMs({ ...clock, openingMs: 0 }), 'what was not known at first does not matter any more')
  t.end()
})

test('a crystal that is off is followed', (t) => {
  const late = Array.from({ length: 480 }, (_, index) => [0, 1.7, 0.4, 6, 0.1][index % 5]!)
  for (const partsPerMillion of [-100, 100]) {
    const { clock, errorMs } = told(partsPerMillion, late)
    t.ok(Math.abs(errorMs(480 * PERIOD_FRAMES)) < 0.15, `${errorMs(480 * PERIOD_FRAMES).toFixed(3)} ms off`)
    t.ok(Math.abs((clock.pace / (RATE / 1_000) - 1) * 1e6 - partsPerMillion) < 10)
  }
  t.end()
})

test('a sound server that gives room one step later for good is seen through', (t) => {
  const before = Array<number>(10).fill(0.05)
  const { clock, errorMs } = told(0, [...before, ...Array<number>(3).fill(5.02)])
  t.equal(clock.phase, framesOfMs(5))
  t.ok(Math.abs(errorMs(13 * PERIOD_FRAMES) - 0.05) < 0.4, 'the line stays nearly where it was')
  t.end()
})

test('a card that begins long after its first write is found by its first moment', (t) => {
  const { clock, errorMs } = told(0, [75, 75.1, 75, 75.2, 75, 75])
  t.ok(isLocked(clock))
  t.ok(Math.abs(errorMs(6 * PERIOD_FRAMES) - 75) < 0.3)
  t.end()
})

test('one late moment is not believed for want of others', (t) => {
  let clock = newClock({ startAt: 1_000 })
  clock = withMoment(clock, PERIOD_FRAMES, 1_125.1)
  // There was room already: the frame had been heard by then, whenever that was.
  clock = withoutWait(clock, 2 * PERIOD_FRAMES, 1_258)
  clock = withMoment(clock, 3 * PERIOD_FRAMES, 1_375 + 31)
  t.ok(Math.abs(timeOf(clock, 3 * PERIOD_FRAMES) - 1_375) < 0.3)
  t.end()
})

test('a step that was none is taken back', (t) => {
  const { clock } = told(0, [0, 0, 4, 4, 4])
  t.equal(clock.phase, framesOfMs(4))
  // What is written for such a step does not fit until the period after the one that is thought.
  const strayed = [6, 7].reduce((before, period) => {
    const frame = period * PERIOD_FRAMES + before.phase
    return withMoment(before, frame, 1_000 + ((period + 1) * PERIOD_FRAMES * 1_000) / RATE)
  }, clock)
  t.equal(strayed.phase, 0)
  t.end()
})

test('a card whose writes do not wait, or wait for something else, is known as one that does not tell', (t) => {
  let free = newClock({ startAt: 1_000 })
  let other = free
  for (let period = 1; period <= 6; period += 1) {
    t.notOk(isLost(free) || isLost(other))
    free = withoutWait(free, period * PERIOD_FRAMES, timeOf(free, period * PERIOD_FRAMES) - 8)
    other = withMoment(other, period * PERIOD_FRAMES, timeOf(other, period * PERIOD_FRAMES) + 111)
  }
  t.ok(isLost(free) && isLost(other))
  t.notOk(isLocked(free) || isLocked(other))
  t.ok(leadMs(free) > leadMs(newClock({ startAt: 0 })), 'it is asked earlier each time')
  t.end()
})
