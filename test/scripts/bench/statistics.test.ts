import t from 'tap'
import { median, percentile, spread, worst } from '../../../scripts/bench/statistics.ts'

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
