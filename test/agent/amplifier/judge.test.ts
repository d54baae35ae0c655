import t from 'tap'
import { judge, NOTHING_JUDGED, trippedBits, type ReadingRule } from '../../../agent/amplifier/judge.ts'
import type { RegisterValue } from '../../../agent/ports/amplifier.ts'

const rule = (name: string, rest: Partial<ReadingRule> = {}): ReadingRule => ({
  ...{ name, unit: null, minimum: null, maximum: null, bits: [], whileOn: false },
  ...rest,
})
const read = (name: string, value: number | null, detail: string | null = null): RegisterValue => ({
  name,
  value,
  detail,
})

/** What is believed to be wrong after each round. */
const rounds = (rules: ReadingRule[], values: RegisterValue[], isWarm = true) => {
  let judged = NOTHING_JUDGED
  return values.map((value) => {
    judged = judge(rules, judged, [value], isWarm)
    return [...judged.faults.values()].map(({ about, detail }) => `${about}: ${detail}`)
  })
}

const voltage = rule('voltage', { unit: 'V', minimum: 22, maximum: 30 })

t.test('a limit counts from the value beyond it, once it was read twice', async (t) => {
  const twice = (value: number) => rounds([voltage], [read('voltage', value), read('voltage', value)])[1]
  t.strictSame(twice(22), [])
  t.strictSame(twice(21.9), ['voltage: 21.9 V, below 22 V'])
  t.strictSame(twice(30), [])
  t.strictSame(twice(30.1), ['voltage: 30.1 V, above 30 V'])
})

t.test('one odd reading neither raises nor clears', async (t) => {
  const said = (values: number[]) =>
    rounds(
      [voltage],
      values.map((value) => read('voltage', value)),
    ).map((faults) => faults.length)
  t.strictSame(said([24, 40, 24, 40, 24, 40, 40]), [0, 0, 0, 0, 0, 0, 1])
  t.strictSame(said([40, 40, 24, 24, 24, 24, 24, 40, 24, 24, 24, 24, 24, 24]), [
    0,
    ...Array.from({ length: 12 }, () => 1),
    0,
  ])
})

t.test('protections are told by their names, also those of a contact that opens', async (t) => {
  const status = rule('status', {
    bits: [
      { bit: 0, name: 'overheat', alarmAt: 1 },
      { bit: 3, name: 'short-circuit', alarmAt: 1 },
      { bit: 15, name: 'door-open', alarmAt: 0 },
    ],
  })
  t.strictSame(trippedBits(status, 0x8000), [])
  t.strictSame(trippedBits(status, 0x8009), ['overheat', 'short-circuit'])
  t.strictSame(trippedBits(status, 0), ['door-open'])
  t.strictSame(trippedBits(status, null), [])
  t.strictSame(rounds([status], [read('status', 0x8008), read('status', 0x8008)])[1], [
    'short-circuit: the amplifier reports short-circuit (status, bit 3)',
  ])
})

t.test('the highest bit of 32 is a bit like any other', async (t) => {
  const wide = rule('wide', { bits: [{ bit: 31, name: 'top', alarmAt: 1 }] })
  t.strictSame(trippedBits(wide, 0x80000000), ['top'])
  t.strictSame(trippedBits(wide, 0x7fffffff), [])
})

t.test('a register that cannot be read is a fault of its own, with the reason', async (t) => {
  const refused = read('voltage', null, 'exception 2')
  t.strictSame(rounds([voltage], [refused, refused])[1], ['voltage: exception 2'])
})

t.test(
  'what counts only while there is power is left alone until it is warm, and what was believed stays',
  async (t) => {
    const rules = [rule('voltage', { minimum: 22, whileOn: true })]
    t.strictSame(rounds(rules, [read('voltage', 0), read('voltage', 0)], false), [[], []])
    const warm = judge(rules, judge(rules, NOTHING_JUDGED, [read('voltage', 0)], true), [read('voltage', 0)], true)
    t.equal(warm.faults.size, 1)
    t.equal(judge(rules, warm, [read('voltage', 24)], false).faults.size, 1)
  },
)
