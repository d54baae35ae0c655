/** Every sentence that is said to the state database, prepared once. */
import type { AcceptedMessage, AiringRow, OutboxRow, SequenceState } from '../../agent/ports/state-store.ts'
import type { ChainLink } from '../../agent/protocol/chain.ts'
import type { WallMs } from '../../player/plan/time.ts'
import type { Db } from './open.ts'

type Stream = { issuer: string; kind: string; target: string }
type OpenRow = { recordId: string; opened: string; actualStart: WallMs | null; heardMs: number }
type TokenPart = { messageId: string; part: number }
type NamedText = { name: string; value: string }

const messageStatements = (db: Db) => ({
  /** Never lowered: a late copy of an old message must not open the door to those in between. */
  raiseSequence: db.prepare<[Stream & SequenceState]>(
    `INSERT INTO sequence VALUES ($issuer, $kind, $target, $sequence, $messageId)
     ON CONFLICT DO UPDATE SET sequence = excluded.sequence, messageId = excluded.messageId
     WHERE excluded.sequence > sequence.sequence`,
  ),
  sequenceOf: db.prepare<[Stream], SequenceState>(
    'SELECT sequence, messageId FROM sequence WHERE issuer = $issuer AND kind = $kind AND target = $target',
  ),
  addMessage: db.prepare<[AcceptedMessage]>(
    `INSERT INTO message (messageId, kind, issuer, target, sequence, token, receivedAt, expiresAt, state)
     VALUES ($messageId, $kind, $issuer, $target, $sequence, $token, $receivedAt, $expiresAt, $state)`,
  ),
  messages: db.prepare<[], AcceptedMessage>('SELECT * FROM message ORDER BY rowid'),
  messageById: db.prepare<[string], AcceptedMessage>('SELECT * FROM message WHERE messageId = ?'),
  dropMessage: db.prepare<[string]>('DELETE FROM message WHERE messageId = ?'),
  dropStream: db.prepare<[Stream]>('DELETE FROM message WHERE issuer = $issuer AND kind = $kind AND target = $target'),
  dropPending: db.prepare<[Stream]>(
    `DELETE FROM message WHERE issuer = $issuer AND kind = $kind AND target = $target AND state = 'pending'`,
  ),
  dropOtherCurrent: db.prepare<[AcceptedMessage]>(
    `DELETE FROM message WHERE issuer = $issuer AND kind = $kind AND target = $target AND state = 'current'
     AND messageId <> $messageId`,
  ),
  setCurrent: db.prepare<[string]>(`UPDATE message SET state = 'current' WHERE messageId = ?`),
  putTokenPart: db.prepare<[TokenPart & { text: string }]>(
    'INSERT OR REPLACE INTO tokenPart VALUES ($messageId, $part, $text)',
  ),
  tokenPart: db.prepare<[TokenPart], { text: string }>(
    'SELECT text FROM tokenPart WHERE messageId = $messageId AND part = $part',
  ),
  /** Answered from the index: the texts are not read. */
  orphanPart: db.prepare<[], TokenPart>(
    'SELECT messageId, part FROM tokenPart WHERE messageId NOT IN (SELECT messageId FROM message) LIMIT 1',
  ),
  dropTokenPart: db.prepare<[TokenPart]>('DELETE FROM tokenPart WHERE messageId = $messageId AND part = $part'),
  dropMessagesOver: db.prepare<[number]>(
    `DELETE FROM message WHERE rowid IN (SELECT rowid FROM message ORDER BY expiresAt, rowid
     LIMIT max(0, (SELECT count(*) FROM message) - ?))`,
  ),
})

const asRunStatements = (db: Db) => ({
  addOpen: db.prepare<[OpenRow]>('INSERT INTO openAsRun VALUES ($recordId, $opened, $actualStart, $heardMs)'),
  setStarted: db.prepare<[{ recordId: string; actualStart: WallMs }]>(
    'UPDATE openAsRun SET actualStart = $actualStart WHERE recordId = $recordId',
  ),
  setHeard: db.prepare<[{ recordId: string; heardMs: number }]>(
    'UPDATE openAsRun SET heardMs = $heardMs WHERE recordId = $recordId',
  ),
  openById: db.prepare<[string], OpenRow>('SELECT * FROM openAsRun WHERE recordId = ?'),
  openAll: db.prepare<[], OpenRow>('SELECT * FROM openAsRun ORDER BY rowid'),
  dropOpen: db.prepare<[string]>('DELETE FROM openAsRun WHERE recordId = ?'),
  lastRecord: db.prepare<[], ChainLink>('SELECT sequence, hash FROM record ORDER BY sequence DESC LIMIT 1'),
  addRecord: db.prepare<[ChainLink & { recordId: string; json: string }]>(
    'INSERT INTO record VALUES ($sequence, $recordId, $hash, $json)',
  ),
  recentRecords: db.prepare<[number], { json: string }>('SELECT json FROM record ORDER BY sequence DESC LIMIT ?'),
  /** The newest is always kept, since the next record hangs on it. */
  dropRecordsOver: db.prepare<[number]>(
    'DELETE FROM record WHERE sequence <= (SELECT max(sequence) FROM record) - max(1, ?)',
  ),
  putAiring: db.prepare<[AiringRow]>(
    'INSERT OR REPLACE INTO airing VALUES ($occurrenceId, $output, $effectiveStart, $heardMs, $state, $until)',
  ),
  airings: db.prepare<[], AiringRow>('SELECT * FROM airing ORDER BY effectiveStart, occurrenceId, output'),
  dropAiringsPast: db.prepare<[number]>('DELETE FROM airing WHERE until < ?'),
  dropAiringsOver: db.prepare<[number]>(
    `DELETE FROM airing WHERE (occurrenceId, output) IN (SELECT occurrenceId, output FROM airing ORDER BY until
     LIMIT max(0, (SELECT count(*) FROM airing) - ?))`,
  ),
})

const outboxStatements = (db: Db) => ({
  addOutbox: db.prepare<[OutboxRow]>('INSERT INTO outbox VALUES ($position, $kind, $payload)'),
  outboxAfter: db.prepare<[{ after: number; limit: number }], OutboxRow>(
    'SELECT * FROM outbox WHERE position > $after ORDER BY position LIMIT $limit',
  ),
  oldestOther: db.prepare<[], { position: number }>(
    `SELECT position FROM outbox WHERE kind <> 'record' ORDER BY position LIMIT 1`,
  ),
  oldestOutbox: db.prepare<[], { position: number }>('SELECT position FROM outbox ORDER BY position LIMIT 1'),
  dropOutbox: db.prepare<[number]>('DELETE FROM outbox WHERE position = ?'),
  dropOutboxUpTo: db.prepare<[number]>('DELETE FROM outbox WHERE position <= ?'),
  counter: db.prepare<[string], { value: number }>('SELECT value FROM counter WHERE name = ?'),
  setCounter: db.prepare<[{ name: string; value: number }]>('UPDATE counter SET value = $value WHERE name = $name'),
})

const valueStatements = (db: Db) => ({
  identity: db.prepare<[string], NamedText>('SELECT * FROM identity WHERE name = ?'),
  setIdentity: db.prepare<[NamedText]>('INSERT INTO identity VALUES ($name, $value)'),
  valueOf: db.prepare<[string], NamedText>('SELECT * FROM value WHERE name = ?'),
  setValue: db.prepare<[NamedText]>('INSERT OR REPLACE INTO value VALUES ($name, $value)'),
})

export const stateStatements = (db: Db) => ({
  ...messageStatements(db),
  ...asRunStatements(db),
  ...outboxStatements(db),
  ...valueStatements(db),
})
export type Statements = ReturnType<typeof stateStatements>
