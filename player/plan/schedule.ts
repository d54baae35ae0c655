/** What is to be played, as the plan understands it: parsed, verified, and free of the wire's shapes. */
import type { WallMs } from './time.ts'

/** Highest first. `urgent`, `priority` and `normal` are the three classes of Circular 39/2020/TT-BTTTT. */
export const PRIORITIES = ['alert', 'live', 'mobilised', 'urgent', 'priority', 'normal', 'filler'] as const
export type Priority = (typeof PRIORITIES)[number]

/** 0 is the highest. */
export const rankOf = (priority: Priority): number => PRIORITIES.indexOf(priority)

/** What becomes of a programme that something higher interrupts. `rejoin`: goes on as if it had never stopped. */
export type WhenInterrupted = 'resume' | 'restart' | 'skip' | 'rejoin'

/** What a box does that comes up, or gets the schedule, in the middle of a programme. */
export type LateJoin = 'offset' | 'start' | 'skip'

export type Item = {
  content:
    | { kind: 'sound'; sha256: string }
    | { kind: 'stream'; url: string }
    | { kind: 'still'; sha256: string }
    | { kind: 'video'; sha256: string }
    | { kind: 'text'; title?: string; body: string; colour?: string; background?: string }
  durationMs: number
  ticker?: string
}

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
  /** Names of outputs, or null for all that can play an item of it. */
  outputs: string[] | null
  whenInterrupted: WhenInterrupted
  lateJoin: LateJoin
  gainDb: number
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
}

/** An order outside the schedule: it begins when it is received and lasts until `until`. */
export type Override = {
  overrideId: string
  origin: Origin
  trigger: 'alert' | 'live' | 'command'
  title: string
  priority: Priority
  startsAt: WallMs
  until: WallMs
  items: Item[]
  outputs: string[] | null
  /** Silence between two rounds of the items; null: one round only. */
  repeatPauseMs: number | null
  gainDb: number
}
