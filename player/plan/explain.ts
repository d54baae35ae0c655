/** Why this plays and not that: every claim on an output at a moment, best first, and the rule by which each one lost. Pure. */
import { claimsAt, occurrencesAt, RULES, silencedBy, type Claim, type Rule, type Standing } from './candidates.ts'
import { turned } from './evolve.ts'
import { bestOf, ownersOf } from './lanes.ts'
import type { Origin, Priority } from './schedule.ts'
import type { OutputSpec, PlanState, SilencedBy, Trigger } from './slot.ts'
import type { WallMs } from './time.ts'
import { entryAt } from './track.ts'

export type ClaimView = {
  occurrenceId: string
  programmeId: string
  title: string
  origin: Origin
  priority: Priority
  trigger: Trigger
  /** As the schedule or the order has it. */
  start: WallMs
  /** On this output, with every interruption. */
  effectiveStart: WallMs
  endsAt: WallMs
}

/** The first rule that set it behind the winner; or what keeps it from playing at all. */
export type Reason = Rule | SilencedBy | 'media-missing' | 'done' | 'too-late'

export type Explanation = {
  output: string
  at: WallMs
  winner: ClaimView | null
  /** The winner is spoken over it, and it goes on below. */
  below: ClaimView | null
  /** The winner owns the output in silence: the pause of an alert, or words that are being made. */
  isSilent: boolean
  losers: (ClaimView & { reason: Reason })[]
  /** Programmes are not looked at by a clock that is not believed. */
  clockTrusted: boolean
}

const viewOf = (claim: Claim): ClaimView => {
  const { occurrenceId, programmeId, title, origin, priority, trigger, start, effectiveStart, endsAt } = claim
  return { occurrenceId, programmeId, title, origin, priority, trigger, start, effectiveStart, endsAt }
}

const lostBy = (winner: Standing, loser: Standing): Rule =>
  RULES.find(([, by]) => winner[by] !== loser[by])?.[0] ?? 'later-name'

/** What keeps a claim from playing, whatever it stands beside; null: nothing. */
const hindrance = (state: PlanState, output: OutputSpec, claim: Claim, now: WallMs): Reason | null => {
  const silenced = silencedBy(state, output, claim.priority, now)
  if (silenced !== null) return silenced
  if (claim.isSilent) return null
  const entry = entryAt(claim.track, (now - claim.effectiveStart) % (claim.roundMs ?? Number.POSITIVE_INFINITY))
  return entry === null || state.playable(entry.item, '') ? null : 'media-missing'
}

/** Those whose time it is and that have no claim: over on this output, or come upon too late. */
const without = (state: PlanState, output: OutputSpec, claims: readonly Claim[], now: WallMs) =>
  state.clockTrusted
    ? occurrencesAt(state, output, now)
        .filter(({ occurrenceId }) => !claims.some((claim) => claim.occurrenceId === occurrenceId))
        .map(({ occurrenceId, programme, schedule, start, endsAt }) => ({
          occurrenceId,
          programmeId: programme.programmeId,
          title: programme.title,
          origin: schedule.origin,
          priority: programme.priority,
          trigger: 'schedule' as const,
          start,
          effectiveStart: start,
          endsAt,
          reason:
            state.airings.of(occurrenceId, output.id)?.state === 'done' ? ('done' as const) : ('too-late' as const),
        }))
    : []

export const explain = (given: PlanState, output: OutputSpec, now: WallMs): Explanation => {
  const state = turned(given, output, now)
  const claims = claimsAt(state, output, now)
  const hindered = claims.map((claim) => ({ claim, hindrance: hindrance(state, output, claim, now) }))
  const owners = ownersOf(hindered.filter((one) => one.hindrance === null).map(({ claim }) => claim))
  const { main, over, barred } = owners
  const winner = bestOf(owners)
  const losers = hindered.flatMap(({ claim, hindrance: reason }) => {
    if (claim === main || claim === over) return []
    // What might have gone on below lost to what does.
    const against = claim.over === null && claim !== barred ? (main ?? barred ?? winner) : winner
    return [
      { ...viewOf(claim), reason: reason ?? (against === null ? ('later-name' as const) : lostBy(against, claim)) },
    ]
  })
  return {
    output: output.id,
    at: now,
    winner: winner === null ? null : viewOf(winner),
    below: over === null || main === null ? null : viewOf(main),
    isSilent: winner?.isSilent === true,
    losers: [...losers, ...without(state, output, claims, now)],
    clockTrusted: state.clockTrusted,
  }
}
