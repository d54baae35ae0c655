import t from 'tap'
import { median, percentile, slopeOf, spread, worst } from '../../../scripts/bench/statistics.ts'

t.test('a percentile is a sample that was seen', (t) => {
  const samples = [5, 1, 4, 2, 3]
  t.equal(median(samples), 3)
  t.equal(percentile(samples, 0.99), 5)
  t.equal(percentile(samples, 0.2), 1)
  t.equal(percentile(samples, 0.21), 2)
  t.same(samples, [5, 1, 4, 2, 3], 'and the samples stay as they were')
  t.end()
})

t.test('of few samples the worst one is the p99', (t) => {
  const samples = Array.from({ length: 36 }, (_, index) => index)
  t.equal(percentile(samples, 0.99), 35)
  t.equal(worst(samples), 35)
  t.end()
})

t.test('an early start counts by its size', (t) => {
  t.match(spread([-30, 10, 2]), /10\.0 ms median, 30\.0 ms p99, 30\.0 ms worst \(n = 3\)/)
  t.end()
})

t.test('no samples are said to be none', (t) => {
  t.equal(spread([]), 'nothing heard')
  t.end()
})

t.test('the slope is that of the line through the points, however they lie around it', (t) => {
  const line = Array.from({ length: 101 }, (_, x) => ({ x, y: 7 - 3 * x }))
  t.equal(Math.round(slopeOf(line) * 1e9) / 1e9, -3)
  const saw = line.map(({ x, y }) => ({ x, y: y + (x % 2 === 0 ? 40 : -40) }))
  t.ok(Math.abs(slopeOf(saw) + 3) < 0.05, `${slopeOf(saw)}`)
  t.equal(slopeOf([2, 5, 9].map((x) => ({ x, y: 4 }))), 0)
  t.end()
})

t.test('one moment has no slope', (t) => {
  t.ok(Number.isNaN(slopeOf([{ x: 1, y: 1 }])))
  t.end()
})
