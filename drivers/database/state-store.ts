/**
 * Everything that must survive a power cut, except media, in one SQLite database. WAL with `synchronous=FULL`: when a
 * method returns, what it did is on the disk, whatever happens to the process or the power after that.
 */
import { randomUUID } from 'node:crypto'
import type { AcceptedMessage, AsRunEnd, OpenAsRun, OutboxKind, StateStore } from '../../agent/ports/state-store.ts'
import { CHAIN_START, type ChainLink, seal } from '../../agent/protocol/chain.ts'
import { PROTOCOL_VERSION } from '../../agent/protocol/fields.ts'
import type { AsRunRecord, RecordMessage } from '../../agent/protocol/uplink.ts'
import type { WallMs } from '../../player/plan/time.ts'
import { type Db, isDamage, migrate, openPrepared, quickCheck, setAside } from './open.ts'
import { STATE_MIGRATIONS } from './state-schema.ts'
import { stateStatements, type Statements } from './state-statements.ts'

/** At about 1 kB a row, a box that plays 300 items a day and is offline keeps five months of records. */
export const OUTBOX_ROWS_MAX = 50_000
/** Closed records kept on the box for a look, whether or not the head-end has them. */
export const RECORDS_KEPT_MAX = 20_000
/** Verified messages in force. Over it, the one that expires first makes room. */
export const MESSAGES_MAX = 1_000
export const AIRINGS_MAX = 20_000
/** Checkpoint after this many pages of 4 kB: a longer log would make one commit in many wait longer for a slow card. */
export const CHECKPOINT_PAGES = 256
const JOURNAL_BYTES_MAX = 2_000_000

/** Limits as arguments, so that a test need not write 50,000 rows to see them at work. */
export type StateLimits = { outboxRowsMax: number; recordsKeptMax: number; messagesMax: number; airingsMax: number }

export const STATE_LIMITS: StateLimits = {
  outboxRowsMax: OUTBOX_ROWS_MAX,
  recordsKeptMax: RECORDS_KEPT_MAX,
  messagesMax: MESSAGES_MAX,
  airingsMax: AIRINGS_MAX,
}

export type StateStoreOptions = {
  file: string
  device: string
  /** Local date and time with milliseconds and the UTC offset, as `AsRunRecord.actualStart` has it. */
  formatLocal: (at: WallMs) => string
  limits?: StateLimits
}

/** An order does not replace another one of its stream: a flood and a storm, a takeover and a request for a report. */
const STANDS_ALONE: ReadonlySet<string> = new Set(['alert', 'live', 'command'])

const prepare = (db: Db): void => {
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  db.pragma(`journal_size_limit = ${JOURNAL_BYTES_MAX}`)
  quickCheck(db)
  migrate(db, STATE_MIGRATIONS)
}

const openWhole = (file: string): { db: Db; repaired: string | null } => {
  try {
    return { db: openPrepared(file, prepare), repaired: null }
  } catch (error) {
    if (!isDamage(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    const aside = setAside(file)
    return {
      db: openPrepared(file, prepare),
      repaired: `the state database was damaged (${reason}), is kept as ${aside} and begins anew`,
    }
  }
}

/** Lone halves of surrogate pairs have no canonical JSON; a text cut in the middle of one must not lose its record. */
const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8')

/** Our own writing, read back from a database that was found whole: checked for being an object, not field by field. */
const isOpened = (value: unknown): value is OpenAsRun['opened'] => typeof value === 'object' && value !== null
const isRecord = (value: unknown): value is AsRunRecord => typeof value === 'object' && value !== null

const readOpened = (json: string): OpenAsRun['opened'] => {
  const value: unknown = JSON.parse(json)
  if (!isOpened(value)) throw new Error('a stored open as-run row is not an object')
  return value
}
const readRecord = (json: string): AsRunRecord => {
  const value: unknown = JSON.parse(json)
  if (!isRecord(value)) throw new Error('a stored as-run record is not an object')
  return value
}

const messagePart = (db: Db, sql: Statements, limits: StateLimits) => ({
  accept: db.transaction((message: AcceptedMessage) => {
    const { issuer, kind, target, sequence, messageId, state } = message
    sql.raiseSequence.run({ issuer, kind, target, sequence, messageId })
    if (STANDS_ALONE.has(kind)) sql.dropMessage.run(messageId)
    else if (state === 'current') sql.dropStream.run({ issuer, kind, target })
    else sql.dropPending.run({ issuer, kind, target })
    // The same message again, when it is of another state now.
    sql.dropMessage.run(messageId)
    sql.addMessage.run(message)
    sql.dropMessagesOver.run(limits.messagesMax)
  }),
  promote: db.transaction((messageId: string) => {
    const message = sql.messageById.get(messageId)
    if (message === undefined) throw new Error(`no message ${messageId} to promote`)
    if (!STANDS_ALONE.has(message.kind)) sql.dropOtherCurrent.run(message)
    sql.setCurrent.run(messageId)
  }),
})

const outboxPart = (db: Db, sql: Statements, limits: StateLimits) => {
  const count = (name: string): number => sql.counter.get(name)?.value ?? 0
  const put = (kind: OutboxKind, payloadAt: (position: number) => string): number => {
    const position = count('outbox-position') + 1
    sql.setCounter.run({ name: 'outbox-position', value: position })
    sql.addOutbox.run({ position, kind, payload: payloadAt(position) })
    const size = count('outbox-size') + 1
    const dropped = size > limits.outboxRowsMax ? (sql.oldestOther.get() ?? sql.oldestOutbox.get()) : undefined
    if (dropped !== undefined) {
      sql.dropOutbox.run(dropped.position)
      sql.setCounter.run({ name: 'outbox-dropped', value: count('outbox-dropped') + 1 })
    }
    sql.setCounter.run({ name: 'outbox-size', value: dropped === undefined ? size : size - 1 })
    return position
  }
  return {
    put,
    enqueue: db.transaction(put),
    size: () => count('outbox-size'),
    dropped: () => count('outbox-dropped'),
    acknowledge: db.transaction((position: number) => {
      const { changes } = sql.dropOutboxUpTo.run(position)
      if (changes > 0) sql.setCounter.run({ name: 'outbox-size', value: count('outbox-size') - changes })
    }),
  }
}

type AsRunContext = {
  db: Db
  sql: Statements
  epoch: string
  options: StateStoreOptions
  put: (kind: OutboxKind, payloadAt: (position: number) => string) => number
}

const asRunPart = ({ db, sql, epoch, options, put }: AsRunContext) => {
  const { device, formatLocal } = options
  const lastLink = (): ChainLink => sql.lastRecord.get() ?? CHAIN_START
  return {
    close: db.transaction((recordId: string, end: AsRunEnd) => {
      const row = sql.openById.get(recordId)
      if (row === undefined) throw new Error(`no open as-run record ${recordId}`)
      const opened = readOpened(row.opened)
      const last = lastLink()
      const record = seal({
        ...opened,
        title: wellFormed(opened.title),
        actualStart: row.actualStart === null ? null : formatLocal(row.actualStart),
        heardMs: end.heardMs,
        ended: end.ended,
        endedDetail: end.endedDetail === null ? null : wellFormed(end.endedDetail),
        ...(end.relay === undefined ? {} : { relay: end.relay }),
        ...(end.heard === undefined ? {} : { heard: end.heard }),
        ...(end.turnedDown === undefined ? {} : { turnedDown: end.turnedDown }),
        ...(end.timing === undefined ? {} : { timing: end.timing }),
        sequence: last.sequence + 1,
        previousHash: last.hash,
      })
      sql.addRecord.run({ sequence: record.sequence, recordId, hash: record.hash, json: JSON.stringify(record) })
      sql.dropOpen.run(recordId)
      put('record', (position) => {
        const message: RecordMessage = { version: PROTOCOL_VERSION, device, epoch, position, record }
        return JSON.stringify(message)
      })
      return record
    }),
    /** One row must change: a record that is not open can neither begin nor go on. */
    change: (changes: number, recordId: string): void => {
      if (changes !== 1) throw new Error(`no open as-run record ${recordId}`)
    },
  }
}

const firstEpoch = (db: Db, sql: Statements): string =>
  db
    .transaction(() => {
      const known = sql.identity.get('epoch')
      if (known !== undefined) return known.value
      const epoch = randomUUID()
      sql.setIdentity.run({ name: 'epoch', value: epoch })
      return epoch
    })
    .immediate()

/** `repaired` says in a sentence what was lost; null where the database was whole, or is new. */
export const openStateStore = (options: StateStoreOptions): { store: StateStore; repaired: string | null } => {
  const { db, repaired } = openWhole(options.file)
  const limits = options.limits ?? STATE_LIMITS
  const sql = stateStatements(db)
  const epoch = firstEpoch(db, sql)
  const messages = messagePart(db, sql, limits)
  const outbox = outboxPart(db, sql, limits)
  const asRun = asRunPart({ db, sql, epoch, options, put: outbox.put })
  const prune = db.transaction((now: WallMs) => {
    sql.dropRecordsOver.run(limits.recordsKeptMax)
    sql.dropAiringsPast.run(now)
    sql.dropAiringsOver.run(limits.airingsMax)
  })
  const store: StateStore = {
    epoch: () => epoch,
    accept: (message) => messages.accept.immediate(message),
    lastSequence: (issuer, kind, target) => sql.sequenceOf.get({ issuer, kind, target }) ?? null,
    promote: (messageId) => messages.promote.immediate(messageId),
    messages: () => sql.messages.all(),
    putTokenPart: (messageId, part, text) => void sql.putTokenPart.run({ messageId, part, text }),
    tokenPart: (messageId, part) => sql.tokenPart.get({ messageId, part })?.text ?? null,
    dropTokenPart: () => {
      const orphan = sql.orphanPart.get()
      if (orphan !== undefined) sql.dropTokenPart.run(orphan)
      return orphan !== undefined
    },
    drop: (messageId) => void sql.dropMessage.run(messageId),
    openAsRun: ({ recordId, opened, actualStart, heardMs }) =>
      void sql.addOpen.run({ recordId, opened: JSON.stringify(opened), actualStart, heardMs }),
    noteStarted: (recordId, actualStart) =>
      asRun.change(sql.setStarted.run({ recordId, actualStart }).changes, recordId),
    noteHeard: (recordId, heardMs) => asRun.change(sql.setHeard.run({ recordId, heardMs }).changes, recordId),
    closeAsRun: (recordId, end) => asRun.close.immediate(recordId, end),
    forgetAsRun: (recordId) => void sql.dropOpen.run(recordId),
    openAsRuns: () => sql.openAll.all().map((row) => ({ ...row, opened: readOpened(row.opened) })),
    recentAsRuns: (limit) => sql.recentRecords.all(limit).map((row) => readRecord(row.json)),
    putAiring: (row) => void sql.putAiring.run(row),
    airings: () => sql.airings.all(),
    enqueue: (kind, payloadAt) => outbox.enqueue.immediate(kind, payloadAt),
    outbox: (after, limit) => sql.outboxAfter.all({ after, limit }),
    outboxSize: () => outbox.size(),
    outboxDropped: () => outbox.dropped(),
    acknowledge: (position) => outbox.acknowledge.immediate(position),
    getValue: (name) => sql.valueOf.get(name)?.value ?? null,
    setValue: (name, value) => void sql.setValue.run({ name, value }),
    prune: (now) => prune.immediate(now),
    close: () => void db.close(),
  }
  return { store, repaired }
}
