/** The head-end's own database: what it sent, what it serves, what it received. One file, WAL, committed before it answers. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { ClearError, messageOf } from './clear-error.ts'

export type Db = Database.Database

/** Another command may write at the same moment (`publish` beside `run`); it is over within this time. */
const BUSY_MS_MAX = 10_000

/** Each entry brings the database from its index to the next `user_version`. Entries are added, never changed. */
const MIGRATIONS = [
  `
  CREATE TABLE sequences (
    issuer TEXT NOT NULL, kind TEXT NOT NULL, stream TEXT NOT NULL, sequence INTEGER NOT NULL,
    PRIMARY KEY (issuer, kind, stream)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE publications (
    messageId TEXT PRIMARY KEY, kind TEXT NOT NULL, issuer TEXT NOT NULL, target TEXT NOT NULL,
    sequence INTEGER NOT NULL, issued INTEGER NOT NULL, expires INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX publicationsByKind ON publications (kind, issued);
  CREATE TABLE media (
    sha256 TEXT PRIMARY KEY, bytes INTEGER NOT NULL, mediaType TEXT NOT NULL, name TEXT NOT NULL, addedAt INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE manifest (
    issuer TEXT NOT NULL, target TEXT NOT NULL, sha256 TEXT NOT NULL, source TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (issuer, target, sha256, source)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE revoked (x TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;

  CREATE TABLE devices (
    device TEXT PRIMARY KEY, area TEXT NOT NULL, groups TEXT NOT NULL, state TEXT NOT NULL, cause TEXT NOT NULL,
    bootId TEXT NOT NULL, connection INTEGER NOT NULL, at INTEGER NOT NULL, outputs TEXT NOT NULL,
    agentVersion TEXT NOT NULL, receivedAt INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE heartbeats (
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, receivedAt INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX heartbeatsByDevice ON heartbeats (device, id);
  CREATE TABLE records (
    recordId TEXT PRIMARY KEY, device TEXT NOT NULL, epoch TEXT NOT NULL, sequence INTEGER NOT NULL,
    position INTEGER NOT NULL, plannedStart INTEGER NOT NULL, receivedAt INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX recordsByChain ON records (device, epoch, sequence);
  CREATE INDEX recordsByPlan ON records (plannedStart);
  CREATE TABLE alarms (
    device TEXT NOT NULL, alarmId TEXT NOT NULL, code TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL,
    raisedAt INTEGER, clearedAt INTEGER,
    PRIMARY KEY (device, alarmId)
  ) STRICT;
  CREATE TABLE acknowledgements (
    device TEXT NOT NULL, epoch TEXT NOT NULL, position INTEGER NOT NULL, messageId TEXT, outcome TEXT NOT NULL,
    reason TEXT, receivedAt INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (device, epoch, position)
  ) STRICT;
  CREATE INDEX acknowledgementsByMessage ON acknowledgements (messageId);
  CREATE TABLE outboxes (
    device TEXT NOT NULL, epoch TEXT NOT NULL, confirmed INTEGER NOT NULL,
    chainSequence INTEGER NOT NULL, chainHash TEXT NOT NULL,
    PRIMARY KEY (device, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE positions (
    device TEXT NOT NULL, epoch TEXT NOT NULL, position INTEGER NOT NULL, firstAt INTEGER NOT NULL,
    arrivals INTEGER NOT NULL,
    PRIMARY KEY (device, epoch, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE refusals (
    id INTEGER PRIMARY KEY, receivedAt INTEGER NOT NULL, topic TEXT NOT NULL, detail TEXT NOT NULL, payload BLOB NOT NULL
  ) STRICT;
  CREATE TABLE frames (
    number INTEGER PRIMARY KEY, device TEXT NOT NULL, output TEXT NOT NULL, UNIQUE (device, output)
  ) STRICT;
  `,
]

const migrate = (db: Db): void => {
  db.transaction(() => {
    const version = Number(db.pragma('user_version', { simple: true }))
    if (version > MIGRATIONS.length)
      throw new ClearError(`the database is of a newer head-end (version ${version}, known ${MIGRATIONS.length})`)
    for (const migration of MIGRATIONS.slice(version)) db.exec(migration)
    db.pragma(`user_version = ${MIGRATIONS.length}`)
  }).immediate()
}

/** Opens or makes the database; `:memory:` for tests that need no file. The caller closes it. */
export const openDatabase = (file: string): Db => {
  try {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
    const db = new Database(file, { timeout: BUSY_MS_MAX })
    db.pragma('journal_mode = WAL')
    // A receipt promises that a message is kept, so what was committed must survive a power cut.
    db.pragma('synchronous = FULL')
    migrate(db)
    return db
  } catch (error) {
    throw new ClearError(`cannot open the database ${file}: ${messageOf(error)}`, { cause: error })
  }
}
