/** Several sounds at once on one card: passing over into each other, one over the other, and never too much of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { addMs } from '../../../player/plan/time.ts'
import { findTone, toDb, toneAmplitude } from '../../../scripts/bench-parts/tone.ts'
import { listen, openSoundBench, realClock } from '../../fixtures/sound-bench.ts'

test('several sounds on one card', async (suite) => {
  const bench = await openSoundBench(suite)
  const { sounds } = bench
  const recording = await bench.card.record()
  /**
   * The recording, placed by where its first tone was heard to begin instead of by the clock of the recorder: levels of a tone
   * in dBFS of its amplitude, at a moment. The middle one of three short looks, because a busy machine tears a recording.
   */
  const placeBy = (frequencyHz: number, dueAt: number) => {
    const pcm = recording.pcm()
    const dueMs = recording.msAt(dueAt)
    const [tone] = findTone(pcm, { frequencyHz, fromMs: dueMs - 600, toMs: dueMs + 600 })
    if (tone === undefined) throw new Error(`${frequencyHz} Hz was not heard within 0.6 s of its moment`)
    const shiftMs = tone.startMs - dueMs
    return (ofHz: number, wall: number): number => {
      const looks = [-50, 0, 50].map((offMs) => {
        const frame = Math.round((recording.msAt(wall) + shiftMs + offMs - 20) * 48)
        return toDb(toneAmplitude(pcm, ofHz, frame, 40 * 48))
      })
      return looks.sort((one, other) => one - other)[1] ?? Number.NaN
    }
  }
  const isNear = (levelDb: number, wantedDb: number) => Math.abs(levelDb - wantedDb) < 1.5

  await suite.test('one play passes over into the next', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const dueAt = addMs(realClock.wall(), 1_500)
    const nextAt = addMs(dueAt, 2_000)
    horn.play('a', sounds.tone('low.wav', 500, 6_000, -12), { dueAt })
    await horn.started('a')
    horn.play('b', sounds.tone('high.wav', 2_000, 2_500, -12), { dueAt: nextAt, crossfadeMs: 1_000 })
    const before = await horn.ended('a')
    t.equal(before.how, 'stopped')
    t.ok(Math.abs(before.heardMs - 3_000) < 60, `it is heard for ${before.heardMs} ms, to the end of its fade`)
    t.match(await horn.ended('b'), { how: 'finished', heardMs: 2_500 })
    await recording.reach(nextAt + 2_000)
    const levelAt = placeBy(500, dueAt)
    t.ok(isNear(levelAt(500, nextAt - 300), -12), 'before')
    const both = [levelAt(500, nextAt + 500), levelAt(2_000, nextAt + 500)]
    t.ok(
      both.every((level) => isNear(level, -15)),
      `both, in the middle, and together as loud as each alone: ${both.join(', ')} dB`,
    )
    t.ok(levelAt(500, nextAt + 1_400) < -60 && isNear(levelAt(2_000, nextAt + 1_400), -12), 'after')
  })

  await suite.test('what is spoken over a programme turns it down, and gives it back', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const dueAt = addMs(realClock.wall(), 1_500)
    const overAt = addMs(dueAt, 1_500)
    horn.play('music', sounds.tone('music.wav', 500, 6_000, -12), { dueAt, whenLate: 'join' })
    await horn.started('music')
    const over = { duckDb: -20, fadeMs: 200 }
    horn.play('chime', sounds.tone('chime.wav', 2_000, 1_500, -12), { dueAt: overAt, over })
    await horn.started('chime')
    t.match(await horn.ended('chime'), { how: 'finished', heardMs: 1_500 })
    t.match(await horn.ended('music'), { how: 'finished', heardMs: 6_000 })
    await recording.reach(dueAt + 6_800)
    const levelAt = placeBy(500, dueAt)
    t.ok(isNear(levelAt(500, overAt - 300), -12), 'before')
    t.ok(isNear(levelAt(500, overAt + 800), -32) && isNear(levelAt(2_000, overAt + 800), -12), 'under it')
    t.ok(isNear(levelAt(500, overAt + 2_300), -12) && levelAt(2_000, overAt + 2_300) < -60, 'back')
    t.ok(levelAt(500, dueAt + 6_500) < -60, 'and it ends when it would have ended')
  })

  await suite.test('an order that comes at once is heard over what plays, and can be stopped', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const dueAt = addMs(realClock.wall(), 1_500)
    horn.play('music', sounds.tone('music2.wav', 500, 9_000, -12), { dueAt, whenLate: 'join' })
    await horn.started('music')
    await sleep(1_000)
    const over = { duckDb: -Infinity, fadeMs: 50 }
    horn.play('word', sounds.tone('word.wav', 2_000, 8_000, -12), { dueAt: realClock.wall(), over })
    const { at } = await horn.started('word')
    await sleep(1_200)
    const stopAt = realClock.wall()
    horn.output.stop('word', 0)
    t.equal((await horn.ended('word')).how, 'stopped')
    await sleep(1_500)
    horn.output.stop('music', 0)
    t.equal((await horn.ended('music')).how, 'stopped')
    await recording.reach(stopAt + 1_200)
    const levelAt = placeBy(500, dueAt)
    t.ok(levelAt(500, at + 600) < -50 && isNear(levelAt(2_000, at + 600), -12), 'the programme is silent below it')
    t.ok(isNear(levelAt(500, stopAt + 1_000), -12) && levelAt(2_000, stopAt + 1_000) < -60, 'and is back')
  })

  await suite.test('what begins below while something is spoken ends nothing, and is turned down too', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const dueAt = addMs(realClock.wall(), 1_500)
    const overAt = addMs(dueAt, 1_200)
    const nextAt = addMs(dueAt, 2_400)
    horn.play('first', sounds.tone('first.wav', 500, 2_400, -12), { dueAt, whenLate: 'join', below: true })
    await horn.started('first')
    const over = { duckDb: -20, fadeMs: 200 }
    horn.play('spoken', sounds.tone('spoken.wav', 2_000, 3_600, -12), { dueAt: overAt, over })
    horn.play('second', sounds.tone('second.wav', 700, 3_600, -12), { dueAt: nextAt, whenLate: 'join', below: true })
    t.match(await horn.ended('first'), { how: 'finished' })
    t.match(await horn.ended('spoken'), { how: 'finished', heardMs: 3_600 }, 'it is heard whole')
    t.match(await horn.ended('second'), { how: 'finished' })
    await recording.reach(nextAt + 4_200)
    const levelAt = placeBy(500, dueAt)
    t.ok(isNear(levelAt(500, overAt + 600), -32) && isNear(levelAt(2_000, overAt + 600), -12), 'the first, below')
    const both = [levelAt(700, nextAt + 900), levelAt(2_000, nextAt + 900)]
    t.ok(isNear(both[0] ?? 0, -32) && isNear(both[1] ?? 0, -12), `the second, below: ${both.join(', ')} dB`)
    t.ok(isNear(levelAt(700, nextAt + 3_100), -12) && levelAt(2_000, nextAt + 3_100) < -60, 'and back')
  })

  await suite.test('a second announcement that comes at once ends the first, and the programme goes on', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const dueAt = addMs(realClock.wall(), 1_500)
    horn.play('music', sounds.tone('music4.wav', 500, 6_000, -12), { dueAt, whenLate: 'join', below: true })
    await horn.started('music')
    const over = { duckDb: -20, fadeMs: 100 }
    horn.play('one', sounds.tone('one.wav', 2_000, 8_000, -12), { dueAt: realClock.wall(), over })
    await horn.started('one')
    await sleep(800)
    horn.play('two', sounds.tone('two.wav', 3_000, 1_500, -12), { dueAt: realClock.wall(), over })
    const { at } = await horn.started('two')
    t.equal((await horn.ended('one')).how, 'stopped')
    t.match(await horn.ended('two'), { how: 'finished', heardMs: 1_500 })
    t.equal((await horn.ended('music')).how, 'finished')
    await recording.reach(dueAt + 6_800)
    const levelAt = placeBy(500, dueAt)
    const [two, one] = [levelAt(3_000, at + 700), levelAt(2_000, at + 700)]
    t.ok(isNear(two, -12) && one < -60, `one after the other: ${two}, ${one} dB`)
    t.ok(isNear(levelAt(500, at + 700), -32) && isNear(levelAt(500, at + 2_300), -12), 'below both, and back')
  })

  await suite.test('an alert ends what is spoken over a programme, and nothing turns it down', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const dueAt = addMs(realClock.wall(), 1_500)
    horn.play('music', sounds.tone('music3.wav', 500, 9_000, -12), { dueAt, whenLate: 'join' })
    await horn.started('music')
    const over = { duckDb: -30, fadeMs: 50 }
    horn.play('word', sounds.tone('word2.wav', 2_000, 8_000, -12), { dueAt: realClock.wall(), over })
    await horn.started('word')
    await sleep(800)
    horn.play('alert', sounds.tone('alert.wav', 3_000, 2_000, -12), { dueAt: realClock.wall() })
    const { at } = await horn.started('alert')
    t.equal((await horn.ended('word')).how, 'stopped')
    t.equal((await horn.ended('music')).how, 'stopped')
    t.match(await horn.ended('alert'), { how: 'finished', heardMs: 2_000 })
    await recording.reach(at + 2_200)
    const levelAt = placeBy(500, dueAt)
    t.ok(isNear(levelAt(3_000, at + 600), -12), 'at its own level')
    t.ok(levelAt(2_000, at + 600) < -60 && levelAt(500, at + 600) < -60, 'and alone')
  })

  await suite.test('two loud sounds at once are no louder than the ceiling', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const dueAt = addMs(realClock.wall(), 1_500)
    horn.play('a', sounds.tone('loud.wav', 500, 3_000, 0), { dueAt })
    await horn.started('a')
    const over = { duckDb: 0, fadeMs: 5 }
    horn.play('b', sounds.tone('loud2.wav', 700, 1_500, 0), { dueAt: addMs(dueAt, 800), over })
    await horn.ended('b')
    await horn.ended('a')
    await recording.reach(dueAt + 3_200)
    const { samples } = recording.pcm()
    const from = Math.round(recording.msAt(dueAt + 900) * 48) * 2
    const loudest = samples.subarray(from, from + 48_000 * 2).reduce((most, one) => Math.max(most, Math.abs(one)), 0)
    t.ok(toDb(loudest / 32_768) <= -0.9, `${toDb(loudest / 32_768).toFixed(2)} dBFS`)
    t.ok(toDb(loudest / 32_768) > -2, 'and hardly less')
  })
})
