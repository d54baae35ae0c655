/**
 * What a box tells. Plain JSON over mutual TLS; `record`, `alarm` and `acknowledgement` are reliable: they carry a position
 * in the box's outbox and are sent again until a `receipt` covers them. The receiver counts each id once.
 */
import { type Static, Type } from '@sinclair/typebox'
import {
  AreaPath,
  DateTime,
  DeviceId,
  GroupId,
  Id,
  Line,
  OutputName,
  Sha256,
  Uuid,
  Version,
  closed,
  literals,
} from './fields.ts'

/** A head-end may refuse more unread: the largest heartbeat that these schemas allow is well below it. */
export const UPLINK_BYTES_MAX = 1_000_000

export const REFUSAL_REASONS = [
  'too-large',
  'malformed',
  'unknown-key',
  'bad-signature',
  'not-its-area',
  'wrong-kind',
  'above-its-priority',
  'expired',
  'replayed',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

const ClockTrustName = literals(['unsynced', 'holdover', 'synced'], 'How far the clock of the box may be believed.')
const MediumName = literals(['sound', 'picture'], 'What the output does.')
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 in lower-case hex.' })
const OffsetDateTime = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}[+-]\\d{2}:\\d{2}$',
  description: 'Local date and time with milliseconds and the UTC offset.',
})
const HeardMs = Type.Integer({ minimum: 0, description: 'Milliseconds by the elapsed clock, as the output confirmed.' })
const FaultText = closed(
  { code: Type.String({ maxLength: 64 }), detail: Type.String({ maxLength: 500 }) },
  'What is wrong.',
)

const Count = Type.Integer({ minimum: 0 })
const NumberOrNull = Type.Union([Type.Number(), Type.Null()])
const HeardFields = {
  verdict: literals(
    ['heard', 'not-heard', 'unsure'],
    'Whether the capture held what was played. unsure: noise, or too little to compare.',
  ),
  levelDb: Type.Union([Type.Number(), Type.Null()], {
    description: 'Against the calibrated gain, or against what was sent where nothing was calibrated.',
  }),
  delayMs: Type.Union([Type.Number(), Type.Null()], { description: 'From the horn to the capture source.' }),
  confidence: Type.Number({ minimum: 0, maximum: 1, description: 'Of the verdict.' }),
}

export const AsRunRecord = closed(
  {
    recordId: Uuid,
    device: DeviceId,
    sequence: Type.Integer({ minimum: 1, description: 'Place in the chain of this box, without gaps.' }),
    previousHash: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'hash of the record before; 64 zeros in the first.',
    }),
    output: OutputName,
    programmeId: Id,
    title: Line,
    occurrenceId: Type.String({ maxLength: 300, description: 'One planned airing of a programme.' }),
    issuer: Id,
    priority: Type.String({ maxLength: 20 }),
    itemIndex: Type.Integer({ minimum: 0 }),
    part: Type.Optional(
      literals(['siren', 'speech', 'resource', 'chime', 'identity'], 'What it was beside an item of the programme.'),
    ),
    contentKind: literals(['sound', 'stream', 'speech', 'still', 'video', 'text'], 'What was played.'),
    mediaHashes: Type.Array(Sha256, { maxItems: 10 }),
    plannedStart: OffsetDateTime,
    actualStart: Type.Union([OffsetDateTime, Type.Null()], { description: 'Null: nothing was heard or seen.' }),
    offsetMs: Type.Integer({ minimum: 0, description: 'Position in the item at which it was started.' }),
    heardMs: HeardMs,
    ended: literals(
      ['finished', 'pre-empted', 'stopped', 'failed', 'power-lost', 'missed'],
      'finished: to its planned end. pre-empted: something higher took the output. stopped: called off. failed: a fault. power-lost: found open at boot. missed: a whole airing that never began; endedDetail says why.',
    ),
    endedDetail: Type.Union([Type.String({ maxLength: 500 }), Type.Null()]),
    trigger: closed(
      {
        kind: literals(['schedule', 'alert', 'live', 'command', 'owner'], 'What made it play.'),
        sourceId: Type.String({ maxLength: 500 }),
        revision: Type.Union([Type.Integer(), Type.Null()], { description: 'Revision of the schedule.' }),
      },
      'What made it play.',
    ),
    gainDb: Type.Number({
      description:
        'Level at which it began, in decibels over the level of the output in its settings: of the programme, its priority and the ordered level of the output, within what the hour allows.',
    }),
    levellingDb: Type.Optional(
      Type.Number({
        description:
          'What brought the file to the loudness of its kind, in decibels, beside gainDb. Absent: it was played as recorded (not measured, silent, a siren, a stream).',
      }),
    ),
    over: Type.Optional(
      closed(
        {
          duckDb: Type.Number(),
          fadeMs: Type.Integer({ minimum: 0 }),
          recordId: Type.Union([Uuid, Type.Null()], { description: 'Null: nothing was on when it was ordered.' }),
        },
        'It was spoken over the airing of that record, which went on below, turned down by so much.',
      ),
    ),
    turnedDown: Type.Optional(
      Type.Array(
        closed(
          {
            recordId: Uuid,
            fromMs: Type.Integer({ minimum: 0, description: 'After actualStart.' }),
            untilMs: Type.Integer({ minimum: 0, description: 'After actualStart.' }),
            duckDb: Type.Number(),
          },
          'The airing of that record was spoken over it.',
        ),
        { minItems: 1, maxItems: 20, description: 'While something was spoken over it, in order; the first of them.' },
      ),
    ),
    clamp: Type.Optional(
      closed(
        { askedDb: Type.Number(), ceilingDb: Type.Number() },
        'The box allowed less at this hour than was asked for, level of the output included.',
      ),
    ),
    relay: Type.Optional(
      Type.Array(
        closed(
          { source: Type.String({ maxLength: 16, description: '1 is the first; fallback.' }), heardMs: HeardMs },
          'A source that was heard.',
        ),
        { maxItems: 20, description: 'Of a stream: what was really heard, in order.' },
      ),
    ),
    heard: Type.Optional(
      Type.Union([closed({ ...HeardFields, looks: Count }, 'Seconds of it that were compared.'), Type.Null()], {
        description:
          'What a capture source beside the output heard of it. Null: there is one and it could not tell; absent: there is none.',
      }),
    ),
    timing: Type.Optional(
      closed(
        { meanMs: Type.Number({ minimum: 0 }), worstMs: Type.Number() },
        'How far the samples were from the moments at which they were due, by the clock of the box, after the first second: root mean square, and the worst; late is positive.',
      ),
    ),
    clockTrust: ClockTrustName,
    confirmedBy: literals(['card', 'display'], 'Who confirmed it.'),
    hash: Hash,
  },
  'What one output really played. hash is the SHA-256 of the canonical JSON (RFC 8785) of all other fields.',
)
export type AsRunRecord = Static<typeof AsRunRecord>

const reliable = {
  version: Version,
  device: DeviceId,
  epoch: Uuid,
  position: Type.Integer({ minimum: 1, description: 'Place in the outbox of this epoch.' }),
}

export const RecordMessage = closed({ ...reliable, record: AsRunRecord }, 'An as-run record.')
export type RecordMessage = Static<typeof RecordMessage>

export const AlarmMessage = closed(
  {
    ...reliable,
    alarmId: Uuid,
    at: DateTime,
    clockTrust: Type.Optional(ClockTrustName),
    state: literals(['raised', 'cleared'], 'Whether it begins or ends.'),
    code: Type.String({ maxLength: 64 }),
    subject: Type.String({ maxLength: 200, description: 'The output, file or part that it is about.' }),
    detail: Type.String({ maxLength: 500 }),
  },
  'Something that a person should know of.',
)
export type AlarmMessage = Static<typeof AlarmMessage>

export const AcknowledgementMessage = closed(
  {
    ...reliable,
    at: DateTime,
    clockTrust: Type.Optional(ClockTrustName),
    messageId: Type.Union([Uuid, Type.Null()], { description: 'Null where it could not be read.' }),
    messageHash: Type.Union([Hash, Type.Null()], { description: 'SHA-256 of the message as received.' }),
    issuer: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
    kind: Type.Union([Type.String({ maxLength: 32 }), Type.Null()]),
    sequence: Type.Union([Type.Integer(), Type.Null()]),
    outcome: literals(
      ['accepted', 'current', 'refused', 'dropped'],
      'accepted: verified and kept. current: now in force. refused: see reason. dropped: no longer kept before it was in force.',
    ),
    reason: Type.Union([literals([...REFUSAL_REASONS, 'overloaded'], 'Why it was refused.'), Type.Null()]),
    detail: Type.Union([Type.String({ maxLength: 500 }), Type.Null()]),
    overlaps: Type.Optional(
      closed(
        {
          count: Type.Integer({ minimum: 1, description: 'Of the pairs found within the next eight days.' }),
          first: Type.Array(
            closed(
              { output: OutputName, at: DateTime, plays: Id, waits: Id },
              'Two programmes of this schedule want the same output at the same time.',
            ),
            { minItems: 1, maxItems: 20 },
          ),
        },
        'Of a schedule: programmes that clash with each other.',
      ),
    ),
  },
  'What became of a message.',
)
export type AcknowledgementMessage = Static<typeof AcknowledgementMessage>

export const StateMessage = closed(
  {
    version: Version,
    device: DeviceId,
    area: AreaPath,
    groups: Type.Array(GroupId, { maxItems: 32 }),
    state: literals(['online', 'offline'], 'Whether the box is connected.'),
    cause: literals(['birth', 'will', 'shutdown'], 'Why this was sent; a will is sent by the broker.'),
    bootId: Uuid,
    connection: Type.Integer({ minimum: 0, description: 'Number of this connection since the agent began.' }),
    at: Type.String({
      format: 'date-time',
      description: 'When it was written: of a will, when the connection was made, not when it broke.',
    }),
    clockTrust: Type.Optional(ClockTrustName),
    agentVersion: Type.String({ maxLength: 32 }),
    outputs: Type.Array(closed({ id: OutputName, medium: MediumName }, 'An output.'), { maxItems: 16 }),
  },
  'Birth message, on every connection, and last will. Retained.',
)
export type StateMessage = Static<typeof StateMessage>

const Playing = closed(
  {
    ...{ recordId: Uuid, programmeId: Id, title: Line, itemIndex: Count, heardMs: HeardMs },
    lateMs: Type.Optional(
      Type.Number({ description: 'How late what is heard now is against the moment at which it was due.' }),
    ),
  },
  'What the output confirmed last; as over, what is spoken over that.',
)

export const HeartbeatMessage = closed(
  {
    version: Version,
    device: DeviceId,
    bootId: Uuid,
    at: DateTime,
    clock: closed({ trust: ClockTrustName, floor: DateTime }, 'The clock; it never ran behind the floor.'),
    outputs: Type.Array(
      closed(
        {
          id: OutputName,
          medium: MediumName,
          state: literals(['ready', 'absent', 'restarting'], 'Whether it would play now.'),
          engine: Type.String({ maxLength: 100 }),
          restarts: Type.Integer({ minimum: 0 }),
          fault: Type.Union([FaultText, Type.Null()]),
          gainDb: Type.Number({ description: 'The level as it was ordered, or as the settings have it.' }),
          muted: Type.Optional(Type.Boolean({ description: 'By order. Alerts sound all the same.' })),
          heard: Type.Optional(
            Type.Union([closed({ ...HeardFields, at: DateTime }, 'The newest comparison.'), Type.Null()], {
              description: 'Of an output with a capture source; null: nothing was compared yet.',
            }),
          ),
          underruns: Type.Optional(
            closed(
              {
                count: Count,
                cause: Type.Union([Type.String({ maxLength: 200 }), Type.Null()]),
                at: Type.Optional(DateTime),
              },
              'How often the card ran dry in the middle of a play since the agent began; why and when the last time.',
            ),
          ),
          playing: Type.Union([Playing, Type.Null()]),
          over: Type.Optional(Playing),
        },
        'One output.',
      ),
      { maxItems: 16 },
    ),
    amplifiers: Type.Optional(
      Type.Array(
        closed(
          {
            id: OutputName,
            power: literals(
              ['on', 'off', 'unknown'],
              'As its relay took it or the amplifier confirmed it. unknown: nothing has confirmed it, or it is not switched by the box.',
            ),
            wanted: literals(['on', 'off', 'always'], 'What the box has told it. always: the box does not switch it.'),
            switchedOn: Type.Integer({ minimum: 0, description: 'How often since the agent began; relays wear out.' }),
            readAt: Type.Union([DateTime, Type.Null()], { description: 'When its registers were last read.' }),
            readings: Type.Array(
              closed(
                {
                  name: Type.String({ maxLength: 32 }),
                  value: Type.Union([Type.Number(), Type.Null()]),
                  unit: Type.Optional(Type.String({ maxLength: 8 })),
                },
                'A register as it was last read; null: it could not be.',
              ),
              { maxItems: 32 },
            ),
            tripped: Type.Array(Type.String({ maxLength: 32 }), {
              maxItems: 64,
              description: 'Protections that it reported when it was last read, such as overheat.',
            }),
          },
          'An amplifier. Its faults are among the alarms, as amplifier-fault.',
        ),
        { maxItems: 8 },
      ),
    ),
    next: Type.Union([closed({ programmeId: Id, title: Line, start: DateTime }, 'What is due next.'), Type.Null()]),
    schedules: Type.Array(
      closed(
        {
          issuer: Id,
          target: Type.String({ maxLength: 400, description: 'area:…, group:…/… or device:…' }),
          scheduleId: Id,
          revision: Type.Integer({ minimum: 1 }),
          state: literals(['pending', 'current'], 'pending: kept, but not in force before its media are here.'),
        },
        'A schedule that the box holds.',
      ),
      { maxItems: 100 },
    ),
    cache: closed(
      {
        readyFiles: Count,
        readyBytes: Count,
        wantedFiles: Count,
        partialBytes: Count,
        quotaBytes: Count,
      },
      'The media cache.',
    ),
    outbox: closed(
      {
        waiting: Count,
        dropped: Type.Optional(
          Type.Integer({ minimum: 0, description: 'Lost since the epoch began, because the outbox was full.' }),
        ),
      },
      'Reliable messages not yet covered by a receipt.',
    ),
    chain: Type.Optional(
      closed(
        { epoch: Uuid, sequence: Type.Integer({ minimum: 0 }), hash: Hash },
        'The newest as-run record that was closed: without it, records missing at the end would not show.',
      ),
    ),
    link: Type.Optional(
      closed(
        { protocolVersion: Type.Integer({ minimum: 4, maximum: 5 }), reconnects: Type.Integer({ minimum: 0 }) },
        'The line to the broker: 5 is MQTT 5, 4 is MQTT 3.1.1.',
      ),
    ),
    machine: closed(
      {
        uptimeMs: Type.Number(),
        cpuLoad1: Type.Number(),
        memoryTotalBytes: Type.Number(),
        memoryAvailableBytes: Type.Number(),
        diskTotalBytes: NumberOrNull,
        diskFreeBytes: NumberOrNull,
        temperatureC: NumberOrNull,
      },
      'The machine.',
    ),
    faults: Type.Array(
      closed(
        {
          code: Type.String({ maxLength: 64 }),
          subject: Type.String({ maxLength: 200 }),
          detail: Type.String({ maxLength: 500 }),
          since: DateTime,
        },
        'An alarm that is raised now.',
      ),
      { maxItems: 100 },
    ),
    versions: closed(
      {
        agent: Type.String({ maxLength: 32 }),
        node: Type.String({ maxLength: 32 }),
        protocol: Type.Integer({
          minimum: 1,
          description: 'The highest version of this protocol that the box speaks.',
        }),
      },
      'Versions.',
    ),
  },
  'How the box is.',
)
export type HeartbeatMessage = Static<typeof HeartbeatMessage>

export const UPLINKS = {
  state: StateMessage,
  heartbeat: HeartbeatMessage,
  record: RecordMessage,
  alarm: AlarmMessage,
  acknowledgement: AcknowledgementMessage,
} as const
export type UplinkKind = keyof typeof UPLINKS
export const UPLINK_KINDS = ['state', 'heartbeat', 'record', 'alarm', 'acknowledgement'] as const
