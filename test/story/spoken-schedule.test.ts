/** A schedule that says what is to be spoken: published on the command line, spoken by the box, heard at its moment, on record. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { issuerKeyFile } from '../../scripts/head-end/keys.ts'
import { levelDb } from '../../scripts/bench-parts/tone.ts'
import { espeakSpeech } from '../fixtures/espeak.ts'
import { AREA, COMMUNE, HEAD_END, openStory, until } from '../fixtures/story-bench.ts'
import { runCommand } from '../scripts/head-end/command.ts'

const TEXT = 'Chiều nay lúc 17h00, thôn 5 họp tại nhà văn hoá. Mời bà con đến đông đủ.'
const SILENT_DB = -80
const SPOKEN_DB = -40
/** A card's buffer and a busy machine; a text that is not heard at its moment is seconds off, or not there at all. */
const LATE_MS_MAX = 300
const LOOK_MS = 50

t.test('a text in a published schedule is spoken at its moment, and the record says what was', async (t) => {
  const story = await openStory(t, { display: false })
  const { card } = story
  if (card === null) throw new Error('no bench')
  const voice = await espeakSpeech()
  const never = new AbortController().signal
  const said = await voice.say({ text: TEXT, language: 'vi', voice: null, isUrgent: false }, never)
  if (said.kind !== 'spoken') throw new Error(said.error)

  const home = join(story.folder, 'office')
  mkdirSync(home)
  const files = await story.broker.issueClient(HEAD_END)
  writeFileSync(
    join(home, 'head-end.yaml'),
    stringify({
      ...{ area: COMMUNE, issuer: 'commune', issuerKey: issuerKeyFile(join(story.folder, 'keys'), 'commune') },
      broker: { url: story.broker.url, ca: files.ca, certificate: files.certificate, key: files.key },
    }),
  )
  const agent = story.startAgent()
  await until('the box is born', () => story.states().some(({ cause }) => cause === 'birth'))
  await until('it has its card', () => agent.log().includes('sound output is ready'))
  const recording = await card.record()

  const start = story.moment(8_000)
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
  const plan = {
    ...{ schedule: 'loi', validFrom: day(-1), validUntil: day(30) },
    programmes: [{ id: 'hop', title: 'Họp thôn', on: start.local, items: [{ speech: TEXT }] }],
  }
  writeFileSync(join(home, 'plan.yaml'), stringify(plan))
  const ran = await runCommand(['publish', join(home, 'plan.yaml'), '--to', `area:${AREA}`, '--home', home])
  t.match(ran, { code: 0, err: '', out: /1 programmes/ })
  t.ok(Date.now() < start.wall - 1_000, 'published in time')

  await until('the record is there', () => story.records().some(({ title }) => title === 'Họp thôn'), 60_000)
  await recording.reach(start.wall + said.durationMs + 2_000)
  await recording.stop()
  const pcm = recording.pcm()
  const at = (ms: number) => recording.msAt(start.wall + ms)
  t.ok(levelDb(pcm, at(-3_000), at(-50)) < SILENT_DB, 'nothing is heard before')
  t.ok(levelDb(pcm, at(200), at(said.durationMs - 200)) > SPOKEN_DB, 'then it speaks')
  const count = Math.floor((said.durationMs + 2_000) / LOOK_MS)
  const heard = Array.from({ length: count }, (_, index) => index * LOOK_MS).filter(
    (ms) => levelDb(pcm, at(ms), at(ms + LOOK_MS)) > SPOKEN_DB,
  )
  const [first = Infinity, last = -Infinity] = [heard[0], heard.at(-1)]
  t.ok(first < LATE_MS_MAX, `it begins ${first} ms after its moment`)
  t.ok(
    last + LOOK_MS > said.durationMs - 500 && last < said.durationMs + LATE_MS_MAX,
    `it ends after ${last + LOOK_MS} ms; it takes ${said.durationMs} ms to say`,
  )

  const sha256 = createHash('sha256').update(said.wav).digest('hex')
  t.match(
    story.records().find(({ title }) => title === 'Họp thôn'),
    {
      ...{ programmeId: 'hop', contentKind: 'speech', ended: 'finished', mediaHashes: [sha256] },
      trigger: { kind: 'schedule' },
    },
  )
  t.same(
    story.acknowledgements().filter(({ outcome }) => outcome === 'refused'),
    [],
  )
  t.equal(await agent.end('SIGTERM'), 0)
})
