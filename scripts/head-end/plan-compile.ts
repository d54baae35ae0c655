/** From the clerk's file to the messages of the protocol: files measured and registered, times made into RFC 5545. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ScheduleBody } from '../../agent/protocol/downlink.ts'
import type { Over } from '../../agent/protocol/fields.ts'
import { parser } from '../../agent/protocol/validate.ts'
import { faultOf, toProgramme } from '../../agent/translate.ts'
import { compileRecurrence } from '../../player/plan/calendar.ts'
import { formatUtc } from '../../player/plan/time.ts'
import { ClearError, messageOf } from './clear-error.ts'
import { describeFaults, readDocument, type Fault, type Places } from './document.ts'
import { TIME_ZONE_DEFAULT } from './home.ts'
import { atLocal, localDay } from './local-time.ts'
import { registerFile, type MediaShelf, type RegisteredFile } from './media-files.ts'
import { durationMsOf, PlanFile, planFaults, type FileProgramme } from './plan-file.ts'
import {
  asList,
  compileItem,
  playlistOf,
  type FileOf,
  type Files,
  type SdpOf,
  type WireItem,
  type WireProgramme,
} from './plan-items.ts'

export type CompiledPlan = { body: Omit<ScheduleBody, 'revision'>; revision: number | null; files: RegisteredFile[] }

const DAY_RULES: Record<'daily' | 'weekdays' | 'weekends', string> = {
  daily: 'FREQ=DAILY',
  weekdays: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
  weekends: 'FREQ=WEEKLY;BYDAY=SA,SU',
}

const parseBody = parser(ScheduleBody)

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

const overOf = (over: NonNullable<FileProgramme['over']>): Over => {
  if (over === true) return {}
  const { duckDb, fade } = over
  const fadeMs = fade === undefined ? null : durationMsOf(fade)
  return { ...(duckDb === undefined ? {} : { duckDb }), ...(fadeMs === null ? {} : { fadeMs }) }
}

/** A day is valid from its beginning and to its end. */
const momentOf = (text: string, zone: string, edge: 'from' | 'until'): string =>
  formatUtc(text.length === 10 ? localDay(text, zone)[edge] : atLocal(localStart(text), zone))

const compileProgrammes = (plan: PlanFile, { fileOf, sdpOf }: Files, places: Places) => {
  const faults: Fault[] = []
  const zone = plan.timeZone ?? TIME_ZONE_DEFAULT
  /** What each programme of the file is called on the wire. */
  const wireIds = new Map<string, string[]>()
  const programmes = plan.programmes.flatMap((programme, index): WireProgramme[] => {
    const path = ['programmes', index]
    const items = programme.items.flatMap((item, place): WireItem[] => {
      const made = compileItem(item, fileOf, sdpOf)
      if ('content' in made) return [made]
      faults.push(places.fault([...path, 'items', place, made.key ?? 'sound'], made.expected))
      return []
    })
    const playlist = playlistOf(programme.playlist, fileOf, (key, expected) =>
      faults.push(places.fault([...path, 'playlist', key], expected)),
    )
    const { id, title, priority, outputs, whenInterrupted, lateJoin, gainDb, over, validFrom, validUntil } = programme
    const made = timesOf(programme, plan, zone).map(({ suffix, times }): WireProgramme => {
      const wire: WireProgramme = {
        programmeId: `${id}${suffix}`,
        title,
        priority: priority ?? 'normal',
        ...times,
        ...(validFrom && { validFrom: momentOf(validFrom, zone, 'from') }),
        ...(validUntil && { validUntil: momentOf(validUntil, zone, 'until') }),
        items,
        ...(playlist && { playlist }),
        ...(outputs && { outputs }),
        ...(whenInterrupted && { whenInterrupted }),
        ...(lateJoin && { lateJoin }),
        ...(gainDb !== undefined && { gainDb }),
        ...(over !== undefined && { over: overOf(over) }),
      }
      const { recurrence } = toProgramme(wire)
      const checked = compileRecurrence(recurrence)
      if (checked.kind === 'wrong')
        faults.push(places.fault([...path, 'rule'], `a recurrence that can be expanded (${checked.detail})`))
      const fault = items.length === programme.items.length ? faultOf(toProgramme(wire)) : null
      if (fault !== null) faults.push(places.fault([...path, 'playlist'], `a programme that can be played: ${fault}`))
      return wire
    })
    wireIds.set(
      id,
      made.map(({ programmeId }) => programmeId),
    )
    return made
  })
  return { programmes, wireIds, faults }
}

type Arranged = NonNullable<ScheduleBody['arrangement']>

/** Own programmes by the id of the file, which is several on the wire where it has several times. */
const arrangementOf = (
  plan: PlanFile,
  { wireIds, issuer }: { wireIds: ReadonlyMap<string, string[]>; issuer: string | null },
  places: Places,
): { arrangement: Arranged; faults: Fault[] } => {
  const faults: Fault[] = []
  const arrangement = (plan.arrangement ?? []).flatMap((text, index): Arranged => {
    const [first = '', second] = text.split('/')
    if (second !== undefined) return [{ issuer: first, programmeId: second }]
    const ids = wireIds.get(first)
    if (ids === undefined || issuer === null) {
      const own =
        issuer === null ? 'issuer/programme, since no issuer is known here' : 'the id of a programme of this file'
      faults.push(places.fault(['arrangement', index], own))
      return []
    }
    return ids.map((programmeId) => ({ issuer, programmeId }))
  })
  return { arrangement, faults }
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
  ...plan.programmes
    .flatMap(({ items, playlist }) => [
      ...items.flatMap((item) => [item.sound, item.still, item.video, item.fallback]),
      ...[playlist?.chimeBefore, playlist?.chimeAfter, playlist?.identity?.sound],
    ])
    .filter((name) => name !== undefined),
]

const readSdps = async (plan: PlanFile, folder: string): Promise<SdpOf> => {
  const named = plan.programmes.flatMap(({ items }) => items.flatMap((item) => asList(item.stream)))
  const known = new Map<string, { sdp: string } | string>()
  for (const name of new Set(named.filter((one) => one.endsWith('.sdp') && !one.includes('://'))))
    known.set(
      name,
      await readFile(resolve(folder, name), 'utf8').then(
        (text) => (/^v=0\r?\n/.test(text) ? { sdp: text } : 'a session description (RFC 8866), which begins with v=0'),
        (error: unknown) => `a readable file (${messageOf(error)})`,
      ),
    )
  return (name) => known.get(name) ?? 'a file that was read'
}

/** Reads, checks and compiles a plan; every fault of the file is in the one error. */
export const compilePlan = async (
  file: string,
  shelf: MediaShelf,
  { issuer = null }: { issuer?: string | null } = {},
): Promise<CompiledPlan> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ClearError(`cannot read ${file}: ${messageOf(error)}`, { cause: error })
  })
  const read = readDocument(PlanFile, text)
  if (read.kind === 'faults') throw new ClearError(describeFaults(file, read.faults))
  const { value: plan, places } = read
  const shape = planFaults(plan, places)
  if (shape.length > 0) throw new ClearError(describeFaults(file, shape))
  const { fileOf, files } = await registerAll(filesNamed(plan), dirname(file), shelf)
  const sdpOf = await readSdps(plan, dirname(file))
  const { programmes, wireIds, faults } = compileProgrammes(plan, { fileOf, sdpOf }, places)
  const { arrangement, faults: unknown } = arrangementOf(plan, { wireIds, issuer }, places)
  faults.push(...unknown)
  plan.alsoKeep?.forEach((name, index) => {
    const kept = fileOf(name)
    if (typeof kept === 'string') faults.push(places.fault(['alsoKeep', index], kept))
  })
  if (faults.length > 0)
    throw new ClearError(
      describeFaults(
        file,
        [...faults].sort((a, b) => a.line - b.line),
      ),
    )
  const zone = plan.timeZone ?? TIME_ZONE_DEFAULT
  const body = {
    scheduleId: plan.schedule,
    validFrom: formatUtc(localDay(plan.validFrom, zone).from),
    validUntil: formatUtc(localDay(plan.validUntil, zone).until),
    programmes,
    ...(arrangement.length === 0 ? {} : { arrangement }),
  }
  const wire = parseBody({ ...body, revision: plan.revision ?? 1 })
  if (wire.kind === 'malformed') throw new ClearError(`${file}: a box would refuse this schedule: ${wire.detail}`)
  return { body, revision: plan.revision ?? null, files }
}
