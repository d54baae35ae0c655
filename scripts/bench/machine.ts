/** On what, and how undisturbed, the figures were taken. */
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

export const describeMachine = (): string => {
  const processors = cpus()
  const model = processors[0]?.model.trim() ?? 'an unknown processor'
  const memoryGb = (totalmem() / 1e9).toFixed(1)
  return `${model}, ${processors.length} cores, ${memoryGb} GB of memory, Linux ${release()}, Node ${process.versions.node}`
}

export const loadText = (): string => loadavg()[0]?.toFixed(2) ?? 'unknown'

type Ticks = { busy: number; all: number }

const ticks = (): Ticks => {
  const [, ...fields] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/)
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, ...rest] = fields.map(Number)
  // Guest time is counted in user already, so of the rest only the interrupts and what the host took away are busy.
  const busy = user + nice + system + (rest[0] ?? 0) + (rest[1] ?? 0) + (rest[2] ?? 0)
  return { busy, all: busy + idle + wait }
}

const LOOK_MS = 1_000

/** The share of all cores that was busy from a moment to now. */
export const busyShareSince = (): (() => number) => {
  const before = ticks()
  return () => {
    const after = ticks()
    return (after.busy - before.busy) / Math.max(1, after.all - before.all)
  }
}

/** A machine that works on something else measures that as well. */
const QUIET_SHARE = 0.15
const QUIET_LOOKS = 3

/** Waits for a quiet machine, not for ever. Gives the share of its processors that was busy at the last looks. */
export const waitForQuiet = async (waitMsMax: number): Promise<{ busyShare: number; quiet: boolean }> => {
  const end = performance.now() + waitMsMax
  for (let quietLooks = 0; ;) {
    const since = busyShareSince()
    await sleep(LOOK_MS)
    const busyShare = since()
    quietLooks = busyShare < QUIET_SHARE ? quietLooks + 1 : 0
    if (quietLooks >= QUIET_LOOKS) return { busyShare, quiet: true }
    if (performance.now() > end) return { busyShare, quiet: false }
  }
}
