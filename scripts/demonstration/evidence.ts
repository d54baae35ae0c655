/** What a run leaves in its folder, so that anybody can check it without us: written by the demo, read by its checks. */
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { localTimeFormatter } from '../../agent/local-time.ts'
import { AsRunRecord, type HeartbeatMessage } from '../../agent/protocol/uplink.ts'
import { parser } from '../../agent/protocol/validate.ts'
import { addMs, parseWall, type WallMs } from '../../player/plan/time.ts'
import { ClearError } from '../head-end/clear-error.ts'
import { BOARD, CABINET, type Expected, programmesOf, SLIDE, TIME_ZONE, TONE_HZ } from './programme.ts'

export const FILES = {
  sound: 'sound.wav',
  board: 'board.png',
  poster: 'board-poster.png',
  film: 'board-film-1.png',
  filmLater: 'board-film-2.png',
  records: 'asrun.jsonl',
  heartbeats: 'heartbeat.jsonl',
  schedule: 'schedule.json',
} as const

const Moment = Type.String({ format: 'date-time' })
const Picture = Type.Object({ file: Type.String(), shows: Type.String(), takenFrom: Moment, takenUntil: Moment })
export type Picture = Static<typeof Picture>

const Airing = Type.Object({
  round: Type.Integer(),
  programmeId: Type.String(),
  title: Type.String(),
  output: Type.String(),
  itemIndex: Type.Integer(),
  kind: Type.String(),
  name: Type.String(),
  plannedStart: Moment,
  startsAt: Moment,
  endsAt: Moment,
  offsetMs: Type.Integer(),
  heardMs: Type.Integer(),
  ended: Type.Union([Type.Literal('finished'), Type.Literal('pre-empted')]),
})
export type Airing = Static<typeof Airing>

/** What was asked. `airings` are the pieces that must be on record; an interrupted item is two of them. */
export const ScheduleFile = Type.Object({
  version: Type.Literal(1),
  device: Type.String(),
  area: Type.String(),
  timeZone: Type.String(),
  scheduleRevision: Type.Integer(),
  outputs: Type.Object({ sound: Type.String(), picture: Type.String() }),
  toneHz: Type.Number(),
  slide: Type.Object({ colour: Type.String(), background: Type.String() }),
  programmes: Type.Array(Type.Unknown()),
  airings: Type.Array(Airing),
  /** Null: it went to a real card, and nobody recorded it. */
  recording: Type.Union([Type.Object({ file: Type.String(), firstSampleAt: Moment }), Type.Null()]),
  /** Null: a real screen, which the person sees. */
  pictures: Type.Union([Type.Array(Picture), Type.Null()]),
})
export type ScheduleFile = Static<typeof ScheduleFile>

const format = localTimeFormatter(TIME_ZONE)
export const momentText = (at: WallMs): string => format(at)

export const airingOf = (expected: Expected): Airing => ({
  ...expected,
  plannedStart: momentText(expected.plannedStart),
  startsAt: momentText(expected.startsAt),
  endsAt: momentText(addMs(expected.startsAt, expected.heardMs)),
})

export type Asked = {
  device: string
  area: string
  revision: number
  starts: readonly WallMs[]
  bulletinMs: number
  expected: readonly Expected[]
}

export const scheduleFile = (
  { device, area, revision, starts, bulletinMs, expected }: Asked,
  { recordedFrom, pictures }: { recordedFrom: WallMs | null; pictures: readonly Picture[] | null },
): ScheduleFile => ({
  version: 1,
  device,
  area,
  timeZone: TIME_ZONE,
  scheduleRevision: revision,
  outputs: { sound: CABINET, picture: BOARD },
  toneHz: TONE_HZ,
  slide: { colour: SLIDE.colour, background: SLIDE.background },
  programmes: programmesOf(bulletinMs).map(({ startMs, ...programme }) => ({
    ...programme,
    starts: starts.map((start) => momentText(addMs(start, startMs))),
  })),
  airings: expected.map(airingOf),
  recording: recordedFrom === null ? null : { file: FILES.sound, firstSampleAt: momentText(recordedFrom) },
  pictures: pictures === null ? null : [...pictures],
})

export type Evidence = {
  folder: string
  addRecord: (record: AsRunRecord) => void
  addHeartbeat: (heartbeat: HeartbeatMessage) => void
  addPicture: (file: string, png: Buffer) => void
  writeSchedule: (schedule: ScheduleFile) => void
}

/** What an earlier run left under our names is removed: old evidence must not pass for new. */
export const openEvidence = (folder: string): Evidence => {
  try {
    mkdirSync(folder, { recursive: true })
    for (const file of Object.values(FILES)) rmSync(join(folder, file), { force: true })
    for (const file of [FILES.records, FILES.heartbeats]) writeFileSync(join(folder, file), '')
  } catch (error) {
    throw new ClearError(`cannot write to ${folder}`, { cause: error })
  }
  const addLine = (file: string, value: unknown) => appendFileSync(join(folder, file), `${JSON.stringify(value)}\n`)
  return {
    folder,
    addRecord: (record) => addLine(FILES.records, record),
    addHeartbeat: (heartbeat) => addLine(FILES.heartbeats, heartbeat),
    addPicture: (file, png) => writeFileSync(join(folder, file), png),
    writeSchedule: (schedule) => writeFileSync(join(folder, FILES.schedule), `${JSON.stringify(schedule, null, 2)}\n`),
  }
}

const parseSchedule = parser(ScheduleFile)
const parseRecord = parser(AsRunRecord)

export const readSchedule = (folder: string): ScheduleFile => {
  const parsed = parseSchedule(JSON.parse(readFileSync(join(folder, FILES.schedule), 'utf8')))
  if (parsed.kind === 'malformed') throw new ClearError(`${FILES.schedule}: ${parsed.detail}`)
  return parsed.value
}

export const readRecords = (folder: string): AsRunRecord[] =>
  readFileSync(join(folder, FILES.records), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const parsed = parseRecord(JSON.parse(line))
      if (parsed.kind === 'malformed') throw new ClearError(`${FILES.records}: ${parsed.detail}`)
      return parsed.value
    })

export const startOf = ({ startsAt }: Airing): WallMs => parseWall(startsAt)
export const endOf = ({ endsAt }: Airing): WallMs => parseWall(endsAt)
