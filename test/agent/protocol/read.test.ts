/** A long message that is read element by element says the same as one that is read whole. */
import fc from 'fast-check'
import t from 'tap'
import { findLongList } from '../../../agent/protocol/long-list.ts'
import { createReader } from '../../../agent/protocol/read.ts'
import { atOnce } from '../../../agent/slices.ts'
import { readJson } from './files.ts'

const bytesOf = (text: string): Buffer => Buffer.from(text, 'utf8')
const find = (text: string) => atOnce(findLongList(bytesOf(text)))

t.test('any list in any body is cut into the elements that a parser finds', async (t) => {
  const space = fc.constantFrom(0, 2, '\t')
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue(), { maxLength: 12 }),
      fc.constantFrom('programmes', 'media'),
      fc.dictionary(fc.string(), fc.jsonValue()),
      space,
      (list, name, around, indent) => {
        const message = {
          a: around,
          body: { before: around, [name]: list, after: { programmes: [1], media: [2] } },
          z: 1,
        }
        const text = JSON.stringify(message, null, indent)
        const bytes = bytesOf(text)
        const found = atOnce(findLongList(bytes))
        if (found === null) return false
        const elements = found.elements.map(
          ({ from, until }) => JSON.parse(bytes.toString('utf8', from, until)) as unknown,
        )
        const rest: unknown = JSON.parse(bytes.toString('utf8', 0, found.start) + bytes.toString('utf8', found.end))
        const empty: unknown = JSON.parse(JSON.stringify({ ...message, body: { ...message.body, [name]: [] } }))
        return (
          found.name === name &&
          JSON.stringify(elements) === JSON.stringify(list) &&
          JSON.stringify(rest) === JSON.stringify(empty)
        )
      },
    ),
    { numRuns: 500, verbose: true },
  )
  t.pass('500 messages')
})

t.test('what only looks like the list is left alone', async (t) => {
  t.equal(find('{"body":{"title":"programmes","x":[1]}}'), null)
  t.equal(find('{"programmes":[1]}'), null)
  t.equal(find('{"body":[{"programmes":[1]}]}'), null)
  t.equal(find('{"x":{"body":{"programmes":[1]}}}'), null)
  t.equal(find('{"body":{"programmes":[1'), null)
  t.equal(find('{"body":"\\"programmes\\":[1]"}'), null)
  t.equal(find(''), null)
  t.match(find('{"body":{"x":"programmes","media":[ ]}}'), { name: 'media', elements: [] })
})

/** As a parser that reads it whole would say. */
const bothWays = (text: string) => {
  const reader = createReader()
  return { whole: reader.read(bytesOf(text)).parsed, byElement: atOnce(reader.readLong(bytesOf(text))).parsed }
}

t.test('an example of each kind is read the same both ways', async (t) => {
  for (const kind of ['schedule', 'media', 'alert', 'live', 'command', 'receipt', 'revocation']) {
    const { whole, byElement } = bothWays(JSON.stringify(readJson(`examples/${kind}.json`)))
    t.equal(whole.kind, 'ok', kind)
    t.same(byElement, whole, kind)
  }
})

t.test('what is not JSON, or not of the schema, is malformed both ways', async (t) => {
  const example = readJson('examples/schedule.json') as { body: { programmes: object[] } }
  const text = JSON.stringify(example)
  const cut = text.indexOf('"programmes":[') + '"programmes":['.length
  const spoilt = [
    `${text.slice(0, cut)},${text.slice(cut)}`,
    `${text.slice(0, cut)}{]${text.slice(cut)}`,
    `${text}}`,
    text.slice(0, -1),
    text.replace('"programmes":[', '"programmes":[{},'),
    text.replace('"programmes":[', '"programmes":["\ufffd\u0000",'),
    text.replace('"programmes":[', '"programmes":[1],"programmes":['),
    text.replace('"kind":"schedule"', '"kind":"media"'),
    JSON.stringify({ ...example, body: { ...example.body, programmes: Array.from({ length: 10_001 }, () => 1) } }),
    'null',
    '[]',
  ]
  for (const one of spoilt) {
    const { byElement } = bothWays(one)
    t.equal(byElement.kind, 'malformed', one.slice(0, 200))
  }
  const { whole, byElement } = bothWays(text.replace(/"programmeId":"ban-tin-sang",/, ''))
  t.equal(whole.kind, 'malformed')
  t.match(byElement, { kind: 'malformed', detail: /\/body\/programmes\/0: message must have required property/ })
})

t.test('bytes that are no UTF-8 are refused', async (t) => {
  const text = JSON.stringify(readJson('examples/schedule.json'))
  const bytes = bytesOf(text)
  bytes[bytes.indexOf(Buffer.from('ban-tin-sang'))] = 0xff
  t.match(atOnce(createReader().readLong(bytes)).parsed, { kind: 'malformed', detail: /programmes\/0 is not JSON/ })
})
