/** What a box lives through: the broker dies, the power goes, a download is cut. Nothing is lost, nothing is told twice. */
import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { allBreaks } from '../../scripts/head-end/commands-report.ts'
import { openStory, until, type Story } from '../fixtures/story-bench.ts'
import { sendManifestOf } from '../fixtures/manifest.ts'
import { testMediaServer } from '../fixtures/media-server.ts'
import { SIRENS } from '../../agent/siren.ts'

/** A virtual card that nobody listens to buffers for two seconds; a real one does not, nor one that is recorded. */
const recorded = async (t: Test, { card }: Story) => {
  const recording = await card?.record()
  t.teardown(() => recording?.stop())
}

t.test(
  'the broker dies, the agent is killed in mid-programme and boots alone: the same records at the head-end, once each',
  async (t) => {
    const story = await openStory(t, { display: false })
    await recorded(t, story)
    const first = story.startAgent()
    const start = story.moment(7_000)
    await story.publish([
      {
        id: 'news',
        title: 'Bản tin',
        on: start.local,
        items: [{ sound: story.tone(1000, 4_000) }, { sound: story.tone(2000, 22_000) }],
      },
    ])
    await until('all is on the box', () => story.heartbeats().at(-1)?.cache.readyFiles === SIRENS.length + 2)
    await until('the programme has begun', () => first.log().includes('"msg":"started"'))
    await story.broker.stop('killed')
    await until('the second item is well under way', () => Date.now() > start.wall + 8_000)
    await first.end('SIGKILL')
    const second = story.startAgent()
    await until('it plays again, with no broker to ask', () => second.log().includes('"msg":"started"'))
    t.ok(Date.now() < start.wall + 26_000, 'while the programme is still due')
    await until('the programme is over', () => second.log().includes('"ended":"finished"'), 40_000)
    await story.broker.start()
    await until('the records are at the head-end', () => story.records().length >= 3, 60_000)
    await until('the outbox is empty', () => story.heartbeats().at(-1)?.outbox.waiting === 0, 60_000)

    const records = story.headEnd().store.records()
    t.match(
      records.map(({ itemIndex, ended }) => ({ itemIndex, ended })),
      [
        { itemIndex: 0, ended: 'finished' },
        { itemIndex: 1, ended: 'power-lost' },
        { itemIndex: 1, ended: 'finished' },
      ],
    )
    t.equal(records.length, 3, 'once each')
    const [, cut, joined] = records
    t.match(cut, { endedDetail: 'found open at boot', actualStart: /\+07:00$/ })
    const joinedAtMs = Date.parse(joined?.actualStart ?? '') - (start.wall + 4_000)
    t.ok(
      Math.abs((joined?.offsetMs ?? 0) - joinedAtMs) < 1_500,
      `joined at its offset: ${joined?.offsetMs} ms, ${joinedAtMs} ms into the item`,
    )
    t.same(allBreaks(story.headEnd().store).breaks, [], 'the chain of records is whole')
    t.match(story.states().at(-1), { state: 'online' }, 'the box is not marked dead')
  },
)

t.test('a head-end that was away gets every record once, in order, when it is back', async (t) => {
  const story = await openStory(t, { display: false })
  await recorded(t, story)
  const agent = story.startAgent()
  const start = story.moment(12_000)
  const items = [1000, 1200, 1400].map((hz) => ({ sound: story.tone(hz, 1_000) }))
  await story.publish([{ id: 'jingles', title: 'Nhạc hiệu', on: start.local, items }])
  await until('all is on the box', () => story.heartbeats().at(-1)?.cache.readyFiles === SIRENS.length + 3)
  await story.stopHeadEnd()
  await until('three items were heard', () => agent.log().split('"ended":"finished"').length === 4, 40_000)
  await agent.end('SIGTERM')
  await story.startHeadEnd()
  story.startAgent()
  await until('three records are at the head-end', () => story.headEnd().store.records().length === 3, 60_000)
  await until('the outbox is empty', () => story.heartbeats().at(-1)?.outbox.waiting === 0, 60_000)
  t.same(
    story
      .headEnd()
      .store.records()
      .map(({ itemIndex, ended, sequence }) => ({ itemIndex, ended, sequence })),
    [
      { itemIndex: 0, ended: 'finished', sequence: 1 },
      { itemIndex: 1, ended: 'finished', sequence: 2 },
      { itemIndex: 2, ended: 'finished', sequence: 3 },
    ],
  )
})

t.test('a download that is cut goes on where it was, and nothing unverified is ever ready', async (t) => {
  const media = await testMediaServer()
  t.teardown(() => media.close())
  const story = await openStory(t, { display: false, card: true, mediaUrl: media.origin })
  const bytes = Buffer.alloc(3_000_000, 0)
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = (index * 7919) % 251
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const path = `/media/${sha256}`
  media.put(path, bytes, { cutAfterBytes: 1_200_000 })
  story.file('long.wav', bytes)
  story.startAgent()
  await sendManifestOf(story.headEnd().desk, {
    sha256,
    bytes: bytes.length,
    mediaType: 'audio/wav',
    name: 'long.wav',
    urls: [`${media.origin}${path}`],
  })
  await until('the first try was cut', () => media.requests.length >= 2)
  media.put(path, bytes)
  await until('the file is whole', () => story.heartbeats().at(-1)?.cache.readyFiles === SIRENS.length + 1)
  const resumed = media.requests.slice(1).filter(({ range }) => range !== null)
  t.ok(resumed.length > 0, 'the next tries asked for a range')
  for (const { range } of resumed) t.ok(Number(/bytes=(\d+)-/.exec(range ?? '')?.[1]) > 0, `not from zero: ${range}`)
  const starts = resumed.map(({ range }) => Number(/bytes=(\d+)-/.exec(range ?? '')?.[1]))
  t.same(
    starts,
    starts.toSorted((a, b) => a - b),
    'each try began where the one before had come to',
  )
})
