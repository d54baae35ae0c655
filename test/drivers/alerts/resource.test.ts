import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { WantedResource } from '../../../agent/ports/alert-sound.ts'
import { openResources, RESOURCE_BYTES_MAX } from '../../../drivers/alerts/resource.ts'
import { openMediaStore } from '../../../drivers/database/media-store.ts'
import { httpGet } from '../../../drivers/download/get.ts'
import { openMediaServer } from '../../../drivers/media/server.ts'
import { tonePcm, wavOf } from '../../../scripts/bench-parts/tone.ts'
import { testMediaServer } from '../../fixtures/media-server.ts'

const TONE = wavOf(tonePcm({ frequencyHz: 440, durationMs: 2_500, channels: 1 }))
const never = new AbortController().signal
const sha1Of = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex')

const bench = async (t: Test, options: { ffprobePath?: string } = {}) => {
  const origin = await testMediaServer()
  const { store } = await openMediaStore({
    file: join(t.testdir(), 'media.db'),
    quotaBytes: 100_000_000,
    onFault: (error) => t.comment(error.message),
  })
  const media = await openMediaServer({ store, log: { warn: () => undefined } })
  t.teardown(async () => {
    await media.close()
    await store.close()
    await origin.close()
  })
  const limits = { answerMs: 500, stallMs: 300, progressBytes: 1 }
  const resources = openResources({ get: httpGet({ userAgent: 'loa-test', limits }), store, media, ...options })
  const wanted = (bytes: Buffer, more: Partial<WantedResource> = {}): WantedResource => ({
    uri: origin.put('/alert', bytes),
    mimeType: 'audio/wav',
    bytes: bytes.length,
    sha1: sha1Of(bytes),
    ...more,
  })
  return { origin, store, resources, wanted, fetch: (of: WantedResource) => resources.fetch(of, never) }
}

t.test('a recording whose digest is right is kept whole, with the length that it plays', async (t) => {
  const { fetch, wanted, store } = await bench(t)
  const fetched = await fetch(wanted(TONE))
  if (fetched.kind === 'refused') throw new Error(fetched.error)
  t.ok(Math.abs(fetched.sound.durationMs - 2_500) < 5, `${fetched.sound.durationMs} ms`)
  t.ok((await store.read(fetched.sound.sha256, 0, TONE.length))?.equals(TONE))
})

t.test('other kinds of sound are measured by what is in them', async (t) => {
  const { fetch, wanted } = await bench(t)
  for (const [name, mimeType, options] of [
    ['a.mp3', 'audio/mpeg', ['-c:a', 'libmp3lame', '-q:a', '4']],
    // Without the head that tells its length.
    ['b.mp3', 'audio/mpeg', ['-c:a', 'libmp3lame', '-q:a', '4', '-write_xing', '0']],
    ['a.ogg', 'audio/ogg', ['-c:a', 'libopus']],
    ['a.m4a', 'audio/mp4', ['-c:a', 'aac']],
  ] as const) {
    const file = join(t.testdirName, name)
    const source = ['-f', 'lavfi', '-i', `aevalsrc=exprs='if(lt(t,2),random(0)-0.5,0)':d=4:s=44100`]
    spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...source, ...options, file])
    const fetched = await fetch(wanted(readFileSync(file), { mimeType }))
    if (fetched.kind === 'refused') throw new Error(`${name}: ${fetched.error}`)
    t.ok(Math.abs(fetched.sound.durationMs - 4_000) < 100, `${name}: ${fetched.sound.durationMs} ms`)
  }
})

t.test('what was fetched once is there without a network', async (t) => {
  const { fetch, wanted, origin } = await bench(t)
  const first = await fetch(wanted(TONE))
  const again = await fetch(wanted(TONE, { uri: `${origin.origin}/gone`, sha1: sha1Of(TONE).toUpperCase() }))
  t.same(again, first)
  t.equal(origin.requests.length, 1)
})

t.test('a lying digest is refused with its clause', async (t) => {
  const { fetch, wanted, store } = await bench(t)
  const lying = await fetch(wanted(TONE, { sha1: 'a'.repeat(40) }))
  t.match(lying, { kind: 'refused', clause: '§3.2.3 digest', error: /its SHA-1 is [0-9a-f]{40} and not a{40}/ })
  t.equal(store.usage().readyCount, 0, 'and nothing of it is kept')
})

t.test('what could not be judged is not even asked for', async (t) => {
  const { fetch, wanted, origin } = await bench(t)
  for (const [more, clause] of [
    [{ sha1: '' }, '§3.2.3 digest'],
    [{ sha1: 'not a digest' }, '§3.2.3 digest'],
    [{ mimeType: 'image/png' }, '§3.2.3 mimeType'],
    [{ mimeType: '' }, '§3.2.3 mimeType'],
    [{ bytes: RESOURCE_BYTES_MAX + 1 }, '§3.2.3 size'],
    [{ uri: 'file:///etc/passwd' }, '§3.2.3 uri'],
    [{ uri: 'relative.mp3' }, '§3.2.3 uri'],
  ] as const)
    t.match(await fetch(wanted(TONE, more)), { kind: 'refused', clause }, JSON.stringify(more))
  t.same(origin.requests, [])
})

t.test('the size is approximate, but far more than it says is not taken', async (t) => {
  const { fetch, wanted } = await bench(t)
  t.match(await fetch(wanted(TONE, { bytes: TONE.length - 1_000 })), { kind: 'fetched' })
  const other = wavOf(tonePcm({ frequencyHz: 500, durationMs: 2_500, channels: 1 }))
  t.match(await fetch(wanted(other, { bytes: 1_000 })), { kind: 'refused', clause: '§3.2.3 size' })
  t.match(await fetch(wanted(other, { bytes: null })), { kind: 'fetched' }, 'unsaid, it is what it is')
})

t.test('a picture, a text or a broken file is not sound, whatever it is called', async (t) => {
  const { fetch, wanted } = await bench(t)
  for (const bytes of [Buffer.from('<html>not found</html>'), Buffer.alloc(5_000, 7), TONE.subarray(0, 30)])
    t.match(await fetch(wanted(bytes)), { kind: 'refused', clause: '§3.2.3 mimeType' })
})

t.test('faults of the network break no clause', async (t) => {
  const { fetch, wanted, origin, resources } = await bench(t)
  for (const habits of [{ status: 404 }, { status: 503 }, { silent: true }, { cutAfterBytes: 1_000 }]) {
    const uri = origin.put('/bad', TONE, habits)
    t.match(await fetch(wanted(TONE, { uri })), { kind: 'refused', clause: null }, JSON.stringify(habits))
  }
  t.match(await fetch(wanted(TONE, { uri: 'http://127.0.0.1:1/' })), { kind: 'refused', clause: null })
  const abort = new AbortController()
  const uri = origin.put('/silent', TONE, { silent: true })
  const fetched = resources.fetch(wanted(TONE, { uri }), abort.signal)
  abort.abort()
  t.match(await fetched, { kind: 'refused', clause: null, error: 'called off' })
})

t.test('a recording inside the alert needs no network at all', async (t) => {
  const { fetch, wanted, origin } = await bench(t)
  const base64 = TONE.toString('base64')
  const lines = base64.replace(/(.{76})/g, '$1\n')
  t.match(await fetch(wanted(TONE, { uri: `data:audio/wav;base64,${lines}` })), {
    kind: 'fetched',
    sound: { durationMs: 2_500 },
  })
  t.same(origin.requests, [])
  const other = wavOf(tonePcm({ frequencyHz: 500, durationMs: 300, channels: 1 }))
  for (const uri of ['data:audio/wav;base64,***', 'data:audio/wav,abc', 'data:'])
    t.match(await fetch(wanted(other, { uri })), { kind: 'refused', clause: '§3.2.3 derefUri' }, uri)
  const lying = await fetch(wanted(other, { uri: `data:audio/wav;base64,${base64}`, bytes: null }))
  t.match(lying, { kind: 'refused', clause: '§3.2.3 digest' })
})

t.test('a box without ffprobe says so', async (t) => {
  const { fetch, wanted } = await bench(t, { ffprobePath: 'no-such-ffprobe' })
  t.match(await fetch(wanted(TONE)), { kind: 'refused', clause: null, error: 'no-such-ffprobe is not installed' })
})
