/** One complete message of each kind that a box tells, and a chain of three records that anyone can recompute. */
import { FIRST_PREVIOUS_HASH, seal, type UnhashedRecord } from '../../agent/protocol/chain.ts'
import type {
  AcknowledgementMessage,
  AlarmMessage,
  AsRunRecord,
  HeartbeatMessage,
  RecordMessage,
  StateMessage,
  UplinkKind,
} from '../../agent/protocol/uplink.ts'
import type { Example } from './downlink-examples.ts'
import { AREA, BOOT, BOX_AREA, DEVICE, EPOCH, exampleUuid, fileHash, GROUPS, ISSUER } from './example-names.ts'

type Uplink = StateMessage | HeartbeatMessage | RecordMessage | AlarmMessage | AcknowledgementMessage

const SOURCE = `schedule:area:${AREA}`
const reliable = (position: number) => ({ version: 1 as const, device: DEVICE, epoch: EPOCH, position })

type Part = Partial<UnhashedRecord> & Pick<UnhashedRecord, 'plannedStart' | 'actualStart' | 'heardMs' | 'ended'>

const bulletin = (part: Part): Omit<UnhashedRecord, 'sequence' | 'previousHash'> => ({
  recordId: exampleUuid(`record ${part.plannedStart} ${part.offsetMs ?? 0}`),
  device: DEVICE,
  output: 'horn',
  programmeId: 'ban-tin-sang',
  title: 'Bản tin sáng của xã',
  occurrenceId: `${ISSUER}:lich-phat-2026-48:ban-tin-sang@20261122T223000Z`,
  issuer: ISSUER,
  priority: 'normal',
  itemIndex: 0,
  contentKind: 'sound',
  mediaHashes: [fileHash('ban-tin-sang.opus')],
  offsetMs: 0,
  endedDetail: null,
  trigger: { kind: 'schedule', sourceId: SOURCE, revision: 3 },
  gainDb: -3,
  clockTrust: 'synced',
  confirmedBy: 'card',
  ...part,
})

/** The jingle; the bulletin until an alert takes the horn; and the rest of it, in which the power fails. */
const records = [
  bulletin({
    recordId: exampleUuid('record jingle'),
    part: 'chime',
    mediaHashes: [fileHash('nhac-hieu.opus')],
    plannedStart: '2026-11-23T05:30:00.000+07:00',
    actualStart: '2026-11-23T05:30:00.004+07:00',
    heardMs: 12_000,
    ended: 'finished',
  }),
  bulletin({
    plannedStart: '2026-11-23T05:30:12.000+07:00',
    actualStart: '2026-11-23T05:30:12.003+07:00',
    heardMs: 181_460,
    levellingDb: 3.4,
    timing: { meanMs: 0.12, worstMs: 0.41 },
    ended: 'pre-empted',
    endedDetail: 'alert lu-quet-2026-11-23-00',
  }),
  bulletin({
    plannedStart: '2026-11-23T05:30:12.000+07:00',
    actualStart: '2026-11-23T05:36:02.118+07:00',
    offsetMs: 181_460,
    heardMs: 77_000,
    levellingDb: 3.4,
    ended: 'power-lost',
    endedDetail: 'found open at boot; heard at least this long',
    clockTrust: 'holdover',
  }),
]

export const chainExample: AsRunRecord[] = records.reduce<AsRunRecord[]>((chain, record) => {
  const last = chain.at(-1)
  const sealed = seal({
    ...record,
    sequence: (last?.sequence ?? 0) + 1,
    previousHash: last?.hash ?? FIRST_PREVIOUS_HASH,
  })
  return [...chain, sealed]
}, [])

const newest = (): AsRunRecord => {
  const record = chainExample.at(-1)
  if (record === undefined) throw new Error('the example chain is empty')
  return record
}

type Played = Partial<UnhashedRecord> & Pick<UnhashedRecord, 'recordId'>

/** Links of another day, of which only themselves are shown: where they stand in the chain is beside the point. */
const later = (sequence: number, played: Played): AsRunRecord =>
  seal({
    ...bulletin({
      plannedStart: '2026-11-23T06:00:00.000+07:00',
      actualStart: '2026-11-23T06:00:00.002+07:00',
      heardMs: 1_800_000,
      ended: 'finished',
    }),
    sequence,
    previousHash: fileHash(`record ${sequence - 1}`),
    ...played,
  })

const relayed = later(61, {
  recordId: exampleUuid('record relay'),
  programmeId: 'tiep-song-vov1',
  title: 'Tiếp sóng thời sự VOV1',
  occurrenceId: `${ISSUER}:lich-phat-2026-48:tiep-song-vov1@20261122T230000Z`,
  priority: 'priority',
  contentKind: 'stream',
  mediaHashes: [fileHash('nhac-hieu.opus')],
  gainDb: -12,
  clamp: { askedDb: 0, ceilingDb: -12 },
  relay: [
    { source: '1', heardMs: 1_207_500 },
    { source: 'fallback', heardMs: 31_000 },
    { source: '2', heardMs: 561_500 },
  ],
})

const unheard = later(64, {
  recordId: exampleUuid('record not heard'),
  heard: { verdict: 'not-heard', levelDb: null, delayMs: null, confidence: 0.81, looks: 1_764 },
  timing: { meanMs: 0.12, worstMs: 0.41 },
})

const missed = later(62, {
  recordId: exampleUuid('record missed'),
  actualStart: null,
  heardMs: 0,
  ended: 'missed',
  endedDetail: 'the box was off',
})

const siren = later(63, {
  recordId: exampleUuid('record siren'),
  programmeId: 'alert:lu-quet-2026-11-23-01',
  title: 'Lũ quét đang về suối Nậm Pàn',
  occurrenceId: 'alert:lu-quet-2026-11-23-01',
  priority: 'alert',
  part: 'siren',
  mediaHashes: [fileHash('coi-bao-dong.wav')],
  heardMs: 8_000,
  gainDb: 0,
  trigger: { kind: 'alert', sourceId: exampleUuid('alert'), revision: null },
})

const spokenOver = later(65, {
  recordId: exampleUuid('record over'),
  programmeId: 'bao-gio',
  title: 'Báo giờ',
  occurrenceId: `${ISSUER}:lich-phat-2026-48:bao-gio@20261123T043000Z`,
  priority: 'priority',
  mediaHashes: [fileHash('nhac-hieu.opus')],
  plannedStart: '2026-11-23T11:30:00.000+07:00',
  actualStart: '2026-11-23T11:30:00.003+07:00',
  heardMs: 12_000,
  gainDb: 0,
  over: { duckDb: -24, fadeMs: 500, recordId: exampleUuid('record below') },
})

const turnedDown = later(66, {
  recordId: exampleUuid('record below'),
  programmeId: 'ca-nhac-trua',
  title: 'Ca nhạc trưa',
  occurrenceId: `${ISSUER}:lich-phat-2026-48:ca-nhac-trua@20261123T040000Z`,
  itemIndex: 1,
  mediaHashes: [fileHash('xoe-thai.opus')],
  plannedStart: '2026-11-23T11:28:12.000+07:00',
  actualStart: '2026-11-23T11:28:12.002+07:00',
  heardMs: 187_000,
  turnedDown: [{ recordId: exampleUuid('record over'), fromMs: 108_001, untilMs: 120_001, duckDb: -24 }],
})

const outputs: StateMessage['outputs'] = [
  { id: 'horn', medium: 'sound' },
  { id: 'board', medium: 'picture' },
]

const online: StateMessage = {
  version: 1,
  device: DEVICE,
  area: BOX_AREA,
  groups: GROUPS,
  state: 'online',
  cause: 'birth',
  bootId: BOOT,
  connection: 3,
  at: '2026-11-22T22:41:07.512Z',
  clockTrust: 'synced',
  agentVersion: '0.1.0',
  outputs,
}

const heartbeat: HeartbeatMessage = {
  version: 1,
  device: DEVICE,
  bootId: BOOT,
  at: '2026-11-22T22:31:00.020Z',
  clock: { trust: 'synced', floor: '2026-11-22T22:30:55.000Z' },
  outputs: [
    {
      id: 'horn',
      medium: 'sound',
      state: 'ready',
      engine: 'speaker 0.5.5',
      restarts: 0,
      fault: null,
      gainDb: -6,
      muted: false,
      underruns: { count: 1, cause: 'its source gave too little', at: '2026-11-22T22:12:09.871Z' },
      heard: { verdict: 'heard', levelDb: -0.4, delayMs: 31.2, confidence: 0.97, at: '2026-11-22T22:30:44.512Z' },
      playing: {
        recordId: exampleUuid('playing now'),
        programmeId: 'ban-tin-sang',
        title: 'Bản tin sáng của xã',
        itemIndex: 0,
        heardMs: 48_016,
        lateMs: 0.08,
      },
      over: {
        recordId: exampleUuid('spoken now'),
        programmeId: `command:${exampleUuid('command-play-over')}`,
        title: 'Mời họp thôn',
        itemIndex: 1,
        heardMs: 2_040,
        lateMs: 1.4,
      },
    },
    {
      id: 'board',
      medium: 'picture',
      state: 'restarting',
      engine: 'mpv 0.35.1',
      restarts: 2,
      fault: { code: 'process-died', detail: 'mpv ended with signal SIGKILL' },
      gainDb: 0,
      playing: null,
    },
  ],
  amplifiers: [
    {
      id: 'tang-am',
      power: 'on',
      wanted: 'on',
      switchedOn: 14,
      readAt: '2026-11-22T22:30:54.310Z',
      readings: [
        { name: 'voltage', value: 24.2, unit: 'V' },
        { name: 'temperature', value: 61, unit: '°C' },
        { name: 'protection', value: 0 },
      ],
      tripped: [],
    },
  ],
  next: { programmeId: 'tiep-song-vov1', title: 'Tiếp sóng thời sự VOV1', start: '2026-11-22T23:00:00.000Z' },
  schedules: [
    { issuer: ISSUER, target: `area:${AREA}`, scheduleId: 'lich-phat-2026-48', revision: 3, state: 'current' },
    { issuer: ISSUER, target: `area:${AREA}`, scheduleId: 'lich-phat-2026-48', revision: 4, state: 'pending' },
  ],
  cache: {
    readyFiles: 41,
    readyBytes: 812_441_600,
    wantedFiles: 1,
    partialBytes: 6_291_456,
    quotaBytes: 4_000_000_000,
  },
  outbox: { waiting: 2, dropped: 0 },
  chain: { epoch: EPOCH, sequence: newest().sequence, hash: newest().hash },
  link: { protocolVersion: 5, reconnects: 2 },
  machine: {
    uptimeMs: 86_412_006,
    cpuLoad1: 0.11,
    memoryTotalBytes: 1_002_455_040,
    memoryAvailableBytes: 711_258_112,
    diskTotalBytes: 31_268_536_320,
    diskFreeBytes: 22_117_990_400,
    temperatureC: 51.5,
  },
  faults: [
    {
      code: 'process-died',
      subject: 'board',
      detail: 'mpv ended with signal SIGKILL',
      since: '2026-11-22T22:30:41.900Z',
    },
  ],
  versions: { agent: '0.1.0', node: 'v20.20.2', protocol: 1 },
}

const alarm: AlarmMessage = {
  ...reliable(1_205),
  alarmId: exampleUuid('alarm'),
  at: '2026-11-22T22:30:41.900Z',
  clockTrust: 'synced',
  state: 'raised',
  code: 'process-died',
  subject: 'board',
  detail: 'mpv ended with signal SIGKILL',
}

const accepted: AcknowledgementMessage = {
  ...reliable(1_203),
  at: '2026-11-22T09:05:02.310Z',
  clockTrust: 'synced',
  messageId: exampleUuid('schedule'),
  messageHash: fileHash('the schedule as received'),
  issuer: ISSUER,
  kind: 'schedule',
  sequence: 42,
  outcome: 'current',
  reason: null,
  detail: null,
}

/** Two bulletins of one morning want the same horn. */
const clashing: AcknowledgementMessage = {
  ...accepted,
  ...reliable(1_202),
  at: '2026-11-22T09:05:01.004Z',
  outcome: 'accepted',
  overlaps: {
    count: 6,
    first: [
      { output: 'horn', at: '2026-11-22T22:38:00.000Z', plays: 'tiep-song-vov1', waits: 'ban-tin-sang' },
      { output: 'horn', at: '2026-11-24T22:38:00.000Z', plays: 'tiep-song-vov1', waits: 'ban-tin-sang' },
    ],
  },
}

const refused: AcknowledgementMessage = {
  ...reliable(1_206),
  at: '2026-11-22T22:35:10.007Z',
  clockTrust: 'unsynced',
  messageId: null,
  messageHash: fileHash('a forged message'),
  issuer: null,
  kind: null,
  sequence: null,
  outcome: 'refused',
  reason: 'unknown-key',
  detail: 'the delegation is not signed by the root of this box',
}

/** The first of each kind is the complete one. */
export const uplinkExamples: Record<UplinkKind, Example<Uplink>[]> = {
  state: [
    { name: 'state', summary: 'Birth, on every connection.', payload: online },
    {
      name: 'state-will',
      summary: 'What the broker publishes when the line of that connection breaks.',
      payload: { ...online, state: 'offline', cause: 'will' },
    },
  ],
  heartbeat: [
    { name: 'heartbeat', summary: 'A bulletin plays, and the board is being restarted.', payload: heartbeat },
  ],
  record: [
    {
      name: 'record',
      summary: 'The last of the chain of three in `as-run-chain.json`.',
      payload: { ...reliable(1_204), record: newest() },
    },
    {
      name: 'record-relay',
      summary:
        'A relay that lost its first source for a while, at an hour in which less was allowed than was asked for.',
      payload: { ...reliable(1_207), record: relayed },
    },
    {
      name: 'record-not-heard',
      summary: 'A bulletin that the card played and the street did not hear: the horn is dead.',
      payload: { ...reliable(1_210), record: unheard },
    },
    {
      name: 'record-missed',
      summary: 'An airing that never began.',
      payload: { ...reliable(1_208), record: missed },
    },
    {
      name: 'record-siren',
      summary: 'The siren of an alert.',
      payload: { ...reliable(1_209), record: siren },
    },
    {
      name: 'record-over',
      summary: 'A time signal over the music at noon.',
      payload: { ...reliable(1_211), record: spokenOver },
    },
    {
      name: 'record-turned-down',
      summary: 'The piece of music that went on below it.',
      payload: { ...reliable(1_212), record: turnedDown },
    },
  ],
  alarm: [{ name: 'alarm', summary: 'The process of the board died.', payload: alarm }],
  acknowledgement: [
    { name: 'acknowledgement', summary: 'A schedule is in force.', payload: accepted },
    {
      name: 'acknowledgement-overlaps',
      summary: 'A schedule was accepted, but programmes of it clash.',
      payload: clashing,
    },
    {
      name: 'acknowledgement-refused',
      summary: 'A forged message, of which nothing can be believed.',
      payload: refused,
    },
  ],
}
