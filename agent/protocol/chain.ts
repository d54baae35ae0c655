/**
 * The chain of as-run records: each carries the hash of the one before, so that a missing or altered record shows. Used
 * by the box that writes it and by the head-end that checks it. A new epoch of a box begins a new chain.
 */
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { AsRunRecord } from './uplink.ts'

/** `previousHash` of the first record of a chain. */
export const FIRST_PREVIOUS_HASH = '0'.repeat(64)

export type UnhashedRecord = Omit<AsRunRecord, 'hash'>

/** The end of a chain: what the next record must follow on. */
export type ChainLink = { sequence: number; hash: string }

export type ChainFaultReason =
  /** The record is not what it was when it was written. */
  | 'altered'
  /** Its sequence number is not the next one. */
  | 'gap'
  /** It was written after another record than the one before it here. */
  | 'unlinked'

export type ChainCheck =
  | { kind: 'whole'; last: ChainLink }
  /** `expected` is the sequence number that should stand at `index`. */
  | { kind: 'broken'; index: number; expected: number; reason: ChainFaultReason }

export const CHAIN_START: ChainLink = { sequence: 0, hash: FIRST_PREVIOUS_HASH }

/** SHA-256, in lower-case hex, over the canonical JSON (RFC 8785) of every field but `hash` itself. */
export const recordHash = (record: UnhashedRecord & { hash?: string }): string => {
  const text = canonicalize({ ...record, hash: undefined })
  if (text === undefined) throw new Error('a record has no canonical form')
  return createHash('sha256').update(text).digest('hex')
}

/** The record with its hash, which covers its place in the chain too. */
export const seal = (record: UnhashedRecord): AsRunRecord => ({ ...record, hash: recordHash(record) })

/** Checks records in the order given, as they follow on `after`; stops at the first fault. */
export const verifyChain = (records: readonly AsRunRecord[], after: ChainLink = CHAIN_START): ChainCheck => {
  let last = after
  for (const [index, record] of records.entries()) {
    const expected = last.sequence + 1
    const broken = (reason: ChainFaultReason): ChainCheck => ({ kind: 'broken', index, expected, reason })
    if (record.sequence !== expected) return broken('gap')
    if (record.previousHash !== last.hash) return broken('unlinked')
    if (record.hash !== recordHash(record)) return broken('altered')
    last = { sequence: record.sequence, hash: record.hash }
  }
  return { kind: 'whole', last }
}
