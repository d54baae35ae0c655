/**
 * Keeps one mpv alive on the screen: starts it, waits until it has opened the screen, asks it for a sign of life, replaces
 * it with back-off when it dies, hangs or has no screen. What it was playing is the business of the listener.
 */
import type { Logger } from 'pino'
import type { ElapsedMs } from '../../player/plan/time.ts'
import type { Clock, Timer } from '../../player/ports/clock.ts'
import type { Fault, OutputHealth } from '../../player/ports/output.ts'
import type { MpvCommand, MpvEvent, MpvReply } from './mpv-ipc.ts'
import type { MpvProcess } from './mpv-process.ts'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn'>

/** What the screen really has; mpv asks the display, the settings only wish. */
export type Surface = { width: number; height: number }

export type EngineListener = {
  ready: (surface: Surface) => void
  /** All that was loaded is gone. `aliveAt`: when it last gave a sign of life. */
  lost: (fault: Fault, aliveAt: ElapsedMs) => void
  event: (event: MpvEvent) => void
  health: (health: OutputHealth) => void
}

export type EngineOptions = {
  clock: Clock
  log: Log
  launch: (onEvent: (event: MpvEvent) => void) => MpvProcess
  listener: EngineListener
  /** How long an answer may take before mpv counts as hung. */
  hungAfterMs: number
}

export type Engine = {
  health: () => OutputHealth
  command: (command: MpvCommand) => Promise<MpvReply>
  /** For a fault that only the listener can see. */
  replace: (fault: Fault) => void
  close: () => Promise<void>
}

const BACKOFF_MS = [500, 1_000, 2_000, 4_000, 8_000] as const
/** A player that held this long may fail anew and is replaced at once. */
const STEADY_AFTER_MS = 30_000
const PING_EVERY_MS = 2_000
/** Opening a screen takes about 0.1 s under X, and some seconds on a cold board. */
const OPEN_PATIENCE_MS = 15_000
const OPEN_POLL_MS = 50
const DETAIL_CHARS_MAX = 400
const NO_SCREEN = /opening\/initializing the (VO|selected video_out)/i

const sizeOf = (value: unknown): Surface | null => {
  if (typeof value !== 'object' || value === null || !('w' in value) || !('h' in value)) return null
  const { w, h } = value
  return typeof w === 'number' && typeof h === 'number' && w > 0 && h > 0 ? { width: w, height: h } : null
}

/** A cancellable handful of timers: all of them belong to one mpv process and go with it. */
const timerSet = (clock: Clock) => {
  const timers = new Set<Timer>()
  return {
    after: (name: string, delayMs: number, task: () => void): Timer => {
      const inner = clock.after(name, delayMs, () => {
        timers.delete(timer)
        task()
      })
      const timer: Timer = {
        cancel: () => {
          timers.delete(timer)
          inner.cancel()
        },
      }
      timers.add(timer)
      return timer
    },
    cancelAll: () => {
      for (const timer of [...timers]) timer.cancel()
    },
  }
}

type Life = { process: MpvProcess; readyAt: ElapsedMs | null; over: boolean }

class MpvEngine implements Engine {
  private readonly options: EngineOptions
  private readonly timers: ReturnType<typeof timerSet>
  private life: Life | null = null
  private aliveAt: ElapsedMs
  private failures = 0
  private closed = false
  private current: OutputHealth = { state: 'restarting', fault: null, restarts: 0, engine: 'mpv' }

  constructor(options: EngineOptions) {
    this.options = options
    this.timers = timerSet(options.clock)
    this.aliveAt = options.clock.elapsed()
    this.start()
  }

  health(): OutputHealth {
    return this.current
  }

  command(command: MpvCommand): Promise<MpvReply> {
    return this.life?.process.ipc.command(command) ?? Promise.resolve({ kind: 'lost', error: 'no player' })
  }

  replace(fault: Fault): void {
    if (this.life !== null) this.lose(this.life, fault, 'restarting')
  }

  async close(): Promise<void> {
    this.closed = true
    this.timers.cancelAll()
    const life = this.life
    this.life = null
    if (life === null) return
    life.over = true
    await life.process.end()
  }

  private start(): void {
    if (this.closed) return
    const process = this.options.launch((event) => {
      if (!life.over) this.options.listener.event(event)
    })
    const life: Life = { process, readyAt: null, over: false }
    this.life = life
    void process.gone.then((detail) => this.lose(life, { code: 'process-died', detail }, 'restarting'))
    void this.awaitScreen(life)
  }

  /** Resolves once the screen is open, or has given up on it. */
  private async awaitScreen(life: Life): Promise<void> {
    const { clock, listener, log } = this.options
    const { ipc, lastError } = life.process
    const startedAt = clock.elapsed()
    const version = await ipc.command(['get_property', 'mpv-version'])
    if (version.kind === 'done' && typeof version.data === 'string')
      this.current = { ...this.current, engine: version.data.slice(0, 64) }
    await ipc.command(['observe_property', 1, 'eof-reached'])
    for (;;) {
      const opened = await ipc.command(['get_property', 'vo-configured'])
      const size = opened.kind === 'done' && opened.data === true ? await this.surface(life) : null
      if (life.over) return
      if (size !== null) {
        life.readyAt = clock.elapsed()
        this.aliveAt = life.readyAt
        this.tell({ ...this.current, state: 'ready', fault: null })
        log.info({ engine: this.current.engine, width: size.width, height: size.height }, 'screen open')
        listener.ready(size)
        this.ping(life)
        return
      }
      if (NO_SCREEN.test(lastError()) || clock.elapsed() - startedAt > OPEN_PATIENCE_MS) {
        this.lose(life, { code: 'device-missing', detail: `the screen cannot be opened: ${lastError()}` }, 'absent')
        return
      }
      await new Promise<void>((resolve) => this.timers.after('screen opens', OPEN_POLL_MS, resolve))
    }
  }

  private async surface(life: Life): Promise<Surface | null> {
    const reply = await life.process.ipc.command(['get_property', 'osd-dimensions'])
    return reply.kind === 'done' ? sizeOf(reply.data) : null
  }

  private ping(life: Life): void {
    const hung = this.timers.after('mpv answers', this.options.hungAfterMs, () => {
      const detail = `mpv gave no answer for ${this.options.hungAfterMs} ms`
      this.lose(life, { code: 'process-hung', detail }, 'restarting')
    })
    void life.process.ipc.command(['get_property', 'idle-active']).then((reply) => {
      hung.cancel()
      if (life.over || reply.kind === 'lost') return
      this.aliveAt = this.options.clock.elapsed()
      this.timers.after('ping mpv', PING_EVERY_MS, () => this.ping(life))
    })
  }

  private lose(life: Life, fault: Fault, state: 'absent' | 'restarting'): void {
    if (life.over) return
    life.over = true
    this.timers.cancelAll()
    life.process.kill()
    this.life = null
    const { clock, listener, log } = this.options
    const wasReady = life.readyAt !== null
    const elapsed = clock.elapsed()
    if (life.readyAt !== null && elapsed - life.readyAt > STEADY_AFTER_MS) this.failures = 0
    const delayMs = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)] ?? 0
    this.failures += 1
    const told = { ...fault, detail: fault.detail.slice(0, DETAIL_CHARS_MAX) }
    const restarts = this.current.restarts + (wasReady ? 1 : 0)
    // A screen that is still missing is not news; a log line each 8 s would wear the card out.
    const changed = this.current.state !== state || this.current.fault?.code !== told.code
    if (changed) log.warn({ fault: told, state, retryInMs: delayMs }, 'screen lost')
    this.current = { ...this.current, state, fault: told, restarts }
    if (wasReady) listener.lost(told, fault.code === 'process-hung' ? this.aliveAt : elapsed)
    if (changed || wasReady) listener.health(this.current)
    // The next one may only come when this one is gone: two cannot hold one screen.
    void life.process.gone.then(() => {
      if (!this.closed) this.timers.after('start mpv', delayMs, () => this.start())
    })
  }

  private tell(health: OutputHealth): void {
    this.current = health
    this.options.listener.health(health)
  }
}

export const openEngine = (options: EngineOptions): Engine => new MpvEngine(options)
