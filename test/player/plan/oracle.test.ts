/** Thousands of rules made by chance, every start compared with what python3-dateutil says. */
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import t from 'tap'
import { compileRecurrence } from '../../../player/plan/calendar.ts'
import { FREQUENCIES, WEEKDAYS, type Frequency } from '../../../player/plan/rule.ts'
import type { Recurrence } from '../../../player/plan/schedule.ts'
import { wallMs } from '../../../player/plan/time.ts'
import { askOracle, type Question } from '../../fixtures/oracle.ts'

/** `LOA_ORACLE_SEED=… LOA_ORACLE_RULES=…` repeats a run, or makes it longer. */
const SEED = Number(process.env['LOA_ORACLE_SEED'] ?? Date.now() % 4_294_967_296)
const RULES = Number(process.env['LOA_ORACLE_RULES'] ?? 2_800)

const DAY_MS = 86_400_000
const ZONES = [
  'Asia/Ho_Chi_Minh',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Pacific/Auckland',
  'UTC',
]

type Chance = {
  from: (low: number, high: number) => number
  of: <T>(values: readonly T[]) => T
  some: <T>(values: readonly T[], most: number) => T[]
  is: (percent: number) => boolean
}

const chanceOf = (seed: number): Chance => {
  const generator = xoroshiro128plus(seed)
  for (let warm = 0; warm < 20; warm += 1) generator.next()
  const from = (low: number, high: number) => uniformInt(generator, low, high)
  const of = <T>(values: readonly T[]): T => values[from(0, values.length - 1)]!
  const some = <T>(values: readonly T[], most: number): T[] => [
    ...new Set(Array.from({ length: from(1, most) }, () => of(values))),
  ]
  return { from, of, some, is: (percent) => from(1, 100) <= percent }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const either = (values: number[]): number[] => [...values, ...values.map((value) => -value)]
const basic = (at: number): string => new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
const local = (at: number): string => new Date(at).toISOString().slice(0, 19)

/** How long a window holds some starts and not thousands, and how fine a rule may be that is not refused. */
const WINDOW_DAYS: Record<Frequency, number> = {
  YEARLY: 4_000,
  MONTHLY: 1_500,
  WEEKLY: 400,
  DAILY: 120,
  HOURLY: 20,
  MINUTELY: 3,
  SECONDLY: 2,
}
const LONGEST_INTERVAL: Record<Frequency, number> = {
  YEARLY: 4,
  MONTHLY: 14,
  WEEKLY: 5,
  DAILY: 40,
  HOURLY: 50,
  MINUTELY: 700,
  SECONDLY: 5_000,
}

const daysOf = (frequency: Frequency, chance: Chance, hasWeekNo: boolean, hasMonth: boolean): string => {
  // dateutil 2.8.2 fails with an IndexError at the 53rd Thursday of a month, which no month has.
  const ordinals = frequency === 'MONTHLY' || hasMonth ? [1, 2, 3, 4, 5, -1, -2, -5] : [1, 2, 20, 52, 53, -1, -10, -53]
  const numbered = (frequency === 'MONTHLY' || frequency === 'YEARLY') && !hasWeekNo && chance.is(50)
  return chance
    .some(WEEKDAYS, 4)
    .map((day) => (numbered && chance.is(70) ? `${chance.of(ordinals)}${day}` : day))
    .join(',')
}

/** How many starts a set that BYSETPOS picks from can have, roughly: dateutil would search for a fifth of two for minutes. */
const setSize = (frequency: Frequency, parts: Map<string, string>): number => {
  const finer = { HOURLY: ['BYMINUTE', 'BYSECOND'], MINUTELY: ['BYSECOND'], SECONDLY: [] as string[] }
  const names = Object.entries(finer).find(([name]) => name === frequency)?.[1] ?? ['BYHOUR', 'BYMINUTE', 'BYSECOND']
  const times = names.reduce((product, name) => product * (parts.get(name)?.split(',').length ?? 1), 1)
  const days = frequency === 'YEARLY' || frequency === 'MONTHLY' ? 4 : frequency === 'WEEKLY' ? 2 : 1
  return times * days
}

const partsOf = (frequency: Frequency, chance: Chance): Map<string, string> => {
  const parts = new Map<string, string>([['FREQ', frequency]])
  const list = (percent: number, name: string, values: number[], most: number) => {
    if (chance.is(percent)) parts.set(name, chance.some(values, most).join(','))
  }
  const isFine = frequency === 'MINUTELY' || frequency === 'SECONDLY'
  if (chance.is(45) || isFine) {
    const shortest = frequency === 'SECONDLY' ? 20 : frequency === 'MINUTELY' ? 2 : 1
    parts.set('INTERVAL', String(chance.from(shortest, LONGEST_INTERVAL[frequency])))
  }
  list(25, 'BYMONTH', range(1, 12), 4)
  if (frequency === 'YEARLY') list(20, 'BYWEEKNO', either(range(1, 53)), 4)
  if (frequency !== 'WEEKLY') list(25, 'BYMONTHDAY', either(range(1, 31)), 5)
  if (!['DAILY', 'WEEKLY', 'MONTHLY'].includes(frequency)) list(12, 'BYYEARDAY', either(range(1, 366)), 6)
  if (chance.is(40)) parts.set('BYDAY', daysOf(frequency, chance, parts.has('BYWEEKNO'), parts.has('BYMONTH')))
  list(25, 'BYHOUR', range(0, 23), 4)
  list(25, 'BYMINUTE', range(0, 59), 4)
  list(15, 'BYSECOND', range(0, 59), 3)
  const hasBy = [...parts.keys()].some((name) => name.startsWith('BY'))
  if (hasBy) list(20, 'BYSETPOS', either(range(1, Math.min(10, setSize(frequency, parts)))), 3)
  if (chance.is(25)) parts.set('WKST', chance.of(WEEKDAYS))
  return parts
}

/** Often at the hours when clocks are changed. */
const clockMs = (chance: Chance): number =>
  chance.is(30)
    ? chance.of([1, 2, 3]) * 3_600_000 + chance.of([0, 15, 30]) * 60_000
    : chance.from(0, 1_439) * 60_000 + chance.from(0, 59) * (chance.is(20) ? 1_000 : 0)

const questionOf = (frequency: Frequency, chance: Chance): Question => {
  const start = Date.UTC(chance.from(1998, 2034), chance.from(0, 11), chance.from(1, 28)) + clockMs(chance)
  const windowMs = WINDOW_DAYS[frequency] * DAY_MS
  // Sometimes long after the start, where a rule must be taken up in its middle.
  const laterMs = chance.is(40)
    ? chance.from(0, frequency === 'SECONDLY' ? 20 : 3 * WINDOW_DAYS[frequency]) * DAY_MS
    : 0
  const from = start + laterMs + chance.from(-DAY_MS / 1_000, DAY_MS / 1_000) * 1_000
  const until = from + chance.from(1, windowMs / 1_000) * 1_000
  const recurrence: Recurrence = { start: local(start), timeZone: chance.of(ZONES) }
  if (chance.is(97)) {
    const parts = partsOf(frequency, chance)
    const end = basic(chance.from(from / 1_000, until / 1_000) * 1_000)
    if (chance.is(20)) parts.set('COUNT', String(chance.from(1, chance.is(30) ? 3_000 : 60)))
    else if (chance.is(25)) parts.set('UNTIL', chance.is(50) ? `${end}Z` : end)
    recurrence.rule = [...parts].map(([name, value]) => `${name}=${value}`).join(';')
  }
  const someTimes = () =>
    Array.from({ length: chance.from(1, 4) }, () => local(from + chance.from(0, 20) * DAY_MS + clockMs(chance)))
  if (chance.is(10)) recurrence.extraStarts = someTimes()
  // Of a plain daily rule these are real exceptions.
  if (chance.is(20))
    recurrence.exceptStarts = [
      ...someTimes(),
      ...Array.from({ length: 3 }, () => local(start + chance.from(0, 60) * DAY_MS)),
    ]
  return { recurrence, from, until }
}

const shown = (starts: readonly number[]): string =>
  starts
    .slice(0, 6)
    .map((at) => new Date(at).toISOString())
    .join(' ')

t.test(`rules made by chance begin when dateutil says (seed ${SEED}, ${RULES} rules)`, async (t) => {
  t.comment(`LOA_ORACLE_SEED=${SEED}`)
  const chance = chanceOf(SEED)
  const questions = Array.from({ length: RULES }, (_, index) =>
    questionOf(FREQUENCIES[index % FREQUENCIES.length]!, chance),
  )
  const answers = await askOracle(questions)
  let starts = 0
  let busy = 0
  const counts = new Map<string, number>()
  for (const [index, { recurrence, from, until }] of questions.entries()) {
    const expected = answers[index]!
    const compiled = compileRecurrence(recurrence)
    const what = JSON.stringify({ ...recurrence, from: new Date(from), until: new Date(until) })
    if (compiled.kind === 'wrong') {
      t.fail(`refused: ${compiled.detail}: ${what}`)
      continue
    }
    const found = compiled.starts(wallMs(from), wallMs(until))
    starts += found.length
    if (found.length > 0) busy += 1
    if (JSON.stringify(found) === JSON.stringify(expected)) continue
    for (const part of (recurrence.rule ?? '').split(';').map((one) => one.split('=')[0]!))
      counts.set(part, (counts.get(part) ?? 0) + 1)
    const other = typeof expected === 'string' ? expected : `${expected.length}: ${shown(expected)}`
    t.fail(`${what}\n  here ${found.length}: ${shown(found)}\n  dateutil ${other}`)
  }
  t.comment(`${starts} starts of ${busy} rules compared`, Object.fromEntries(counts))
  t.ok(busy > RULES * 0.4, `${busy} of ${RULES} rules begin in their window`)
})
