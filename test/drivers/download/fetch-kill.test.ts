import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { httpDownloader } from '../../../drivers/download/downloader.ts'
import { testMediaServer } from '../../fixtures/media-server.ts'
import { chanceFrom, lifeOf, seedOf } from '../database/killing.ts'
import { contentOf, openTestStore, sha256Of, wantedOf } from '../database/media-sample.ts'

const FETCHER = fileURLToPath(new URL('./fetcher.js', import.meta.url))
const KILLS_MAX = 20
const LARGE_BYTES = 40_000_000
const SMALL_FILES = 30
const LIFE_MS_MAX = 700

t.test('kill -9 in the middle of downloads: they go on where they were, and nothing wrong is ever ready', async (t) => {
  const seed = seedOf()
  t.comment(`seed ${seed}`)
  const chance = chanceFrom(seed)
  const server = await testMediaServer()
  t.teardown(server.close)
  const file = join(t.testdir(), 'media.db')

  const large = contentOf(LARGE_BYTES, 1)
  const contents = [
    large,
    ...Array.from({ length: SMALL_FILES }, (_, index) => contentOf(90_000 * index + 1, index + 2)),
  ]
  const lie = contentOf(300_000, 99)
  const first = await openTestStore(file)
  first.store.want(
    contents.map((content, index) =>
      wantedOf(content, [server.put(`/${index}`, content, { bytesPerSecond: 20_000_000 })]),
    ),
  )
  first.store.want([wantedOf(lie, [server.put('/lie', lie, { liesWith: contentOf(300_000, 100) })])])
  await first.store.close()

  const promised = new Set<string>()
  let storedBefore = 0
  let round = 0
  for (; round < KILLS_MAX && promised.size < contents.length; round += 1) {
    for (const [verb, ...rest] of await lifeOf(FETCHER, file, 100 + chance() * LIFE_MS_MAX, chance)) {
      if (verb === 'ready') promised.add(rest.join())
      else if (verb !== 'begun') t.fail(`${verb} ${rest.join(' ')}`)
    }
    const { store, repaired } = await openTestStore(file)
    t.equal(repaired, null)
    for (const content of [...contents, lie]) {
      const row = store.get(sha256Of(content))!
      if (row.state !== 'ready') {
        t.notOk(promised.has(row.sha256), 'what was said to be ready is ready')
        continue
      }
      const stored = await store.read(row.sha256, 0, row.bytes)
      if (stored?.equals(content) !== true) t.fail(`${row.sha256} is ready with other bytes`)
      promised.add(row.sha256)
    }
    const { storedBytes } = store.get(sha256Of(large))!
    t.ok(storedBytes >= storedBefore, `the large file has ${storedBytes} bytes`)
    storedBefore = storedBytes
    t.not(store.get(sha256Of(lie))!.state, 'ready')
    await store.close()
  }
  t.ok(round > 5, `${promised.size} of ${contents.length} files are ready after ${round} kills`)

  const { store } = await openTestStore(file)
  const downloader = httpDownloader({ userAgent: 'loa-test' })
  for (const { sha256 } of store.wanted()) {
    const outcome = await downloader.fetch(sha256, store, new AbortController().signal)
    t.equal(outcome.kind, sha256 === sha256Of(lie) ? 'refused' : 'ready', 'an agent that is left alone gets the rest')
  }
  await store.close()
  const asked = server.requests.filter(({ path }) => path === '/0')
  const resumed = asked.filter(({ range }) => range !== null)
  t.ok(resumed.length > 0, `${resumed.length} of ${asked.length} requests for the large file resumed it`)
  const served = asked.reduce((total, { bytesServed }) => total + bytesServed, 0)
  // What a kill may cost: one transaction, and what was under way in the buffers of the connection.
  const lostMax = asked.length * (4 * 1024 * 1024 + 8_000_000)
  t.ok(served <= LARGE_BYTES + lostMax, `${served} bytes were served for ${LARGE_BYTES}`)
})
