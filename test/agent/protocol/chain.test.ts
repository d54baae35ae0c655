import { createHash } from 'node:crypto'
import t from 'tap'
import { FIRST_PREVIOUS_HASH, recordHash, seal, verifyChain } from '../../../agent/protocol/chain.ts'
import type { AsRunRecord } from '../../../agent/protocol/uplink.ts'
import { airing } from '../../drivers/database/sample.ts'

const chainOf = (length: number): AsRunRecord[] => {
  const records: AsRunRecord[] = []
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const end = { actualStart: null, heardMs: sequence, ended: 'failed', endedDetail: null } as const
    const previousHash = records.at(-1)?.hash ?? FIRST_PREVIOUS_HASH
    records.push(seal({ ...airing().opened, ...end, sequence, previousHash }))
  }
  return records
}

t.test('the hash is that of the canonical JSON without the hash, whatever the order of the fields', (t) => {
  const [record] = chainOf(1)
  const { hash, ...rest } = record!
  // Written out by hand for this flat record: keys sorted at both levels, no white space.
  const sorted = (value: object): string =>
    `{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]: [string, unknown]) => {
        const isPlainObject = typeof field === 'object' && field !== null && !Array.isArray(field)
        return `${JSON.stringify(name)}:${isPlainObject ? sorted(field) : JSON.stringify(field)}`
      })
      .join(',')}}`
  t.equal(hash, createHash('sha256').update(sorted(rest)).digest('hex'))
  const turned = Object.fromEntries(Object.entries(record!).reverse()) as AsRunRecord
  t.equal(recordHash(turned), hash)
  t.end()
})

t.test('a whole chain is whole, also from its middle', (t) => {
  const records = chainOf(4)
  const last = { sequence: 4, hash: records[3]!.hash }
  t.same(verifyChain(records), { kind: 'whole', last })
  t.same(verifyChain(records.slice(2), { sequence: 2, hash: records[1]!.hash }), { kind: 'whole', last })
  t.same(verifyChain([]), { kind: 'whole', last: { sequence: 0, hash: FIRST_PREVIOUS_HASH } })
  t.end()
})

t.test('a missing, altered or exchanged record shows', (t) => {
  const records = chainOf(4)
  const [first, second, third, fourth] = records
  t.same(verifyChain([first!, third!, fourth!]), { kind: 'broken', index: 1, expected: 2, reason: 'gap' })
  t.same(verifyChain(records.slice(1)), { kind: 'broken', index: 0, expected: 1, reason: 'gap' })
  const louder = { ...second!, heardMs: 60_000 }
  t.same(verifyChain([first!, louder, third!]), { kind: 'broken', index: 1, expected: 2, reason: 'altered' })
  const resealed = seal(louder)
  t.same(
    verifyChain([first!, resealed, third!]),
    { kind: 'broken', index: 2, expected: 3, reason: 'unlinked' },
    'to alter one and hash it anew breaks the next',
  )
  t.end()
})
