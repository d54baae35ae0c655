/** What each kind of event changes. Called by the loop alone, one event at a time. */
import type { SpeechContent } from '../player/plan/schedule.ts'
import type { StageChange } from '../player/play/stage.ts'
import { OVERRIDES_MAX } from './orders.ts'
import type { FoundAlert } from './ports/alert-sound.ts'
import type { Broker, BrokerEvent } from './ports/broker.ts'
import type { FetchEvent } from './fetching.ts'
import { loudness } from './decide.ts'
import { stateMessage } from './heartbeat.ts'
import { onOwnerEnded } from './react-owner.ts'
import { endFinishedLive } from './live.ts'
import { LOCAL_TOPIC, answerOf, type LocalMessage } from './local.ts'
import type { DownlinkOf } from './protocol/downlink.ts'
import { upTopic } from './protocol/topics.ts'
import { airingsAfterBoot } from './orders.ts'
import { takeUp, type Recalled } from './recall.ts'
import { LEVEL_RAMP_MS } from './levels.ts'
import type { Received, Right } from './receive.ts'
import type { Reporter } from './reporter.ts'
import { isSlow, type SlowEvent } from './slow-lane.ts'
import type { World } from './world.ts'

/** `decide`: what should play may have changed. */
export type Reaction = { decide: boolean; stop: string | null; heartbeat: boolean }

const NOTHING: Reaction = { decide: false, stop: null, heartbeat: false }
const DECIDE: Reaction = { ...NOTHING, decide: true }

const onHealth = ({ alarms, log }: World, { output, health }: Extract<StageChange, { kind: 'health' }>) => {
  alarms.clear('output-absent', output)
  alarms.clear('output-restarting', output)
  const detail = health.fault === null ? health.state : `${health.fault.code}: ${health.fault.detail}`
  if (health.state === 'absent') alarms.raise('output-absent', output, detail)
  if (health.state === 'restarting') alarms.raise('output-restarting', output, detail)
  log.info({ output, state: health.state, fault: health.fault }, 'output health')
}

const onEnded = (world: World, change: Extract<StageChange, { kind: 'ended' }>) => {
  const { alarms, log } = world
  const { output, programmeId } = change.play.slot
  const subject = `${output} ${programmeId}`
  alarms.clear('relay-degraded', subject)
  if (change.play.slot.trigger === 'owner') onOwnerEnded(world, change)
  else if (change.ended === 'failed') alarms.raise('play-failed', subject, change.detail ?? 'failed')
  if (change.ended === 'finished') alarms.clear('play-failed', subject)
  log[loudness(change.play.slot)](
    { output, programmeId, ended: change.ended, heardMs: change.heardMs, detail: change.detail },
    'ended',
  )
}

const FIRST_SOURCE = '1'

const heardName = (source: string | null): string => {
  if (source === null) return 'silence'
  return source === 'fallback' ? 'the fallback' : `source ${source}`
}

const onSource = ({ alarms, log }: World, { play, source, reason }: Extract<StageChange, { kind: 'source' }>) => {
  const subject = `${play.slot.output} ${play.slot.programmeId}`
  // What is heard instead may change while it is degraded: the detail is of now.
  alarms.clear('relay-degraded', subject)
  if (source !== FIRST_SOURCE)
    alarms.raise('relay-degraded', subject, `${heardName(source)} is heard; ${reason ?? 'nothing is known of why'}`)
  log.info({ output: play.slot.output, programmeId: play.slot.programmeId, source, reason }, 'source')
}

export const reactToStage = (world: World, change: StageChange): Reaction => {
  world.records.apply(change)
  switch (change.kind) {
    case 'health':
      onHealth(world, change)
      return DECIDE
    case 'ended':
      onEnded(world, change)
      endFinishedLive(world, change)
      return DECIDE
    case 'started': {
      const { output, programmeId } = change.play.slot
      world.log[loudness(change.play.slot)]({ output, programmeId, lateMs: change.at - change.play.dueAt }, 'started')
      return DECIDE
    }
    case 'source':
      onSource(world, change)
      return NOTHING
    case 'heard':
      return NOTHING
  }
}

const obeyCommand = (world: World, { body }: DownlinkOf<'command'>, right: Right): Reaction => {
  switch (body.action) {
    case 'set-volume':
      world.level.set(body.outputs ?? null, { gainDb: body.gainDb, ...right })
      world.levelRampMs = LEVEL_RAMP_MS
      return { ...DECIDE, heartbeat: true }
    case 'mute':
    case 'unmute':
      world.level.mute(body.outputs ?? null, body.action === 'mute')
      return { ...DECIDE, heartbeat: true }
    case 'report':
      return { ...NOTHING, heartbeat: true }
    case 'restart':
      return { ...NOTHING, stop: 'restart commanded' }
    case 'play':
    case 'mobilise':
    case 'release':
    case 'withdraw':
      return DECIDE
  }
}

const reactToReceived = (world: World, reporter: Reporter, received: Received): Reaction => {
  if (received.kind === 'nothing') return NOTHING
  if (received.kind === 'refused') {
    const { reason, detail, claimed } = received.refusal
    world.log.warn({ reason, detail, issuer: claimed.issuer, messageId: claimed.messageId }, 'message refused')
    return NOTHING
  }
  const { message, right, taken, tell } = received
  world.log.info(
    { kind: message.kind, issuer: message.issuer, messageId: message.messageId, taken: taken.kind },
    'message accepted',
  )
  if (message.kind === 'receipt') reporter.receipt(message.body.epoch, message.body.position)
  if (taken.kind === 'manifest') {
    const wanted = world.mediaStore.want(taken.media)
    if (wanted.kind === 'too-many') world.alarms.raise('media-quota', 'manifest', `more than ${wanted.filesMax} files`)
    if (wanted.kind === 'too-large')
      world.alarms.raise('media-quota', wanted.sha256, `${wanted.bytes} bytes, quota ${wanted.quotaBytes}`)
    world.fetching.hope()
  }
  world.afterwards.push(tell)
  if (message.kind === 'command') return obeyCommand(world, message, right)
  return message.kind === 'receipt' ? NOTHING : DECIDE
}

const reactToRecalled = (world: World, recalled: Recalled): Reaction => {
  const detail = takeUp(world, recalled)
  world.lane.tookUp()
  const { messageId } = recalled.row
  if (detail !== null) {
    world.log.warn({ messageId, detail }, 'stored message does not verify, dropped')
  } else if (recalled.kind === 'right' && recalled.translated !== null) {
    const before = world.airingsBefore
    const now = airingsAfterBoot(before, [recalled.translated.compiled])
    world.records.recall(now.filter((airing, index) => airing !== before[index]))
  }
  if (!world.lane.isRecalling()) world.airingsBefore = []
  return DECIDE
}

/** What the lane beside the loop has made ready. */
export const reactToSlow = (world: World, reporter: Reporter, event: SlowEvent): Reaction => {
  if (event.kind === 'broken') throw new Error('the lane beside the loop has failed', { cause: event.error })
  const reaction =
    event.kind === 'recalled'
      ? reactToRecalled(world, event.recalled)
      : reactToReceived(world, reporter, world.receive.obey(event.prepared))
  world.afterwards.push(world.lane.goOn)
  return reaction
}

/** Told as if the broker had brought it, and answered to whoever gave it. */
export const reactToLocal = async (
  world: World,
  reporter: Reporter,
  { token, answer }: LocalMessage,
): Promise<Reaction> => {
  const received = await world.receive.now({ kind: 'message', topic: LOCAL_TOPIC, payload: token, retained: false })
  const reaction = reactToReceived(world, reporter, received)
  answer(answerOf(received))
  return reaction
}

export const birth = (world: World, broker: Broker) => {
  const { device, area } = world.identity
  const payload = JSON.stringify(stateMessage(world, 'birth'))
  broker.publish(upTopic('state', device, area), payload, { qos: 1, retain: true }).catch((error: unknown) => {
    world.log.warn({ error: error instanceof Error ? error.message : String(error) }, 'birth message not delivered')
  })
}

export const reactToBroker = async (
  world: World,
  broker: Broker,
  reporter: Reporter,
  event: BrokerEvent,
): Promise<Reaction> => {
  switch (event.kind) {
    case 'connected':
      world.connection += 1
      world.log.info({ protocolVersion: event.protocolVersion, connection: world.connection }, 'connected')
      birth(world, broker)
      reporter.connected()
      world.fetching.hope()
      return { ...DECIDE, heartbeat: true }
    case 'disconnected':
      world.log.warn({ detail: event.detail }, 'disconnected')
      reporter.disconnected()
      return NOTHING
    case 'message':
    case 'oversized':
      if (!isSlow(event)) return reactToReceived(world, reporter, await world.receive.now(event))
      if (!world.lane.put(event))
        world.alarms.raise('overloaded', 'lane', 'a schedule or manifest was dropped: more came than could be read')
      return NOTHING
  }
}

/** A CAP document that lay in a folder or stood in a feed. */
export const reactToFound = ({ alarms, alerting, orders, log }: World, found: FoundAlert): Reaction => {
  const { source } = found
  if (orders.overrides().length >= OVERRIDES_MAX) {
    log.warn({ source }, 'found alert passed over: too many orders are in force')
    return NOTHING
  }
  const taken = alerting.takeFound(found)
  switch (taken.kind) {
    case 'refused':
      // A document, not the source: it stands until the source gives one that can be read.
      alarms.raise('alert-source', `${source} CAP`, taken.detail)
      log.warn({ source, detail: taken.detail }, 'found alert refused')
      return NOTHING
    case 'passed-over':
      log.info({ source, reason: taken.reason }, 'found alert passed over')
      // It may have ended another one.
      return DECIDE
    case 'announced':
      alarms.clear('alert-source', `${source} CAP`)
      log.info({ source, title: taken.title, faults: taken.faults }, 'found alert announced')
      return DECIDE
  }
}

export const reactToAlertSounds = ({ alerting, measuring }: World, key: string): Reaction => {
  measuring.look()
  return alerting.soundsReady(key) ? DECIDE : NOTHING
}

export const reactToFetch = (world: World, event: FetchEvent): Reaction => {
  world.fetching.apply(event)
  if (event.kind === 'fetch-again') return DECIDE
  const { sha256, outcome } = event
  const name = world.mediaStore.get(sha256)?.name ?? sha256
  switch (outcome.kind) {
    case 'ready':
      world.alarms.clear('media-failed', sha256)
      world.measuring.look()
      break
    case 'interrupted':
      break
    case 'refused':
      world.alarms.raise('media-failed', sha256, `${name}: ${outcome.error}`)
  }
  world.log.info(
    { sha256, name, outcome: outcome.kind, error: 'error' in outcome ? outcome.error : undefined },
    'fetched',
  )
  return DECIDE
}

/** An order that could only wait for its words begins with them, not in their middle. */
export const reactToSpoken = ({ orders, clock }: World, content: SpeechContent): boolean => {
  orders.beginSpoken(content, clock.wall())
  return true
}
