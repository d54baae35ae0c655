/** From the wire's shapes to the plan's. A recurrence that cannot be expanded is a refusal here, not a surprise at its hour. */
import { compileRecurrence } from '../player/plan/calendar.ts'
import { compiledSchedule } from '../player/plan/compile.ts'
import type { Item, Origin, Over, Override, Playlist, Programme, Schedule } from '../player/plan/schedule.ts'
import type { CompiledProgramme } from '../player/plan/agenda.ts'
import type { CompiledSchedule } from '../player/plan/slot.ts'
import { addMs, parseWall, wallMs, type WallMs } from '../player/plan/time.ts'
import { itemsPlayed, trackFault } from '../player/plan/track.ts'
import type { CommandBody, DownlinkOf, LiveBody, ScheduleBody } from './protocol/downlink.ts'
import { OVER_DUCK_DB, OVER_FADE_MS, type Over as WireOver } from './protocol/fields.ts'
import { atOnce } from './slices.ts'

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

type SoundFile = { sha256: string; durationMs: number }

const toSound = ({ sha256, durationMs }: SoundFile): Item => ({ content: { kind: 'sound', sha256 }, durationMs })

/** What the fields of the wire mean that are absent is said there. */
const toPlaylist = (wire: WireProgramme['playlist'] = {}): Playlist => {
  const { identity } = wire
  const chime = (file: SoundFile | undefined): Item | null => (file === undefined ? null : toSound(file))
  return {
    lengthMs: wire.durationMs ?? null,
    isLooped: wire.loop ?? false,
    atEnd: wire.atEnd ?? 'cut',
    shuffleSeed: wire.shuffleSeed ?? null,
    chimeBefore: chime(wire.chimeBefore),
    chimeAfter: chime(wire.chimeAfter),
    identity: identity === undefined ? null : { item: toSound(identity), everyMs: identity.everyMs },
    crossfadeMs: wire.crossfadeMs ?? 0,
  }
}

const toOver = (wire: WireOver | undefined): Over | null =>
  wire === undefined ? null : { duckDb: wire.duckDb ?? OVER_DUCK_DB, fadeMs: wire.fadeMs ?? OVER_FADE_MS }

/** What no schema can say of a programme; null: nothing. */
export const faultOf = (programme: Programme): string | null => {
  const { validFrom, validUntil } = programme
  if (validFrom !== null && validUntil !== null && validUntil <= validFrom) return 'validUntil is not after validFrom'
  return trackFault(programme)
}

export const toProgramme = (wire: WireProgramme): Programme => ({
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
  playlist: toPlaylist(wire.playlist),
  validFrom: wire.validFrom === undefined ? null : parseWall(wire.validFrom),
  validUntil: wire.validUntil === undefined ? null : parseWall(wire.validUntil),
  outputs: wire.outputs ?? null,
  whenInterrupted: wire.whenInterrupted ?? 'resume',
  lateJoin: wire.lateJoin ?? 'offset',
  gainDb: wire.gainDb ?? 0,
  over: toOver(wire.over),
})

/** A schedule, and the hash of everything that it plays, each once. */
export type Translated = { compiled: CompiledSchedule; files: readonly string[] }
export type Translation = ({ kind: 'ok' } & Translated) | { kind: 'wrong'; detail: string }

/** Pauses after each programme: ten thousand take a second. */
export function* translateSchedule(body: ScheduleBody, origin: Origin): Generator<void, Translation> {
  const ids = new Set<string>()
  const files = new Set<string>()
  const programmes: CompiledProgramme[] = []
  for (const wire of body.programmes) {
    if (ids.has(wire.programmeId)) return { kind: 'wrong', detail: `programme ${wire.programmeId} stands twice` }
    ids.add(wire.programmeId)
    const programme = toProgramme(wire)
    const fault = faultOf(programme)
    if (fault !== null) return { kind: 'wrong', detail: `programme ${wire.programmeId}: ${fault}` }
    const compiled = compileRecurrence(programme.recurrence)
    if (compiled.kind === 'wrong') return { kind: 'wrong', detail: `programme ${wire.programmeId}: ${compiled.detail}` }
    programmes.push({ programme, starts: compiled.starts })
    for (const sha256 of hashesOf(itemsPlayed(programme))) files.add(sha256)
    yield
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
  return { kind: 'ok', compiled: compiledSchedule(schedule, programmes), files: [...files] }
}

export const toSchedule = (body: ScheduleBody, origin: Origin): Translation => atOnce(translateSchedule(body, origin))

/** Every file that a list of items needs. */
export const hashesOf = (items: readonly Item[]): string[] =>
  items.flatMap(({ content }) => ('sha256' in content ? [content.sha256] : []))

export const liveOverrideId = (liveId: string): string => `live:${liveId}`
export const playOverrideId = (messageId: string): string => `command:${messageId}`

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
  over: toOver(body.over),
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
    overrideId: playOverrideId(message.messageId),
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
    over: toOver(body.over),
  }
}

/** What no schema can say of an order to play; null: nothing. */
export const playFault = ({ priority, over }: Extract<CommandBody, { action: 'play' }>): string | null =>
  priority === 'alert' && over !== undefined
    ? 'over: an alert excludes everything else, nothing goes on below it; leave over out, or take a priority below alert'
    : null

/** Named after its message: what is ordered anew under the same name is another airing in the records. */
export const mobiliseToOverride = (
  messageId: string,
  body: Extract<CommandBody, { action: 'mobilise' }>,
  origin: Origin,
  receivedAt: WallMs,
): Override => ({
  overrideId: `mobilise:${messageId}`,
  origin,
  trigger: 'command',
  title: body.title,
  priority: 'mobilised',
  startsAt: receivedAt,
  until: parseWall(body.until),
  items: body.items.map(toItem),
  sound: 'whole',
  gravity: 0,
  outputs: body.outputs ?? null,
  repeatPauseMs: 0,
  gainDb: body.gainDb ?? 0,
  over: null,
})
