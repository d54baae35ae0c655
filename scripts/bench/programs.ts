/** Other programs: whether they are there, started with their words kept, waited for, and ended by their own id. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export type Program = {
  pid: number
  isRunning: () => boolean
  /** What it wrote so far, to either stream. */
  log: () => string
  /** SIGTERM, and SIGKILL if it does not listen. Resolves when it is gone. */
  stop: () => Promise<void>
}

const STOP_MS_MAX = 5_000
const POLL_MS = 10

/** Debian keeps daemons in folders that are not in everybody's path. */
const searchPath = (): string => `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`

export const isThere = (program: string): boolean =>
  spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { env: { ...process.env, PATH: searchPath() } }).status ===
  0

/** Waits until the claim holds; fails loudly when it does not in time. */
export const until = async (claim: string, holds: () => boolean, msMax: number): Promise<void> => {
  const end = performance.now() + msMax
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${Math.round(msMax / 1_000)} s in vain until ${claim}`)
    await sleep(POLL_MS)
  }
}

/** Sleeps until that moment of the wall clock. */
export const untilWall = (at: number): Promise<void> => sleep(Math.max(0, at - Date.now()))

/** Its words go to a file: a pipe would have to be read in time by a process that measures. */
export const launch = (
  command: readonly [string, ...string[]],
  { env, logFile }: { env?: NodeJS.ProcessEnv; logFile: string },
): Program => {
  const [program, ...args] = command
  const log = openSync(logFile, 'a')
  const child = spawn(program, args, { env: env ?? process.env, stdio: ['ignore', log, log] })
  closeSync(log)
  let fault: Error | null = null
  child.once('error', (error) => (fault = error))
  if (child.pid === undefined) throw new Error(`cannot start ${program}`)
  const isRunning = () => child.exitCode === null && child.signalCode === null && fault === null
  return {
    pid: child.pid,
    isRunning,
    log: () => readFileSync(logFile, 'utf8'),
    stop: async () => {
      if (!isRunning()) return
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
      await gone
      clearTimeout(timer)
    },
  }
}
