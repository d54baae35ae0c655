import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { CHUNK_BYTES } from '../../../drivers/database/media-file.ts'
import { TAILS_MAX, openMediaStore } from '../../../drivers/database/media-store.ts'
import { contentOf, openTestStore, sha256Of, storeWhole, wantedOf } from './media-sample.ts'

const SMALL = contentOf(1000, 1)
const MIDDLE = contentOf(3 * CHUNK_BYTES + 12_345, 2)

/** Closed with the test too, so that one that fails does not hang. */
const openFor = async (t: Test, file: string, quotaBytes?: number) => {
  const opened = await openTestStore(file, quotaBytes)
  t.teardown(() => opened.store.close())
  return opened
}

/** Polls for what another thread is doing; fails loudly when it never comes. */
const until = async (claim: string, holds: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 1000; turn += 1) {
    if (holds()) return
    await wait(10)
  }
  throw new Error(`never: ${claim}`)
}

t.test('a file that comes in odd pieces is ready when its hash is right, and reads back at any place', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const first = await openFor(t, file)
  t.equal(first.repaired, null)
  t.same(await storeWhole(first.store, MIDDLE), { kind: 'ready' })
  t.same(await storeWhole(first.store, SMALL), { kind: 'ready' })
  t.same(await first.store.finish(sha256Of(SMALL)), { kind: 'ready' }, 'what is ready stays ready')
  await first.store.close()
  const { store } = await openFor(t, file)
  const sha256 = sha256Of(MIDDLE)
  t.match(store.get(sha256), { state: 'ready', storedBytes: MIDDLE.length, lastError: null, name: 'bulletin' })
  for (const [start, end] of [
    [0, MIDDLE.length],
    [0, 1],
    [CHUNK_BYTES - 1, CHUNK_BYTES + 1],
    [CHUNK_BYTES, 2 * CHUNK_BYTES],
    [MIDDLE.length - 1, MIDDLE.length],
    [5, 5],
  ] as const) {
    t.ok((await store.read(sha256, start, end))?.equals(MIDDLE.subarray(start, end)), `${start} to ${end}`)
  }
  t.equal(await store.read(sha256, 0, MIDDLE.length + 1), null, 'not past its end')
  t.equal(await store.read('0'.repeat(64), 0, 1), null)
  t.same(store.usage(), {
    readyCount: 2,
    readyBytes: MIDDLE.length + SMALL.length,
    partialBytes: 0,
    quotaBytes: 100_000_000,
  })
  await store.close()
  await t.rejects(store.read(sha256, 0, 1), /closed/)
})

t.test('a file with a wrong hash is never ready, and its bytes are dropped', async (t) => {
  const { store } = await openFor(t, join(t.testdir(), 'media.db'))
  const wrong = Buffer.from(MIDDLE)
  wrong[CHUNK_BYTES + 7]! ^= 1
  const sha256 = sha256Of(MIDDLE)
  store.want([wantedOf(MIDDLE)])
  await store.append(sha256, wrong)
  t.equal(await store.read(sha256, 0, 1), null, 'nothing of a partial file can be read')
  t.same(await store.finish(sha256), { kind: 'wrong-hash', actual: sha256Of(wrong) })
  t.match(store.get(sha256), { state: 'wanted', storedBytes: 0 })
  t.same(await storeWhole(store, MIDDLE), { kind: 'ready' }, 'the right bytes are welcome afterwards')
  await store.close()
})

t.test('an unfinished file is incomplete, and takes no byte more than was announced', async (t) => {
  const { store } = await openFor(t, join(t.testdir(), 'media.db'))
  const sha256 = sha256Of(SMALL)
  store.want([wantedOf(SMALL)])
  await store.append(sha256, SMALL.subarray(0, 400))
  t.same(await store.finish(sha256), { kind: 'incomplete', storedBytes: 400 })
  await t.rejects(store.append(sha256, SMALL.subarray(399)), /longer than 1000/)
  t.equal(store.get(sha256)!.storedBytes, 400)
  await store.append(sha256, SMALL.subarray(400))
  t.same(await store.finish(sha256), { kind: 'ready' })
  await t.rejects(store.append(sha256, SMALL), /not being fetched/)
  await t.rejects(store.append('1'.repeat(64), SMALL), /not being fetched/)
  await store.close()
})

t.test('a partial file goes on at its last whole chunk after the agent begins anew', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const sha256 = sha256Of(MIDDLE)
  const first = await openFor(t, file)
  first.store.want([wantedOf(MIDDLE)])
  first.store.setValidator(sha256, '"v1"')
  await first.store.append(sha256, MIDDLE.subarray(0, 2 * CHUNK_BYTES + 500))
  t.equal(first.store.get(sha256)!.storedBytes, 2 * CHUNK_BYTES + 500)
  await first.store.close()
  const { store } = await openFor(t, file)
  t.match(store.get(sha256), { state: 'wanted', storedBytes: 2 * CHUNK_BYTES, validator: '"v1"' })
  await store.append(sha256, MIDDLE.subarray(2 * CHUNK_BYTES))
  t.same(await store.finish(sha256), { kind: 'ready' }, 'the chunks from before are hashed from the disk')
  t.equal(store.get(sha256)!.validator, null)
  await store.close()
})

t.test('begun anew, a file forgets its bytes and its validator', async (t) => {
  const { store } = await openFor(t, join(t.testdir(), 'media.db'))
  const sha256 = sha256Of(MIDDLE)
  store.want([wantedOf(MIDDLE)])
  store.setValidator(sha256, '"v1"')
  const appended = store.append(sha256, MIDDLE.subarray(0, 2 * CHUNK_BYTES))
  store.restart(sha256)
  await t.rejects(appended, /begun anew/, 'an append under way does not go on behind the back of a restart')
  t.match(store.get(sha256), { storedBytes: 0, validator: null })
  t.same(await storeWhole(store, MIDDLE), { kind: 'ready' })
  await store.close()
})

t.test('a manifest is taken as a whole or not at all', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const { store } = await openMediaStore({ file, quotaBytes: 5000, fileBytesMax: 2000, filesMax: 3, onFault: () => {} })
  const [a, b, c, d] = [1, 2, 3, 4].map((seed) => wantedOf(contentOf(100 * seed, seed)))
  const large = wantedOf(contentOf(2001, 9))
  t.same(store.want([a!, large]), { kind: 'too-large', sha256: large.sha256, bytes: 2001, quotaBytes: 2000 })
  t.same(store.want([a!, b!, c!, d!]), { kind: 'too-many', filesMax: 3 })
  t.same(store.wanted(), [])
  t.same(store.want([a!, b!, c!, a!]), { kind: 'accepted' })
  t.same(
    store.wanted().map(({ sha256 }) => sha256),
    [a!.sha256, b!.sha256, c!.sha256],
    'in the order in which they were asked for',
  )
  t.same(store.evict(new Set([a!.sha256]), 0), [b!.sha256, c!.sha256], 'rows of no use make room')
  await store.close()
})

t.test('a new manifest refreshes addresses, revives what failed, and leaves ready files ready', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const first = await openFor(t, file)
  await storeWhole(first.store, SMALL)
  const failed = wantedOf(MIDDLE, ['http://old/'])
  first.store.want([failed])
  first.store.recordFailure(failed.sha256, 'cut', false)
  first.store.recordFailure(failed.sha256, 'x'.repeat(900), true)
  t.match(first.store.get(failed.sha256), { state: 'failed', tries: 2, lastError: 'x'.repeat(500) })
  t.same(first.store.wanted(), [])
  await first.store.close()

  const { store } = await openFor(t, file)
  t.match(store.get(failed.sha256), { state: 'failed', tries: 0 })
  const again = { ...failed, urls: ['http://new/', 'http://newer/'] }
  store.want([again, { ...wantedOf(SMALL), urls: ['http://elsewhere/'] }])
  t.match(store.get(failed.sha256), { state: 'wanted', urls: ['http://new/', 'http://newer/'], tries: 0 })
  t.match(store.get(sha256Of(SMALL)), { state: 'ready', urls: ['http://elsewhere/'] })
  await store.append(failed.sha256, MIDDLE.subarray(0, CHUNK_BYTES))
  store.want([{ ...again, bytes: MIDDLE.length + 1 }])
  t.match(store.get(failed.sha256), { storedBytes: 0, bytes: MIDDLE.length + 1 }, 'another size is another file')
  await store.close()

  const third = await openFor(t, file)
  t.match(third.store.get(failed.sha256), { state: 'wanted', urls: ['http://new/', 'http://newer/'] })
  await third.store.close()
  const before = readFileSync(file)
  const fourth = await openFor(t, file)
  fourth.store.want([{ ...again, bytes: MIDDLE.length + 1 }])
  await fourth.store.close()
  t.ok(before.equals(readFileSync(file)), 'the same manifest again writes nothing')
})

t.test('progress forgets the tries before it', async (t) => {
  const { store } = await openFor(t, join(t.testdir(), 'media.db'))
  const sha256 = sha256Of(SMALL)
  store.want([wantedOf(SMALL)])
  store.recordFailure(sha256, 'no route', false)
  store.recordFailure(sha256, 'no route', false)
  t.match(store.get(sha256), { tries: 2, lastError: 'no route', state: 'wanted' })
  await store.append(sha256, SMALL.subarray(0, 1))
  t.match(store.get(sha256), { tries: 0 })
  store.recordFailure('0'.repeat(64), 'evicted meanwhile', true)
  await store.close()
})

t.test('the quota evicts what was used longest ago, and never what is to be kept', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const contents = [1, 2, 3, 4].map((seed) => contentOf(100_000, seed))
  const hashes = contents.map(sha256Of)
  const [a, b, c, d] = hashes
  const first = await openFor(t, file, 450_000)
  for (const content of contents) t.same(await storeWhole(first.store, content), { kind: 'ready' })
  await first.store.read(a!, 0, 10)
  t.same(first.store.evict(new Set(), 50_000), [], 'there is room')
  await first.store.close()

  const { store } = await openFor(t, file, 450_000)
  t.same(store.evict(new Set([b!]), 50_001), [c], 'a was used after it was stored; b is kept')
  t.equal(store.get(c!), null)
  t.equal(await store.read(c!, 0, 1), null)
  t.same(store.evict(new Set([b!]), 450_000), [d, a], 'all that may go, though it is not enough')
  t.same(store.usage(), { readyCount: 1, readyBytes: 100_000, partialBytes: 0, quotaBytes: 450_000 })
  t.same(await storeWhole(store, contents[2]!), { kind: 'ready' }, 'what went may come again')
  await store.close()
})

t.test('space beyond a smaller quota goes back to the file system', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const first = await openFor(t, file, 60_000_000)
  const contents = [1, 2, 3, 4].map((seed) => contentOf(12_000_000, seed))
  for (const content of contents) await storeWhole(first.store, content, 1_000_000)
  await first.store.close()
  t.ok(statSync(file).size > 48_000_000)
  const { store, faults } = await openFor(t, file, 13_000_000)
  const gone = store.evict(new Set(), 0)
  t.same(gone, contents.slice(0, 3).map(sha256Of))
  await until('the file is smaller', () => statSync(file).size < 13_000_000 * 1.02 + 8_100_000)
  const last = contents[3]!
  const kept = await store.read(sha256Of(last), 0, last.length)
  t.ok(kept?.equals(last), 'what stays was moved whole')
  t.same(faults, [])
  await store.close()
})

t.test('a hash over a long file does not keep a decoder waiting', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const long = contentOf(120 * CHUNK_BYTES, 5)
  const first = await openFor(t, file)
  await storeWhole(first.store, SMALL)
  first.store.want([wantedOf(long)])
  await first.store.append(sha256Of(long), long)
  await first.store.close()
  const { store } = await openFor(t, file)
  const order: string[] = []
  const finished = store.finish(sha256Of(long)).then((result) => order.push(result.kind))
  await store.read(sha256Of(SMALL), 0, 10).then(() => order.push('read'))
  await finished
  t.same(order, ['read', 'ready'])
  await store.close()
})

t.test('what is begun anew while it is hashed does not become ready', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const long = contentOf(40 * CHUNK_BYTES, 6)
  const sha256 = sha256Of(long)
  const first = await openFor(t, file)
  first.store.want([wantedOf(long)])
  await first.store.append(sha256, long)
  await first.store.close()
  const { store } = await openFor(t, file)
  const finished = store.finish(sha256)
  store.restart(sha256)
  t.same(await finished, { kind: 'incomplete', storedBytes: 0 })
  t.equal(store.get(sha256)!.state, 'wanted')
  await store.close()
})

t.test('only so many files wait in memory for the rest of a chunk', async (t) => {
  const { store } = await openFor(t, join(t.testdir(), 'media.db'))
  const contents = Array.from({ length: TAILS_MAX + 1 }, (_, index) => contentOf(1000 + index, index))
  store.want(contents.map((content) => wantedOf(content)))
  for (const content of contents) await store.append(sha256Of(content), content.subarray(0, 500))
  const held = contents.map((content) => store.get(sha256Of(content))!.storedBytes)
  t.same(held, [0, ...Array.from({ length: TAILS_MAX }, () => 500)])
  await store.close()
})

const madeOf = (content: Buffer, name: string) => ({ bytes: content, mediaType: 'audio/wav', name })

t.test('what is made here is ready at once, is found by its name, and is still there after a restart', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const first = await openFor(t, file)
  const sha256 = await first.store.originate(madeOf(MIDDLE, 'speech:one:1000'))
  t.equal(sha256, sha256Of(MIDDLE))
  t.match(first.store.get(sha256), { state: 'ready', storedBytes: MIDDLE.length, urls: [], mediaType: 'audio/wav' })
  t.ok((await first.store.read(sha256, 0, MIDDLE.length))?.equals(MIDDLE), 'before the disk has it')
  await first.store.close()
  const { store } = await openFor(t, file)
  t.ok((await store.read(sha256, CHUNK_BYTES - 1, MIDDLE.length))?.equals(MIDDLE.subarray(CHUNK_BYTES - 1)))
  t.equal(store.findByName('speech:one:')?.sha256, sha256)
  t.equal(store.findByName('speech:two:'), null)
  t.same(store.wanted(), [], 'nobody fetches it')
  t.equal(store.usage().readyBytes, MIDDLE.length)
})

t.test('made again, a file is kept once and has the newer name', async (t) => {
  const { store } = await openFor(t, join(t.testdir(), 'media.db'))
  await store.originate(madeOf(SMALL, 'one'))
  await store.originate(madeOf(SMALL, 'two'))
  t.equal(store.usage().readyCount, 1)
  t.equal(store.findByName('one'), null)
  t.equal(store.findByName('two')?.sha256, sha256Of(SMALL))
})

t.test('a file that is made while it is fetched is whole, and what still comes of it is not taken', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const first = await openFor(t, file)
  const sha256 = sha256Of(MIDDLE)
  first.store.want([wantedOf(MIDDLE)])
  await first.store.append(sha256, MIDDLE.subarray(0, CHUNK_BYTES + 5))
  await first.store.originate(madeOf(MIDDLE, 'made'))
  await t.rejects(first.store.append(sha256, MIDDLE.subarray(CHUNK_BYTES + 5)), /not being fetched/)
  t.same(await first.store.finish(sha256), { kind: 'ready' })
  await first.store.close()
  const { store } = await openFor(t, file)
  t.ok((await store.read(sha256, 0, MIDDLE.length))?.equals(MIDDLE))
})

t.test('what was made here is evicted like anything else, unless it is to be kept', async (t) => {
  const { store } = await openFor(t, join(t.testdir(), 'media.db'))
  const sha256 = await store.originate(madeOf(MIDDLE, 'made'))
  t.same(store.evict(new Set([sha256]), 100_000_000), [])
  t.same(store.evict(new Set(), 100_000_000), [sha256])
  t.equal(store.get(sha256), null)
})

t.test('what was made here and lost with a damaged database is not fetched from nowhere', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const first = await openFor(t, file)
  const sha256 = await first.store.originate(madeOf(MIDDLE, 'made'))
  await first.store.close()
  const handle = openSync(file, 'r+')
  const [from, size] = [6 * 4096, statSync(file).size]
  writeSync(handle, Buffer.alloc(size - from, 0xff), 0, size - from, from)
  closeSync(handle)
  const { store } = await openFor(t, file)
  await t.rejects(store.read(sha256, 0, MIDDLE.length), /failed/)
  t.equal(store.get(sha256), null)
  t.same(store.wanted(), [])
  await store.originate(madeOf(MIDDLE, 'made'))
  t.ok((await store.read(sha256, 0, MIDDLE.length))?.equals(MIDDLE), 'and can be made anew')
})

t.test('a media database that is none begins anew', async (t) => {
  const file = join(t.testdir({ 'media.db': 'no database, by far '.repeat(1000) }), 'media.db')
  const { store, repaired } = await openFor(t, file)
  t.match(repaired, /damaged .* begins anew/)
  t.same(await storeWhole(store, SMALL), { kind: 'ready' })
  await store.close()
})

t.test('chunks that cannot be read make every file wanted again, and the store goes on', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const first = await openFor(t, file)
  await storeWhole(first.store, MIDDLE)
  await first.store.close()
  const handle = openSync(file, 'r+')
  // The chains of the blobs begin after the head, the tables and their roots.
  const [from, size] = [6 * 4096, statSync(file).size]
  writeSync(handle, Buffer.alloc(size - from, 0xff), 0, size - from, from)
  closeSync(handle)
  const { store, faults, repaired } = await openFor(t, file)
  const sha256 = sha256Of(MIDDLE)
  t.equal(repaired, null, 'it does not show before the first chunk is read')
  await t.rejects(store.read(sha256, 0, MIDDLE.length), /failed/)
  t.match(faults, [/damaged and begins anew/])
  t.match(store.get(sha256), { state: 'wanted', storedBytes: 0 })
  t.same(await storeWhole(store, MIDDLE), { kind: 'ready' })
  await store.close()
})

t.test('a media database of a newer program is refused and left as it is', async (t) => {
  const file = join(t.testdir(), 'media.db')
  await (await openFor(t, file)).store.close()
  const db = new Database(file)
  db.pragma('user_version = 9')
  db.close()
  await t.rejects(openFor(t, file), /version 9, made by a newer program/)
  t.ok(existsSync(file))
})

t.test('a full card takes no byte more, loses nothing that it had, and takes more when there is room again', (t) => {
  const script = fileURLToPath(new URL('./cramped.js', import.meta.url))
  const args = ['--fsize=9000000', process.execPath, script, join(t.testdir(), 'media.db')]
  const { stdout, stderr, status } = spawnSync('prlimit', args, { encoding: 'utf8' })
  t.equal(status, 0, stderr)
  const result: unknown = JSON.parse(stdout)
  t.match(result, { appended: /the media database failed/, kept: true, evicted: 1, small: { kind: 'ready' } })
  t.match(result, { madeKept: true, madeState: 'ready' }, 'what was made here is ready from memory')
  t.match(result, { storedBytes: 4 * 1024 * 1024, faults: 2 }, 'what was committed of the large file is known')
  t.end()
})
