import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { CHUNK_BYTES } from '../../../drivers/database/media-file.ts'
import { httpDownloader } from '../../../drivers/download/downloader.ts'
import { REDIRECTS_MAX, publicAddress } from '../../../drivers/download/request.ts'
import { type Habits, type TestMediaServer, testMediaServer } from '../../fixtures/media-server.ts'
import { contentOf, openTestStore, sha256Of, wantedOf } from '../database/media-sample.ts'

const CONTENT = contentOf(4 * CHUNK_BYTES + 4321, 1)
const SHA256 = sha256Of(CONTENT)
const OTHER = contentOf(CONTENT.length, 2)
const CUT_BYTES = 2 * CHUNK_BYTES + 1000

const never = new AbortController().signal
const quick = { answerMs: 300, stallMs: 150, progressBytes: 1 }

type Bench = Awaited<ReturnType<typeof bench>>

/** A server with one file under `/file`, and a store that wants it from there. */
const bench = async (t: Test, habits: Habits = {}, quotaBytes?: number) => {
  const server: TestMediaServer = await testMediaServer()
  const { store, faults } = await openTestStore(join(t.testdir(), 'media.db'), quotaBytes)
  t.teardown(async () => {
    if (faults.length > 0) throw new Error('the store failed', { cause: faults })
    await store.close()
    await server.close()
  })
  const url = server.put('/file', CONTENT, habits)
  store.want([wantedOf(CONTENT, [url])])
  const downloader = httpDownloader({ userAgent: 'loa-test', limits: quick })
  const fetch = (signal: AbortSignal = never) => downloader.fetch(SHA256, store, signal)
  const behave = (next: Habits, body = CONTENT) => server.put('/file', body, next)
  const from = (...urls: string[]) => store.want([wantedOf(CONTENT, urls)])
  return { server, store, fetch, behave, from, url }
}

const isReady = async ({ store }: Bench): Promise<boolean> =>
  (await store.read(SHA256, 0, CONTENT.length))?.equals(CONTENT) === true

t.test('a file is fetched, hashed and ready', async (t) => {
  const at = await bench(t)
  t.same(await at.fetch(), { kind: 'ready' })
  t.ok(await isReady(at))
  t.same(await at.fetch(), { kind: 'ready' }, 'and not fetched twice')
  t.equal(at.server.requests.length, 1)
})

t.test('a file of which every byte had come is decided without asking anyone', async (t) => {
  const at = await bench(t)
  await at.store.append(SHA256, CONTENT)
  t.same(await at.fetch(), { kind: 'ready' })
  t.equal(at.server.requests.length, 0)
  const b = await bench(t)
  await b.store.append(SHA256, OTHER)
  t.same(await b.fetch(), { kind: 'ready' }, 'were they the wrong ones, it is fetched from zero')
  t.ok(await isReady(b))
  t.equal(b.server.requests.length, 1)
})

t.test('what is not wanted is refused', async (t) => {
  const { store } = await bench(t)
  const downloader = httpDownloader({ userAgent: 'loa-test' })
  t.match(await downloader.fetch('0'.repeat(64), store, never), { kind: 'refused' })
})

t.test('a download that was cut in the middle goes on where it stopped', async (t) => {
  const at = await bench(t, { cutAfterBytes: CUT_BYTES })
  t.match(await at.fetch(), { kind: 'interrupted', storedBytes: CUT_BYTES, error: /cut off/ })
  t.equal(at.store.get(SHA256)!.state, 'wanted')
  at.behave({})
  t.same(await at.fetch(), { kind: 'ready' })
  t.ok(await isReady(at))
  const [first, second] = at.server.requests
  t.match(second, { range: `bytes=${CUT_BYTES}-`, ifRange: '"one"', status: 206 })
  t.equal(first!.bytesServed + second!.bytesServed, CONTENT.length, 'no byte came twice')
})

t.test('Last-Modified joins the parts where there is no ETag, and a weak ETag does not', async (t) => {
  const lastModified = 'Sat, 21 Nov 2026 00:00:00 GMT'
  const at = await bench(t, { cutAfterBytes: CUT_BYTES, etag: 'W/"weak"', lastModified })
  await at.fetch()
  at.behave({ etag: 'W/"weak"', lastModified })
  t.same(await at.fetch(), { kind: 'ready' })
  t.match(at.server.requests[1], { ifRange: lastModified, status: 206 })
})

t.test('a server that ignores ranges sends it all again, and the file is right', async (t) => {
  const at = await bench(t, { cutAfterBytes: CUT_BYTES })
  await at.fetch()
  at.behave({ ignoresRanges: true })
  t.same(await at.fetch(), { kind: 'ready' })
  t.ok(await isReady(at))
  t.match(at.server.requests[1], { range: `bytes=${CUT_BYTES}-`, status: 200, bytesServed: CONTENT.length })
})

t.test('a file that changed on the server is not joined to its old part', async (t) => {
  const at = await bench(t, { cutAfterBytes: CUT_BYTES, liesWith: OTHER })
  await at.fetch()
  at.behave({ etag: '"two"' })
  t.same(await at.fetch(), { kind: 'ready' })
  t.ok(await isReady(at))
  t.match(at.server.requests[1], { ifRange: '"one"', status: 200 })
})

t.test('parts that do not make up the file are dropped, and it is fetched from zero at once', async (t) => {
  const at = await bench(t, { cutAfterBytes: CUT_BYTES, liesWith: OTHER, etag: null })
  await at.fetch()
  at.behave({ etag: null })
  t.same(await at.fetch(), { kind: 'ready' })
  t.ok(await isReady(at))
  t.same(
    at.server.requests.map(({ range, status }) => [range, status]),
    [
      [null, 200],
      [`bytes=${CUT_BYTES}-`, 206],
      [null, 200],
    ],
  )
})

t.test('a file with a wrong hash is refused and never ready', async (t) => {
  const at = await bench(t, { liesWith: OTHER })
  const outcome = await at.fetch()
  t.match(outcome, { kind: 'refused', error: `its SHA-256 is ${sha256Of(OTHER)}` })
  t.match(at.store.get(SHA256), { state: 'wanted', storedBytes: 0 })
  t.equal(at.store.usage().partialBytes, 0)
})

t.test('a range that was not asked for is not taken for the right one', async (t) => {
  const at = await bench(t, { cutAfterBytes: CUT_BYTES })
  await at.fetch()
  at.behave({ rangeShift: 100 })
  t.same(await at.fetch(), { kind: 'ready' })
  t.ok(await isReady(at))
})

t.test('416 to a resume begins anew', async (t) => {
  const at = await bench(t, { cutAfterBytes: CUT_BYTES })
  await at.fetch()
  at.behave({ rangeShift: CONTENT.length })
  t.same(await at.fetch(), { kind: 'ready' })
  t.same(
    at.server.requests.map(({ status }) => status),
    [200, 416, 200],
  )
})

t.test('a file of another length is refused before it is taken in', async (t) => {
  const at = await bench(t)
  for (const body of [CONTENT.subarray(1), Buffer.concat([CONTENT, Buffer.of(0)])]) {
    at.behave({}, body)
    t.match(await at.fetch(), { kind: 'refused', error: new RegExp(`it has ${body.length} bytes`) })
    t.equal(at.store.get(SHA256)!.storedBytes, 0)
  }
})

t.test('where the length is hidden, it stops at the first byte too many', async (t) => {
  const at = await bench(t)
  at.behave({ hidesLength: true }, Buffer.concat([CONTENT, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER]))
  t.match(await at.fetch(), { kind: 'refused', error: /longer than/ })
  t.equal(at.store.get(SHA256)!.storedBytes, 0)
  at.behave({ hidesLength: true }, CONTENT.subarray(0, CUT_BYTES))
  t.match(await at.fetch(), { kind: 'interrupted', storedBytes: CUT_BYTES, error: /ended after/ })
  at.behave({ hidesLength: true })
  t.same(await at.fetch(), { kind: 'ready' })
})

t.test('what will not help another time is refused, what may is interrupted', async (t) => {
  const at = await bench(t)
  for (const status of [400, 401, 403, 404, 410, 451]) {
    at.behave({ status })
    t.match(await at.fetch(), { kind: 'refused', error: new RegExp(`answered ${status}`) })
  }
  for (const status of [408, 425, 429, 500, 502, 503, 504]) {
    at.behave({ status })
    t.match(await at.fetch(), { kind: 'interrupted', error: new RegExp(`answered ${status}`) })
  }
})

t.test('addresses are tried in order until one has it', async (t) => {
  const at = await bench(t)
  const { origin } = at.server
  at.server.put('/broken', CONTENT, { status: 500 })
  at.server.put('/false', CONTENT, { liesWith: OTHER })
  at.from(`${origin}/missing`, `${origin}/broken`, `${origin}/false`)
  t.match(await at.fetch(), { kind: 'interrupted', error: /broken/ }, 'one of them may work another time')
  at.from(`${origin}/missing`, `${origin}/false`)
  t.match(await at.fetch(), { kind: 'refused', error: /false/ })
  at.from(`${origin}/missing`, `${origin}/broken`, `${origin}/false`, at.url)
  t.same(await at.fetch(), { kind: 'ready' })
  t.ok(await isReady(at))
})

t.test('a download is resumed at a mirror', async (t) => {
  const at = await bench(t, { cutAfterBytes: CUT_BYTES })
  const mirror = at.server.put('/mirror', CONTENT)
  at.from(at.url, mirror)
  t.same(await at.fetch(), { kind: 'ready' })
  t.match(at.server.requests[1], { path: '/mirror', range: `bytes=${CUT_BYTES}-`, status: 206 })
})

t.test('a server that is silent, stalls or drips does not hold the lane', async (t) => {
  const at = await bench(t, { silent: true })
  t.match(await at.fetch(), { kind: 'interrupted', error: /no answer .* within 300 ms/ })
  at.behave({ stallAfterBytes: CUT_BYTES })
  t.match(await at.fetch(), { kind: 'interrupted', storedBytes: CUT_BYTES, error: /stalled/ })
})

t.test('nobody listening, no such host: interrupted', async (t) => {
  const at = await bench(t)
  const gone = await testMediaServer()
  await gone.close()
  at.from(`${gone.origin}/file`)
  t.match(await at.fetch(), { kind: 'interrupted', error: /ECONNREFUSED/ })
  at.from('http://no-such-host.invalid/file')
  t.match(await at.fetch(), { kind: 'interrupted', error: /no-such-host\.invalid/ })
})

t.test('calling it off ends it at once, and keeps what has come', async (t) => {
  const at = await bench(t, { stallAfterBytes: CUT_BYTES })
  const calling = new AbortController()
  const fetching = at.fetch(calling.signal)
  while (at.store.get(SHA256)!.storedBytes < CUT_BYTES) await wait(5)
  calling.abort()
  t.match(await fetching, { kind: 'interrupted', error: /called off/, storedBytes: CUT_BYTES })
  t.match(await at.fetch(AbortSignal.abort()), { kind: 'interrupted', error: /called off/ })
})

t.test('redirects are followed, but not for ever and not to anywhere', async (t) => {
  const at = await bench(t)
  at.from(at.server.put('/moved', CONTENT, { redirectTo: '/file' }))
  t.same(await at.fetch(), { kind: 'ready' })
  const b = await bench(t)
  b.from(b.server.put('/loop', CONTENT, { redirectTo: '/loop' }))
  t.match(await b.fetch(), { kind: 'refused', error: /redirects more than/ })
  t.equal(b.server.requests.length, REDIRECTS_MAX + 1)
  b.from(b.server.put('/out', CONTENT, { redirectTo: 'file:///etc/passwd' }))
  t.match(await b.fetch(), { kind: 'refused', error: /no address of http/ })
})

t.test('a password goes to its own server alone, and no secret into a message', async (t) => {
  const at = await bench(t)
  const elsewhere = await testMediaServer()
  t.teardown(elsewhere.close)
  const secretUrl = (path: string) => `${at.server.origin.replace('//', '//user:hunter2@')}${path}?token=s3cret#part`
  at.server.put('/away', CONTENT, { redirectTo: `${elsewhere.origin}/gone?key=s3cret` })
  at.from(secretUrl('/away'))
  const outcome = await at.fetch()
  t.match(outcome, { kind: 'refused', error: `${at.server.origin}/away: the server answered 404` })
  t.notMatch(JSON.stringify(outcome), /hunter2|s3cret|user/)
  t.equal(at.server.requests[0]!.authorization, `Basic ${Buffer.from('user:hunter2').toString('base64')}`)
  t.equal(elsewhere.requests[0]!.authorization, null)
  at.behave({ silent: true })
  at.from(secretUrl('/file'))
  t.notMatch(JSON.stringify(await at.fetch()), /hunter2|s3cret|user/)
  t.equal(publicAddress('http://['), 'an unreadable address')
})

t.test('without room in the quota nothing is asked for', async (t) => {
  const at = await bench(t, {}, CONTENT.length + 100)
  const small = contentOf(101, 7)
  at.store.want([wantedOf(small, [at.server.put('/small', small)])])
  const downloader = httpDownloader({ userAgent: 'loa-test' })
  t.same(await downloader.fetch(sha256Of(small), at.store, never), { kind: 'ready' })
  t.match(await at.fetch(), { kind: 'interrupted', error: /no room/ })
  t.same(at.store.evict(new Set([SHA256]), CONTENT.length), [sha256Of(small)])
  t.same(await at.fetch(), { kind: 'ready' })
})

t.test('a file that is evicted while it is fetched is let go', async (t) => {
  const at = await bench(t, { bytesPerSecond: 4_000_000 })
  const fetching = at.fetch()
  while (at.store.get(SHA256)!.storedBytes < CHUNK_BYTES) await wait(1)
  t.same(at.store.evict(new Set(), 100_000_000), [SHA256])
  t.match(await fetching, { kind: 'interrupted' })
  t.equal(at.store.usage().partialBytes, 0)
})
