/** The calendar told in whole milliseconds, and known to less. */
import { test } from 'tap'
import { openCalendar } from '../../../drivers/audio/calendar.ts'

/** Clocks that pass by a microsecond with each look. */
const clocks = (aheadMs: number) => {
  let monotonic = 5_000
  const state = { aheadMs }
  return {
    state,
    wall: () => Math.floor((monotonic += 0.001) + state.aheadMs),
    monotonic: () => (monotonic += 0.001),
  }
}

test('a calendar is known to some microseconds, wherever in its millisecond it is asked', (t) => {
  for (const aheadMs of [1_000_000, 1_000_000.25, 1_000_000.5, 1_000_000.999]) {
    const known = openCalendar(clocks(aheadMs)).offsetMs()
    t.ok(Math.abs(known - aheadMs) < 0.01, `${known} for ${aheadMs}`)
  }
  t.end()
})

test('a calendar that is set is followed at once', (t) => {
  const both = clocks(1_000_000.3)
  const calendar = openCalendar(both)
  for (const aheadMs of [1_003_600.7, 996_400.1, 996_401.4]) {
    both.state.aheadMs = aheadMs
    const known = calendar.offsetMs()
    t.ok(Math.abs(known - aheadMs) < 0.01, `${known} for ${aheadMs}`)
  }
  // Less than it can be told apart by at a glance: a look finds it.
  both.state.aheadMs += 0.4
  t.ok(Math.abs(calendar.look() - both.state.aheadMs) < 0.01)
  t.end()
})

test('a calendar that stands still is taken as it is told', (t) => {
  let monotonic = 10
  const calendar = openCalendar({ wall: () => 2_000, monotonic: () => (monotonic += 0.01) })
  const known = calendar.offsetMs()
  t.ok(known <= 1_990 && known > 1_980, `${known}`)
  t.end()
})
