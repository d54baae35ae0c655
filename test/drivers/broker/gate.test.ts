import { test } from 'tap'
import { createGate } from '../../../drivers/broker/gate.ts'

/** CONNACK, then PUBLISH of QoS 1 on `a/b`, id 7, with 3 bytes, as MQTT 3.1.1 has them. */
const CONNACK = Buffer.from([0x20, 0x02, 0x00, 0x00])
const SMALL = Buffer.from([0x32, 0x0a, 0x00, 0x03, 0x61, 0x2f, 0x62, 0x00, 0x07, 0x78, 0x79, 0x7a])
const large = (payloadBytes: number): Buffer => {
  const remaining = 7 + payloadBytes
  return Buffer.concat([
    Buffer.from([0x33, (remaining & 0x7f) | 0x80, remaining >> 7, 0x00, 0x03, 0x61, 0x2f, 0x62, 0x00, 0x07]),
    Buffer.alloc(payloadBytes, 0x78),
  ])
}

const gateOf = (protocolVersion: 4 | 5) => {
  const oversized: [string, number][] = []
  const gate = createGate({
    protocolVersion,
    remainingBytesMax: 100,
    onOversized: (topic, bytes) => void oversized.push([topic, bytes]),
  })
  return { gate, oversized }
}

test('what is within the limit goes through byte by byte', (t) => {
  const { gate, oversized } = gateOf(4)
  const all = Buffer.concat([CONNACK, SMALL, CONNACK])
  const out = [...all].flatMap((byte) => gate(Buffer.from([byte])))
  t.same(Buffer.concat(out), all)
  t.same(oversized, [])
  t.end()
})

test('a large packet loses its payload and keeps topic, id and flags, at every split point', (t) => {
  const all = Buffer.concat([SMALL, large(500), SMALL])
  const expected = Buffer.concat([SMALL, Buffer.from([0x33, 0x07, 0, 3, 0x61, 0x2f, 0x62, 0, 7]), SMALL])
  for (let split = 0; split <= all.length; split += 1) {
    const { gate, oversized } = gateOf(4)
    const out = Buffer.concat([...gate(all.subarray(0, split)), ...gate(all.subarray(split))])
    if (!out.equals(expected)) t.same(out, expected, `split at ${split}`)
    if (oversized.length !== 1) t.fail(`split at ${split}: told ${oversized.length} times`)
    t.same(oversized[0], ['a/b', 500])
  }
  t.end()
})

test('in MQTT 5 the shortened packet has an empty property list', (t) => {
  const { gate } = gateOf(5)
  t.same(Buffer.concat(gate(large(500))), Buffer.from([0x33, 0x08, 0, 3, 0x61, 0x2f, 0x62, 0, 7, 0]))
  t.end()
})

test('the limit itself passes and one byte more does not', (t) => {
  const within = gateOf(4)
  const atLimit = Buffer.concat([Buffer.from([0x32, 100]), large(93).subarray(3)])
  t.same(Buffer.concat(within.gate(atLimit)), atLimit)
  t.same(within.oversized, [])
  const over = gateOf(4)
  over.gate(Buffer.concat([Buffer.from([0x32, 101]), large(94).subarray(3)]))
  t.same(over.oversized, [['a/b', 94]])
  t.end()
})

test('what is not MQTT is refused', (t) => {
  t.throws(() => gateOf(4).gate(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01])), /length is not MQTT/)
  t.throws(() => gateOf(4).gate(Buffer.from([0x90, 0xff, 0xff, 0x7f])), /absurd length/)
  t.throws(
    () => gateOf(4).gate(Buffer.from([0x30, 0x80, 0x01, 0xff, 0xff, ...Buffer.alloc(65_600)])),
    /longer than itself/,
  )
  t.end()
})
