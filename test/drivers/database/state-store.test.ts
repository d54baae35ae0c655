import { closeSync, copyFileSync, existsSync, openSync, readFileSync, readdirSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { verifyChain } from '../../../agent/protocol/chain.ts'
import { RecordMessage } from '../../../agent/protocol/uplink.ts'
import { parser } from '../../../agent/protocol/validate.ts'
import { DAMAGED_KEPT_MAX } from '../../../drivers/database/open.ts'
import { STATE_MIGRATIONS } from '../../../drivers/database/state-schema.ts'
import { STATE_LIMITS, openStateStore } from '../../../drivers/database/state-store.ts'
import { wallMs } from '../../../player/plan/time.ts'
import { DEVICE, STARTED_AT, airing, message, storeOptions } from './sample.ts'

const finished = { ended: 'finished', endedDetail: null, heardMs: 5000 } as const

t.test('what is written is there after the store is opened again', (t) => {
  const file = join(t.testdir(), 'state.db')
  const first = openStateStore(storeOptions(file))
  t.equal(first.repaired, null)
  const epoch = first.store.epoch()
  const kept = message({ state: 'current' })
  first.store.accept(kept)
  const open = airing()
  first.store.openAsRun(open)
  first.store.noteStarted(open.recordId, STARTED_AT)
  first.store.noteHeard(open.recordId, 1500)
  const air = { occurrenceId: 'o', output: 'horn', effectiveStart: wallMs(1), heardMs: 2, until: wallMs(3) }
  first.store.putAiring({ ...air, state: 'interrupted' })
  first.store.putAiring({ ...air, state: 'done' })
  first.store.setValue('floor', '12')
  first.store.setValue('floor', '13')
  first.store.close()

  const { store } = openStateStore(storeOptions(file))
  t.equal(store.epoch(), epoch)
  t.same(store.messages(), [kept])
  t.same(store.openAsRuns(), [{ ...open, actualStart: STARTED_AT, heardMs: 1500 }])
  t.same(store.airings(), [{ ...air, state: 'done' }])
  t.equal(store.getValue('floor'), '13')
  t.equal(store.getValue('nothing'), null)
  store.close()
  t.end()
})

t.test('it writes ahead, and waits for the disk at every commit', (t) => {
  const file = join(t.testdir(), 'state.db')
  const { store } = openStateStore(storeOptions(file))
  t.ok(existsSync(`${file}-wal`), 'there is a write-ahead log')
  store.close()
  t.end()
})

t.test('a closed record follows on the one before, and stands in the outbox as the whole message', (t) => {
  const { store } = openStateStore(storeOptions(join(t.testdir(), 'state.db')))
  const [a, b] = [airing(), airing()]
  store.openAsRun(a)
  store.openAsRun(b)
  store.noteStarted(a.recordId, STARTED_AT)
  const first = store.closeAsRun(a.recordId, finished)
  const second = store.closeAsRun(b.recordId, { ended: 'failed', endedDetail: 'cut in half \ud83d', heardMs: 0 })
  t.equal(first.sequence, 1)
  t.equal(first.previousHash, '0'.repeat(64))
  t.equal(first.actualStart, '2026-11-21T05:00:00.012+07:00')
  t.equal(second.previousHash, first.hash)
  t.equal(second.actualStart, null)
  t.equal(second.endedDetail, 'cut in half \ufffd', 'a broken character costs itself, not the record')
  t.same(store.recentAsRuns(10), [second, first], 'newest first')
  t.same(store.recentAsRuns(1), [second])
  t.same(verifyChain([first, second]), { kind: 'whole', last: { sequence: 2, hash: second.hash } })
  const rows = store.outbox(0, 10)
  t.same(
    rows.map((row) => [row.position, row.kind]),
    [
      [1, 'record'],
      [2, 'record'],
    ],
  )
  const parsed = parser(RecordMessage)(JSON.parse(rows[0]!.payload))
  t.same(parsed, {
    kind: 'ok',
    value: { version: 1, device: DEVICE, epoch: store.epoch(), position: 1, record: first },
  })
  t.same(store.openAsRuns(), [])
  t.throws(() => store.closeAsRun(a.recordId, finished), /no open as-run record/, 'a record closes once')
  t.throws(() => store.noteHeard(a.recordId, 1), /no open as-run record/)
  t.equal(store.outboxSize(), 2, 'a refused close leaves nothing behind')
  store.close()
  t.end()
})

t.test('an airing called off before its first sample leaves no record', (t) => {
  const { store } = openStateStore(storeOptions(join(t.testdir(), 'state.db')))
  const open = airing()
  store.openAsRun(open)
  store.forgetAsRun(open.recordId)
  t.same(store.openAsRuns(), [])
  t.same(store.recentAsRuns(5), [])
  store.close()
  t.end()
})

t.test('a pending message leaves the current one in force until it is promoted', (t) => {
  const { store } = openStateStore(storeOptions(join(t.testdir(), 'state.db')))
  const states = () => store.messages().map(({ sequence, state }) => `${sequence} ${state}`)
  store.accept(message({ sequence: 1, state: 'current' }))
  store.accept(message({ sequence: 2 }))
  t.same(states(), ['1 current', '2 pending'])
  const third = message({ sequence: 3 })
  store.accept(third)
  t.same(states(), ['1 current', '3 pending'], 'the newer pending one replaces the older')
  store.accept(message({ sequence: 1, target: 'area:vn' }))
  store.promote(third.messageId)
  t.same(states(), ['3 current', '1 pending'], 'another stream is left alone')
  store.accept(message({ sequence: 4, state: 'current' }))
  t.same(states(), ['1 pending', '4 current'])
  t.throws(() => store.promote(third.messageId), /no message/)
  store.close()
  t.end()
})

t.test('a second alert does not silence the first', (t) => {
  const { store } = openStateStore(storeOptions(join(t.testdir(), 'state.db')))
  const flood = message({ kind: 'alert', sequence: 1, state: 'current' })
  const storm = message({ kind: 'alert', sequence: 2, state: 'current' })
  store.accept(flood)
  store.accept(storm)
  store.promote(storm.messageId)
  t.same(
    store.messages().map(({ sequence }) => sequence),
    [1, 2],
  )
  store.accept(flood)
  t.equal(store.messages().length, 2, 'the same alert again is the same alert')
  store.close()
  t.end()
})

t.test('a sequence outlives its message and never runs back', (t) => {
  const { store } = openStateStore(storeOptions(join(t.testdir(), 'state.db')))
  const high = message({ sequence: 7 })
  t.equal(store.lastSequence('commune', 'schedule', 'area:vn/08'), null)
  store.accept(high)
  store.drop(high.messageId)
  t.same(store.messages(), [])
  t.same(store.lastSequence('commune', 'schedule', 'area:vn/08'), { sequence: 7, messageId: high.messageId })
  store.accept(message({ sequence: 6 }))
  t.equal(store.lastSequence('commune', 'schedule', 'area:vn/08')!.sequence, 7)
  t.equal(store.lastSequence('commune', 'alert', 'area:vn/08'), null)
  store.close()
  t.end()
})

t.test('positions grow for ever, and what is acknowledged goes', (t) => {
  const file = join(t.testdir(), 'state.db')
  const first = openStateStore(storeOptions(file))
  const payload = (position: number) => `at ${position}`
  t.same(
    [1, 2, 3].map(() => first.store.enqueue('alarm', payload)),
    [1, 2, 3],
  )
  t.same(first.store.outbox(1, 1), [{ position: 2, kind: 'alarm', payload: 'at 2' }])
  first.store.acknowledge(3)
  first.store.acknowledge(3)
  t.equal(first.store.outboxSize(), 0)
  first.store.close()
  const { store } = openStateStore(storeOptions(file))
  t.equal(store.enqueue('alarm', payload), 4, 'an emptied outbox does not begin anew')
  t.equal(store.outboxSize(), 1)
  store.close()
  t.end()
})

t.test('a full outbox drops the oldest that is no record, then the oldest record, and counts both', (t) => {
  const limits = { ...STATE_LIMITS, outboxRowsMax: 3 }
  const { store } = openStateStore({ ...storeOptions(join(t.testdir(), 'state.db')), limits })
  const record = () => {
    const open = airing()
    store.openAsRun(open)
    store.closeAsRun(open.recordId, finished)
  }
  const held = () => store.outbox(0, 10).map(({ position, kind }) => `${position} ${kind}`)
  record()
  store.enqueue('alarm', String)
  store.enqueue('acknowledgement', String)
  t.equal(store.outboxDropped(), 0)
  record()
  t.same(held(), ['1 record', '3 acknowledgement', '4 record'])
  record()
  record()
  t.same(held(), ['4 record', '5 record', '6 record'])
  t.equal(store.outboxDropped(), 3)
  t.equal(store.outboxSize(), 3)
  store.close()
  t.end()
})

t.test('a payload that cannot be made leaves no position behind', (t) => {
  const { store } = openStateStore(storeOptions(join(t.testdir(), 'state.db')))
  t.throws(() =>
    store.enqueue('alarm', () => {
      throw new Error('no payload')
    }),
  )
  t.equal(store.outboxSize(), 0)
  t.equal(store.enqueue('alarm', String), 1)
  store.close()
  t.end()
})

t.test('what is past keeping goes, but the end of the chain stays', (t) => {
  const limits = { ...STATE_LIMITS, recordsKeptMax: 2, airingsMax: 2, messagesMax: 2 }
  const { store } = openStateStore({ ...storeOptions(join(t.testdir(), 'state.db')), limits })
  for (let index = 0; index < 4; index += 1) {
    const open = airing()
    store.openAsRun(open)
    store.closeAsRun(open.recordId, finished)
    store.putAiring({
      occurrenceId: `o${index}`,
      output: 'horn',
      effectiveStart: wallMs(index),
      heardMs: 0,
      state: 'done',
      until: wallMs(100 + index),
    })
    store.accept(message({ target: `area:vn/0${index}`, expiresAt: wallMs(100 - index) }))
  }
  store.prune(wallMs(100))
  t.same(
    store.recentAsRuns(9).map(({ sequence }) => sequence),
    [4, 3],
  )
  t.same(
    store.airings().map(({ until }) => until),
    [102, 103],
    'more than the maximum: those that end first go',
  )
  store.prune(wallMs(103))
  t.same(
    store.airings().map(({ until }) => until),
    [103],
    'one that ends now is kept',
  )
  t.same(
    store.messages().map(({ expiresAt }) => expiresAt),
    [100, 99],
  )
  t.equal(store.outboxSize(), 4, 'records leave the outbox only when they are acknowledged')
  store.close()
  t.end()
})

t.test('a database of a newer program is refused and left as it is', (t) => {
  const file = join(t.testdir(), 'state.db')
  openStateStore(storeOptions(file)).store.close()
  const db = new Database(file)
  t.equal(db.pragma('user_version', { simple: true }), STATE_MIGRATIONS.length)
  db.pragma(`user_version = ${STATE_MIGRATIONS.length + 1}`)
  db.close()
  const before = readFileSync(file)
  t.throws(
    () => openStateStore(storeOptions(file)),
    new RegExp(
      `version ${STATE_MIGRATIONS.length + 1}, made by a newer program; this one knows versions up to ${STATE_MIGRATIONS.length}`,
    ),
  )
  t.same(
    readdirSync(join(file, '..')).filter((name) => name.includes('damaged')),
    [],
  )
  t.ok(before.equals(readFileSync(file)))
  t.end()
})

t.test('an empty file and a half-made database become whole ones', (t) => {
  const file = join(t.testdir({ 'state.db': '' }), 'state.db')
  openStateStore(storeOptions(file)).store.close()
  const db = new Database(file, { readonly: true })
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'").get()
  db.close()
  for (let turn = 0; turn < 2; turn += 1) openStateStore(storeOptions(file)).store.close()
  const again = new Database(file, { readonly: true })
  t.same(again.prepare("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'").get(), tables)
  again.close()
  t.end()
})

const filled = (file: string): string => {
  const { store } = openStateStore(storeOptions(file))
  const epoch = store.epoch()
  for (let index = 0; index < 200; index += 1) {
    const open = airing()
    store.openAsRun(open)
    store.closeAsRun(open.recordId, finished)
  }
  store.close()
  return epoch
}

t.test('a database with flipped bytes is set aside, and a fresh one begins a new epoch', (t) => {
  const file = join(t.testdir(), 'state.db')
  const epoch = filled(file)
  const size = statSync(file).size
  const whole = `${file}.whole`
  copyFileSync(file, whole)
  const pages = size / 4096
  let found = 0
  for (let page = 0; page < pages; page += 1) {
    copyFileSync(whole, file)
    const handle = openSync(file, 'r+')
    // The head of a page says what kind it is and where its rows are.
    const head = page === 0 ? 100 : page * 4096
    const byte = readFileSync(whole)[head]!
    writeSync(handle, Buffer.from([byte ^ 0xff]), 0, 1, head)
    closeSync(handle)
    const { store, repaired } = openStateStore(storeOptions(file))
    if (repaired !== null) {
      found += 1
      t.match(repaired, /damaged/)
      t.not(store.epoch(), epoch, 'positions begin anew under another name')
      t.same(store.recentAsRuns(1), [])
      const open = airing()
      store.openAsRun(open)
      t.equal(store.closeAsRun(open.recordId, finished).sequence, 1)
    }
    store.close()
    const third = openStateStore(storeOptions(file))
    t.equal(third.repaired, null, 'what follows is whole')
    third.store.close()
  }
  t.ok(found > pages / 2, `${found} of ${pages} flips were found`)
  const kept = readdirSync(join(file, '..')).filter((name) => /damaged-\d+$/.test(name))
  t.equal(kept.length, DAMAGED_KEPT_MAX, 'only so many are kept')
  t.ok(kept.includes(`state.db.damaged-${found}`), 'the newest among them')
  t.end()
})

t.test('a file that is no database at all is set aside too', (t) => {
  const file = join(t.testdir({ 'state.db': 'not a database, by far '.repeat(400) }), 'state.db')
  const { store, repaired } = openStateStore(storeOptions(file))
  t.match(repaired, /state\.db\.damaged-1/)
  t.ok(readFileSync(`${file}.damaged-1`).toString().startsWith('not a database'), 'kept as it was')
  store.close()
  t.end()
})
