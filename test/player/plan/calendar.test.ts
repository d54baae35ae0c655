import t from 'tap'
import { compileRecurrence } from '../../../player/plan/calendar.ts'
import type { Recurrence } from '../../../player/plan/schedule.ts'
import { addMs, formatUtc, parseWall } from '../../../player/plan/time.ts'

const startsOf = (recurrence: Recurrence, from: string, until: string): string[] => {
  const compiled = compileRecurrence(recurrence)
  if (compiled.kind === 'wrong') throw new Error(compiled.detail)
  return compiled.starts(parseWall(from), parseWall(until)).map(formatUtc)
}

t.test('without a rule there is one start', (t) => {
  const once = { start: '2026-11-21T05:00:00', timeZone: 'Asia/Ho_Chi_Minh' }
  t.same(startsOf(once, '2026-01-01T00:00:00Z', '2030-01-01T00:00:00Z'), ['2026-11-20T22:00:00.000Z'])
  t.end()
})

t.test('a window holds its first moment and not its last', (t) => {
  const daily = { start: '2026-11-21T05:00:00', timeZone: 'Asia/Ho_Chi_Minh', rule: 'FREQ=DAILY' }
  const first = '2026-11-20T22:00:00.000Z'
  t.same(startsOf(daily, first, '2026-11-20T22:00:00.001Z'), [first])
  t.same(startsOf(daily, '2026-11-20T21:00:00Z', first), [])
  t.same(startsOf(daily, '2026-11-20T22:00:00.001Z', '2026-11-21T22:00:00.001Z'), ['2026-11-21T22:00:00.000Z'])
  t.end()
})

t.test('extra starts are added, excepted ones left out', (t) => {
  const recurrence = {
    start: '2026-11-21T05:00:00',
    timeZone: 'Asia/Ho_Chi_Minh',
    rule: 'FREQ=DAILY;COUNT=3',
    extraStarts: ['2026-11-21T17:30:00'],
    exceptStarts: ['2026-11-22T05:00:00'],
  }
  t.same(startsOf(recurrence, '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'), [
    '2026-11-20T22:00:00.000Z',
    '2026-11-21T10:30:00.000Z',
    '2026-11-22T22:00:00.000Z',
  ])
  t.end()
})

t.test('a rule or a zone that means nothing is an answer with its reason', (t) => {
  const wrong = compileRecurrence({ start: '2026-11-21T05:00:00', timeZone: 'Asia/Nowhere' })
  t.equal(wrong.kind, 'wrong')
  t.match(wrong, { detail: /nowhere/i })
  t.equal(
    compileRecurrence({ start: '2026-11-21T05:00:00', timeZone: 'Asia/Ho_Chi_Minh', rule: 'FREQ=SOMETIMES' }).kind,
    'wrong',
  )
  t.end()
})

t.test('what is remembered of a rule answers as the rule itself, whatever is asked in whatever order', (t) => {
  const everyHour = { start: '2026-11-21T05:00:00', timeZone: 'Asia/Ho_Chi_Minh', rule: 'FREQ=HOURLY' }
  const asked = compileRecurrence(everyHour)
  if (asked.kind === 'wrong') throw new Error(asked.detail)
  const first = parseWall('2026-11-20T22:00:00Z')
  for (const [fromHours, untilHours] of [
    [0, 5],
    [3, 4],
    [40, 80],
    [79, 80],
    [0, 200],
    [100, 101],
    [-10, 1],
  ] as const) {
    const fresh = compileRecurrence(everyHour)
    if (fresh.kind === 'wrong') throw new Error(fresh.detail)
    const from = addMs(first, fromHours * 3_600_000 + 1)
    const until = addMs(first, untilHours * 3_600_000 + 1)
    const expected = Array.from({ length: untilHours - Math.max(fromHours, -1) }, (_, index) =>
      addMs(first, (Math.max(fromHours, -1) + 1 + index) * 3_600_000),
    )
    t.same(asked.starts(from, until), expected, `${fromHours} to ${untilHours} hours`)
    t.same(fresh.starts(from, until), expected)
  }
  t.end()
})

t.test('a rule by the second is refused when it arrives; one that never comes true never begins', (t) => {
  const by = (rule: string) => ({ start: '2026-11-21T05:00:00', timeZone: 'Asia/Ho_Chi_Minh', rule })
  t.equal(compileRecurrence(by('FREQ=SECONDLY')).kind, 'wrong')
  t.equal(compileRecurrence(by('FREQ=MINUTELY')).kind, 'ok')
  const never = { ...by('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'), start: '2026-11-21T05:00:00' }
  t.ok(startsOf(never, '2027-02-01T00:00:00Z', '2027-04-01T00:00:00Z').length === 0)
  t.end()
})
