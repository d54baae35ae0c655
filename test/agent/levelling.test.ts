/** What is levelled to what, and what is left as it is. */
import t from 'tap'
import { levellingOf, loudnessKindOf, rideOf, type LoudnessPolicy } from '../../agent/levelling.ts'
import type { Item, Part, Priority } from '../../player/plan/schedule.ts'

const POLICY: LoudnessPolicy = {
  targetLufs: { alert: -14, live: -15, relay: -17, programme: -16, jingle: -18, filler: -20 },
  maxGainDb: 20,
}
const sound: Item['content'] = { kind: 'sound', sha256: 'a'.repeat(64) }
const stream: Item['content'] = { kind: 'stream', sources: [{ url: 'http://dai.example/live' }] }
const item = (priority: Priority, content: Item['content'] = sound, part?: Part) => ({
  priority,
  item: { content, durationMs: 1_000, ...(part === undefined ? {} : { part }) },
})
const at = (integratedLufs: number) => ({ integratedLufs, truePeakDbtp: -3, rangeLu: 5 })

t.test('each kind has its target', (t) => {
  const kinds = [
    item('normal'),
    item('urgent'),
    item('mobilised'),
    item('normal', sound, 'chime'),
    item('priority', sound, 'identity'),
    item('filler'),
    item('alert', sound, 'speech'),
    item('alert', sound, 'resource'),
    item('alert', sound, 'siren'),
    item('live', stream),
    item('normal', stream),
  ].map(loudnessKindOf)
  t.same(kinds, [
    ...(['programme', 'programme', 'programme', 'jingle', 'jingle', 'filler', 'alert', 'alert'] as const),
    ...([null, 'live', 'relay'] as const),
  ])
  t.end()
})

t.test('what is soft is raised, up to what is allowed; what is loud is lowered', (t) => {
  t.equal(levellingOf(item('normal'), at(-36), POLICY), 20)
  t.equal(levellingOf(item('normal'), at(-35.9), POLICY), 19.9)
  t.equal(levellingOf(item('normal'), at(-60), POLICY), 20)
  t.equal(levellingOf(item('normal'), at(-16), POLICY), 0)
  t.equal(levellingOf(item('normal'), at(-3.2), POLICY), -12.8)
  t.equal(levellingOf(item('filler'), at(-10), POLICY), -10)
  t.end()
})

t.test('nothing is taken from an alert, and nothing is done to a siren or to what was not measured', (t) => {
  t.equal(levellingOf(item('alert', sound, 'speech'), at(-20), POLICY), 6)
  t.equal(levellingOf(item('alert', sound, 'resource'), at(-8), POLICY), 0)
  t.equal(levellingOf(item('alert', sound, 'siren'), at(-8), POLICY), null)
  t.equal(levellingOf(item('normal'), null, POLICY), null)
  t.equal(levellingOf(item('normal'), at(-36), null), null, 'where nothing is levelled')
  t.equal(rideOf(item('live', stream), null), null)
  t.equal(levellingOf(item('normal', stream), at(-20), POLICY), null)
  t.equal(levellingOf(item('normal', { kind: 'video', sha256: 'a'.repeat(64) }), at(-20), POLICY), null)
  t.end()
})

t.test('a stream is ridden to its target, a file is not', (t) => {
  t.same(rideOf(item('live', stream), POLICY), { targetLufs: -15, maxGainDb: 20 })
  t.same(rideOf(item('normal', stream), POLICY), { targetLufs: -17, maxGainDb: 20 })
  t.equal(rideOf(item('normal'), POLICY), null)
  t.end()
})
