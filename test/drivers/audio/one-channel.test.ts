/** Recordings and streams of one channel: as loud at the monitor of the card as the same in two. */
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { openMeter } from '../../../drivers/loudness/meter.ts'
import { addMs } from '../../../player/plan/time.ts'
import type { Playable, PlayRequest } from '../../../player/ports/output.ts'
import { type Pcm, toDb, toneAmplitude, tonePcm, wavOf } from '../../../scripts/bench-parts/tone.ts'
import { median } from '../../../scripts/bench/statistics.ts'
import { bytesOf, ffmpeg, lufsOf, speechAt } from '../../fixtures/loudness.ts'
import { listen, openSoundBench, realClock } from '../../fixtures/sound-bench.ts'

const TARGET_LUFS = -16
/** A fader has found its place by then. */
const SETTLED_MS = 8_000

const asStream = (playable: Playable): Playable => {
  if (playable.kind !== 'sound') throw new Error('no file')
  const sources = [{ url: playable.source.url }]
  return { kind: 'stream', sources, fallback: null, silenceMs: null, goneMs: null }
}

test('one channel', async (suite) => {
  const bench = await openSoundBench(suite)
  const { sounds, card } = bench
  const folder = suite.testdir()
  const spoken = speechAt(folder, -27).file
  const files = [1, 2].map((channels) => {
    const file = join(folder, `speech-${channels}.wav`)
    // The left of two equal channels is the recording itself.
    const layout = channels === 1 ? 'mono|c0=c0' : 'stereo|c0=c0|c1=c0'
    ffmpeg('-i', spoken, '-t', '16', '-af', `pan=${layout}`, '-c:a', 'pcm_s16le', file)
    return { file, playable: sounds.add(`speech-${channels}.wav`, bytesOf(file)) }
  })

  /** Plays it and keeps what the monitor heard, from the first sample on. */
  const record = async (t: Test, name: string, playable: Playable, more: Partial<PlayRequest>) => {
    const horn = listen(t, bench)
    await horn.ready()
    const recording = await card.record()
    horn.play('a', playable, { dueAt: addMs(realClock.wall(), 1_000), ...more })
    const { at } = await horn.started('a')
    const { heardMs } = await horn.ended('a')
    await recording.reach(at + heardMs)
    await recording.stop()
    const file = join(folder, `${name}.wav`)
    recording.save(file)
    const [fromSeconds, untilSeconds] = [recording.msAt(at) / 1_000, recording.msAt(at + heardMs) / 1_000]
    return { pcm: recording.pcm(), file, fromSeconds, untilSeconds }
  }

  /** Of the tone, in a second; the middle of short looks, because a file that is steered by a fraction has another phase after it. */
  const levelOf = (pcm: Pcm, fromMs: number, side: number): number => {
    const looks = Array.from({ length: 25 }, (_, look) => {
      const frame = Math.round(((fromMs + look * 40) * pcm.rate) / 1_000)
      return toDb(toneAmplitude(pcm, 1_000, frame, 40 * 48, side))
    })
    return median(looks)
  }

  for (const kind of ['file', 'stream'] as const)
    await suite.test(`of a ${kind} is heard from both at its own level`, async (t) => {
      for (const channels of [1, 2]) {
        const pcm = tonePcm({ frequencyHz: 1_000, durationMs: 2_000, levelDb: -12, channels })
        const file = sounds.add(`tone-${channels}.wav`, wavOf(pcm))
        const played = kind === 'file' ? file : asStream(file)
        const heard = await record(t, `tone-${kind}-${channels}`, played, { lengthMs: 2_000 })
        const levels = [0, 1].map((side) => levelOf(heard.pcm, (heard.fromSeconds + 0.5) * 1_000, side))
        for (const level of levels) t.ok(Math.abs(level + 12) < 0.1, `${channels} channels: ${level.toFixed(2)} dBFS`)
      }
    })

  await suite.test('of a file that is levelled is as loud as two, at the target', async (t) => {
    const loudness: number[] = []
    for (const [index, { playable }] of files.entries()) {
      if (playable.kind !== 'sound') throw new Error('no file')
      const measured = await openMeter().measure(playable.source, new AbortController().signal)
      if (measured.kind !== 'measured') throw new Error(JSON.stringify(measured))
      const levellingDb = TARGET_LUFS - measured.loudness.integratedLufs
      const { file, ...span } = await record(t, `levelled-${index}`, playable, { levellingDb })
      loudness.push(lufsOf(file, span))
    }
    const [one = Number.NaN, two = Number.NaN] = loudness
    t.ok(Math.abs(one - two) < 0.3, `${one} and ${two} LUFS`)
    t.ok(Math.abs(one - TARGET_LUFS) < 0.5, 'and that is the target')
  })

  await suite.test('of a stream is ridden as two are, to the target', async (t) => {
    const loudness: number[] = []
    for (const [index, { playable }] of files.entries()) {
      const ride = { targetLufs: TARGET_LUFS, maxGainDb: 20 }
      const lengthMs = 15_000
      const { file, fromSeconds, untilSeconds } = await record(t, `ridden-${index}`, asStream(playable), {
        ...{ lengthMs, ride },
      })
      loudness.push(lufsOf(file, { fromSeconds: fromSeconds + SETTLED_MS / 1_000, untilSeconds }))
    }
    const [one = Number.NaN, two = Number.NaN] = loudness
    t.ok(Math.abs(one - two) < 1, `${one} and ${two} LUFS`)
    t.ok(Math.abs(one - TARGET_LUFS) < 1.5, 'and that is about the target')
  })
})
