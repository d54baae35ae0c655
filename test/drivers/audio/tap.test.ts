/** What is sent to be compared: the same sound, smaller, and when it was. */
import t from 'tap'
import type { Reference } from '../../../drivers/audio/messages.ts'
import { CHANNELS, msOfFrames, RATE } from '../../../drivers/audio/pcm.ts'
import { openTap } from '../../../drivers/audio/tap.ts'
import type { OutputChannels } from '../../../drivers/audio/zone.ts'

const samplesOf = ({ pcm }: Reference): Int16Array => {
  const bytes = Buffer.from(pcm, 'base64')
  return Int16Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(at * 2))
}

const sine = (frequencyHz: number, frames: number, amplitude = 0.5): Float32Array => {
  const samples = new Float32Array(frames * 2)
  for (let frame = 0; frame < frames; frame += 1)
    samples.fill(amplitude * Math.sin((2 * Math.PI * frequencyHz * frame) / RATE), frame * 2, frame * 2 + 2)
  return samples
}

const through = (
  samples: Float32Array | Int16Array,
  pieces: number,
  at = 1_000,
  channels: OutputChannels = 'both',
): Reference[] => {
  const told: Reference[] = []
  const tap = openTap((reference) => told.push(reference), channels)
  const size = Math.ceil(samples.length / 2 / pieces) * 2
  for (let from = 0; from < samples.length; from += size)
    tap.push(samples.slice(from, from + size), at + msOfFrames(from / CHANNELS))
  tap.flush()
  return told
}

/** Root mean square from the second message on: the first has the beginning of the filter. */
const levelDb = (told: readonly Reference[]): number => {
  const samples = told.slice(1).flatMap((reference) => [...samplesOf(reference)])
  const power = samples.reduce((sum, sample) => sum + (sample / 32_768) ** 2, 0) / samples.length
  return 10 * Math.log10(Math.max(power, 1e-12))
}

t.test(
  'the voice goes through as loud as it is; what 8 kHz cannot hold does not come back as something else',
  async (t) => {
    const half = 20 * Math.log10(0.5 / Math.SQRT2)
    for (const frequencyHz of [100, 440, 1_000, 2_500, 3_200])
      t.ok(Math.abs(levelDb(through(sine(frequencyHz, 2 * RATE), 7)) - half) < 0.3, `${frequencyHz} Hz`)
    for (const frequencyHz of [4_700, 5_000, 8_000, 12_000, 19_000])
      t.ok(levelDb(through(sine(frequencyHz, 2 * RATE), 7)) < half - 60, `${frequencyHz} Hz`)
  },
)

t.test('of an output on one channel only that channel is told, as loud as its horn has it', async (t) => {
  const zone = sine(440, 2 * RATE).map((sample, at) => (at % 2 === 1 ? sample : 0))
  const half = 20 * Math.log10(0.5 / Math.SQRT2)
  t.ok(Math.abs(levelDb(through(zone, 7, 1_000, 'right')) - half) < 0.3)
  t.ok(levelDb(through(zone, 7, 1_000, 'left')) < -100)
})

t.test('it tells four times a second, and when each first sample was in the air', async (t) => {
  const told = through(sine(440, 2 * RATE), 9)
  t.equal(told.length, 8)
  told.forEach(({ kind, rateHz, at }, index) => {
    t.match({ kind, rateHz }, { kind: 'reference', rateHz: 8_000 })
    // The filter looks 2 ms ahead, and the first output is due an eighth of a millisecond after what was before the first frame.
    const aheadMs = msOfFrames(Math.round(RATE / 500) + 1)
    t.ok(Math.abs(at - (1_000 + 0.125 - aheadMs + index * 250)) < 1e-6, `${at}`)
  })
  // A click at a known frame is found at its moment.
  const click = new Float32Array(RATE)
  click.fill(1, 2 * (RATE / 4), 2 * (RATE / 4 + 6))
  const [first, second] = through(click, 3)
  const samples = [...samplesOf(first!), ...samplesOf(second!)]
  const loudest = samples.reduce((best, sample, at) => (Math.abs(sample) > Math.abs(samples[best]!) ? at : best), 0)
  t.ok(Math.abs(first!.at + loudest / 8 - (1_000 + msOfFrames(RATE / 4 + 2.5))) < 0.13)
})

t.test('however it is cut, and in whole numbers or not, it is the same', async (t) => {
  const sound = sine(700, RATE, 0.3)
  const whole = through(sound, 1).map(samplesOf)
  t.same(through(sound, 13).map(samplesOf), whole)
  const integers = through(
    Int16Array.from(sound, (sample) => Math.round(sample * 32_768)),
    5,
  ).map(samplesOf)
  for (const [index, chunk] of integers.entries())
    t.ok(chunk.every((sample, at) => Math.abs(sample - whole[index]![at]!) <= 1))
})

t.test('a stretch that begins elsewhere is another one', async (t) => {
  const told: Reference[] = []
  const tap = openTap((reference) => told.push(reference))
  tap.push(sine(440, RATE / 10), 0)
  tap.push(sine(440, RATE / 10), 5_000)
  t.equal(told.length, 1, 'what was gathered of the first is told')
  t.equal(samplesOf(told[0]!).length, 800)
  tap.flush()
  tap.flush()
  t.equal(told.length, 2)
  t.ok(told[1]!.at > 4_990)
})
