/** Opening a SQLite file so that what comes back is whole and of the version that this program knows. */
import { mkdirSync, readdirSync, renameSync, rmSync, existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'

export type Db = Database.Database

/** A lock is only ever held by a person who looks into the file; the loop must not wait long for one. */
export const BUSY_TIMEOUT_MS = 2000

/** Damaged databases kept for a look; a card that fails every day must not fill itself with them. */
export const DAMAGED_KEPT_MAX = 5

const SIDE_FILES = ['-wal', '-shm', '-journal']

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

class DamagedDatabase extends Error {}

/** Whether the file itself is broken, as against a full disk, a missing right or a fault of ours. */
export const isDamage = (error: unknown): boolean =>
  error instanceof DamagedDatabase || codeOf(error).startsWith('SQLITE_CORRUPT') || codeOf(error) === 'SQLITE_NOTADB'

/**
 * Brings the file to the newest version, one transaction each: `user_version` counts the migrations it has had. A file
 * from a newer program is refused and left as it is, since to guess at its meaning could lose records.
 */
export const migrate = (db: Db, migrations: readonly string[]): void => {
  const version = Number(db.pragma('user_version', { simple: true }))
  if (version > migrations.length) {
    throw new Error(
      `${db.name} has version ${version}, made by a newer program; this one knows versions up to ${migrations.length}`,
    )
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue
    db.transaction(() => {
      db.exec(sql)
      db.pragma(`user_version = ${index + 1}`)
    }).immediate()
  }
}

export const quickCheck = (db: Db): void => {
  const found = String(db.pragma('quick_check(1)', { simple: true }))
  if (found !== 'ok') throw new DamagedDatabase(found)
}

/** Runs `prepare` on the opened file, and closes it again if that fails. */
export const openPrepared = (file: string, prepare: (db: Db) => void): Db => {
  mkdirSync(dirname(file), { recursive: true })
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS })
  try {
    prepare(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

export const removeDatabase = (file: string): void => {
  for (const suffix of [...SIDE_FILES, '']) rmSync(file + suffix, { force: true })
}

/** Renames the file and what belongs to it to `<file>.damaged-<n>`, and forgets the oldest beyond the maximum. */
export const setAside = (file: string): string => {
  const prefix = `${basename(file)}.damaged-`
  const numbers = readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((number) => Number.isInteger(number))
    .sort((a, b) => a - b)
  const pathOf = (number: number) => join(dirname(file), `${prefix}${number}`)
  for (const number of numbers.slice(0, Math.max(0, numbers.length + 1 - DAMAGED_KEPT_MAX))) {
    removeDatabase(pathOf(number))
  }
  const aside = pathOf((numbers.at(-1) ?? 0) + 1)
  // The database last: were power to fail in between, a fresh one must not find the side files of the old one.
  for (const suffix of [...SIDE_FILES, '']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix)
  }
  return aside
}
