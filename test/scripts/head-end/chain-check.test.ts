import { test } from 'tap'
import { seal } from '../../../agent/protocol/chain.ts'
import { chainBreaks, endBreak } from '../../../scripts/head-end/chain-check.ts'
import { makeBox } from './box.ts'

const chainOf = (count: number) => {
  const box = makeBox()
  const records = Array.from({ length: count }, (_, index) =>
    box.record({ programmeId: 'a', plannedStart: 1_800_000_000_000 + index * 60_000 }),
  )
  const check = (held: typeof records) => chainBreaks({ device: box.device, epoch: box.epoch, records: held }).breaks
  return { box, records, check }
}

test('a whole chain has no breaks', (t) => {
  const { records, check } = chainOf(5)
  t.same(check(records), [])
  t.same(check([]), [])
  t.end()
})

test('missing records show once, with their numbers', (t) => {
  const { records, check } = chainOf(6)
  const breaks = check(records.filter(({ sequence }) => sequence !== 3 && sequence !== 4))
  t.equal(breaks.length, 1)
  t.match(breaks[0], { reason: 'gap', missingFrom: 3, sequence: 5 })
  t.end()
})

test('an altered record shows, and the chain goes on after it', (t) => {
  const { records, check } = chainOf(5)
  const altered = records.map((record) => (record.sequence === 3 ? { ...record, heardMs: 1 } : record))
  const breaks = check(altered)
  t.equal(breaks.length, 1)
  t.match(breaks[0], { reason: 'altered', sequence: 3, recordId: records[2]!.recordId })
  t.end()
})

test('a record that was altered and sealed again no longer fits the next one', (t) => {
  const { records, check } = chainOf(5)
  const forged = records.map((record) => (record.sequence === 3 ? seal({ ...record, heardMs: 1 }) : record))
  const breaks = check(forged)
  t.equal(breaks.length, 1)
  t.match(breaks[0], { reason: 'unlinked', sequence: 4 })
  t.end()
})

test('every break is told, not the first alone', (t) => {
  const { records, check } = chainOf(9)
  const held = records
    .filter(({ sequence }) => sequence !== 1 && sequence !== 5)
    .map((record) => (record.sequence === 6 || record.sequence === 8 ? { ...record, heardMs: 1 } : record))
  t.same(
    check(held).map(({ reason, sequence }) => `${reason} ${sequence}`),
    ['gap 2', 'gap 6', 'altered 6', 'altered 8'],
  )
  t.end()
})

test('records missing at the end show against what the box says it wrote', (t) => {
  const { box, records } = chainOf(4)
  const key = { device: box.device, epoch: box.epoch }
  t.equal(endBreak({ ...key, records }, box.chain()), null)
  t.match(endBreak({ ...key, records: records.slice(0, 2) }, box.chain()), {
    reason: 'behind',
    missingFrom: 3,
    sequence: 4,
  })
  t.match(endBreak({ ...key, records }, { sequence: 4, hash: 'f'.repeat(64) }), { reason: 'altered', sequence: 4 })
  t.end()
})
