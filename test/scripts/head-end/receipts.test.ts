import { test } from 'tap'
import { wallMs } from '../../../player/plan/time.ts'
import { GAP_ARRIVALS_MIN, GAP_WAIT_MS, confirmable } from '../../../scripts/head-end/receipts.ts'

const NOW = wallMs(1_800_000_000_000)
const held = (position: number, arrivals = 1, agoMs = 0) => ({ position, arrivals, firstAt: wallMs(NOW - agoMs) })

test('positions are confirmed as far as they follow one another', (t) => {
  t.equal(confirmable(0, [], NOW), 0, 'nothing is held')
  t.equal(confirmable(0, [held(1), held(2), held(3)], NOW), 3)
  t.equal(confirmable(0, [held(1), held(3)], NOW), 1, 'not over a gap')
  t.equal(confirmable(0, [held(2), held(3)], NOW), 0, 'not where the first is missing')
  t.equal(confirmable(3, [held(2), held(4), held(5)], NOW), 5, 'what is confirmed already does not count')
  t.end()
})

test('a gap is believed only after the position above it came often enough, and for long enough', (t) => {
  const above = (arrivals: number, agoMs: number) => confirmable(1, [held(4, arrivals, agoMs), held(5)], NOW)
  t.equal(above(GAP_ARRIVALS_MIN - 1, GAP_WAIT_MS), 1, 'one arrival too few')
  t.equal(above(GAP_ARRIVALS_MIN, GAP_WAIT_MS - 1), 1, 'one millisecond too early')
  t.equal(above(GAP_ARRIVALS_MIN, GAP_WAIT_MS), 5, 'often enough, at the very millisecond, and on to the next')
  t.equal(above(GAP_ARRIVALS_MIN + 1, GAP_WAIT_MS + 1), 5)
  t.end()
})

test('each gap is judged by the position above itself', (t) => {
  const positions = [held(4, GAP_ARRIVALS_MIN, GAP_WAIT_MS), held(9, 1, GAP_WAIT_MS)]
  t.equal(confirmable(1, positions, NOW), 4)
  t.end()
})
