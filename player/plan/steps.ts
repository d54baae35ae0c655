/** What to do now so that the outputs come to what the plan wants: steps as data. Pure. */
import { LANES, type LaneName, type Lanes } from './lanes.ts'
import type { LanePlan, Plan, SilencedBy, Slot } from './slot.ts'
import { wallMs, type WallMs } from './time.ts'

/** A change is handed to its output this long ahead, so that it can be decoded, composed and ready at its moment. */
export const LEAD_MS = 3_000

/** An output ends by itself at the length it was given; only one that overruns by this is told to. */
export const OVERRUN_MS = 3_000

/** A slot that begins this little late is played from its beginning: no siren loses its first sound to our own delay. */
export const HEAD_KEPT_MS = 750

/** An output that knows its own delay begins a little ahead of the moment; that is the next slot, not a wrong one. */
export const EARLY_MS = 500

const FADE_MS = 60

/** `outranked`: it was spoken over something, and what is on now is not for that. */
export type StopReason = 'withdrawn' | 'nothing-due' | 'outranked' | 'overrun' | SilencedBy | 'clock-set' | 'shutdown'

/** What it confirmed, and what was handed to it and is not due yet. */
export type LaneView = {
  current: { playId: string; slot: Slot } | null
  pending: { playId: string; slot: Slot; dueAt: WallMs } | null
}

/** What the stage knows of one output. */
export type OutputView = Lanes<LaneView> & {
  output: string
  ready: boolean
  /** Slots that are over on this output: finished, failed, or called off. */
  spent: ReadonlySet<string>
  /** Occurrences that failed and are not to be tried again yet. */
  heldBack: ReadonlySet<string>
}

export type Steps = {
  play: { output: string; slot: Slot; dueAt: WallMs; offsetMs: number; lengthMs: number }
  stop: { output: string; playId: string; fadeMs: number; reason: StopReason }
  /** What goes on at another level, because the hour or the output's own level has changed. */
  level: { output: string; playId: string; gainDb: number; isHeard: boolean }
}
export type Step = { [A in keyof Steps]: { action: A } & Steps[A] }[keyof Steps]

/** Less than this is nobody's concern. */
const LEVEL_STEP_DB = 0.05

/** What is on, or about to be, at a level that is no longer the right one. */
const levelSteps = (output: string, { now, next }: LanePlan, { current, pending }: LaneView): Step[] => {
  const wanted = [now, next?.wanted].flatMap((one) => (one?.kind === 'slot' ? [one.slot] : []))
  return [current, pending].flatMap((held): Step[] => {
    const slot = wanted.find(({ slotId }) => slotId === held?.slot.slotId)
    if (held === null || slot === undefined || Math.abs(slot.gainDb - held.slot.gainDb) < LEVEL_STEP_DB) return []
    return [{ action: 'level', output, playId: held.playId, gainDb: slot.gainDb, isHeard: held === current }]
  })
}

/** Where in the item to start, and for how long, when the slot is taken up at `at`. */
const portion = (slot: Slot, at: WallMs): { offsetMs: number; lengthMs: number } => {
  const lateMs = Math.max(0, at - slot.startsAt)
  const offsetMs = lateMs < HEAD_KEPT_MS ? 0 : lateMs
  return { offsetMs, lengthMs: Math.max(1, slot.endsAt - slot.startsAt - offsetMs) }
}

const withdrawnBecause = ({ now }: LanePlan): StopReason =>
  now.kind === 'nothing' && now.because !== null ? now.because : 'withdrawn'

const stepsForLane = (lane: LaneName, wanted: LanePlan, view: OutputView, now: WallMs): Step[] => {
  if (!view.ready) return []
  const { output } = view
  const { current, pending } = view[lane]
  const isOpen = (slot: Slot): boolean => !view.spent.has(slot.slotId) && !view.heldBack.has(slot.occurrenceId)
  const steps: Step[] = []
  const play = (slot: Slot, dueAt: WallMs) =>
    steps.push({ action: 'play', output, slot, dueAt, ...portion(slot, dueAt) })
  const stop = (playId: string, reason: StopReason, fadeMs: number) =>
    steps.push({ action: 'stop', output, playId, fadeMs, reason })

  const due = wanted.now.kind === 'slot' && isOpen(wanted.now.slot) ? wanted.now.slot : null
  const next = wanted.next?.wanted.kind === 'slot' ? { slot: wanted.next.wanted.slot, at: wanted.next.at } : null

  // The screen is already showing what is due in a moment, or has just told that what was before it is over: leave it.
  const arriving = current ?? pending
  if (arriving !== null && arriving.slot.slotId === next?.slot.slotId && next.at - now <= EARLY_MS) return steps
  const onItsWay = pending !== null && due !== null && pending.slot.slotId === due.slotId
  if (due !== null && current?.slot.slotId !== due.slotId && !onItsWay) {
    play(due, wallMs(Math.max(now, due.startsAt)))
    return steps
  }
  if (current !== null && due?.slotId !== current.slot.slotId && !onItsWay) {
    const overMs = now - current.slot.endsAt
    // The pause of an alert silences everything else; its own last item, begun a little late, is heard to its end.
    const isSilenced = wanted.now.kind === 'hold' && wanted.now.occurrenceId !== current.slot.occurrenceId
    if (isSilenced) stop(current.playId, lane === 'over' ? 'outranked' : 'nothing-due', FADE_MS)
    else if (overMs < 0) stop(current.playId, withdrawnBecause(wanted), FADE_MS)
    else if (overMs > OVERRUN_MS) stop(current.playId, 'overrun', FADE_MS)
  }
  if (onItsWay) return steps
  const ahead = next !== null && next.at - now <= LEAD_MS && isOpen(next.slot) ? next : null
  if (pending !== null && pending.slot.slotId !== ahead?.slot.slotId) stop(pending.playId, 'withdrawn', 0)
  if (ahead !== null && pending?.slot.slotId !== ahead.slot.slotId) play(ahead.slot, ahead.at)
  return steps
}

/** Everything that an output was handed and has not ended, of both lanes. */
export const heldBy = (view: OutputView) =>
  LANES.flatMap((lane) => [view[lane].pending, view[lane].current].filter((held) => held !== null))

export const stepsTowards = (plan: Plan, views: ReadonlyMap<string, OutputView>, now: WallMs): Step[] =>
  plan.outputs.flatMap((wanted) => {
    const view = views.get(wanted.output)
    if (view === undefined) return []
    return LANES.flatMap((lane) => [
      ...stepsForLane(lane, wanted[lane], view, now),
      ...levelSteps(view.output, wanted[lane], view[lane]),
    ])
  })
