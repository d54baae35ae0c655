/**
 * The sound process comes before everything else on the machine, where that is permitted: in real time, else by its niceness.
 * What it starts does not: a decoder that runs away must not take the box with it.
 */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setPriority } from 'node:os'
import type { Urgency } from '../../player/ports/output.ts'

/** Below the kernel's own threads for interrupts, which have 50. */
const REAL_TIME_PRIORITY = 20
const NICENESS = -15
const ASK_MS_MAX = 2_000

const realTime = (options: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const which = [...options, '--fifo', '--pid', String(REAL_TIME_PRIORITY), String(process.pid)]
    execFile('chrt', which, { timeout: ASK_MS_MAX }, (fault) => resolve(fault === null))
  })

/**
 * All threads, since it is not the first that writes to the card, and a driver of a sound server starts one of its own from
 * there. The first one starts the decoders: what it starts begins as any other program.
 */
const becomeRealTime = async (): Promise<boolean> => (await realTime(['--all-tasks'])) && realTime(['--reset-on-fork'])

/** Linux counts niceness by the thread. */
const becomeNice = (): boolean => {
  try {
    for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), NICENESS)
    return true
  } catch {
    return false
  }
}

/** Asks for as much as is permitted, and says what was. */
export const becomeUrgent = async (): Promise<Urgency> => {
  // Whatever is asked of the disk makes the threads that will write to the card: they must be there to be made urgent.
  await stat('/')
  if (await becomeRealTime()) return 'real-time'
  return becomeNice() ? 'nice' : 'ordinary'
}

/** What was just started goes on as any other program. */
export const asOrdinary = (processId: number | undefined): void => {
  if (processId === undefined) return
  try {
    setPriority(processId, 0)
  } catch {
    // It has ended already.
  }
}
