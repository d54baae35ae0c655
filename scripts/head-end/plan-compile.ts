/** From the clerk's file to the messages of the protocol: files measured and registered, times made into RFC 5545. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ScheduleBody } from '../../agent/protocol/downlink.ts'
import { parser } from '../../agent/protocol/validate.ts'
import { compileRecurrence } from '../../player/plan/calendar.ts'
import { formatUtc } from '../../player/plan/time.ts'
import { ClearError, messageOf } from './clear-error.ts'
import { describeFaults, readDocument, type Fault, type Places } from './document.ts'
import { TIME_ZONE_DEFAULT } from './home.ts'
import { atLocal, localDay } from './local-time.ts'
import { registerFile, type MediaShelf, type RegisteredFile } from './media-files.ts'
import {
  PlanFile,
  contentKeyOf,
  durationMsOf,
  planFaults,
  type ContentKey,
  type FileItem,
  type FileProgramme,
} from './plan-file.ts'

export type WireProgramme = ScheduleBody['programmes'][number]
export type WireItem = WireProgramme['items'][number]

export type CompiledPlan = { body: Omit<ScheduleBody, 'revision'>; revision: number | null; files: RegisteredFile[] }

/** Gives the file of a name, or a sentence why it cannot be had. Each name is measured and hashed once. */
type FileOf = (name: string) => RegisteredFile | string

const DAY_RULES: Record<'daily' | 'weekdays' | 'weekends', string> = {
  daily: 'FREQ=DAILY',
  weekdays: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
  weekends: 'FREQ=WEEKLY;BYDAY=SA,SU',
}

const parseBody = parser(ScheduleBody)

const asList = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value
const withSeconds = (time: string): string => (time.length === 5 ? `${time}:00` : time)
const localStart = (text: string): string => `${text.slice(0, 10)}T${withSeconds(text.slice(11))}`

/** RFC 5545 §3.3.10: UNTIL is in UTC where the start has a zone. */
const untilRule = (date: string | undefined, timeZone: string): string => {
  if (date === undefined) return ''
  const last = formatUtc(atLocal(`${date}T23:59:59`, timeZone))
  return `;UNTIL=${last.replaceAll(/[-:]/g, '').replace('.000', '')}`
}

const ruleOf = ({ days, rule, until }: FileProgramme, timeZone: string): string => {
  if (rule !== undefined) return rule
  const base =
    typeof days === 'object'
      ? `FREQ=WEEKLY;BYDAY=${days.map((day) => day.slice(0, 2).toUpperCase()).join(',')}`
      : DAY_RULES[days ?? 'daily']
  return `${base}${untilRule(until, timeZone)}`
}

type Times = Pick<WireProgramme, 'start' | 'timeZone' | 'rule' | 'extraStarts' | 'exceptStarts'>

/** A time of the day is a programme of its own on the wire, which has one start: `id`, or `id-0530` and `id-1700`. */
const timesOf = (programme: FileProgramme, plan: PlanFile, zone: string): { suffix: string; times: Times }[] => {
  const starts = asList(programme.on).map(localStart).sort()
  const [first, ...others] = starts
  const timeZone = zone
  if (first !== undefined)
    return [{ suffix: '', times: { start: first, timeZone, ...(others.length === 0 ? {} : { extraStarts: others }) } }]
  const day = programme.from ?? plan.validFrom
  const clocks = asList(programme.at).map(withSeconds)
  const excepted = asList(programme.except)
  return clocks.map((clock) => ({
    suffix: clocks.length === 1 ? '' : `-${clock.replaceAll(':', '').replace(/00$/, '')}`,
    times: {
      start: `${day}T${clock}`,
      timeZone,
      rule: ruleOf(programme, zone),
      ...(excepted.length === 0 ? {} : { exceptStarts: excepted.map((date) => `${date}T${clock}`) }),
    },
  }))
}

const contentOf = (
  item: FileItem,
  key: ContentKey,
  fileOf: FileOf,
): { content: WireItem['content']; durationMs: number | null } | string => {
  if (key === 'text') {
    const { text, title, colour, background } = item
    const extra = { ...(title && { title }), ...(colour && { colour }), ...(background && { background }) }
    return { content: { kind: 'text', body: text ?? '', ...extra }, durationMs: null }
  }
  if (key === 'stream') return { content: { kind: 'stream', sources: [{ url: item.stream ?? '' }] }, durationMs: null }
  const file = fileOf(item[key] ?? '')
  if (typeof file === 'string') return file
  if (file.medium !== key) return `a file with a ${key}; this one is a ${file.medium} (${file.mediaType})`
  return { content: { kind: key, sha256: file.sha256 }, durationMs: file.durationMs }
}

/** One item, or what was expected instead. */
export const compileItem = (
  item: FileItem,
  fileOf: FileOf,
): WireItem | { key: ContentKey | null; expected: string } => {
  const key = contentKeyOf(item)
  if (key === null) return { key, expected: 'exactly one content' }
  const made = contentOf(item, key, fileOf)
  if (typeof made === 'string') return { key, expected: made }
  const durationMs = item.for === undefined ? made.durationMs : durationMsOf(item.for)
  if (durationMs === null) return { key, expected: 'a duration in `for`' }
  return { content: made.content, durationMs, ...(item.ticker === undefined ? {} : { ticker: item.ticker }) }
}

const compileProgrammes = (plan: PlanFile, fileOf: FileOf, places: Places) => {
  const faults: Fault[] = []
  const zone = plan.timeZone ?? TIME_ZONE_DEFAULT
  const programmes = plan.programmes.flatMap((programme, index): WireProgramme[] => {
    const items = programme.items.flatMap((item, place): WireItem[] => {
      const made = compileItem(item, fileOf)
      if ('content' in made) return [made]
      faults.push(places.fault(['programmes', index, 'items', place, made.key ?? 'sound'], made.expected))
      return []
    })
    const { id, title, priority, outputs, whenInterrupted, lateJoin, gainDb } = programme
    return timesOf(programme, plan, zone).map(({ suffix, times }): WireProgramme => {
      const { start, timeZone = zone, rule, extraStarts, exceptStarts } = times
      const checked = compileRecurrence({
        start,
        timeZone,
        ...(rule && { rule }),
        ...(extraStarts && { extraStarts }),
        ...(exceptStarts && { exceptStarts }),
      })
      if (checked.kind === 'wrong')
        faults.push(
          places.fault(['programmes', index, 'rule'], `a recurrence that can be expanded (${checked.detail})`),
        )
      return {
        programmeId: `${id}${suffix}`,
        title,
        priority: priority ?? 'normal',
        ...times,
        items,
        ...(outputs && { outputs }),
        ...(whenInterrupted && { whenInterrupted }),
        ...(lateJoin && { lateJoin }),
        ...(gainDb !== undefined && { gainDb }),
      }
    })
  })
  return { programmes, faults }
}

/** Registers every file once; what cannot be read is told where it is named. */
export const registerAll = async (names: Iterable<string>, folder: string, shelf: MediaShelf) => {
  const known = new Map<string, RegisteredFile | string>()
  for (const name of new Set(names))
    known.set(
      name,
      await registerFile(resolve(folder, name), shelf).catch((error: unknown) => {
        if (error instanceof ClearError) return `a readable file (${error.message})`
        throw error
      }),
    )
  const fileOf: FileOf = (name) => known.get(name) ?? 'a file that was registered'
  const files = [...known.values()].filter((file) => typeof file !== 'string')
  return { fileOf, files }
}

const filesNamed = (plan: PlanFile): string[] => [
  ...(plan.alsoKeep ?? []),
  ...plan.programmes.flatMap((programme) =>
    programme.items.flatMap((item) => [item.sound, item.still, item.video].filter((name) => name !== undefined)),
  ),
]

/** Reads, checks and compiles a plan; every fault of the file is in the one error. */
export const compilePlan = async (file: string, shelf: MediaShelf): Promise<CompiledPlan> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ClearError(`cannot read ${file}: ${messageOf(error)}`, { cause: error })
  })
  const read = readDocument(PlanFile, text)
  if (read.kind === 'faults') throw new ClearError(describeFaults(file, read.faults))
  const { value: plan, places } = read
  const shape = planFaults(plan, places)
  if (shape.length > 0) throw new ClearError(describeFaults(file, shape))
  const { fileOf, files } = await registerAll(filesNamed(plan), dirname(file), shelf)
  const { programmes, faults } = compileProgrammes(plan, fileOf, places)
  plan.alsoKeep?.forEach((name, index) => {
    const kept = fileOf(name)
    if (typeof kept === 'string') faults.push(places.fault(['alsoKeep', index], kept))
  })
  if (faults.length > 0) throw new ClearError(describeFaults(file, faults))
  const zone = plan.timeZone ?? TIME_ZONE_DEFAULT
  const body = {
    scheduleId: plan.schedule,
    validFrom: formatUtc(localDay(plan.validFrom, zone).from),
    validUntil: formatUtc(localDay(plan.validUntil, zone).until),
    programmes,
  }
  const wire = parseBody({ ...body, revision: plan.revision ?? 1 })
  if (wire.kind === 'malformed') throw new ClearError(`${file}: a box would refuse this schedule: ${wire.detail}`)
  return { body, revision: plan.revision ?? null, files }
}
