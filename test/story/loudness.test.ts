/** Two files mastered 20 dB apart, from the head-end to the monitor of the card: the village hears no difference. */
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { ffmpeg, lufsOf, speechAt } from '../fixtures/loudness.ts'
import { openStory, until } from '../fixtures/story-bench.ts'

const SPEECH_MS = 8_000

t.test('a whisper and a shout are heard within 1 LU of each other; what was measured is kept', async (t) => {
  const story = await openStory(t, { display: false })
  const { card } = story
  if (card === null) throw new Error('no bench')
  const made = t.testdir()
  const files = [-36, -16].map((lufs) => {
    const { file } = speechAt(made, lufs)
    const cut = join(made, `${lufs}.flac`)
    ffmpeg('-i', file, '-t', String(SPEECH_MS / 1_000), '-sample_fmt', 's16', cut)
    return { cut, name: story.file(`speech${lufs}.flac`, readFileSync(cut)) }
  })
  const apart = lufsOf(files[1]?.cut ?? '') - lufsOf(files[0]?.cut ?? '')
  t.ok(Math.abs(apart - 20) < 0.3, `mastered ${apart} LU apart`)

  const agent = story.startAgent()
  await until('the box is born', () => story.states().some(({ cause }) => cause === 'birth'))
  await story.publish(
    [],
    files.map(({ name }) => name),
  )
  await until('both are measured', () => agent.log().split('"msg":"measured"').length === 3)
  const recording = await card.record()
  const start = story.moment(5_000)
  await story.publish([
    { id: 'news', title: 'Bản tin', on: start.local, items: files.map(({ name }) => ({ sound: name })) },
  ])
  await recording.reach(start.wall + 2 * SPEECH_MS + 500)
  await recording.stop()
  await until('both records are at the head-end', () => story.records().length >= 2, 40_000)

  const heard = join(made, 'heard.wav')
  recording.save(heard)
  const fromSeconds = recording.msAt(start.wall) / 1_000
  const middle = fromSeconds + SPEECH_MS / 1_000
  const whisper = lufsOf(heard, { fromSeconds, untilSeconds: middle })
  const shout = lufsOf(heard, { fromSeconds: middle, untilSeconds: middle + SPEECH_MS / 1_000 })
  t.comment(`heard at ${whisper} and ${shout} LUFS`)
  t.ok(Math.abs(whisper - shout) <= 1, `${whisper} and ${shout} LUFS`)
  t.ok(Math.abs(whisper + 16) <= 1 && Math.abs(shout + 16) <= 1, 'and at the target')
  const levelling = story
    .records()
    .toSorted((a, b) => a.itemIndex - b.itemIndex)
    .map(({ levellingDb }) => levellingDb ?? NaN)
  t.ok(
    Math.abs((levelling[0] ?? NaN) - 20) <= 0.5 && Math.abs(levelling[1] ?? NaN) <= 0.5,
    `${levelling.join(', ')} dB`,
  )

  t.equal(await agent.end('SIGTERM'), 0)
  const again = story.startAgent()
  await until('it is back', () => again.log().includes('"connected"'))
  await story.publish(
    [],
    files.map(({ name }) => name),
  )
  await until('it took the plan', () => again.log().includes('message accepted'))
  t.equal(await again.end('SIGTERM'), 0)
  t.notMatch(again.log(), /"msg":"measured"/, 'nothing is measured twice')
})
