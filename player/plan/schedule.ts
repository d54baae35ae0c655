/** What is to be played, as the plan understands it: parsed, verified, and free of the wire's shapes. */
import type { WallMs } from './time.ts'

/** Highest first. `urgent`, `priority` and `normal` are the three classes of Circular 39/2020/TT-BTTTT. */
export const PRIORITIES = ['alert', 'live', 'mobilised', 'urgent', 'priority', 'normal', 'filler'] as const
export type Priority = (typeof PRIORITIES)[number]

/** 0 is the highest. */
export const rankOf = (priority: Priority): number => PRIORITIES.indexOf(priority)

/** How many names an area has; fewer stand higher. Asked for every claim, so it makes nothing. */
export const depthOf = (area: string): number => {
  if (area === '') return 0
  let depth = 1
  for (let at = area.indexOf('/'); at >= 0; at = area.indexOf('/', at + 1)) depth += 1
  return depth
}

/** What becomes of a programme that something higher interrupts. `rejoin`: goes on as if it had never stopped. */
export type WhenInterrupted = 'resume' | 'restart' | 'skip' | 'rejoin'

/** What a box does that comes up, or gets the schedule, in the middle of a programme. */
export type LateJoin = 'offset' | 'start' | 'skip'

/** An address, or a session description (RFC 8866) of RTP. */
export type StreamSource = { url: string } | { sdp: string }

/** What it is beside an item of a programme; told in the as-run record. */
export type Part = 'siren' | 'speech' | 'resource' | 'chime' | 'identity'

/** A text that the box speaks itself; what is absent is as in its settings. */
export type SpeechContent = {
  kind: 'speech'
  text: string
  language?: string
  voice?: 'north' | 'central' | 'south'
}

export type Item = {
  content:
    | { kind: 'sound'; sha256: string }
    | { kind: 'stream'; sources: StreamSource[]; fallback?: string; silenceMs?: number; goneMs?: number }
    | { kind: 'still'; sha256: string }
    | { kind: 'video'; sha256: string }
    | SpeechContent
    | { kind: 'text'; title?: string; body: string; colour?: string; background?: string }
  durationMs: number
  ticker?: string
  part?: Part
  /** It goes on for so long beside what follows it, and fades; `durationMs` is without it. */
  overlapMs?: number
}

/** How the items of a programme follow each other. */
export type Playlist = {
  /** RFC 5545 DURATION; null: as long as its items. */
  lengthMs: number | null
  /** Items begin again until `lengthMs` is full. */
  isLooped: boolean
  /** What becomes of the item that plays when `lengthMs` is over. */
  atEnd: 'cut' | 'overrun'
  /** Null: in order. */
  shuffleSeed: number | null
  chimeBefore: Item | null
  chimeAfter: Item | null
  identity: { item: Item; everyMs: number } | null
  /** Sounds pass over into each other in this time; 0: one after the other. */
  crossfadeMs: number
}

/** Items once, in order. */
export const PLAIN_PLAYLIST: Playlist = {
  lengthMs: null,
  isLooped: false,
  atEnd: 'cut',
  shuffleSeed: null,
  chimeBefore: null,
  chimeAfter: null,
  identity: null,
  crossfadeMs: 0,
}

/**
 * It is spoken over what it wins over, which is not interrupted: that goes on below, turned down by so much, and comes back after.
 * `duckDb`: 0 or negative; it goes down and comes up in `fadeMs`. Of sound alone.
 */
export type Over = { duckDb: number; fadeMs: number }

/** RFC 5545 terms. `start` is local time in `timeZone`, `YYYY-MM-DDThh:mm:ss`. */
export type Recurrence = {
  start: string
  timeZone: string
  rule?: string
  extraStarts?: string[]
  exceptStarts?: string[]
}

export type Programme = {
  programmeId: string
  title: string
  priority: Priority
  recurrence: Recurrence
  /** Sound items go to sound outputs, the others to picture outputs, side by side. */
  items: Item[]
  playlist: Playlist
  validFrom: WallMs | null
  validUntil: WallMs | null
  /** Names of outputs, or null for all that can play an item of it. */
  outputs: string[] | null
  whenInterrupted: WhenInterrupted
  lateJoin: LateJoin
  gainDb: number
  /** Null: what it wins over is interrupted. */
  over: Over | null
}

/** Where an order came from; part of every record and of the order between equals. */
export type Origin = {
  issuer: string
  /** `schedule:<issuer>:<target>`, or the id of the message that gave the order. */
  sourceId: string
  /** Area of the issuer's authority: fewer segments stand higher. */
  authorityArea: string
}

export type Schedule = {
  origin: Origin
  scheduleId: string
  revision: number
  validFrom: WallMs
  validUntil: WallMs
  programmes: Programme[]
  /** What comes first where programmes of one class clash; of several schedules, that of the narrowest area counts. */
  arrangement: readonly { issuer: string; programmeId: string }[]
}

/** An order outside the schedule: it begins when it is received and lasts until `until`. */
export type Override = {
  overrideId: string
  origin: Origin
  trigger: 'alert' | 'live' | 'command' | 'owner'
  title: string
  priority: Priority
  startsAt: WallMs
  until: WallMs
  items: Item[]
  /** `awaited`: its sound is being made or fetched; until then it owns the sound outputs in silence, if nothing is in `items`. */
  sound: 'whole' | 'awaited'
  /** Among alerts: 0 is the gravest. Each is heard in turn, the gravest first. */
  gravity: number
  outputs: string[] | null
  /** Silence between two rounds of the items; null: one round only. */
  repeatPauseMs: number | null
  gainDb: number
  /** Null, as of every alert: what it wins over is interrupted. */
  over: Over | null
}
