/** Speech and recordings come when the test says so; what is made of them, and when, is what is looked at. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  createAlertSounds,
  RECORDING_WAIT_MS,
  RETRY_MS,
  type AlertSoundsEvent,
  type SoundPlan,
} from '../../agent/alert-sounds.ts'
import type { FetchedResource, Speech, Spoken, WantedResource } from '../../agent/ports/alert-sound.ts'
import type { MediaStore } from '../../agent/ports/media-store.ts'
import { keepSirens } from '../../agent/siren.ts'
import { openMediaStore } from '../../drivers/database/media-store.ts'
import { wallMs } from '../../player/plan/time.ts'
import { stoppedClock } from '../fixtures/clock.ts'
import { keyOf } from '../fixtures/speech-double.ts'
import { until } from '../fixtures/until.ts'
import { espeakSpeech } from '../fixtures/espeak.ts'

const RESOURCE: WantedResource = {
  uri: 'https://example.vn/a.mp3',
  mimeType: 'audio/mpeg',
  bytes: 9,
  sha1: 'a'.repeat(40),
}
const RECORDED = { sha256: 'f'.repeat(64), durationMs: 9_000 }
const PLAN: SoundPlan = { siren: 'extreme', resource: null, text: 'Lũ quét. Sơ tán ngay.', language: 'vi' }
const WAV = Buffer.from('a word, spoken')

type Asked<A, R> = { of: A; signal: AbortSignal; answer: (result: R) => void; fail: (error: Error) => void }

const asking = <A, R>() => {
  const asked: Asked<A, R>[] = []
  const ask = (of: A, signal: AbortSignal): Promise<R> =>
    new Promise((resolve, reject) => asked.push({ of, signal, answer: resolve, fail: reject }))
  return { asked, ask }
}

const openStore = (t: Test, file: string) =>
  openMediaStore({ file, quotaBytes: 20_000_000, onFault: (error) => t.comment(error.message) })

const bench = async (t: Test, options: { store?: MediaStore; speech?: Speech } = {}) => {
  const store = options.store ?? (await openStore(t, join(t.testdir(), 'media.db'))).store
  t.teardown(() => store.close())
  const clock = stoppedClock(wallMs(Date.parse('2026-11-21T00:00:00Z')))
  const says = asking<string, Spoken>()
  const fetches = asking<WantedResource, FetchedResource>()
  const events: AlertSoundsEvent[] = []
  const sirens = await keepSirens(store)
  const sounds = createAlertSounds({
    speech: options.speech ?? { keysOf: (said) => [keyOf(said)], say: ({ text }, signal) => says.ask(text, signal) },
    resources: { fetch: fetches.ask },
    mediaStore: store,
    sirens,
    clock,
    log: { info: () => undefined },
    trim: () => undefined,
    post: (event) => events.push(event),
  })
  t.teardown(() => sounds.close())
  const parts = (key = 'a') => sounds.of(key).items.map(({ part }) => part)
  const toldOf = (kind: AlertSoundsEvent['kind']) => events.filter((event) => event.kind === kind)
  const ready = (count: number) => until(t, `${count} times ready`, () => toldOf('alert-sounds').length >= count)
  const asked = (what: { asked: unknown[] }, count: number) => until(t, 'asked', () => what.asked.length >= count)
  const spoken: Spoken = { kind: 'spoken', wav: WAV, durationMs: 4_321.4, key: 'a' }
  return { store, clock, says, fetches, events, sirens, sounds, parts, toldOf, ready, asked, spoken }
}

t.test('the siren is there at once, and the words follow it when they are spoken', async (t) => {
  const { sounds, parts, says, ready, spoken, sirens, store, events } = await bench(t)
  sounds.prepare('a', PLAN)
  t.same(sounds.of('a').items, [
    { content: { kind: 'sound', sha256: sirens.get('extreme')!.sha256 }, durationMs: 6_000, part: 'siren' },
  ])
  t.equal(sounds.of('a').isWhole, false)
  says.asked[0]!.answer(spoken)
  await ready(1)
  t.same(parts(), ['siren', 'speech'])
  t.equal(sounds.of('a').isWhole, true)
  const [, words] = sounds.of('a').items
  t.match(words, { durationMs: 4_321, content: { kind: 'sound' } })
  const sha256 = words!.content.kind === 'sound' ? words!.content.sha256 : ''
  t.ok((await store.read(sha256, 0, WAV.length))?.equals(WAV))
  t.ok(sounds.kept().includes(sha256))
  t.same(events, [{ kind: 'alert-sounds', key: 'a' }], 'and nothing is wrong')
})

t.test('without a siren there is silence until the words are there', async (t) => {
  const { sounds, parts, says, ready, spoken } = await bench(t)
  sounds.prepare('a', { ...PLAN, siren: null })
  t.same(sounds.of('a'), { items: [], isWhole: false })
  says.asked[0]!.answer(spoken)
  await ready(1)
  t.same(parts(), ['speech'])
})

t.test('nothing to sound is whole from the beginning', async (t) => {
  const { sounds, says, events } = await bench(t)
  sounds.prepare('a', { siren: null, resource: null, text: '  ', language: 'vi' })
  t.same(sounds.of('a'), { items: [], isWhole: true })
  sounds.prepare('b', { ...PLAN, text: '' })
  t.equal(sounds.of('b').isWhole, true)
  t.same(says.asked, [])
  t.same(events, [])
  t.same(sounds.of('unknown'), { items: [], isWhole: true })
})

t.test('a recording that comes in time is heard, and the text is not', async (t) => {
  const { sounds, parts, says, fetches, ready, spoken, toldOf } = await bench(t)
  sounds.prepare('a', { ...PLAN, resource: RESOURCE })
  says.asked[0]!.answer(spoken)
  await ready(1)
  t.same(parts(), ['siren'], 'the text is ready, but the recording is waited for')
  fetches.asked[0]!.answer({ kind: 'fetched', sound: RECORDED })
  await ready(2)
  t.same(parts(), ['siren', 'resource'])
  t.same(sounds.of('a').items[1], {
    content: { kind: 'sound', sha256: RECORDED.sha256 },
    durationMs: RECORDED.durationMs,
    part: 'resource',
  })
  t.equal(sounds.of('a').isWhole, true)
  t.same(toldOf('fault'), [])
})

t.test('a recording that is late gives way to the text, and takes its place when it comes', async (t) => {
  const { sounds, parts, says, fetches, ready, spoken, clock, toldOf } = await bench(t)
  sounds.prepare('a', { ...PLAN, resource: RESOURCE })
  says.asked[0]!.answer(spoken)
  await ready(1)
  clock.advance(RECORDING_WAIT_MS - 1)
  t.same(parts(), ['siren'])
  clock.advance(1)
  t.same(parts(), ['siren', 'speech'])
  t.equal(sounds.of('a').isWhole, true)
  t.match(toldOf('fault'), [{ code: 'alert-words', subject: 'a', detail: 'its recording has not come within 20 s' }])
  fetches.asked[0]!.answer({ kind: 'fetched', sound: RECORDED })
  await ready(3)
  t.same(parts(), ['siren', 'resource'])
  t.match(toldOf('mended'), [{ code: 'alert-words', subject: 'a' }])
})

t.test('a text that is not spoken yet when the recording is late is heard as soon as it is', async (t) => {
  const { sounds, parts, says, ready, spoken, clock } = await bench(t)
  sounds.prepare('a', { ...PLAN, resource: RESOURCE })
  clock.advance(RECORDING_WAIT_MS)
  t.same(parts(), ['siren'])
  t.equal(sounds.of('a').isWhole, false)
  says.asked[0]!.answer(spoken)
  await ready(2)
  t.same(parts(), ['siren', 'speech'])
})

t.test('a recording that breaks a clause is not asked for again, and the text is spoken at once', async (t) => {
  const { sounds, parts, says, fetches, ready, spoken, clock, toldOf } = await bench(t)
  sounds.prepare('a', { ...PLAN, resource: RESOURCE })
  says.asked[0]!.answer(spoken)
  fetches.asked[0]!.answer({ kind: 'refused', clause: '§3.2.3 digest', error: 'its SHA-1 is another' })
  await ready(2)
  t.same(parts(), ['siren', 'speech'])
  t.equal(sounds.of('a').isWhole, true)
  t.match(toldOf('fault'), [{ detail: 'its recording is missing: §3.2.3 digest: its SHA-1 is another' }])
  clock.advance(RETRY_MS * 100)
  t.equal(fetches.asked.length, 1)
  sounds.forget('a')
  t.match(toldOf('mended'), [{ subject: 'a' }], 'the alarm ends with the alert')
})

t.test('a recording that the network did not give is asked for again, less and less often', async (t) => {
  const { sounds, parts, says, fetches, ready, asked, spoken, clock } = await bench(t)
  sounds.prepare('a', { ...PLAN, resource: RESOURCE })
  says.asked[0]!.answer(spoken)
  await ready(1)
  fetches.asked[0]!.answer({ kind: 'refused', clause: null, error: 'cannot reach it' })
  await ready(2)
  t.same(parts(), ['siren', 'speech'])
  clock.advance(RETRY_MS - 1)
  t.equal(fetches.asked.length, 1)
  clock.advance(1)
  await asked(fetches, 2)
  fetches.asked[1]!.fail(new Error('a disk that failed'))
  await ready(3)
  clock.advance(2 * RETRY_MS - 1)
  t.equal(fetches.asked.length, 2)
  clock.advance(1)
  await asked(fetches, 3)
  fetches.asked[2]!.answer({ kind: 'fetched', sound: RECORDED })
  await ready(4)
  t.same(parts(), ['siren', 'resource'])
})

t.test('what can neither be had nor spoken leaves the siren, an alarm, and hope', async (t) => {
  const { sounds, parts, says, fetches, ready, toldOf } = await bench(t)
  sounds.prepare('a', { ...PLAN, resource: RESOURCE, language: 'mww' })
  says.asked[0]!.answer({ kind: 'failed', error: 'no voice speaks mww' })
  fetches.asked[0]!.answer({ kind: 'refused', clause: null, error: 'cannot reach it' })
  await ready(2)
  t.same(parts(), ['siren'])
  t.equal(sounds.of('a').isWhole, false, 'the recording is still asked for')
  t.equal(
    toldOf('fault').at(-1)!.kind === 'fault' && toldOf('fault').length - toldOf('mended').length,
    1,
    'one alarm is raised',
  )
  t.match(toldOf('fault').at(-1), { detail: /recording is missing: cannot reach it; .*no voice speaks mww/ })
})

t.test('a text that cannot be spoken is not waited for where there is no recording', async (t) => {
  const { sounds, parts, says, ready, toldOf } = await bench(t)
  sounds.prepare('a', { ...PLAN, language: 'mww' })
  says.asked[0]!.answer({ kind: 'failed', error: 'no voice speaks mww' })
  await ready(1)
  t.same(parts(), ['siren'])
  t.equal(sounds.of('a').isWhole, true)
  t.match(toldOf('fault'), [{ detail: 'its text cannot be spoken: no voice speaks mww' }])
})

t.test('what is forgotten is ended, says nothing more, and is not kept', async (t) => {
  const { sounds, says, fetches, spoken, events, sirens, clock } = await bench(t)
  sounds.prepare('a', { ...PLAN, resource: RESOURCE })
  const [said, fetched] = [says.asked[0]!, fetches.asked[0]!]
  sounds.forget('a')
  t.ok(said.signal.aborted)
  t.ok(fetched.signal.aborted)
  said.answer(spoken)
  fetched.answer({ kind: 'fetched', sound: RECORDED })
  clock.advance(RECORDING_WAIT_MS)
  await new Promise((resolve) => setImmediate(resolve))
  t.same(events, [])
  t.same(sounds.of('a').items, [])
  t.same(sounds.kept().sort(), [...sirens.values()].map(({ sha256 }) => sha256).sort())
})

t.test('the same plan again changes nothing; another one begins anew', async (t) => {
  const { sounds, says, parts, ready, spoken } = await bench(t)
  sounds.prepare('a', PLAN)
  says.asked[0]!.answer(spoken)
  await ready(1)
  sounds.prepare('a', { ...PLAN })
  t.same(parts(), ['siren', 'speech'])
  t.equal(says.asked.length, 1)
  sounds.prepare('a', { ...PLAN, text: 'Nước đã rút.' })
  t.same(parts(), ['siren'])
  t.equal(says.asked.length, 2)
})

t.test('one text is spoken at a time, in the order in which they came', async (t) => {
  const { sounds, says, ready, asked, spoken } = await bench(t)
  for (const key of ['a', 'b', 'c']) sounds.prepare(key, { ...PLAN, text: `Lũ ở thôn ${key}.` })
  t.same(
    says.asked.map(({ of }) => of),
    ['Lũ ở thôn a.'],
  )
  sounds.forget('b')
  says.asked[0]!.answer(spoken)
  await ready(1)
  await asked(says, 2)
  t.same(
    says.asked.map(({ of }) => of),
    ['Lũ ở thôn a.', 'Lũ ở thôn c.'],
    'what was forgotten meanwhile is passed over',
  )
})

t.test('after a reboot the real engine is not asked for what it has said before', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const espeak = await espeakSpeech()
  const before = await bench(t, { store: (await openStore(t, file)).store, speech: espeak })
  before.sounds.prepare('a', PLAN)
  await before.ready(1)
  t.same(before.parts(), ['siren', 'speech'])
  const { items } = before.sounds.of('a')
  await before.store.close()
  const mute: Speech = { ...espeak, say: () => Promise.reject(new Error('asked again')) }
  const after = await bench(t, { store: (await openStore(t, file)).store, speech: mute })
  after.sounds.prepare('a', PLAN)
  t.same(after.sounds.of('a'), { items, isWhole: true }, 'whole at once')
  after.sounds.prepare('b', { ...PLAN, language: 'en' })
  t.equal(after.sounds.of('b').isWhole, false, 'another language is another speech')
  await after.store.close()
})

t.test('a siren that was lost with a damaged database is made again', async (t) => {
  const { sounds, parts, store, sirens, ready } = await bench(t)
  t.equal(store.evict(new Set(), 1_000_000_000).length, 3)
  sounds.prepare('a', { ...PLAN, text: '' })
  t.equal(sounds.of('a').isWhole, false)
  await ready(1)
  t.same(parts(), ['siren'])
  t.equal(sounds.of('a').isWhole, true)
  t.equal(store.get(sirens.get('extreme')!.sha256)?.state, 'ready')
})
