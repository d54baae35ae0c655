/** Alerts that nobody sent to the box: it finds them in a folder and in a feed, and sounds them with what it makes itself. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { parse, stringify } from 'yaml'
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'
import { sirenWav } from '../../agent/siren.ts'
import { findSound } from '../../scripts/bench-parts/match.ts'
import { tonePcm, wavOf } from '../../scripts/bench-parts/tone.ts'
import { capDocument } from '../fixtures/cap-documents.ts'
import { testMediaServer } from '../fixtures/media-server.ts'
import { openStory, until } from '../fixtures/story-bench.ts'

const RATE = 48_000

/** Now, as CAP writes it: whole seconds, and never `Z`. */
const sentNow = (): string => `${new Date().toISOString().slice(0, 19)}-00:00`

const alertOf = (identifier: string, more = ''): string =>
  capDocument(identifier, more).replace(/<sent>.*?<\/sent>/, `<sent>${sentNow()}</sent>`)

const partsOf = (records: readonly AsRunRecord[], title: string) =>
  new Set(records.filter((record) => record.title === title && record.heardMs > 0).map(({ part }) => part))

t.test('an alert in a folder and one in a feed are heard, siren and words, one after the other', async (t) => {
  const story = await openStory(t, { display: false })
  const server = await testMediaServer()
  t.teardown(() => server.close())
  const folder = join(story.folder, 'alerts')
  mkdirSync(folder, { mode: 0o755 })
  const feed = server.put('/atom', Buffer.from('<feed xmlns="http://www.w3.org/2005/Atom"/>'), { etag: '"one"' })
  const settings = parse(readFileSync(story.settingsFile, 'utf8')) as Record<string, unknown>
  const senders = (): string[] => ['khituong@example.gov.vn']
  const sources = [
    { folder, senders: senders(), seconds: 5 },
    { feed, senders: senders(), seconds: 5 },
  ]
  writeFileSync(story.settingsFile, stringify({ ...settings, alerts: { sources } }))
  const agent = story.startAgent()
  const recording = await story.card!.record()
  await until('the box has its card', () => agent.log().includes('sound output is ready'))

  const putAt = Date.now()
  writeFileSync(join(folder, 'flood.xml'), alertOf('folder-1'), { mode: 0o644 })
  const inFolder = 'Lũ quét & sạt lở'
  await until('the alert of the folder is heard', () => {
    const parts = partsOf(story.records(), inFolder)
    return parts.has('siren') && parts.has('speech')
  })

  const recorded = wavOf(tonePcm({ frequencyHz: 1_000, durationMs: 2_000 }))
  const uri = server.put('/words.wav', recorded)
  const digest = createHash('sha1').update(recorded).digest('hex')
  const resource = `<resource><resourceDesc>lời</resourceDesc><mimeType>audio/wav</mimeType><size>${recorded.length}</size><uri>${uri}</uri><digest>${digest}</digest></resource>`
  server.put('/2.cap', Buffer.from(alertOf('feed-2', resource).replace('Lũ quét &amp; sạt lở', 'Vỡ đập')))
  const link = `<link type="application/cap+xml" href="${server.origin}/2.cap"/>`
  const entry = `<entry><id>2</id><updated>${new Date().toISOString()}</updated>${link}</entry>`
  server.put('/atom', Buffer.from(`<feed xmlns="http://www.w3.org/2005/Atom">${entry}</feed>`), { etag: '"two"' })
  await until(
    'the alert of the feed is heard, with the recording that it points to',
    () => {
      const parts = partsOf(story.records(), 'Vỡ đập')
      return parts.has('siren') && parts.has('resource')
    },
    60_000,
  )
  t.notOk(partsOf(story.records(), 'Vỡ đập').has('speech'))

  await recording.reach(Date.now())
  const wav = sirenWav('extreme')
  const samples = new Int16Array(RATE / 20)
  for (let at = 0; at < samples.length; at += 1) samples[at] = wav.readInt16LE(44 + at * 4)
  const fromMs = recording.msAt(putAt)
  const siren = { samples, rate: RATE, channels: 1 }
  const match = findSound(recording.pcm(), siren, { fromMs, toMs: fromMs + 5_000, correlationMin: 0.9 })
  t.ok(match !== null && match.correlation > 0.99, `the siren is on the air: ${JSON.stringify(match)}`)
  t.equal(await agent.end('SIGTERM'), 0)
})
