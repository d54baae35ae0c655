/** Everything that must survive a power cut, except media. One SQLite database; each method is one transaction. */
import type { WallMs } from '../../player/plan/time.ts'
import type { AsRunRecord } from '../protocol/uplink.ts'

/** A downlink that was verified and is still in force, kept as it came so that it can be verified again. */
export type AcceptedMessage = {
  messageId: string
  kind: string
  issuer: string
  /** Canonical text of the target: `area:vn/08`, `group:…`, `device:…`. */
  target: string
  sequence: number
  /** The JWS as received; empty where it lies in parts. */
  token: string
  receivedAt: WallMs
  expiresAt: WallMs
  state: 'pending' | 'current'
}

export type SequenceState = { sequence: number; messageId: string }

/** An airing that was opened before its first sample and is not closed yet. */
export type OpenAsRun = {
  recordId: string
  /** Everything that is known when it is opened; see `AsRunRecord`. */
  opened: Omit<AsRunRecord, 'sequence' | 'previousHash' | 'hash' | 'actualStart' | 'heardMs' | 'ended' | 'endedDetail'>
  actualStart: WallMs | null
  heardMs: number
}

/** What is known when it is closed. */
export type AsRunEnd = Pick<
  AsRunRecord,
  'ended' | 'endedDetail' | 'heardMs' | 'relay' | 'heard' | 'timing' | 'turnedDown'
>

export type OutboxKind = 'record' | 'alarm' | 'acknowledgement'
export type OutboxRow = { position: number; kind: OutboxKind; payload: string }

export type AiringRow = {
  occurrenceId: string
  output: string
  effectiveStart: WallMs
  heardMs: number
  state: 'waiting' | 'running' | 'interrupted' | 'done'
  until: WallMs
}

export interface StateStore {
  /** Random, made with the database: tells the head-end that positions begin anew. */
  epoch: () => string

  /**
   * Stores a verified message and moves its sequence forward, as one. Of one stream (issuer, kind, target) it replaces the
   * pending message, and the current one too if it is current itself. Alerts, announcements and commands stand alone: one
   * never replaces another, and each stays until it is dropped.
   */
  accept: (message: AcceptedMessage) => void
  /** The highest sequence accepted of (issuer, kind, target). */
  lastSequence: (issuer: string, kind: string, target: string) => SequenceState | null
  /** Pending messages become current as a whole, replacing the current ones of the same stream. */
  promote: (messageId: string) => void
  messages: () => AcceptedMessage[]
  /** A part, from 0, of the token of a message: a long one is written bit by bit before its message is accepted. */
  putTokenPart: (messageId: string, part: number, text: string) => void
  /** Null: there is none. */
  tokenPart: (messageId: string, part: number) => string | null
  /** Drops one part of a token whose message is not held, or not any more. False: there is none left. */
  dropTokenPart: () => boolean
  drop: (messageId: string) => void

  openAsRun: (row: OpenAsRun) => void
  noteStarted: (recordId: string, actualStart: WallMs) => void
  noteHeard: (recordId: string, heardMs: number) => void
  /** Numbers, chains and stores the record and puts it into the outbox, as one. Returns what was stored. */
  closeAsRun: (recordId: string, end: AsRunEnd) => AsRunRecord
  /** For an airing that was called off before its first sample. */
  forgetAsRun: (recordId: string) => void
  openAsRuns: () => OpenAsRun[]
  /** Newest first. */
  recentAsRuns: (limit: number) => AsRunRecord[]

  putAiring: (row: AiringRow) => void
  airings: () => AiringRow[]

  /** Returns its position; payloads carry it. Over the maximum, the oldest row that is not a record goes first, counted. */
  enqueue: (kind: OutboxKind, payloadAt: (position: number) => string) => number
  outbox: (after: number, limit: number) => OutboxRow[]
  outboxSize: () => number
  /** How many rows were dropped unacknowledged, since the epoch began, because the outbox was over its maximum. */
  outboxDropped: () => number
  /** Removes rows up to and including `position`. */
  acknowledge: (position: number) => void

  /** Small named values: clock floor, revoked keys, volume. */
  getValue: (name: string) => string | null
  setValue: (name: string, value: string) => void
  /** Drops what is past keeping: chained records beyond the maximum, airings past their `until`. */
  prune: (now: WallMs) => void
  close: () => void
}
