import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { test } from 'tap'
import { wallMs } from '../../../player/plan/time.ts'
import { openDatabase } from '../../../scripts/head-end/database.ts'
import { registerFile } from '../../../scripts/head-end/media-files.ts'
import { startMediaServer } from '../../../scripts/head-end/media-server.ts'
import { sentStore } from '../../../scripts/head-end/sent-store.ts'
import { makeTone } from './media.ts'

test('files are served by their hash, whole or in part, and never another file under it', async (t) => {
  const folder = t.testdir({ shelf: { '.secret': 'x', stray: 'y' } })
  const db = openDatabase(':memory:')
  const store = sentStore(db)
  const shelf = { folder: join(folder, 'shelf'), store, now: () => wallMs(1_800_000_000_000) }
  const { sha256, bytes } = await registerFile(await makeTone(join(folder, 'tone.wav')), shelf)
  const content = await readFile(join(folder, 'tone.wav'))
  const server = await startMediaServer({ store, folder: shelf.folder, host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    await server.close()
    db.close()
  })
  const base = `http://127.0.0.1:${server.port}`
  const url = `${base}/media/${sha256}`
  const etag = `"${sha256}"`
  const ask = async (headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(url, { headers, method })
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) }
  }

  const whole = await ask()
  t.equal(whole.status, 200)
  t.equal(whole.headers.get('etag'), etag)
  t.equal(whole.headers.get('content-type'), 'audio/wav')
  t.equal(whole.headers.get('content-length'), String(bytes))
  t.equal(whole.headers.get('accept-ranges'), 'bytes')
  t.equal(createHash('sha256').update(whole.body).digest('hex'), sha256)

  const rest = await ask({ range: 'bytes=1000-', 'if-range': etag })
  t.equal(rest.status, 206)
  t.equal(rest.headers.get('content-range'), `bytes 1000-${bytes - 1}/${bytes}`)
  t.ok(rest.body.equals(content.subarray(1000)), 'resumed at its byte')
  const first = await ask({ range: 'bytes=0-0' })
  t.ok(first.body.equals(content.subarray(0, 1)))
  const changed = await ask({ range: 'bytes=1000-', 'if-range': '"another"' })
  t.equal(changed.status, 200, 'another file than the one begun is sent whole')
  const beyond = await ask({ range: `bytes=${bytes}-` })
  t.equal(beyond.status, 416)
  t.equal(beyond.headers.get('content-range'), `bytes */${bytes}`)
  // `fetch` adds `cache-control: no-cache` to a conditional request, which asks for the whole; so without it.
  const status = await new Promise((resolve, reject) =>
    get(url, { headers: { 'if-none-match': etag } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).once('error', reject),
  )
  t.equal(status, 304)

  const head = await ask({}, 'HEAD')
  t.equal(head.status, 200)
  t.equal(head.body.length, 0)
  t.equal((await ask({}, 'POST')).status, 405)

  for (const path of [
    '/',
    '/media/',
    `/media/${'0'.repeat(64)}`,
    '/media/stray',
    '/media/.secret',
    '/media/%2e%2e/tone.wav',
  ])
    t.equal((await fetch(`${base}${path}`)).status, 404, path)
})

test('a port that is taken is a clear sentence', async (t) => {
  const store = sentStore(openDatabase(':memory:'))
  const options = { store, folder: t.testdir(), host: '127.0.0.1' }
  const server = await startMediaServer({ ...options, port: 0 })
  t.teardown(() => server.close())
  await t.rejects(startMediaServer({ ...options, port: server.port }), {
    message: new RegExp(`^cannot serve media on 127.0.0.1:${server.port}: .*EADDRINUSE`),
  })
})
