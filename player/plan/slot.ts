/** What one output should be doing, and what the plan needs to know to say so. */
import type { Agenda, CompiledProgramme } from './agenda.ts'
import type { Airings } from './airings.ts'
import type { Lanes } from './lanes.ts'
import type { Item, Origin, Over, Override, Priority, Schedule, WhenInterrupted } from './schedule.ts'
import type { WallMs } from './time.ts'
import type { Medium } from './track.ts'
import type { Turns } from './turns.ts'
import type { Claimant, VolumePolicy } from './volume.ts'

export type OutputSpec = { id: string; medium: Medium }

export type CompiledSchedule = {
  schedule: Schedule
  programmes: readonly CompiledProgramme[]
  agenda: Agenda
  /** Place of `issuer|programmeId` in the arrangement. */
  arrangement: ReadonlyMap<string, number>
}

export type PlanState = {
  outputs: readonly OutputSpec[]
  schedules: readonly CompiledSchedule[]
  overrides: readonly Override[]
  airings: Airings
  /** Whose turn it is among several alerts, by `turnsKey`. */
  turns: ReadonlyMap<string, Turns>
  /** False while the clock is unsynced: programmes wait, orders for now do not. */
  clockTrusted: boolean
  /** Whether an item can be played at all: its media are ready, and it has not failed in this airing. */
  playable: (item: Item, slotId: string) => boolean
  volume: VolumePolicy
  /**
   * The level of an output for whose sound it is, as it was ordered by somebody who may, else its trim; in dB. A ceiling binds
   * it and the programme's own level together.
   */
  levelDb: (output: string, claimant: Claimant) => number
  /** What the output applies to everything by itself, in dB: its level in the settings. No order takes an alert below it. */
  trimDb: (output: string) => number
  /** By order. Alerts are never mute. */
  isMuted: (output: string) => boolean
}

export type Trigger = 'schedule' | Override['trigger']

/** One item of one occurrence on one output, in calendar time. */
export type Slot = {
  /** Same id, same thing: a slot that is playing is left alone while the plan wants the same id. */
  slotId: string
  output: string
  occurrenceId: string
  programmeId: string
  title: string
  origin: Origin
  trigger: Trigger
  revision: number | null
  priority: Priority
  whenInterrupted: WhenInterrupted
  itemIndex: number
  item: Item
  /** When the occurrence would have begun on this output had it never been interrupted. */
  effectiveStart: WallMs
  /** When the schedule asked for this item, whatever became of it since. */
  plannedStart: WallMs
  startsAt: WallMs
  endsAt: WallMs
  /** Where in the track (all items of this medium) the item begins. */
  trackOffsetMs: number
  /** It is spoken over what else is on, in a lane of its own; null: it is what is on. */
  over: Over | null
  /** Over the trim of the output. */
  gainDb: number
  /** What was asked for and what the hour allows, level of the output included; null: as asked. */
  clamp: { askedDb: number; ceilingDb: number } | null
}

/** What keeps from sounding what is due. */
export type SilencedBy = 'quiet-hours' | 'muted'

/** `hold`: something owns the output and wants silence there (the pause between two rounds of an alert). */
export type Wanted =
  | { kind: 'slot'; slot: Slot }
  | { kind: 'hold'; occurrenceId: string }
  | { kind: 'nothing'; because: SilencedBy | null }

export type LanePlan = {
  now: Wanted
  /** What comes after the next change, and when that is; null: no change within the horizon. */
  next: { at: WallMs; wanted: Wanted } | null
}

export type OutputPlan = Lanes<LanePlan> & {
  output: string
  /** When a ceiling changes while the same goes on. */
  levelChangesAt: WallMs | null
}

export type Plan = {
  outputs: OutputPlan[]
  /** Nothing changes before this moment unless the state does. */
  askAgainAt: WallMs
}
