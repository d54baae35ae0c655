/**
 * Where the card is. The library tells neither its delay nor how full its buffer is. But a write that does not fit waits, and it
 * ends at the moment when the card has used up a period: that moment, and the count of periods, say when each frame is heard.
 * Pure.
 *
 * A moment can be told late, by a busy machine, and never early. So the line through them is not their mean, as a delay-locked
 * loop of the usual kind has it, but the one that lies under all of them: S. Moon, P. Skelly, D. Towsley, "Estimation and
 * Removal of Clock Skew from Network Delay Measurements", 1999. It needs no time to settle and is not moved by what is late.
 */
import type { MonotonicMs } from './messages.ts'
import { framesOfMs, RATE } from './pcm.ts'

/** The library asks ALSA for half a second of buffer, and for a quarter of it as the period, in whole frames. */
export const PERIOD_FRAMES = Math.floor(RATE / 8)
/** At 44.1 kHz four of those do not fill the buffer, and a card that wants whole periods in it has five. The likelier is first. */
export const PERIODS: readonly number[] = RATE % 8 === 0 ? [PERIOD_FRAMES] : [PERIOD_FRAMES, RATE / 10]

/** That frame was heard at that moment, or a little before. */
export type Moment = { frame: number; at: MonotonicMs }

export type CardClock = {
  /** A write that has to wait does so until a whole number of these was heard, counted from `originFrame`. */
  periodFrames: number
  /** With this frame the card began, in this run, or began again after it had run dry. */
  originFrame: number
  /** When frame 0 of this run was heard. */
  startAt: MonotonicMs
  /** Frames per millisecond of our clock. */
  pace: number
  /** The last ones, oldest first. */
  moments: readonly Moment[]
  /** How many have been told in this run. */
  count: number
  /** In a row, those that did not fit in. */
  strays: number
  /**
   * A sound server between us and the card gives room in steps of its own, and now and then one step late for good: then each
   * period ends so many frames later than it did.
   */
  phase: number
  /** How many moments had been told when each of the last such steps was. */
  steps: readonly number[]
  /** Lateness of the last moments, in ms, as long as all of them were late. */
  late: readonly number[]
  /** Of the newest few moments, by how many ms each was later than thought: which periods the card has shows in these. */
  lateness: readonly number[]
  /** How far off `startAt` may be before anything has been told: as long as it took to open the card. */
  openingMs: number
}

/** The line is drawn under what was told in this time. */
const WINDOW_MS = 60_000
/** In less time a pace cannot be told from lateness: the one that is known already is kept. */
const PACE_AFTER_MS = 20_000
/** Of a card that tells its moments more exactly, sooner: half of them are late by no more than this part of the time. */
const SHARP_PART = 30e-6
const SHARP_AFTER_MS = 4_000
/** No crystal is further off; beyond this it is the measurement. */
const PACE_DEVIATION_MAX = 300e-6
/** Further than this from a period's end it was something else that held the write up. */
const STRAY_MS = 60
/** Before anything was told it may be the card itself that began late, a sound server some 40 to 75 ms after its first write. */
const FIRST_STRAY_MS = 110
/** So many in a row: the line itself is wrong, or the card has other periods. */
const STRAYS_MAX = 6
const LOCKED_COUNT = 6
/** So many moments in a row show whether the periods are the ones that are thought; then half of them are not later than this. */
const FIT_COUNT = 8
const FIT_MS = 15
/** A probe is written so long before the room for it comes: longer than a timer is late, shorter than an alert would mind. */
const LEAD_MS = 8
const LEAD_MS_MAX = 60

const NOMINAL = RATE / 1_000
const [PACE_MIN, PACE_MAX] = [NOMINAL * (1 - PACE_DEVIATION_MAX), NOMINAL * (1 + PACE_DEVIATION_MAX)]

export type Beginning = { startAt: MonotonicMs } & Partial<
  Pick<CardClock, 'pace' | 'openingMs' | 'periodFrames' | 'originFrame'>
>

/** A run that begins at `startAt`; a crystal keeps its pace from one run to the next. */
export const newClock = (beginning: Beginning): CardClock => ({
  pace: NOMINAL,
  openingMs: 0,
  periodFrames: PERIOD_FRAMES,
  originFrame: 0,
  ...beginning,
  moments: [],
  count: 0,
  strays: 0,
  phase: 0,
  steps: [],
  late: [],
  lateness: [],
})

export const frameAt = ({ startAt, pace }: CardClock, at: MonotonicMs): number => (at - startAt) * pace
export const timeOf = ({ startAt, pace }: CardClock, frame: number): MonotonicMs => startAt + frame / pace
/**
 * Steps that come so close upon each other are no steps: this card has no periods that could be counted. Only where an eighth of a
 * second is no whole number of frames: two outputs on one server make each other such steps, and are followed through them.
 */
const STEPS_WITHIN = 24
const STEPS_MAX = 3
const stepsOf = ({ steps, count }: CardClock): number =>
  PERIODS.length === 1 ? 0 : steps.filter((told) => count - told < STEPS_WITHIN).length
/** Enough have been told, and they agree. */
export const isLocked = (clock: CardClock): boolean =>
  clock.count >= LOCKED_COUNT && clock.strays === 0 && stepsOf(clock) < STEPS_MAX - 1
/** The card does not behave as is thought here. */
export const isLost = (clock: CardClock): boolean => clock.strays >= STRAYS_MAX || stepsOf(clock) >= STEPS_MAX

/** Its periods are others: the ends of those that are thought come early, late and in between. */
export const isMisfit = ({ lateness }: CardClock): boolean => {
  const least = Math.min(...lateness)
  const misfits = lateness.filter((one) => one - least > FIT_MS).length
  return lateness.length >= FIT_COUNT && misfits > FIT_COUNT / 2
}

const firstOf = ({ originFrame, phase }: CardClock): number => originFrame + phase
/** The frame with which the first period ends that ends at `frame` or later. */
export const periodFrom = (clock: CardClock, frame: number): number => {
  const first = firstOf(clock)
  return Math.max(1, Math.ceil((frame - first) / clock.periodFrames)) * clock.periodFrames + first
}
export const isPeriodEnd = (clock: CardClock, frame: number): boolean => {
  const first = firstOf(clock)
  return frame > first && (frame - first) % clock.periodFrames === 0
}

/** How long before the end of a period to write; earlier as long as it is not well known when that is. */
export const leadMs = ({ count, strays, openingMs }: CardClock): number =>
  Math.min(LEAD_MS_MAX, LEAD_MS * (1 + strays) + (count === 0 ? openingMs : 0))

/** A write that should have had to wait until that frame was heard did not: it had been heard before `at`. */
export const withoutWait = (clock: CardClock, frame: number, at: MonotonicMs): CardClock => ({
  ...clock,
  startAt: Math.min(clock.startAt, at - frame / clock.pace),
  moments: withinWindow(clock.moments, { frame, at }),
  strays: clock.strays + 1,
})

const withinWindow = (moments: readonly Moment[], newest: Moment): Moment[] =>
  [...moments, newest].filter(({ at }) => at > newest.at - WINDOW_MS)

/** The moments that no line between two others passes under, oldest first. */
const lowerHull = (moments: readonly Moment[]): Moment[] => {
  const hull: Moment[] = []
  for (const moment of moments) {
    for (;;) {
      const [before, last] = [hull.at(-2), hull.at(-1)]
      if (before === undefined || last === undefined) break
      const isUnder =
        (last.at - before.at) * (moment.frame - before.frame) < (moment.at - before.at) * (last.frame - before.frame)
      if (isUnder) break
      hull.pop()
    }
    hull.push(moment)
  }
  return hull
}

/** Of all lines under the moments the one that is nearest to them: the side of the hull below their middle. */
const paceOf = (moments: readonly Moment[]): number | null => {
  const middle = moments.reduce((sum, { frame }) => sum + frame, 0) / moments.length
  const hull = lowerHull(moments)
  const index = hull.findIndex(({ frame }) => frame >= middle)
  const [from, to] = [hull[index - 1], hull[index]]
  if (from === undefined || to === undefined || to.at <= from.at) return null
  return Math.min(PACE_MAX, Math.max(PACE_MIN, (to.frame - from.frame) / (to.at - from.at)))
}

/** `doubt`: how far off the pace may be. An old moment then says less, but it is never forgotten for a late one. */
const startUnder = (moments: readonly Moment[], pace: number, doubt = 0): MonotonicMs => {
  const newestAt = moments.at(-1)?.at ?? 0
  return Math.min(...moments.map(({ frame, at }) => at - frame / pace + (newestAt - at) * doubt))
}

const isSharp = (moments: readonly Moment[], pace: number, withinMs: number): boolean => {
  const startAt = startUnder(moments, pace)
  const late = moments.map(({ frame, at }) => at - frame / pace - startAt).sort((one, other) => one - other)
  return (late[Math.floor(late.length / 2)] ?? Number.POSITIVE_INFINITY) <= withinMs
}

/** The pace that they tell; null: in so short a time they do not. */
const paceTold = (moments: readonly Moment[]): number | null => {
  const spanMs = (moments.at(-1)?.at ?? 0) - (moments[0]?.at ?? 0)
  if (spanMs < SHARP_AFTER_MS) return null
  const pace = paceOf(moments)
  return pace !== null && (spanMs >= PACE_AFTER_MS || isSharp(moments, pace, spanMs * SHARP_PART)) ? pace : null
}

/** Less is the lateness of a busy machine. */
const STEP_MS_MIN = 2
/** A sound server goes on stepping as long as we wait for the period that it has left: it is followed soon. */
const STEP_COUNT = 3
/** With a step that was none, which was a busy machine, what is written is more than fits until the period after: it is taken back. */
const STEP_STRAYS_MAX = 2

/** A write that had to wait until that frame was heard has ended at `at`. */
export const withMoment = (clock: CardClock, frame: number, at: MonotonicMs): CardClock => {
  const lateMs = at - timeOf(clock, frame)
  const lateness = [...clock.lateness, lateMs].slice(-FIT_COUNT)
  if (Math.abs(lateMs) > (clock.count === 0 ? FIRST_STRAY_MS : STRAY_MS)) {
    const strays = clock.strays + 1
    return { ...clock, strays, phase: strays < STEP_STRAYS_MAX ? clock.phase : 0, late: [], lateness }
  }
  const moments = withinWindow(clock.moments, { frame, at })
  const told = paceTold(moments)
  const pace = told ?? clock.pace
  const startAt = startUnder(moments, pace, told === null ? PACE_DEVIATION_MAX : 0)
  const late = lateMs < STEP_MS_MIN ? [] : [...clock.late, lateMs]
  const stepMs = late.length < STEP_COUNT ? null : Math.min(...late)
  // The steps of a sound server are whole milliseconds.
  const phase = stepMs === null ? clock.phase : clock.phase + framesOfMs(Math.round(stepMs))
  return {
    ...clock,
    startAt,
    pace,
    moments,
    count: clock.count + 1,
    strays: 0,
    phase,
    steps: stepMs === null ? clock.steps : [...clock.steps, clock.count].slice(-STEPS_MAX),
    late: stepMs === null ? late : [],
    lateness,
  }
}
