/** The agent's end of the thread that listens. Nothing that happens to it can hold up sound: it is only ever told. */
import { Worker } from 'node:worker_threads'
import type { EarEvent } from '../../agent/ports/hearing.ts'
import type { WallMs } from '../../player/plan/time.ts'
import { addMs } from '../../player/plan/time.ts'
import type { Clock, Timer } from '../../player/ports/clock.ts'
import {
  type EarSettings,
  type FromEar,
  type HeardLook,
  type MonotonicMs,
  monotonicMs,
  type ToEar,
} from './messages.ts'

export type EarOptions = EarSettings & {
  output: string
  clock: Clock
  listener: (event: EarEvent) => void
  /** Of the capture program; the agent's own unless a test has another card. */
  env?: NodeJS.ProcessEnv
}

export type Ear = {
  output: string
  /** What was played, as the sound process tells it. */
  reference: (reference: { at: MonotonicMs; pcm: string }) => void
  close: () => Promise<void>
}

const HEAP_MIB_MAX = 48
const YOUNG_MIB_MAX = 4
/** A thread that dies is started again, but not in a circle. */
const RESTART_MS = 60_000
const CLOSE_MS_MAX = 3_000

export const openEar = ({ output, device, gainDb, clock, listener, env = process.env }: EarOptions): Ear => {
  let worker: Worker | null = null
  let restart: Timer | null = null
  let closing: Promise<void> | null = null
  const settings: EarSettings = { device, gainDb }
  const toWall = (at: MonotonicMs): WallMs => addMs(clock.wall(), at - monotonicMs())

  const lookOf = ({ from, until, gainDb: foundDb, ...rest }: HeardLook): EarEvent => {
    const levelDb = foundDb === null ? null : foundDb - (gainDb ?? 0)
    return { kind: 'look', output, look: { ...rest, levelDb, from: toWall(from), until: toWall(until) } }
  }

  const start = () => {
    const started = new Worker(new URL('./ear-worker.js', import.meta.url), {
      name: 'ear',
      execArgv: [],
      workerData: settings,
      env,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX, maxYoungGenerationSizeMb: YOUNG_MIB_MAX },
    })
    worker = started
    started.on('message', (message: FromEar) => {
      if (message.kind === 'look') listener(lookOf(message.look))
      else if (message.kind === 'capture') listener({ kind: 'capture', output, fault: message.fault })
    })
    started.on('error', (error) =>
      listener({ kind: 'capture', output, fault: `the thread that listens failed: ${error.message}` }),
    )
    started.once('exit', () => {
      if (worker === started) worker = null
      if (closing === null) restart = clock.after('ear restart', RESTART_MS, start)
    })
  }
  const send = (message: ToEar) => worker?.postMessage(message)

  const close = async (): Promise<void> => {
    restart?.cancel()
    const leaving = worker
    if (leaving === null) return
    const gone = new Promise((resolve) => leaving.once('exit', resolve))
    send({ kind: 'close' })
    const limit = clock.after('ear close', CLOSE_MS_MAX, () => void leaving.terminate())
    await gone
    limit.cancel()
  }

  start()
  return {
    output,
    reference: ({ at, pcm }) => send({ kind: 'reference', at, pcm }),
    close: () => (closing ??= close()),
  }
}
