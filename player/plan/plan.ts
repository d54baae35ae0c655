/** What should be on every output now, what comes next, and when to ask again. Pure: same state and moment, same plan. */
import { alertGroups, claimsAt, PAGE_MS, precedence, silencedBy, turnTakers, type Claim } from './candidates.ts'
import { evolved, evolveOutput, turned } from './evolve.ts'
import { LANES, type Lanes, ownersOf } from './lanes.ts'
import type { LanePlan, OutputPlan, OutputSpec, Plan, PlanState, SilencedBy, Slot, Wanted } from './slot.ts'
import { LEAD_MS } from './steps.ts'
import { addMs, wallMs, type WallMs } from './time.ts'
import { entryAt } from './track.ts'
import { nextTurnAt, NO_TURNS, turnsKey } from './turns.ts'
import { ceilingAt, nextChange, priorityDb } from './volume.ts'

/** How far ahead a change is looked for. The loop asks again at the latest then. */
export const HORIZON_MS = 60_000

/**
 * The level over the output's trim: of the programme, its priority and what was ordered, as far as the hour leaves it. An order
 * that turned the box down was not meant for the siren.
 */
const levelOf = (state: PlanState, claim: Claim, output: OutputSpec, now: WallMs): Pick<Slot, 'gainDb' | 'clamp'> => {
  const ceiling = ceilingAt(state.volume, { output: output.id, priority: claim.priority }, now)
  const trimDb = state.trimDb(output.id)
  const orderedDb = state.levelDb(output.id, { priority: claim.priority, authorityArea: claim.origin.authorityArea })
  const outputDb = claim.priority === 'alert' ? Math.max(trimDb, orderedDb) : orderedDb
  const askedDb = claim.gainDb + priorityDb(state.volume, { output: output.id, priority: claim.priority }) + outputDb
  if (ceiling === null || askedDb <= ceiling.ceilingDb) return { gainDb: askedDb - trimDb, clamp: null }
  return { gainDb: ceiling.ceilingDb - trimDb, clamp: { askedDb, ceilingDb: ceiling.ceilingDb } }
}

const slotOf = (state: PlanState, claim: Claim, output: OutputSpec, now: WallMs): Wanted => {
  const hold: Wanted = { kind: 'hold', occurrenceId: claim.occurrenceId }
  if (claim.isSilent) return hold
  const sinceStart = now - claim.effectiveStart
  const round = claim.roundMs === null ? 0 : Math.floor(sinceStart / claim.roundMs)
  const roundStart = addMs(claim.effectiveStart, claim.roundMs === null ? 0 : round * claim.roundMs)
  const entry = entryAt(claim.track, now - roundStart)
  if (entry === null) return hold
  const startsAt = addMs(roundStart, entry.startsAtMs)
  const endsAt = wallMs(Math.min(startsAt + entry.lengthMs, claim.endsAt))
  if (now >= endsAt) return hold
  const place = `${claim.firstRound + round}.${entry.index}.${entry.startsAtMs}`
  const slot: Slot = {
    slotId: `${claim.occurrenceId}#${place}:${JSON.stringify(entry.item.content)}`,
    output: output.id,
    occurrenceId: claim.occurrenceId,
    programmeId: claim.programmeId,
    title: claim.title,
    origin: claim.origin,
    trigger: claim.trigger,
    revision: claim.revision,
    priority: claim.priority,
    whenInterrupted: claim.whenInterrupted,
    itemIndex: entry.index,
    item: entry.item,
    effectiveStart: claim.effectiveStart,
    plannedStart: addMs(claim.start, startsAt - claim.effectiveStart),
    startsAt,
    endsAt,
    trackOffsetMs: entry.startsAtMs,
    over: claim.over,
    ...levelOf(state, claim, output, now),
  }
  return { kind: 'slot', slot }
}

type Playable = Pick<Claim, 'over' | 'trigger'> & { claim: Claim; wanted: Wanted }
type Found = { wanted: Lanes<Wanted>; claims: readonly Claim[] }

/** Best first; what the hour silences or has no file is passed by, and only what is taken is looked at. */
function* playableAt(state: PlanState, output: OutputSpec, claims: readonly Claim[], now: WallMs): Generator<Playable> {
  for (const claim of claims) {
    if (silencedBy(state, output, claim.priority, now) !== null) continue
    const wanted = slotOf(state, claim, output, now)
    if (wanted.kind === 'slot' && !state.playable(wanted.slot.item, wanted.slot.slotId)) continue
    yield { claim, wanted, over: claim.over, trigger: claim.trigger }
  }
}

/** What would be spoken over this, were it not lower, is not wanted: it is held, as by the pause of an alert. */
const unspoken = (
  main: Playable | null,
  claims: readonly Claim[],
  silenced: (claim: Claim) => SilencedBy | null,
): Wanted => {
  const [lost] = claims.filter(({ over }) => over !== null)
  const because = lost === undefined ? null : silenced(lost)
  if (main === null || lost === undefined || because !== null || precedence(main.claim, lost) > 0)
    return { kind: 'nothing', because }
  return { kind: 'hold', occurrenceId: main.claim.occurrenceId }
}

const look = (state: PlanState, output: OutputSpec, now: WallMs): Found => {
  const claims = claimsAt(state, output, now)
  const { main, over, barred } = ownersOf(playableAt(state, output, claims, now))
  const silenced = ({ priority }: Claim) => silencedBy(state, output, priority, now)
  const because = () => claims.map(silenced).find((one) => one !== null) ?? null
  const below: Wanted =
    over !== null && barred !== null
      ? { kind: 'hold', occurrenceId: over.claim.occurrenceId }
      : { kind: 'nothing', because: because() }
  return { wanted: { main: main?.wanted ?? below, over: over?.wanted ?? unspoken(main, claims, silenced) }, claims }
}

/** What the best claims whose items at this moment can be played want. A missing file never silences what stands below it. */
export const lanesAt = (state: PlanState, output: OutputSpec, now: WallMs): Lanes<Wanted> =>
  look(turned(state, output, now), output, now).wanted

/** What is on, whatever is spoken over it. */
export const wantedAt = (...asked: Parameters<typeof lanesAt>): Wanted => lanesAt(...asked).main

/** When the turn among alerts passes on. */
const turnMoments = (state: PlanState, output: OutputSpec, now: WallMs): WallMs[] =>
  alertGroups(state, output, now).flatMap((group) => {
    if (output.medium === 'picture') {
      if (group.alerts.length < 2) return []
      const epoch = Math.max(...group.alerts.map(({ override }) => override.startsAt))
      return [wallMs(epoch + (Math.floor((now - epoch) / PAGE_MS) + 1) * PAGE_MS)]
    }
    const turns = state.turns.get(turnsKey(output.id, group.priority)) ?? NO_TURNS
    return nextTurnAt(turns, turnTakers(group)) ?? []
  })

/** The first moment in (now, horizon] at which what is wanted could change; null: none. */
const momentAfter = (
  state: PlanState,
  output: OutputSpec,
  { claims, wanted }: Found,
  now: WallMs,
  horizon: WallMs,
): WallMs | null => {
  let first = Number.POSITIVE_INFINITY
  const add = (moment: number) => {
    if (moment > now && moment <= horizon && moment < first) first = moment
  }
  for (const lane of LANES) {
    const one = wanted[lane]
    if (one.kind === 'slot') add(one.slot.endsAt)
  }
  for (const claim of claims) {
    add(claim.endsAt)
    if (claim.isSilent) continue
    const round = claim.roundMs === null ? 0 : Math.floor((now - claim.effectiveStart) / claim.roundMs)
    const roundStart = claim.effectiveStart + (claim.roundMs === null ? 0 : round * claim.roundMs)
    if (claim.roundMs !== null) add(roundStart + claim.roundMs)
    const entry = entryAt(claim.track, now - roundStart)
    if (entry !== null) add(roundStart + entry.startsAtMs + entry.lengthMs)
  }
  for (const override of state.overrides) {
    add(override.startsAt)
    add(override.until)
  }
  for (const moment of turnMoments(state, output, now)) add(moment)
  add(nextChange(state.volume, output.id, now, horizon) ?? Number.POSITIVE_INFINITY)
  if (state.clockTrusted)
    for (const { schedule, agenda } of state.schedules) {
      add(schedule.validFrom)
      add(schedule.validUntil)
      const [next] = agenda.startingIn(addMs(now, 1), wallMs(Math.min(horizon + 1, first)))
      if (next !== undefined) add(next.start)
    }
  return Number.isFinite(first) ? wallMs(first) : null
}

export const sameWanted = (a: Wanted, b: Wanted): boolean => {
  if (a.kind === 'slot' && b.kind === 'slot') return a.slot.slotId === b.slot.slotId
  if (a.kind === 'hold' && b.kind === 'hold') return a.occurrenceId === b.occurrenceId
  return a.kind === b.kind
}

/** Changes of mind looked at ahead, per output: a minute has no more that matter. */
const MOMENTS_MAX = 200

const planOutput = (given: PlanState, output: OutputSpec, now: WallMs): OutputPlan => {
  const state = turned(given, output, now)
  const found = look(state, output, now)
  const horizon = addMs(now, HORIZON_MS)
  const levelChangesAt = nextChange(state.volume, output.id, now, horizon)
  const changes: Lanes<LanePlan['next']> = { main: null, over: null }
  let until = horizon
  let ahead = { state, found, at: now }
  for (let looked = 0; looked < MOMENTS_MAX; looked += 1) {
    const at = momentAfter(ahead.state, output, ahead.found, ahead.at, until)
    if (at === null) break
    const then = evolved(ahead.state, evolveOutput(ahead.state, output, { from: ahead.at, to: at }))
    const next = look(then, output, at)
    for (const lane of LANES) {
      if (changes[lane] !== null || sameWanted(found.wanted[lane], next.wanted[lane])) continue
      changes[lane] = { at, wanted: next.wanted[lane] }
      // The next question is asked then; what changes soon after in the other lane must be known in time all the same.
      until = wallMs(Math.min(until, at + LEAD_MS))
    }
    if (changes.main !== null && (changes.over !== null || output.medium === 'picture')) break
    ahead = { state: then, found: next, at }
  }
  const lane = (name: keyof Lanes<Wanted>): LanePlan => ({ now: found.wanted[name], next: changes[name] })
  return { output: output.id, main: lane('main'), over: lane('over'), levelChangesAt }
}

export const plan = (state: PlanState, now: WallMs): Plan => {
  const outputs = state.outputs.map((output) => planOutput(state, output, now))
  const changes = outputs.flatMap(({ main, over, levelChangesAt }) => [
    ...[main, over].flatMap(({ next }) => (next === null ? [] : [next.at])),
    ...(levelChangesAt === null ? [] : [levelChangesAt]),
  ])
  return { outputs, askAgainAt: wallMs(Math.min(now + HORIZON_MS, ...changes)) }
}
