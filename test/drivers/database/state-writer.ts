/**
 * A process that is made to be killed: it closes what it finds open, then goes on opening, closing and reporting until it
 * dies. It prints a line only after the store has returned, so every line is a promise that the disk must keep.
 */
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openStateStore } from '../../../drivers/database/state-store.ts'
import { STARTED_AT, airing, storeOptions } from './sample.ts'

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: state-writer FILE')
const { store, repaired } = openStateStore(storeOptions(file))
const say = (...words: (string | number)[]) => writeSync(1, `${words.join(' ')}\n`)

say('begun')
if (repaired !== null) say('repaired', repaired)
for (const { recordId, heardMs } of store.openAsRuns()) {
  const record = store.closeAsRun(recordId, { ended: 'power-lost', endedDetail: null, heardMs })
  say('closed', recordId, record.sequence)
}
for (let turn = 0; ; turn += 1) {
  const row = airing(randomUUID())
  store.openAsRun(row)
  say('opened', row.recordId)
  store.noteStarted(row.recordId, STARTED_AT)
  store.noteHeard(row.recordId, 100 + turn)
  say(
    'alarm',
    store.enqueue('alarm', (position) => JSON.stringify({ position, turn })),
  )
  store.setValue('turn', String(turn))
  const record = store.closeAsRun(row.recordId, { ended: 'finished', endedDetail: null, heardMs: 200 + turn })
  say('closed', row.recordId, record.sequence)
}
