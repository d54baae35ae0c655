/**
 * The agent's side of the composing process: started at the first job, kept warm for the next, ended when there is none
 * for a while. One job at a time; a job that is given up before its turn costs nothing.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock, Timer } from '../../player/ports/clock.ts'
import { type ComposeJob, type ComposeRequest, type ComposeResult, parseResponse } from './compose-jobs.ts'

export type Composer = {
  /** Never rejects; an aborted job is `failed`. */
  compose: (job: ComposeJob, signal: AbortSignal) => Promise<ComposeResult>
  close: () => Promise<void>
}

type Waiting = { job: ComposeJob; signal: AbortSignal; resolve: (result: ComposeResult) => void }

/** A start costs 0.2 s on a desktop and about a second on a board, so a slide show keeps it. */
const WARM_MS = 30_000
const JOB_PATIENCE_MS = 30_000
/** One play is pending, one is loading, each with a ticker; the rest are being given up. */
const WAITING_MAX = 64
/** The child is the same file kind as this one, in `dist/` and in the sources. */
const CHILD = fileURLToPath(new URL(`./compose-child${extname(import.meta.url)}`, import.meta.url))

const failed = (error: string): ComposeResult => ({ kind: 'failed', error })

export const openComposer = (options: { runtimeFolder: string; clock: Clock }): Composer => {
  const { runtimeFolder, clock } = options
  const waiting: Waiting[] = []
  let child: ChildProcess | null = null
  let idle: Timer | null = null
  let nextId = 1
  let busy = false
  let closed = false

  const childOf = (): ChildProcess => {
    if (child !== null) return child
    const started = fork(CHILD, {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
      // fontconfig writes its cache here: a hardened service has no home to write to.
      env: { ...process.env, XDG_CACHE_HOME: join(runtimeFolder, 'cache') },
    })
    const forget = () => {
      if (child === started) child = null
    }
    started.once('exit', forget)
    started.once('error', forget)
    child = started
    return started
  }
  const rest = () => {
    child?.disconnect()
    child = null
  }
  const run = (job: ComposeJob): Promise<ComposeResult> =>
    new Promise((resolve) => {
      const worker = childOf()
      const request: ComposeRequest = { id: nextId++, job }
      const done = (result: ComposeResult) => {
        patience.cancel()
        worker.off('message', receive)
        worker.off('exit', died)
        worker.off('error', died)
        resolve(result)
      }
      const receive = (message: unknown) => {
        const response = parseResponse(message)
        if (response?.id === request.id) done(response.result)
      }
      const died = () => done(failed('the composing process died'))
      const patience = clock.after('compose', JOB_PATIENCE_MS, () => {
        worker.kill('SIGKILL')
        done(failed(`not composed within ${JOB_PATIENCE_MS} ms`))
      })
      worker.on('message', receive)
      worker.once('exit', died)
      worker.once('error', died)
      worker.send(request, (error) => {
        if (error !== null) died()
      })
    })
  const next = async (): Promise<void> => {
    if (busy) return
    busy = true
    idle?.cancel()
    for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) {
      const refused = closed || turn.signal.aborted
      turn.resolve(refused ? failed('given up') : await run(turn.job))
    }
    busy = false
    if (!closed) idle = clock.after('end the composing process', WARM_MS, rest)
  }
  return {
    compose: (job, signal) =>
      new Promise((resolve) => {
        if (closed || waiting.length >= WAITING_MAX) {
          resolve(failed('too many pictures wait'))
          return
        }
        waiting.push({ job, signal, resolve })
        void next()
      }),
    close: async () => {
      closed = true
      idle?.cancel()
      const last = child
      if (last === null) return
      const gone = new Promise<void>((resolve) => last.once('exit', () => resolve()))
      last.kill('SIGKILL')
      await gone
    },
  }
}
