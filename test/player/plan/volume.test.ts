/** The hours of the box's own policy: by the clock on the wall, over midnight, over a change of the clocks. */
import fc from 'fast-check'
import t from 'tap'
import { PRIORITIES, type Priority } from '../../../player/plan/schedule.ts'
import { parseWall, wallMs, type WallMs } from '../../../player/plan/time.ts'
import {
  ceilingAt,
  compileVolume,
  nextChange,
  orderedDb,
  priorityDb,
  withOrder,
  type OrderedLevel,
  type VolumeRule,
  type Weekday,
} from '../../../player/plan/volume.ts'

const VIETNAM = 'Asia/Ho_Chi_Minh'
const at = (text: string): WallMs => parseWall(text)
const horn = (priority: Priority) => ({ output: 'horn', priority })
const NIGHT: VolumeRule = { from: '22:00', until: '05:00', ceilingDb: -20 }

t.test('a rule over midnight holds from its first minute to just before its last', async (t) => {
  const policy = compileVolume([NIGHT], VIETNAM)
  const dbAt = (text: string) => ceilingAt(policy, horn('normal'), at(text))?.ceilingDb ?? null
  t.equal(dbAt('2026-11-21T21:59:59.999+07:00'), null)
  t.equal(dbAt('2026-11-21T22:00:00.000+07:00'), -20)
  t.equal(dbAt('2026-11-22T00:00:00.000+07:00'), -20)
  t.equal(dbAt('2026-11-22T04:59:59.999+07:00'), -20)
  t.equal(dbAt('2026-11-22T05:00:00.000+07:00'), null)
})

t.test('days are those on which the window begins', async (t) => {
  const policy = compileVolume([{ ...NIGHT, days: ['sa'] }], VIETNAM)
  const dbAt = (text: string) => ceilingAt(policy, horn('normal'), at(text))?.ceilingDb ?? null
  t.equal(dbAt('2026-11-21T04:00:00+07:00'), null, 'Saturday morning belongs to Friday')
  t.equal(dbAt('2026-11-21T23:00:00+07:00'), -20)
  t.equal(dbAt('2026-11-22T04:00:00+07:00'), -20, 'Sunday morning belongs to Saturday')
  t.equal(dbAt('2026-11-22T23:00:00+07:00'), null)
})

t.test('a rule from an hour to the same hour is a whole day', async (t) => {
  const policy = compileVolume([{ from: '06:00', until: '06:00', days: ['su'], silent: true }], VIETNAM)
  const dbAt = (text: string) => ceilingAt(policy, horn('live'), at(text))?.ceilingDb ?? null
  t.equal(dbAt('2026-11-22T05:59:59.999+07:00'), null)
  t.equal(dbAt('2026-11-22T06:00:00+07:00'), -Infinity)
  t.equal(dbAt('2026-11-23T05:59:59.999+07:00'), -Infinity)
  t.equal(dbAt('2026-11-23T06:00:00+07:00'), null)
})

t.test('an alert is never bound, whatever the rules say', async (t) => {
  const policy = compileVolume([{ from: '00:00', until: '00:00', silent: true, priorities: PRIORITIES }], VIETNAM)
  t.equal(ceilingAt(policy, horn('alert'), at('2026-11-22T00:00:00Z')), null)
  t.same(ceilingAt(policy, horn('live'), at('2026-11-22T00:00:00Z')), { ceilingDb: -Infinity, rule: 0 })
})

t.test('the lowest of those that apply counts, of equals the first; others do not bind', async (t) => {
  const allDay = { from: '00:00', until: '00:00' }
  const policy = compileVolume(
    [
      { ...allDay, ceilingDb: -6 },
      { ...allDay, ceilingDb: -12, outputs: ['horn'] },
      { ...allDay, ceilingDb: -12 },
      { ...allDay, silent: true, priorities: ['filler'] },
      { ...allDay, ceilingDb: -90, outputs: ['other'] },
    ],
    VIETNAM,
  )
  const noon = at('2026-11-22T05:00:00Z')
  t.same(ceilingAt(policy, horn('normal'), noon), { ceilingDb: -12, rule: 1 })
  t.same(ceilingAt(policy, { output: 'board', priority: 'normal' }, noon), { ceilingDb: -12, rule: 2 })
  t.same(ceilingAt(policy, horn('filler'), noon), { ceilingDb: -Infinity, rule: 3 })
})

t.test('the clock on the wall decides where the clocks are put forward and back', async (t) => {
  // Berlin: on 29 March 02:00 becomes 03:00, on 25 October 03:00 becomes 02:00.
  const policy = compileVolume([{ from: '02:15', until: '02:45', silent: true }], 'Europe/Berlin')
  const isQuiet = (text: string) => ceilingAt(policy, horn('normal'), at(text)) !== null
  t.equal(isQuiet('2026-03-28T01:30:00Z'), true, 'the day before')
  t.equal(
    nextChange(policy, 'horn', at('2026-03-28T12:00:00Z'), at('2026-03-29T12:00:00Z')),
    null,
    'a time that does not come is not quiet',
  )
  t.equal(isQuiet('2026-10-25T00:30:00Z'), true, 'the first time')
  t.equal(isQuiet('2026-10-25T00:59:00Z'), false)
  t.equal(isQuiet('2026-10-25T01:30:00Z'), true, 'and the second')
})

t.test('a window that begins in the hour that is skipped begins at its end', async (t) => {
  const policy = compileVolume([{ from: '02:30', until: '06:00', silent: true }], 'Europe/Berlin')
  t.equal(
    nextChange(policy, 'horn', at('2026-03-28T12:00:00Z'), at('2026-03-29T12:00:00Z')),
    at('2026-03-29T01:00:00Z'),
  )
})

t.test('no rules, no zone asked, no change', async (t) => {
  const policy = compileVolume([], 'Nowhere/Nothing')
  t.equal(ceilingAt(policy, horn('normal'), at('2026-11-22T05:00:00Z')), null)
  t.equal(nextChange(policy, 'horn', at('2026-11-22T05:00:00Z'), at('2036-11-22T05:00:00Z')), null)
  t.throws(() => compileVolume([NIGHT], 'Nowhere/Nothing'), RangeError)
})

const DAYS: readonly Weekday[] = ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su']
const clockTime = fc
  .record({ hours: fc.integer({ min: 0, max: 23 }), quarters: fc.integer({ min: 0, max: 3 }) })
  .map(({ hours, quarters }) => `${String(hours).padStart(2, '0')}:${String(quarters * 15).padStart(2, '0')}`)
const bound = fc.constantFrom<Priority>('live', 'mobilised', 'urgent', 'priority', 'normal', 'filler')
const ruleOf: fc.Arbitrary<VolumeRule> = fc
  .record({
    from: clockTime,
    until: clockTime,
    days: fc.option(fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1 })),
    outputs: fc.option(fc.uniqueArray(fc.constantFrom('horn', 'board'), { minLength: 1 })),
    priorities: fc.option(fc.uniqueArray(bound, { minLength: 1 })),
    ceilingDb: fc.option(fc.constantFrom(-3, -6, -20)),
  })
  .map(({ from, until, days, outputs, priorities, ceilingDb }) => ({
    from,
    until,
    ...(days === null ? {} : { days }),
    ...(outputs === null ? {} : { outputs }),
    ...(priorities === null ? {} : { priorities }),
    ...(ceilingDb === null ? { silent: true } : { ceilingDb }),
  }))
/** Half an hour at Lord Howe, midnight in Beirut, a month of Ramadan in Casablanca, and none at all. */
const zone = fc.constantFrom(
  VIETNAM,
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Beirut',
  'Africa/Casablanca',
  'Asia/Kathmandu',
)
/** All changes of clocks and of rules fall on whole quarters of an hour of UTC in these zones. */
const QUARTER_MS = 900_000

/** What a person would say who reads the time off a clock in that place: no shared code with the policy. */
const reading = (timeZone: string) => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return (moment: number) => {
    const parts = new Map(format.formatToParts(new Date(moment)).map(({ type, value }) => [type, value]))
    const day = DAYS.indexOf(parts.get('weekday')!.slice(0, 2).toLowerCase() as Weekday)
    return { day, time: `${parts.get('hour')!}:${parts.get('minute')!}` }
  }
}

t.test('property: the ceiling is what the clock on the wall says, by a second reading of the rules', async () => {
  fc.assert(
    fc.property(
      fc.array(ruleOf, { maxLength: 5 }),
      zone,
      fc.integer({ min: 1_767_225_600, max: 1_830_297_600 }),
      bound,
      (rules, timeZone, seconds, priority) => {
        const policy = compileVolume(rules, timeZone)
        const { day, time } = reading(timeZone)(seconds * 1_000)
        const on = (rule: VolumeRule, weekday: number) => rule.days?.includes(DAYS[(weekday + 7) % 7]!) ?? true
        const holding = rules.filter((rule) => {
          if (rule.outputs?.includes('horn') === false || rule.priorities?.includes(priority) === false) return false
          if (rule.from < rule.until) return on(rule, day) && time >= rule.from && time < rule.until
          return (on(rule, day) && time >= rule.from) || (on(rule, day - 1) && time < rule.until)
        })
        const lowest = Math.min(...holding.map((rule) => rule.ceilingDb ?? -Infinity))
        const found = ceilingAt(policy, horn(priority), wallMs(seconds * 1_000))
        return found === null ? holding.length === 0 : found.ceilingDb === lowest
      },
    ),
    { numRuns: 300 },
  )
})

t.test('property: the next change is exactly where the ceiling changes', async () => {
  fc.assert(
    fc.property(
      fc.array(ruleOf, { maxLength: 4 }),
      zone,
      // Around the changes of clocks of 2026 and between them.
      fc.constantFrom('2026-03-28', '2026-10-24', '2026-04-04', '2026-02-15', '2026-11-21', '2026-06-01'),
      fc.integer({ min: 0, max: 86_400_000 }),
      fc.integer({ min: 1, max: 4 * 96 }),
      (rules, timeZone, date, offsetMs, quarters) => {
        const policy = compileVolume(rules, timeZone)
        const said = (moment: number) =>
          JSON.stringify(
            PRIORITIES.map((priority) => {
              const ceiling = ceilingAt(policy, horn(priority), wallMs(moment))
              return ceiling === null ? null : [String(ceiling.ceilingDb), ceiling.rule]
            }),
          )
        const after = wallMs(Date.parse(`${date}T00:00:00Z`) + offsetMs)
        const until = wallMs(after + quarters * QUARTER_MS)
        let expected: number | null = null
        const first = Math.floor(after / QUARTER_MS + 1) * QUARTER_MS
        for (let moment = first; moment < until && expected === null; moment += QUARTER_MS)
          if (said(moment) !== said(after)) expected = moment
        const found = nextChange(policy, 'horn', after, until)
        // The same, told in another way: nothing changes before it, and it does there, to the millisecond.
        if (found !== null && (said(found - 1) !== said(after) || said(found) === said(after))) return false
        return found === expected
      },
    ),
    { numRuns: 300 },
  )
})

t.test('an output with levels of its own has them, priority by priority; the others are as for all', async (t) => {
  const own = new Map([['hall', { filler: -12, normal: 0, live: -1 }]])
  const policy = compileVolume([], VIETNAM, { filler: -6, normal: -3 }, own)
  const of = (output: string) => PRIORITIES.map((priority) => priorityDb(policy, { output, priority }))
  t.strictSame(of('horn'), [0, 0, 0, 0, 0, -3, -6])
  t.strictSame(of('hall'), [0, -1, 0, 0, 0, 0, -12], 'an own 0 counts, and an alert has no level')
})

const level = (gainDb: number, highestPriority: Priority, authorityArea: string): OrderedLevel => ({
  ...{ gainDb, highestPriority, authorityArea },
})

t.test('nobody sets the level of what stands above him', async (t) => {
  const commune = [level(-20, 'normal', 'vn/08/02215')]
  const asked: [Priority, string, number | null][] = [
    ['filler', 'vn/08/02215', -20],
    ['normal', 'vn/08/02215', -20],
    ['normal', 'vn/08/02215/thon-5', -20],
    ['priority', 'vn/08/02215', null],
    ['normal', 'vn/08', null],
    ['normal', '', null],
    ['filler', 'vn', null],
  ]
  for (const [priority, authorityArea, gainDb] of asked)
    t.equal(orderedDb(commune, { priority, authorityArea }), gainDb, `${priority} of ${authorityArea}`)
  t.equal(orderedDb([], { priority: 'filler', authorityArea: 'vn' }), null)
})

t.test('of those who may, the newest counts, whoever gave it', async (t) => {
  const province = level(-6, 'live', 'vn/08')
  const commune = level(0, 'normal', 'vn/08/02215')
  const both = withOrder(withOrder([], province), commune)
  const own = { priority: 'normal', authorityArea: 'vn/08/02215' } as const
  t.equal(orderedDb(both, own), 0)
  t.equal(orderedDb(both, { ...own, priority: 'live' }), -6)
  t.equal(orderedDb(both, { ...own, authorityArea: 'vn/08' }), -6)
  t.strictSame(withOrder(both, province), [province], 'what the wider order covers is forgotten')
})

const anyLevel = fc
  .record({
    priority: fc.constantFrom(...PRIORITIES),
    area: fc.constantFrom('', 'vn', 'vn/08', 'vn/08/02215', 'vn/08/02215/a'),
  })
  .chain(({ priority, area }) => fc.integer({ min: -96, max: 0 }).map((gainDb) => level(gainDb, priority, area)))

t.test(
  'property: what is kept of the orders says the same as all that were ever given, and does not grow',
  async () => {
    fc.assert(
      fc.property(fc.array(anyLevel, { maxLength: 60 }), anyLevel, (given, { highestPriority, authorityArea }) => {
        const kept = given.reduce<OrderedLevel[]>(withOrder, [])
        const claimant = { priority: highestPriority, authorityArea }
        const rank = (priority: Priority) => PRIORITIES.indexOf(priority)
        const depth = (area: string) => area.split('/').filter((name) => name !== '').length
        const byHand = given.filter(
          (order) =>
            rank(order.highestPriority) <= rank(claimant.priority) &&
            depth(order.authorityArea) <= depth(authorityArea),
        )
        return orderedDb(kept, claimant) === (byHand.at(-1)?.gainDb ?? null) && kept.length <= PRIORITIES.length * 5
      }),
    )
  },
)
