/**
 * The answer in what came over a noisy line. Pure: knows bytes and never a port. Modbus RTU has no mark for the beginning of a
 * frame, so every place is tried: unit, function, the length that the question implies, and the checksum must all be right.
 */

const CHECKSUM_BYTES = 2
const EXCEPTION_BYTES = 5
const EXCEPTION_BIT = 0x80

/** CRC-16 of the specification (Modbus over Serial Line V1.02, 6.2.2): reflected polynomial A001, all ones at the beginning. */
export const checksum = (bytes: Uint8Array): number => {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}

const isWhole = (frame: Buffer): boolean => {
  const end = frame.length - CHECKSUM_BYTES
  return frame.readUInt16LE(end) === checksum(frame.subarray(0, end))
}

/** What the question implies of the answer, checksum included; null: a question that is not asked here. */
const answerBytes = (question: Buffer): number | null => {
  const code = question.readUInt8(1)
  const count = question.readUInt16BE(4)
  // Bits come eight to a byte, registers two bytes each; a write is echoed.
  if (code === 1 || code === 2) return 3 + Math.ceil(count / 8) + CHECKSUM_BYTES
  if (code === 3 || code === 4) return 3 + 2 * count + CHECKSUM_BYTES
  return code === 5 || code === 6 ? 6 + CHECKSUM_BYTES : null
}

export const findAnswer = (received: Buffer, question: Buffer): Buffer | null => {
  const unit = question.readUInt8(0)
  const code = question.readUInt8(1)
  const bytes = answerBytes(question)
  if (bytes === null) throw new Error(`function ${code} is not asked here`)
  for (let at = 0; at + EXCEPTION_BYTES <= received.length; at += 1) {
    if (received[at] !== unit) continue
    const length =
      received[at + 1] === code ? bytes : received[at + 1] === (code | EXCEPTION_BIT) ? EXCEPTION_BYTES : null
    if (length === null || at + length > received.length) continue
    const frame = received.subarray(at, at + length)
    if (isWhole(frame)) return frame
  }
  return null
}
