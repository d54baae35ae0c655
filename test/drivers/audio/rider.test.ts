/** The fader of a live source, on speech and on everything that is none. How loud it is, is measured by ffmpeg. */
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { kWeighting } from '../../../drivers/audio/k-weighting.ts'
import { RATE } from '../../../drivers/audio/pcm.ts'
import {
  createRider,
  DOWN_DB_PER_S,
  FIRST_DB_PER_S,
  UP_DB_PER_S,
  type Rider,
  type RiderOptions,
} from '../../../drivers/audio/rider.ts'
import { floatsOf, lufsOf, speechAt, writeFloats } from '../../fixtures/loudness.ts'

const BLOCK_FRAMES = RATE / 50
const TARGET = { targetLufs: -16, maxGainDb: 20 }
const db = (factor: number): number => 20 * Math.log10(factor)

type Trace = { out: Float32Array; gainsDb: number[] }

/** As the mixer would: block by block, each ramped from its first to its last factor. */
const ride = (rider: Rider, samples: Float32Array, blockFrames = BLOCK_FRAMES): Trace => {
  const out = new Float32Array(samples.length)
  const gainsDb: number[] = []
  for (let at = 0; at < samples.length; at += blockFrames * 2) {
    const block = samples.subarray(at, at + blockFrames * 2)
    const { fromGain, toGain } = rider.process(block, block.length / 2)
    block.forEach((sample, index) => {
      out[at + index] = sample * (fromGain + ((toGain - fromGain) * Math.floor(index / 2)) / (block.length / 2))
    })
    gainsDb.push(db(toGain))
  }
  return { out, gainsDb }
}

const joined = (...parts: Float32Array[]): Float32Array => {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const noise = (seconds: number, peak: number): Float32Array => {
  let seed = 12_345
  return Float32Array.from({ length: seconds * RATE * 2 }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0
    return (seed / 2 ** 31) * peak
  })
}

/** Made once; every other loudness of it is exactly that much more or less. */
const SPEECH_LUFS = -16
const made = speechAt(t.testdir(), SPEECH_LUFS)
const speech = floatsOf(made.file, RATE)
const speechOf = (lufs: number): Float32Array => speech.map((sample) => sample * 10 ** ((lufs - SPEECH_LUFS) / 20))

const silence = (seconds: number): Float32Array => new Float32Array(seconds * RATE * 2)

t.test('the filters are those of the recommendation at 48 kHz', (t) => {
  const { shelf, highPass } = kWeighting(48_000)
  const given = {
    shelf: {
      b0: 1.53512485958697,
      b1: -2.69169618940638,
      b2: 1.19839281085285,
      a1: -1.69065929318241,
      a2: 0.73248077421585,
    },
    highPass: { b0: 1, b1: -2, b2: 1, a1: -1.99004745483398, a2: 0.99007225036621 },
  }
  for (const name of ['b0', 'b1', 'b2', 'a1', 'a2'] as const) {
    t.ok(Math.abs(shelf[name] - given.shelf[name]) < 1e-9, `shelf ${name}: ${shelf[name]}`)
    t.ok(Math.abs(highPass[name] - given.highPass[name]) < 1e-9, `high pass ${name}: ${highPass[name]}`)
  }
  t.end()
})

t.test('speech that comes 20 dB apart is heard within 1 LU of the target after 8 seconds', (t) => {
  const folder = t.testdir()
  for (const lufs of [-36, -26, -16, -6]) {
    const { out } = ride(createRider(TARGET), speechOf(lufs))
    const file = join(folder, `ridden${lufs}.wav`)
    writeFloats(file, out, RATE)
    const heard = lufsOf(file, { fromSeconds: 8 })
    t.ok(Math.abs(heard + 16) <= 1, `${lufs} LUFS is heard at ${heard}`)
  }
  t.end()
})

t.test('the loudness that it goes by is that of ffmpeg', (t) => {
  const rider = createRider({ ...TARGET, gainDb: 0 })
  const seen: number[] = []
  const samples = speech
  for (let at = 0; at < samples.length; at += BLOCK_FRAMES * 2) {
    rider.process(samples.subarray(at, at + BLOCK_FRAMES * 2), Math.min(BLOCK_FRAMES, (samples.length - at) / 2))
    const now = rider.loudnessLufs()
    if (now !== null) seen.push(now)
  }
  const mean = seen.reduce((sum, one) => sum + one, 0) / seen.length
  t.ok(Math.abs(mean - made.lufs) < 1, `${mean} against ${made.lufs}`)
  t.end()
})

t.test('pauses of speech do not pump, and silence and an empty room move nothing', (t) => {
  const soft = speechOf(-30)
  const rider = createRider(TARGET)
  const before = ride(rider, soft).gainsDb.at(-1) ?? NaN
  t.ok(before > 12 && before < 16, `${before} dB`)
  for (const [what, quiet] of [
    ['silence', silence(60)],
    ['an empty room at −60 dBFS', noise(60, 0.001)],
  ] as const) {
    const { gainsDb } = ride(rider, quiet)
    // What was heard just before it still moves the fader for the rest of its step.
    t.ok(Math.abs((gainsDb.at(-1) ?? NaN) - before) < 0.1, `${what}: ${before} to ${gainsDb.at(-1)}`)
  }
  const paused = ride(rider, joined(soft, silence(2), soft, silence(5), soft)).gainsDb
  t.ok(Math.max(...paused) - Math.min(...paused) < 3, `${Math.min(...paused)} to ${Math.max(...paused)} dB`)
  t.end()
})

t.test('a clerk who shouts after a whisper is taken down, and never lifted above what is allowed', (t) => {
  const [whisper, shout] = [speechOf(-42), speechOf(-8)]
  const { gainsDb } = ride(createRider(TARGET), joined(whisper, shout, shout))
  t.ok(Math.max(...gainsDb) <= 20 + 1e-9)
  t.ok(Math.max(...gainsDb) > 19.9, 'all of it is used')
  t.ok((gainsDb.at(-1) ?? NaN) < -6, `${gainsDb.at(-1)} dB at the end`)
  t.end()
})

t.test('what is known of a source is where it begins', (t) => {
  const { gainsDb } = ride(createRider({ ...TARGET, gainDb: 12 }), speechOf(-28))
  t.ok(
    gainsDb.every((gainDb) => Math.abs(gainDb - 12) < 2.5),
    `${Math.min(...gainsDb)} to ${Math.max(...gainsDb)} dB`,
  )
  t.end()
})

t.test('no source, in blocks of any size, moves the fader faster than it may or beyond its ends', (t) => {
  const piece = fc.record({
    peak: fc.double({ min: 0, max: 1, noNaN: true }),
    seconds: fc.integer({ min: 1, max: 4 }),
  })
  const options = fc.record({
    targetLufs: fc.integer({ min: -30, max: -10 }),
    maxGainDb: fc.integer({ min: 0, max: 30 }),
  })
  const slowEnough = fc.property(
    fc.array(piece, { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 1, max: 9_600 }),
    options,
    fc.option(fc.integer({ min: -10, max: 10 }), { nil: undefined }),
    (pieces, blockFrames, given, gainDb) => {
      const settings: RiderOptions = { ...given, ...(gainDb === undefined ? {} : { gainDb }) }
      const samples = joined(...pieces.map(({ peak, seconds }) => noise(seconds, peak ** 3)))
      const rider = createRider(settings)
      let last = rider.gainDb()
      for (let at = 0; at < samples.length; at += blockFrames * 2) {
        const block = samples.subarray(at, at + blockFrames * 2)
        const frames = block.length / 2
        const { fromGain, toGain } = rider.process(block, frames)
        const seconds = frames / RATE
        const upMax = (gainDb === undefined ? FIRST_DB_PER_S : UP_DB_PER_S) * seconds
        const downMax = (gainDb === undefined ? FIRST_DB_PER_S : DOWN_DB_PER_S) * seconds
        const movedDb = db(toGain) - last
        if (Math.abs(db(fromGain) - last) > 1e-6) return false
        if (movedDb > upMax + 1e-6 || movedDb < -downMax - 1e-6) return false
        if (db(toGain) > given.maxGainDb + 1e-6) return false
        last = db(toGain)
      }
      return true
    },
  )
  t.doesNotThrow(() => fc.assert(slowEnough, { numRuns: 40 }))
  t.end()
})

t.test('once a source is known, its fader is slow', (t) => {
  const parts = [-36, -10, -30].map((lufs) => speechOf(lufs))
  const { gainsDb } = ride(createRider(TARGET), joined(...parts))
  const stepSeconds = BLOCK_FRAMES / RATE
  const known = gainsDb.slice(15 / stepSeconds)
  const slopes = known.slice(1).map((gainDb, index) => (gainDb - (known[index] ?? NaN)) / stepSeconds)
  t.ok(Math.max(...slopes) <= UP_DB_PER_S + 1e-6, `${Math.max(...slopes)} dB/s up`)
  t.ok(Math.min(...slopes) >= -DOWN_DB_PER_S - 1e-6, `${Math.min(...slopes)} dB/s down`)
  t.ok(Math.min(...slopes) < -0.9, 'and it did move')
  t.end()
})
