/**
 * The capture source, through arecord, which is on every box that plays through ALSA. It runs only while it is wanted; one that
 * fails or falls silent as a process is started again, later each time.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { type MonotonicMs, monotonicMs, RATE_HZ } from './messages.ts'

export type RecorderEvents = {
  sound: (samples: Int16Array, arrivedAt: MonotonicMs) => void
  /** The sound that follows does not continue what came before. */
  cut: () => void
  /** Null: it gives sound. Told when it changes. */
  fault: (fault: string | null) => void
}

export type Recorder = {
  /** Sound is wanted from now on, for a while. */
  want: () => void
  close: () => Promise<void>
}

export type RecorderOptions = { device: string; events: RecorderEvents; program?: string; idleMs?: number }

/** A source that is opened only for each item would miss the beginning of each. */
const IDLE_MS = 20_000
/** A source that says nothing for so long gives no sound any more. */
const SILENT_MS_MAX = 4_000
const WATCH_MS = 1_000
const BACKOFF_MS_FIRST = 500
const BACKOFF_MS_MAX = 60_000
/** Twenty pieces a second: short enough to tell when they arrived, few enough to cost nothing. */
const PERIOD_MICROSECONDS = 50_000
const BUFFER_MICROSECONDS = 500_000
const STDERR_CHARS_MAX = 400

const argumentsFor = (device: string): string[] => [
  ...['-q', '-D', device, '-t', 'raw', '-f', 'S16_LE', '-c', '1', '-r', String(RATE_HZ)],
  ...[`--period-time=${PERIOD_MICROSECONDS}`, `--buffer-time=${BUFFER_MICROSECONDS}`],
]

export const openRecorder = ({ device, events, program = 'arecord', idleMs = IDLE_MS }: RecorderOptions): Recorder => {
  let child: ChildProcess | null = null
  let wantedAt: MonotonicMs | null = null
  let retryAt: MonotonicMs = 0
  let failures = 0
  let soundAt: MonotonicMs = 0
  /** Undefined: nothing is known yet. */
  let told: string | null | undefined
  let isClosed = false

  const tell = (fault: string | null) => {
    if (told === fault) return
    told = fault
    events.fault(fault)
  }
  const isWanted = () => !isClosed && wantedAt !== null && monotonicMs() - wantedAt < idleMs

  const start = () => {
    const started = spawn(program, argumentsFor(device), { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    child = started
    soundAt = monotonicMs()
    let stderr = ''
    let odd = Buffer.alloc(0)
    let isLeft = false
    const left = (why: string) => {
      if (isLeft) return
      isLeft = true
      if (child === started) child = null
      events.cut()
      if (!isWanted()) return
      retryAt = monotonicMs() + Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * 2 ** Math.min(failures, 10))
      failures += 1
      tell(`the capture source "${device}" gives nothing: ${why} ${stderr}`.replace(/\s+/g, ' ').trim())
    }
    started.stderr.on('data', (text: Buffer) => (stderr = (stderr + text.toString()).slice(-STDERR_CHARS_MAX)))
    started.stdout.on('data', (chunk: Buffer) => {
      const arrivedAt = monotonicMs()
      soundAt = arrivedAt
      failures = 0
      tell(null)
      const bytes = odd.length === 0 ? chunk : Buffer.concat([odd, chunk])
      const even = bytes.length - (bytes.length % 2)
      odd = Buffer.from(bytes.subarray(even))
      const samples = new Int16Array(even / 2)
      Buffer.from(samples.buffer).set(bytes.subarray(0, even))
      events.sound(samples, arrivedAt)
    })
    started.once('error', (error) => left(error.message))
    started.once('close', (code, signal) => left(`${program} ended (${signal ?? code ?? 'unknown'})`))
  }

  const watch = () => {
    if (child !== null && !isWanted()) child.kill('SIGTERM')
    else if (child !== null && monotonicMs() - soundAt > SILENT_MS_MAX) child.kill('SIGKILL')
    else if (child === null && isWanted() && monotonicMs() >= retryAt) start()
  }
  const timer = setInterval(watch, WATCH_MS)

  return {
    want: () => {
      wantedAt = monotonicMs()
      watch()
    },
    close: async () => {
      isClosed = true
      clearInterval(timer)
      const leaving = child
      if (leaving === null) return
      const gone = new Promise((resolve) => leaving.once('close', resolve))
      leaving.kill('SIGKILL')
      await gone
    },
  }
}
