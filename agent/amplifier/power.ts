/**
 * Whether an amplifier should have power now, and when to ask again. Pure. It goes on ahead of sound, because it needs a
 * moment before it gives any, and off some time after, because a relay wears out by switching and electricity costs.
 */
import type { ElapsedMs } from '../../player/plan/time.ts'

export type PowerPolicy = {
  /** How long it needs before it sounds. */
  warmUpMs: number
  /** How long it stays on after the last sound. A pause that is known to be no longer never switches it. */
  coolDownMs: number
  /** It stays on at least so long, whatever comes or is called off. */
  minimumOnMs: number
}

/** What the outputs do that it feeds. `nextInMs`: until the next known sound; null: none is known of. */
export type SoundAhead = { isOn: boolean; nextInMs: number | null }

export type PowerState =
  | { isOn: false }
  /** `neededAt`: when it was last needed. While it is needed, that is the last time anybody looked. */
  | { isOn: true; since: ElapsedMs; isNeeded: boolean; neededAt: ElapsedMs }

/** `askAgainInMs`: the answer may be another one then, though nothing else has changed; null: it cannot be. */
export type PowerDecision = { state: PowerState; askAgainInMs: number | null }

export const POWER_OFF: PowerState = { isOn: false }

export const decidePower = (
  policy: PowerPolicy,
  before: PowerState,
  sound: SoundAhead,
  now: ElapsedMs,
): PowerDecision => {
  const { warmUpMs, coolDownMs, minimumOnMs } = policy
  const { nextInMs } = sound
  if (sound.isOn || (nextInMs !== null && nextInMs <= warmUpMs)) {
    const since = before.isOn ? before.since : now
    return { state: { isOn: true, since, isNeeded: true, neededAt: now }, askAgainInMs: null }
  }
  const untilWarmUpMs = nextInMs === null ? null : nextInMs - warmUpMs
  if (!before.isOn) return { state: POWER_OFF, askAgainInMs: untilWarmUpMs }
  const state: PowerState = { ...before, isNeeded: false, neededAt: before.isNeeded ? now : before.neededAt }
  const keepMs = Math.max(state.neededAt + coolDownMs, state.since + minimumOnMs) - now
  if (keepMs > 0) return { state, askAgainInMs: untilWarmUpMs === null ? keepMs : Math.min(keepMs, untilWarmUpMs) }
  if (untilWarmUpMs !== null && untilWarmUpMs <= coolDownMs) return { state, askAgainInMs: untilWarmUpMs }
  return { state: POWER_OFF, askAgainInMs: untilWarmUpMs }
}
