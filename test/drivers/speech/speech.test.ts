import t from 'tap'
import type { Utterance } from '../../../agent/ports/alert-sound.ts'
import type { Engine, Sound } from '../../../drivers/speech/engine.ts'
import { openEspeak } from '../../../drivers/speech/espeak.ts'
import { openSpeech, REST_MS, REST_MS_MAX, type SpeechOptions } from '../../../drivers/speech/speech.ts'
import { engineContract } from './contract.ts'
import { script } from './programs.ts'
import { espeakSpeech } from '../../fixtures/espeak.ts'

const never = new AbortController().signal

engineContract(t, {
  name: 'espeak-ng',
  language: 'vi',
  texts: ['Bà con chú ý, mưa rất to.', 'Trời hôm nay đẹp.'],
  open: () => openEspeak(),
  hanging: async (t, timeoutMs) => {
    const table = 'Pty Language Age/Gender VoiceName File Other\\n 5  vi  --/M  Vietnamese  aav/vi\\n'
    const asked = `case "$1" in --version) echo 1.0; exit;; --voices) printf '${table}'; exit;; esac`
    const { program, begun } = script(t, `${asked}; exec sleep 600`)
    return { engine: await openEspeak({ program, sayMsMax: timeoutMs }), begun }
  },
})

const utterance = (text: string, more: Partial<Utterance> = {}): Utterance => ({
  text,
  language: 'vi',
  voice: null,
  isUrgent: false,
  ...more,
})

/** Says nothing aloud: what it is given, and when it fails, is what is looked at. */
const recorder = (engine: string) => {
  const said: { text: string; language: string }[] = []
  let error: string | null = null
  const spoken: Sound = { kind: 'spoken', wav: Buffer.from(engine), durationMs: 1 }
  const recorded: Engine = {
    engine,
    say: (text, language) => {
      said.push({ text, language })
      return Promise.resolve(error === null ? spoken : { kind: 'failed', error })
    },
  }
  return { said, engine: recorded, failWith: (reason: string | null) => void (error = reason) }
}

const bench = (more: Partial<SpeechOptions> = {}) => {
  const [embedded, wanted] = [recorder('embedded 1'), recorder('wanted 1')]
  const faults: (string | null)[] = []
  const time = { ms: 0 }
  const speech = openSpeech({
    embedded: embedded.engine,
    wanted: { engine: wanted.engine, languages: ['vi'] },
    voice: 'north',
    words: [],
    elapsed: () => time.ms,
    onFault: (detail) => faults.push(detail),
    ...more,
  })
  return { speech, embedded, wanted, faults, time }
}

t.test(
  'Vietnamese is prepared, in the voice of the settings or of the text; other languages go as they are',
  async (t) => {
    const { speech, embedded } = bench({ wanted: null, voice: 'south' })
    await speech.say(utterance('105 hộ'), never)
    await speech.say(utterance('105 hộ', { voice: 'north' }), never)
    await speech.say(utterance('105 hộ', { voice: 'central' }), never)
    await speech.say(utterance('105 households', { language: 'en' }), never)
    t.same(embedded.said, [
      { text: 'một trăm lẻ năm hộ', language: 'vi-VN-x-south' },
      { text: 'một trăm linh năm hộ', language: 'vi' },
      { text: 'một trăm linh năm hộ', language: 'vi-VN-x-central' },
      { text: '105 households', language: 'en' },
    ])
  },
)

t.test('the three voices of the real engine sound different, and an unknown language is an answer', async (t) => {
  const speech = await espeakSpeech()
  const wavs = await Promise.all(
    (['north', 'central', 'south'] as const).map(async (voice) => {
      const said = await speech.say(utterance('Bà con chú ý', { voice }), never)
      return said.kind === 'spoken' ? said.wav.toString('latin1') : said.error
    }),
  )
  t.equal(new Set(wavs).size, 3)
  t.match(await speech.say(utterance('Nyob zoo', { language: 'mww' }), never), { kind: 'failed', error: /no voice/ })
})

t.test(
  'the key changes with the text as it is read, the voice, the engine and the table, and with nothing else',
  async (t) => {
    const keyOf = (more: Partial<SpeechOptions> = {}, of = utterance('UBND xã')) => bench(more).speech.keysOf(of)[0]
    const key = keyOf()
    t.equal(keyOf(), key)
    t.equal(keyOf({ words: [{ written: 'NVH', spoken: 'nhà văn hóa' }] }), key, 'another word of the table')
    t.equal(keyOf({}, utterance('ủy ban nhân dân xã')), key, 'written otherwise, read alike')
    const others = [
      keyOf({}, utterance('UBND xã.')),
      keyOf({ voice: 'south' }),
      keyOf({}, utterance('UBND xã', { voice: 'central' })),
      keyOf({ words: [{ written: 'UBND', spoken: 'ủy ban' }] }),
      keyOf({ wanted: { engine: recorder('wanted 2').engine, languages: ['vi'] } }),
      keyOf({ wanted: null }),
      keyOf({ wanted: null, embedded: recorder('embedded 2').engine }),
    ]
    t.equal(new Set([key, ...others]).size, others.length + 1)
  },
)

t.test('where the wanted engine fails, the embedded one speaks, says so, and is asked first for a while', async (t) => {
  const { speech, embedded, wanted, faults, time } = bench()
  const [better] = speech.keysOf(utterance('Chào'))
  t.match(await speech.say(utterance('Chào'), never), { kind: 'spoken', key: better })
  wanted.failWith('the model is gone')
  const said = await speech.say(utterance('Chào'), never)
  t.match(said, { kind: 'spoken', wav: Buffer.from('embedded 1') })
  t.same(faults, ['the model is gone; espeak-ng stands in'])
  t.same(speech.keysOf(utterance('Chào')), [better, said.kind === 'spoken' ? said.key : ''], 'what was said is kept')
  await speech.say(utterance('Chào lại'), never)
  t.equal(wanted.said.length, 2, 'it rests')
  time.ms = REST_MS
  t.same(speech.keysOf(utterance('Chào')), [better], 'its time is over: it is asked again')
  await speech.say(utterance('Chào'), never)
  t.equal(wanted.said.length, 3)
  time.ms = REST_MS + 2 * REST_MS - 1
  await speech.say(utterance('Chào'), never)
  t.equal(wanted.said.length, 3, 'and rests for longer')
  wanted.failWith(null)
  time.ms += REST_MS_MAX
  t.match(await speech.say(utterance('Chào'), never), { kind: 'spoken', key: better })
  t.equal(faults.at(-1), null, 'it is well again')
  t.ok(embedded.said.length > 0)
})

t.test('a language that the wanted engine does not speak is left to the embedded one', async (t) => {
  const { speech, embedded, wanted } = bench()
  await speech.say(utterance('Hello', { language: 'en' }), never)
  await speech.say(utterance('Chào', { voice: 'south' }), never)
  t.same(embedded.said, [{ text: 'Hello', language: 'en' }])
  t.same(wanted.said, [{ text: 'Chào', language: 'vi-VN-x-south' }])
})

t.test('an alert does not wait for a voice that takes long', async (t) => {
  const slow: Engine = {
    engine: 'slow 1',
    say: (_text, _language, signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve({ kind: 'failed', error: 'called off' })),
      ),
  }
  const { speech, faults } = bench({ wanted: { engine: slow, languages: ['vi'] }, urgentMsMax: 20 })
  const said = await speech.say(utterance('Sơ tán ngay', { isUrgent: true }), never)
  t.match(said, { kind: 'spoken', wav: Buffer.from('embedded 1') })
  t.same(faults, ['it did not say an alert within 20 ms; espeak-ng stands in'])
})
