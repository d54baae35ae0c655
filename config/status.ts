/**
 * What the agent tells the command line on its local socket (`GET /status`). Close to the heartbeat of the protocol, but its
 * own contract: a heartbeat goes to the head-end, this goes to the person in front of the box. Fields that a newer agent
 * adds are let through, so that an older command line still reads it.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Ajv } from 'ajv'

const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const ClockTrustName = Type.Union([Type.Literal('unsynced'), Type.Literal('holdover'), Type.Literal('synced')])

/** How well a loudspeaker sounds, for the person who hears that something is wrong. Moments are RFC 3339. */
export const SoundStatus = Type.Object({
  underruns: Type.Object({
    count: Type.Number({ description: 'How often the card ran dry in the middle of a play since the agent began.' }),
    cause: orNull(Type.String()),
    at: orNull(Type.String()),
  }),
  timing: orNull(
    Type.Object(
      { lateMs: Type.Number(), at: Type.String() },
      { description: 'How late what was heard then was against its due moment; null: the card has not told yet.' },
    ),
  ),
  urgency: orNull(
    Type.Union([Type.Literal('real-time'), Type.Literal('nice'), Type.Literal('ordinary')], {
      description: 'How the processor is shared out to the sound process: SCHED_FIFO, by niceness, or like any other.',
    }),
  ),
  trimDb: Type.Number({ description: 'Level by the settings; `gainDb` is what was ordered, if anything was.' }),
  mixer: orNull(
    Type.Object({
      control: Type.String(),
      device: Type.String(),
      wanted: Type.String(),
      found: orNull(Type.String()),
      fault: orNull(Type.String()),
    }),
  ),
  amplifiers: Type.Array(Type.String({ description: 'Name of an amplifier that powers it.' })),
})
export type SoundStatus = Static<typeof SoundStatus>

export const PlayingStatus = Type.Object({
  programmeId: Type.String(),
  title: Type.String(),
  priority: Type.String(),
  heardMs: Type.Number({ description: 'As the output confirmed.' }),
})
export type PlayingStatus = Static<typeof PlayingStatus>

export const OutputStatus = Type.Object({
  id: Type.String(),
  medium: Type.Union([Type.Literal('sound'), Type.Literal('picture')]),
  state: Type.Union([Type.Literal('ready'), Type.Literal('absent'), Type.Literal('restarting')]),
  engine: Type.String(),
  restarts: Type.Number(),
  fault: orNull(Type.Object({ code: Type.String(), detail: Type.String() })),
  gainDb: Type.Number({ description: 'Level of the output; at or under -96 it is mute.' }),
  muted: Type.Optional(Type.Boolean({ description: 'By order. Absent from an older agent.' })),
  heard: Type.Optional(
    orNull(
      Type.Object(
        {
          verdict: Type.Union([Type.Literal('heard'), Type.Literal('not-heard'), Type.Literal('unsure')]),
          levelDb: orNull(Type.Number()),
          delayMs: orNull(Type.Number()),
          confidence: Type.Number(),
          at: Type.String(),
        },
        { description: 'The newest look of a capture source; absent where there is none.' },
      ),
    ),
  ),
  sound: Type.Optional(SoundStatus),
  playing: orNull(PlayingStatus),
  over: Type.Optional(PlayingStatus),
})
export type OutputStatus = Static<typeof OutputStatus>

export const AmplifierStatus = Type.Object({
  id: Type.String(),
  power: Type.Union([Type.Literal('on'), Type.Literal('off'), Type.Literal('unknown')]),
  wanted: Type.Union([Type.Literal('on'), Type.Literal('off'), Type.Literal('always')]),
  switchedOn: Type.Number(),
  readAt: orNull(Type.String({ description: 'RFC 3339.' })),
  readings: Type.Array(
    Type.Object({ name: Type.String(), value: orNull(Type.Number()), unit: Type.Optional(Type.String()) }),
  ),
  tripped: Type.Array(Type.String()),
})
export type AmplifierStatus = Static<typeof AmplifierStatus>

/** What became of an order that was given to an amplifier here (`GET /amplifier`). */
export const AmplifierAnswer = Type.Object({
  /** `cannot-switch`: it is only read. `failed`: its registers could not be read; `detail` says why. */
  outcome: Type.Union([
    Type.Literal('done'),
    Type.Literal('unknown-amplifier'),
    Type.Literal('cannot-switch'),
    Type.Literal('failed'),
  ]),
  detail: orNull(Type.String()),
  values: orNull(Type.Array(Type.Number(), { description: 'Registers or bits as they are.' })),
  minutes: orNull(Type.Number({ description: 'How long it is held on.' })),
})
export type AmplifierAnswer = Static<typeof AmplifierAnswer>

export const AgentStatus = Type.Object({
  version: Type.Literal(1),
  device: Type.String(),
  area: Type.String(),
  at: Type.String({ description: 'RFC 3339; the clock of the box.' }),
  uptimeMs: Type.Number({ description: 'How long the agent has run.' }),
  versions: Type.Object({ agent: Type.String(), node: Type.String(), protocol: Type.Number() }),
  clock: Type.Object({
    trust: ClockTrustName,
    floor: Type.Optional(
      Type.String({ description: 'RFC 3339; what an unsynced box judges expiry by. Absent from an older agent.' }),
    ),
  }),
  broker: Type.Object({
    connected: Type.Boolean(),
    protocolVersion: orNull(Type.Number({ description: '5, or 4 for MQTT 3.1.1.' })),
    detail: orNull(Type.String({ description: 'Why it is not connected.' })),
    reconnects: Type.Number(),
  }),
  outputs: Type.Array(OutputStatus, { maxItems: 16 }),
  amplifiers: Type.Optional(Type.Array(AmplifierStatus, { description: 'Absent from an older agent.' })),
  next: orNull(Type.Object({ programmeId: Type.String(), title: Type.String(), start: Type.String() })),
  schedules: Type.Array(
    Type.Object({
      issuer: Type.String(),
      target: Type.String(),
      scheduleId: Type.String(),
      revision: Type.Number(),
      state: Type.Union([Type.Literal('pending'), Type.Literal('current')]),
      reason: orNull(Type.String({ description: 'What a pending schedule waits for.' })),
    }),
    { maxItems: 100 },
  ),
  cache: Type.Object({
    readyFiles: Type.Number(),
    readyBytes: Type.Number(),
    wantedFiles: Type.Number(),
    partialBytes: Type.Number(),
    quotaBytes: Type.Number(),
  }),
  levelling: Type.Optional(
    orNull(
      Type.Object(
        { waiting: Type.Number(), failed: Type.Number() },
        { description: 'Files whose loudness is still to be measured, or could not be; null: nothing is levelled.' },
      ),
    ),
  ),
  outbox: Type.Object({ waiting: Type.Number() }),
  alarms: Type.Array(
    Type.Object({ code: Type.String(), subject: Type.String(), detail: Type.String(), since: Type.String() }),
    { maxItems: 100 },
  ),
})
export type AgentStatus = Static<typeof AgentStatus>

/** What became of a signed message that was given to the agent here (`POST /message`). */
export const MessageAnswer = Type.Object({
  /** `duplicate`: it has been obeyed before. `busy`: the agent is behind; ask again. */
  outcome: Type.Union([
    Type.Literal('accepted'),
    Type.Literal('duplicate'),
    Type.Literal('refused'),
    Type.Literal('busy'),
  ]),
  reason: orNull(Type.String({ description: 'A refusal reason of the protocol.' })),
  detail: orNull(Type.String()),
  lastSequence: orNull(Type.Number({ description: 'Of a replay: what the sequence has to be above.' })),
})
export type MessageAnswer = Static<typeof MessageAnswer>

export type ParsedStatus = { kind: 'ok'; status: AgentStatus } | { kind: 'malformed'; detail: string }

export const parseStatus = (value: unknown): ParsedStatus => {
  const ajv = new Ajv({ strict: true })
  const isStatus = ajv.compile<AgentStatus>(AgentStatus)
  if (isStatus(value)) return { kind: 'ok', status: value }
  return { kind: 'malformed', detail: ajv.errorsText(isStatus.errors, { dataVar: 'status' }) }
}
