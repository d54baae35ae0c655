import t from 'tap'
import { checksum, findAnswer } from '../../../drivers/amplifier/frames.ts'
import { valueOf, exceptionText, type Register } from '../../../drivers/amplifier/registers.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Holding registers 107 to 109 of unit 17: a question and answer with checksums as the tables of the specification give them. */
const QUESTION = hex('11 03 00 6b 00 03 76 87')
const ANSWER = hex('11 03 06 ae 41 56 52 43 40 49 ad')
const REFUSAL = hex('11 83 02 c1 34')

t.test('the checksum is that of the specification', async (t) => {
  for (const frame of [QUESTION, ANSWER, REFUSAL])
    t.equal(checksum(frame.subarray(0, -2)), frame.readUInt16LE(frame.length - 2))
})

t.test('an answer is found at every split, and not before it is whole', async (t) => {
  for (const answer of [ANSWER, REFUSAL])
    for (let length = 0; length <= answer.length; length += 1)
      t.strictSame(findAnswer(answer.subarray(0, length), QUESTION), length === answer.length ? answer : null)
})

t.test('garbage before it, even its own beginning, does not hide it', async (t) => {
  for (const noise of ['00', 'ff ff', '11', '11 03', '11 03 06', '11 03 06 ae 41 56 52 43 40', '11 83 02 00 00'])
    t.strictSame(findAnswer(Buffer.concat([hex(noise), ANSWER, hex('00 11')]), QUESTION), ANSWER, noise)
})

t.test('one wrong bit anywhere, and it is no answer', async (t) => {
  for (let bit = 0; bit < ANSWER.length * 8; bit += 1) {
    const spoilt = Buffer.from(ANSWER)
    spoilt[bit >> 3] = (spoilt[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    t.equal(findAnswer(spoilt, QUESTION), null, `bit ${bit}`)
  }
})

t.test('an answer to another question, or of another unit, is passed over', async (t) => {
  t.equal(findAnswer(ANSWER, hex('12 03 00 6b 00 03 00 00')), null)
  t.equal(findAnswer(ANSWER, hex('11 04 00 6b 00 03 00 00')), null)
  t.equal(findAnswer(ANSWER, hex('11 03 00 6b 00 02 00 00')), null)
  t.throws(() => findAnswer(ANSWER, hex('11 2b 0e 01 00 00 00')), /function 43/)
})

t.test('numbers of every type, in both orders of words', async (t) => {
  const register = (rest: Partial<Register>): Register => ({
    ...{ kind: 'holding', address: 0, type: 'u16', wordOrder: 'high-first', scale: 1 },
    ...rest,
  })
  t.equal(valueOf(register({}), [65_535]), 65_535)
  t.equal(valueOf(register({ type: 's16' }), [65_535]), -1)
  t.equal(valueOf(register({ wordOrder: 'low-first' }), [7]), 7)
  t.equal(valueOf(register({ type: 'u32' }), [0x8000, 1]), 0x80000001)
  t.equal(valueOf(register({ type: 'u32', wordOrder: 'low-first' }), [1, 0x8000]), 0x80000001)
  t.equal(valueOf(register({ type: 's32' }), [0xffff, 0xfffe]), -2)
  t.equal(valueOf(register({ type: 'f32' }), [0x41c2, 0x0000]), 24.25)
  t.equal(valueOf(register({ type: 'f32', wordOrder: 'low-first' }), [0, 0x41c2]), 24.25)
  t.equal(valueOf(register({ type: 'f32' }), [0x7fc0, 0]), null, 'not a number')
  t.equal(valueOf(register({ scale: 0.1 }), [242]), 24.2, 'without the tail of a binary fraction')
  t.equal(valueOf(register({ kind: 'coil', scale: 5 }), [1]), 1)
})

t.test('exceptions are said in words that say what to look at', async (t) => {
  t.match(exceptionText(2), /no such register.*count from 1/)
  t.match(exceptionText(99), /exception 99: a code of the maker/)
})
