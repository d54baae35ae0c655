/** One VEVENT (RFC 5545 §3.6.1) as Loa understands it. What it does not understand is a fault with its line and a remedy. */
import ICAL from 'ical.js'
import type { WallMs } from '../../player/plan/time.ts'
import { zoneNamed } from '../../player/plan/zone.ts'
import type { IcsComponent, IcsFault, IcsProperty } from './ics-lines.ts'
import { isZone, localText } from './local-time.ts'

/** A time as the file has it: `local` is `YYYY-MM-DDThh:mm:ss` by the clocks of `timeZone`. */
export type IcsTime = { line: number; local: string; timeZone: string; isDate: boolean }

export type PriorityClass = 'mobilised' | 'urgent' | 'priority' | 'normal' | 'filler'

export type IcsEvent = {
  line: number
  uid: string
  title: string
  start: IcsTime
  lengthMs: number | null
  rule: { line: number; text: string } | null
  extra: IcsTime[]
  except: IcsTime[]
  recurrenceId: IcsTime | null
  priority: PriorityClass
  attachments: { line: number; uri: string }[]
  description: { line: number; text: string } | null
  isCancelled: boolean
}

const DAY_MS = 86_400_000

/** About the file and the people behind it: nothing is lost on a box without them. */
const PASSED_OVER = new Set(
  'DTSTAMP CREATED LAST-MODIFIED SEQUENCE CLASS TRANSP ORGANIZER ATTENDEE CONTACT COMMENT LOCATION GEO URL RELATED-TO COLOR'.split(
    ' ',
  ),
)
const ONCE = 'UID SUMMARY DTSTART DTEND DURATION RRULE RECURRENCE-ID PRIORITY DESCRIPTION STATUS'.split(' ')
const SEVERAL = ['RDATE', 'EXDATE', 'CATEGORIES', 'ATTACH']

/** The three classes of Circular 39/2020/TT-BTTTT by their names, and the names of the protocol. */
const CLASSES: Record<string, PriorityClass> = {
  'khẩn cấp': 'urgent',
  urgent: 'urgent',
  'ưu tiên': 'priority',
  priority: 'priority',
  'thông thường': 'normal',
  normal: 'normal',
  'huy động': 'mobilised',
  mobilised: 'mobilised',
  filler: 'filler',
}

export const momentOf = ({ local, timeZone }: Pick<IcsTime, 'local' | 'timeZone'>): WallMs => {
  const zone = zoneNamed(timeZone)
  if (zone === null) throw new Error(`a zone that was checked is gone: ${timeZone}`)
  return zone.toWall(Date.parse(`${local}Z`))
}

/** The same moment by the clocks of another zone. */
export const inZone = (time: IcsTime, timeZone: string): string =>
  time.timeZone === timeZone || time.isDate ? time.local : localText(momentOf(time), timeZone).slice(0, 19)

/** 30 February has the pattern of a date and is none. */
const isOfCalendar = (local: string): boolean => {
  const at = Date.parse(`${local}Z`)
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(local) && !Number.isNaN(at) && new Date(at).toISOString().startsWith(local)
  )
}

type Reader = { wrong: (property: Pick<IcsProperty, 'line' | 'name'>, todo: string) => void; timeZone: string }

const timesOf = (property: IcsProperty, { wrong, timeZone }: Reader): IcsTime[] => {
  const { line, type, parameters } = property
  const given = parameters.get('tzid')
  if (given !== undefined && !isZone(given)) {
    wrong(
      property,
      `TZID=${given} is no zone of the IANA database; write TZID=Asia/Ho_Chi_Minh or another of its names`,
    )
    return []
  }
  if (type !== 'date' && type !== 'date-time') {
    wrong(property, `write single dates and times; a ${type} cannot be carried over`)
    return []
  }
  return property.values.flatMap((value): IcsTime[] => {
    const local = type === 'date' ? `${value}T00:00:00` : value.replace(/Z$/, '')
    if (!isOfCalendar(local)) {
      wrong(property, `${property.text} is no date and time of the calendar; write 20261121T053000`)
      return []
    }
    const zone = value.endsWith('Z') ? 'UTC' : (given ?? timeZone)
    return [{ line, local, timeZone: type === 'date' ? timeZone : zone, isDate: type === 'date' }]
  })
}

const classOf = (priority: IcsProperty | undefined, categories: readonly IcsProperty[], { wrong }: Reader) => {
  // §3.8.1.9: 1 to 4 is high, 5 medium, 6 to 9 low. High in a calendar is no emergency: that must be said by its name.
  const number = Number(priority?.values[0] ?? 0)
  let found: PriorityClass = number >= 1 && number <= 4 ? 'priority' : number >= 6 ? 'filler' : 'normal'
  for (const property of categories)
    for (const name of property.values) {
      const named = CLASSES[name.trim().toLowerCase().normalize('NFC')]
      if (named === undefined)
        wrong(property, `"${name}" is no class; use ${Object.keys(CLASSES).join(', ')}, or remove it`)
      else found = named
    }
  return found
}

const lengthOf = (
  start: IcsTime,
  { end, duration }: { end: IcsProperty | undefined; duration: IcsProperty | undefined },
  reader: Reader,
): number | null => {
  const property = end ?? duration
  if (end !== undefined && duration !== undefined)
    reader.wrong(duration, 'remove it, or DTEND: only one may say the length')
  // §3.6.1: a date without an end is the whole day.
  if (property === undefined) return start.isDate ? DAY_MS : null
  const [last] = end === undefined ? [] : timesOf(end, reader)
  if (end !== undefined && last === undefined) return null
  const lengthMs =
    last === undefined
      ? ICAL.Duration.fromString(property.values[0] ?? '').toSeconds() * 1_000
      : momentOf(last) - momentOf(start)
  if (lengthMs <= 0) reader.wrong(property, 'let it end after it begins')
  else if (lengthMs > DAY_MS) reader.wrong(property, 'divide it: one airing lasts 24 hours at most; RRULE repeats it')
  else return lengthMs
  return null
}

const strayFaults = ({ properties, components }: IcsComponent, { wrong }: Reader): void => {
  const seen = new Set<string>()
  for (const property of properties) {
    const { name } = property
    if (ONCE.includes(name) && seen.has(name)) wrong(property, 'remove one: it stands twice')
    seen.add(name)
    if (!ONCE.includes(name) && !SEVERAL.includes(name) && !PASSED_OVER.has(name) && !name.startsWith('X-'))
      wrong(property, 'remove it: it cannot be carried over')
  }
  // An alarm is for the desk of whoever made the calendar.
  for (const { line, name } of components)
    if (name !== 'VALARM') wrong({ line, name }, 'remove it: it cannot be carried over')
}

/** RRULE with FREQ first, and with an UNTIL that is a date as its last moment, where DTSTART is a date too. */
const ruleText = (property: IcsProperty, start: IcsTime): string => {
  const parts = property.text.trim().toUpperCase().split(';')
  const ordered = [
    ...parts.filter((part) => part.startsWith('FREQ=')),
    ...parts.filter((part) => !part.startsWith('FREQ=')),
  ]
  return ordered.map((part) => (start.isDate ? part.replace(/^UNTIL=(\d{8})$/, 'UNTIL=$1T235959') : part)).join(';')
}

/** Null where faults were told that leave nothing to go on with. */
export const readEvent = (component: IcsComponent, timeZone: string, faults: IcsFault[]): IcsEvent | null => {
  const reader: Reader = {
    timeZone,
    wrong: ({ line, name }, todo) => faults.push({ line, property: name, todo }),
  }
  const before = faults.length
  strayFaults(component, reader)
  const one = (name: string) => component.properties.find((property) => property.name === name)
  const all = (name: string) => component.properties.filter((property) => property.name === name)
  const here = (name: string) => ({ line: component.line, name })
  const uid = one('UID')?.values[0] ?? ''
  const title = one('SUMMARY')?.values[0]?.replaceAll(/\s+/g, ' ').trim() ?? ''
  if (uid === '') reader.wrong(here('UID'), 'add one, so that the programme keeps its name when the calendar changes')
  if (title === '' || title.length > 200)
    reader.wrong(one('SUMMARY') ?? here('SUMMARY'), 'give a title of 1 to 200 characters')
  const begin = one('DTSTART')
  const [start] = begin === undefined ? [] : timesOf(begin, reader)
  if (begin === undefined)
    reader.wrong(here('DTSTART'), 'say when it begins: DTSTART;TZID=Asia/Ho_Chi_Minh:20261121T053000')
  if (start === undefined) return null
  const attachments = all('ATTACH').flatMap((property) => {
    if (property.type === 'uri') return [{ line: property.line, uri: property.text.trim() }]
    reader.wrong(property, 'save it as a file beside the calendar and name it: ATTACH:thoi-su.mp3')
    return []
  })
  const lists = { extra: all('RDATE'), except: all('EXDATE') }
  const [extra, except] = [lists.extra, lists.except].map((properties) =>
    properties.flatMap((property) => {
      const times = timesOf(property, reader)
      if (times.some(({ isDate }) => isDate !== start.isDate)) {
        reader.wrong(property, 'give a date with a time if DTSTART has one, and none if it has none')
        return []
      }
      return times
    }),
  )
  const id = one('RECURRENCE-ID')
  if (id?.parameters.has('range') === true) reader.wrong(id, 'divide the series in two: RANGE cannot be carried over')
  const rule = one('RRULE')
  const described = one('DESCRIPTION')
  const event: IcsEvent = {
    line: component.line,
    uid,
    title,
    start,
    lengthMs: lengthOf(start, { end: one('DTEND'), duration: one('DURATION') }, reader),
    rule: rule === undefined ? null : { line: rule.line, text: ruleText(rule, start) },
    extra: extra ?? [],
    except: except ?? [],
    recurrenceId: id === undefined ? null : (timesOf(id, reader)[0] ?? null),
    priority: classOf(one('PRIORITY'), all('CATEGORIES'), reader),
    attachments,
    description: described === undefined ? null : { line: described.line, text: (described.values[0] ?? '').trim() },
    isCancelled: one('STATUS')?.values[0]?.toUpperCase() === 'CANCELLED',
  }
  return faults.length > before ? null : event
}
