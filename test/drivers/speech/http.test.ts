/** A real server, with a real voice behind it. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openHttp, type HttpOptions } from '../../../drivers/speech/http.ts'
import { until } from '../poll.ts'
import { engineContract } from './contract.ts'

const never = new AbortController().signal

type Seen = { body: string; request: IncomingMessage }

const serve = async (t: Test, answer: (seen: Seen, response: ServerResponse) => void) => {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const one = { body: Buffer.concat(pieces).toString('utf8'), request }
      seen.push(one)
      answer(one, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return { url: `http://127.0.0.1:${address.port}/say`, seen }
}

const speak = (text: string, response: ServerResponse): void => {
  const child = execFile(
    'espeak-ng',
    ['-v', 'vi', '-b', '1', '--stdin', '--stdout'],
    { encoding: 'buffer', maxBuffer: 30_000_000 },
    (error, wav) => {
      response.writeHead(error === null ? 200 : 500, { 'content-type': 'audio/wav' })
      response.end(wav)
    },
  )
  child.stdin?.end(text)
}

const options = (url: string, more: Partial<HttpOptions> = {}): HttpOptions => ({
  url,
  template: null,
  header: null,
  timeoutMs: 60_000,
  bytesMax: 30_000_000,
  version: '1',
  ...more,
})

const shared = new WeakMap<Test, string>()

engineContract(t, {
  name: 'a server',
  language: 'vi',
  texts: ['Bà con chú ý, mưa rất to.', 'Trời hôm nay đẹp.'],
  open: async (t) => {
    const url = shared.get(t) ?? (await serve(t, ({ body }, response) => speak(body, response))).url
    shared.set(t, url)
    return openHttp(options(url))
  },
  hanging: async (t, timeoutMs) => {
    const { url, seen } = await serve(t, () => undefined)
    const begun = () => until('it was asked', () => seen.length > 0)
    return { engine: openHttp(options(url, { timeoutMs })), begun }
  },
})

const sentBody = (body: string): Record<string, unknown> => {
  const sent: unknown = JSON.parse(body)
  return typeof sent === 'object' && sent !== null ? Object.fromEntries(Object.entries(sent)) : {}
}

t.test('a template is filled in as JSON, whatever is in the text', async (t) => {
  const { url, seen } = await serve(t, ({ body }, response) => speak(String(sentBody(body)['text']), response))
  const template = '{"text": "{text}", "voice": "{voice}", "language": "{language}"}'
  const engine = openHttp(options(url, { template }))
  const said = await engine.say('Ông "Ba" nói: {voice} $& \\ xong', 'vi-VN-x-south', never)
  t.equal(said.kind, 'spoken')
  t.match(sentBody(seen[0]!.body), { voice: 'south', language: 'vi-VN-x-south' })
  t.match(sentBody(seen[0]!.body)['text'], /^Ông "Ba" nói: voice \$& xong/)
  t.equal(seen[0]!.request.headers['content-type'], 'application/json')
})

t.test('the secret is sent, and stands in no error', async (t) => {
  const file = join(t.testdir(), 'secret')
  writeFileSync(file, 'Bearer hush-hush\n')
  const { url, seen } = await serve(t, (_seen, response) => response.writeHead(403).end('hush-hush'))
  const engine = openHttp(options(url, { header: { name: 'Authorization', file } }))
  const said = await engine.say('Chào bà con', 'vi', never)
  t.equal(seen[0]!.request.headers.authorization, 'Bearer hush-hush')
  t.match(said, { kind: 'failed', error: /\/say answered 403$/ })
  t.notMatch(JSON.stringify([said, engine.engine]), /hush/)
  writeFileSync(file, 'hush\u0000-hush')
  const broken = await engine.say('Chào bà con', 'vi', never)
  t.match(broken, { kind: 'failed', error: /cannot be used/ })
  t.notMatch(JSON.stringify(broken), /hush/)
})

t.test('a bad server is a failure with its reason', async (t) => {
  const cases: [string, (seen: Seen, response: ServerResponse) => void, RegExp][] = [
    ['too much', (_seen, response) => response.end(Buffer.alloc(200_000)), /more than 100000 bytes/],
    ['no sound', (_seen, response) => response.end('<html>'), /cannot be read as sound/],
    ['nothing', (_seen, response) => response.end(), /answered with nothing/],
    [
      'elsewhere',
      (_seen, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
      /cannot be reached/,
    ],
    ['broken off', (_seen, response) => response.destroy(), /cannot be reached/],
  ]
  for (const [name, answer, error] of cases) {
    const { url } = await serve(t, answer)
    t.match(
      await openHttp(options(url, { bytesMax: 100_000 })).say('Chào', 'vi', never),
      { kind: 'failed', error },
      name,
    )
  }
  const gone = openHttp(options('http://user:pw@127.0.0.1:9/say?key=hush'))
  const said = await gone.say('Chào', 'vi', never)
  t.match(said, { kind: 'failed', error: /^http:\/\/127\.0\.0\.1:9\/say cannot be reached/ })
})
