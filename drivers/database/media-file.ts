/**
 * The media database itself: files, and their bytes in chunks. Everything here waits for the disk, so it runs in a thread
 * of its own (`media-worker.ts`).
 *
 * What an SD card wears out on is bytes written. Measured for 100 MiB in chunks of 256 KiB with `journal_mode=TRUNCATE`
 * and `synchronous=FULL`: with pages of 4 KiB and 16 chunks a transaction 1.01 bytes are written per byte; with one chunk
 * a transaction 1.13, with four 1.03; with pages of 16 KiB 1.03 and of 64 KiB 1.16, since every page that a transaction
 * touches is written twice. A write-ahead log would write everything twice. Incremental vacuum costs 0.003 of that and
 * makes a removal ten times faster, because the pages of a blob need not be read to be freed.
 */
import { createHash, type Hash } from 'node:crypto'
import type { LoudnessRow } from '../../agent/ports/loudness.ts'
import type { MediaState } from '../../agent/ports/media-store.ts'
import { LOUDNESS_MIGRATION, loudnessRows } from './loudness-rows.ts'
import { type Db, migrate, openPrepared } from './open.ts'

export const CHUNK_BYTES = 262_144
/** 4 MiB a transaction: what a power cut may cost on a fast line. */
export const CHUNKS_PER_COMMIT = 16
/** Chunk numbers of one file; 16 GiB, four times what the protocol allows. */
const CHUNKS_PER_FILE_MAX = 65_536
const PAGE_BYTES = 4096
/** Room for one transaction: beyond it pages spill to the disk before their commit. */
const CACHE_KIB = 6 * 1024
/** Pages given back in one turn: 4 MiB. */
const VACUUM_PAGES = 1024

export type FileRow = {
  fileId: number
  sha256: string
  bytes: number
  mediaType: string
  name: string
  /** JSON. */
  urls: string
  state: MediaState
  lastError: string | null
  validator: string | null
  lastUse: number
}

export type Hashed = { kind: 'ready' } | { kind: 'wrong-hash'; actual: string } | { kind: 'incomplete' }

const MIGRATIONS = [
  `
CREATE TABLE file (
  fileId INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, mediaType TEXT NOT NULL,
  name TEXT NOT NULL, urls TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('wanted', 'ready', 'failed')),
  lastError TEXT, validator TEXT, lastUse INTEGER NOT NULL
) STRICT;
-- The key is fileId * ${CHUNKS_PER_FILE_MAX} + number, so that the table needs no index beside it.
CREATE TABLE chunk (chunkId INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
`,
  LOUDNESS_MIGRATION,
]

const prepare = (db: Db): void => {
  // Both take effect only before the first table is made; said to an old file, the second would write to it at every start.
  if (Number(db.pragma('page_count', { simple: true })) === 0) {
    db.pragma(`page_size = ${PAGE_BYTES}`)
    db.pragma('auto_vacuum = INCREMENTAL')
  }
  db.pragma('journal_mode = TRUNCATE')
  db.pragma('synchronous = FULL')
  db.pragma(`cache_size = -${CACHE_KIB}`)
  migrate(db, MIGRATIONS)
  // A card gives damage away at the first row that is read from it.
  db.prepare('SELECT count(*), max(fileId) FROM file').get()
}

type Span = { from: number; to: number }

const statementsOf = (db: Db) => ({
  files: db.prepare<[], FileRow>('SELECT * FROM file ORDER BY fileId'),
  /** What is ready stays ready: only `finish` decides that. */
  put: db.prepare<[FileRow]>(
    `INSERT INTO file VALUES
     ($fileId, $sha256, $bytes, $mediaType, $name, $urls, $state, $lastError, $validator, $lastUse)
     ON CONFLICT (fileId) DO UPDATE SET bytes = $bytes, mediaType = $mediaType, name = $name, urls = $urls,
     state = CASE state WHEN 'ready' THEN state ELSE $state END, lastError = $lastError, validator = $validator,
     lastUse = $lastUse`,
  ),
  setReady: db.prepare<[{ fileId: number; lastUse: number }]>(
    `UPDATE file SET state = 'ready', lastError = NULL, validator = NULL, lastUse = $lastUse WHERE fileId = $fileId`,
  ),
  forgetValidator: db.prepare<[number]>('UPDATE file SET validator = NULL WHERE fileId = ?'),
  dropFile: db.prepare<[number]>('DELETE FROM file WHERE fileId = ?'),
  dropChunks: db.prepare<[Span]>('DELETE FROM chunk WHERE chunkId >= $from AND chunkId < $to'),
  lastChunk: db.prepare<[Span], { last: number | null }>(
    'SELECT max(chunkId) AS last FROM chunk WHERE chunkId >= $from AND chunkId < $to',
  ),
  addChunk: db.prepare<[number, Buffer]>('INSERT INTO chunk VALUES (?, ?)'),
  chunk: db.prepare<[number], { bytes: Buffer }>('SELECT bytes FROM chunk WHERE chunkId = ?'),
})

const firstOf = (fileId: number): number => fileId * CHUNKS_PER_FILE_MAX
const spanOf = (fileId: number): Span => ({ from: firstOf(fileId), to: firstOf(fileId + 1) })

/** A hash on its way: the chunks before `next` are in it. */
type Progress = { hash: Hash; next: number }

export type MediaFile = ReturnType<typeof openMediaFile>

/** `turn` lets others be served between two chunks of a long job. */
export const openMediaFile = (file: string, turn: () => Promise<unknown>) => {
  const db = openPrepared(file, prepare)
  const sql = statementsOf(db)
  const measured = loudnessRows(db)
  const hashing = new Map<number, Progress>()
  let uncommitted = 0
  /** Counts what takes chunks away, so that a hash over several turns knows that its ground has moved. */
  let removals = 0

  const commit = (): void => {
    if (db.inTransaction) db.exec('COMMIT')
    uncommitted = 0
  }
  /** Each commit waits for the card four times, so whatever has gathered shares one. */
  const soon = (work: () => void): void => {
    if (!db.inTransaction) db.exec('BEGIN IMMEDIATE')
    work()
    uncommitted += 1
    if (uncommitted >= CHUNKS_PER_COMMIT) commit()
  }
  const atOnce = (work: () => void): void => {
    soon(work)
    commit()
  }
  const forgetBytes = (fileId: number): void => {
    hashing.delete(fileId)
    removals += 1
    sql.dropChunks.run(spanOf(fileId))
    sql.forgetValidator.run(fileId)
  }
  const storedChunks = (fileId: number): number => {
    const last = sql.lastChunk.get(spanOf(fileId))?.last ?? null
    return last === null ? 0 : last - firstOf(fileId) + 1
  }
  const hashChunks = async (progress: Progress, fileId: number, chunks: number): Promise<boolean> => {
    const before = removals
    for (; progress.next < chunks; progress.next += 1) {
      const chunk = sql.chunk.get(firstOf(fileId) + progress.next)
      if (chunk === undefined) return false
      progress.hash.update(chunk.bytes)
      await turn()
      if (removals !== before) return false
    }
    return true
  }
  const pragmaNumber = (name: string): number => Number(db.pragma(name, { simple: true }))

  return {
    loudness: () => measured.all(),
    /** Is not worth a commit of its own: what is lost is measured again. */
    putLoudness: (row: LoudnessRow) => soon(() => measured.put(row)),
    files: () => sql.files.all().map((row) => ({ ...row, chunks: storedChunks(row.fileId) })),
    uncommitted: () => uncommitted,
    commit,
    put: (rows: FileRow[], waits: boolean) => (waits ? soon : atOnce)(() => rows.forEach((row) => sql.put.run(row))),
    /** Committed with others; see `CHUNKS_PER_COMMIT`. False where it does not follow on what is stored. */
    addChunk: (fileId: number, index: number, bytes: Buffer): boolean => {
      if (index !== storedChunks(fileId)) return false
      soon(() => {
        sql.addChunk.run(firstOf(fileId) + index, bytes)
        const progress = index === 0 ? { hash: createHash('sha256'), next: 0 } : hashing.get(fileId)
        if (progress?.next !== index) return
        progress.hash.update(bytes)
        progress.next += 1
        hashing.set(fileId, progress)
      })
      return true
    },
    /** A whole file in one commit: what was there of it goes, and a power cut leaves all of it or nothing. */
    originate: (row: FileRow, bytes: Buffer): void =>
      atOnce(() => {
        hashing.delete(row.fileId)
        removals += 1
        sql.dropChunks.run(spanOf(row.fileId))
        for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
          sql.addChunk.run(firstOf(row.fileId) + at / CHUNK_BYTES, bytes.subarray(at, at + CHUNK_BYTES))
        sql.put.run(row)
      }),
    /** The bytes that passed here since the first are hashed already; after a restart they are read again from the disk. */
    finish: async (wanted: { fileId: number; sha256: string; chunks: number; lastUse: number }): Promise<Hashed> => {
      const { fileId, sha256, chunks, lastUse } = wanted
      const progress = hashing.get(fileId) ?? { hash: createHash('sha256'), next: 0 }
      hashing.delete(fileId)
      if (storedChunks(fileId) !== chunks || !(await hashChunks(progress, fileId, chunks)))
        return { kind: 'incomplete' }
      const actual = progress.hash.digest('hex')
      atOnce(() => {
        if (actual === sha256) sql.setReady.run({ fileId, lastUse })
        else forgetBytes(fileId)
      })
      return actual === sha256 ? { kind: 'ready' } : { kind: 'wrong-hash', actual }
    },
    read: (fileId: number, start: number, end: number): Uint8Array<ArrayBuffer> | null => {
      const bytes = new Uint8Array(end - start)
      for (let at = start; at < end;) {
        const index = Math.floor(at / CHUNK_BYTES)
        const offset = at - index * CHUNK_BYTES
        const piece = sql.chunk.get(firstOf(fileId) + index)?.bytes.subarray(offset, offset + end - at)
        if (piece === undefined || piece.length === 0) return null
        bytes.set(piece, at - start)
        at += piece.length
      }
      return bytes
    },
    restart: (fileId: number) => atOnce(() => forgetBytes(fileId)),
    remove: (fileIds: number[]) =>
      atOnce(() => {
        for (const fileId of fileIds) {
          forgetBytes(fileId)
          sql.dropFile.run(fileId)
        }
      }),
    /**
     * Gives pages beyond `bytesMax` back to the file system, a few at a time; false when there is nothing left to give.
     * Free pages below it are kept for the next file: to move bytes to the front only to fill the end again wears the card.
     */
    shrink: (bytesMax: number): boolean => {
      commit()
      const excess = pragmaNumber('page_count') - Math.ceil(bytesMax / PAGE_BYTES)
      const pages = Math.min(excess, pragmaNumber('freelist_count'), VACUUM_PAGES)
      if (pages <= 0) return false
      db.exec(`PRAGMA incremental_vacuum(${pages})`)
      return true
    },
    /** After a fault: what was not committed is gone, and so is what was hashed of it. */
    abandon: () => {
      if (db.inTransaction) db.exec('ROLLBACK')
      uncommitted = 0
      removals += 1
      hashing.clear()
    },
    close: () => {
      removals += 1
      db.close()
    },
  }
}
