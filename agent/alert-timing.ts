/** Where an announcement stands when more of its sounds is ready. Pure. */
import type { Item, Override } from '../player/plan/schedule.ts'
import { wallMs, type WallMs } from '../player/plan/time.ts'

/** What is said once is not said again because its words were made anew, as after a reboot. */
export const ONCE_WITHIN_MS = 600_000

const soundMsOf = (items: readonly Item[]): number => items.reduce((sum, { durationMs }) => sum + durationMs, 0)

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
 * The start by which a siren that is heard now goes on, and new words, if their moment has passed, begin now and not in their
 * middle. A turn of the plan that began later than this is left as it is; one that began earlier begins here instead.
 */
export const extended = (
  { override, before, after }: { override: Override; before: readonly Item[]; after: readonly Item[] },
  now: WallMs,
): WallMs => {
  const { startsAt, repeatPauseMs } = override
  const sinceMs = now - startsAt
  if (sinceMs <= 0 || JSON.stringify(before) === JSON.stringify(after)) return startsAt
  if (repeatPauseMs === null && sinceMs >= soundMsOf(before) + ONCE_WITHIN_MS) return startsAt
  return wallMs(now - Math.min(sinceMs, sameMs(before, after)))
}
