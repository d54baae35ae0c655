import t from 'tap'
import { reachedBy } from '../../../player/plan/airings.ts'
import { at } from '../../fixtures/schedules.ts'

/** The second item of a track: it begins 10 s into it, at five o'clock. */
const slot = { trackOffsetMs: 10_000, startsAt: at(0) }
const taken = (trigger: 'alert' | 'command' | 'live' | 'schedule', effectiveMs: number) => ({
  trigger,
  effectiveStart: at(effectiveMs),
})

t.test('two boxes that an order reaches some milliseconds apart go on from the same place', (t) => {
  for (const confirmedMs of [3_000, 3_140, 4_000])
    t.equal(reachedBy(slot, { confirmedMs, takenBy: taken('alert', 3_000) }), 13_000)
  t.equal(reachedBy(slot, { confirmedMs: 2_960, takenBy: taken('command', 3_000) }), 13_000)
  t.end()
})

t.test('what was heard long after the order’s moment is not said again', (t) => {
  t.equal(reachedBy(slot, { confirmedMs: 4_001, takenBy: taken('alert', 3_000) }), 14_001)
  t.end()
})

t.test('an item is not gone back behind; announcements, programmes and silence name nothing', (t) => {
  t.equal(reachedBy(slot, { confirmedMs: 200, takenBy: taken('alert', -1) }), 10_200)
  for (const takenBy of [taken('live', 3_000), taken('schedule', 3_000), null])
    t.equal(reachedBy(slot, { confirmedMs: 3_140, takenBy }), 13_140)
  t.end()
})
