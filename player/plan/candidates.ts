/** Everything that has a claim on an output at a moment, in one total order. Pure. */
import {
  rankOf,
  type Item,
  type LateJoin,
  type Origin,
  type Override,
  type Priority,
  type WhenInterrupted,
} from './schedule.ts'
import { airingKey, type Airing, type CompiledSchedule, type OutputSpec, type PlanState, type Trigger } from './slot.ts'
import { addMs, formatUtc, wallMs, type WallMs } from './time.ts'

/** How long after its planned end an interrupted programme may still go on. */
export const RESUME_WITHIN_MS = 3_600_000

/** A start that is later than this came up in the middle; anything less is only the delay of deciding. */
export const LATE_MS = 2_000

/** One claim: an occurrence of a programme, or an order, on one output. */
export type Claim = {
  occurrenceId: string
  programmeId: string
  title: string
  origin: Origin
  trigger: Trigger
  revision: number | null
  priority: Priority
  whenInterrupted: WhenInterrupted
  /** As the schedule has it. */
  start: WallMs
  effectiveStart: WallMs
  /** Items of the output's medium, with their place in the schedule. */
  track: { item: Item; index: number }[]
  trackMs: number
  /** Rounds begin every `roundMs`; null: one round. */
  roundMs: number | null
  endsAt: WallMs
  gainDb: number
}

const isSound = (item: Item): boolean => item.content.kind === 'sound' || item.content.kind === 'stream'

const trackFor = (items: readonly Item[], output: OutputSpec): { item: Item; index: number }[] =>
  items.map((item, index) => ({ item, index })).filter(({ item }) => isSound(item) === (output.medium === 'sound'))

const lengthOf = (track: readonly { item: Item }[]): number => track.reduce((sum, { item }) => sum + item.durationMs, 0)

const names = (outputs: readonly string[] | null, output: OutputSpec): boolean =>
  outputs === null || outputs.includes(output.id)

const basicUtc = (at: WallMs): string => formatUtc(at).replaceAll(/[-:]|\.\d+/g, '')

/** Where an occurrence stands on its timeline at `now`, or null if it has no claim (any more, or by its own wish). */
const effectiveStartAt = (
  {
    start,
    lateJoin,
    airing,
    whenInterrupted,
  }: { start: WallMs; lateJoin: LateJoin; airing: Airing | undefined; whenInterrupted: WhenInterrupted },
  now: WallMs,
): WallMs | null => {
  if (airing === undefined) {
    if (now - start <= LATE_MS || lateJoin === 'offset') return start
    return lateJoin === 'start' ? now : null
  }
  switch (airing.state) {
    case 'running':
      return airing.effectiveStart
    case 'interrupted':
      return whenInterrupted === 'restart' ? now : addMs(now, -airing.heardMs)
    case 'done':
      return null
  }
}

type Lookup = { schedules: readonly CompiledSchedule[]; airings: ReadonlyMap<string, Airing> }

const scheduledClaims = ({ schedules, airings }: Lookup, output: OutputSpec, now: WallMs): Claim[] =>
  schedules.flatMap(({ schedule, programmes }) => {
    if (now < schedule.validFrom || now >= schedule.validUntil) return []
    return programmes.flatMap(({ programme, starts }) => {
      if (!names(programme.outputs, output)) return []
      const track = trackFor(programme.items, output)
      const trackMs = lengthOf(track)
      if (trackMs === 0) return []
      return starts(wallMs(now - trackMs - RESUME_WITHIN_MS), addMs(now, 1)).flatMap((start): Claim[] => {
        const occurrenceId = `${schedule.origin.issuer}:${schedule.scheduleId}:${programme.programmeId}@${basicUtc(start)}`
        const airing = airings.get(airingKey(occurrenceId, output.id))
        const { lateJoin, whenInterrupted } = programme
        // A start long past without a trace is over, not late, whatever its late join says.
        if (airing === undefined && now >= start + trackMs) return []
        const effectiveStart = effectiveStartAt({ start, lateJoin, airing, whenInterrupted }, now)
        if (effectiveStart === null || now >= effectiveStart + trackMs) return []
        return [
          {
            occurrenceId,
            programmeId: programme.programmeId,
            title: programme.title,
            origin: schedule.origin,
            trigger: 'schedule',
            revision: schedule.revision,
            priority: programme.priority,
            whenInterrupted,
            start,
            effectiveStart,
            track,
            trackMs,
            roundMs: null,
            endsAt: addMs(effectiveStart, trackMs),
            gainDb: programme.gainDb,
          },
        ]
      })
    })
  })

const overrideClaim = (override: Override, output: OutputSpec, now: WallMs): Claim[] => {
  if (now < override.startsAt || now >= override.until || !names(override.outputs, output)) return []
  const track = trackFor(override.items, output)
  const trackMs = lengthOf(track)
  if (trackMs === 0) return []
  const pauseMs = output.medium === 'sound' ? override.repeatPauseMs : override.repeatPauseMs === null ? null : 0
  const roundMs = pauseMs === null ? null : trackMs + pauseMs
  const endsAt = wallMs(roundMs === null ? Math.min(override.startsAt + trackMs, override.until) : override.until)
  if (now >= endsAt) return []
  return [
    {
      occurrenceId: override.overrideId,
      programmeId: override.overrideId,
      title: override.title,
      origin: override.origin,
      trigger: override.trigger,
      revision: null,
      priority: override.priority,
      whenInterrupted: 'rejoin',
      start: override.startsAt,
      effectiveStart: override.startsAt,
      track,
      trackMs,
      roundMs,
      endsAt,
      gainDb: override.gainDb,
    },
  ]
}

const depthOf = (area: string): number => area.split('/').length

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * The order of precedence, best first: priority, then the authority of the wider area, then for orders the newer and for
 * programmes the earlier start, then ids, so that no two boxes ever differ.
 */
export const precedence = (a: Claim, b: Claim): number =>
  rankOf(a.priority) - rankOf(b.priority) ||
  depthOf(a.origin.authorityArea) - depthOf(b.origin.authorityArea) ||
  (a.trigger === 'schedule' && b.trigger === 'schedule' ? a.start - b.start : b.start - a.start) ||
  byText(a.origin.sourceId, b.origin.sourceId) ||
  byText(a.occurrenceId, b.occurrenceId)

export const claimsAt = (state: PlanState, output: OutputSpec, now: WallMs): Claim[] =>
  [
    ...(state.clockTrusted ? scheduledClaims(state, output, now) : []),
    ...state.overrides.flatMap((override) => overrideClaim(override, output, now)),
  ].sort(precedence)
