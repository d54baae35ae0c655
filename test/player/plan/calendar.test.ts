import fc from 'fast-check'
import t from 'tap'
import { compileRecurrence } from '../../../player/plan/calendar.ts'
import type { Recurrence } from '../../../player/plan/schedule.ts'
import { formatUtc, parseWall, wallMs, type WallMs } from '../../../player/plan/time.ts'

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

t.test('a rule by the second is refused when it arrives; one that never comes true never begins', (t) => {
  const by = (rule: string) => ({ start: '2026-11-21T05:00:00', timeZone: 'Asia/Ho_Chi_Minh', rule })
  t.match(compileRecurrence(by('FREQ=SECONDLY')), { kind: 'wrong', detail: /86400 times in a day/ })
  t.equal(compileRecurrence(by('FREQ=MINUTELY')).kind, 'ok')
  t.equal(compileRecurrence(by('FREQ=SECONDLY;BYHOUR=5;BYMINUTE=30')).kind, 'ok')
  t.same(startsOf(by('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'), '2027-02-01T00:00:00Z', '2099-04-01T00:00:00Z'), [])
  t.same(
    startsOf(by('FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3'), '2027-02-01T00:00:00Z', '2099-04-01T00:00:00Z'),
    [],
  )
  t.match(compileRecurrence(by('FREQ=DAILY;COUNT=100001')), { kind: 'wrong', detail: /UNTIL/ })
  t.end()
})

t.test('a start that the rule does not name is no start', (t) => {
  // The clerk says "from Saturday the 21st, on Mondays": RFC 5545 leaves it undefined, and Monday is what was meant.
  const mondays = { start: '2026-11-21T05:00:00', timeZone: 'Asia/Ho_Chi_Minh', rule: 'FREQ=WEEKLY;BYDAY=MO;COUNT=2' }
  t.same(startsOf(mondays, '2026-11-01T00:00:00Z', '2027-12-01T00:00:00Z'), [
    '2026-11-22T22:00:00.000Z',
    '2026-11-29T22:00:00.000Z',
  ])
  t.end()
})

const BERLIN = 'Europe/Berlin'

t.test('at 02:30 on the day that clocks go forward it begins at 03:30, by the offset before the gap', (t) => {
  const nightly = { start: '2026-03-28T02:30:00', timeZone: BERLIN, rule: 'FREQ=DAILY;COUNT=3' }
  t.same(startsOf(nightly, '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'), [
    '2026-03-28T01:30:00.000Z',
    '2026-03-29T01:30:00.000Z',
    '2026-03-30T00:30:00.000Z',
  ])
  t.end()
})

t.test('at 02:30 on the day that clocks go back it begins the first time and not the second', (t) => {
  const nightly = { start: '2026-10-24T02:30:00', timeZone: BERLIN, rule: 'FREQ=DAILY;COUNT=3' }
  t.same(startsOf(nightly, '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'), [
    '2026-10-24T00:30:00.000Z',
    '2026-10-25T00:30:00.000Z',
    '2026-10-26T01:30:00.000Z',
  ])
  t.end()
})

t.test('two local times that a change of clocks makes one moment are one start', (t) => {
  const hourly = { start: '2026-03-29T00:30:00', timeZone: BERLIN, rule: 'FREQ=HOURLY;COUNT=5' }
  t.same(startsOf(hourly, '2026-03-28T00:00:00Z', '2026-03-30T00:00:00Z'), [
    '2026-03-28T23:30:00.000Z',
    '2026-03-29T00:30:00.000Z',
    '2026-03-29T01:30:00.000Z',
    '2026-03-29T02:30:00.000Z',
  ])
  const whole = { ...hourly, rule: 'FREQ=DAILY;COUNT=1', extraStarts: ['2026-03-29T02:30:00', '2026-03-29T03:30:00'] }
  t.same(startsOf(whole, '2026-03-29T00:00:00Z', '2026-03-30T00:00:00Z'), ['2026-03-29T01:30:00.000Z'])
  t.end()
})

t.test('exceptions compare moments: 02:30 in the gap excepts what begins at 03:30', (t) => {
  const nightly = {
    start: '2026-03-28T03:30:00',
    timeZone: BERLIN,
    rule: 'FREQ=DAILY;COUNT=3',
    exceptStarts: ['2026-03-29T02:30:00'],
  }
  t.same(startsOf(nightly, '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'), [
    '2026-03-28T02:30:00.000Z',
    '2026-03-30T01:30:00.000Z',
  ])
  t.end()
})

t.test('UNTIL is the last moment itself, in UTC or in local time', (t) => {
  const until = (text: string) =>
    startsOf(
      { start: '2026-11-21T05:00:00', timeZone: 'Asia/Ho_Chi_Minh', rule: `FREQ=DAILY;UNTIL=${text}` },
      '2026-11-01T00:00:00Z',
      '2026-12-31T00:00:00Z',
    ).length
  t.equal(until('20261123T050000'), 3)
  t.equal(until('20261123T045959'), 2)
  t.equal(until('20261122T220000Z'), 3)
  t.equal(until('20261122T215959Z'), 2)
  t.match(
    compileRecurrence({ start: '2026-11-21T05:00:00', timeZone: 'UTC', rule: 'FREQ=DAILY;UNTIL=20261123' }),
    { kind: 'wrong', detail: /needs a time/ },
    'which midnight a bare date means, nobody can tell',
  )
  t.end()
})

t.test('the programme of a day that a zone left out falls together with that of the next day', (t) => {
  // Samoa had no 30 December 2011: it moved from UTC-10 to UTC+14.
  const daily = { start: '2011-12-29T12:00:00', timeZone: 'Pacific/Apia', rule: 'FREQ=DAILY;COUNT=3' }
  t.same(startsOf(daily, '2011-12-01T00:00:00Z', '2012-01-31T00:00:00Z'), [
    '2011-12-29T22:00:00.000Z',
    '2011-12-30T22:00:00.000Z',
  ])
  t.end()
})

t.test('a date or time that no calendar has is refused by its name', (t) => {
  for (const [recurrence, detail] of [
    [{ start: '2026-02-30T05:00:00' }, /2026-02-30/],
    [{ start: '2026-02-03T24:00:00' }, /24:00:00/],
    [{ start: '1969-12-31T23:00:00' }, /1969/],
    [{ start: '2026-02-03T05:00:00', extraStarts: ['2026-13-01T05:00:00'] }, /extraStarts: 2026-13/],
    [{ start: '2026-02-03T05:00:00', exceptStarts: ['2026-11-31T05:00:00'] }, /exceptStarts: 2026-11-31/],
    [{ start: '2026-02-03T05:00:00', rule: 'FREQ=DAILY;UNTIL=20260230T000000Z' }, /UNTIL=20260230/],
  ] as const)
    t.match(compileRecurrence({ timeZone: 'UTC', ...recurrence } as Recurrence), { kind: 'wrong', detail })
  t.same(
    startsOf({ start: '2026-02-03T05:00:60', timeZone: 'UTC' }, '2026-02-03T00:00:00Z', '2026-02-04T00:00:00Z'),
    ['2026-02-03T05:00:59.000Z'],
    'a leap second is the second before, for who has none',
  )
  t.end()
})

const RULES = [
  'FREQ=DAILY;BYHOUR=1,2,3,23;BYMINUTE=0,30',
  'FREQ=HOURLY;INTERVAL=5;COUNT=900',
  'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU',
  'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1',
  'FREQ=YEARLY;BYWEEKNO=13,44;BYHOUR=2',
  'FREQ=MINUTELY;INTERVAL=7;BYHOUR=1,2,3;UNTIL=20270329T010000Z',
]

t.test('the starts of [a,c) are those of [a,b) and [b,c), asked in any order', (t) => {
  const from = Date.parse('2026-01-01T00:00:00Z')
  const moment = fc.integer({ min: -50_000, max: 3_000_000 }).map((half) => wallMs(from + half * 30_000))
  const property = fc.property(
    fc.constantFrom(...RULES),
    fc.constantFrom(BERLIN, 'Asia/Ho_Chi_Minh', 'Australia/Lord_Howe'),
    fc.tuple(moment, moment, moment).map((three) => [...three].sort((a, b) => a - b) as [WallMs, WallMs, WallMs]),
    (rule, timeZone, [a, b, c]) => {
      const recurrence = { start: '2026-01-03T02:30:00', timeZone, rule }
      const [one, other] = [compileRecurrence(recurrence), compileRecurrence(recurrence)]
      if (one.kind === 'wrong' || other.kind === 'wrong') return false
      const late = one.starts(b, c)
      return JSON.stringify([...one.starts(a, b), ...late]) === JSON.stringify(other.starts(a, c))
    },
  )
  t.equal(fc.defaultReportMessage(fc.check(property, { numRuns: 500 })), undefined)
  t.end()
})

t.test('what RFC 5545 §3.3.10 forbids in a rule is refused by its words', (t) => {
  for (const [rule, detail] of [
    ['INTERVAL=2', /FREQ is missing/],
    ['FREQ=DAILY;FREQ=DAILY', /FREQ stands twice/],
    ['FREQ=DAILY;BYEASTER=1', /BYEASTER is no part/],
    ['FREQ=DAILY;INTERVAL=0', /INTERVAL=0/],
    ['FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z', /COUNT and UNTIL/],
    ['FREQ=DAILY;BYHOUR=24', /BYHOUR=24 is outside 0 to 23/],
    ['FREQ=DAILY;BYHOUR=-1', /BYHOUR=-1/],
    ['FREQ=MONTHLY;BYMONTHDAY=0', /BYMONTHDAY=0/],
    ['FREQ=MONTHLY;BYMONTHDAY=32', /BYMONTHDAY=32/],
    ['FREQ=WEEKLY;BYMONTHDAY=3', /BYMONTHDAY is not for FREQ=WEEKLY/],
    ['FREQ=MONTHLY;BYYEARDAY=3', /BYYEARDAY is not for FREQ=MONTHLY/],
    ['FREQ=MONTHLY;BYWEEKNO=3', /BYWEEKNO is for FREQ=YEARLY/],
    ['FREQ=WEEKLY;BYDAY=1MO', /FREQ=MONTHLY and YEARLY alone/],
    ['FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO', /BYWEEKNO/],
    ['FREQ=WEEKLY;BYDAY=XX', /BYDAY=XX/],
    ['FREQ=MONTHLY;BYDAY=0MO', /BYDAY=0MO/],
    ['FREQ=DAILY;BYSETPOS=1', /BYSETPOS needs another/],
    ['FREQ=WEEKLY;WKST=XX', /WKST=XX/],
  ] as const) {
    const compiled = compileRecurrence({ start: '2026-11-21T05:00:00', timeZone: 'UTC', rule })
    t.match(compiled, { kind: 'wrong', detail }, rule)
  }
  t.end()
})

t.test('week one may begin in the year before, by its number from the front and from the end', (t) => {
  // 1 January 2026 is a Thursday: its week, from Monday 29 December 2025, is the first of 53.
  const weeks = (numbers: string) =>
    startsOf(
      { start: '2025-12-01T05:00:00', timeZone: 'UTC', rule: `FREQ=YEARLY;BYWEEKNO=${numbers};BYDAY=MO,TH` },
      '2025-12-01T00:00:00Z',
      '2026-02-01T00:00:00Z',
    ).map((text) => text.slice(0, 10))
  t.same(weeks('1'), ['2025-12-29', '2026-01-01'])
  t.same(weeks('-53'), ['2025-12-29', '2026-01-01'])
  t.same(weeks('52'), ['2025-12-22', '2025-12-25'])
  t.same(weeks('-1'), ['2025-12-22', '2025-12-25'])
  t.end()
})
