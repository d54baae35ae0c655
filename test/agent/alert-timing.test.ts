import { test } from 'tap'
import { extended, ONCE_WITHIN_MS } from '../../agent/alert-timing.ts'
import type { Item } from '../../player/plan/schedule.ts'
import { addMs } from '../../player/plan/time.ts'
import { at, FIVE, override, sound } from '../fixtures/schedules.ts'

const SIREN = sound('s', 6_000)
const WORDS = sound('w', 10_000)
const OTHER_WORDS = sound('x', 12_000)
const PAUSE_MS = 5_000

const start = (before: Item[], after: Item[], ms: number, repeatPauseMs: number | null = PAUSE_MS): number =>
  extended({ override: override('flood', [], FIVE, at(3_600_000), { repeatPauseMs }), before, after }, at(ms)) - FIVE

test('words that come while the siren sounds follow it, and the siren goes on', async (t) => {
  t.equal(start([SIREN], [SIREN, WORDS], 0), 0)
  t.equal(start([SIREN], [SIREN, WORDS], 3_000), 0)
  t.equal(start([SIREN], [SIREN, WORDS], 6_000), 0)
})

test('words that come after it begin now, not in their middle', async (t) => {
  t.equal(start([SIREN], [SIREN, WORDS], 6_001), 1)
  t.equal(start([SIREN], [SIREN, WORDS], 13_000), 7_000)
})

test('where there was no sound yet, it begins with the first', async (t) => {
  t.equal(start([], [WORDS], 700), 700)
  t.equal(start([], [SIREN, WORDS], 700), 700)
  t.equal(start([], [WORDS], -700), 0, 'an alert that has not begun stays where it is')
})

test('other words take the place of the first ones from their beginning', async (t) => {
  t.equal(start([SIREN, WORDS], [SIREN, OTHER_WORDS], 4_000), 0, 'in the siren')
  t.equal(start([SIREN, WORDS], [SIREN, OTHER_WORDS], 9_000), 3_000, 'in the words')
  t.equal(start([SIREN, WORDS], [SIREN, WORDS], 9_000), 0, 'the same again changes nothing')
})

test('what is said once is said when its words are ready, and not again long after', async (t) => {
  t.equal(start([], [WORDS], 2_000, null), 2_000)
  t.equal(start([SIREN], [SIREN, WORDS], 8_000, null), 2_000)
  t.equal(start([], [WORDS], ONCE_WITHIN_MS - 1, null), ONCE_WITHIN_MS - 1)
  t.equal(start([], [WORDS], ONCE_WITHIN_MS, null), 0)
  t.equal(addMs(FIVE, start([SIREN], [SIREN, WORDS], 86_400_000, null)), FIVE)
})
