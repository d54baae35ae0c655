import t from 'tap'
import { findSound, findSoundAbove } from '../../../scripts/bench-parts/match.ts'
import { joinPcm, type Pcm, tonePcm } from '../../../scripts/bench-parts/tone.ts'

const silence = (durationMs: number): Pcm => tonePcm({ frequencyHz: 1, durationMs, levelDb: -200 })
const tone = (frequencyHz: number, durationMs: number, levelDb = -6): Pcm =>
  tonePcm({ frequencyHz, durationMs, levelDb })
const within = { fromMs: 0, toMs: 1_000, correlationMin: 0.9 }

t.test('a sound is found at its sample, with its level', async (t) => {
  const wanted = tone(960, 10)
  const recorded = joinPcm([tone(400, 123), tone(960, 300, -12), silence(800)])
  const match = findSound(recorded, wanted, within)!
  t.ok(Math.abs(match.atMs - 123) < 0.03, `${match.atMs} ms`)
  t.ok(match.correlation > 0.999)
  t.ok(Math.abs(match.gainDb - -6) < 0.1, `${match.gainDb} dB`)
})

t.test('what is alike in nothing, and silence, are no match', async (t) => {
  t.equal(findSound(joinPcm([tone(400, 500), silence(800)]), tone(960, 10), within), null)
  t.equal(findSound(silence(1_200), tone(960, 10), within), null)
  t.equal(findSound(silence(1), tone(960, 10), within), null)
})

t.test('the moment at which it is no longer quiet is found, from where one looks', async (t) => {
  const recorded = joinPcm([silence(200), tone(300, 50), silence(250), tone(300, 50)])
  const above = (fromMs: number, levelDb = -30) => findSoundAbove(recorded, { fromMs, toMs: 550, levelDb })
  t.ok(Math.abs(above(0)! - 200) < 1)
  t.ok(Math.abs(above(260)! - 500) < 1)
  t.equal(above(0, -1), null)
})
