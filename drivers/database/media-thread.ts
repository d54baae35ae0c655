/** The agent's end of the thread of the media database: asks, and matches answers to questions. */
import { Worker } from 'node:worker_threads'
import type { Answer, Failure, NotOpened, Opened, Reply, Request, Work, WorkerOptions } from './media-worker.ts'

/** The thread holds one chunk and one transaction at a time; more than this is a leak, and should end it, not the box. */
const HEAP_MIB_MAX = 64
/** What is young here is small and soon dead; V8 would else let it grow to 48 MiB before it looks. */
const YOUNG_MIB_MAX = 3

export type MediaThread = {
  opened: Opened
  /** Rejects where the disk failed, after `onFailure` has been told. */
  ask: (work: Work, transfer?: ArrayBuffer[]) => Promise<Exclude<Answer, Failure>>
  /** Resolves when the database is closed and the thread is gone. */
  close: () => Promise<void>
}

type Waiting = { resolve: (answer: Exclude<Answer, Failure>) => void; reject: (error: Error) => void }

/** The thread that dies by itself takes the agent with it: a broken invariant is for the supervisor. */
export const startMediaThread = (
  options: WorkerOptions,
  onFailure: (failure: Failure) => void,
): Promise<MediaThread> => {
  const worker = new Worker(new URL('./media-worker.js', import.meta.url), {
    name: 'media',
    // None of the flags of the process are meant for it, and each of them would cost it time at start.
    execArgv: [],
    workerData: options,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX, maxYoungGenerationSizeMb: YOUNG_MIB_MAX },
  })
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let closed: Promise<void> | null = null

  const send = (work: Work, transfer: ArrayBuffer[]): Promise<Exclude<Answer, Failure>> =>
    new Promise((resolve, reject) => {
      lastId += 1
      waiting.set(lastId, { resolve, reject })
      worker.postMessage({ id: lastId, work } satisfies Request, transfer)
    })
  const close = async (): Promise<void> => {
    const gone = new Promise((resolve) => worker.once('exit', resolve))
    await send({ do: 'close' }, [])
    await gone
    for (const { reject } of waiting.values()) reject(new Error('the media store is closed'))
    waiting.clear()
  }
  const onReply = ({ id, answer }: Reply): void => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (answer.kind !== 'failed') {
      asked?.resolve(answer)
      return
    }
    onFailure(answer)
    asked?.reject(new Error(`the media database failed: ${answer.message}`))
  }
  return new Promise((resolve, reject) => {
    worker.once('message', (first: Opened | NotOpened) => {
      if (first.kind === 'not-opened') {
        reject(new Error(`the media database cannot be opened: ${first.message}`))
        return
      }
      worker.on('message', onReply)
      resolve({
        opened: first,
        ask: (work, transfer = []) =>
          closed === null ? send(work, transfer) : Promise.reject(new Error('the media store is closed')),
        close: () => (closed ??= close()),
      })
    })
  })
}
