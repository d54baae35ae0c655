import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { FoundAlert } from '../../../agent/ports/alert-sound.ts'
import { ENTRIES_MAX, openFeedSource, pauseAfter } from '../../../drivers/alerts/feed.ts'
import { httpGet } from '../../../drivers/download/get.ts'
import { wallMs } from '../../../player/plan/time.ts'
import { capDocument } from '../../fixtures/cap-documents.ts'
import { stoppedClock } from '../../fixtures/clock.ts'
import { until } from '../poll.ts'

const EVERY_MS = 30_000

type Page = { body: string; etag?: string; status?: number }

const bench = async (t: Test) => {
  const pages = new Map<string, Page>()
  const requests: { path: string; status: number }[] = []
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? ''
    const page = pages.get(path)
    const isKnown = page?.etag !== undefined && request.headers['if-none-match'] === page.etag
    const status = page === undefined ? 404 : isKnown ? 304 : (page.status ?? 200)
    requests.push({ path, status })
    response.writeHead(status, page?.etag === undefined ? {} : { etag: page.etag })
    response.end(status === 200 ? page?.body : '')
  }
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clock = stoppedClock(wallMs(Date.parse('2026-11-21T00:00:00Z')))
  const found: FoundAlert[] = []
  const faults: (string | null)[] = []
  const open = (address = `${origin}/feed`) => {
    const source = openFeedSource({
      address,
      everyMs: EVERY_MS,
      clock,
      chance: () => 0,
      get: httpGet({ userAgent: 'loa-test', limits: { answerMs: 500, stallMs: 500, progressBytes: 1 } }),
      events: { found: (alert) => found.push(alert), fault: (_source, detail) => faults.push(detail) },
    })
    t.teardown(() => source.close())
    clock.advance(0)
    return source
  }
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const texts = () => found.map(({ xml }) => /<identifier>(.*?)</.exec(xml)?.[1] ?? xml)
  const asksFor = (path: string) => requests.filter((request) => request.path === path).length
  /** Lets the feed look again until that holds; the clock stands still while the network works. */
  const lookUntil = (what: string, holds: () => boolean) =>
    until(what, () => {
      if (holds()) return true
      clock.advance(EVERY_MS / 30)
      return false
    })
  /** So many looks more have begun. */
  const looks = async (count: number) => {
    const before = asksFor('/feed')
    await lookUntil(`${count} looks`, () => asksFor('/feed') >= before + count)
  }
  return { pages, requests, origin, clock, found, faults, open, texts, asksFor, lookUntil, looks }
}

const entry = (id: string, { updated = '2026-11-21T00:00:00Z', link = `/${id}.cap` } = {}): string =>
  `<entry><id>${id}</id><updated>${updated}</updated><link type="application/cap+xml" href="${link}"/></entry>`
const feed = (entries: string): string => `<feed xmlns="http://www.w3.org/2005/Atom">${entries}</feed>`

t.test('each alert of a feed with several is found, and each document fetched once', async (t) => {
  const { pages, open, found, texts, looks, lookUntil, origin, asksFor, faults } = await bench(t)
  for (const id of ['a', 'b', 'c']) pages.set(`/${id}.cap`, { body: capDocument(id) })
  pages.set('/feed', { body: feed(['a', 'b', 'c'].map((id) => entry(id)).join('')) })
  open()
  await lookUntil('all are found', () => found.length === 3)
  await looks(3)
  t.same(texts().sort(), ['a', 'b', 'c'])
  t.same(
    found.map(({ source }) => source),
    Array.from({ length: 3 }, () => `${origin}/feed`),
  )
  t.same(['/a.cap', '/b.cap', '/c.cap'].map(asksFor), [1, 1, 1])
  t.same(faults, [])
})

t.test('an entry that was updated is read again, one that left and came back too', async (t) => {
  const { pages, open, found, texts, looks, lookUntil } = await bench(t)
  pages.set('/a.cap', { body: capDocument('a') })
  pages.set('/feed', { body: feed(entry('a')) })
  open()
  await lookUntil('it is found', () => found.length === 1)
  pages.set('/a.cap', { body: capDocument('a2') })
  await looks(2)
  t.equal(found.length, 1, 'a document that changed without its entry is not looked at')
  pages.set('/feed', { body: feed(entry('a', { updated: '2026-11-21T01:00:00Z' })) })
  await lookUntil('the update is found', () => found.length === 2)
  pages.set('/feed', { body: feed('') })
  await looks(2)
  pages.set('/feed', { body: feed(entry('a')) })
  await lookUntil('it is found again', () => found.length === 3)
  t.same(texts(), ['a', 'a2', 'a2'])
})

t.test('a list that did not change is not sent again, and what it still lacks is asked for', async (t) => {
  const { pages, open, found, looks, lookUntil, requests, asksFor, faults } = await bench(t)
  pages.set('/feed', { body: feed(entry('late')), etag: '"one"' })
  open()
  await looks(5)
  t.ok(
    requests
      .filter(({ path }) => path === '/feed')
      .slice(1)
      .every(({ status }) => status === 304),
  )
  t.ok(asksFor('/late.cap') > 1)
  t.match(faults, [/answered 404/], 'and after some looks it is told')
  pages.set('/late.cap', { body: capDocument('late') })
  await lookUntil('it is found', () => found.length === 1 && faults.length === 2)
  t.equal(faults.at(-1), null)
})

t.test('a document inside an entry, and a document by itself, are found as they are', async (t) => {
  const { pages, open, found, texts, looks, lookUntil } = await bench(t)
  const inside = capDocument('inside').replace(/^<\?xml.*?\?>\n/, '')
  pages.set('/feed', { body: feed(`<entry><id>1</id><content type="text/xml">${inside}</content></entry>`) })
  open()
  await lookUntil('it is found', () => found.length === 1)
  pages.set('/feed', { body: capDocument('bare') })
  await lookUntil('it is found', () => found.length === 2)
  await looks(2)
  t.same(texts(), ['inside', 'bare'])
})

t.test(
  'a feed that fails is asked less and less often, told of at the third time, and mended at the first',
  async (t) => {
    const { pages, open, found, faults, looks, lookUntil, clock } = await bench(t)
    pages.set('/feed', { body: '', status: 503 })
    pages.set('/a.cap', { body: capDocument('a') })
    open()
    await looks(1)
    t.same(faults, [])
    const before = clock.elapsed()
    await looks(3)
    t.ok(clock.elapsed() - before >= EVERY_MS * (2 + 4), 'with growing pauses')
    await lookUntil('it is told', () => faults.length === 1)
    t.match(faults, [/answered 503/])
    pages.set('/feed', { body: feed(entry('a')) })
    await lookUntil('it is found', () => found.length === 1)
    await lookUntil('it is mended', () => faults.length === 2)
    t.equal(faults[1], null)
  },
)

t.test('a feed that is not encrypted is refused at once, and so is a document that is not', async (t) => {
  const { pages, open, found, faults, lookUntil } = await bench(t)
  open('http://feed.example.invalid/atom')
  await lookUntil('it is told', () => faults.length === 1)
  t.match(faults, [/http:\/\/feed\.example\.invalid\/atom is not encrypted/])
  const other = await bench(t)
  other.pages.set('/feed', { body: feed(entry('a', { link: 'http://feed.example.invalid/a.cap' })) })
  other.open()
  await other.lookUntil('it is told', () => other.faults.length === 1)
  t.match(other.faults, [/is not encrypted/])
  t.same([...found, ...other.found], [])
  t.equal(pages.size, 0)
})

t.test('of a long list only the newest are read, and that is told', async (t) => {
  const { pages, open, found, texts, faults, lookUntil } = await bench(t)
  const ids = Array.from({ length: ENTRIES_MAX + 10 }, (_, at) => at)
  for (const at of ids) pages.set(`/${at}.cap`, { body: capDocument(String(at)) })
  const updated = (at: number) => new Date(Date.UTC(2026, 10, 20) + at * 60_000).toISOString()
  pages.set('/feed', { body: feed(ids.map((at) => entry(String(at), { updated: updated(at) })).join('')) })
  open()
  await lookUntil('they are found', () => found.length === ENTRIES_MAX && faults.length === 1)
  t.same(
    texts()
      .map(Number)
      .sort((a, b) => a - b),
    ids.slice(10),
  )
  t.match(faults, [/lists 60 entries; only the newest 50/])
})

t.test('what is no feed, and links that lead to pages, are told of and hurt nothing', async (t) => {
  const { pages, open, found, texts, faults, lookUntil } = await bench(t)
  pages.set('/feed', { body: '<html><p>maintenance</p></html>', etag: '"page"' })
  pages.set('/page.cap', { body: '<html/>' })
  pages.set('/good.cap', { body: capDocument('good') })
  pages.set('/wrong.cap', {
    body: '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>wrong</identifier>',
  })
  open()
  await lookUntil('it is told', () => faults.length === 1)
  t.match(faults, [/neither Atom nor RSS nor CAP/])
  pages.set('/feed', { body: feed(entry('page') + entry('good') + entry('wrong')), etag: '"page"' })
  await lookUntil('the good one is found', () => found.length === 2)
  t.same(texts().sort(), ['good', 'wrong'], 'what is broken CAP goes to who names its fault')
  await lookUntil('the page is told of', () => faults.length === 3)
  t.match(faults[2], /links to something else/)
})

t.test('a feed that is closed asks no more', async (t) => {
  const { pages, open, looks, clock, asksFor } = await bench(t)
  pages.set('/feed', { body: feed('') })
  const source = open()
  await looks(1)
  await source.close()
  const before = asksFor('/feed')
  clock.advance(EVERY_MS * 10)
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(asksFor('/feed'), before)
})

t.test('pauses grow to five minutes, and never below what the settings say', async (t) => {
  t.same(
    [0, 1, 2, 3, 4, 5, 40].map((failures) => pauseAfter(EVERY_MS, failures, 0)),
    [30_000, 60_000, 120_000, 240_000, 300_000, 300_000, 300_000],
  )
  t.equal(pauseAfter(3_600_000, 5, 0), 3_600_000)
  t.equal(pauseAfter(EVERY_MS, 0, 1), 33_000)
})
