/** Every break in a chain of records, where the protocol's own check stops at the first. Pure. */
import { CHAIN_START, verifyChain, type ChainFaultReason, type ChainLink } from '../../agent/protocol/chain.ts'
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'

/** `behind`: the box says that it wrote more than is here. */
export type ChainBreakReason = ChainFaultReason | 'behind'

export type ChainBreak = {
  device: string
  epoch: string
  reason: ChainBreakReason
  /** Sequence number of the record at which it shows; of `behind`, of the last that the box wrote. */
  sequence: number
  recordId: string | null
  /** Of a gap, or behind: the first number that is missing. */
  missingFrom: number | null
}

export type Chain = { device: string; epoch: string; records: readonly AsRunRecord[] }

/** `records` ascending by sequence; goes on after each break, taking the record there as it claims to be. */
export const chainBreaks = (
  { device, epoch, records }: Chain,
  after: ChainLink = CHAIN_START,
): { breaks: ChainBreak[]; last: ChainLink } => {
  const breaks: ChainBreak[] = []
  let link = after
  let index = 0
  while (index < records.length) {
    const check = verifyChain(records.slice(index), link)
    if (check.kind === 'whole') return { breaks, last: check.last }
    index += check.index
    const record = records[index]
    if (record === undefined) break
    const missingFrom = check.reason === 'gap' && record.sequence > check.expected ? check.expected : null
    breaks.push({
      device,
      epoch,
      reason: check.reason,
      sequence: record.sequence,
      recordId: record.recordId,
      missingFrom,
    })
    if (check.reason === 'altered') {
      link = { sequence: record.sequence, hash: record.hash }
      index += 1
      continue
    }
    // The same record once more, now as the one that was expected: it may be altered as well.
    link = { sequence: record.sequence - 1, hash: record.previousHash }
  }
  return { breaks, last: link }
}

/** Compares the end of a chain with what the box says it is: records missing at the very end leave no other trace. */
export const endBreak = (
  { device, epoch, records }: Chain,
  claimed: { sequence: number; hash: string },
): ChainBreak | null => {
  const last = records.at(-1)
  const held = last?.sequence ?? 0
  const { sequence } = claimed
  if (sequence > held) return { device, epoch, reason: 'behind', sequence, recordId: null, missingFrom: held + 1 }
  const same = records.find((record) => record.sequence === sequence)
  if (same === undefined || same.hash === claimed.hash) return null
  return { device, epoch, reason: 'altered', sequence, recordId: same.recordId, missingFrom: null }
}
