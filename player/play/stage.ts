/**
 * Output by output: what was handed to it, what it confirmed, and what that means for the programme. The stage decides nothing; it
 * keeps the difference between what was asked and what was heard.
 */
import { addMs, elapsedMs, wallMs, type ElapsedMs, type WallMs } from '../plan/time.ts'
import type { Clock } from '../ports/clock.ts'
import { reachedBy } from '../plan/airings.ts'
import { laneOf, type Lanes } from '../plan/lanes.ts'
import type { Slot } from '../plan/slot.ts'
import type { LaneView, OutputView, StopReason } from '../plan/steps.ts'
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
import { endingOf, isLower, type Ending } from './ending.ts'

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

type Staged = {
  output: Output
  failing: Map<string, { failures: number; retryAt: ElapsedMs }>
  held: Map<string, Held>
  roles: Lanes<{ current: Held | null; pending: Held | null }>
  spent: Set<string>
  health: OutputHealth
}

/** What an output confirmed last of what it plays. */
export type Playing = { play: Play; heardMs: number; lateMs: number | null }

export type OnStage = Lanes<Playing | null> & { output: Output; health: OutputHealth }

export type Stage = {
  views: () => Map<string, OutputView>
  /** When an output that failed may be asked again; null: none is waiting. */
  retryInMs: () => number | null
  /** Null: the media are not ready after all. */
  playableOf: (slot: Slot) => Playable | null
  play: (play: Play) => void
  stop: (output: string, playId: string, fadeMs: number, reason: StopReason) => void
  apply: (event: OutputEvent) => StageChange | null
  outputs: () => OnStage[]
  setGain: (output: string, playId: string, gainDb: number, rampMs: number) => void
}

/** What nothing is spoken over, and what nothing turns down. */
const isAlone = ({ priority }: Slot): boolean => priority === 'alert'

/** An output may know fractions of a millisecond; records and positions are whole ones. */
const wholeMs = (at: WallMs): WallMs => wallMs(Math.round(at))

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

const stagedOf = (output: Output): Staged => ({
  output,
  failing: new Map(),
  held: new Map(),
  roles: { main: { current: null, pending: null }, over: { current: null, pending: null } },
  spent: new Set(),
  health: output.health(),
})

const laneView = ({ current, pending }: Staged['roles']['main']): LaneView => ({
  current: current === null ? null : { playId: current.play.playId, slot: current.play.slot },
  pending:
    pending === null ? null : { playId: pending.play.playId, slot: pending.play.slot, dueAt: pending.play.dueAt },
})

const playingIn = ({ current }: Staged['roles']['main']): Playing | null =>
  current === null ? null : { play: current.play, heardMs: current.heardMs, lateMs: current.lateMs }

const viewOf = (staged: Staged, now: ElapsedMs): OutputView => ({
  output: staged.output.id,
  ready: staged.health.state === 'ready',
  main: laneView(staged.roles.main),
  over: laneView(staged.roles.over),
  spent: staged.spent,
  heldBack: new Set(
    [...staged.failing].flatMap(([occurrenceId, { retryAt }]) => (retryAt > now ? [occurrenceId] : [])),
  ),
})

const spend = (staged: Staged, slotId: string) => {
  staged.spent.add(slotId)
  const oldest = staged.spent.values().next()
  if (staged.spent.size > SPENT_MAX && oldest.done !== true) staged.spent.delete(oldest.value)
}

/** A device that is gone says nothing about the item: it may be asked for again when the device is back. */
const isMediaFault = (fault: Fault | null): boolean =>
  fault !== null && (fault.code === 'media-unreadable' || fault.code === 'media-unsupported')

/** The output knows already what its health event will say; and what failed is not asked again at once. */
const holdBack = (staged: Staged, { play }: Held, heardMs: number, now: ElapsedMs) => {
  staged.health = staged.output.health()
  const { occurrenceId } = play.slot
  const failures = heardMs >= SOUND_MS ? 1 : (staged.failing.get(occurrenceId)?.failures ?? 0) + 1
  const retryAt = elapsedMs(now + Math.min(RETRY_MS * 2 ** (failures - 1), RETRY_MS_MAX))
  staged.failing.delete(occurrenceId)
  staged.failing.set(occurrenceId, { failures, retryAt })
  const oldest = staged.failing.keys().next()
  if (staged.failing.size > FAILING_MAX && oldest.done !== true) staged.failing.delete(oldest.value)
}

/** What took its place in its lane; or, of what was spoken over something, what nothing may be spoken over. */
const takerOf = ({ roles }: Staged, held: Held): Held | null => {
  const { slot } = held.play
  const own = roles[laneOf(slot)]
  const taker = held.takenBy ?? (own.current === held ? own.pending : null)
  if (taker !== null || slot.over === null) return taker
  const onOutput = [roles.main.current, roles.main.pending].filter((one) => one !== null)
  if (held.stopReason === 'outranked') return onOutput.find(({ play }) => !isLower(play.slot, slot)) ?? null
  return held.stopReason === null ? (onOutput.find(({ play }) => isAlone(play.slot)) ?? null) : null
}

const end = (staged: Staged, held: Held, event: Extract<OutputEvent, { kind: 'ended' }>): StageChange => {
  const takenBy = takerOf(staged, held)?.play.slot ?? null
  const { slot, lengthMs } = held.play
  const roles = staged.roles[laneOf(slot)]
  staged.held.delete(held.play.playId)
  if (roles.current === held) roles.current = null
  if (roles.pending === held) roles.pending = null
  const { ended, detail } = endingOf(event, { slot, lengthMs, stopReason: held.stopReason, takenBy })
  const heardMs = Math.round(event.heardMs)
  if (ended === 'finished' || (ended === 'failed' && isMediaFault(event.fault))) spend(staged, slot.slotId)
  return {
    kind: 'ended',
    play: held.play,
    ended,
    detail,
    heardMs,
    started: held.startedAt !== null,
    reachedMs: reachedBy(slot, { confirmedMs: held.play.offsetMs + heardMs, takenBy }),
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
  const all = new Map(outputs.map((output) => [output.id, stagedOf(output)]))
  const stagedOn = (output: string): Staged => {
    const staged = all.get(output)
    if (staged === undefined) throw new Error(`no output named ${output}`)
    return staged
  }
  const applyTo = (staged: Staged, event: Exclude<OutputEvent, { kind: 'health' }>): StageChange | null => {
    const held = staged.held.get(event.playId)
    if (held === undefined) return null
    switch (event.kind) {
      case 'started': {
        const roles = staged.roles[laneOf(held.play.slot)]
        held.startedAt = wholeMs(event.at)
        if (roles.current !== null) roles.current.takenBy = held
        roles.current = held
        if (roles.pending === held) roles.pending = null
        return { kind: 'started', play: held.play, at: held.startedAt }
      }
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
        if (event.how === 'failed') holdBack(staged, held, event.heardMs, clock.elapsed())
        else staged.failing.delete(held.play.slot.occurrenceId)
        return end(staged, held, event)
    }
  }
  return {
    views: () => new Map([...all].map(([id, staged]) => [id, viewOf(staged, clock.elapsed())])),
    retryInMs: () => {
      const now = clock.elapsed()
      const failing = [...all.values()].flatMap((staged) => [...staged.failing.values()])
      const waits = failing.map(({ retryAt }) => retryAt - now).filter((waitMs) => waitMs > 0)
      return waits.length === 0 ? null : Math.min(...waits)
    },
    playableOf: (slot) => contentOf(slot, media, spokenFile),
    play: (play) => {
      const staged = stagedOn(play.slot.output)
      const playable = contentOf(play.slot, media, spokenFile)
      if (playable === null) throw new Error(`media of ${play.slot.slotId} are not ready`)
      const held: Held = { play, startedAt: null, heardMs: 0, lateMs: null, stopReason: null, takenBy: null }
      staged.held.set(play.playId, held)
      // The one before that was still pending is answered by the output itself, as stopped.
      staged.roles[laneOf(play.slot)].pending = held
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
      const manner = { crossfadeMs: overlapMs, over: slot.over, below: !isAlone(slot) }
      staged.output.play({ playId, playable, ...when, offsetMs, lengthMs, ...manner, ...levels })
    },
    stop: (output, playId, fadeMs, reason) => {
      const staged = stagedOn(output)
      const held = staged.held.get(playId)
      if (held !== undefined) held.stopReason = reason
      staged.output.stop(playId, fadeMs)
    },
    apply: (event) => {
      const staged = stagedOn(event.output)
      if (event.kind !== 'health') return applyTo(staged, event)
      staged.health = event.health
      if (event.health.state === 'ready') staged.failing.clear()
      return { kind: 'health', output: event.output, health: event.health }
    },
    outputs: () =>
      [...all.values()].map(({ output, health, roles }) => ({
        output,
        health,
        main: playingIn(roles.main),
        over: playingIn(roles.over),
      })),
    setGain: (output, playId, gainDb, rampMs) => {
      const staged = stagedOn(output)
      const held = staged.held.get(playId)
      if (held === undefined) return
      held.play = { ...held.play, slot: { ...held.play.slot, gainDb } }
      staged.output.setGain(playId, gainDb, rampMs)
    },
  }
}
