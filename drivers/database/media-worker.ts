/**
 * The thread in which the media database lives. One request at a time, in order; only a hash over a whole file yields
 * between its chunks, so that a decoder that reads another file meanwhile is served.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { LoudnessRow } from '../../agent/ports/loudness.ts'
import { type FileRow, type Hashed, type MediaFile, openMediaFile } from './media-file.ts'
import { isDamage, removeDatabase } from './open.ts'

/** A slow line commits by time instead of by count: what a power cut may cost there. */
export const COMMIT_AFTER_MS = 10_000
/** The file may be this much larger than the quota (page bookkeeping, and one transaction) before it is made smaller. */
const SLACK_SHARE = 1.02
const SLACK_BYTES = 8_000_000

export type WorkerOptions = { file: string; quotaBytes: number }

export type Work =
  /** `waits`: is not worth a commit of its own. */
  | { do: 'put'; rows: FileRow[]; waits: boolean }
  | { do: 'chunk'; fileId: number; index: number; bytes: Uint8Array }
  | { do: 'originate'; row: FileRow; bytes: Uint8Array }
  | { do: 'finish'; fileId: number; sha256: string; chunks: number; lastUse: number }
  | { do: 'read'; fileId: number; start: number; end: number }
  | { do: 'restart'; fileId: number }
  | { do: 'loudness'; row: LoudnessRow }
  | { do: 'remove'; fileIds: number[] }
  | { do: 'close' }
export type Request = { id: number; work: Work }

/** `stored` says what is left after a fault took back the open transaction: pairs of file and number of chunks. */
export type Failure = { kind: 'failed'; message: string; damaged: boolean; stored: [fileId: number, chunks: number][] }
export type Answer =
  | { kind: 'done' }
  /** The chunk before it failed. */
  | { kind: 'out-of-order' }
  | { kind: 'finished'; result: Hashed }
  | { kind: 'read'; bytes: Uint8Array<ArrayBuffer> | null }
  | Failure
export type Opened = {
  kind: 'opened'
  files: (FileRow & { chunks: number })[]
  loudness: LoudnessRow[]
  repaired: string | null
}
export type NotOpened = { kind: 'not-opened'; message: string }
/** An answer to request 0 was not asked for: the commit by time failed. */
export type Reply = { id: number; answer: Answer }

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const serve = (port: NonNullable<typeof parentPort>, { file, quotaBytes }: WorkerOptions): void => {
  const open = (): MediaFile => openMediaFile(file, () => nextTurn())
  const openAnew = (): MediaFile => {
    // Media can be fetched again, so a damaged database is not kept: it may fill half of the card.
    removeDatabase(file)
    return open()
  }
  const openWhole = () => {
    try {
      const disk = open()
      return { disk, files: disk.files(), loudness: disk.loudness(), repaired: null }
    } catch (error) {
      if (!isDamage(error)) throw error
      const repaired = `the media database was damaged (${messageOf(error)}) and begins anew`
      return { disk: openAnew(), files: [], loudness: [], repaired }
    }
  }
  const opened = openWhole()
  let disk = opened.disk
  let timer: NodeJS.Timeout | null = null
  let closed = false

  const failure = (error: unknown): Failure => {
    const damaged = isDamage(error)
    if (damaged) {
      disk.close()
      disk = openAnew()
    } else disk.abandon()
    const stored = disk.files().map(({ fileId, chunks }): [number, number] => [fileId, chunks])
    return { kind: 'failed', message: messageOf(error), damaged, stored }
  }
  const reply = (id: number, answer: Answer): void => {
    const transfer = answer.kind === 'read' && answer.bytes !== null ? [answer.bytes.buffer] : []
    port.postMessage({ id, answer } satisfies Reply, transfer)
  }
  const attempt = (id: number, work: () => void): void => {
    try {
      work()
    } catch (error) {
      reply(id, failure(error))
    }
  }
  const commitLater = (): void => {
    if (disk.uncommitted() === 0 && timer !== null) {
      clearTimeout(timer)
      timer = null
    }
    if (disk.uncommitted() > 0) {
      timer ??= setTimeout(() => {
        timer = null
        attempt(0, () => disk.commit())
      }, COMMIT_AFTER_MS)
    }
  }
  const shrink = (): void => {
    if (closed) return
    attempt(0, () => {
      if (disk.shrink(quotaBytes * SLACK_SHARE + SLACK_BYTES)) setImmediate(shrink)
    })
  }
  const answerTo = async (work: Work): Promise<Answer> => {
    switch (work.do) {
      case 'put':
        disk.put(work.rows, work.waits)
        return { kind: 'done' }
      case 'chunk':
        return disk.addChunk(
          work.fileId,
          work.index,
          Buffer.from(work.bytes.buffer, work.bytes.byteOffset, work.bytes.length),
        )
          ? { kind: 'done' }
          : { kind: 'out-of-order' }
      case 'originate':
        disk.originate(work.row, Buffer.from(work.bytes.buffer, work.bytes.byteOffset, work.bytes.length))
        return { kind: 'done' }
      case 'finish':
        return { kind: 'finished', result: await disk.finish(work) }
      case 'read':
        return { kind: 'read', bytes: disk.read(work.fileId, work.start, work.end) }
      case 'loudness':
        disk.putLoudness(work.row)
        return { kind: 'done' }
      case 'restart':
        disk.restart(work.fileId)
        return { kind: 'done' }
      case 'remove':
        disk.remove(work.fileIds)
        shrink()
        return { kind: 'done' }
      case 'close':
        closed = true
        if (timer !== null) clearTimeout(timer)
        disk.commit()
        disk.close()
        return { kind: 'done' }
    }
  }
  port.on('message', ({ id, work }: Request) => {
    answerTo(work)
      .catch(failure)
      .then(
        (answer) => {
          reply(id, answer)
          if (work.do === 'close') port.close()
          else commitLater()
        },
        // No fresh database can be made either: the supervisor is told by the death of the agent.
        (error: unknown) => {
          throw error
        },
      )
  })
  const { files, loudness, repaired } = opened
  port.postMessage({ kind: 'opened', files, loudness, repaired } satisfies Opened)
  shrink()
}

if (parentPort !== null) {
  try {
    serve(parentPort, workerData as WorkerOptions)
  } catch (error) {
    parentPort.postMessage({ kind: 'not-opened', message: messageOf(error) } satisfies NotOpened)
    parentPort.close()
  }
}
