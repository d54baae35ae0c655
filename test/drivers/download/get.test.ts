import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { HttpAsked } from '../../../agent/ports/http.ts'
import { httpGet } from '../../../drivers/download/get.ts'
import { testMediaServer } from '../../fixtures/media-server.ts'

const BODY = Buffer.from('<feed/>'.repeat(10_000))
const limits = { answerMs: 300, stallMs: 200, progressBytes: 1 }
const get = httpGet({ userAgent: 'loa-test', limits })
const asked = (more: Partial<HttpAsked> = {}): HttpAsked => ({
  bytesMax: BODY.length,
  only: 'any',
  signal: new AbortController().signal,
  ...more,
})

const bench = async (t: Test) => {
  const server = await testMediaServer()
  t.teardown(() => server.close())
  return server
}

t.test('an answer comes whole, with its status and its headers', async (t) => {
  const server = await bench(t)
  const url = server.put('/feed', BODY, { etag: '"seven"' })
  const answer = await get(url, asked())
  if (answer.kind !== 'answered') throw new Error(answer.error)
  t.equal(answer.status, 200)
  t.ok(answer.body.equals(BODY))
  t.equal(answer.header('etag'), '"seven"')
  t.equal(answer.header('last-modified'), null)
  t.match(await get(`${server.origin}/none`, asked()), { kind: 'answered', status: 404 })
})

t.test('what is larger than allowed is refused, told or untold, and is not taken to its end', async (t) => {
  const server = await bench(t)
  const large = Buffer.alloc(3_000_000)
  for (const habits of [{}, { hidesLength: true }].map((more) => ({ ...more, bytesPerSecond: 2_000_000 }))) {
    const url = server.put('/large', large, habits)
    t.match(await get(url, asked()), { kind: 'refused', why: 'too-large' })
  }
  t.ok(server.requests.every(({ bytesServed }) => bytesServed < large.length))
})

t.test('silence, a stall and a cut are failures that name no secret', async (t) => {
  const server = await bench(t)
  const secret = (url: string) => `${url.replace('http://', 'http://user:word@')}?token=secret`
  for (const habits of [{ silent: true }, { stallAfterBytes: 20_000 }, { cutAfterBytes: 20_000 }]) {
    const answer = await get(secret(server.put('/feed', BODY, habits)), asked())
    t.match(answer, { kind: 'failed' })
    t.notMatch(answer, { error: /secret|word/ })
  }
})

t.test('a drip that never ends is ended', async (t) => {
  const server = createServer((_request, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'), 20)
    response.once('close', () => clearInterval(timer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const bounded = httpGet({ userAgent: 'loa-test', limits: { ...limits, wholeMs: 500 } })
  t.match(await bounded(`http://127.0.0.1:${port}/`, asked()), { kind: 'failed' })
})

t.test('one who may only be asked over https is not asked otherwise, except on this machine', async (t) => {
  const server = await bench(t)
  const only = asked({ only: 'https' })
  t.match(await get(server.put('/feed', BODY), only), { kind: 'answered', status: 200 })
  t.match(await get('http://feed.example.invalid/', only), { kind: 'refused', error: /not encrypted/ })
  const away = server.put('/away', BODY, { redirectTo: 'http://feed.example.invalid/' })
  t.match(await get(away, only), { kind: 'refused', error: /not encrypted/ }, 'nor by a detour')
  t.match(await get('file:///etc/passwd', only), { kind: 'refused', why: 'address' })
})

t.test('headers are sent, and a request that is called off ends', async (t) => {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    if (request.url === '/wait') return
    response.end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await get(`${origin}/`, asked({ headers: { 'if-none-match': '"one"' } }))
  t.match(requests[0]!.headers, { 'if-none-match': '"one"', 'user-agent': 'loa-test' })
  const abort = new AbortController()
  const answer = get(`${origin}/wait`, asked({ signal: abort.signal }))
  abort.abort()
  t.match(await answer, { kind: 'failed', error: 'called off' })
})
