/** The agent's side of the examining process: started for the first file, ended when no more wait. One file at a time. */
import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../player/ports/clock.ts'
import { type Examined, type ExamineRequest, parseResponse } from './examination.ts'
import type { FoundFile } from './find.ts'

export type Examiner = {
  /** Never rejects: a process that dies or hangs is `failed`. The call before must have been answered. */
  examine: (file: Pick<FoundFile, 'path' | 'bytes'>) => Promise<Examined>
  /** Ends the process until it is needed again. */
  rest: () => void
  close: () => Promise<void>
}

/** To start, and to find out what it is; and the slowest stick that is worth waiting for. */
const PATIENCE_MS = 60_000
const BYTES_PER_MS_MIN = 500
/** The child is the same file kind as this one, in `dist/` and in the sources. */
const CHILD = fileURLToPath(new URL(`./examine-child${extname(import.meta.url)}`, import.meta.url))

const failed = (reason: string): Examined => ({ kind: 'failed', reason })

export const openExaminer = (clock: Clock): Examiner => {
  let child: ChildProcess | null = null
  let nextId = 1

  const childOf = (): ChildProcess => {
    if (child !== null) return child
    const started = fork(CHILD, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] })
    const forget = () => {
      if (child === started) child = null
    }
    started.once('exit', forget)
    started.once('error', forget)
    child = started
    return started
  }
  const rest = () => {
    if (child?.connected === true) child.disconnect()
    child = null
  }
  return {
    examine: ({ path, bytes }) =>
      new Promise((resolve) => {
        const worker = childOf()
        const request: ExamineRequest = { id: nextId++, path, bytes }
        const done = (examined: Examined) => {
          patience.cancel()
          worker.off('message', receive)
          worker.off('exit', died)
          worker.off('error', died)
          resolve(examined)
        }
        const receive = (message: unknown) => {
          const response = parseResponse(message)
          if (response?.id === request.id) done(response.examined)
        }
        const died = () => done(failed('the examination ended before its time'))
        const patience = clock.after('examine', PATIENCE_MS + bytes / BYTES_PER_MS_MIN, () => {
          worker.kill('SIGKILL')
          done(failed('it could not be read in time'))
        })
        worker.on('message', receive)
        worker.once('exit', died)
        worker.once('error', died)
        worker.send(request, (error) => {
          if (error !== null) died()
        })
      }),
    rest,
    close: async () => {
      const last = child
      if (last === null) return
      child = null
      const gone = new Promise<void>((resolve) => last.once('exit', () => resolve()))
      last.kill('SIGKILL')
      await gone
    },
  }
}
