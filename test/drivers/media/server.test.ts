import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { CHUNK_BYTES } from '../../../drivers/database/media-file.ts'
import { openMediaServer } from '../../../drivers/media/server.ts'
import { contentOf, openTestStore, sha256Of, storeWhole, wantedOf } from '../database/media-sample.ts'

const CONTENT = contentOf(3 * CHUNK_BYTES + 777, 1)
const SHA256 = sha256Of(CONTENT)
const SIZE = CONTENT.length

const bench = async (t: Test) => {
  const { store } = await openTestStore(join(t.testdir(), 'media.db'))
  const warnings: object[] = []
  let reads = 0
  const counted = {
    get: store.get,
    read: (...asked: Parameters<typeof store.read>) => {
      reads += 1
      return store.read(...asked)
    },
  }
  const server = await openMediaServer({ store: counted, log: { warn: (fields) => warnings.push(fields) } })
  t.teardown(async () => {
    await server.close()
    await store.close()
  })
  await storeWhole(store, CONTENT)
  return { store, server, warnings, url: server.source(SHA256)!.url, reads: () => reads }
}

const ask = async (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<IncomingMessage> => {
  const asked = request(url, { headers, method, agent: false })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return response
}

const bodyOf = async (response: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of response) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

t.test('a ready file has an address on this machine alone, and the whole of it is there', async (t) => {
  const { server, url } = await bench(t)
  t.match(server.source(SHA256), { sha256: SHA256, mediaType: 'audio/mpeg' })
  t.match(url, new RegExp(`^http://127\\.0\\.0\\.1:\\d+/[A-Za-z0-9_-]{43}/${SHA256}$`))
  const response = await ask(url)
  t.equal(response.statusCode, 200)
  t.match(response.headers, {
    'content-type': 'audio/mpeg',
    'content-length': String(SIZE),
    'accept-ranges': 'bytes',
  })
  t.ok((await bodyOf(response)).equals(CONTENT))
})

t.test('ranges give the bytes that they name', async (t) => {
  const { url } = await bench(t)
  const cases: [string, number, number][] = [
    ['bytes=0-0', 0, 1],
    ['bytes=0-', 0, SIZE],
    [`bytes=${CHUNK_BYTES - 1}-${CHUNK_BYTES}`, CHUNK_BYTES - 1, CHUNK_BYTES + 1],
    [`bytes=${CHUNK_BYTES}-`, CHUNK_BYTES, SIZE],
    [`bytes=${SIZE - 1}-`, SIZE - 1, SIZE],
    ['bytes=-500', SIZE - 500, SIZE],
    [`bytes=10-${SIZE + 1000}`, 10, SIZE],
    [`bytes=-${SIZE + 1000}`, 0, SIZE],
  ]
  for (const [range, start, end] of cases) {
    const response = await ask(url, { range })
    t.equal(response.statusCode, 206, range)
    t.equal(response.headers['content-range'], `bytes ${start}-${end - 1}/${SIZE}`)
    t.equal(response.headers['content-length'], String(end - start))
    t.ok((await bodyOf(response)).equals(CONTENT.subarray(start, end)), 'the bytes are those')
  }
})

t.test('a range beyond the end is refused; what is no single range of bytes gives the whole', async (t) => {
  const { url } = await bench(t)
  for (const range of [`bytes=${SIZE}-`, 'bytes=9-5']) {
    const response = await ask(url, { range })
    t.match(response, { statusCode: 416 })
    t.equal(response.headers['content-range'], `bytes */${SIZE}`)
    response.resume()
  }
  for (const range of ['bytes=0-1,5-6', 'lines=0-1', 'nonsense', 'bytes=a-b']) {
    const response = await ask(url, { range })
    t.equal(response.statusCode, 200, range)
    t.ok((await bodyOf(response)).equals(CONTENT))
  }
})

t.test('HEAD tells the length and sends no byte', async (t) => {
  const { url, reads } = await bench(t)
  const response = await ask(url, {}, 'HEAD')
  t.match(response, { statusCode: 200, headers: { 'content-length': String(SIZE) } })
  t.equal((await bodyOf(response)).length, 0)
  const part = await ask(url, { range: 'bytes=5-9' }, 'HEAD')
  t.match(part, { statusCode: 206, headers: { 'content-length': '5' } })
  part.resume()
  t.equal(reads(), 0)
})

t.test('everything else is not found', async (t) => {
  const { store, server, url } = await bench(t)
  const partial = contentOf(1000, 9)
  store.want([wantedOf(partial)])
  await store.append(sha256Of(partial), partial.subarray(0, 500))
  t.equal(server.source(sha256Of(partial)), null, 'a partial file has no address')
  t.equal(server.source('0'.repeat(64)), null)
  const { origin, pathname } = new URL(url)
  const [, secret = ''] = pathname.split('/')
  const otherSecret = `${secret.slice(0, -2)}${secret.endsWith('AA') ? 'BB' : 'AA'}`
  for (const path of [
    '/',
    `/${SHA256}`,
    `/${otherSecret}/${SHA256}`,
    `/${secret}/`,
    `/${secret}`,
    `/${secret}/${sha256Of(partial)}`,
    `/${secret}/${SHA256}/more`,
    `/${secret}/${SHA256}?x`,
    `/${secret}/../${SHA256}`,
  ]) {
    const response = await ask(origin + path)
    t.equal(response.statusCode, 404)
    response.resume()
  }
  const posted = await ask(url, {}, 'POST')
  t.equal(posted.statusCode, 404)
  posted.resume()
})

t.test('a decoder that does not read keeps no more than a few pieces on their way', async (t) => {
  const { store, server, reads } = await bench(t)
  const long = contentOf(100 * CHUNK_BYTES, 3)
  await storeWhole(store, long)
  const response = await ask(server.source(sha256Of(long))!.url)
  response.pause()
  // Settles when the buffers of both ends of the connection are full.
  let before = -1
  while (before !== reads()) {
    before = reads()
    await wait(200)
  }
  t.ok(reads() < 60, `${reads()} of 100 pieces were read`)
  t.ok((await bodyOf(response)).equals(long), 'and it gets the rest when it reads on')
})

t.test('a decoder that leaves in the middle is no fault', async (t) => {
  const { url, warnings } = await bench(t)
  for (let turn = 0; turn < 20; turn += 1) {
    const response = await ask(url, { range: `bytes=${turn * 1000}-` })
    response.destroy()
  }
  t.ok((await bodyOf(await ask(url))).equals(CONTENT))
  t.same(warnings, [])
})

t.test('a file that is removed while it is read ends in a cut, not in silence', async (t) => {
  const { store, server, warnings } = await bench(t)
  const long = contentOf(100 * CHUNK_BYTES, 4)
  await storeWhole(store, long)
  const { url } = server.source(sha256Of(long))!
  const response = await ask(url)
  await once(response, 'readable')
  store.evict(new Set([SHA256]), 100_000_000 - SIZE)
  await t.rejects(bodyOf(response), /aborted/)
  t.equal(server.source(sha256Of(long)), null)
  t.equal(warnings.length, 1)
})
