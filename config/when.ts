/** Days and times as a technician types them, in the time zone of the box. */

export type DateParts = { year: number; month: number; day: number }
export type TimeParts = { hour: number; minute: number; second: number }

const partsIn = (timeZone: string) =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })

/** What a clock on the wall of that zone shows. */
export const localParts = (at: number, timeZone: string): DateParts & TimeParts => {
  const parts = new Map(
    partsIn(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0
  const date = { year: part('year'), month: part('month'), day: part('day') }
  return { ...date, hour: part('hour'), minute: part('minute'), second: part('second') }
}

const asIfUtc = ({ year, month, day, hour, minute, second }: DateParts & TimeParts): number =>
  Date.UTC(year, month - 1, day, hour, minute, second)

/** The first moment at which the clocks there show this; where they never do, the moment at which they are put forward. */
export const momentOf = (local: DateParts & TimeParts, timeZone: string): number => {
  const wanted = asIfUtc(local)
  const offsetAt = (at: number): number => asIfUtc(localParts(at, timeZone)) - Math.floor(at / 1000) * 1000
  // A zone changes its offset by hours and rarely: the offsets a day before and after are all that there can be.
  const [before, after] = [offsetAt(wanted - 86_400_000), offsetAt(wanted + 86_400_000)]
  const exact = [wanted - before, wanted - after].sort((a, b) => a - b)
  return exact.find((at) => asIfUtc(localParts(at, timeZone)) === wanted) ?? wanted - before
}

const MIDNIGHT: TimeParts = { hour: 0, minute: 0, second: 0 }

export const addDays = ({ year, month, day }: DateParts, days: number): DateParts => {
  const date = new Date(Date.UTC(year, month - 1, day + days))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

export const dayOf = (date: DateParts, timeZone: string): { from: number; until: number } => ({
  from: momentOf({ ...date, ...MIDNIGHT }, timeZone),
  until: momentOf({ ...addDays(date, 1), ...MIDNIGHT }, timeZone),
})

const isDate = (date: DateParts): boolean => {
  const same = addDays(date, 0)
  return same.year === date.year && same.month === date.month && same.day === date.day
}

/** `today`, `tomorrow`, `2026-11-23`, `23/11/2026`, or `23/11` of this year. Null: it is no day. */
export const parseDate = (text: string, now: number, timeZone: string): DateParts | null => {
  const today = localParts(now, timeZone)
  if (text === 'today') return today
  if (text === 'tomorrow') return addDays(today, 1)
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  const slashed = /^(\d{1,2})\/(\d{1,2})(?:\/(\d{4}))?$/.exec(text)
  const [year, month, day] =
    iso !== null ? [iso[1], iso[2], iso[3]] : [slashed?.[3] ?? String(today.year), slashed?.[2], slashed?.[1]]
  if (month === undefined || day === undefined) return null
  const date = { year: Number(year), month: Number(month), day: Number(day) }
  return isDate(date) ? date : null
}

/** `05:30` or `05:30:10`. Null: it is no time of day. */
export const parseTime = (text: string): TimeParts | null => {
  const found = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text)
  if (found === null) return null
  return { hour: Number(found[1]), minute: Number(found[2]), second: Number(found[3] ?? 0) }
}

const OUTPUT = /^[a-z][a-z0-9-]{0,31}$/

export type Asked =
  /** `day`: as it was typed; null: today, from now on. */
  | { kind: 'schedule'; from: number; until: number }
  | { kind: 'why'; output: string | null; at: number }
  | { kind: 'misunderstood'; word: string }

const askedWhy = (words: readonly string[], now: number, timeZone: string): Asked => {
  let output: string | null = null
  let date: DateParts | null = null
  let time: TimeParts | null = null
  for (const word of words.flatMap((one) => one.split('T'))) {
    const [asDate, asTime] = [parseDate(word, now, timeZone), parseTime(word)]
    if (asDate !== null && date === null) date = asDate
    else if (asTime !== null && time === null) time = asTime
    else if (OUTPUT.test(word) && output === null && date === null && time === null) output = word
    else return { kind: 'misunderstood', word }
  }
  if (date === null && time === null) return { kind: 'why', output, at: now }
  const at = { ...(date ?? localParts(now, timeZone)), ...(time ?? MIDNIGHT) }
  return { kind: 'why', output, at: momentOf(at, timeZone) }
}

/** What stands behind `loa schedule`: nothing, a day, or `why [OUTPUT] [DAY] [TIME]`. */
export const parseAsked = (words: readonly string[], now: number, timeZone: string): Asked => {
  const [first = 'today', ...rest] = words
  if (first === 'why') return askedWhy(rest, now, timeZone)
  const date = parseDate(first, now, timeZone)
  const [tooMany] = rest
  if (date === null || tooMany !== undefined) return { kind: 'misunderstood', word: tooMany ?? first }
  const { from, until } = dayOf(date, timeZone)
  return { kind: 'schedule', from: Math.max(from, Math.min(now, until)), until }
}
