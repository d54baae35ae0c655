/** From what is held and the moment to what is done: the plan, the steps, and the one place that executes them. */
import { plan } from '../player/plan/plan.ts'
import type { PlanState, Slot } from '../player/plan/slot.ts'
import { LEAD_MS, stepsTowards, type Step, type Steps } from '../player/plan/steps.ts'
import { addMs, type WallMs } from '../player/plan/time.ts'
import type { Moment } from './began.ts'
import type { HeldSchedule } from './orders.ts'
import { openedRecord } from './records.ts'
import type { World } from './world.ts'

/** The loop turns at least this often, so that the supervisor can tell a wait from a hang, and a stepped clock is seen. */
export const TURN_MS_MAX = 5_000

const moment = ({ clock }: World): Moment => ({ wall: clock.wall(), elapsed: clock.elapsed() })

const planState = (world: World): PlanState => ({
  outputs: world.specs,
  schedules: world.orders.current().map(({ compiled }) => compiled),
  overrides: [...world.orders.overrides(), ...world.owner.overrides(moment(world))],
  airings: world.records.airings(),
  clockTrusted: world.clock.trust() !== 'unsynced',
  playable: ({ content }) => !('sha256' in content) || world.readyMedia.source(content.sha256) !== null,
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

const play = (world: World, { output, slot, dueAt, offsetMs, lengthMs }: Steps['play']) => {
  const medium = world.specs.find(({ id }) => id === output)?.medium ?? 'sound'
  const started = { playId: world.newId(), slot, dueAt, offsetMs, lengthMs }
  const { clock, formatLocal, identity } = world
  // Committed before the first sample: whatever happens from here, the record says that it was begun.
  world.records.open(openedRecord(started, { device: identity.device, trust: clock.trust(), formatLocal, medium }))
  world.stage.play(started)
  const { programmeId, itemIndex, priority } = slot
  world.log[loudness(slot)](
    { output, programmeId, itemIndex, priority, dueInMs: dueAt - clock.wall(), offsetMs },
    'play',
  )
}

const stop = (world: World, { output, playId, fadeMs, reason }: Steps['stop']) => {
  world.stage.stop(output, playId, fadeMs, reason)
  world.log.info({ output, reason }, 'stop')
}

const execute = (world: World, step: Step) => {
  switch (step.action) {
    case 'play':
      play(world, step)
      break
    case 'stop':
      stop(world, step)
      break
  }
}

/** Does what is due, and returns the moment at which something will be, as a delay. */
export const decide = (world: World): number => {
  const now = world.clock.wall()
  for (const messageId of world.orders.endOverrides(now)) world.store.drop(messageId)
  for (const held of world.orders.promotable(world.mediaStore.get, now)) promote(world, held)
  world.latestPlan = plan(planState(world), now)
  for (const step of stepsTowards(world.latestPlan, world.stage.views(), now)) execute(world, step)
  world.ownerRecords.settle(world.stage.views())
  return Math.min(delayUntil(world.latestPlan.askAgainAt, now), world.stage.retryInMs() ?? TURN_MS_MAX)
}

/** A change is looked at twice: when it is handed over, and when it is due. */
const delayUntil = (at: WallMs, now: WallMs): number => {
  const handedOverAt = addMs(at, -LEAD_MS)
  return Math.max(1, Math.min(TURN_MS_MAX, (handedOverAt > now ? handedOverAt : at) - now))
}
