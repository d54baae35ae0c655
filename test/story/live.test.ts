/** An official speaks: from the head-end, and at the box itself. Real broker, real card, real microphone (another card's monitor). */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { startVirtualCard, type Recording } from '../../scripts/bench-parts/sound.ts'
import { findTone, tonePcm, wavOf } from '../../scripts/bench-parts/tone.ts'
import { makeRootKey, makeSpeakerFile, readRootKey, type SpeakerWish } from '../../scripts/head-end/keys.ts'
import { wallMs } from '../../player/plan/time.ts'
import { AREA, COMMUNE, openStory, until, type Story } from '../fixtures/story-bench.ts'

const HEADEND = fileURLToPath(new URL('../../scripts/head-end/main.js', import.meta.url))
const LOA = fileURLToPath(new URL('../../config/loa.js', import.meta.url))
/** The programme, and what is spoken: far enough apart to be told from each other. */
const MUSIC_HZ = 800
const VOICE_HZ = 2_000
const DAY_MS = 86_400_000

type Command = {
  child: ChildProcess
  out: () => string
  ended: Promise<number | null>
}

const start = (t: Test, script: string, args: string[], env: NodeJS.ProcessEnv, input = ''): Command => {
  const clean: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C.UTF-8', ...env }
  delete clean['NODE_OPTIONS']
  const child = spawn(process.execPath, [script, ...args], { env: clean, stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stdin.end(input)
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
    if (!t.passing()) t.comment(out)
  })
  return { child, out: () => out, ended }
}

/** The home of the story's head-end, as a person would have it. */
const homeOf = async (story: Story): Promise<string[]> => {
  const home = join(story.folder, 'home')
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'head-end.yaml'), `area: ${COMMUNE}\nissuer: commune\n`)
  const { ca, certificate, key } = await story.broker.issueClient('headend')
  const issuerKey = join(story.folder, 'keys', 'issuer-commune.private.json')
  const broker = ['--broker', story.broker.url, '--ca', ca, '--cert', certificate, '--key', key]
  return ['--home', home, ...broker, '--issuer-key', issuerKey, '--to', `area:${COMMUNE}`]
}

const voiceFile = (story: Story, durationMs: number): string => {
  story.file('voice.wav', wavOf(tonePcm({ frequencyHz: VOICE_HZ, durationMs })))
  return join(story.folder, 'media', 'voice.wav')
}

const isPlaying = (story: Story, priority: string): boolean =>
  story.heartbeats().at(-1)?.outputs[0]?.playing?.programmeId.startsWith(priority) === true

/** A box that plays music for that long, and is recorded. */
const withMusic = async (t: Test, lengthMs: number) => {
  const story = await openStory(t, { display: false })
  const { card } = story
  if (card === null) throw new Error('no card')
  const recording = await card.record()
  story.startAgent()
  const begin = story.moment(9_000)
  await story.publish([
    { id: 'music', title: 'Nhạc', on: begin.local, items: [{ sound: story.tone(MUSIC_HZ, lengthMs) }] },
  ])
  await until('the music plays', () => isPlaying(story, 'music'))
  return { story, recording }
}

const heardMs = (
  recording: Recording,
  frequencyHz: number,
): { totalMs: number; parts: { startMs: number; endMs: number }[] } => {
  const parts = findTone(recording.pcm(), { frequencyHz })
  return { parts, totalMs: parts.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0) }
}

const cabinetRecords = (story: Story) => story.records().filter(({ output }) => output === 'cabinet')

t.test('a recording is spoken from the head-end, heard whole over the music, and the music goes on', async (t) => {
  const { story, recording } = await withMusic(t, 20_000)
  const live = start(
    t,
    HEADEND,
    [
      'live',
      '--from',
      voiceFile(story, 3_000),
      '--title',
      'Chủ tịch xã',
      '--listen',
      '127.0.0.1:0',
      '--for',
      '60s',
      ...(await homeOf(story)),
    ],
    {},
  )
  t.equal(await live.ended, 0, 'it ends by itself when the recording is over')
  t.match(live.out(), /live start .* published[^]*http:\/\/127\.0\.0\.1:\d+\/live\/[0-9a-f]{32}\.mp3/)
  t.match(live.out(), 'The recording is over.')
  t.match(live.out(), /1 box obeys/)
  await until('the music is over', () => cabinetRecords(story).length >= 3, 40_000)
  await recording.stop()
  const voice = heardMs(recording, VOICE_HZ)
  t.ok(Math.abs(voice.totalMs - 3_000) < 150, `the recording was heard whole: ${voice.totalMs} ms`)
  const music = heardMs(recording, MUSIC_HZ)
  const [before, , after] = cabinetRecords(story)
  if (before === undefined || after === undefined) throw new Error('a record is missing')
  t.equal(after.offsetMs, before.offsetMs + before.heardMs, 'it went on where it was interrupted')
  const playedMs = before.heardMs + after.heardMs
  t.ok(Math.abs(music.totalMs - playedMs) < 300, `and the music, around it: ${music.totalMs} of ${playedMs} ms`)
  t.notOk(
    music.parts.some(({ startMs, endMs }) =>
      voice.parts.some((part) => startMs < part.endMs - 50 && endMs > part.startMs + 50),
    ),
    'never both at once',
  )
  t.match(
    cabinetRecords(story).map(({ programmeId, trigger }) => [programmeId.split(':')[0], trigger.kind]),
    [
      ['music', 'schedule'],
      ['live', 'live'],
      ['music', 'schedule'],
    ],
  )
  const told = story.acknowledgements().filter(({ kind }) => kind === 'live')
  t.match(told, [{ outcome: 'current' }, { outcome: 'current' }], 'start and stop')
})

t.test('a voice at the microphone of the head-end is heard within a second', async (t) => {
  const { story, recording } = await withMusic(t, 60_000)
  const studio = await startVirtualCard()
  t.teardown(() => studio.dispose())
  const live = start(
    t,
    HEADEND,
    [
      'live',
      '--mic',
      'pulse:card.monitor',
      '--title',
      'Chủ tịch xã',
      '--listen',
      '127.0.0.1:0',
      ...(await homeOf(story)),
    ],
    studio.env,
  )
  await until('the box plays the announcement', () => isPlaying(story, 'live:'))
  const heardInStudio = await studio.record()
  const voice = voiceFile(story, 2_000)
  const speaking = spawn('paplay', [voice], { env: studio.env, stdio: 'ignore' })
  await new Promise((resolve) => speaking.once('close', resolve))
  await recording.reach(Date.now() + 1_500)
  live.child.kill('SIGINT')
  t.equal(await live.ended, 0)
  t.match(live.out(), 'It is over.')
  await until('the music is back', () => isPlaying(story, 'music'))
  await heardInStudio.stop()
  await recording.stop()
  const [said] = findTone(heardInStudio.pcm(), { frequencyHz: VOICE_HZ })
  const heard = heardMs(recording, VOICE_HZ)
  const [first] = heard.parts
  if (said === undefined || first === undefined) throw new Error('the voice is not in the recording')
  const delayMs = recording.wallAt(first.startMs) - heardInStudio.wallAt(said.startMs)
  t.comment(`heard ${delayMs.toFixed(0)} ms after it was said`)
  t.ok(delayMs > 0 && delayMs < 1_000, `heard ${delayMs.toFixed(0)} ms after it was said`)
  t.ok(Math.abs(heard.totalMs - 2_000) < 150, `and whole: ${heard.totalMs} ms`)
})

t.test('a head-end that dies in the middle of an announcement leaves no box silent', async (t) => {
  const { story, recording } = await withMusic(t, 60_000)
  const live = start(
    t,
    HEADEND,
    ['live', '--from', voiceFile(story, 60_000), '--listen', '127.0.0.1:0', ...(await homeOf(story))],
    {},
  )
  await until('the box plays the announcement', () => isPlaying(story, 'live:'))
  await recording.reach(Date.now() + 3_000)
  live.child.kill('SIGKILL')
  await live.ended
  await until('the music is back', () => isPlaying(story, 'music'), 40_000)
  const [, announcement] = cabinetRecords(story)
  t.match(announcement, { ended: 'finished', trigger: { kind: 'live' } })
  await recording.stop()
  const lastVoice = heardMs(recording, VOICE_HZ).parts.at(-1)
  const music = heardMs(recording, MUSIC_HZ).parts.at(-1)
  if (lastVoice === undefined || music === undefined) throw new Error('voice or music is not in the recording')
  const goneMs = music.startMs - lastVoice.endMs
  t.ok(goneMs > 8_000 && goneMs < 14_000, `the music went on ${goneMs.toFixed(0)} ms after the last word`)
})

const PASSPHRASE = 'một hai ba bốn'

/** A file for the official of this hamlet, unless something is wrong with it on purpose. */
const speakerIn = async (story: Story, wrong: Partial<SpeakerWish> = {}, root = story.root): Promise<string> => {
  const { file } = await makeSpeakerFile(root, {
    issuer: 'truong-thon-5',
    area: AREA,
    from: wallMs(Date.now() - DAY_MS),
    until: wallMs(Date.now() + DAY_MS),
    passphrase: PASSPHRASE,
    file: join(story.folder, `speaker-${Math.random().toString(36).slice(2)}.jwe`),
    ...wrong,
  })
  return file
}

t.test('an official speaks at the box with a sealed key; Ctrl-C ends it, and the music goes on', async (t) => {
  const { story, recording } = await withMusic(t, 40_000)
  const args = ['live', '--from', voiceFile(story, 30_000), '--title', 'Trưởng thôn', '--settings', story.settingsFile]
  const live = start(t, LOA, [...args, '--speaker', await speakerIn(story)], {}, `${PASSPHRASE}\n`)
  await until('the box plays the announcement', () => isPlaying(story, 'live:'))
  await until('the speaker sees it', () => live.out().includes('heard on cabinet'))
  const voiceSoFar = Date.now() + 1_000
  await recording.reach(voiceSoFar)
  live.child.kill('SIGINT')
  t.equal(await live.ended, 0)
  t.match(live.out(), /You may speak: “Trưởng thôn”[^]*It is over\./)
  t.notMatch(live.out(), PASSPHRASE)
  await until('the music is back', () => isPlaying(story, 'music'))
  await recording.stop()
  t.ok(heardMs(recording, VOICE_HZ).totalMs > 1_000, 'the voice was heard')
  await until('the record is at the head-end', () => cabinetRecords(story).length >= 2)
  t.match(cabinetRecords(story)[1], { issuer: 'truong-thon-5', title: 'Trưởng thôn', trigger: { kind: 'live' } })
  t.match(
    story.acknowledgements().filter(({ issuer }) => issuer === 'truong-thon-5'),
    [{ outcome: 'current' }, { outcome: 'current' }],
    'the head-end is told as of any other message',
  )
})

t.test('an official speaks at the box over the music, which goes on below', async (t) => {
  const { story, recording } = await withMusic(t, 20_000)
  const args = ['live', '--from', voiceFile(story, 3_000), '--over', '--settings', story.settingsFile]
  const live = start(t, LOA, [...args, '--speaker', await speakerIn(story)], {}, `${PASSPHRASE}\n`)
  t.equal(await live.ended, 0, live.out())
  t.match(live.out(), 'heard on cabinet', 'the speaker sees it')
  await until('the records are at the head-end', () => cabinetRecords(story).length >= 2, 40_000)
  await recording.stop()
  const voice = heardMs(recording, VOICE_HZ)
  t.ok(Math.abs(voice.totalMs - 3_000) < 150, `the voice is heard whole: ${voice.totalMs} ms`)
  const ofMusic = cabinetRecords(story).filter(({ programmeId }) => programmeId.startsWith('music'))
  t.match(ofMusic, [{ ended: 'finished' }], 'the music was not interrupted')
})

t.test('nobody speaks at the box without a right to', async (t) => {
  const story = await openStory(t, { display: false })
  const recording = await story.card?.record()
  const args = ['live', '--from', voiceFile(story, 5_000), '--settings', story.settingsFile]
  const absent = start(t, LOA, [...args, '--speaker', await speakerIn(story)], {}, `${PASSPHRASE}\n`)
  t.equal(await absent.ended, 1)
  t.match(absent.out(), 'The agent is not running')
  story.startAgent()
  await until('the box is born', () => story.states().some(({ state }) => state === 'online'))
  const tryWith = async (
    claim: string,
    speaker: string,
    says: RegExp,
    passphrase = PASSPHRASE,
    more: string[] = [],
  ) => {
    const live = start(t, LOA, [...args, '--speaker', speaker, ...more], {}, `${passphrase}\n`)
    t.equal(await live.ended, 1, claim)
    t.match(live.out().replaceAll(/\s+/g, ' '), says, claim)
  }
  await tryWith('a wrong passphrase', await speakerIn(story), /passphrase is wrong, or .* was changed/, 'một hai ba')
  await tryWith('in Vietnamese', await speakerIn(story), /Sai mật khẩu, hoặc tệp .* đã bị sửa/, 'x', ['--lang', 'vi'])
  await tryWith('no passphrase', await speakerIn(story), /No passphrase was given/, '')
  await tryWith('no file', '/nowhere/speaker.jwe', /cannot be read \(ENOENT\)/)
  await tryWith('another file', story.settingsFile, /is not a speaker file/)
  const past = { from: wallMs(Date.now() - 2 * DAY_MS), until: wallMs(Date.now() - DAY_MS) }
  await tryWith('one that has ended', await speakerIn(story, past), /The right to speak ended at 20\d\d-/)
  const elsewhere = { area: 'vn/08/02216' }
  await tryWith('one for another place', await speakerIn(story, elsewhere), /one may speak in vn\/08\/02216; this box/)
  const other = await readRootKey((await makeRootKey(join(story.folder, 'other'))).file)
  await tryWith('a forged one', await speakerIn(story, {}, other), /refused it: this box does not know the key/)
  await tryWith('an unknown loudspeaker', await speakerIn(story), /no loudspeaker named “x”/, PASSPHRASE, [
    '--outputs',
    'x',
  ])
  t.match(
    story.acknowledgements().filter(({ kind }) => kind === 'live'),
    [{ outcome: 'refused', reason: 'unknown-key' }],
    'the head-end hears of the forgery',
  )
  await recording?.stop()
  t.equal(recording === undefined ? null : heardMs(recording, VOICE_HZ).totalMs, 0, 'and nothing was heard')
})
