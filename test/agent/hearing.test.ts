/** What looks become: one answer for a play, and alarms that are raised in time and cleared by themselves. */
import t from 'tap'
import { createHearing, summary } from '../../agent/hearing.ts'
import type { Look } from '../../agent/ports/hearing.ts'
import { wallMs } from '../../player/plan/time.ts'

const look = (second: number, parts: Partial<Look> = {}): Look => ({
  verdict: 'heard',
  from: wallMs(second * 1_000 - 4_000),
  until: wallMs(second * 1_000),
  levelDb: 0,
  delayMs: 20,
  confidence: 1,
  captureDb: -30,
  ...parts,
})
const missed = (second: number, captureDb = -30) =>
  look(second, { verdict: 'not-heard', levelDb: null, delayMs: null, confidence: 0.8, captureDb })
const unsure = (second: number) => look(second, { verdict: 'unsure', levelDb: null, delayMs: null, confidence: 0 })

const bench = (toleranceDb: number | null = 10) => {
  const raised = new Map<string, string>()
  const hearing = createHearing([{ output: 'horn', toleranceDb }], {
    raise: (code, subject, detail) => void raised.set(`${code} ${subject}`, detail),
    clear: (code, subject) => void raised.delete(`${code} ${subject}`),
  })
  const hear = (...looks: Look[]) =>
    looks.forEach((each) => hearing.apply({ kind: 'look', output: 'horn', look: each }))
  return { hearing, hear, raised: () => [...raised.keys()], detail: (key: string) => raised.get(key) ?? '' }
}

t.test('three seconds in a row without the programme are an alarm, two with it end it', async (t) => {
  const { hear, raised } = bench()
  hear(missed(1), missed(2))
  t.same(raised(), [])
  hear(unsure(3))
  t.same(raised(), [], 'what cannot be told does not count')
  hear(missed(4))
  t.same(raised(), ['not-heard horn'])
  hear(look(5))
  t.same(raised(), ['not-heard horn'])
  hear(look(6))
  t.same(raised(), [])
  hear(missed(7), missed(8), look(9), missed(10), missed(11))
  t.same(raised(), [], 'a second with it in between begins the count anew')
})

t.test('the alarm says which is likelier', async (t) => {
  const dead = bench()
  dead.hear(missed(1), missed(2), missed(3, -32))
  t.match(dead.detail('not-heard horn'), /hears -32 dBFS, but not what is played: a dead horn/)
  const muted = bench()
  muted.hear(missed(1, -120), missed(2, -120), missed(3, -120))
  t.match(muted.detail('not-heard horn'), /no sound at all: a muted mixer, an amplifier without power/)
})

t.test('a level that is off by more than allowed is an alarm, unless nothing was calibrated', async (t) => {
  const off = (second: number) => look(second, { levelDb: -40 })
  const { hear, raised, detail } = bench()
  hear(off(1), off(2))
  t.same(raised(), [])
  hear(off(3))
  t.match(detail('heard-level horn'), /heard 40 dB quieter than calibrated \(allowed: 10 dB\)/)
  hear(look(4, { levelDb: -10 }), look(5, { levelDb: 10 }))
  t.same(raised(), [], 'exactly what is allowed is allowed')
  hear(off(6), off(7), off(8), missed(9), missed(10), missed(11))
  t.same(raised(), ['not-heard horn'], 'what is not heard is neither loud nor quiet')
  const plain = bench(null)
  plain.hear(off(1), off(2), off(3))
  t.same(plain.raised(), [])
})

t.test('a capture that is gone says nothing of the horn', async (t) => {
  const { hearing, raised } = bench()
  hearing.apply({ kind: 'capture', output: 'horn', fault: 'unplugged' })
  t.same(raised(), ['capture-lost horn'])
  hearing.apply({ kind: 'capture', output: 'horn', fault: null })
  t.same(raised(), [])
})

t.test('looks belong to the play that sounded in their newest second', async (t) => {
  const { hearing, hear } = bench()
  hearing.started('first', 'horn', wallMs(0))
  hear(look(2))
  hearing.ended('first', wallMs(10_000))
  hearing.started('second', 'horn', wallMs(10_000))
  hear(look(10), look(11, { levelDb: -3 }), look(12, { levelDb: -3 }))
  t.match(hearing.take('first'), { verdict: 'heard', levelDb: 0, delayMs: 20, looks: 2 })
  t.match(hearing.take('second'), { verdict: 'heard', levelDb: -3, looks: 2 })
  t.equal(hearing.take('second'), undefined, 'once')
  hearing.started('board', 'board', wallMs(0))
  t.equal(hearing.isListening('board'), false)
  t.equal(hearing.take('board'), undefined, 'no ear, no answer')
  hearing.started('short', 'horn', wallMs(20_000))
  t.equal(hearing.take('short'), null, 'an ear, and too little to compare')
})

t.test('a play is what most of its seconds say that say anything', async (t) => {
  t.equal(summary([]), null)
  t.match(summary([unsure(1), unsure(2)]), { verdict: 'unsure', levelDb: null, confidence: 0, looks: 2 })
  t.match(summary([unsure(1), unsure(2), unsure(3), look(4)]), { verdict: 'heard', confidence: 1, looks: 4 })
  t.match(summary([look(1), missed(2), missed(3)]), {
    verdict: 'not-heard',
    levelDb: null,
    delayMs: null,
    confidence: 0.8,
  })
  t.match(summary([look(1, { levelDb: -90 }), look(2, { levelDb: -1.26 }), look(3)]), { levelDb: -1.3 })
})
