/**
 * From an iCalendar file to a schedule: each VEVENT a programme, a RECURRENCE-ID an exception and a single airing. What cannot
 * be carried over whole is refused, all of it at once, with its line and what to do. See docs/head-end.md.
 */
import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ScheduleBody } from '../../agent/protocol/downlink.ts'
import { parser } from '../../agent/protocol/validate.ts'
import { faultOf, toProgramme } from '../../agent/translate.ts'
import { compileRecurrence } from '../../player/plan/calendar.ts'
import { addMs, formatUtc } from '../../player/plan/time.ts'
import { ClearError, messageOf } from './clear-error.ts'
import { inZone, momentOf, readEvent, type IcsEvent } from './ics-event.ts'
import { readIcs, type IcsComponent, type IcsFault } from './ics-lines.ts'
import { localDay } from './local-time.ts'
import type { MediaShelf } from './media-files.ts'
import { registerAll, type CompiledPlan } from './plan-compile.ts'
import type { FileOf, WireItem, WireProgramme } from './plan-items.ts'

export type IcsOptions = { scheduleId: string | null; timeZone: string; validFrom: string; validUntil: string }

type Fault = (line: number, property: string, todo: string) => void

const parseBody = parser(ScheduleBody)

const ID_CHARACTERS_MAX = 64

/** What an id may be made of; UIDs are often addresses. */
const idOf = (text: string): string =>
  text
    .replaceAll(/[^A-Za-z0-9._:-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, ID_CHARACTERS_MAX)

const eventsOf = (calendars: readonly IcsComponent[], timeZone: string, faults: IcsFault[]): IcsEvent[] =>
  calendars.flatMap(({ properties, components }) => {
    for (const { line, name, values } of properties) {
      const value = (values[0] ?? '').toUpperCase()
      if (name === 'METHOD' && value !== 'PUBLISH')
        faults.push({
          line,
          property: name,
          todo: `remove it: METHOD:${value} is for invitations, a schedule replaces the one before`,
        })
      if (name === 'CALSCALE' && value !== 'GREGORIAN')
        faults.push({ line, property: name, todo: 'write the dates of the Gregorian calendar' })
    }
    return components.flatMap((component) => {
      const { line, name } = component
      if (name === 'VEVENT') return readEvent(component, timeZone, faults) ?? []
      // Zones are known by their IANA names, not by what a file says of them.
      if (name !== 'VTIMEZONE' && !name.startsWith('X-'))
        faults.push({ line, property: name, todo: 'remove it: only VEVENT can be carried over' })
      return []
    })
  })

type Attached = { stream: { url: string } } | { file: string }

const attachedAs = (uri: string): Attached | null => {
  if (/^(https?|rtsp|srt|rtp|udp):\/\//i.test(uri)) return { stream: { url: uri } }
  try {
    if (/^file:/i.test(uri)) return { file: fileURLToPath(uri) }
    return /^[a-z][a-z0-9+.-]+:/i.test(uri) ? null : { file: decodeURIComponent(uri) }
  } catch {
    // Not a name that a file of this machine has.
    return null
  }
}

const TEXT_CHARACTERS_MAX = 4_000

type Content = Pick<WireProgramme, 'items' | 'playlist'>

/** The files or streams of an event, else its description as a slide of text. */
const contentOf = (event: IcsEvent, fileOf: FileOf, wrong: Fault): Content | null => {
  const { lengthMs, attachments, description, title, line } = event
  const streams: { url: string }[] = []
  const files: { line: number; name: string }[] = []
  for (const { line: at, uri } of attachments) {
    const attached = attachedAs(uri)
    if (attached === null)
      wrong(at, 'ATTACH', 'name a file beside the calendar, or a stream by http, https, rtsp, srt, rtp or udp')
    else if ('stream' in attached) streams.push(attached.stream)
    else files.push({ line: at, name: attached.file })
  }
  if (streams.length + files.length < attachments.length) return null
  if (streams.length > 0 && files.length > 0)
    wrong(files[0]?.line ?? line, 'ATTACH', 'give files and streams events of their own')
  const needsLength = (what: string) =>
    wrong(line, 'DTEND', `add DTEND or DURATION: ${what} lasts as long as its event`)
  if (streams.length > 0) {
    if (lengthMs === null) needsLength('a stream')
    return { items: [{ content: { kind: 'stream', sources: streams }, durationMs: lengthMs ?? 1 }] }
  }
  if (files.length === 0) {
    if (description === null || description.text === '')
      wrong(line, 'ATTACH', 'say what is played: ATTACH with a file or a stream, or DESCRIPTION for a board')
    else if (description.text.length > TEXT_CHARACTERS_MAX)
      wrong(description.line, 'DESCRIPTION', `shorten it to ${TEXT_CHARACTERS_MAX} characters`)
    else if (lengthMs === null) needsLength('a slide of text')
    return { items: [{ content: { kind: 'text', title, body: description?.text ?? '' }, durationMs: lengthMs ?? 1 }] }
  }
  const registered = files.map(({ line: at, name }) => ({ at, file: fileOf(name) }))
  const stills = registered.filter(({ file }) => typeof file !== 'string' && file.durationMs === null).length
  if (stills > 0 && lengthMs === null) needsLength('a picture')
  const items = registered.flatMap(({ at, file }): WireItem[] => {
    if (typeof file === 'string') {
      wrong(at, 'ATTACH', `name ${file}`)
      return []
    }
    // Pictures share the time of their event.
    const durationMs = file.durationMs ?? Math.max(1, Math.floor((lengthMs ?? 1) / stills))
    return [{ content: { kind: file.medium, sha256: file.sha256 }, durationMs }]
  })
  return { items, ...(lengthMs === null ? {} : { playlist: { durationMs: lengthMs } }) }
}

type Times = Pick<WireProgramme, 'start' | 'timeZone' | 'rule' | 'extraStarts' | 'exceptStarts'>

const timesOf = ({ start, rule, extra, except }: IcsEvent): Times => {
  const inSameZone = (times: IcsEvent['extra']) => times.map((time) => inZone(time, start.timeZone))
  return {
    start: start.local,
    timeZone: start.timeZone,
    ...(rule === null ? {} : { rule: rule.text }),
    ...(extra.length === 0 ? {} : { extraStarts: inSameZone(extra) }),
    ...(except.length === 0 ? {} : { exceptStarts: inSameZone(except) }),
  }
}

/** Checks that the recurrence can be expanded as every other calendar would. */
const recurrenceFaults = (event: IcsEvent, wrong: Fault): void => {
  const { rule, start } = event
  const { recurrence } = toProgramme({ ...EMPTY_PROGRAMME, ...timesOf({ ...event, except: [] }) })
  const compiled = compileRecurrence(recurrence)
  const line = rule?.line ?? start.line
  if (compiled.kind === 'wrong')
    wrong(line, rule === null ? 'DTSTART' : 'RRULE', `write one that can be expanded: ${compiled.detail}`)
  else if (compiled.starts(momentOf(start), addMs(momentOf(start), 1)).length === 0)
    // §3.8.5.3 leaves undefined whether it counts, and calendars disagree.
    wrong(start.line, 'DTSTART', 'move it to the first day that RRULE names')
}

const EMPTY_PROGRAMME: WireProgramme = { programmeId: 'x', title: 'x', priority: 'normal', start: '', items: [] }

/** A changed airing leaves its series and becomes one of its own. */
const withoutChanged = (events: readonly IcsEvent[], wrong: Fault): { event: IcsEvent; id: string }[] => {
  const series = new Map<string, IcsEvent>()
  for (const event of events) {
    if (event.recurrenceId !== null) continue
    if (series.has(event.uid)) wrong(event.line, 'UID', 'give it one of its own: another event has the same')
    else series.set(event.uid, event)
  }
  const single: { event: IcsEvent; id: string }[] = []
  for (const event of events) {
    const { recurrenceId, uid, isCancelled } = event
    if (recurrenceId === null) continue
    const whole = series.get(uid)
    const at = recurrenceId.line
    if (whole === undefined)
      wrong(at, 'RECURRENCE-ID', 'add the series that it belongs to: no other event has this UID')
    else if (event.rule !== null || event.extra.length > 0)
      wrong(at, 'RECURRENCE-ID', 'remove RRULE and RDATE: a changed airing is one airing')
    else {
      const compiled = compileRecurrence(
        toProgramme({ ...EMPTY_PROGRAMME, ...timesOf({ ...whole, except: [] }) }).recurrence,
      )
      const moment = momentOf(recurrenceId)
      if (compiled.kind === 'ok' && compiled.starts(moment, addMs(moment, 1)).length === 0)
        wrong(at, 'RECURRENCE-ID', 'name an airing of the series: none begins then')
      series.set(uid, { ...whole, except: [...whole.except, recurrenceId] })
      const suffix = `-${inZone(recurrenceId, whole.start.timeZone).replaceAll(/[-:]/g, '').slice(0, 13)}`
      const id = `${idOf(uid).slice(0, ID_CHARACTERS_MAX - suffix.length)}${suffix}`
      if (!isCancelled && !whole.isCancelled) single.push({ event, id })
    }
  }
  const rest = [...series.values()].filter(({ isCancelled }) => !isCancelled)
  return [...rest.map((event) => ({ event, id: idOf(event.uid) })), ...single]
}

const programmesOf = (events: readonly IcsEvent[], fileOf: FileOf, wrong: Fault): WireProgramme[] => {
  const ids = new Set<string>()
  return withoutChanged(events, wrong).flatMap(({ event, id }): WireProgramme[] => {
    if (id === '' || ids.has(id))
      wrong(
        event.line,
        'UID',
        `change it: ${id === '' ? 'no id can be made of it' : `it makes the id ${id} a second time`}`,
      )
    ids.add(id)
    recurrenceFaults(event, wrong)
    const content = contentOf(event, fileOf, wrong)
    if (content === null) return []
    const wire: WireProgramme = {
      programmeId: id,
      title: event.title,
      priority: event.priority,
      ...timesOf(event),
      ...content,
    }
    const fault = content.items.length === 0 ? null : faultOf(toProgramme(wire))
    if (fault !== null) wrong(event.line, 'VEVENT', `change it: ${fault}`)
    return [wire]
  })
}

/** Reads, checks and compiles a calendar; every fault of the file is in the one error. */
export const compileIcs = async (file: string, shelf: MediaShelf, options: IcsOptions): Promise<CompiledPlan> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ClearError(`cannot read ${file}: ${messageOf(error)}`, { cause: error })
  })
  const { calendars, faults } = readIcs(text)
  const events = eventsOf(calendars, options.timeZone, faults)
  const names = events.flatMap(({ attachments }) =>
    attachments.flatMap(({ uri }) => {
      const attached = attachedAs(uri)
      return attached !== null && 'file' in attached ? [attached.file] : []
    }),
  )
  const { fileOf, files } = await registerAll(names, dirname(resolve(file)), shelf)
  const wrong: Fault = (line, property, todo) => faults.push({ line, property, todo })
  const programmes = programmesOf(events, fileOf, wrong)
  if (faults.length > 0) {
    const told = [...faults].sort((a, b) => a.line - b.line)
    throw new ClearError(told.map(({ line, property, todo }) => `${file}:${line}: ${property}: ${todo}`).join('\n'))
  }
  const body = {
    scheduleId: options.scheduleId ?? idOf(basename(file).replace(/\.ics$/i, '')),
    validFrom: formatUtc(localDay(options.validFrom, options.timeZone).from),
    validUntil: formatUtc(localDay(options.validUntil, options.timeZone).until),
    programmes,
  }
  const wire = parseBody({ ...body, revision: 1 })
  if (wire.kind === 'malformed') throw new ClearError(`${file}: a box would refuse this schedule: ${wire.detail}`)
  return { body, revision: null, files }
}
