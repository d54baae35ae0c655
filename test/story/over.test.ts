/** An announcement over the morning music, heard: sent from the head-end, measured at the card, written down at the head-end. */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Recording } from '../../scripts/bench-parts/sound.ts'
import { findTone, toDb, tonePcm, toneAmplitude, wavOf } from '../../scripts/bench-parts/tone.ts'
import { COMMUNE, openStory, until, type Story } from '../fixtures/story-bench.ts'

const HEADEND = fileURLToPath(new URL('../../scripts/head-end/main.js', import.meta.url))
/** Far enough apart to be told from each other. */
const MUSIC_HZ = 800
const WORDS_HZ = 2_000
/** Long enough for an order that a busy machine sends late. */
const MUSIC_MS = 40_000
const WORDS_MS = 6_000
/** Both are so far below full scale, so that they fit beside each other. */
const TONE_DB = -12
const FADE_MS = 300

const toneFile = (story: Story, name: string, frequencyHz: number, durationMs: number): string => {
  story.file(name, wavOf(tonePcm({ frequencyHz, durationMs, levelDb: TONE_DB })))
  return name
}

/** `headend command play …` as a person types it; resolves with what it printed. */
const headend = async (story: Story, args: string[]): Promise<string> => {
  const home = join(story.folder, 'home')
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'head-end.yaml'), `area: ${COMMUNE}\nissuer: commune\n`)
  const { ca, certificate, key } = await story.broker.issueClient('headend')
  const issuerKey = join(story.folder, 'keys', 'issuer-commune.private.json')
  const line = [
    '--broker',
    story.broker.url,
    '--ca',
    ca,
    '--cert',
    certificate,
    '--key',
    key,
    '--issuer-key',
    issuerKey,
  ]
  const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C.UTF-8' }
  delete env['NODE_OPTIONS']
  const child = spawn(process.execPath, [HEADEND, ...args, '--home', home, ...line, '--to', `area:${COMMUNE}`], { env })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (out += text))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`headend ${args.join(' ')}: ${out}`)
  return out
}

/** The level of a tone in dBFS, so long after a moment of the recording: the middle one of three short looks. */
const levelAt = (recording: Recording, frequencyHz: number, atMs: number): number => {
  const looks = [-50, 0, 50].map((offMs) => {
    const frame = Math.round((atMs + offMs - 20) * 48)
    return toDb(toneAmplitude(recording.pcm(), frequencyHz, frame, 40 * 48))
  })
  return looks.sort((one, other) => one - other)[1] ?? Number.NaN
}

t.test('a notice is heard over the music, which goes on below it and comes back', async (t) => {
  const story = await openStory(t, { display: false })
  const { card } = story
  if (card === null) throw new Error('no card')
  const recording = await card.record()
  story.startAgent()
  await until('the box is born', () => story.states().some(({ cause }) => cause === 'birth'))
  const begin = story.moment(12_000)
  const [music, words] = [
    toneFile(story, 'music.wav', MUSIC_HZ, MUSIC_MS),
    toneFile(story, 'words.wav', WORDS_HZ, WORDS_MS),
  ]
  // The file of the notice is on the box beforehand, as a chime or a notice of every day is.
  await story.publish([{ id: 'music', title: 'Nhạc', on: begin.local, items: [{ sound: music }] }], [words])
  await until('the music plays', () => story.heartbeats().at(-1)?.outputs[0]?.playing?.programmeId === 'music')
  await until('it has played for a while', () => (story.heartbeats().at(-1)?.outputs[0]?.playing?.heardMs ?? 0) > 3_000)
  const file = join(story.folder, 'media', words)
  const order = ['command', 'play', '--title', 'Mời họp', '--priority', 'priority', '--sound', file]
  t.match(await headend(story, [...order, '--over', '--duck-db', '-20', '--fade', `${FADE_MS}ms`]), /published/)
  await until('both are on', () => story.heartbeats().at(-1)?.outputs[0]?.over?.title === 'Mời họp')
  t.equal(story.heartbeats().at(-1)?.outputs[0]?.playing?.programmeId, 'music', 'and the music is what is on')
  await until('both are written down', () => story.records().length >= 2, MUSIC_MS + 20_000)
  await recording.stop()

  const [spoken, below] = story.records()
  t.equal(story.records().length, 2, 'the music is one record')
  t.match(spoken, { title: 'Mời họp', ended: 'finished', heardMs: WORDS_MS, over: { duckDb: -20, fadeMs: FADE_MS } })
  t.match(below, { programmeId: 'music', ended: 'finished', offsetMs: 0 })
  // A programme that a busy machine begins late joins where it should be by then.
  t.ok(MUSIC_MS - (below?.heardMs ?? 0) < 300, `the music was played whole: ${below?.heardMs} ms`)
  t.equal(spoken?.over?.recordId, below?.recordId)
  t.match(below?.turnedDown, [{ recordId: spoken?.recordId, duckDb: -20 }])

  const said = findTone(recording.pcm(), { frequencyHz: WORDS_HZ, thresholdDb: -20 })
  const [first] = said
  const last = said.at(-1)
  if (first === undefined || last === undefined) throw new Error('the notice was not heard')
  const saidMs = last.endMs - first.startMs
  t.ok(Math.abs(saidMs - WORDS_MS) < 150, `the notice is heard whole: ${saidMs} ms`)
  const own = levelAt(recording, MUSIC_HZ, first.startMs - 1_000)
  const notice = levelAt(recording, WORDS_HZ, first.startMs + WORDS_MS / 2)
  const under = levelAt(recording, MUSIC_HZ, first.startMs + WORDS_MS / 2)
  const back = levelAt(recording, MUSIC_HZ, last.endMs + FADE_MS + 700)
  t.comment(
    `music ${own.toFixed(1)} dBFS; below ${under.toFixed(1)}, notice ${notice.toFixed(1)}; back ${back.toFixed(1)}`,
  )
  const levelOf = (record: typeof spoken) => TONE_DB + (record?.gainDb ?? 0) + (record?.levellingDb ?? 0)
  t.ok(Math.abs(own - levelOf(below)) < 1.5, 'the music is heard at its own level')
  t.ok(Math.abs(notice - levelOf(spoken)) < 1.5, 'and so is the notice')
  t.ok(Math.abs(own - back) < 1, 'the music is as loud after as before')
  t.ok(Math.abs(under - (own - 20)) < 1.5, 'and 20 dB below that under the notice')
  const [span] = below?.turnedDown ?? []
  const spanMs = (span?.untilMs ?? 0) - (span?.fromMs ?? 0)
  t.ok(Math.abs(spanMs - WORDS_MS) < 150, `its record tells of ${spanMs} ms`)
  const heard = findTone(recording.pcm(), { frequencyHz: MUSIC_HZ, thresholdDb: -50 })
  const heardMs = (heard.at(-1)?.endMs ?? 0) - (heard[0]?.startMs ?? 0)
  t.ok(Math.abs(heardMs - MUSIC_MS) < 300, `it lasts as long as ever: ${heardMs} ms`)
})
