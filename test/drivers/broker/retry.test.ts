import { test } from 'tap'
import { RETRY_MS_MAX, RETRY_MS_MIN, retryDelayMs } from '../../../drivers/broker/backoff.ts'
import { afterFailure, firstVersion, versionAt } from '../../../drivers/broker/version.ts'
import { elapsedMs } from '../../../player/plan/time.ts'

const HOUR_MS = 3_600_000

test('every delay lies between one second and one minute', (t) => {
  const tries = Array.from({ length: 200 }, (_, index) => index)
  t.ok(tries.every((count) => retryDelayMs(count, () => 0) === RETRY_MS_MIN))
  t.ok(tries.every((count) => retryDelayMs(count, () => 0.999999) <= RETRY_MS_MAX))
  t.equal(
    retryDelayMs(10, () => 0.999999999),
    RETRY_MS_MAX,
  )
  t.end()
})

test('ten thousand boxes that lost the same broker do not come back at the same instant', (t) => {
  const boxes = 10_000
  const arrivals = new Map<number, number>()
  for (let box = 0; box < boxes; box += 1) {
    const slot = Math.floor(retryDelayMs(0, () => box / boxes) / 100)
    arrivals.set(slot, (arrivals.get(slot) ?? 0) + 1)
  }
  t.ok(Math.max(...arrivals.values()) <= boxes / 35, 'no tenth of a second brings more than a thirty-fifth of them')
  t.end()
})

test('a broker that refused MQTT 5 is spoken to in 3.1.1, and in 5 again a day later', (t) => {
  const now = elapsedMs(1_000)
  const memory = afterFailure(5, 'refused', firstVersion, now)
  t.equal(versionAt(memory, now), 4)
  t.equal(versionAt(memory, elapsedMs(1_000 + 24 * HOUR_MS - 1)), 4)
  t.equal(versionAt(memory, elapsedMs(1_000 + 24 * HOUR_MS)), 5)
  t.end()
})

test('a broker that hung up may only have been going down: 5 is tried again soon', (t) => {
  const memory = afterFailure(5, 'hung-up', firstVersion, elapsedMs(0))
  t.equal(versionAt(memory, elapsedMs(0)), 4)
  t.equal(versionAt(memory, elapsedMs(10 * 60_000)), 5)
  t.same(afterFailure(4, 'hung-up', memory, elapsedMs(5)), firstVersion, 'or at once if 3.1.1 fares no better')
  t.end()
})

test('what the version cannot have caused does not change it', (t) => {
  t.same(afterFailure(5, 'unrelated', firstVersion, elapsedMs(0)), firstVersion)
  const fallen = afterFailure(5, 'refused', firstVersion, elapsedMs(0))
  t.same(afterFailure(4, 'unrelated', fallen, elapsedMs(9)), fallen)
  t.end()
})
