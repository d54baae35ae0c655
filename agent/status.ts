/** What the agent tells the person in front of the box; see config/status.ts for the shape. */
import type { AgentStatus } from '../config/status.ts'
import { formatUtc, type WallMs } from '../player/plan/time.ts'
import type { Playing } from '../player/play/stage.ts'
import { amplifiersReport, nextDue, onAir, outputReport } from './heartbeat.ts'
import type { HeldSchedule } from './schedules.ts'
import type { BrokerState } from './ports/broker.ts'
import { PROTOCOL_VERSION } from './protocol/fields.ts'
import { soundReport, type MixerOf } from './sound-health.ts'
import type { World } from './world.ts'

const pendingReason = ({ mediaStore }: World, { files }: HeldSchedule): string => {
  const rows = files.map((sha256) => mediaStore.get(sha256))
  const missing = rows.filter((row) => row?.state !== 'ready').length
  const unnamed = rows.filter((row) => row === null).length
  return `${missing} of ${files.length} files are not here yet, ${unnamed} of them in no manifest`
}

const scheduleStatus = (
  world: World,
  held: HeldSchedule,
  state: 'pending' | 'current',
): AgentStatus['schedules'][number] => {
  const { scheduleId, revision, origin } = held.compiled.schedule
  const reason = state === 'pending' ? pendingReason(world, held) : null
  return { issuer: origin.issuer, target: held.target, scheduleId, revision, state, reason }
}

const playingStatus = ({ play: { slot }, heardMs }: Playing) => ({
  programmeId: slot.programmeId,
  title: slot.title,
  priority: slot.priority,
  heardMs: Math.round(heardMs),
})

export const agentStatus = (
  world: World,
  { broker, startedAt, mixerOf }: { broker: BrokerState; startedAt: WallMs; mixerOf: MixerOf },
): AgentStatus => {
  const { identity, clock, floor, orders, mediaStore, store, alarms, stage, measuring } = world
  const usage = mediaStore.usage()
  const now = clock.wall()
  return {
    version: 1,
    device: identity.device,
    area: identity.area,
    at: formatUtc(now),
    uptimeMs: Math.max(0, now - startedAt),
    versions: { agent: identity.version, node: process.version, protocol: PROTOCOL_VERSION },
    clock: { trust: clock.trust(), floor: formatUtc(floor.at()) },
    broker,
    outputs: stage.outputs().map((staged) => {
      const { playing, over } = onAir(staged)
      return {
        ...outputReport(world, staged),
        ...soundReport(world, staged.output, mixerOf),
        playing: playing === null ? null : playingStatus(playing),
        ...(over === null ? {} : { over: playingStatus(over) }),
      }
    }),
    ...amplifiersReport(world),
    next: nextDue(world),
    schedules: [
      ...orders.current().map((held) => scheduleStatus(world, held, 'current')),
      ...orders.pending().map((held) => scheduleStatus(world, held, 'pending')),
    ],
    cache: {
      readyFiles: usage.readyCount,
      readyBytes: usage.readyBytes,
      wantedFiles: mediaStore.wanted().length,
      partialBytes: usage.partialBytes,
      quotaBytes: usage.quotaBytes,
    },
    levelling: measuring.backlog(),
    outbox: { waiting: store.outboxSize() },
    alarms: alarms
      .raised()
      .map(({ code, subject, detail, since }) => ({ code, subject, detail, since: formatUtc(since) })),
  }
}
