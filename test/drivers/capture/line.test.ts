/** When what was captured was in the air, though the program that hands it over is late now and then, and its clock is not ours. */
import t from 'tap'
import { createLine } from '../../../drivers/capture/line.ts'

const PIECE = 400

/** The same sequence in every run. */
const chanceOf = (seed: number) => {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

/** Sample n was in the air at n samples of a clock that is so much too fast; the value of each tells its number. */
const capture = (seconds: number, driftPpm: number, lateMs: (chance: () => number) => number) => {
  const line = createLine()
  const chance = chanceOf(7)
  const sampleMs = 0.125 / (1 + driftPpm / 1e6)
  for (let first = 0; first < seconds * 8_000; first += PIECE) {
    const samples = Int16Array.from({ length: PIECE }, (_, at) => (((first + at) % 8_000) - 4_000) * 8)
    line.push(samples, (first + PIECE) * sampleMs + lateMs(chance))
  }
  return { line, endMs: seconds * 8_000 * sampleMs }
}

t.test('the end of what was captured is known to a fraction of a millisecond, whatever its clock', async (t) => {
  for (const driftPpm of [-200, -30, 0, 30, 200])
    for (const [how, lateMs] of [
      ['punctual', () => 0],
      ['often late', (chance: () => number) => (chance() < 0.6 ? 0.2 * chance() : 30 * chance())],
      ['nearly always late', (chance: () => number) => (chance() < 0.1 ? 0.2 * chance() : 30 * chance())],
    ] as const) {
      const { line, endMs } = capture(30, driftPpm, lateMs)
      const offMs = line.reachesTo() - endMs
      t.ok(Math.abs(offMs) < 0.5, `${driftPpm} ppm, ${how}: ${offMs.toFixed(3)} ms off`)
    }
})

t.test('what was lost on the way is noticed, and what follows has its own time', async (t) => {
  const line = createLine()
  const push = (first: number, arrivedAt: number) =>
    line.push(new Int16Array(PIECE).fill(first === 0 ? 9 : 1), arrivedAt)
  for (let piece = 0; piece < 100; piece += 1) push(piece, (piece + 1) * 50)
  t.equal(line.reachesTo(), 5_000)
  // 300 ms are missing from here on.
  for (let piece = 100; piece < 200; piece += 1) push(piece, (piece + 1) * 50 + 300)
  t.ok(Math.abs(line.reachesTo() - 10_300) < 1, `${line.reachesTo()}`)
  t.ok(line.knownFrom() > 5_000, 'what was captured before has another time')
})

t.test('what is not known reads as silence, and is counted', async (t) => {
  const { line, endMs } = capture(4, 0, () => 0)
  const into = new Float32Array(8_000)
  t.equal(line.read(endMs - 500, into).knownSamples, 4_000)
  t.ok(into.subarray(4_000).every((sample) => sample === 0))
  t.ok(into.subarray(0, 4_000).some((sample) => sample !== 0))
  t.equal(line.read(-500, into).knownSamples, 4_000)
  t.equal(line.read(endMs + 10, into).knownSamples, 0)
  const { offMs } = line.read(1_000.03, into)
  t.ok(Math.abs(offMs + 0.03) < 1e-6, `begins at a sample: ${offMs}`)
})
