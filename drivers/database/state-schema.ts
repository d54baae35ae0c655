/** The tables of the state database. A migration that has been released is never edited: a new one follows it. */

const first = `
CREATE TABLE identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- One page, written with nearly every transaction: numbers that must not be counted anew each time.
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('outbox-position', 0), ('outbox-size', 0), ('outbox-dropped', 0);

-- Outlives the messages themselves: what was accepted once must not be accepted again after it has been dropped.
CREATE TABLE sequence (
  issuer TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
  sequence INTEGER NOT NULL, messageId TEXT NOT NULL,
  PRIMARY KEY (issuer, kind, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
  messageId TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, issuer TEXT NOT NULL, target TEXT NOT NULL,
  sequence INTEGER NOT NULL, token TEXT NOT NULL, receivedAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'current')),
  FOREIGN KEY (issuer, kind, target) REFERENCES sequence
) STRICT;
CREATE INDEX messageStream ON message (issuer, kind, target);

CREATE TABLE openAsRun (
  recordId TEXT NOT NULL UNIQUE, opened TEXT NOT NULL, actualStart INTEGER, heardMs INTEGER NOT NULL
) STRICT;

CREATE TABLE record (sequence INTEGER PRIMARY KEY, recordId TEXT NOT NULL UNIQUE, hash TEXT NOT NULL, json TEXT NOT NULL)
STRICT;

CREATE TABLE airing (
  occurrenceId TEXT NOT NULL, output TEXT NOT NULL, effectiveStart INTEGER NOT NULL, heardMs INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'interrupted', 'done')), until INTEGER NOT NULL,
  PRIMARY KEY (occurrenceId, output)
) STRICT, WITHOUT ROWID;
CREATE INDEX airingUntil ON airing (until);

CREATE TABLE outbox (position INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL) STRICT;
CREATE INDEX outboxOther ON outbox (position) WHERE kind <> 'record';

CREATE TABLE value (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`

/** An airing can also wait for something higher to be over. */
const waiting = `
ALTER TABLE airing RENAME TO airingBefore;
CREATE TABLE airing (
  occurrenceId TEXT NOT NULL, output TEXT NOT NULL, effectiveStart INTEGER NOT NULL, heardMs INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'interrupted', 'done')), until INTEGER NOT NULL,
  PRIMARY KEY (occurrenceId, output)
) STRICT, WITHOUT ROWID;
INSERT INTO airing SELECT * FROM airingBefore;
DROP TABLE airingBefore;
CREATE INDEX airingUntil ON airing (until);
`

/** A token of megabytes in one row would hold the loop up for as long as the card needs to write it. */
const tokenParts = `
CREATE TABLE tokenPart (messageId TEXT NOT NULL, part INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (messageId, part))
STRICT;
`

export const STATE_MIGRATIONS: readonly string[] = [first, waiting, tokenParts]
