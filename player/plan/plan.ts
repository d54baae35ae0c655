/** What should be on every output now, what comes next, and when to ask again. Pure: same state and moment, same plan. */
import { claimsAt, type Claim } from './candidates.ts'
import type { OutputPlan, OutputSpec, Plan, PlanState, Slot, Wanted } from './slot.ts'
import { addMs, wallMs, type WallMs } from './time.ts'

/** How far ahead a change is looked for. The loop asks again at the latest then. */
export const HORIZON_MS = 60_000

const slotOf = (claim: Claim, output: OutputSpec, now: WallMs): Wanted => {
  const sinceStart = now - claim.effectiveStart
  const round = claim.roundMs === null ? 0 : Math.floor(sinceStart / claim.roundMs)
  const roundStart = addMs(claim.effectiveStart, claim.roundMs === null ? 0 : round * claim.roundMs)
  let trackOffsetMs = 0
  for (const { item, index } of claim.track) {
    const startsAt = addMs(roundStart, trackOffsetMs)
    const endsAt = wallMs(Math.min(startsAt + item.durationMs, claim.endsAt))
    if (now < endsAt) {
      const slot: Slot = {
        slotId: `${claim.occurrenceId}#${round}.${index}:${JSON.stringify(item.content)}`,
        output: output.id,
        occurrenceId: claim.occurrenceId,
        programmeId: claim.programmeId,
        title: claim.title,
        origin: claim.origin,
        trigger: claim.trigger,
        revision: claim.revision,
        priority: claim.priority,
        whenInterrupted: claim.whenInterrupted,
        itemIndex: index,
        item,
        effectiveStart: claim.effectiveStart,
        plannedStart: addMs(claim.start, startsAt - claim.effectiveStart),
        startsAt,
        endsAt,
        trackOffsetMs,
        gainDb: claim.gainDb,
      }
      return { kind: 'slot', slot }
    }
    trackOffsetMs += item.durationMs
  }
  return { kind: 'hold', occurrenceId: claim.occurrenceId }
}

/** The best claim whose item at this moment can be played. A missing file never silences what stands below it. */
export const wantedAt = (state: PlanState, output: OutputSpec, now: WallMs): Wanted => {
  for (const claim of claimsAt(state, output, now)) {
    const wanted = slotOf(claim, output, now)
    if (wanted.kind !== 'slot' || state.playable(wanted.slot.item, wanted.slot.slotId)) return wanted
  }
  return { kind: 'nothing' }
}

/** Every moment in (now, horizon] at which what is wanted could change, ascending. */
const momentsAfter = (state: PlanState, output: OutputSpec, now: WallMs): WallMs[] => {
  const horizon = addMs(now, HORIZON_MS)
  const moments = new Set<number>()
  const add = (moment: number) => {
    if (moment > now && moment <= horizon) moments.add(moment)
  }
  for (const claim of claimsAt(state, output, now)) {
    add(claim.endsAt)
    const wanted = slotOf(claim, output, now)
    if (wanted.kind === 'slot') add(wanted.slot.endsAt)
    if (claim.roundMs !== null) {
      const rounds = Math.floor((now - claim.effectiveStart) / claim.roundMs) + 1
      add(claim.effectiveStart + rounds * claim.roundMs)
    }
  }
  for (const override of state.overrides) add(override.startsAt)
  if (state.clockTrusted)
    for (const { schedule, programmes } of state.schedules) {
      add(schedule.validFrom)
      add(schedule.validUntil)
      for (const { starts } of programmes) for (const start of starts(addMs(now, 1), addMs(horizon, 1))) add(start)
    }
  return [...moments].sort((a, b) => a - b).map(wallMs)
}

export const sameWanted = (a: Wanted, b: Wanted): boolean => {
  if (a.kind === 'slot' && b.kind === 'slot') return a.slot.slotId === b.slot.slotId
  if (a.kind === 'hold' && b.kind === 'hold') return a.occurrenceId === b.occurrenceId
  return a.kind === b.kind
}

const planOutput = (state: PlanState, output: OutputSpec, now: WallMs): OutputPlan => {
  const current = wantedAt(state, output, now)
  for (const at of momentsAfter(state, output, now)) {
    const wanted = wantedAt(state, output, at)
    if (!sameWanted(current, wanted)) return { output: output.id, now: current, next: { at, wanted } }
  }
  return { output: output.id, now: current, next: null }
}

export const plan = (state: PlanState, now: WallMs): Plan => {
  const outputs = state.outputs.map((output) => planOutput(state, output, now))
  const changes = outputs.flatMap(({ next }) => (next === null ? [] : [next.at]))
  return { outputs, askAgainAt: wallMs(Math.min(now + HORIZON_MS, ...changes)) }
}
