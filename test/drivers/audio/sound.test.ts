import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { addMs, wallMs } from '../../../player/plan/time.ts'
import type { Recording } from '../../../scripts/bench-parts/sound.ts'
import { findTone, joinPcm, levelDb, tonePcm } from '../../../scripts/bench-parts/tone.ts'
import { eventually, listen, openSoundBench, realClock, wavPlayable } from '../../fixtures/sound-bench.ts'

/** Generous: these ask whether it is right, the benchmarks ask how fast. */
const ON_TIME_MS = 100

/** Stretches of a tone, as wall time. */
const heard = (recording: Recording, frequencyHz: number, fromWall: number, toWall: number) =>
  findTone(recording.pcm(), {
    frequencyHz,
    fromMs: Math.max(0, recording.msAt(fromWall)),
    toMs: recording.msAt(toWall),
  })
    .map(({ startMs, endMs }) => ({ startAt: recording.wallAt(startMs), endAt: recording.wallAt(endMs) }))
    // Where another tone is cut hard, a click holds every frequency for a few milliseconds.
    .filter(({ startAt, endAt }) => endAt - startAt > 30)

test('sound on a virtual card', async (suite) => {
  const bench = await openSoundBench(suite)
  const { sounds } = bench
  const recording = await bench.card.record()

  await suite.test('the right tone sounds at its moment, whole', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const dueAt = addMs(realClock.wall(), 1_500)
    horn.play('a', sounds.tone('800.wav', 800, 700), { dueAt })
    const ended = await horn.ended('a')
    t.match(ended, { how: 'finished', fault: null, heardMs: 700 })
    await recording.reach(dueAt + 1_200)
    const [tone, ...others] = heard(recording, 800, dueAt - 1_000, dueAt + 1_200)
    t.strictSame(others, [], 'once')
    t.ok(Math.abs(tone!.startAt - dueAt) < ON_TIME_MS, `starts ${Math.round(tone!.startAt - dueAt)} ms late`)
    t.ok(Math.abs(tone!.endAt - tone!.startAt - 700) < 15, `lasts ${Math.round(tone!.endAt - tone!.startAt)} ms`)
    const { at } = await horn.started('a')
    t.ok(Math.abs(at - tone!.startAt) < ON_TIME_MS, 'started says when it was heard')
  })

  await suite.test('the last 50 ms of a clip are heard', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const body = tonePcm({ frequencyHz: 600, durationMs: 450 })
    const tail = tonePcm({ frequencyHz: 2_400, durationMs: 50 })
    const dueAt = addMs(realClock.wall(), 1_000)
    horn.play('a', wavPlayable(sounds, 'tail.wav', joinPcm([body, tail])), { dueAt })
    t.equal((await horn.ended('a')).how, 'finished')
    await recording.reach(dueAt + 900)
    const [found] = heard(recording, 2_400, dueAt, dueAt + 900)
    t.ok(found !== undefined && Math.abs(found.endAt - found.startAt - 50) < 12, 'all of the tail')
  })

  await suite.test('the latency of the card is allowed for', async (t) => {
    const horn = listen(t, bench, { latencyMs: 300 })
    await horn.ready()
    const dueAt = addMs(realClock.wall(), 1_500)
    horn.play('a', sounds.tone('900.wav', 900, 300), { dueAt })
    await horn.ended('a')
    await recording.reach(dueAt + 500)
    const [tone] = heard(recording, 900, dueAt - 1_000, dueAt + 500)
    t.ok(Math.abs(tone!.startAt - (dueAt - 300)) < ON_TIME_MS, 'it leaves the card so much earlier')
    const { at } = await horn.started('a')
    t.ok(Math.abs(at - dueAt) < ON_TIME_MS, 'and started is when the horn sounds')
  })

  await suite.test('a play starts at its offset and ends at its length', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const whole = [1_000, 1_500, 2_000].map((frequencyHz) => tonePcm({ frequencyHz, durationMs: 400 }))
    const dueAt = addMs(realClock.wall(), 1_000)
    horn.play('a', wavPlayable(sounds, 'three.wav', joinPcm(whole)), { dueAt, offsetMs: 400, lengthMs: 400 })
    t.match(await horn.ended('a'), { how: 'finished', heardMs: 400 })
    await recording.reach(dueAt + 900)
    const span = (frequencyHz: number) => heard(recording, frequencyHz, dueAt - 500, dueAt + 900)
    t.strictSame(span(1_000), [])
    t.strictSame(span(2_000), [])
    t.ok(Math.abs(span(1_500)[0]!.endAt - span(1_500)[0]!.startAt - 400) < 20)
  })

  await suite.test('levels in decibels are right', async (t) => {
    const horn = listen(t, bench, { gainDb: -3 })
    await horn.ready()
    const tone = sounds.tone('level.wav', 1_000, 400, -6)
    const whisper = sounds.tone('whisper.wav', 1_000, 400, -26)
    const levelOf = async (playId: string, gainDb: number, levellingDb = 0) => {
      const dueAt = addMs(realClock.wall(), 1_000)
      horn.play(playId, levellingDb > 0 ? whisper : tone, { dueAt, gainDb, levellingDb })
      // What changes the level later leaves the levelling where it is.
      if (levellingDb !== 0) horn.output.setGain(playId, gainDb, 0)
      await horn.ended(playId)
      await recording.reach(dueAt + 500)
      // Wherever it really was: how late a busy machine is is not asked here.
      const [fromMs, toMs] = [recording.msAt(dueAt) - 500, recording.msAt(dueAt) + 500]
      const found = findTone(recording.pcm(), { frequencyHz: 1_000, fromMs, toMs, thresholdDb: -50 })
      const [longest] = found.toSorted((a, b) => b.endMs - b.startMs - (a.endMs - a.startMs))
      return longest === undefined
        ? levelDb(recording.pcm(), fromMs, toMs)
        : levelDb(recording.pcm(), longest.startMs + 15, longest.endMs - 15)
    }
    const isNear = (level: number, wanted: number) => t.ok(Math.abs(level - wanted) < 1, `${level} dB, not ${wanted}`)
    // A sine's root mean square is 3 dB under its amplitude; the output itself is 3 dB down.
    isNear(await levelOf('whole', 0), -12)
    isNear(await levelOf('down', -12), -24)
    isNear(await levelOf('levelled-up', -4, 20), -16)
    isNear(await levelOf('levelled-down', -4, -10), -26)
    const silenced = await levelOf('levelled-silence', -Infinity, 20)
    t.ok(silenced < -80, `silence is not levelled: ${silenced} dB`)
    horn.output.setLevel(-9, 0)
    isNear(await levelOf('lower', 0), -18)
    horn.output.setLevel(-Infinity, 0)
    const muted = await levelOf('mute', 0)
    t.ok(muted < -80, `muted: ${muted} dB`)
  })

  await suite.test('the level of a play goes down and up without a click, and silence is obeyed at once', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const dueAt = addMs(realClock.wall(), 1_000)
    horn.play('a', sounds.tone('duck.wav', 1_000, 8_000, -6), { dueAt, gainDb: -6 })
    await horn.started('a')
    await sleep(500)
    const downAt = realClock.wall()
    horn.output.setGain('a', -26, 200)
    await sleep(1_500)
    const upAt = realClock.wall()
    horn.output.setGain('a', 0, 200)
    // What is buffered is taken back meanwhile; the new level must not be lost with it.
    horn.play('b', sounds.tone('never.wav', 3_000, 300), { dueAt: addMs(upAt, 60_000) })
    horn.output.stop('b', 0)
    await sleep(1_500)
    const offAt = realClock.wall()
    horn.output.setGain('a', -Infinity, 0)
    await sleep(800)
    const endAt = realClock.wall()
    horn.output.stop('a', 0)
    await horn.ended('a')
    await recording.reach(endAt)
    const pcm = recording.pcm()
    const level = (fromWall: number, toWall: number) => levelDb(pcm, recording.msAt(fromWall), recording.msAt(toWall))
    // A sine's root mean square is 3 dB under its amplitude.
    t.ok(Math.abs(level(downAt - 300, downAt) - -15) < 1, 'as it was ordered')
    t.ok(Math.abs(level(upAt - 500, upAt) - -35) < 1, 'down')
    t.ok(Math.abs(level(offAt - 500, offAt) - -9) < 1, 'up')
    t.ok(level(endAt - 400, endAt) < -80, 'off')
    let steepest = 0
    const toFrame = Math.round((recording.msAt(offAt) * pcm.rate) / 1_000)
    for (let frame = Math.round((recording.msAt(downAt) * pcm.rate) / 1_000); frame < toFrame; frame += 1)
      steepest = Math.max(steepest, Math.abs((pcm.samples[frame * 2] ?? 0) - (pcm.samples[frame * 2 - 2] ?? 0)))
    t.ok(steepest < 2_300, `a sine of 1 kHz rises by 2143 a sample at its loudest, this by ${steepest}`)
  })

  await suite.test('one play follows another without a gap', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const dueAt = addMs(realClock.wall(), 1_000)
    horn.play('a', sounds.tone('700.wav', 700, 600), { dueAt })
    await horn.started('a')
    horn.play('b', sounds.tone('1400.wav', 1_400, 600), { dueAt: addMs(dueAt, 600) })
    t.equal((await horn.ended('a')).how, 'finished')
    t.equal((await horn.ended('b')).how, 'finished')
    await recording.reach(dueAt + 1_500)
    const [first] = heard(recording, 700, dueAt - 200, dueAt + 1_500)
    const [second] = heard(recording, 1_400, dueAt - 200, dueAt + 1_500)
    const gapMs = second!.startAt - first!.endAt
    t.ok(Math.abs(gapMs) < 30, `${Math.round(gapMs)} ms between them`)
  })

  await suite.test('an interruption drops what the card has buffered', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    horn.play('music', sounds.tone('500.wav', 500, 20_000))
    await horn.started('music')
    await sleep(2_000)
    const askedAt = realClock.wall()
    horn.play('alert', sounds.tone('1700.wav', 1_700, 500))
    await horn.ended('alert')
    t.match(await horn.ended('music'), { how: 'stopped', fault: null })
    await recording.reach(askedAt + 1_500)
    const [alert] = heard(recording, 1_700, askedAt, askedAt + 1_500)
    const [music] = heard(recording, 500, askedAt - 500, askedAt + 1_500)
    const afterMs = alert!.startAt - askedAt
    t.comment(`heard ${Math.round(afterMs)} ms after it was asked`)
    t.ok(afterMs < 250, 'long before the buffer would have ended')
    t.ok(Math.abs(music!.endAt - alert!.startAt) < 30, 'and the music ends there')
  })

  await suite.test('a calendar that is set moves what is pending', async (t) => {
    let aheadMs = 0
    const clock = { ...realClock, wall: () => wallMs(Date.now() + aheadMs) }
    const horn = listen(t, bench, { clock })
    await horn.ready()
    horn.play('a', sounds.tone('600.wav', 600, 300), { dueAt: addMs(clock.wall(), 60_000) })
    await sleep(300)
    aheadMs = 57_000
    t.equal((await horn.ended('a')).how, 'finished')
    const { at } = await horn.started('a')
    t.ok(Math.abs(at - clock.wall()) < 5_000)
  })

  await suite.test('a decoder that stalls for a second is waited for, and nothing is lost', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const pcm = tonePcm({ frequencyHz: 1_100, durationMs: 4_000 })
    const { source } = wavPlayable(sounds, 'unused.wav', pcm) as { source: { url: string } }
    const whole = Buffer.from(await (await fetch(source.url)).arrayBuffer())
    const askedAt = realClock.wall()
    horn.play('a', sounds.add('stall.wav', whole, { afterBytes: 250_000, waitMs: 3_000 }))
    const ended = await horn.ended('a')
    t.match(ended, { how: 'finished', fault: null })
    t.ok(Math.abs(ended.heardMs - 4_000) < 5, `${ended.heardMs} ms heard`)
    const endedAt = realClock.wall()
    t.ok(endedAt - askedAt > 4_500, 'it took longer, by the stall')
    const tones = heard(recording, 1_100, askedAt, endedAt)
    const soundedMs = tones.reduce((sum, { startAt, endAt }) => sum + endAt - startAt, 0)
    t.ok(tones.length >= 2, 'there was a silence in it')
    t.ok(Math.abs(soundedMs - 4_000) < 60, `${Math.round(soundedMs)} ms of tone`)
  })

  await suite.test('stopping and starting fifty times in the middle of writes does no harm', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    const tone = sounds.tone('fifty.wav', 650, 10_000)
    const processId = horn.output.processId()
    for (let index = 0; index < 50; index += 1) {
      horn.play(`p${index}`, tone)
      await sleep(index % 5 === 0 ? 150 : index)
      if (index % 2 === 0) horn.output.stop(`p${index}`, 0)
    }
    horn.play('last', sounds.tone('last.wav', 650, 200))
    t.equal((await horn.ended('last')).how, 'finished')
    t.equal(horn.output.processId(), processId, 'the same process')
    t.equal(horn.events.filter((event) => event.kind === 'ended').length, 51)
  })

  await suite.test('what a loudspeaker cannot play is refused', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    horn.play('text', { kind: 'text', slide: { body: 'Thông báo' } })
    t.match(await horn.ended('text'), { how: 'failed', fault: { code: 'media-unsupported' } })
    horn.play('gone', sounds.add('other.wav', Buffer.alloc(0)))
    const { fault } = await horn.ended('gone')
    t.match(fault, { code: 'media-unreadable' })
    t.notMatch(fault?.detail, /127\.0\.0\.1/, 'the address of the media server stays secret')
    const without = listen(t, bench, { ffmpegPath: 'no-such-decoder' })
    await without.ready()
    without.play('a', sounds.tone('x.wav', 500, 100))
    t.match(await without.ended('a'), { how: 'failed', fault: { detail: /no-such-decoder/ } })
    await eventually('it is still ready', () => without.output.health().state === 'ready')
  })
})
