/** RRULE as a value: RFC 5545 §3.3.10, each part with its limits. What the clause forbids is refused by its words. */

export const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY', 'MINUTELY', 'SECONDLY'] as const
export type Frequency = (typeof FREQUENCIES)[number]

/** Monday first, as in ISO 8601. */
export const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const
export type Weekday = (typeof WEEKDAYS)[number]

export type ByDay = { weekday: Weekday; ordinal: number | null }

export type Rule = {
  frequency: Frequency
  interval: number
  count: number | null
  /** `YYYYMMDDThhmmss`, with a Z if it is in UTC. */
  until: string | null
  bySecond: number[] | null
  byMinute: number[] | null
  byHour: number[] | null
  byDay: ByDay[] | null
  byMonthDay: number[] | null
  byYearDay: number[] | null
  byWeekNo: number[] | null
  byMonth: number[] | null
  bySetPos: number[] | null
  weekStart: Weekday
}

export type ParsedRule = { kind: 'ok'; rule: Rule } | { kind: 'wrong'; detail: string }

/** Numbers of a part: the lowest and highest, and whether they may be counted from the end. */
const LISTS = {
  BYSECOND: { field: 'bySecond', from: 0, to: 60, signed: false },
  BYMINUTE: { field: 'byMinute', from: 0, to: 59, signed: false },
  BYHOUR: { field: 'byHour', from: 0, to: 23, signed: false },
  BYMONTHDAY: { field: 'byMonthDay', from: 1, to: 31, signed: true },
  BYYEARDAY: { field: 'byYearDay', from: 1, to: 366, signed: true },
  BYWEEKNO: { field: 'byWeekNo', from: 1, to: 53, signed: true },
  BYMONTH: { field: 'byMonth', from: 1, to: 12, signed: false },
  BYSETPOS: { field: 'bySetPos', from: 1, to: 366, signed: true },
} as const
type ListName = keyof typeof LISTS
const isList = (name: string): name is ListName => Object.hasOwn(LISTS, name)

/** An interval or a count beyond this is a slip of the pen: it is a start every 114 years of hours. */
const NUMBER_MAX = 1_000_000

class Refusal extends Error {}
const refuse = (detail: string): never => {
  throw new Refusal(`${detail} (RFC 5545 §3.3.10)`)
}

const wholeNumber = (name: string, text: string): number => {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0
  return value >= 1 && value <= NUMBER_MAX ? value : refuse(`${name}=${text} is not a number from 1 to ${NUMBER_MAX}`)
}

const numbers = (name: ListName, text: string): number[] => {
  const { from, to, signed } = LISTS[name]
  const values = text.split(',').map((one) => {
    const value = /^[+-]?\d{1,3}$/.test(one) ? Number(one) : NaN
    const size = signed ? Math.abs(value) : value
    return size >= from && size <= to && (signed || !/^[+-]/.test(one))
      ? value
      : refuse(`${name}=${one} is outside ${from} to ${to}${signed ? ', from the front or the end' : ''}`)
  })
  // §3.3.12: who has no leap seconds takes the second 60 for 59.
  return [...new Set(name === 'BYSECOND' ? values.map((second) => Math.min(second, 59)) : values)].sort((a, b) => a - b)
}

const weekdayOf = (name: string, text: string): Weekday =>
  WEEKDAYS.find((weekday) => weekday === text) ?? refuse(`${name}=${text} is no day of the week`)

const byDays = (text: string): ByDay[] =>
  text.split(',').map((one) => {
    const [, ordinal, day] = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(one) ?? refuse(`BYDAY=${one} is no day of the week`)
    const value = ordinal === undefined ? null : Number(ordinal)
    if (value !== null && (value === 0 || Math.abs(value) > 53)) refuse(`BYDAY=${one} is outside 1 to 53`)
    return { weekday: weekdayOf('BYDAY', day ?? ''), ordinal: value }
  })

const untilOf = (text: string): string =>
  /^\d{8}T\d{6}Z?$/.test(text)
    ? text
    : refuse(`UNTIL=${text} needs a time, as DTSTART has one: 20271231T235959Z, or without the Z in local time`)

const EMPTY: Rule = {
  frequency: 'DAILY',
  interval: 1,
  count: null,
  until: null,
  bySecond: null,
  byMinute: null,
  byHour: null,
  byDay: null,
  byMonthDay: null,
  byYearDay: null,
  byWeekNo: null,
  byMonth: null,
  bySetPos: null,
  weekStart: 'MO',
}

const partOf = (name: string, text: string): Partial<Rule> => {
  if (isList(name)) return { [LISTS[name].field]: numbers(name, text) }
  switch (name) {
    case 'FREQ':
      return { frequency: FREQUENCIES.find((one) => one === text) ?? refuse(`FREQ=${text} is no frequency`) }
    case 'INTERVAL':
      return { interval: wholeNumber(name, text) }
    case 'COUNT':
      return { count: wholeNumber(name, text) }
    case 'UNTIL':
      return { until: untilOf(text) }
    case 'BYDAY':
      return { byDay: byDays(text) }
    case 'WKST':
      return { weekStart: weekdayOf(name, text) }
    default:
      return refuse(`${name} is no part of a rule`)
  }
}

/** What the clause says of parts that exclude each other. */
const checkTogether = (rule: Rule): void => {
  const { frequency } = rule
  const isOneOf = (...frequencies: Frequency[]): boolean => frequencies.includes(frequency)
  if (rule.count !== null && rule.until !== null) refuse('COUNT and UNTIL exclude each other')
  if (rule.byMonthDay !== null && frequency === 'WEEKLY') refuse('BYMONTHDAY is not for FREQ=WEEKLY')
  if (rule.byYearDay !== null && isOneOf('DAILY', 'WEEKLY', 'MONTHLY')) refuse(`BYYEARDAY is not for FREQ=${frequency}`)
  if (rule.byWeekNo !== null && frequency !== 'YEARLY') refuse('BYWEEKNO is for FREQ=YEARLY alone')
  if (rule.byDay?.some(({ ordinal }) => ordinal !== null) === true) {
    if (!isOneOf('MONTHLY', 'YEARLY')) refuse('a number before a day of BYDAY is for FREQ=MONTHLY and YEARLY alone')
    if (rule.byWeekNo !== null) refuse('a number before a day of BYDAY is not for a rule with BYWEEKNO')
  }
  const others = ['bySecond', 'byMinute', 'byHour', 'byDay', 'byMonthDay', 'byYearDay', 'byWeekNo', 'byMonth'] as const
  if (rule.bySetPos !== null && others.every((part) => rule[part] === null)) refuse('BYSETPOS needs another BY part')
}

export const parseRule = (text: string): ParsedRule => {
  try {
    const seen = new Set<string>()
    let rule = EMPTY
    for (const part of text.split(';')) {
      const [name = '', value = '', ...rest] = part.split('=')
      if (rest.length > 0 || value === '') refuse(`${part} is no part of a rule`)
      if (seen.has(name)) refuse(`${name} stands twice`)
      seen.add(name)
      rule = { ...rule, ...partOf(name, value) }
    }
    if (!seen.has('FREQ')) refuse('FREQ is missing')
    checkTogether(rule)
    return { kind: 'ok', rule }
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'wrong', detail: error.message }
    throw error
  }
}

/** No more starts than this come from the rule in any one day. */
export const startsInDayMax = ({ frequency, interval, byHour, byMinute, bySecond }: Rule): number => {
  const steps = { SECONDLY: 86_400, MINUTELY: 1_440, HOURLY: 24, DAILY: 1, WEEKLY: 1, MONTHLY: 1, YEARLY: 1 }[frequency]
  const isFiner = (than: number): boolean => steps >= than
  const times =
    (byHour?.length ?? (isFiner(24) ? 24 : 1)) *
    (byMinute?.length ?? (isFiner(1_440) ? 60 : 1)) *
    (bySecond?.length ?? (isFiner(86_400) ? 60 : 1))
  // Within a step of the frequency, the finer parts make several starts of one.
  const inStep = (steps < 1_440 ? (byMinute?.length ?? 1) : 1) * (steps < 86_400 ? (bySecond?.length ?? 1) : 1)
  return steps === 1 ? times : Math.min(times, Math.ceil(steps / interval) * inStep)
}
