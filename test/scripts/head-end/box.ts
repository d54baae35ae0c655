/** A box as the head-end sees it: writes uplinks with positions and chained records. Knows nothing of the head-end. */
import { randomUUID } from 'node:crypto'
import { CHAIN_START, seal, type ChainLink } from '../../../agent/protocol/chain.ts'
import { upTopic } from '../../../agent/protocol/topics.ts'
import type {
  AcknowledgementMessage,
  AlarmMessage,
  AsRunRecord,
  HeartbeatMessage,
  RecordMessage,
  StateMessage,
} from '../../../agent/protocol/uplink.ts'

export const AREA = 'vn/08/02215'
export const BOX_AREA = `${AREA}/thon-5`

export type Wire<M> = { topic: string; message: M }

const OUTPUTS: StateMessage['outputs'] = [
  { id: 'loa', medium: 'sound' },
  { id: 'bang', medium: 'picture' },
]

/** `2026-11-21T05:30:00.000+07:00` of a moment. */
export const offsetText = (at: number): string => new Date(at + 7 * 3_600_000).toISOString().replace('Z', '+07:00')

export type Played = {
  programmeId: string
  plannedStart: number
  lateMs?: number | null
  heardMs?: number
  output?: string
  issuer?: string
  title?: string
  ended?: AsRunRecord['ended']
  itemIndex?: number
  trigger?: AsRunRecord['trigger']
  clockTrust?: AsRunRecord['clockTrust']
  heard?: AsRunRecord['heard']
}

export const makeBox = (device = 'loa-02215-05') => {
  const epoch = randomUUID()
  const bootId = randomUUID()
  let position = 0
  let link: ChainLink = CHAIN_START
  const reliable = () => ({ version: 1 as const, device, epoch, position: ++position })

  const record = (played: Played): AsRunRecord => {
    const { programmeId, plannedStart, lateMs = 12, heardMs = 60_000 } = played
    const sealed = seal({
      recordId: randomUUID(),
      device,
      sequence: link.sequence + 1,
      previousHash: link.hash,
      output: played.output ?? 'loa',
      programmeId,
      title: played.title ?? `Chương trình ${programmeId}`,
      ...(played.heard === undefined ? {} : { heard: played.heard }),
      occurrenceId: `xa-02215:s:${programmeId}@${plannedStart}`,
      issuer: played.issuer ?? 'xa-02215',
      priority: 'normal',
      itemIndex: played.itemIndex ?? 0,
      contentKind: 'sound',
      mediaHashes: ['ab'.repeat(32)],
      plannedStart: offsetText(plannedStart),
      actualStart: lateMs === null ? null : offsetText(plannedStart + lateMs),
      offsetMs: 0,
      heardMs: lateMs === null ? 0 : heardMs,
      ended: played.ended ?? 'finished',
      endedDetail: null,
      trigger: played.trigger ?? { kind: 'schedule', sourceId: 'schedule:xa-02215:area:vn/08/02215', revision: 1 },
      gainDb: 0,
      clockTrust: played.clockTrust ?? 'synced',
      confirmedBy: 'card',
    })
    link = { sequence: sealed.sequence, hash: sealed.hash }
    return sealed
  }

  return {
    device,
    epoch,
    bootId,
    record,
    chain: (): ChainLink => link,
    /** The next message carries the position after this one. */
    skipTo: (next: number) => {
      position = next - 1
    },
    recordMessage: (sealed: AsRunRecord): Wire<RecordMessage> => ({
      topic: upTopic('record', device, BOX_AREA),
      message: { ...reliable(), record: sealed },
    }),
    alarm: (state: AlarmMessage['state'], alarmId: string): Wire<AlarmMessage> => ({
      topic: upTopic('alarm', device, BOX_AREA),
      message: {
        ...reliable(),
        alarmId,
        at: '2026-11-21T05:00:00Z',
        state,
        code: 'device-missing',
        subject: 'loa',
        detail: 'no sound card',
      },
    }),
    acknowledgement: (parts: Partial<AcknowledgementMessage>): Wire<AcknowledgementMessage> => ({
      topic: upTopic('acknowledgement', device, BOX_AREA),
      message: {
        ...reliable(),
        at: '2026-11-21T05:00:00Z',
        messageId: null,
        messageHash: null,
        issuer: null,
        kind: null,
        sequence: null,
        outcome: 'refused',
        reason: 'malformed',
        detail: null,
        ...parts,
      },
    }),
    state: (parts: Partial<StateMessage> = {}): Wire<StateMessage> => ({
      topic: upTopic('state', device, BOX_AREA),
      message: {
        version: 1,
        device,
        area: BOX_AREA,
        groups: ['cho'],
        state: 'online',
        cause: 'birth',
        bootId,
        connection: 1,
        at: '2026-11-21T05:00:00Z',
        agentVersion: '0.1.0',
        outputs: OUTPUTS,
        ...parts,
      },
    }),
    heartbeat: (parts: Partial<HeartbeatMessage> = {}): Wire<HeartbeatMessage> => ({
      topic: upTopic('heartbeat', device, BOX_AREA),
      message: {
        version: 1,
        device,
        bootId,
        at: '2026-11-21T05:00:00Z',
        clock: { trust: 'synced', floor: '2026-11-21T04:59:00Z' },
        outputs: [],
        next: null,
        schedules: [],
        cache: { readyFiles: 3, readyBytes: 1000, wantedFiles: 1, partialBytes: 0, quotaBytes: 1_000_000 },
        outbox: { waiting: 0 },
        machine: {
          uptimeMs: 1,
          cpuLoad1: 0.1,
          memoryTotalBytes: 1,
          memoryAvailableBytes: 1,
          diskTotalBytes: null,
          diskFreeBytes: null,
          temperatureC: null,
        },
        faults: [],
        versions: { agent: '0.1.0', node: '20', protocol: 1 },
        ...parts,
      },
    }),
  }
}
export type Box = ReturnType<typeof makeBox>
