/**
 * The schedule as a clerk writes it: a readable YAML or JSON file with friendly times and the names of local files. See
 * docs/head-end.md for the whole format. Here it is parsed and checked; `plan-compile.ts` makes it into messages.
 */
import { type Static, Type } from '@sinclair/typebox'
import {
  Colour,
  DuckDb,
  LanguageTag,
  GainDb,
  Id,
  OVER_FADE_MS_MAX,
  Outputs,
  literals,
} from '../../agent/protocol/fields.ts'
import type { Fault, Places } from './document.ts'
import { isZone } from './local-time.ts'

const DATE = '\\d{4}-\\d{2}-\\d{2}'
const ID = '[A-Za-z0-9][A-Za-z0-9._:-]{0,63}'
const TIME = '([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?'
const oneOrMore = (pattern: string, description: string) =>
  Type.Union(
    [
      Type.String({ pattern: `^${pattern}$` }),
      Type.Array(Type.String({ pattern: `^${pattern}$` }), { minItems: 1, maxItems: 400 }),
    ],
    { description },
  )

const FileDate = Type.String({ pattern: `^${DATE}$`, description: 'a date such as 2026-11-21' })
const FileMoment = Type.String({
  pattern: `^${DATE}([ T]${TIME})?$`,
  description: 'a date such as 2026-11-21, or with a time: 2026-11-21 05:30',
})
const FileDuration = Type.String({
  pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$',
  description: 'a duration such as 500ms, 15s, 10m or 1h',
})
const FileName = Type.String({ minLength: 1, maxLength: 1000, description: 'the name of a file' })
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const Weekday = Type.Union(WEEKDAYS.map((day) => Type.Literal(day)))

const closedQuietly = <P extends Parameters<typeof Type.Object>[0]>(properties: P, description: string) =>
  Type.Object(properties, { additionalProperties: false, description })

const StreamSource = Type.String({ pattern: '^((https?|rtsp|srt|rtp|udp)://[^\\s]+|.+\\.sdp)$', maxLength: 2000 })

export const FileItem = closedQuietly(
  {
    sound: Type.Optional(FileName),
    speech: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4000,
        description: 'text of up to 4000 characters, which the box speaks',
      }),
    ),
    language: Type.Optional({ ...LanguageTag, description: 'a language tag such as vi' }),
    voice: Type.Optional(literals(['north', 'central', 'south'], 'one of north, central and south')),
    still: Type.Optional(FileName),
    video: Type.Optional(FileName),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 4000, description: 'text of up to 4000 characters' })),
    stream: Type.Optional(
      Type.Union([StreamSource, Type.Array(StreamSource, { minItems: 1, maxItems: 8 })], {
        description: 'an address such as http://host/stream, the name of an .sdp file, or a list of up to 8 of them',
      }),
    ),
    fallback: Type.Optional(FileName),
    silence: Type.Optional(FileDuration),
    title: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'a line of up to 200 characters' })),
    colour: Type.Optional({ ...Colour, description: 'a colour such as "#ffffff"' }),
    background: Type.Optional({ ...Colour, description: 'a colour such as "#ffffff"' }),
    ticker: Type.Optional(Type.String({ minLength: 1, maxLength: 4000, description: 'text of up to 4000 characters' })),
    for: Type.Optional(FileDuration),
  },
  'an item: one of sound, speech, still, video, text and stream, and its details',
)
export type FileItem = Static<typeof FileItem>

export const FilePlaylist = closedQuietly(
  {
    for: Type.Optional(FileDuration),
    loop: Type.Optional(Type.Boolean({ description: 'true or false' })),
    atEnd: Type.Optional(literals(['cut', 'overrun'], 'cut or overrun')),
    crossfade: Type.Optional(FileDuration),
    shuffle: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'a whole number, the seed of the shuffle' }),
    ),
    chimeBefore: Type.Optional(FileName),
    chimeAfter: Type.Optional(FileName),
    identity: Type.Optional(
      closedQuietly({ sound: FileName, every: FileDuration }, 'an identity: sound, and every so long such as 30m'),
    ),
  },
  'a playlist',
)
export type FilePlaylist = Static<typeof FilePlaylist>

export const FileProgramme = closedQuietly(
  {
    id: { ...Id, description: 'an id of up to 64 letters, digits, dots, colons, dashes and underscores' },
    title: Type.String({ minLength: 1, maxLength: 200, description: 'a line of up to 200 characters' }),
    priority: Type.Optional(
      literals(
        ['mobilised', 'urgent', 'priority', 'normal', 'filler'],
        'one of mobilised, urgent, priority, normal and filler',
      ),
    ),
    on: Type.Optional(oneOrMore(`${DATE}[ T]${TIME}`, 'a date and time such as 2026-11-21 05:30, or a list of them')),
    at: Type.Optional(oneOrMore(TIME, 'a time such as 05:30 or 05:30:15, or a list of them')),
    days: Type.Optional(
      Type.Union(
        [
          Type.Literal('daily'),
          Type.Literal('weekdays'),
          Type.Literal('weekends'),
          Type.Array(Weekday, { minItems: 1 }),
        ],
        {
          description: 'daily, weekdays, weekends, or a list of mon, tue, wed, thu, fri, sat and sun',
        },
      ),
    ),
    rule: Type.Optional(
      Type.String({
        pattern: '^FREQ=[A-Z]+(;[A-Z]+=[A-Z0-9,+-]+)*$',
        maxLength: 500,
        description: 'a rule of RFC 5545 such as FREQ=MONTHLY;BYMONTHDAY=1',
      }),
    ),
    from: Type.Optional(FileDate),
    until: Type.Optional(FileDate),
    except: Type.Optional(oneOrMore(DATE, 'a date such as 2026-11-21, or a list of them')),
    validFrom: Type.Optional(FileMoment),
    validUntil: Type.Optional(FileMoment),
    playlist: Type.Optional(FilePlaylist),
    outputs: Type.Optional({ ...Outputs, description: 'a list of names of outputs' }),
    whenInterrupted: Type.Optional(
      literals(['resume', 'restart', 'skip', 'rejoin'], 'one of resume, restart, skip and rejoin'),
    ),
    lateJoin: Type.Optional(literals(['offset', 'start', 'skip'], 'one of offset, start and skip')),
    gainDb: Type.Optional({ ...GainDb, description: 'decibels from -96 to 0' }),
    over: Type.Optional(
      Type.Union(
        [
          Type.Literal(true),
          closedQuietly(
            {
              duckDb: Type.Optional({ ...DuckDb, description: 'decibels from -60 to 0' }),
              fade: Type.Optional(FileDuration),
            },
            'duckDb, and fade such as 300ms',
          ),
        ],
        { description: 'true, or duckDb (decibels from -60 to 0) and fade (such as 300ms, at most 5s)' },
      ),
    ),
    items: Type.Array(FileItem, { minItems: 1, maxItems: 200, description: 'a list of 1 to 200 items' }),
  },
  'a programme',
)
export type FileProgramme = Static<typeof FileProgramme>

export const PlanFile = closedQuietly(
  {
    schedule: { ...Id, description: 'an id of up to 64 letters, digits, dots, colons, dashes and underscores' },
    revision: Type.Optional(Type.Integer({ minimum: 1, description: 'a whole number from 1' })),
    timeZone: Type.Optional(Type.String({ maxLength: 64, description: 'an IANA time zone such as Asia/Ho_Chi_Minh' })),
    validFrom: FileDate,
    validUntil: FileDate,
    alsoKeep: Type.Optional(Type.Array(FileName, { maxItems: 1000, description: 'a list of names of files' })),
    arrangement: Type.Optional(
      Type.Array(Type.String({ pattern: `^(${ID}/)?${ID}$` }), {
        maxItems: 1_000,
        description: 'a list of ids of programmes, those of another issuer as issuer/programme',
      }),
    ),
    programmes: Type.Array(FileProgramme, { maxItems: 10_000, description: 'a list of programmes' }),
  },
  'a schedule: schedule, validFrom, validUntil and programmes',
)
export type PlanFile = Static<typeof PlanFile>

export const CONTENT_KEYS = ['sound', 'speech', 'still', 'video', 'text', 'stream'] as const
export type ContentKey = (typeof CONTENT_KEYS)[number]

export const contentKeyOf = (item: FileItem): ContentKey | null => {
  const given = CONTENT_KEYS.filter((key) => item[key] !== undefined)
  return given.length === 1 ? (given[0] ?? null) : null
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** `15s`, `1.5h`; null where it is no duration. */
export const durationMsOf = (text: string): number | null => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  const unitMs = UNIT_MS[match?.[2] ?? '']
  return unitMs === undefined ? null : Math.round(Number(match?.[1]) * unitMs)
}

const DURATION_MS_MAX = 86_400_000

const itemFaults = (item: FileItem, path: (string | number)[], places: Places): Fault[] => {
  const key = contentKeyOf(item)
  if (key === null) return [places.fault(path, `exactly one of the keys ${CONTENT_KEYS.join(', ')}`)]
  const faults: Fault[] = []
  const durationMs = item.for === undefined ? null : durationMsOf(item.for)
  if (item.for === undefined && ['still', 'text', 'stream'].includes(key))
    faults.push(places.fault([...path, 'for'], `how long the ${key} lasts, such as 15s`))
  if (durationMs !== null && (durationMs < 1 || durationMs > DURATION_MS_MAX))
    faults.push(places.fault([...path, 'for'], 'more than nothing and at most 24h'))
  for (const detail of ['title', 'colour', 'background'] as const)
    if (item[detail] !== undefined && key !== 'text')
      faults.push(places.fault([...path, detail], `nothing, since only a text has a ${detail}`))
  for (const detail of ['language', 'voice'] as const)
    if (item[detail] !== undefined && key !== 'speech')
      faults.push(places.fault([...path, detail], `nothing, since only a speech has a ${detail}`))
  for (const detail of ['fallback', 'silence'] as const)
    if (item[detail] !== undefined && key !== 'stream')
      faults.push(places.fault([...path, detail], `nothing, since only a stream has a ${detail}`))
  if (item.ticker !== undefined && (key === 'sound' || key === 'stream' || key === 'speech'))
    faults.push(places.fault([...path, 'ticker'], 'nothing, since only a picture has a ticker'))
  return faults
}

/** A date of the calendar, and not only of the pattern: 2026-02-30 is none. */
const isDate = (text: string): boolean => {
  const at = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text.slice(0, 10))
}

const asList = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value

const timeFaults = (programme: FileProgramme, path: (string | number)[], places: Places): Fault[] => {
  const faults: Fault[] = []
  const { on, at, days, rule } = programme
  if ((on === undefined) === (at === undefined))
    faults.push(places.fault([...path, 'at'], 'either `on` (dates and times) or `at` (times of the day)'))
  if (on !== undefined && (days ?? rule ?? programme.from ?? programme.until) !== undefined)
    faults.push(places.fault([...path, 'on'], 'no `days`, `rule`, `from` or `until` beside `on`'))
  if (days !== undefined && rule !== undefined)
    faults.push(places.fault([...path, 'rule'], 'either `days` or `rule`, not both'))
  const { until, validFrom, validUntil } = programme
  if (validFrom !== undefined && validUntil !== undefined && validUntil < validFrom)
    faults.push(places.fault([...path, 'validUntil'], 'a date not before validFrom'))
  if (rule !== undefined && until !== undefined)
    faults.push(places.fault([...path, 'until'], 'no `until` beside `rule`, which has an UNTIL of its own'))
  for (const key of ['on', 'from', 'until', 'except', 'validFrom', 'validUntil'] as const)
    if (!asList(programme[key]).every(isDate)) faults.push(places.fault([...path, key], 'dates of the calendar'))
  return faults
}

/** What the schema cannot say. */
export const planFaults = (plan: PlanFile, places: Places): Fault[] => {
  const faults: Fault[] = []
  const seen = new Set<string>()
  if (plan.timeZone !== undefined && !isZone(plan.timeZone))
    faults.push(places.fault(['timeZone'], 'an IANA time zone such as Asia/Ho_Chi_Minh'))
  for (const key of ['validFrom', 'validUntil'] as const)
    if (!isDate(plan[key])) faults.push(places.fault([key], 'a date of the calendar'))
  if (plan.validUntil < plan.validFrom) faults.push(places.fault(['validUntil'], 'a date not before validFrom'))
  plan.programmes.forEach((programme, index) => {
    const path = ['programmes', index]
    if (seen.has(programme.id)) faults.push(places.fault([...path, 'id'], 'an id that no other programme has'))
    seen.add(programme.id)
    faults.push(...timeFaults(programme, path, places))
    const { over } = programme
    const fade = over === undefined || over === true ? undefined : over.fade
    if (fade !== undefined && (durationMsOf(fade) ?? 0) > OVER_FADE_MS_MAX)
      faults.push(places.fault([...path, 'over', 'fade'], `at most ${OVER_FADE_MS_MAX / 1_000}s`))
    programme.items.forEach((item, place) => faults.push(...itemFaults(item, [...path, 'items', place], places)))
  })
  return faults
}
