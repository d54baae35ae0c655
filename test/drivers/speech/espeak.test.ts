import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openEspeak } from '../../../drivers/speech/espeak.ts'
import { durationMsOf, type Pcm, readWav } from '../../../drivers/speech/wav.ts'
import type { Sound } from '../../../drivers/speech/engine.ts'
import { until } from '../poll.ts'

const never = new AbortController().signal
const WARNING = 'Cảnh báo lũ quét tại xã Vĩnh Hải. Bà con hãy sơ tán ngay lên chỗ cao.'

const spoken = (t: Test, said: Sound): { pcm: Pcm; wav: Buffer; durationMs: number } => {
  if (said.kind === 'failed') throw new Error(said.error)
  const read = readWav(said.wav)
  if (read.kind === 'malformed') throw new Error(read.error)
  t.ok(Math.abs(durationMsOf(read.pcm) - said.durationMs) < 1, 'as long as it says')
  return { pcm: read.pcm, wav: said.wav, durationMs: said.durationMs }
}

const levelDb = ({ samples }: Pcm): number =>
  20 * Math.log10(Math.sqrt(samples.reduce((sum, sample) => sum + (sample / 32_768) ** 2, 0) / samples.length))

t.test('a Vietnamese text is spoken: loud, as long as such a text takes, without silence at its ends', async (t) => {
  const speech = await openEspeak()
  t.match(speech.engine, /^espeak-ng \d+\.\d+/)
  const { pcm, durationMs } = spoken(t, await speech.say(WARNING, 'vi', never))
  t.ok(durationMs > 3_000 && durationMs < 12_000, `${durationMs} ms`)
  t.ok(levelDb(pcm) > -26, `${levelDb(pcm)} dBFS`)
  const loudest = pcm.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  t.ok(loudest <= 29_203 && loudest > 29_000, 'its peak is at −1 dBFS')
  const isLoud = (sample: number) => Math.abs(sample) > loudest * 0.005
  const silentMs = (frames: number) => (frames * 1_000) / pcm.rate
  t.ok(silentMs(pcm.samples.findIndex(isLoud)) <= 50)
  t.ok(silentMs(pcm.samples.length - 1 - pcm.samples.findLastIndex(isLoud)) <= 50)
})

t.test('another text, another language and another region sound different', async (t) => {
  const speech = await openEspeak()
  const wavs = await Promise.all(
    [
      [WARNING, 'vi'],
      ['Trời hôm nay đẹp.', 'vi'],
      [WARNING, 'vi-VN-x-south'],
      [WARNING, 'vi-vn-x-central'],
      ['Flash flood warning. Move to higher ground now.', 'en'],
    ].map(async ([text, language]) => spoken(t, await speech.say(text!, language!, never)).wav.toString('latin1')),
  )
  t.equal(new Set(wavs).size, wavs.length)
  const again = spoken(t, await speech.say(WARNING, 'vi', never))
  t.equal(again.wav.toString('latin1'), wavs[0], 'and the same sounds the same')
  const ofVietnam = spoken(t, await speech.say(WARNING, 'vi-VN', never))
  t.equal(ofVietnam.wav.toString('latin1'), wavs[0], 'a tag that says more is cut until it is spoken')
})

t.test('letters sound the same composed and decomposed, in capitals and not', async (t) => {
  const speech = await openEspeak()
  const wav = async (text: string) => spoken(t, await speech.say(text, 'vi', never)).wav.toString('latin1')
  const [composed, decomposed] = [await wav(WARNING), await wav(WARNING.normalize('NFD'))]
  t.ok(composed === decomposed)
})

t.test('a language that the engine lacks is an answer, not a guess', async (t) => {
  const speech = await openEspeak()
  for (const language of ['mww', 'hmn-Latn', 'xx', ''])
    t.match(await speech.say(WARNING, language, never), { kind: 'failed', error: /^no voice speaks/ }, language)
})

t.test('a text with nothing to say fails, whatever it is made of', async (t) => {
  const speech = await openEspeak()
  for (const text of ['', ' \n ', '...!', '[[]]', 'https://example.vn/x'])
    t.match(await speech.say(text, 'vi', never), { kind: 'failed', error: 'there is nothing in it to be spoken' }, text)
})

t.test('a text cannot give the engine orders', async (t) => {
  const speech = await openEspeak()
  const wav = async (text: string) => spoken(t, await speech.say(text, 'vi', never)).wav.toString('latin1')
  const plain = await wav('hello thử')
  t.equal(await wav('[[hello]] thử'), plain, 'phonemes are letters')
  t.ok((await wav('-v en -w /tmp/x thử')).length > 44, 'options are words')
})

t.test('a very long text is spoken up to the end of a sentence', async (t) => {
  const speech = await openEspeak()
  const { durationMs } = spoken(t, await speech.say('Bà con hãy sơ tán ngay. '.repeat(2_000), 'vi', never))
  t.ok(durationMs > 60_000 && durationMs < 600_000, `${durationMs} ms`)
})

t.test('an engine that is not installed says so at every text', async (t) => {
  const speech = await openEspeak({ program: 'no-such-engine' })
  t.match(await speech.say(WARNING, 'vi', never), { kind: 'failed', error: 'no-such-engine is not installed' })
})

/** A program in place of the engine, which answers what it is and then behaves badly. */
const badEngine = (t: Test, habit: string): { program: string; pidFile: string } => {
  const folder = t.testdir()
  const [program, pidFile] = [join(folder, 'engine'), join(folder, 'pid')]
  const table = 'Pty Language Age/Gender VoiceName File Other\\n 5  vi  --/M  Vietnamese  aav/vi\\n'
  writeFileSync(
    program,
    `#!/bin/sh\ncase "$1" in --version) echo 'engine 1.0';; --voices) printf '${table}';;\n*) echo $$ > '${pidFile}'; ${habit};; esac\n`,
  )
  chmodSync(program, 0o755)
  return { program, pidFile }
}

const isAlive = (pidFile: string): boolean => existsSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}`)

t.test('an engine that hangs is ended after its time, and at once when it is called off', async (t) => {
  const { program, pidFile } = badEngine(t, 'exec sleep 600')
  const impatient = await openEspeak({ program, sayMsMax: 300 })
  t.match(await impatient.say(WARNING, 'vi', never), { kind: 'failed', error: /did not end within 300 ms/ })
  t.notOk(isAlive(pidFile))
  const patient = await openEspeak({ program })
  const abort = new AbortController()
  const said = patient.say(WARNING, 'vi', abort.signal)
  await until('the engine runs', () => isAlive(pidFile))
  abort.abort()
  t.match(await said, { kind: 'failed', error: 'called off' })
  t.notOk(isAlive(pidFile))
})

t.test('an engine that fails, says nothing, or never ends to speak is a failure with its reason', async (t) => {
  const fails = badEngine(t, "echo 'no data' >&2; exit 3")
  t.match(await (await openEspeak({ program: fails.program })).say(WARNING, 'vi', never), {
    kind: 'failed',
    error: /ended with 3: no data/,
  })
  const empty = badEngine(t, 'exit 0')
  t.match(await (await openEspeak({ program: empty.program })).say(WARNING, 'vi', never), {
    kind: 'failed',
    error: /it is no WAV file/,
  })
  const endless = badEngine(t, 'exec cat /dev/zero')
  t.match(await (await openEspeak({ program: endless.program })).say(WARNING, 'vi', never), {
    kind: 'failed',
    error: /longer than ten minutes/,
  })
})
