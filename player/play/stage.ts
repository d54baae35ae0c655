/**
 * One lane per output: what was handed to it, what it confirmed, and what that means for the programme. The stage decides
 * nothing; it keeps the difference between what was asked and what was heard.
 */
import { addMs, elapsedMs, wallMs, type ElapsedMs, type WallMs } from '../plan/time.ts'
import type { Clock } from '../ports/clock.ts'
import { reachedBy } from '../plan/airings.ts'
import { rankOf } from '../plan/schedule.ts'
import type { Slot } from '../plan/slot.ts'
import type { OutputView, StopReason } from '../plan/steps.ts'
import type {
  Fault,
  Lateness,
  Output,
  OutputEvent,
  OutputHealth,
  Playable,
  PlayRequest,
  Ride,
} from '../ports/output.ts'
import type { ReadyMedia, SpokenFile } from '../ports/media.ts'

/** A play that missed less than this of its planned length was heard to its end: the tail of a decoder's clock. */
const FINISHED_WITHIN_MS = 500

/** A relay that is silent for so long is taken for a source that fails, unless it says otherwise. */
const SILENCE_MS = 15_000

/** Slots remembered as over, per output. Older ones are past their time by then. */
const SPENT_MAX = 2_000

export type Play = {
  playId: string
  slot: Slot
  dueAt: WallMs
  offsetMs: number
  lengthMs: number
  /** By its loudness; null: nothing is known of it. */
  levellingDb: number | null
  /** Of a stream. */
  ride: Ride | null
}

export type Ending = 'finished' | 'pre-empted' | 'stopped' | 'failed'

/** What an event of an output means. */
export type StageChange =
  | { kind: 'started'; play: Play; at: WallMs }
  | { kind: 'heard'; play: Play; heardMs: number }
  /** Of a stream: what is heard from now; null: silence. */
  | { kind: 'source'; play: Play; source: string | null; heardMs: number; reason: string | null }
  | {
      kind: 'ended'
      play: Play
      ended: Ending
      detail: string | null
      heardMs: number
      /** Whether anything was confirmed at all. */
      started: boolean
      /** Position in the track of this medium that was reached. */
      reachedMs: number
      fault: Fault | null
      /** How far it was from the moments at which it was due, if the output can tell. */
      timing: Lateness | null
    }
  | { kind: 'health'; output: string; health: OutputHealth }

type Held = {
  play: Play
  startedAt: WallMs | null
  heardMs: number
  lateMs: number | null
  stopReason: StopReason | null
  /** What took the output over from it; its start may be told before this one's end. */
  takenBy: Held | null
}

/**
 * After a failure the same occurrence is tried again after 250 ms, then after twice as long each time, so that neither a
 * dead card nor a dead stream keeps the box busy. Only that occurrence waits: an alert is not held back by the failures of
 * what it interrupts. Anything heard for long enough starts the count anew.
 */
const RETRY_MS = 250
const RETRY_MS_MAX = 30_000
const SOUND_MS = 5_000
const FAILING_MAX = 100

type Lane = {
  output: Output
  failing: Map<string, { failures: number; retryAt: ElapsedMs }>
  held: Map<string, Held>
  current: Held | null
  pending: Held | null
  spent: Set<string>
  health: OutputHealth
}

export type Stage = {
  views: () => Map<string, OutputView>
  /** When an output that failed may be asked again; null: none is waiting. */
  retryInMs: () => number | null
  /** Null: the media are not ready after all. */
  playableOf: (slot: Slot) => Playable | null
  play: (play: Play) => void
  stop: (output: string, playId: string, fadeMs: number, reason: StopReason) => void
  apply: (event: OutputEvent) => StageChange | null
  lanes: () => {
    output: Output
    health: OutputHealth
    playing: { play: Play; heardMs: number; lateMs: number | null } | null
  }[]
  setGain: (output: string, playId: string, gainDb: number, rampMs: number) => void
}

/** An output may know fractions of a millisecond; records and positions are whole ones. */
const wholeMs = (at: WallMs): WallMs => wallMs(Math.round(at))

const isLower = (one: Slot, other: Slot): boolean => rankOf(one.priority) > rankOf(other.priority)

const endingOf = (
  event: Extract<OutputEvent, { kind: 'ended' }>,
  held: Held,
  takenBy: Held | null,
): { ended: Ending; detail: string | null } => {
  if (event.how === 'failed')
    return { ended: 'failed', detail: event.fault === null ? null : `${event.fault.code}: ${event.fault.detail}` }
  if (event.how === 'finished' || event.heardMs >= held.play.lengthMs - FINISHED_WITHIN_MS)
    return { ended: 'finished', detail: null }
  const isTaken = takenBy !== null && takenBy.play.slot.occurrenceId !== held.play.slot.occurrenceId
  // An order gives way to something lower only because it was called off; what comes then has not taken anything.
  if (isTaken && held.play.slot.trigger !== 'schedule' && isLower(takenBy.play.slot, held.play.slot))
    return { ended: 'stopped', detail: held.stopReason ?? 'withdrawn' }
  if (isTaken)
    return { ended: 'pre-empted', detail: `by ${takenBy.play.slot.priority} ${takenBy.play.slot.programmeId}` }
  return { ended: 'stopped', detail: held.stopReason ?? (takenBy === null ? null : 'cut by the next item') }
}

const contentOf = (slot: Slot, media: ReadyMedia, spokenFile: SpokenFile): Playable | null => {
  const { content, ticker } = slot.item
  const line = ticker === undefined ? {} : { ticker }
  switch (content.kind) {
    case 'stream':
      return {
        kind: 'stream',
        sources: content.sources,
        fallback: content.fallback === undefined ? null : media.source(content.fallback),
        silenceMs: content.goneMs === undefined ? (content.silenceMs ?? SILENCE_MS) : null,
        goneMs: content.goneMs ?? null,
      }
    case 'text': {
      const { title, body, colour, background } = content
      const slide = {
        body,
        ...(title === undefined ? {} : { title }),
        ...(colour === undefined ? {} : { colour }),
        ...(background === undefined ? {} : { background }),
      }
      return { kind: 'text', slide, ...line }
    }
    case 'speech':
    case 'sound': {
      const sha256 = content.kind === 'speech' ? spokenFile(content) : content.sha256
      const source = sha256 === null ? null : media.source(sha256)
      return source === null ? null : { kind: 'sound', source }
    }
    case 'still':
    case 'video': {
      const source = media.source(content.sha256)
      return source === null ? null : { kind: content.kind, source, ...line }
    }
  }
}

const laneOf = (output: Output): Lane => ({
  output,
  failing: new Map(),
  held: new Map(),
  current: null,
  pending: null,
  spent: new Set(),
  health: output.health(),
})

const viewOf = (lane: Lane, now: ElapsedMs): OutputView => ({
  output: lane.output.id,
  ready: lane.health.state === 'ready',
  current: lane.current === null ? null : { playId: lane.current.play.playId, slot: lane.current.play.slot },
  pending:
    lane.pending === null
      ? null
      : { playId: lane.pending.play.playId, slot: lane.pending.play.slot, dueAt: lane.pending.play.dueAt },
  spent: lane.spent,
  heldBack: new Set([...lane.failing].flatMap(([occurrenceId, { retryAt }]) => (retryAt > now ? [occurrenceId] : []))),
})

const spend = (lane: Lane, slotId: string) => {
  lane.spent.add(slotId)
  const oldest = lane.spent.values().next()
  if (lane.spent.size > SPENT_MAX && oldest.done !== true) lane.spent.delete(oldest.value)
}

/** A device that is gone says nothing about the item: it may be asked for again when the device is back. */
const isMediaFault = (fault: Fault | null): boolean =>
  fault !== null && (fault.code === 'media-unreadable' || fault.code === 'media-unsupported')

/** The output knows already what its health event will say; and what failed is not asked again at once. */
const holdBack = (lane: Lane, { play }: Held, heardMs: number, now: ElapsedMs) => {
  lane.health = lane.output.health()
  const { occurrenceId } = play.slot
  const failures = heardMs >= SOUND_MS ? 1 : (lane.failing.get(occurrenceId)?.failures ?? 0) + 1
  const retryAt = elapsedMs(now + Math.min(RETRY_MS * 2 ** (failures - 1), RETRY_MS_MAX))
  lane.failing.delete(occurrenceId)
  lane.failing.set(occurrenceId, { failures, retryAt })
  const oldest = lane.failing.keys().next()
  if (lane.failing.size > FAILING_MAX && oldest.done !== true) lane.failing.delete(oldest.value)
}

const end = (lane: Lane, held: Held, event: Extract<OutputEvent, { kind: 'ended' }>): StageChange => {
  const takenBy = held.takenBy ?? (lane.current === held ? lane.pending : null)
  lane.held.delete(held.play.playId)
  if (lane.current === held) lane.current = null
  if (lane.pending === held) lane.pending = null
  const { ended, detail } = endingOf(event, held, takenBy)
  const heardMs = Math.round(event.heardMs)
  if (ended === 'finished' || (ended === 'failed' && isMediaFault(event.fault))) spend(lane, held.play.slot.slotId)
  return {
    kind: 'ended',
    play: held.play,
    ended,
    detail,
    heardMs,
    started: held.startedAt !== null,
    reachedMs: reachedBy(held.play.slot, {
      confirmedMs: held.play.offsetMs + heardMs,
      takenBy: takenBy?.play.slot ?? null,
    }),
    fault: event.fault,
    timing: event.late ?? null,
  }
}

export const createStage = (
  outputs: readonly Output[],
  media: ReadyMedia,
  clock: Pick<Clock, 'elapsed'>,
  spokenFile: SpokenFile = () => null,
): Stage => {
  const lanes = new Map(outputs.map((output) => [output.id, laneOf(output)]))
  const laneFor = (output: string): Lane => {
    const lane = lanes.get(output)
    if (lane === undefined) throw new Error(`no output named ${output}`)
    return lane
  }
  const applyTo = (lane: Lane, event: Exclude<OutputEvent, { kind: 'health' }>): StageChange | null => {
    const held = lane.held.get(event.playId)
    if (held === undefined) return null
    switch (event.kind) {
      case 'started':
        held.startedAt = wholeMs(event.at)
        if (lane.current !== null) lane.current.takenBy = held
        lane.current = held
        if (lane.pending === held) lane.pending = null
        return { kind: 'started', play: held.play, at: held.startedAt }
      case 'progress':
        held.heardMs = Math.round(event.heardMs)
        held.lateMs = event.lateMs ?? null
        return { kind: 'heard', play: held.play, heardMs: held.heardMs }
      case 'source':
        return {
          kind: 'source',
          play: held.play,
          source: event.source,
          heardMs: Math.round(event.heardMs),
          reason: event.reason,
        }
      case 'ended':
        if (event.how === 'failed') holdBack(lane, held, event.heardMs, clock.elapsed())
        else lane.failing.delete(held.play.slot.occurrenceId)
        return end(lane, held, event)
    }
  }
  return {
    views: () => new Map([...lanes].map(([id, lane]) => [id, viewOf(lane, clock.elapsed())])),
    retryInMs: () => {
      const now = clock.elapsed()
      const failing = [...lanes.values()].flatMap((lane) => [...lane.failing.values()])
      const waits = failing.map(({ retryAt }) => retryAt - now).filter((waitMs) => waitMs > 0)
      return waits.length === 0 ? null : Math.min(...waits)
    },
    playableOf: (slot) => contentOf(slot, media, spokenFile),
    play: (play) => {
      const lane = laneFor(play.slot.output)
      const playable = contentOf(play.slot, media, spokenFile)
      if (playable === null) throw new Error(`media of ${play.slot.slotId} are not ready`)
      const held: Held = { play, startedAt: null, heardMs: 0, lateMs: null, stopReason: null, takenBy: null }
      lane.held.set(play.playId, held)
      // The one before that was still pending is answered by the output itself, as stopped.
      lane.pending = held
      const { playId, offsetMs, slot, ride } = play
      // What is cut at the end of its programme is not heard beyond it.
      const overlapMs = slot.endsAt - slot.startsAt < slot.item.durationMs ? 0 : (slot.item.overlapMs ?? 0)
      const lengthMs = play.lengthMs + overlapMs
      // Cabinets that hear each other say the same at the same moment; an order is heard from its first sample instead.
      const isTimed = slot.trigger === 'schedule' && playable.kind === 'sound'
      const when: Pick<PlayRequest, 'dueAt' | 'whenLate'> = isTimed
        ? { dueAt: addMs(slot.startsAt, offsetMs), whenLate: 'join' }
        : { dueAt: play.dueAt, whenLate: 'whole' }
      const levels = {
        gainDb: slot.gainDb,
        levellingDb: play.levellingDb ?? 0,
        ...(ride === null ? {} : { ride }),
      }
      lane.output.play({ playId, playable, ...when, offsetMs, lengthMs, crossfadeMs: overlapMs, ...levels })
    },
    stop: (output, playId, fadeMs, reason) => {
      const lane = laneFor(output)
      const held = lane.held.get(playId)
      if (held !== undefined) held.stopReason = reason
      lane.output.stop(playId, fadeMs)
    },
    apply: (event) => {
      const lane = laneFor(event.output)
      if (event.kind !== 'health') return applyTo(lane, event)
      lane.health = event.health
      if (event.health.state === 'ready') lane.failing.clear()
      return { kind: 'health', output: event.output, health: event.health }
    },
    lanes: () =>
      [...lanes.values()].map((lane) => ({
        output: lane.output,
        health: lane.health,
        playing:
          lane.current === null
            ? null
            : { play: lane.current.play, heardMs: lane.current.heardMs, lateMs: lane.current.lateMs },
      })),
    setGain: (output, playId, gainDb, rampMs) => {
      const lane = laneFor(output)
      const held = lane.held.get(playId)
      if (held === undefined) return
      held.play = { ...held.play, slot: { ...held.play.slot, gainDb } }
      lane.output.setGain(playId, gainDb, rampMs)
    },
  }
}
