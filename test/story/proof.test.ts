/** Proof of sound, end to end on real parts: what the street hears goes into the records, and what it does not raises alarms. */
import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { rain, rms, scaled } from '../../scripts/hearing-trials/signals.ts'
import { playBeside, speechWav, VOICES } from '../fixtures/ear-bench.ts'
import { openStory, until, type Story } from '../fixtures/story-bench.ts'

const SECONDS = 18
/** From the end of one programme to the beginning of the next: what it was heard with is changed meanwhile. */
const APART_MS = 6_000

/** The cabinet gets a microphone: the monitor of its card is where ALSA's default captures. */
const giveEar = ({ settingsFile }: Story) => {
  const settings = parse(readFileSync(settingsFile, 'utf8')) as { outputs: Record<string, unknown>[] }
  const outputs = settings.outputs.map((output) =>
    output['medium'] === 'sound' ? { ...output, capture: { device: 'default', gainDb: 0 } } : output,
  )
  writeFileSync(settingsFile, stringify({ ...settings, outputs }))
}

const noiseOf = (loudness: number, seconds: number): Int16Array => {
  let state = 99
  const noise = rain(seconds * 8_000, () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647)
  return Int16Array.from(scaled(noise, loudness / rms(noise)), (sample) =>
    Math.round(Math.max(-1, Math.min(1, sample)) * 32_767),
  )
}

t.test('normal, muted, 40 dB too quiet, in noise as loud as itself', async (t) => {
  const story = await openStory(t, { display: false })
  const { card } = story
  if (card === null) throw new Error('no card')
  giveEar(story)
  const speech = story.file('speech.wav', speechWav(0, SECONDS))
  story.startAgent()
  await until('the box is born', () => story.states().some(({ state }) => state === 'online'))
  const first = story.moment(7_000)
  const startOf = (index: number) => first.wall + index * (SECONDS * 1_000 + APART_MS)
  const localOf = (index: number) =>
    new Date(startOf(index) + 7 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
  const names = ['normal', 'muted', 'quiet', 'noise']
  await story.publish(
    names.map((id, index) => ({ id, title: id, on: localOf(index), items: [{ sound: speech, for: `${SECONDS}s` }] })),
  )
  const alarms = () => (story.heartbeats().at(-1)?.faults ?? []).map(({ code, detail }) => ({ code, detail }))
  const alarm = (code: string) => alarms().find((fault) => fault.code === code)
  const recordOf = (id: string) => story.records().find(({ programmeId }) => programmeId === id)
  const ended = async (id: string) => {
    await until(`the record of "${id}" is at the head-end`, () => recordOf(id) !== undefined, 60_000)
    return recordOf(id)?.heard
  }

  const normal = await ended('normal')
  t.equal(normal?.verdict, 'heard')
  t.ok(Math.abs(normal?.levelDb ?? 99) < 1.5, `at its level: ${normal?.levelDb} dB`)
  t.ok(Math.abs(normal?.delayMs ?? 999) < 250, `${normal?.delayMs} ms`)
  t.ok((normal?.looks ?? 0) >= SECONDS / 2, `most seconds were compared: ${normal?.looks}`)
  t.same(alarms(), [])

  card.control(['set-sink-mute', 'card', '1'])
  await until('a muted mixer is an alarm', () => alarm('not-heard') !== undefined)
  t.equal(recordOf('muted'), undefined, 'before the programme is over')
  t.match(alarm('not-heard')?.detail, /no sound at all: a muted mixer/)
  t.match(await ended('muted'), { verdict: 'not-heard', levelDb: null, delayMs: null })

  card.control(['set-sink-mute', 'card', '0'])
  card.control(['set-sink-volume', 'card', '-40dB'])
  await until('it is heard again', () => alarm('not-heard') === undefined)
  await until('a wrong gain is an alarm', () => alarm('heard-level') !== undefined)
  t.equal(recordOf('quiet'), undefined, 'before the programme is over')
  t.match(alarm('heard-level')?.detail, /heard 40 dB quieter than calibrated/)
  const quiet = await ended('quiet')
  t.equal(quiet?.verdict, 'heard')
  t.ok(Math.abs((quiet?.levelDb ?? 0) + 40) < 2, `${quiet?.levelDb} dB`)

  card.control(['set-sink-volume', 'card', '0dB'])
  playBeside(t, card, 'card', noiseOf(rms(VOICES[0]!), 40))
  const noise = await ended('noise')
  t.equal(noise?.verdict, 'heard')
  t.ok(Math.abs(noise?.levelDb ?? 99) < 2, `at its level in the noise: ${noise?.levelDb} dB`)
  await until('nothing is wrong any more', () => alarms().length === 0)
  t.match(story.heartbeats().at(-1)?.outputs[0]?.heard, { verdict: 'heard' })
})
