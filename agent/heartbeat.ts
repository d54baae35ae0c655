/** How the box is, as the head-end and `loa status` are told. Facts only: what an output confirmed, what a store holds. */
import { formatUtc } from '../player/plan/time.ts'
import type { Lanes } from '../player/plan/lanes.ts'
import type { OnStage, Playing } from '../player/play/stage.ts'
import type { Output } from '../player/ports/output.ts'
import { rounded, type LastHeard } from './hearing.ts'
import type { BrokerState } from './ports/broker.ts'
import type { Vitals } from './ports/vitals.ts'
import { PROTOCOL_VERSION } from './protocol/fields.ts'
import type { HeartbeatMessage, StateMessage } from './protocol/uplink.ts'
import type { HeldSchedule } from './schedules.ts'
import type { World } from './world.ts'

const roundDb = (gainDb: number): number => Math.round(gainDb * 10) / 10

const heardReport = (last: LastHeard | null) =>
  last === null
    ? null
    : {
        verdict: last.verdict,
        levelDb: rounded(last.levelDb),
        delayMs: rounded(last.delayMs),
        confidence: last.confidence,
        at: formatUtc(last.at),
      }

const playingReport = ({ play, heardMs, lateMs }: Playing, { ownerRecords }: Pick<World, 'ownerRecords'>) => ({
  recordId: ownerRecords.recordIdOf(play.playId) ?? play.playId,
  programmeId: play.slot.programmeId,
  title: play.slot.title,
  itemIndex: play.slot.itemIndex,
  heardMs: Math.round(heardMs),
  ...(lateMs === null ? {} : { lateMs: Math.round(lateMs * 100) / 100 }),
})

/** What is on; what is spoken over nothing is that. */
export const onAir = ({ main, over }: Lanes<Playing | null>): { playing: Playing | null; over: Playing | null } =>
  main === null ? { playing: over, over: null } : { playing: main, over }

/** Asked of the output itself: the lane knows its health as of the last event, and a card that ran dry is none. */
const underrunsReport = (output: Output): Pick<HeartbeatMessage['outputs'][number], 'underruns'> => {
  const { underruns } = output.health()
  if (underruns === undefined) return {}
  const { count, cause, at } = underruns
  return { underruns: { count, cause, ...(at === null ? {} : { at: formatUtc(at) }) } }
}

/** Of one output, all but what plays. */
export const outputReport = ({ level, ears, hearing }: World, { output, health }: OnStage) => ({
  id: output.id,
  medium: output.medium,
  state: health.state,
  engine: health.engine.slice(0, 100),
  restarts: health.restarts,
  fault: health.fault === null ? null : { code: health.fault.code, detail: health.fault.detail.slice(0, 500) },
  gainDb: roundDb(level.of(output.id)),
  ...(level.isMuted(output.id) ? { muted: true } : {}),
  ...underrunsReport(output),
  ...(ears.some((ear) => ear.output === output.id) ? { heard: heardReport(hearing.last(output.id)) } : {}),
})

const outputsReport = (world: World): HeartbeatMessage['outputs'] =>
  world.stage.outputs().map((staged) => {
    const { playing, over } = onAir(staged)
    return {
      ...outputReport(world, staged),
      playing: playing === null ? null : playingReport(playing, world),
      ...(over === null ? {} : { over: playingReport(over, world) }),
    }
  })

export const nextDue = ({ latestPlan }: World): HeartbeatMessage['next'] => {
  const coming = latestPlan.outputs
    .flatMap(({ main, over }) => [main, over])
    .flatMap(({ next }) => (next?.wanted.kind === 'slot' ? [{ at: next.at, slot: next.wanted.slot }] : []))
    .sort((a, b) => a.at - b.at)[0]
  return coming === undefined
    ? null
    : { programmeId: coming.slot.programmeId, title: coming.slot.title, start: formatUtc(coming.at) }
}

const scheduleOf =
  (state: 'pending' | 'current') =>
  ({ compiled: { schedule }, target }: HeldSchedule): HeartbeatMessage['schedules'][number] => ({
    issuer: schedule.origin.issuer,
    target,
    scheduleId: schedule.scheduleId,
    revision: schedule.revision,
    state,
  })

/** A box that has none says nothing of them. */
export const amplifiersReport = ({ amplifiers }: World): Pick<HeartbeatMessage, 'amplifiers'> => {
  const report = amplifiers.report()
  return report.length === 0 ? {} : { amplifiers: report }
}

const chainOf = (store: World['store']): Pick<HeartbeatMessage, 'chain'> => {
  const last = store.recentAsRuns(1)[0]
  return last === undefined ? {} : { chain: { epoch: store.epoch(), sequence: last.sequence, hash: last.hash } }
}

export const heartbeat = (world: World, vitals: Vitals, broker: BrokerState): HeartbeatMessage => {
  const { identity, clock, floor, orders, mediaStore, store, alarms } = world
  const usage = mediaStore.usage()
  return {
    version: PROTOCOL_VERSION,
    device: identity.device,
    bootId: identity.bootId,
    at: formatUtc(clock.wall()),
    clock: { trust: clock.trust(), floor: formatUtc(floor.at()) },
    outputs: outputsReport(world),
    ...amplifiersReport(world),
    next: nextDue(world),
    schedules: [...orders.current().map(scheduleOf('current')), ...orders.pending().map(scheduleOf('pending'))],
    cache: {
      readyFiles: usage.readyCount,
      readyBytes: usage.readyBytes,
      wantedFiles: mediaStore.wanted().length,
      partialBytes: usage.partialBytes,
      quotaBytes: usage.quotaBytes,
    },
    outbox: { waiting: store.outboxSize(), dropped: store.outboxDropped() },
    ...chainOf(store),
    ...(broker.protocolVersion === null
      ? {}
      : { link: { protocolVersion: broker.protocolVersion, reconnects: broker.reconnects } }),
    machine: vitals,
    faults: alarms
      .raised()
      .map(({ code, subject, detail, since }) => ({ code, subject, detail, since: formatUtc(since) })),
    versions: { agent: identity.version, node: process.version, protocol: PROTOCOL_VERSION },
  }
}

/** Birth on every connection; the will that the broker keeps; the farewell of an orderly stop. */
export const stateMessage = (world: World, cause: StateMessage['cause']): StateMessage => ({
  version: PROTOCOL_VERSION,
  device: world.identity.device,
  area: world.identity.area,
  groups: [...world.identity.groups],
  state: cause === 'birth' ? 'online' : 'offline',
  cause,
  bootId: world.identity.bootId,
  connection: world.connection,
  at: formatUtc(world.clock.wall()),
  clockTrust: world.clock.trust(),
  agentVersion: world.identity.version,
  outputs: [...world.specs],
})
