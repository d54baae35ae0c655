/** Where an announcement stands when more of its sounds is ready. Pure. */
import type { Item, Override } from '../player/plan/schedule.ts'
import { addMs, wallMs, type WallMs } from '../player/plan/time.ts'

/** What is said once is not said again because its words were made anew, as after a reboot. */
export const ONCE_WITHIN_MS = 600_000

const isSound = ({ content }: Item): boolean => content.kind === 'sound' || content.kind === 'stream'

export const soundMsOf = (items: readonly Item[]): number =>
  items.filter(isSound).reduce((sum, { durationMs }) => sum + durationMs, 0)

/** How much of the sounds before stays the same: the siren that is heard goes on. */
const sameMs = (before: readonly Item[], after: readonly Item[]): number => {
  let ms = 0
  for (const [index, item] of before.entries()) {
    if (JSON.stringify(item) !== JSON.stringify(after[index])) break
    ms += item.durationMs
  }
  return ms
}

/**
 * The start by which what is heard now goes on, and new words, if their moment has passed, begin now and not in their middle.
 * Rounds keep their numbers, so that no round is taken for one that was heard.
 */
export const extended = (
  { override, before, after }: { override: Override; before: readonly Item[]; after: readonly Item[] },
  now: WallMs,
): WallMs => {
  const { startsAt, repeatPauseMs } = override
  const sinceMs = now - startsAt
  if (sinceMs <= 0) return startsAt
  const [beforeMs, afterMs] = [soundMsOf(before), soundMsOf(after)]
  if (repeatPauseMs === null && sinceMs >= Math.max(beforeMs, 0) + ONCE_WITHIN_MS) return startsAt
  if (beforeMs === 0) return now
  const round = repeatPauseMs === null ? 0 : Math.floor(sinceMs / (beforeMs + repeatPauseMs))
  const positionMs = sinceMs - round * (beforeMs + (repeatPauseMs ?? 0))
  const keptMs = Math.min(positionMs, sameMs(before, after))
  return addMs(wallMs(now - keptMs), -round * (afterMs + (repeatPauseMs ?? 0)))
}
