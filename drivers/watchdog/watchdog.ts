/**
 * Tells systemd how the agent is, through its own program `systemd-notify` (Node has no Unix datagram sockets; the unit
 * says NotifyAccess=all). One program runs at a time; what is said meanwhile is sent together when it has ended.
 */
import { spawn } from 'node:child_process'
import type { Watchdog } from '../../agent/ports/watchdog.ts'
import type { Clock } from '../../player/ports/clock.ts'

export type WatchdogLog = { warn: (fields: object, text: string) => void }
export type WatchdogOptions = {
  env: Partial<Record<string, string>>
  clock: Pick<Clock, 'elapsed' | 'after'>
  pid: number
  log: WatchdogLog
}

/** A keep-alive may be lost twice before systemd loses patience. */
const KEEPALIVES_PER_LIMIT = 3
/** systemd-notify itself waits at most 5 s for systemd to have read the message. */
const PROGRAM_MS_MAX = 10_000
const STATUS_LENGTH_MAX = 200

const silent: Watchdog = { ready: () => {}, progress: () => {}, status: () => {}, stopping: () => {} }

/** Null where systemd watches nothing, or watches another process. */
const limitMsOf = ({ env, pid }: WatchdogOptions): number | null => {
  const limitUs = Number(env['WATCHDOG_USEC'] ?? '')
  const watched = env['WATCHDOG_PID']
  if (!Number.isFinite(limitUs) || limitUs <= 0) return null
  return watched === undefined || watched === String(pid) ? limitUs / 1000 : null
}

/** At most one message of each name waits: a newer one replaces it. */
const sender = ({ env, clock, log }: WatchdogOptions) => {
  const waiting = new Map<string, string>()
  let isBusy = false
  let hasWarned = false
  const warnOnce = (fields: object) => {
    if (!hasWarned) log.warn(fields, 'systemd could not be told how the agent is')
    hasWarned = true
  }
  const sendNext = () => {
    if (isBusy || waiting.size === 0) return
    const messages = [...waiting].map(([name, value]) => `${name}=${value}`)
    waiting.clear()
    isBusy = true
    const program = spawn('systemd-notify', messages, { env: { ...env }, stdio: 'ignore' })
    const limit = clock.after('systemd-notify', PROGRAM_MS_MAX, () => program.kill('SIGKILL'))
    let isOver = false
    const over = (fields: object | null) => {
      if (isOver) return
      isOver = true
      limit.cancel()
      isBusy = false
      if (fields !== null) warnOnce(fields)
      sendNext()
    }
    program.on('error', (error) => over({ error }))
    program.on('exit', (exitCode, signal) => over(exitCode === 0 ? null : { exitCode, signal }))
  }
  return (name: string, value: string) => {
    waiting.set(name, value)
    sendNext()
  }
}

/** Without NOTIFY_SOCKET nobody listens (a test, a demo, another supervisor), and nothing is done. */
export const openWatchdog = (options: WatchdogOptions): Watchdog => {
  if ((options.env['NOTIFY_SOCKET'] ?? '') === '') return silent
  const say = sender(options)
  const limitMs = limitMsOf(options)
  let fedAt: number | null = null
  return {
    ready: () => say('READY', '1'),
    progress: () => {
      if (limitMs === null) return
      const now = options.clock.elapsed()
      if (fedAt !== null && now - fedAt < limitMs / KEEPALIVES_PER_LIMIT) return
      fedAt = now
      say('WATCHDOG', '1')
    },
    status: (text) => say('STATUS', text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, STATUS_LENGTH_MAX)),
    stopping: () => say('STOPPING', '1'),
  }
}
