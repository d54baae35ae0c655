/**
 * As-run records as a file of the open Playout Reporting Standard, digital file format 1.7: CSV, UTF-8, no header, LF after
 * every record, nineteen fields in order. docs/head-end.md says what each field means for a commune.
 */
import { stringify } from 'csv-stringify/sync'
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'
import { formatUtc, parseWall, type WallMs } from '../../player/plan/time.ts'

export type PlayoutMapping = {
  /** The frame id of an output: ten digits, at most 2147483647. */
  frameId: (device: string, output: string) => number
  buyerId: number
  agencyId: number | null
  brandId: number
}

/** Why a record is not in the file. */
export type LeftOut = { record: AsRunRecord; reason: 'nothing-heard' | 'clock-not-trusted' | 'in-the-future' }

export type PlayoutFile = { csv: string; exported: number; leftOut: LeftOut[] }

const ORDER_CHARACTERS_MAX = 256
const LINE_CHARACTERS_MAX = 36
const CREATIVE_ID_CHARACTERS_MAX = 64
const CREATIVE_NAME_CHARACTERS_MAX = 128
const PLAYER_CHARACTERS_MAX = 36
const CAMPAIGN_CHARACTERS_MAX = 64

/** One line, no padding, no longer than the field: cut between characters, never inside one. */
const text = (value: string, charactersMax: number): string => {
  const line = value.replaceAll(/[\p{Cc}\u2028\u2029\s]+/gu, ' ').trim()
  let cut = ''
  for (const character of line) {
    if (cut.length + character.length > charactersMax) break
    cut += character
  }
  return cut.trim()
}

/** A reference that is too long is left out: cut, it would name another. */
const reference = (value: string, charactersMax: number): string => (value.length <= charactersMax ? value : '')

const fieldsOf = (record: AsRunRecord, start: string, mapping: PlayoutMapping): (string | number)[] => [
  mapping.frameId(record.device, record.output),
  formatUtc(parseWall(start)).replace('Z', ''),
  start.slice(-6),
  '', // enddate: with startdate and spotlength given, the standard would ignore it.
  '', // endutcoffset
  record.heardMs,
  '', // shareoftime: an output of a box is not shared by turns.
  text(record.trigger.sourceId, ORDER_CHARACTERS_MAX) || record.recordId,
  reference(record.programmeId, LINE_CHARACTERS_MAX),
  mapping.buyerId,
  mapping.agencyId ?? '',
  mapping.brandId,
  text(record.issuer, CAMPAIGN_CHARACTERS_MAX),
  record.mediaHashes[0] ?? text(record.programmeId, CREATIVE_ID_CHARACTERS_MAX),
  text(record.title, CREATIVE_NAME_CHARACTERS_MAX) || record.programmeId,
  '', // thirdpartycreativeref
  record.trigger.kind,
  reference(record.device, PLAYER_CHARACTERS_MAX),
  record.recordId,
]

export const playoutFile = (records: readonly AsRunRecord[], mapping: PlayoutMapping, now: WallMs): PlayoutFile => {
  const leftOut: LeftOut[] = []
  const rows = records.flatMap((record) => {
    const start = record.actualStart
    const leave = (reason: LeftOut['reason']): [] => {
      leftOut.push({ record, reason })
      return []
    }
    if (start === null || record.heardMs === 0) return leave('nothing-heard')
    if (record.clockTrust === 'unsynced') return leave('clock-not-trusted')
    if (parseWall(start) + record.heardMs > now) return leave('in-the-future')
    return [fieldsOf(record, start, mapping)]
  })
  return { csv: stringify(rows, { record_delimiter: '\n' }), exported: rows.length, leftOut }
}
