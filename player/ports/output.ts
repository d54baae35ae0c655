/**
 * The one contract of everything that can be heard or seen. A loudspeaker, a screen and a sign differ in what they can
 * play, not in how they are asked or in how they answer. One suite (`test/fixtures/output-contract.ts`) holds each of
 * them, and the double, to this text.
 */
import type { Over } from '../plan/schedule.ts'
import type { WallMs } from '../plan/time.ts'

export type { Over } from '../plan/schedule.ts'

export type OutputId = string

/** Globally unique; also the id of the as-run record that this play fills. */
export type PlayId = string

export type Medium = 'sound' | 'picture'

/** A verified file in the media store, readable by a decoder at `url` (loopback, ranges supported) while the agent lives. */
export type MediaSource = { url: string; sha256: string; mediaType: string }

export type TextSlide = { title?: string; body: string; colour?: string; background?: string }

/** An address, or a session description (RFC 8866) of RTP. */
export type StreamSource = { url: string } | { sdp: string }

/**
 * A stream. It is connected to ahead of its moment. A source that errs, stalls, ends or is silent for `silenceMs` gives way
 * to the next, after the last to `fallback`, which is repeated; while anything but the first plays, the first is tried
 * again every now and then, and taken once it sounds. Each change is told by an event `source`.
 */
export type StreamPlayable = {
  kind: 'stream'
  sources: readonly StreamSource[]
  fallback: MediaSource | null
  /** Null: silence is as good as sound. */
  silenceMs: number | null
  /**
   * Null: a relay, which goes on trying until its length is over and is silent meanwhile. Else an announcement: buffered as
   * little as can be, and ended as `finished` when no source has given anything for so long; as `failed` if none ever has,
   * after the time that a connection may take. Nothing is interrupted for it before it gives sound.
   */
  goneMs: number | null
}

/** What one play shows or sounds. `ticker` is a line that scrolls under a picture. */
export type Playable =
  | { kind: 'sound'; source: MediaSource }
  | StreamPlayable
  | { kind: 'still'; source: MediaSource; ticker?: string }
  | { kind: 'video'; source: MediaSource; ticker?: string }
  | { kind: 'text'; slide: TextSlide; ticker?: string }

/** How a stream is levelled while it is heard: slowly to that loudness, and never by more than `maxGainDb` upwards. */
export type Ride = { targetLufs: number; maxGainDb: number }

export type PlayRequest = {
  playId: PlayId
  playable: Playable
  /** Position in the item at which to start. */
  offsetMs: number
  /** When the first sample should be heard, or the first frame seen. In the past: at once, from `offsetMs` all the same. */
  dueAt: WallMs
  /** How long to play at most, from `offsetMs`; null: to the item's own end (a still or text without it stays). */
  lengthMs: number | null
  /**
   * Level in decibels, changed by `setGain`: of the programme, its priority and what was ordered, within what the hour allows.
   * Above 0 only by what the output's own level is below it. Pictures use it for a video's own sound.
   */
  gainDb: number
  /** Left out: `whole`. */
  whenLate?: WhenLate
  /** At its `dueAt` the current play is not cut: the two pass over into each other in this time. Left out: 0. */
  crossfadeMs?: number
  /** It is spoken over the current play, which goes on below it. Left out or null: it takes the current play's place. */
  over?: Over | null
  /** What is spoken over the current play goes on over this one. Left out: it ends where this one begins. */
  below?: boolean
  /**
   * What brings this file to the loudness of all others, in decibels: its recording was so much too soft, or too loud if
   * negative. Added to `gainDb` for the whole play; 0 where nothing is known of it.
   */
  levellingDb: number
  /** Only of a stream. Absent: it is heard as it comes. */
  ride?: Ride
}

/**
 * What becomes of a play that cannot begin at its `dueAt`. `whole`: it begins later, with its first sample. `join`: it begins
 * where it should be by then, so that every box with the same schedule sounds the same at the same moment.
 */
export type WhenLate = 'whole' | 'join'

/**
 * How well a play kept to the moments at which its samples were due, from its second second on, as far as the device tells
 * where it is. Late is positive.
 */
export type Lateness = { meanMs: number; worstMs: number }

export type FaultCode =
  | 'device-missing'
  | 'device-failed'
  | 'process-died'
  | 'process-hung'
  | 'media-unreadable'
  | 'media-unsupported'
  | 'stream-failed'

export type Fault = { code: FaultCode; detail: string }

export type OutputHealth = {
  /** `ready`: would play now. `absent`: no device. `restarting`: its process is being replaced. */
  state: 'ready' | 'absent' | 'restarting'
  fault: Fault | null
  /** How often its process was replaced since the agent began. */
  restarts: number
  /** Name and version of what does the work, for the heartbeat. */
  engine: string
  /** Of a loudspeaker: how often the card ran dry in the middle of a play; why and when the last time, if that is known. */
  underruns?: { count: number; cause: string | null; at: WallMs | null }
  /** Of a loudspeaker, once its process has begun. */
  urgency?: Urgency
}

/** How the machine's processor is shared out to it: before everything else, by its niceness, or like any other program. */
export type Urgency = 'real-time' | 'nice' | 'ordinary'

export type EndedHow = 'finished' | 'stopped' | 'failed'

/**
 * What an output confirms. Every accepted `play` ends in exactly one `ended`, and `started` comes before it if anything at
 * all was heard or seen. Times are what the output knows, not what was asked of it.
 */
export type OutputEvent =
  | { kind: 'started'; output: OutputId; playId: PlayId; at: WallMs }
  /** `lateMs`: how late what is heard now is, if the device tells; late is positive. */
  | { kind: 'progress'; output: OutputId; playId: PlayId; heardMs: number; lateMs?: number | null }
  /** Of a stream: what is heard from now. `1` is the first source; null: silence, because none gives anything. */
  | { kind: 'source'; output: OutputId; playId: PlayId; source: string | null; heardMs: number; reason: string | null }
  | {
      kind: 'ended'
      output: OutputId
      playId: PlayId
      how: EndedHow
      heardMs: number
      fault: Fault | null
      late?: Lateness | null
    }
  | { kind: 'health'; output: OutputId; health: OutputHealth }

/**
 * Methods return at once, never throw, and are answered by events, which come on a later turn of the event loop.
 *
 * - At most one play is current and at most one is pending (accepted, not yet due). A new `play` replaces the pending one
 *   (`ended`, stopped, 0 ms). At its `dueAt` the pending play takes over: the current one is cut there (`ended`, stopped).
 * - A loudspeaker has a second lane, for plays with `over`: one current and one pending there, beside those of the first. What is on
 *   below is turned down for as long as something is current there, and what begins below meanwhile is too.
 * - A play that is due now drops what the device has buffered: an alert does not wait behind it.
 * - While the output is not `ready`, a play ends at once as `failed` with the fault; the caller asks again on `health`.
 * - `progress` comes about once a second while something plays.
 */
export interface Output {
  readonly id: OutputId
  readonly medium: Medium
  play: (request: PlayRequest) => void
  /** Ends the current or pending play with that id, after a fade; nothing happens if it is neither. */
  stop: (playId: PlayId, fadeMs: number) => void
  /** Changes the programme level of the current or pending play with that id; nothing happens if it is neither. */
  setGain: (playId: PlayId, gainDb: number, rampMs: number) => void
  /** The output's own level, which applies over every play: at most 0 dB; -Infinity mutes. */
  setLevel: (gainDb: number, rampMs: number) => void
  health: () => OutputHealth
  /** Ends everything, frees the device, resolves when the last process is gone. */
  close: () => Promise<void>
}

export type OutputListener = (event: OutputEvent) => void
