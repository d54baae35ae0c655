/** What a box hears of itself, on a real sound daemon: the card's monitor is the microphone. */
import t from 'tap'
import { mixed, music, rain, rms, scaled } from '../../../scripts/hearing-trials/signals.ts'
import { openEarBench, playBeside, speechWav, VOICES } from '../../fixtures/ear-bench.ts'
import { eventually, listen } from '../../fixtures/sound-bench.ts'

const SPEECH_SECONDS = 40

const int16 = (samples: Float32Array): Int16Array =>
  Int16Array.from(samples, (sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 32_767))

/** A second in which a busy machine lost its place is too quiet; the middle one is not. */
const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

/** The same sequence in every run. */
const chance = (() => {
  let state = 12_345
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
})()

t.test('what plays is heard, muted it is not, and at −40 dB it is heard that much quieter', async (t) => {
  const bench = await openEarBench(t)
  const { card, sounds, listened, lookFor } = bench
  listened.play('speech', sounds.add('speech.wav', speechWav(0, SPEECH_SECONDS)))
  await listened.started('speech')

  const heard = await lookFor('it is heard', ({ verdict }) => verdict === 'heard', 5)
  const levelDb = middle(heard.map((look) => look.levelDb ?? 99))
  t.ok(Math.abs(levelDb) < 1.5, `as loud as it was sent: ${levelDb} dB`)
  const delayMs = middle(heard.map((look) => look.delayMs ?? 999))
  t.ok(delayMs > -250 && delayMs < 300, `at once: ${delayMs} ms`)
  t.ok(
    heard.every(({ confidence }) => confidence > 0.6),
    'sure of it',
  )

  card.control(['set-sink-mute', 'card', '1'])
  // A look at the moment of muting has both in it, and may find nothing of what plays in the little that was captured.
  await lookFor('nothing at all is captured', ({ verdict, captureDb }) => verdict === 'not-heard' && captureDb < -85)

  card.control(['set-sink-mute', 'card', '0'])
  card.control(['set-sink-volume', 'card', '-40dB'])
  const isQuiet = (levelDb: number | null) => levelDb !== null && Math.abs(levelDb + 40) < 1.5
  const quiet = await lookFor('it is 40 dB quieter', ({ verdict, levelDb }) => verdict === 'heard' && isQuiet(levelDb))
  t.ok(quiet.every(({ delayMs }) => delayMs !== null))
})

t.test('what plays is heard in noise as loud as itself', async (t) => {
  const bench = await openEarBench(t)
  const { card, sounds, listened, lookFor } = bench
  const [speech] = VOICES
  const loudness = rms(speech!)
  const noise = rain(8_000 * 60, chance)
  playBeside(t, card, 'card', int16(scaled(noise, loudness / rms(noise))))
  listened.play('speech', sounds.add('speech.wav', speechWav(0, SPEECH_SECONDS)))
  const heard = await lookFor('it is heard', ({ verdict }) => verdict === 'heard', 8)
  const levelDb = middle(heard.map((look) => look.levelDb ?? 99))
  t.ok(Math.abs(levelDb) < 2, `as loud as it was sent: ${levelDb} dB`)
  t.equal(bench.looks.filter(({ verdict }) => verdict === 'not-heard').length, 0)
})

t.test('of two zones on one card each is heard among the other, by an ear that hears both', async (t) => {
  const bench = await openEarBench(t, { channels: 'left' })
  const { sounds, listened, lookFor } = bench
  const right = listen(t, bench, { id: 'yard', channels: 'right' })
  await right.ready()
  right.play('other', sounds.add('other.wav', speechWav(1, SPEECH_SECONDS)))
  listened.play('speech', sounds.add('speech.wav', speechWav(0, SPEECH_SECONDS)))
  const heard = await lookFor('it is heard', ({ verdict }) => verdict === 'heard', 8)
  const levelDb = middle(heard.map((look) => look.levelDb ?? 99))
  // Captured in mono, each channel is half of what comes.
  t.ok(Math.abs(levelDb + 6) < 2, `as loud as it was sent: ${levelDb} dB`)
  t.equal(bench.looks.filter(({ verdict }) => verdict === 'not-heard').length, 0)
})

t.test('another programme on another card is not taken for what plays', async (t) => {
  const bench = await openEarBench(t, { device: 'other', sources: { other: 'other.monitor' } })
  const { card, sounds, listened, lookFor } = bench
  card.control(['load-module', 'module-null-sink', 'sink_name=other', 'rate=48000'])
  const [, voice] = VOICES
  playBeside(t, card, 'other', int16(mixed(voice!, scaled(music(60, chance), 0.3))))
  listened.play('speech', sounds.add('speech.wav', speechWav(0, SPEECH_SECONDS)))
  const missed = await lookFor('it is not heard', ({ verdict }) => verdict === 'not-heard', 6)
  t.ok(
    missed.every(({ captureDb }) => captureDb > -60),
    'though there is sound',
  )
  t.equal(bench.looks.filter(({ verdict }) => verdict === 'heard').length, 0)
})

t.test('a capture source that is not there is told as such, and says nothing of the horn', async (t) => {
  const bench = await openEarBench(t, { device: 'absent', sources: { absent: 'nowhere.monitor' } })
  const { sounds, listened, events, card } = bench
  listened.play('speech', sounds.add('speech.wav', speechWav(0, 30)))
  await eventually('it is told', () => events.some((event) => event.kind === 'capture' && event.fault !== null))
  const fault = events.flatMap((event) => (event.kind === 'capture' && event.fault !== null ? [event.fault] : []))[0]
  t.match(fault, /the capture source "absent" gives nothing: arecord ended/)
  t.same(bench.looks, [])
  card.control(['load-module', 'module-null-sink', 'sink_name=nowhere'])
  await eventually('it is there', () => events.some((event) => event.kind === 'capture' && event.fault === null))
  t.pass('and it is taken up when it comes')
})
