/** Whether the head-end holds a record of everything that was asked: begun in time, heard in full, ended as it should. */
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'
import { parseWall } from '../../player/plan/time.ts'
import { startOf, type Airing } from './evidence.ts'
import type { Finding } from './finding.ts'

/** A person notices no less; the runtime's own goal is far below it, and benches measure that. */
export const START_MS_TOLERANCE = 250
/** The first slide on a busy machine waits for the program that composes it; what is shown stays for many seconds. */
const PICTURE_START_MS_TOLERANCE = 1_000
export const HEARD_MS_TOLERANCE = 400

/** Null: nothing of the kind is on record. */
export const recordOf = (airing: Airing, records: readonly AsRunRecord[]): AsRunRecord | null =>
  records.find(
    (record) =>
      record.programmeId === airing.programmeId &&
      record.output === airing.output &&
      record.itemIndex === airing.itemIndex &&
      parseWall(record.plannedStart) === parseWall(airing.plannedStart) &&
      Math.abs(record.offsetMs - airing.offsetMs) <= HEARD_MS_TOLERANCE,
  ) ?? null

/** Against the moment at which this piece should have begun, which for the rest of an item is when it was free again. */
export const lateMsOf = (airing: Airing, { actualStart }: AsRunRecord): number | null =>
  actualStart === null ? null : parseWall(actualStart) - startOf(airing)

const signed = (ms: number): string => `${ms < 0 ? '−' : '+'}${Math.abs(Math.round(ms))} ms`

const judge = (airing: Airing, records: readonly AsRunRecord[]): Finding => {
  const rest = airing.offsetMs > 0 ? ` (${(airing.offsetMs / 1_000).toFixed(1)} s →)` : ''
  const subject = `${airing.output} “${airing.title}” ${airing.kind}${rest}`
  const record = recordOf(airing, records)
  if (record === null) return { check: 'record', subject, isRight: false, figures: '—' }
  const lateMs = lateMsOf(airing, record)
  const isRight =
    lateMs !== null &&
    Math.abs(lateMs) <= (record.confirmedBy === 'card' ? START_MS_TOLERANCE : PICTURE_START_MS_TOLERANCE) &&
    Math.abs(record.heardMs - airing.heardMs) <=
      (record.confirmedBy === 'card' ? HEARD_MS_TOLERANCE : PICTURE_START_MS_TOLERANCE) &&
    record.ended === airing.ended
  const late = lateMs === null ? '—' : signed(lateMs)
  const heard = `${(record.heardMs / 1_000).toFixed(2)} / ${(airing.heardMs / 1_000).toFixed(2)} s`
  return { check: 'record', subject, isRight, figures: `${late}, ${heard}, ${record.ended}` }
}

export const checkRecords = (airings: readonly Airing[], records: readonly AsRunRecord[]): Finding[] => {
  const failed = records.filter(({ ended }) => ended === 'failed' || ended === 'power-lost')
  return [
    ...airings.map((airing) => judge(airing, records)),
    ...failed.map(({ output, title, ended, endedDetail }): Finding => ({
      check: 'fault',
      subject: `${output} “${title}”`,
      isRight: false,
      figures: `${ended}: ${endedDetail ?? ''}`,
    })),
  ]
}
