/**
 * What the agent and the sound process say to each other, as JSON over the channel of `fork`. Moments are milliseconds of the
 * machine's monotonic clock, which both read: a calendar that is set in between moves nothing.
 */
import type {
  EndedHow,
  Fault,
  Lateness,
  Over,
  PlayId,
  Ride,
  StreamSource,
  Urgency,
  WhenLate,
} from '../../player/ports/output.ts'
import type { OutputChannels } from './zone.ts'

export type MonotonicMs = number

/** Milliseconds of the machine's monotonic clock, the same in every process. */
export const monotonicMs = (): MonotonicMs => Number(process.hrtime.bigint()) / 1e6

/** As `StreamPlayable` of the port has it. */
export type StreamOrder = {
  sources: readonly StreamSource[]
  fallbackUrl: string | null
  silenceMs: number | null
  goneMs: number | null
}

export type SoundOrder = {
  playId: PlayId
  content: { kind: 'file'; url: string } | ({ kind: 'stream' } & StreamOrder)
  offsetMs: number
  /** When the first sample should leave the horn. */
  dueAt: MonotonicMs
  lengthMs: number | null
  gainDb: number
  /** As `PlayRequest` has them. */
  whenLate: WhenLate
  crossfadeMs: number
  over: Over | null
  below: boolean
  /** Beside `gainDb`, for the whole play: see the port. */
  levellingDb: number
  /** Of a stream. */
  ride?: Ride
}

export type ToSound =
  | { kind: 'play'; order: SoundOrder }
  /** The calendar was set while the play was pending: its moment is another one now. */
  | { kind: 'move'; playId: PlayId; dueAt: MonotonicMs }
  | { kind: 'stop'; playId: PlayId; fadeMs: number }
  | { kind: 'gain'; playId: PlayId; gainDb: number; rampMs: number }
  /** JSON has no -Infinity: silence is `SILENT_DB` or less. */
  | { kind: 'level'; gainDb: number; rampMs: number }
  | { kind: 'ping' }
  | { kind: 'close' }

/** What was really heard: after every gain, and never what was taken back. */
export type Reference = {
  kind: 'reference'
  /** When its first sample left the horn. */
  at: MonotonicMs
  rateHz: number
  /** Signed 16-bit little-endian mono, base64. */
  pcm: string
}

export type FromSound =
  | Reference
  | { kind: 'ready'; engine: string; urgency: Urgency }
  | { kind: 'started'; playId: PlayId; at: MonotonicMs }
  | { kind: 'progress'; playId: PlayId; heardMs: number; lateMs: number | null }
  | { kind: 'source'; playId: PlayId; source: string | null; heardMs: number; reason: string | null }
  | { kind: 'ended'; playId: PlayId; how: EndedHow; heardMs: number; fault: Fault | null; late: Lateness | null }
  /** The device cannot be used; the process ends itself after this. */
  | { kind: 'device'; fault: Fault }
  /** It has used itself up and wants to be replaced; nothing sounds. The process ends itself after this. */
  | { kind: 'worn' }
  /** The card ran dry in the middle of a play. */
  | { kind: 'underrun'; cause: string }
  | { kind: 'pong' }

export const SILENT_DB = -120

/** How the child is told its part; these never change in its life, so they are its arguments. */
export type SoundSettings = {
  device: string
  latencyMs: number
  gainDb: number
  channels: OutputChannels
  ffmpegPath: string
  writesMax: number
  /** Whether somebody compares what is heard with what was sent. */
  isTapped: boolean
}

/** Faults travel to the head-end, which takes 500 characters. */
export const FAULT_DETAIL_MAX = 400

export const faultOf = (code: Fault['code'], detail: string): Fault => ({
  code,
  detail: detail.replace(/\s+/g, ' ').trim().slice(0, FAULT_DETAIL_MAX),
})

const FROM_KINDS: ReadonlySet<unknown> = new Set([
  'ready',
  'started',
  'progress',
  'source',
  'reference',
  'ended',
  'device',
  'worn',
  'underrun',
  'pong',
])

/** The child is this same code, so its word is taken for its shape; what is not a message of ours at all is dropped. */
export const isFromSound = (value: unknown): value is FromSound =>
  typeof value === 'object' && value !== null && 'kind' in value && FROM_KINDS.has(value.kind)
