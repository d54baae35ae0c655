/** What the bytes of a register mean. Pure: knows numbers and never a line. */
import type { RegisterKind } from '../../agent/ports/amplifier.ts'

export type RegisterType = 'u16' | 's16' | 'u32' | 's32' | 'f32'

export type Register = {
  kind: RegisterKind
  address: number
  type: RegisterType
  /** Which of two registers holds the upper half: makers differ, the standard does not say. */
  wordOrder: 'high-first' | 'low-first'
  /** The number in the register times this is the value. */
  scale: number
}

/** Beyond this a product of two decimal fractions shows its binary tail: 24.200000000000003. */
const DIGITS_MAX = 12

export const isBitKind = (kind: RegisterKind): boolean => kind === 'coil' || kind === 'discrete'

/** How many registers, or bits, the value takes. */
export const widthOf = ({ kind, type }: Pick<Register, 'kind' | 'type'>): number =>
  isBitKind(kind) || type === 'u16' || type === 's16' ? 1 : 2

/** `words` are registers of 16 bits as they stand on the wire, or a bit as 0 or 1. Null where it is no number (NaN of f32). */
export const valueOf = (register: Register, words: readonly number[]): number | null => {
  const { kind, type, wordOrder, scale } = register
  const [first = 0, second = 0] = words
  if (isBitKind(kind)) return first
  const bytes = new DataView(new ArrayBuffer(4))
  const isWide = widthOf(register) === 2
  bytes.setUint16(0, isWide && wordOrder === 'low-first' ? second : first)
  bytes.setUint16(2, wordOrder === 'low-first' ? first : second)
  const raw = {
    u16: () => bytes.getUint16(0),
    s16: () => bytes.getInt16(0),
    u32: () => bytes.getUint32(0),
    s32: () => bytes.getInt32(0),
    f32: () => bytes.getFloat32(0),
  }[type]()
  const value = Number((raw * scale).toPrecision(DIGITS_MAX))
  return Number.isFinite(value) ? value : null
}

/** What the exception codes of the standard mean (Modbus Application Protocol V1.1b3, section 7), and what to look at. */
const EXCEPTIONS: Partial<Record<number, string>> = {
  1: 'the amplifier does not know this function: is the kind right (coil, discrete, holding, input)?',
  2: 'the amplifier has no such register: is the address right? Many manuals count from 1, the wire from 0',
  3: 'the amplifier does not take this value or count',
  4: 'the amplifier failed while it carried this out',
  5: 'the amplifier has taken the order and needs longer for it',
  6: 'the amplifier is busy',
  8: 'the amplifier found its memory damaged',
  10: 'the gateway has no way to the line',
  11: 'the gateway got no answer from the amplifier: is the unit number right, is it powered?',
}

export const exceptionText = (code: number): string =>
  `exception ${code}: ${EXCEPTIONS[code] ?? 'a code of the maker’s own'}`
