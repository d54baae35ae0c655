/** An output on a card that runs at 44.1 kHz, to which nothing is resampled on the way. */
import { test } from 'tap'
import { addMs } from '../../../player/plan/time.ts'
import { findTone, toDb, toneAmplitude, tonePcm } from '../../../scripts/bench-parts/tone.ts'
import { listen, openSoundBench, realClock, wavPlayable } from '../../fixtures/sound-bench.ts'

test('on a card of 44.1 kHz', async (suite) => {
  const rateHz = 44_100
  const bench = await openSoundBench(suite, rateHz)
  const recording = await bench.card.record()
  for (const [name, fileHz] of [
    ['of its own rate', 44_100],
    ['of 48 kHz', 48_000],
  ] as const)
    await suite.test(`a tone of a file ${name} has its pitch, its level, its moment and its length`, async (t) => {
      const horn = listen(t, bench)
      await horn.ready()
      const dueAt = addMs(realClock.wall(), 4_000)
      const tone = tonePcm({ frequencyHz: 1_000, durationMs: 4_000, levelDb: -12, rate: fileHz })
      horn.play('a', wavPlayable(bench.sounds, `${fileHz}.wav`, tone), { dueAt })
      const ended = await horn.ended('a')
      t.match(ended, { how: 'finished', fault: null, heardMs: 4_000 })
      // PulseAudio mixes in steps of 220 frames, into which no period of 44.1 kHz divides: where it is may not be told by it.
      t.comment(`the card tells where it is: ${JSON.stringify(ended.late)}`)
      await recording.reach(dueAt + 4_500)
      const pcm = recording.pcm()
      t.equal(pcm.rate, rateHz)
      const [heard, ...others] = findTone(pcm, {
        frequencyHz: 1_000,
        fromMs: recording.msAt(addMs(dueAt, -1_000)),
        toMs: recording.msAt(addMs(dueAt, 4_500)),
      })
      t.strictSame(others, [], 'once, without a gap')
      const lateMs = recording.wallAt(heard!.startMs) - dueAt
      t.ok(Math.abs(lateMs) < 100, `starts ${lateMs.toFixed(1)} ms late`)
      t.ok(Math.abs(heard!.endMs - heard!.startMs - 4_000) < 10, `lasts ${heard!.endMs - heard!.startMs} ms`)
      const middle = Math.round(((heard!.startMs + 2_000) * rateHz) / 1_000)
      for (const side of [0, 1]) {
        const level = toDb(toneAmplitude(pcm, 1_000, middle, rateHz / 10, side))
        t.ok(Math.abs(level + 12) < 0.1, `${level.toFixed(2)} dBFS at 1 kHz`)
      }
    })
})
