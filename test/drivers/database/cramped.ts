/** A process whose files may not grow beyond a limit that is set from outside: what a full card looks like to it. */
import { writeSync } from 'node:fs'
import { contentOf, openTestStore, sha256Of, storeWhole, wantedOf } from './media-sample.ts'

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: cramped FILE')
// Without this the system ends a process that writes beyond its limit.
process.on('SIGXFSZ', () => {})
const { store, faults } = await openTestStore(file)
const before = contentOf(1_000_000, 1)
await storeWhole(store, before)
const large = contentOf(30_000_000, 2)
store.want([wantedOf(large)])
const appended = await (async () => {
  for (let at = 0; at < large.length; at += 65_536) {
    await store.append(sha256Of(large), large.subarray(at, at + 65_536))
  }
})().then(
  () => 'all',
  (error: unknown) => String(error),
)
// Settles what was still under way.
const unfinished = await store.finish(sha256Of(large)).catch(String)
const row = store.get(sha256Of(large))
const kept = await store.read(sha256Of(before), 0, before.length)
const evicted = store.evict(new Set([sha256Of(before)]), 100_000_000)
const small = await storeWhole(store, contentOf(1_000_000, 3))
const made = contentOf(15_000_000, 4)
const madeSha256 = await store.originate({ bytes: made, mediaType: 'audio/wav', name: 'made' })
// Answered after the refusal of the disk.
await store.read(sha256Of(before), 0, 1)
const madeKept = (await store.read(madeSha256, 0, made.length))?.equals(made)
const result = {
  madeKept,
  madeState: store.get(madeSha256)?.state,
  appended,
  unfinished,
  storedBytes: row?.storedBytes,
  faults: faults.length,
  kept: kept?.equals(before),
  evicted: evicted.length,
  small,
}
await store.close()
writeSync(1, JSON.stringify(result))
process.exit(0)
