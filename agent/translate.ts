/** From the wire's shapes to the plan's. A recurrence that cannot be expanded is a refusal here, not a surprise at its hour. */
import { compileRecurrence } from '../player/plan/calendar.ts'
import {
  PLAIN_PLAYLIST,
  type Item,
  type Origin,
  type Override,
  type Programme,
  type Schedule,
} from '../player/plan/schedule.ts'
import type { CompiledProgramme, CompiledSchedule } from '../player/plan/slot.ts'
import { addMs, parseWall, wallMs, type WallMs } from '../player/plan/time.ts'
import type { CommandBody, DownlinkOf, LiveBody, ScheduleBody } from './protocol/downlink.ts'

/** Where Loa hangs, unless a programme says otherwise. */
export const DEFAULT_TIME_ZONE = 'Asia/Ho_Chi_Minh'

/** An announcement ends by itself when its source has given nothing for so long. */
const GONE_MS = 10_000

type WireProgramme = ScheduleBody['programmes'][number]
type WireItem = WireProgramme['items'][number]

const toItem = ({ content, durationMs, ticker }: WireItem): Item => ({
  content,
  durationMs,
  ...(ticker === undefined ? {} : { ticker }),
})

const toProgramme = (wire: WireProgramme): Programme => ({
  programmeId: wire.programmeId,
  title: wire.title,
  priority: wire.priority,
  recurrence: {
    start: wire.start,
    timeZone: wire.timeZone ?? DEFAULT_TIME_ZONE,
    ...(wire.rule === undefined ? {} : { rule: wire.rule }),
    ...(wire.extraStarts === undefined ? {} : { extraStarts: wire.extraStarts }),
    ...(wire.exceptStarts === undefined ? {} : { exceptStarts: wire.exceptStarts }),
  },
  items: wire.items.map(toItem),
  playlist: PLAIN_PLAYLIST,
  validFrom: wire.validFrom === undefined ? null : parseWall(wire.validFrom),
  validUntil: wire.validUntil === undefined ? null : parseWall(wire.validUntil),
  outputs: wire.outputs ?? null,
  whenInterrupted: wire.whenInterrupted ?? 'resume',
  lateJoin: wire.lateJoin ?? 'offset',
  gainDb: wire.gainDb ?? 0,
})

export type CompileResult = { kind: 'ok'; compiled: CompiledSchedule } | { kind: 'wrong'; detail: string }

export const toSchedule = (body: ScheduleBody, origin: Origin): CompileResult => {
  const ids = new Set<string>()
  const programmes: CompiledProgramme[] = []
  for (const wire of body.programmes) {
    if (ids.has(wire.programmeId)) return { kind: 'wrong', detail: `programme ${wire.programmeId} stands twice` }
    ids.add(wire.programmeId)
    const programme = toProgramme(wire)
    const compiled = compileRecurrence(programme.recurrence)
    if (compiled.kind === 'wrong') return { kind: 'wrong', detail: `programme ${wire.programmeId}: ${compiled.detail}` }
    programmes.push({ programme, starts: compiled.starts })
  }
  const schedule: Schedule = {
    origin,
    scheduleId: body.scheduleId,
    revision: body.revision,
    validFrom: parseWall(body.validFrom),
    validUntil: parseWall(body.validUntil),
    programmes: programmes.map(({ programme }) => programme),
    arrangement: body.arrangement ?? [],
  }
  return { kind: 'ok', compiled: { schedule, programmes } }
}

/** Every file that a list of items needs. */
export const hashesOf = (items: readonly Item[]): string[] =>
  items.flatMap(({ content }) => ('sha256' in content ? [content.sha256] : []))

export const liveOverrideId = (liveId: string): string => `live:${liveId}`

export const liveToOverride = (
  body: Extract<LiveBody, { action: 'start' }>,
  origin: Origin,
  receivedAt: WallMs,
): Override => ({
  overrideId: liveOverrideId(body.liveId),
  origin,
  trigger: 'live',
  title: body.title,
  priority: 'live',
  startsAt: receivedAt,
  until: addMs(receivedAt, body.maxMs),
  items: [
    {
      content: { kind: 'stream', sources: [body.source], goneMs: body.goneMs ?? GONE_MS },
      durationMs: body.maxMs,
    },
  ],
  sound: 'whole',
  gravity: 0,
  outputs: body.outputs ?? null,
  repeatPauseMs: null,
  gainDb: 0,
})

export const playToOverride = (
  message: DownlinkOf<'command'>,
  body: Extract<CommandBody, { action: 'play' }>,
  origin: Origin,
  receivedAt: WallMs,
): Override => {
  const items = body.items.map(toItem)
  const lengthMs = items.reduce((sum, { durationMs }) => sum + durationMs, 0)
  return {
    overrideId: `command:${message.messageId}`,
    origin,
    trigger: 'command',
    title: body.title,
    priority: body.priority,
    startsAt: receivedAt,
    until: wallMs(receivedAt + lengthMs),
    items,
    sound: 'whole',
    gravity: 0,
    outputs: body.outputs ?? null,
    repeatPauseMs: null,
    gainDb: body.gainDb ?? 0,
  }
}
