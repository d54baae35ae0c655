/** What becomes of the sound process: pure decisions, so that every order of deaths and recoveries can be tried. */
import type { Fault, OutputHealth, Urgency } from '../../player/ports/output.ts'

export type Supervision = {
  /** `worn`: asked to be replaced and about to end. `renewing`: its successor starts. Both count as ready. */
  phase: 'starting' | 'ready' | 'worn' | 'renewing' | 'waiting' | 'closed'
  /** Starts in a row that did not last. */
  failures: number
  restarts: number
  fault: Fault | null
  engine: string
  /** Null until a process has told. */
  urgency: Urgency | null
  readySinceMs: number
}

export type SupervisionEvent =
  | { kind: 'ready'; engine: string; urgency: Urgency }
  /** The process is gone; `fault` is what is known of why. */
  | { kind: 'gone'; fault: Fault }
  /** The process asks to be replaced while nothing sounds. */
  | { kind: 'worn' }
  | { kind: 'retry' }
  | { kind: 'close' }

export type Effect =
  | { do: 'spawn' }
  | { do: 'wait'; delayMs: number }
  | { do: 'fail-plays'; fault: Fault }
  /** Plays that were accepted during a renewal, or had not begun, go to the new process. */
  | { do: 'send-plays' }
  | { do: 'tell-health' }

const BACKOFF_MS_FIRST = 250
const BACKOFF_MS_MAX = 8_000
/** A process that has lived this long was a good one: the next death counts as the first. */
const STABLE_MS = 30_000
const JITTER = 0.2

export const NOT_STARTED: Fault = { code: 'device-missing', detail: 'the sound process is starting' }
export const CLOSED: Fault = { code: 'device-missing', detail: 'the output is closed' }

export const firstSupervision = (): Supervision => ({
  phase: 'starting',
  failures: 0,
  restarts: 0,
  fault: null,
  engine: 'speaker',
  urgency: null,
  readySinceMs: 0,
})

export const backoffMs = (failures: number, chance: number): number => {
  const steadyMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * 2 ** Math.min(failures, 10))
  return Math.round(steadyMs * (1 - JITTER + 2 * JITTER * chance))
}

export const isUsable = (phase: Supervision['phase']): boolean =>
  phase === 'ready' || phase === 'worn' || phase === 'renewing'

export const healthOf = ({ phase, fault, restarts, engine, urgency }: Supervision): OutputHealth => {
  const isDevice = fault !== null && (fault.code === 'device-missing' || fault.code === 'device-failed')
  const state = isUsable(phase) ? 'ready' : isDevice ? 'absent' : 'restarting'
  return { state, fault, restarts, engine, ...(urgency === null ? {} : { urgency }) }
}

export const supervise = (
  now: Supervision,
  event: SupervisionEvent,
  { elapsedMs, chance }: { elapsedMs: number; chance: number },
): { next: Supervision; effects: Effect[] } => {
  const stay = { next: now, effects: [] }
  if (now.phase === 'closed') return stay
  switch (event.kind) {
    case 'ready':
      return {
        next: {
          ...{ ...now, phase: 'ready', fault: null, readySinceMs: elapsedMs },
          ...{ engine: event.engine, urgency: event.urgency },
        },
        // A renewal is nobody's business: the output was ready throughout.
        effects: [...(now.phase === 'renewing' ? [] : [{ do: 'tell-health' } as const]), { do: 'send-plays' }],
      }
    case 'worn':
      return { next: { ...now, phase: 'worn' }, effects: [] }
    case 'gone': {
      if (now.phase === 'worn')
        return { next: { ...now, phase: 'renewing', restarts: now.restarts + 1 }, effects: [{ do: 'spawn' }] }
      const isLasting = now.phase === 'ready' && elapsedMs - now.readySinceMs >= STABLE_MS
      const failures = isLasting ? 0 : now.failures
      const next: Supervision = { ...now, phase: 'waiting', failures: failures + 1, fault: event.fault }
      return {
        next,
        effects: [
          { do: 'fail-plays', fault: event.fault },
          { do: 'tell-health' },
          { do: 'wait', delayMs: backoffMs(failures, chance) },
        ],
      }
    }
    case 'retry':
      return now.phase === 'waiting'
        ? { next: { ...now, phase: 'starting', restarts: now.restarts + 1 }, effects: [{ do: 'spawn' }] }
        : stay
    case 'close':
      return { next: { ...now, phase: 'closed', fault: CLOSED }, effects: [] }
  }
}
