/** Files outside the store: served while they are what was hashed, and a clean failure from then on. */
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LocalFile } from '../../../agent/ports/owner.ts'
import { openMediaServer } from '../../../drivers/media/server.ts'

const SHA256 = 'a'.repeat(64)
const CONTENT = Buffer.from(Array.from({ length: 600_000 }, (_, index) => (index * 31) % 251))

const bench = async (t: Test) => {
  const folder = t.testdir()
  const path = join(folder, 'film.mp4')
  writeFileSync(path, CONTENT)
  const registered = (): LocalFile => ({
    path,
    bytes: CONTENT.length,
    modifiedMs: statSync(path).mtimeMs,
    mediaType: 'video/mp4',
  })
  let file: LocalFile | null = registered()
  const warnings: object[] = []
  const server = await openMediaServer({
    store: { get: () => null, read: () => Promise.resolve(null) },
    local: { get: (sha256) => (sha256 === SHA256 ? file : null) },
    log: { warn: (fields) => warnings.push(fields) },
  })
  t.teardown(() => server.close())
  const { url } = server.source(SHA256)!
  const ask = (range?: string) => fetch(url, range === undefined ? {} : { headers: { range } })
  return { folder, path, server, url, ask, warnings, forget: () => (file = null) }
}

t.test('a file of the owner has an address like any other, and ranges', async (t) => {
  const { server, ask, url, forget } = await bench(t)
  t.match(server.source(SHA256), { sha256: SHA256, mediaType: 'video/mp4' })
  t.equal(server.source('b'.repeat(64)), null)
  const whole = await ask()
  t.equal(whole.status, 200)
  t.ok(Buffer.from(await whole.arrayBuffer()).equals(CONTENT))
  const part = await ask('bytes=262140-262150')
  t.equal(part.status, 206)
  t.equal(part.headers.get('content-range'), `bytes 262140-262150/${CONTENT.length}`)
  t.ok(Buffer.from(await part.arrayBuffer()).equals(CONTENT.subarray(262_140, 262_151)))
  t.equal((await ask(`bytes=${CONTENT.length}-`)).status, 416)
  const guessed = await fetch(url.replace(/\/[\w-]{43}\//, `/${'x'.repeat(43)}/`))
  t.equal(guessed.status, 404)
  forget()
  t.equal(server.source(SHA256), null)
  t.equal((await ask()).status, 404)
})

t.test('one that changed, vanished or became something else is not there', async (t) => {
  const { path, folder, ask, warnings } = await bench(t)
  const { mtime } = statSync(path)
  const other = join(folder, 'other.mp4')
  renameSync(path, other)
  t.equal((await ask()).status, 404, 'gone')
  symlinkSync(other, path)
  t.equal((await ask()).status, 404, 'a link, even to itself')
  rmSync(path)
  mkdirSync(path)
  t.equal((await ask()).status, 404, 'a folder')
  rmSync(path, { recursive: true })
  renameSync(other, path)
  t.equal((await ask()).status, 200, 'back')
  writeFileSync(path, Buffer.alloc(CONTENT.length))
  t.equal((await ask()).status, 404, 'written anew')
  truncateSync(path, 10)
  utimesSync(path, mtime, mtime)
  t.equal((await ask()).status, 404, 'of another size')
  t.same(warnings, [], 'none of this is a fault of ours')
})

t.test('one that becomes shorter in the middle is cut off, not made up', async (t) => {
  const { path, ask } = await bench(t)
  const response = await ask()
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body!.getReader()
  await reader.read()
  truncateSync(path, 1_000)
  const rest = async (): Promise<number> => {
    let bytes = 0
    for (let piece = await reader.read(); !piece.done; piece = await reader.read())
      bytes += (piece.value as Uint8Array).length
    return bytes
  }
  // What was read ahead may come; the whole does not.
  const bytes = await rest().catch(() => -1)
  t.ok(bytes < CONTENT.length)
})
