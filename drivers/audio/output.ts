/**
 * The agent's side of a loudspeaker: keeps the sound process alive, translates the port to its messages, and answers for every
 * play that was accepted, whatever becomes of the process.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { wallMs, type WallMs } from '../../player/plan/time.ts'
import type { Clock, Timer } from '../../player/ports/clock.ts'
import type {
  Fault,
  Output,
  OutputEvent,
  OutputHealth,
  OutputId,
  OutputListener,
  PlayId,
  PlayRequest,
} from '../../player/ports/output.ts'
import { watchForCard } from './absence.ts'
import { type AlsaSettings, alsaSettings, cannotOpen } from './alsa.ts'
import { openCalendar } from './calendar.ts'
import {
  type FromSound,
  faultOf,
  isFromSound,
  monotonicMs,
  type Reference,
  SILENT_DB,
  type SoundOrder,
  type SoundSettings,
  type ToSound,
} from './messages.ts'
import { type RateHz, rateVariable, USUAL_RATE_HZ } from './rate.ts'
import {
  CLOSED,
  type Effect,
  firstSupervision,
  healthOf,
  isUsable,
  NOT_STARTED,
  supervise,
  type SupervisionEvent,
} from './supervision.ts'
import type { OutputChannels } from './zone.ts'

export type Log = {
  info: (fields: object, message: string) => void
  warn: (fields: object, message: string) => void
}

export type SoundOutputOptions = {
  id: OutputId
  /** ALSA name. */
  device: string
  /** Delay of this model of card, from write to horn. */
  latencyMs: number
  gainDb: number
  /** Of the device; one of them makes a zone, and leaves the other one silent. `both` where nothing is said. */
  channels?: OutputChannels
  /** Frames per second, of the device; 48 kHz where nothing is said. */
  rateHz?: RateHz
  clock: Clock
  log: Log
  listener: OutputListener
  /** In [0, 1). */
  random?: () => number
  ffmpegPath?: string
  /** Native writes after which a quiet sound process is replaced, because each leaks 440 bytes in the library. */
  writesMax?: number
  env?: NodeJS.ProcessEnv
  /** Told about four times a second of what was heard, while something sounds. */
  onReference?: (reference: Reference) => void
}

export type SoundOutput = Output & {
  /** Of the sound process; null while there is none. For the benchmarks and for tests that kill it. */
  processId: () => number | null
}

type Open = { request: PlayRequest; isStarted: boolean; heardMs: number }

/** Long enough for the slowest card to open, short enough not to leave a village without its siren. */
const START_MS_MAX = 15_000
const PING_MS = 2_000
const PONG_MS_MAX = 8_000
const CLOSE_MS_MAX = 3_000
const STDERR_CHARS_MAX = 1_000
/** The calendar has been set when it has moved this far against the monotonic clock. */
const CALENDAR_MOVED_MS = 5
/** 9 MB of leak, an hour and a quarter of sound. */
const WRITES_MAX = 20_000
/** Small heaps: the process holds a few seconds of sound and no more, and clears up after itself. */
const NODE_FLAGS = ['--max-old-space-size=64', '--max-semi-space-size=1', '--expose-gc', '--no-warnings']
const CHILD = fileURLToPath(new URL('./child.js', import.meta.url))

const contentOf = ({ playable }: PlayRequest): SoundOrder['content'] | null => {
  if (playable.kind === 'sound') return { kind: 'file', url: playable.source.url }
  if (playable.kind !== 'stream') return null
  const { sources, fallback, silenceMs, goneMs } = playable
  return { kind: 'stream', sources, fallbackUrl: fallback?.url ?? null, silenceMs, goneMs }
}

const lastWords = (text: string): string => text.trim().split('\n').slice(-2).join(' ')

export const openSoundOutput = (options: SoundOutputOptions): SoundOutput => {
  const { id, device, clock, log, listener, random = Math.random, ffmpegPath = 'ffmpeg' } = options
  const rateHz = options.rateHz ?? USUAL_RATE_HZ
  const alsa: AlsaSettings = alsaSettings(device, { ...process.env, ...options.env })
  const plays = new Map<PlayId, Open>()
  let supervision = firstSupervision()
  let child: ChildProcess | null = null
  let level = { gainDb: options.gainDb, rampMs: 0 }
  let underruns: NonNullable<OutputHealth['underruns']> = { count: 0, cause: null, at: null }
  let retryTimer: Timer | null = null
  let absence: Timer | null = null
  /** The card was seen since it was last ready. */
  let wasFound = false
  let calendarTimer: Timer | null = null
  let closing: Promise<void> | null = null
  const calendar = openCalendar({ wall: clock.wall, monotonic: monotonicMs })
  let calendarOffsetMs = calendar.offsetMs()

  const queue: OutputEvent[] = []
  /** In order, and never within a call of ours. */
  const tell = (event: OutputEvent) => {
    if (queue.push(event) > 1) return
    setImmediate(() => {
      for (const next of queue.splice(0)) listener(next)
    })
  }
  const send = (message: ToSound) => {
    if (child?.connected === true) child.send(message, () => undefined)
  }
  const toWall = (at: number): WallMs => wallMs(Math.round(at + calendar.offsetMs()))
  const toMonotonic = (at: WallMs): number => at - calendar.offsetMs()

  const end = (playId: PlayId, ended: Omit<Extract<OutputEvent, { kind: 'ended' }>, 'kind' | 'output' | 'playId'>) => {
    if (plays.delete(playId)) tell({ kind: 'ended', output: id, playId, ...ended })
  }
  const failAll = (fault: Fault) => {
    for (const [playId, { heardMs }] of plays) end(playId, { how: 'failed', heardMs, fault })
  }
  const sendPlay = (request: PlayRequest) => {
    const content = contentOf(request)
    if (content === null) return
    const {
      playId,
      offsetMs,
      lengthMs,
      dueAt,
      whenLate = 'whole',
      crossfadeMs = 0,
      over = null,
      below = false,
    } = request
    const gainDb = Math.max(SILENT_DB, request.gainDb)
    const under = over === null ? null : { ...over, duckDb: Math.max(SILENT_DB, over.duckDb) }
    const manner = { whenLate, crossfadeMs, over: under, below }
    const levels = {
      gainDb,
      levellingDb: request.levellingDb,
      ...(request.ride === undefined ? {} : { ride: request.ride }),
    }
    const order: SoundOrder = {
      ...{ playId, content, offsetMs, lengthMs, dueAt: toMonotonic(dueAt) },
      ...levels,
      ...manner,
    }
    send({ kind: 'play', order })
  }

  const stopWaiting = () => {
    retryTimer?.cancel()
    absence?.cancel()
  }
  const effects: { [D in Effect['do']]: (effect: Extract<Effect, { do: D }>) => void } = {
    spawn: () => (child = startChild()),
    wait: ({ delayMs }) => {
      const retry = () => {
        stopWaiting()
        happen({ kind: 'retry' })
      }
      retryTimer = clock.after('sound restart', delayMs, retry)
      if (healthOf(supervision).state !== 'absent') return
      const env = { ...process.env, ...options.env, ...alsa.env }
      const found = () => {
        wasFound = true
        retry()
      }
      absence = watchForCard({ clock, env, rateHz, isDoubted: wasFound, found })
    },
    'fail-plays': ({ fault }) => failAll(fault),
    'send-plays': () => {
      send({ kind: 'level', gainDb: Math.max(SILENT_DB, level.gainDb), rampMs: 0 })
      for (const { request } of plays.values()) sendPlay(request)
    },
    'tell-health': () => tell({ kind: 'health', output: id, health: { ...healthOf(supervision), underruns } }),
  }
  const run = <D extends Effect['do']>(effect: Extract<Effect, { do: D }>, name: D) => effects[name](effect)
  const happen = (event: SupervisionEvent) => {
    const before = supervision
    const { next, effects: wanted } = supervise(before, event, { elapsedMs: clock.elapsed(), chance: random() })
    supervision = next
    if (next.fault !== null && next.fault !== before.fault && next.phase !== 'closed')
      log.warn({ output: id, fault: next.fault, failures: next.failures }, 'sound output is not ready')
    if (next.phase === 'ready' && before.phase !== 'ready') {
      wasFound = false
      log.info({ output: id, engine: next.engine, restarts: next.restarts }, 'sound output is ready')
    }
    for (const effect of wanted) run(effect, effect.do)
  }

  const hearChild = (message: FromSound): void => {
    switch (message.kind) {
      case 'started': {
        const play = plays.get(message.playId)
        if (play === undefined) return
        play.isStarted = true
        tell({ kind: 'started', output: id, playId: message.playId, at: toWall(message.at) })
        return
      }
      case 'progress': {
        const play = plays.get(message.playId)
        if (play === undefined) return
        play.heardMs = message.heardMs
        tell({ kind: 'progress', output: id, playId: message.playId, heardMs: message.heardMs, lateMs: message.lateMs })
        return
      }
      case 'source':
        if (plays.has(message.playId)) tell({ ...message, output: id })
        return
      case 'ended':
        end(message.playId, { how: message.how, heardMs: message.heardMs, fault: message.fault, late: message.late })
        return
      case 'ready':
        happen(message)
        return
      case 'worn':
        happen(message)
        return
      case 'underrun':
        underruns = { count: underruns.count + 1, cause: message.cause, at: clock.wall() }
        log.warn({ output: id, cause: message.cause, count: underruns.count }, 'the card ran dry')
        return
      case 'reference':
        options.onReference?.(message)
        return
      case 'device':
      case 'pong':
        return
    }
  }

  const startChild = (): ChildProcess => {
    const settings: SoundSettings = {
      device,
      latencyMs: options.latencyMs,
      gainDb: Math.max(SILENT_DB, level.gainDb),
      channels: options.channels ?? 'both',
      ffmpegPath,
      writesMax: options.writesMax ?? WRITES_MAX,
      isTapped: options.onReference !== undefined,
    }
    const ownEnv = {
      LOA_SOUND_PROCESS: '1',
      UV_THREADPOOL_SIZE: '2',
      ...rateVariable(rateHz),
    }
    const started = fork(CHILD, [JSON.stringify(settings)], {
      env: { ...process.env, ...options.env, ...alsa.env, ...ownEnv },
      execArgv: NODE_FLAGS,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C in a terminal is the agent's to answer, not the decoders'.
      detached: true,
    })
    let stderr = ''
    let fault: Fault | null = null
    let isReady = false
    let heardAt = clock.elapsed()
    let pingTimer: Timer | null = null

    const ping = () => {
      const silentMs = clock.elapsed() - heardAt
      if (silentMs > (isReady ? PONG_MS_MAX : START_MS_MAX)) {
        fault = faultOf('process-hung', `the sound process has not answered for ${Math.round(silentMs)} ms`)
        started.kill('SIGKILL')
        return
      }
      send({ kind: 'ping' })
      pingTimer = clock.after('sound ping', PING_MS, ping)
    }
    pingTimer = clock.after('sound ping', PING_MS, ping)
    started.stderr?.on('data', (text: Buffer) => (stderr = (stderr + text.toString()).slice(-STDERR_CHARS_MAX)))
    started.on('message', (message: unknown) => {
      if (!isFromSound(message)) return
      heardAt = clock.elapsed()
      if (message.kind === 'ready') isReady = true
      if (message.kind === 'device') fault = message.fault
      hearChild(message)
    })
    started.on('error', (cause) => (fault ??= faultOf('process-died', `the sound process: ${cause.message}`)))
    // A decoder that waits for a stream would not notice that it decodes for nobody; they are all in the child's group.
    started.once('exit', () => {
      try {
        if (started.pid !== undefined) process.kill(-started.pid, 'SIGKILL')
      } catch {
        // Nothing was left of it.
      }
    })
    started.once('close', (code, signal) => {
      pingTimer?.cancel()
      if (child === started) child = null
      const said = lastWords(stderr)
      // The library aborts the process where the device cannot be opened.
      const isAbort = !isReady && signal === 'SIGABRT'
      const fresh = isAbort
        ? faultOf('device-missing', cannotOpen(device, said))
        : faultOf('process-died', `the sound process ended (${signal ?? code ?? 'unknown'}) ${said}`)
      const known = fault?.code === 'device-missing' ? faultOf(fault.code, `${fault.detail} ${said}`) : fault
      happen({ kind: 'gone', fault: known ?? fresh })
    })
    return started
  }

  /** A calendar that is set moves the moment of what is pending. */
  const watchCalendar = () => {
    const offsetMs = calendar.look()
    if (Math.abs(offsetMs - calendarOffsetMs) > CALENDAR_MOVED_MS)
      for (const [playId, { request, isStarted }] of plays)
        if (!isStarted) send({ kind: 'move', playId, dueAt: toMonotonic(request.dueAt) })
    calendarOffsetMs = offsetMs
    calendarTimer = clock.after('calendar', PING_MS / 2, watchCalendar)
  }

  const close = async (): Promise<void> => {
    happen({ kind: 'close' })
    stopWaiting()
    calendarTimer?.cancel()
    const leaving = child
    if (leaving !== null) {
      const gone = new Promise<void>((resolve) => leaving.once('close', () => resolve()))
      const limit = clock.after('sound close', CLOSE_MS_MAX, () => leaving.kill('SIGKILL'))
      send({ kind: 'close' })
      await gone
      limit.cancel()
    }
    for (const [playId, { heardMs }] of plays) end(playId, { how: 'stopped', heardMs, fault: null })
    alsa.remove()
    await new Promise((resolve) => setImmediate(resolve))
  }

  child = startChild()
  watchCalendar()
  return {
    id,
    medium: 'sound',
    processId: () => child?.pid ?? null,
    health: () => ({ ...healthOf(supervision), underruns }),
    play: (request) => {
      plays.set(request.playId, { request, isStarted: false, heardMs: 0 })
      const refuse = (fault: Fault) => end(request.playId, { how: 'failed', heardMs: 0, fault })
      if (supervision.phase === 'closed') refuse(CLOSED)
      else if (contentOf(request) === null)
        refuse(faultOf('media-unsupported', `a loudspeaker plays no ${request.playable.kind}`))
      else if (supervision.phase === 'ready') sendPlay(request)
      else if (!isUsable(supervision.phase)) refuse(supervision.fault ?? NOT_STARTED)
      else replaceHeld(request)
    },
    stop: (playId, fadeMs) => {
      if (supervision.phase === 'worn' || supervision.phase === 'renewing')
        end(playId, { how: 'stopped', heardMs: 0, fault: null })
      else send({ kind: 'stop', playId, fadeMs })
    },
    setGain: (playId, gainDb, rampMs) => {
      const play = plays.get(playId)
      if (play === undefined) return
      // For the process that takes this one's place, if it is replaced before the play begins.
      play.request = { ...play.request, gainDb }
      send({ kind: 'gain', playId, gainDb: Math.max(SILENT_DB, gainDb), rampMs })
    },
    setLevel: (gainDb, rampMs) => {
      level = { gainDb, rampMs }
      send({ kind: 'level', gainDb: Math.max(SILENT_DB, gainDb), rampMs })
    },
    close: () => (closing ??= close()),
  }

  /** While the process is being renewed only the newest order of each lane waits, as it would in the process. */
  function replaceHeld({ playId: newest, over = null }: PlayRequest): void {
    for (const [playId, { request }] of plays) {
      const isSameLane = ((request.over ?? null) === null) === (over === null)
      if (playId !== newest && isSameLane) end(playId, { how: 'stopped', heardMs: 0, fault: null })
    }
  }
}
