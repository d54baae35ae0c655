import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { verifyChain } from '../../../agent/protocol/chain.ts'
import { openStateStore } from '../../../drivers/database/state-store.ts'
import { chanceFrom, lifeOf, seedOf } from './killing.ts'
import { storeOptions } from './sample.ts'

const WRITER = fileURLToPath(new URL('./state-writer.js', import.meta.url))
const ROUNDS = 25
const LIFE_MS_MAX = 700
const ROWS_MAX = 1_000_000

t.test('kill -9 at any moment loses nothing that was committed and breaks nothing', async (t) => {
  const seed = seedOf()
  t.comment(`seed ${seed}`)
  const chance = chanceFrom(seed)
  const file = join(t.testdir(), 'state.db')
  const [opened, closed, alarms] = [new Set<string>(), new Map<string, number>(), new Set<number>()]
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [verb, first = '', second] of await lifeOf(WRITER, file, chance() * LIFE_MS_MAX, chance)) {
      if (verb === 'repaired') t.fail('a kill is no damage')
      if (verb === 'opened') opened.add(first)
      if (verb === 'alarm') alarms.add(Number(first))
      if (verb === 'closed') closed.set(first, Number(second))
    }
    const { store, repaired } = openStateStore(storeOptions(file))
    const records = store.recentAsRuns(ROWS_MAX).reverse()
    const places = new Map(records.map(({ recordId, sequence }) => [recordId, sequence]))
    const stillOpen = new Set(store.openAsRuns().map(({ recordId }) => recordId))
    const outbox = store.outbox(0, ROWS_MAX)
    const inOutbox = new Map<string, number>()
    for (const { kind, payload } of outbox) {
      if (kind !== 'record') continue
      const { record } = JSON.parse(payload) as { record: { recordId: string } }
      inOutbox.set(record.recordId, (inOutbox.get(record.recordId) ?? 0) + 1)
    }
    const faults = [
      ...(repaired === null ? [] : [repaired]),
      ...(verifyChain(records).kind === 'whole' ? [] : ['the chain is broken']),
      ...[...closed].filter(([id, place]) => places.get(id) !== place).map(([id]) => `closed ${id} is lost`),
      ...[...opened].filter((id) => !places.has(id) && !stillOpen.has(id)).map((id) => `opened ${id} is lost`),
      ...[...stillOpen].filter((id) => places.has(id)).map((id) => `${id} is open and closed`),
      ...records
        .filter(({ recordId }) => inOutbox.get(recordId) !== 1)
        .map(({ recordId }) => `${recordId} not sent once`),
      ...(inOutbox.size === records.length ? [] : ['the outbox holds another number of records']),
      ...(outbox.every(({ position }, index) => position === index + 1) ? [] : ['positions are not 1, 2, 3 …']),
      ...[...alarms].filter((position) => outbox[position - 1]?.kind !== 'alarm').map((p) => `alarm ${p} is lost`),
      ...(store.outboxSize() === outbox.length ? [] : ['the count of the outbox is wrong']),
    ]
    store.close()
    t.same(faults, [], `round ${round}: ${records.length} records`)
    if (faults.length > 0) break
  }
  t.ok(closed.size > ROUNDS, `${closed.size} records were promised and kept`)
  t.end()
})
