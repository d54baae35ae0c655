/** One stereo card with two amplifiers: each channel is an output of its own. */
import { test } from 'tap'
import { cannotOpen } from '../../../drivers/audio/alsa.ts'
import { intoZone } from '../../../drivers/audio/zone.ts'
import { addMs } from '../../../player/plan/time.ts'
import type { Recording } from '../../../scripts/bench-parts/sound.ts'
import { findTone, levelDb, type Pcm, toDb, toneAmplitude, tonePcm } from '../../../scripts/bench-parts/tone.ts'
import { listen, openSoundBench, realClock, wavPlayable } from '../../fixtures/sound-bench.ts'

const [LEFT_HZ, RIGHT_HZ] = [600, 1_500]
const SILENT_DB = -80

/** That channel alone, between two moments. */
const channelOf = (recording: Recording, side: 0 | 1, fromWall: number, toWall: number): Pcm => {
  const { samples, rate } = recording.pcm()
  const [from, to] = [fromWall, toWall].map((wall) => Math.round((recording.msAt(wall) * rate) / 1_000))
  const frames = (to ?? 0) - (from ?? 0)
  return {
    samples: Int16Array.from({ length: frames }, (_, frame) => samples[((from ?? 0) + frame) * 2 + side] ?? 0),
    rate,
    channels: 1,
  }
}
/** Amplitude of the sine that is all there is: its frequency moves a little, since a play keeps to its moments. */
const sineDb = (pcm: Pcm) => levelDb(pcm, 0, Number.POSITIVE_INFINITY) + 20 * Math.log10(Math.SQRT2)
const toneDb = (pcm: Pcm, frequencyHz: number) => toDb(toneAmplitude(pcm, frequencyHz, 0, pcm.samples.length))

test('into a zone: what is the same in both channels keeps its level, and nothing gets louder', (t) => {
  const pcm = Float32Array.of(0.5, 0.5, 1, 0, 0.4, -0.4, -1, -1)
  const [left, right, both] = [pcm.slice(), pcm.slice(), pcm.slice()]
  intoZone(left, 'left')
  intoZone(right, 'right')
  intoZone(both, 'both')
  t.same([...left], [0.5, 0, 0.5, 0, 0, 0, -1, 0])
  t.same([...right], [0, 0.5, 0, 0.5, 0, 0, 0, -1])
  t.same([...both], [...pcm])
  t.end()
})

test('a card that cannot be opened: of one that serves one process it is said what to do', (t) => {
  const advice = /two outputs on one card need a device that mixes/
  t.match(cannotOpen('plughw:CARD=Headphones,DEV=0', 'open failed'), advice)
  t.match(cannotOpen('hw:0', 'open failed\n'), /: open failed; another process may hold it; /)
  t.match(cannotOpen('hw:0', ''), /"hw:0": another process may hold it; /)
  t.equal(cannotOpen('default', 'open failed'), 'cannot open the sound device "default": open failed')
  t.notMatch(cannotOpen("plug:'dmix:CARD=Headphones'", 'open failed'), advice)
  t.end()
})

test('two outputs on the channels of one card', async (suite) => {
  const bench = await openSoundBench(suite)
  const { card, sounds } = bench
  const recording = await card.record()
  const left = listen(suite, bench, { id: 'square', channels: 'left' })
  const right = listen(suite, bench, { id: 'yard', channels: 'right' })
  await Promise.all([left.ready(), right.ready()])

  await suite.test('play their own programmes at once, each in its channel alone', async (t) => {
    const dueAt = addMs(realClock.wall(), 1_500)
    left.play('a', sounds.tone('left.wav', LEFT_HZ, 3_000, -12), { dueAt })
    const mono = tonePcm({ frequencyHz: RIGHT_HZ, durationMs: 3_000, levelDb: -12, channels: 1 })
    right.play('b', wavPlayable(sounds, 'right.wav', mono), { dueAt })
    await Promise.all([left.ended('a'), right.ended('b')])
    await recording.reach(dueAt + 3_500)
    for (const [side, own, other] of [
      [0, LEFT_HZ, RIGHT_HZ],
      [1, RIGHT_HZ, LEFT_HZ],
    ] as const) {
      const pcm = channelOf(recording, side, dueAt + 500, dueAt + 2_500)
      t.ok(Math.abs(sineDb(pcm) + 12) < 0.1, `its own tone is at ${sineDb(pcm).toFixed(2)} dBFS`)
      t.equal(findTone(pcm, { frequencyHz: own }).length, 1)
      t.ok(toneDb(pcm, other) < SILENT_DB, `and the other one at ${toneDb(pcm, other).toFixed(1)} dBFS`)
    }
  })

  await suite.test('leave the other channel in exact silence', async (t) => {
    left.play('c', sounds.tone('alone.wav', LEFT_HZ, 1_500, -1))
    const { at } = await left.started('c')
    await left.ended('c')
    await recording.reach(at + 2_000)
    t.ok(levelDb(channelOf(recording, 0, at, at + 1_500), 0, 1_500) > -10)
    t.ok(channelOf(recording, 1, at, at + 1_500).samples.every((sample) => sample === 0))
  })

  await suite.test('play the same at the same moment, as loud in each', async (t) => {
    const dueAt = addMs(realClock.wall(), 1_500)
    const both = sounds.tone('both.wav', LEFT_HZ, 2_000, -12)
    for (const zone of [left, right]) zone.play('d', both, { dueAt })
    await Promise.all([left.ended('d'), right.ended('d')])
    await recording.reach(dueAt + 2_500)
    const levels = ([0, 1] as const).map((side) => sineDb(channelOf(recording, side, dueAt + 500, dueAt + 1_500)))
    for (const level of levels) t.ok(Math.abs(level + 12) < 0.1, `${level.toFixed(2)} dBFS`)
  })

  await suite.test('do not fall silent with each other', async (t) => {
    const dueAt = addMs(realClock.wall(), 1_500)
    left.play('e', sounds.tone('lost.wav', LEFT_HZ, 20_000, -12), { dueAt })
    right.play('f', sounds.tone('kept.wav', RIGHT_HZ, 6_000, -12), { dueAt })
    await Promise.all([left.started('e'), right.started('f')])
    await recording.reach(dueAt + 2_000)
    const processId = left.output.processId()
    if (processId === null) throw new Error('no process')
    process.kill(processId, 'SIGKILL')
    t.match(await left.ended('e'), { how: 'failed', fault: { code: 'process-died' } })
    const diedAt = realClock.wall()
    t.match(await right.ended('f'), { how: 'finished', fault: null })
    await recording.reach(dueAt + 7_000)
    const kept = findTone(channelOf(recording, 1, dueAt - 500, dueAt + 6_500), { frequencyHz: RIGHT_HZ })
    t.equal(kept.length, 1, 'it sounds without a gap')
    const lengthMs = (kept[0]?.endMs ?? 0) - (kept[0]?.startMs ?? 0)
    t.ok(Math.abs(lengthMs - 6_000) < 15, `for ${lengthMs} ms`)
    const lost = findTone(channelOf(recording, 0, dueAt - 500, dueAt + 6_500), { frequencyHz: LEFT_HZ })
    t.ok((lost[0]?.endMs ?? 0) < diedAt - dueAt + 500 + 1_000, 'and the other one is gone')
    await left.ready()
  })
})
