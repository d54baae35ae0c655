/**
 * A disk that is full or dying must not take the siren with it. Writes that the disk refuses are told and passed over: what is
 * due is played without a record, and the alarm says so. Any other error is a broken invariant and ends the process.
 */
import type { OpenAsRun, SequenceState, StateStore } from './ports/state-store.ts'

/** What better-sqlite3 calls the refusals of a disk (SQLite result codes and their extensions). */
const DISK_FAULTS = ['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_READONLY', 'SQLITE_CANTOPEN']

const isDiskFault = (error: unknown): error is Error & { code: string } =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  DISK_FAULTS.some((fault) => String(error.code).startsWith(fault))

export type GuardedStore = Omit<StateStore, 'closeAsRun' | 'enqueue' | 'putTokenPart'> & {
  /** False: it could not be written. */
  putTokenPart: (...args: Parameters<StateStore['putTokenPart']>) => boolean
  closeAsRun: (...args: Parameters<StateStore['closeAsRun']>) => void
  enqueue: (...args: Parameters<StateStore['enqueue']>) => void
  /** The last refusal of the disk, until a write succeeds again. */
  diskFault: () => string | null
}

/** Records that could not be opened, and sequences that could not be written, are remembered up to this many each. */
const REMEMBERED_MAX = 1_000

const streamKey = (issuer: string, kind: string, target: string): string => `${issuer}|${kind}|${target}`

export const guardStore = (store: StateStore): GuardedStore => {
  let fault: string | null = null
  const unopened = new Set<string>()
  const write = (work: () => void): boolean => {
    try {
      work()
      fault = null
      return true
    } catch (error) {
      if (!isDiskFault(error)) throw error
      fault = `${error.code}: ${error.message}`
      return false
    }
  }
  const unwritten = new Map<string, SequenceState>()
  const trim = (remembered: {
    size: number
    keys: () => MapIterator<string> | SetIterator<string>
    delete: (key: string) => boolean
  }) => {
    const oldest = remembered.keys().next()
    if (remembered.size > REMEMBERED_MAX && oldest.done !== true) remembered.delete(oldest.value)
  }
  const ofRecord = (recordId: string, work: () => void) => {
    if (!unopened.has(recordId)) write(work)
  }
  return {
    ...store,
    diskFault: () => fault,
    // An order that cannot be kept is obeyed all the same; that it was heard is remembered, so that it cannot be replayed.
    accept: (message) => {
      const key = streamKey(message.issuer, message.kind, message.target)
      unwritten.delete(key)
      if (write(() => store.accept(message))) return
      unwritten.set(key, { sequence: message.sequence, messageId: message.messageId })
      trim(unwritten)
    },
    lastSequence: (issuer, kind, target) =>
      unwritten.get(streamKey(issuer, kind, target)) ?? store.lastSequence(issuer, kind, target),
    promote: (messageId) => void write(() => store.promote(messageId)),
    drop: (messageId) => void write(() => store.drop(messageId)),
    putTokenPart: (messageId, part, text) => write(() => store.putTokenPart(messageId, part, text)),
    dropTokenPart: () => {
      let isDropped = false
      return write(() => (isDropped = store.dropTokenPart())) && isDropped
    },
    openAsRun: (row: OpenAsRun) => {
      if (write(() => store.openAsRun(row))) return
      unopened.add(row.recordId)
      trim(unopened)
    },
    noteStarted: (recordId, at) => ofRecord(recordId, () => store.noteStarted(recordId, at)),
    noteHeard: (recordId, heardMs) => ofRecord(recordId, () => store.noteHeard(recordId, heardMs)),
    closeAsRun: (recordId, end) => ofRecord(recordId, () => store.closeAsRun(recordId, end)),
    forgetAsRun: (recordId) => ofRecord(recordId, () => store.forgetAsRun(recordId)),
    putAiring: (row) => void write(() => store.putAiring(row)),
    enqueue: (kind, payloadAt) => void write(() => store.enqueue(kind, payloadAt)),
    acknowledge: (position) => void write(() => store.acknowledge(position)),
    setValue: (name, value) => void write(() => store.setValue(name, value)),
    prune: (now) => void write(() => store.prune(now)),
  }
}
