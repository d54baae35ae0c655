/** From what is held and the moment to what is done: the plan, the steps, and the one place that executes them. */
import { evolve, type Missed } from '../player/plan/evolve.ts'
import { plan } from '../player/plan/plan.ts'
import { LANES } from '../player/plan/lanes.ts'
import type { PlanState, Slot } from '../player/plan/slot.ts'
import { LEAD_MS, stepsTowards, type Step, type Steps } from '../player/plan/steps.ts'
import { addMs, type WallMs } from '../player/plan/time.ts'
import type { Moment } from './began.ts'
import { lookAtClock, shiftTurns } from './calendar.ts'
import { levellingOf, rideOf } from './levelling.ts'
import { MISSED_MAX, reasonOf, recordMissed } from './missed.ts'
import { openedRecord } from './records.ts'
import type { HeldSchedule } from './schedules.ts'
import type { World } from './world.ts'

/** The loop turns at least this often, so that the supervisor can tell a wait from a hang, and a stepped clock is seen. */
export const TURN_MS_MAX = 5_000

const moment = ({ clock }: World): Moment => ({ wall: clock.wall(), elapsed: clock.elapsed() })

/** What is too much for one turn goes on in the next, after whatever came in meanwhile. */
const LOOK_ON_MS = 1

export const planState = (world: World): PlanState => ({
  outputs: world.specs,
  schedules: world.orders.current().map(({ compiled }) => compiled),
  overrides: [...world.orders.overrides(), ...world.owner.overrides(moment(world))],
  airings: world.records.airings(),
  turns: world.turns,
  clockTrusted: world.clock.trust() !== 'unsynced',
  playable: ({ content }) => {
    if (content.kind !== 'speech' && !('sha256' in content)) return true
    const sha256 = content.kind === 'speech' ? world.spokenFile(content) : content.sha256
    return sha256 !== null && world.readyMedia.source(sha256) !== null
  },
  volume: world.volume,
  levelDb: world.level.for,
  trimDb: world.level.trimOf,
  isMuted: world.level.isMuted,
})

const promote = ({ store, orders, acknowledge, log, afterwards }: World, held: HeldSchedule) => {
  store.promote(held.messageId)
  orders.promote(held)
  const { scheduleId, revision, origin } = held.compiled.schedule
  log.info({ scheduleId, revision, issuer: origin.issuer }, 'schedule is current')
  const { messageId } = held
  const told = { messageId, messageHash: null, issuer: origin.issuer, kind: 'schedule', sequence: null }
  afterwards.push(() => acknowledge.tell({ ...told, outcome: 'current', reason: null, detail: null }))
}

/** The next of ten thousand slides a day is no news. */
export const loudness = ({ trigger }: Slot): 'debug' | 'info' => (trigger === 'owner' ? 'debug' : 'info')

/** As its file was measured, or as its stream is to be ridden. */
const levelled = ({ mediaStore, loudness }: World, slot: Slot) => {
  const { content } = slot.item
  const measured = 'sha256' in content ? (mediaStore.loudness(content.sha256)?.loudness ?? null) : null
  return { levellingDb: levellingOf(slot, measured, loudness), ride: rideOf(slot, loudness) }
}

const play = (world: World, { output, slot, dueAt, offsetMs, lengthMs }: Steps['play']) => {
  const medium = world.specs.find(({ id }) => id === output)?.medium ?? 'sound'
  const started = { playId: world.newId(), slot, dueAt, offsetMs, lengthMs, ...levelled(world, slot) }
  const { clock, formatLocal, identity, spokenFile } = world
  const belowPlay = slot.over === null ? null : (world.stage.views().get(output)?.main.current?.playId ?? null)
  const below = belowPlay === null ? null : (world.ownerRecords.recordIdOf(belowPlay) ?? belowPlay)
  // Committed before the first sample: whatever happens from here, the record says that it was begun.
  world.records.open(
    openedRecord(started, { device: identity.device, trust: clock.trust(), formatLocal, medium, spokenFile, below }),
  )
  world.stage.play(started)
  const { programmeId, itemIndex, priority } = slot
  world.log[loudness(slot)](
    {
      output,
      programmeId,
      itemIndex,
      priority,
      dueInMs: dueAt - clock.wall(),
      offsetMs,
      levellingDb: started.levellingDb,
    },
    'play',
  )
}

const stop = (world: World, { output, playId, fadeMs, reason }: Steps['stop']) => {
  world.stage.stop(output, playId, fadeMs, reason)
  world.log.info({ output, reason }, 'stop')
}

const setLevel = (world: World, { output, playId, gainDb, isHeard }: Steps['level']) => {
  world.stage.setGain(output, playId, gainDb, isHeard ? (world.levelRampMs ?? world.fadeMs) : 0)
  world.log.info({ output, gainDb }, 'level')
}

const execute = (world: World, step: Step) => {
  switch (step.action) {
    case 'play':
      play(world, step)
      break
    case 'stop':
      stop(world, step)
      break
    case 'level':
      setLevel(world, step)
      break
  }
}

/** The calendar was set: what is on goes on by the time that passes, what was about to come is planned anew. */
const followClock = (world: World, movedMs: number) => {
  world.log.warn({ movedMs }, 'the clock was set')
  world.records.shift(movedMs, (occurrenceId) =>
    world.orders
      .current()
      .some(({ compiled }) => compiled.agenda.find(occurrenceId)?.programme.whenInterrupted === 'rejoin'),
  )
  world.orders.shift(movedMs)
  world.turns = shiftTurns(world.turns, movedMs)
  for (const [output, view] of world.stage.views())
    for (const { pending } of LANES.map((lane) => view[lane]))
      if (pending !== null) world.stage.stop(output, pending.playId, 0, 'clock-set')
}

/** What was over before its schedule was here was not missed by this box. */
const wasPromised = (world: World, { occurrence }: Missed): boolean => {
  const held = world.orders.current().find(({ compiled }) => compiled.schedule === occurrence.schedule)
  return held !== undefined && occurrence.endsAt > held.receivedAt
}

const tellMissed = (world: World, state: PlanState, all: readonly Missed[]) => {
  const missed = all.filter((one) => wasPromised(world, one))
  const views = world.stage.views()
  const { bootedAt, clock, formatLocal, identity, newId, store } = world
  const { trustedSince, lastStep } = world.calendar
  const isReady = (output: string) => views.get(output)?.ready === true
  for (const one of missed.slice(0, MISSED_MAX)) {
    const reason = reasonOf(one, state, { bootedAt, trustedSince, lastStep, isReady })
    recordMissed(store, one, reason, { device: identity.device, trust: clock.trust(), formatLocal, newId })
    world.log.warn({ output: one.output.id, occurrenceId: one.occurrence.occurrenceId, reason }, 'missed')
  }
  if (missed.length > MISSED_MAX)
    world.log.error({ missed: missed.length, recorded: MISSED_MAX }, 'too many airings were missed to record each')
}

/** What time alone has changed since the last turn is noted, before anything is decided by it. */
const settle = (world: World, now: WallMs) => {
  const state = planState(world)
  const { calendar, records } = world
  const evolution = evolve(state, { from: state.clockTrusted ? calendar.settledUntil : now, to: now })
  world.turns = new Map([...world.turns, ...evolution.turns])
  // By a clock that is not believed nothing is over, nor before the schedules are there by which it was to be.
  if (!state.clockTrusted || world.lane.isRecalling()) return
  for (const airing of evolution.airings) {
    const found = state.schedules.map(({ agenda }) => agenda.find(airing.occurrenceId)).find((one) => one !== null)
    records.note(airing, found?.endsAt ?? now)
  }
  calendar.settledUntil = now
  tellMissed(world, state, evolution.missed)
}

/** Does what is due, and returns the moment at which something will be, as a delay. */
export const decide = (world: World): number => {
  const now = world.clock.wall()
  const movedMs = lookAtClock(world.calendar, world.clock)
  if (movedMs !== 0) followClock(world, movedMs)
  for (const messageId of world.orders.endOverrides(now)) world.store.drop(messageId)
  const promotable = world.orders.promotable(world.mediaStore.get, now)
  for (const held of promotable.held) promote(world, held)
  world.spokenItems.look(
    {
      schedules: [...world.orders.current(), ...world.orders.pending()].map(({ compiled }) => compiled),
      overrides: world.orders.overrides(),
    },
    now,
  )
  settle(world, now)
  world.latestPlan = plan(planState(world), now)
  // Before the plays: an alert and its amplifier are ordered in the same turn.
  const powerInMs = world.amplifiers.follow(world.latestPlan, world.stage.views())
  for (const step of stepsTowards(world.latestPlan, world.stage.views(), now)) execute(world, step)
  world.levelRampMs = null
  world.ownerRecords.settle(world.stage.views())
  const retryInMs = promotable.goesOn ? LOOK_ON_MS : (world.stage.retryInMs() ?? TURN_MS_MAX)
  return Math.min(delayUntil(world.latestPlan.askAgainAt, now), retryInMs, powerInMs ?? TURN_MS_MAX)
}

/** A change is looked at twice: when it is handed over, and when it is due. */
const delayUntil = (at: WallMs, now: WallMs): number => {
  const handedOverAt = addMs(at, -LEAD_MS)
  return Math.max(1, Math.min(TURN_MS_MAX, (handedOverAt > now ? handedOverAt : at) - now))
}
