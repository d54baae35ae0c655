import t from 'tap'
import { TONE_DB } from '../../../scripts/bench/clips.ts'
import { latenessOf } from '../../../scripts/bench/onsets.ts'
import type { Recording } from '../../../scripts/bench-parts/sound.ts'
import { joinPcm, tonePcm, type Pcm } from '../../../scripts/bench-parts/tone.ts'

const BEGAN_AT = 1_000_000
const silence = (durationMs: number): Pcm => tonePcm({ frequencyHz: 100, durationMs, levelDb: -200 })
const tone = (frequencyHz: number, durationMs: number): Pcm => tonePcm({ frequencyHz, durationMs, levelDb: TONE_DB })

const recordingOf = (pcm: Pcm): Recording => ({
  frames: () => pcm.samples.length / pcm.channels,
  wallAt: (ms) => BEGAN_AT + ms,
  msAt: (wall) => wall - BEGAN_AT,
  pcm: () => pcm,
  save: () => undefined,
  reach: () => Promise.resolve(),
  stop: () => Promise.resolve(),
})

t.test('the beginning of a tone is found to two milliseconds', (t) => {
  const pcm = joinPcm([silence(523), tone(2_000, 300), silence(701), tone(2_000, 300), silence(500)])
  const heard = latenessOf(recordingOf(pcm), pcm, {
    moments: [BEGAN_AT + 500, BEGAN_AT + 1_524],
    frequencyHz: 2_000,
    earlyMsMax: 200,
    lateMsMax: 400,
  })
  t.equal(heard.missed, 0)
  for (const ms of [0, 1].map((index) => heard.lateMs[index]! - [23, 0][index]!)) t.ok(Math.abs(ms) <= 2, `${ms} ms`)
  t.end()
})

t.test('what cuts a programme off is found at its cut', (t) => {
  const pcm = joinPcm([tone(400, 617), tone(2_000, 300), tone(400, 300)])
  const heard = latenessOf(recordingOf(pcm), pcm, {
    moments: [BEGAN_AT + 600],
    frequencyHz: 2_000,
    earlyMsMax: 0,
    lateMsMax: 400,
  })
  t.ok(Math.abs(heard.lateMs[0]! - 17) <= 2, `${heard.lateMs[0]} ms`)
  t.end()
})

t.test('another tone is not taken for it, and what is not heard is counted', (t) => {
  const pcm = joinPcm([silence(500), tone(3_000, 300), silence(500)])
  const heard = latenessOf(recordingOf(pcm), pcm, {
    moments: [BEGAN_AT + 500],
    frequencyHz: 2_000,
    earlyMsMax: 100,
    lateMsMax: 500,
  })
  t.same(heard, { lateMs: [], missed: 1 })
  t.end()
})
