/** Planned against played: for each airing that was due, what each output of each box of the target confirmed. Pure. */
import type { ScheduleBody } from '../../agent/protocol/downlink.ts'
import { isAddressed } from '../../agent/protocol/topics.ts'
import type { AsRunRecord, StateMessage } from '../../agent/protocol/uplink.ts'
import { toProgramme } from '../../agent/translate.ts'
import { compileRecurrence } from '../../player/plan/calendar.ts'
import { addMs, parseWall, wallMs, type WallMs } from '../../player/plan/time.ts'
import { trackLengthMs } from '../../player/plan/track.ts'
import type { Device } from './device-store.ts'
import type { PublishedSchedule } from './sent-store.ts'
import { targetOf } from './target.ts'

type Programme = ScheduleBody['programmes'][number]
type Medium = StateMessage['outputs'][number]['medium']

export type ReportRow = {
  issuer: string
  programmeId: string
  title: string
  device: string
  output: string
  plannedStart: WallMs
  plannedMs: number
  /** Of what was heard or seen first; null if nothing was. */
  actualStart: WallMs | null
  lateMs: number | null
  heardMs: number
  /** Heard of planned, 0 to 1. */
  share: number
  /** How each record ended, in order, a run of the same once. */
  ended: AsRunRecord['ended'][]
  state: 'played' | 'missing' | 'due'
  /** What the box heard of it in the street: the worst of its records; null: it has no ear, or could not tell. */
  outside: 'heard' | 'not-heard' | null
}

export type Report = { rows: ReportRow[]; unplanned: AsRunRecord[] }

export type ReportInput = {
  /** Oldest first. */
  schedules: readonly PublishedSchedule[]
  devices: readonly Device[]
  /** Those planned from `AIRING_MS_MAX` before `from` to as long after `until`. */
  records: readonly AsRunRecord[]
  from: WallMs
  until: WallMs
  now: WallMs
}

/** No airing is longer, so what began the day before may still belong to this one. */
export const AIRING_MS_MAX = 86_400_000

/** One planned airing, for as long as some output needs for it. */
type Airing = { issuer: string; target: string; programme: Programme; start: WallMs }

/** Of one airing; of a shuffled programme whose order decides it, the most that it can be. */
export const lengthMs = (programme: Programme, medium: Medium): number => trackLengthMs(toProgramme(programme), medium)

const isMeant = (device: Device, text: string): boolean => {
  const target = targetOf(text)
  return target !== null && isAddressed(target, device)
}

const startsOf = (programme: Programme, from: WallMs, until: WallMs): WallMs[] => {
  const { recurrence: written, validFrom, validUntil } = toProgramme(programme)
  const recurrence = compileRecurrence(written)
  if (recurrence.kind === 'wrong') return []
  return recurrence.starts(wallMs(Math.max(from, validFrom ?? from)), wallMs(Math.min(until, validUntil ?? until)))
}

/** The airings that some schedule promised while it was the last one published for its target. */
const airingsOf = ({ schedules, from, until }: ReportInput): Airing[] => {
  const airings = new Map<string, Airing>()
  schedules.forEach(({ issuer, target, issued, body }, index) => {
    const next = schedules.slice(index + 1).find((later) => later.issuer === issuer && later.target === target)
    const first = wallMs(Math.max(from - AIRING_MS_MAX, parseWall(body.validFrom)))
    const last = wallMs(Math.min(until, parseWall(body.validUntil), next?.issued ?? until))
    for (const programme of body.programmes)
      for (const start of startsOf(programme, first, last)) {
        const longestMs = Math.max(lengthMs(programme, 'sound'), lengthMs(programme, 'picture'))
        // Over before the schedule was published: nobody could have played it.
        if (addMs(start, longestMs) <= issued) continue
        airings.set(`${issuer} ${target} ${programme.programmeId} ${start}`, { issuer, target, programme, start })
      }
  })
  return [...airings.values()].sort((a, b) => a.start - b.start || (a.programme.title < b.programme.title ? -1 : 1))
}

const distinctRuns = <T>(values: readonly T[]): T[] => values.filter((value, index) => value !== values[index - 1])

const outsideOf = (played: readonly AsRunRecord[]): ReportRow['outside'] => {
  const verdicts = new Set(played.map(({ heard }) => heard?.verdict))
  if (verdicts.has('not-heard')) return 'not-heard'
  return verdicts.has('heard') ? 'heard' : null
}

const rowOf = (
  airing: Airing,
  place: { device: string; output: string; plannedMs: number; now: WallMs },
  played: readonly AsRunRecord[],
): ReportRow => {
  const { programme, start, issuer } = airing
  const { device, output, plannedMs, now } = place
  const heardMs = played.reduce((sum, record) => sum + record.heardMs, 0)
  const first = played.find((record) => record.actualStart !== null)
  const actualStart = typeof first?.actualStart === 'string' ? parseWall(first.actualStart) : null
  const lateMs = first === undefined || actualStart === null ? null : actualStart - parseWall(first.plannedStart)
  const isDue = played.length === 0 && addMs(start, plannedMs) > now
  return {
    issuer,
    programmeId: programme.programmeId,
    title: programme.title,
    device,
    output,
    plannedStart: start,
    plannedMs,
    actualStart,
    lateMs,
    heardMs,
    share: Math.min(1, heardMs / plannedMs),
    ended: distinctRuns(played.map((record) => record.ended)),
    state: isDue ? 'due' : actualStart === null ? 'missing' : 'played',
    outside: outsideOf(played),
  }
}

/** Records of an airing: the same programme, planned within it, by the same issuer, on the same output. */
const playedOf = (
  airing: Airing,
  { device, output, plannedMs }: { device: string; output: string; plannedMs: number },
  records: readonly AsRunRecord[],
) =>
  records.filter((record) => {
    if (record.device !== device || record.output !== output || record.trigger.kind !== 'schedule') return false
    if (record.programmeId !== airing.programme.programmeId || record.issuer !== airing.issuer) return false
    // A programme that was interrupted and resumes is planned at its start, or where its item stands in it.
    const planned = parseWall(record.plannedStart)
    return planned >= airing.start && planned < addMs(airing.start, plannedMs)
  })

export const makeReport = (input: ReportInput): Report => {
  const { devices, records, now, from, until } = input
  const counted = new Set<AsRunRecord>()
  const rows = airingsOf(input).flatMap((airing) =>
    devices
      .filter((device) => isMeant(device, airing.target))
      .flatMap(({ device, outputs }) =>
        outputs.flatMap(({ id: output, medium }): ReportRow[] => {
          const plannedMs = lengthMs(airing.programme, medium)
          const named = airing.programme.outputs
          if (plannedMs === 0 || (named !== undefined && !named.includes(output))) return []
          const played = playedOf(airing, { device, output, plannedMs }, records)
          for (const record of played) counted.add(record)
          return [rowOf(airing, { device, output, plannedMs, now }, played)]
        }),
      ),
  )
  const isOfToday = (planned: WallMs): boolean => planned >= from && planned < until
  return {
    rows: rows.filter((row) => isOfToday(row.plannedStart)),
    unplanned: records.filter((record) => !counted.has(record) && isOfToday(parseWall(record.plannedStart))),
  }
}
