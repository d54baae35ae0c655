/**
 * Stands between the socket and the MQTT parser, which would hold a packet of up to 256 MB in memory before anyone could
 * refuse it. A PUBLISH over the limit goes on with an empty payload, so that it is still acknowledged and never sent
 * again, and its bytes are dropped as they come. Knows bytes, never a socket. MQTT 5 §2.1, §3.3; MQTT 3.1.1 the same.
 */

export type GateOptions = {
  protocolVersion: 4 | 5
  /** Of the packet after its fixed header; a bit over the largest payload, for the topic and properties. */
  remainingBytesMax: number
  /** `bytes` is the size after topic and packet id. */
  onOversized: (topic: string, bytes: number) => void
}

/** Takes what came from the socket and returns what the parser may see; throws if it is not MQTT. */
export type Gate = (chunk: Buffer) => Buffer[]

const PUBLISH = 3
const LENGTH_BYTES_MAX = 4
/** No packet but PUBLISH is ever long: the longest is a SUBACK of some hundred bytes. */
const OTHER_PACKET_BYTES_MAX = 65_536

type FixedHeader = { first: number; remaining: number; bytes: number }

/** Null while bytes are missing. */
const readFixedHeader = (bytes: Buffer): FixedHeader | null => {
  const first = bytes[0]
  if (first === undefined) return null
  let remaining = 0
  for (let index = 1; index <= LENGTH_BYTES_MAX; index += 1) {
    const byte = bytes[index]
    if (byte === undefined) return null
    remaining += (byte & 0x7f) * 128 ** (index - 1)
    if (byte < 0x80) return { first, remaining, bytes: index + 1 }
  }
  throw new Error('the broker sent a packet whose length is not MQTT')
}

const writeLength = (length: number): number[] => {
  const bytes: number[] = []
  let rest = length
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? low | 0x80 : low)
  } while (rest > 0)
  return bytes
}

const carriesId = (first: number): boolean => (first & 0x06) !== 0

/** Topic and packet id of a PUBLISH, or null while bytes are missing. */
const variableHeaderBytes = (first: number, bytes: Buffer): number | null => {
  if (bytes.length < 2) return null
  const needed = 2 + bytes.readUInt16BE(0) + (carriesId(first) ? 2 : 0)
  return bytes.length < needed ? null : needed
}

export const createGate = ({ protocolVersion, remainingBytesMax, onOversized }: GateOptions): Gate => {
  let header: Buffer = Buffer.alloc(0)
  /** Bytes of the current packet that go through, or that are dropped. */
  let passBytes = 0
  let dropBytes = 0
  /** A packet over the limit whose topic is still being read. */
  let oversized: FixedHeader | null = null

  const shorten = ({ first, remaining }: FixedHeader, variable: Buffer): Buffer => {
    const topicBytes = variable.readUInt16BE(0)
    onOversized(variable.toString('utf8', 2, 2 + topicBytes), remaining - variable.length)
    const body = protocolVersion === 5 ? Buffer.concat([variable, Buffer.from([0])]) : variable
    return Buffer.concat([Buffer.from([first, ...writeLength(body.length)]), body])
  }

  /** Looks at the collected header bytes; returns what may go on, or null if more bytes are needed. */
  const step = (): Buffer | null => {
    if (oversized !== null) {
      const needed = variableHeaderBytes(oversized.first, header)
      if (needed === null) return null
      if (needed > oversized.remaining) throw new Error('the broker sent a packet whose topic is longer than itself')
      const shortened = shorten(oversized, header.subarray(0, needed))
      dropBytes = oversized.remaining - needed
      header = header.subarray(needed)
      oversized = null
      return shortened
    }
    const fixed = readFixedHeader(header)
    if (fixed === null) return null
    const head = header.subarray(0, fixed.bytes)
    header = header.subarray(fixed.bytes)
    const isPublish = fixed.first >> 4 === PUBLISH
    if (isPublish && fixed.remaining > remainingBytesMax) {
      oversized = fixed
      return Buffer.alloc(0)
    }
    if (!isPublish && fixed.remaining > OTHER_PACKET_BYTES_MAX) {
      throw new Error('the broker sent a control packet of absurd length')
    }
    passBytes = fixed.remaining
    return head
  }

  return (chunk) => {
    const out: Buffer[] = []
    header = header.length === 0 ? chunk : Buffer.concat([header, chunk])
    while (header.length > 0) {
      if (passBytes > 0 || dropBytes > 0) {
        const passed = header.subarray(0, passBytes)
        if (passed.length > 0) out.push(passed)
        passBytes -= passed.length
        const dropped = Math.min(dropBytes, header.length - passed.length)
        dropBytes -= dropped
        header = header.subarray(passed.length + dropped)
        continue
      }
      const next = step()
      if (next === null) break
      if (next.length > 0) out.push(next)
    }
    return out
  }
}
