/**
 * Several alerts at once, each heard: they take turns, the gravest first. When each was heard there is a pause, in which
 * people can speak to each other, and it begins again. A newcomer is heard next; one that is graver than what sounds cuts
 * in, and what it cut is then heard from its beginning. Pure.
 */
import type { Priority } from './schedule.ts'
import { addMs, wallMs, type WallMs } from './time.ts'

export type Turns = {
  current: { overrideId: string; startedAt: WallMs } | null
  /** Number of the round of all alerts, from 0. */
  round: number
  /** In which round each was last heard to its end. */
  heardIn: ReadonlyMap<string, number>
  /** When the last of them ended. */
  quietSince: WallMs | null
  /** Something higher talks over them: whoever was cut begins anew afterwards. */
  isBlocked: boolean
}

/** One alert on one output; the list that it stands in is ordered, the gravest first. */
export type TurnTaker = {
  overrideId: string
  startsAt: WallMs
  lengthMs: number
  /** Null: heard once. */
  repeatPauseMs: number | null
  /** More of it is still being made: its turn does not end before that is there. */
  isAwaited: boolean
}

export const NO_TURNS: Turns = { current: null, round: 0, heardIn: new Map(), quietSince: null, isBlocked: false }

export const turnsKey = (output: string, priority: Priority): string => `${output}|${priority}`

/** After a time in which nobody looked, turns begin anew rather than being counted one by one. */
const CATCH_UP_MS_MAX = 3_600_000

type Next = { taker: TurnTaker; round: number; at: WallMs }

/**
 * Who is heard next, in which round, and from when: the first whose moment comes, and of several the gravest. One that arrives
 * in the middle of what comes first cuts in when it does.
 */
const nextTurn = ({ round, heardIn, quietSince }: Turns, takers: readonly TurnTaker[]): Next | null => {
  const isDue = ({ overrideId, repeatPauseMs }: TurnTaker): boolean =>
    repeatPauseMs !== null || !heardIn.has(overrideId)
  const waiting = takers
    .filter((taker) => heardIn.get(taker.overrideId) !== round && isDue(taker))
    .map((taker): Next => ({ taker, round, at: wallMs(Math.max(taker.startsAt, quietSince ?? taker.startsAt)) }))
  const again = takers.find(({ overrideId, repeatPauseMs }) => repeatPauseMs !== null && heardIn.has(overrideId))
  const [first] = [
    ...waiting,
    ...(again === undefined
      ? []
      : [{ taker: again, round: round + 1, at: addMs(quietSince ?? again.startsAt, again.repeatPauseMs ?? 0) }]),
  ].toSorted((a, b) => a.at - b.at)
  return first ?? null
}

/** A turn begins anew when its alert does, because its words came after its siren had ended. */
const endOfTurn = (startedAt: WallMs, { startsAt, lengthMs, isAwaited }: TurnTaker): WallMs =>
  isAwaited ? wallMs(Number.POSITIVE_INFINITY) : addMs(wallMs(Math.max(startedAt, startsAt)), lengthMs)

/** The next moment at which it is another's turn, or that of silence; null: never, as things stand. */
export const nextTurnAt = (turns: Turns, takers: readonly TurnTaker[]): WallMs | null => {
  const { current } = turns
  const taker = takers.find(({ overrideId }) => overrideId === current?.overrideId)
  if (current === null || taker === undefined) return nextTurn(turns, takers)?.at ?? null
  const endsAt = endOfTurn(current.startedAt, taker)
  return Number.isFinite(endsAt) ? endsAt : null
}

const graverThan = (current: TurnTaker, takers: readonly TurnTaker[], turns: Turns): TurnTaker | null => {
  const graver = takers.slice(0, takers.indexOf(current))
  return graver.find(({ overrideId }) => !turns.heardIn.has(overrideId)) ?? null
}

/** Another's turn, as long as it is due by `now`; null: silence for now. */
const handOver = (turns: Turns, takers: readonly TurnTaker[], now: WallMs): Turns | null => {
  const next = nextTurn(turns, takers)
  if (next === null || next.at > now) return null
  // What was called off in its middle hands over now; nobody begins in the past, nor after a time in which nobody looked.
  const isLate = turns.current !== null || turns.isBlocked || now - next.at > CATCH_UP_MS_MAX
  const startedAt = isLate ? now : next.at
  return { ...turns, round: next.round, current: { overrideId: next.taker.overrideId, startedAt }, isBlocked: false }
}

/** Something higher has the output. */
export const blocked = (turns: Turns): Turns => ({ ...turns, current: null, isBlocked: true })

/** The turns as they are at `now`; `takers` are those in force then. */
export const turnsAt = (before: Turns, takers: readonly TurnTaker[], now: WallMs): Turns => {
  let turns = before
  for (;;) {
    const { current } = turns
    const taker = takers.find(({ overrideId }) => overrideId === current?.overrideId)
    if (current === null || taker === undefined) {
      const next = handOver(turns, takers, now)
      if (next === null) return { ...turns, current: null }
      turns = next
      continue
    }
    const startedAt = wallMs(Math.max(current.startedAt, taker.startsAt))
    const endsAt = endOfTurn(startedAt, taker)
    const graver = graverThan(taker, takers, turns)
    if (graver !== null && graver.startsAt < endsAt) {
      const cutsInAt = wallMs(Math.max(graver.startsAt, startedAt))
      turns = { ...turns, current: { overrideId: graver.overrideId, startedAt: cutsInAt } }
      continue
    }
    if (endsAt > now) return startedAt === current.startedAt ? turns : { ...turns, current: { ...current, startedAt } }
    const isThere = (overrideId: string) => takers.some((one) => one.overrideId === overrideId)
    const heardIn = new Map(
      [...turns.heardIn, [current.overrideId, turns.round] as const].filter(([id]) => isThere(id)),
    )
    turns = { ...turns, current: null, heardIn, quietSince: endsAt }
  }
}
