/**
 * The loop of the agent. Everything that happens comes through one bounded inbox; this loop alone changes anything, and
 * what it does is decided by pure functions of what it holds and of the moment. The supervisor is fed by its turns.
 */
import { heldBy } from '../player/plan/steps.ts'
import type { Timer } from '../player/ports/clock.ts'
import { decide } from './decide.ts'
import { heartbeat } from './heartbeat.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { BUSY } from './local.ts'
import type { Broker } from './ports/broker.ts'
import { upTopic } from './protocol/topics.ts'
import { reactToOwner } from './react-owner.ts'
import {
  reactToAlertSounds,
  reactToBroker,
  reactToFetch,
  reactToFound,
  reactToLocal,
  reactToSlow,
  reactToSpoken,
  reactToStage,
  type Reaction,
} from './react.ts'
import { inOrderOfRecall, recall, takeUp } from './recall.ts'
import { closeWhatPowerCut } from './records.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { breathe } from './slices.ts'
import { createWorld, type AgentEvent, type AgentNeeds, type World } from './world.ts'

/** What is past keeping is dropped this often. */
const PRUNE_MS = 3_600_000

export type Agent = {
  /** Every callback of every driver ends here. Messages of a broker are dropped, and counted, when the inbox is full. */
  post: (event: AgentEvent) => void
  /** Takes up what the store holds. Nothing of the network is needed. */
  boot: () => Promise<void>
  /** Runs until told to stop; ends the outputs and closes their records; resolves with the reason. */
  run: (broker: Broker) => Promise<string>
  world: World
}

const sendHeartbeat = (world: World, broker: Broker, vitals: Parameters<typeof heartbeat>[1]) => {
  const { device, area } = world.identity
  const payload = JSON.stringify(heartbeat(world, vitals, broker.state()))
  // A heartbeat that does not get through is not kept: the next one says more.
  broker.publish(upTopic('heartbeat', device, area), payload, { qos: 0, retain: false }).catch(() => undefined)
}

const react = async (world: World, broker: Broker, reporter: Reporter, event: AgentEvent): Promise<Reaction> => {
  const nothing: Reaction = { decide: false, stop: null, heartbeat: false }
  switch (event.kind) {
    case 'broker':
      return reactToBroker(world, broker, reporter, event.event)
    case 'local':
      return reactToLocal(world, reporter, event.message)
    case 'output': {
      world.timing.apply(event.event, world.clock.wall())
      const change = world.stage.apply(event.event)
      return change === null ? nothing : reactToStage(world, change)
    }
    case 'amplifier':
      world.amplifiers.apply(event.event)
      return nothing
    case 'ear':
      world.hearing.apply(event.event)
      return nothing
    case 'wake':
      return { ...nothing, decide: true }
    case 'heartbeat':
      if (broker.state().connected) sendHeartbeat(world, broker, event.vitals)
      return nothing
    case 'fetch':
      return reactToFetch(world, event.event)
    case 'measure':
      world.measuring.apply(event.event)
      world.measuring.next(world.orders.needed())
      return nothing
    case 'report':
      reporter.apply(event.event)
      return nothing
    case 'owner-content':
      return { ...nothing, decide: reactToOwner(world, event.content) }
    case 'slow':
      return reactToSlow(world, reporter, event.event)
    case 'fault':
      world.alarms.raise(event.code, event.subject, event.detail)
      world.log.error({ code: event.code, subject: event.subject, detail: event.detail }, 'fault')
      return nothing
    case 'alert-sounds':
      return reactToAlertSounds(world, event.key)
    case 'spoken-item':
      return { ...nothing, decide: reactToSpoken(world, event.content) }
    case 'alert-found':
      return reactToFound(world, event.found)
    case 'mended':
      world.alarms.clear(event.code, event.subject)
      return nothing
    case 'stop':
      return { ...nothing, stop: event.reason }
  }
}

/** What an output still has to say of a play that was ended is waited for this long; then its record stays open. */
const LAST_WORDS_MS = 3_000

/** Ends what plays, and closes its records by what the outputs still confirm. */
const endOutputs = async ({ stage, records, ownerRecords, log, clock }: World, inbox: Inbox<AgentEvent>) => {
  for (const [output, view] of stage.views())
    for (const { playId } of heldBy(view)) stage.stop(output, playId, 0, 'shutdown')
  const closed = Promise.all(stage.outputs().map(({ output }) => output.close()))
  const isOver = () => [...stage.views().values()].every((view) => heldBy(view).length === 0)
  const deadline = new Promise<null>((resolve) => clock.after('last words', LAST_WORDS_MS, () => resolve(null)))
  while (!isOver()) {
    const event = await Promise.race([inbox.take(), deadline])
    if (event === null) break
    const change = event.kind === 'output' ? stage.apply(event.event) : null
    if (change === null) continue
    records.apply(change)
    if (change.kind === 'ended')
      log.info({ output: change.play.slot.output, ended: change.ended, heardMs: change.heardMs }, 'ended')
  }
  records.settle(true)
  ownerRecords.settle(stage.views())
  await closed
}

export const createAgent = (needs: AgentNeeds): Agent => {
  const inbox = createInbox<AgentEvent>()
  let dropped = 0
  const post = (event: AgentEvent) => {
    const isMessage = event.kind === 'broker' && (event.event.kind === 'message' || event.event.kind === 'oversized')
    if (inbox.put(event, !isMessage && event.kind !== 'local')) return
    dropped += 1
    if (event.kind === 'local') event.message.answer(BUSY)
  }
  const world = createWorld(needs, post)
  const { clock, store, log } = world
  const recallNeeds = { ...world, listener: world.identity }
  let turn: Timer | null = null
  let pulse: Timer | null = null
  let prunedAt = clock.elapsed()

  const askForHeartbeat = () => {
    needs.vitals.read().then(
      (vitals) => post({ kind: 'heartbeat', vitals }),
      (error: unknown) => log.warn({ error: error instanceof Error ? error.message : String(error) }, 'vitals unread'),
    )
  }
  const armPulse = () => {
    pulse = clock.after('heartbeat', needs.heartbeatMs, () => {
      askForHeartbeat()
      armPulse()
    })
  }
  const armTurn = (delayMs: number) => {
    turn?.cancel()
    turn = clock.after('turn', delayMs, () => post({ kind: 'wake' }))
  }

  const housekeep = () => {
    world.records.settle(false)
    world.floor.raise(clock)
    const unsynced = clock.trust() === 'unsynced'
    if (unsynced) world.alarms.raise('clock-unsynced', 'clock', 'nothing has set the clock since boot: programmes wait')
    else world.alarms.clear('clock-unsynced', 'clock')
    if (dropped > 0)
      world.alarms.raise('overloaded', 'inbox', `${dropped} messages dropped: more came than could be read`)
    const diskFault = store.diskFault()
    if (diskFault === null) world.alarms.clear('store-failed', 'state')
    else world.alarms.raise('store-failed', 'state', `${diskFault}: what is due is played without a record`)
    if (store.outboxDropped() > 0)
      world.alarms.raise(
        'records-dropped',
        'outbox',
        `${store.outboxDropped()} messages dropped: nobody took them for too long`,
      )
    if (clock.elapsed() - prunedAt < PRUNE_MS) return
    prunedAt = clock.elapsed()
    store.prune(clock.wall())
    world.lane.lookAhead()
    world.records.prune(clock.wall())
  }

  const boot = async () => {
    const cut = closeWhatPowerCut(store)
    const rows = inOrderOfRecall(store.messages())
    for (const row of rows.now) {
      const detail = takeUp(world, await recall(recallNeeds, row, breathe))
      if (detail !== null) log.warn({ messageId: row.messageId, detail }, 'stored message does not verify, dropped')
    }
    const airings = store.airings()
    world.records.recall(airings)
    world.airingsBefore = airings
    world.lane.recall(rows.later)
    log.info({ orders: rows.now.length, schedules: rows.later.length, recordsCut: cut }, 'booted')
  }

  const run = async (broker: Broker): Promise<string> => {
    const reporter = createReporter({
      store,
      broker,
      clock,
      topicOf: (kind) => upTopic(kind, world.identity.device, world.identity.area),
      post: (event) => post({ kind: 'report', event }),
    })
    armTurn(decide(world))
    armPulse()
    world.watchdog.ready()
    let stop: string | null = null
    while (stop === null) {
      const reaction = await react(world, broker, reporter, await inbox.take())
      if (reaction.decide) armTurn(decide(world))
      for (const task of world.afterwards.splice(0)) task()
      if (reaction.heartbeat) askForHeartbeat()
      housekeep()
      if (reaction.decide) {
        const needed = world.orders.needed()
        world.fetching.next(needed)
        world.measuring.next(needed)
      }
      reporter.pump()
      world.watchdog.progress()
      stop = reaction.stop
    }
    turn?.cancel()
    pulse?.cancel()
    reporter.disconnected()
    world.lane.close()
    world.watchdog.stopping()
    await endOutputs(world, inbox)
    await world.amplifiers.close()
    world.alertSounds.close()
    world.spokenItems.close()
    await world.fetching.close()
    await world.measuring.close()
    return stop
  }
  return { post, boot, run, world }
}
