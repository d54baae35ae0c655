/** What is wrong with an amplifier by its own registers: limits that are passed, protections that have tripped. Pure. */
import type { RegisterValue } from '../ports/amplifier.ts'

/** One bit that means something is wrong while it is `alarmAt`. */
export type ProtectionBit = { bit: number; name: string; alarmAt: 0 | 1 }

export type ReadingRule = {
  name: string
  unit: string | null
  minimum: number | null
  maximum: number | null
  bits: readonly ProtectionBit[]
  /** Judged only while the amplifier has power and had time to warm up: a supply that is off has no voltage. */
  whileOn: boolean
}

export type AmplifierFault = { about: string; detail: string }

/** A single odd reading is noise on the line, or a door that the wind moved: a fault counts once it was read so often in a row. */
export const READINGS_TO_BELIEVE = 2

/** What hovers about its limit is one alarm and not a hundred: it is over once it was read as well so often in a row. */
export const READINGS_TO_FORGET = 6

export type Judged = {
  /** How often in a row the reading said the other thing than what is believed. */
  against: ReadonlyMap<string, number>
  faults: ReadonlyMap<string, AmplifierFault>
}

export const NOTHING_JUDGED: Judged = { against: new Map(), faults: new Map() }

type Verdict = { about: string; detail: string | null }

const withUnit = (value: number, { unit }: ReadingRule): string => (unit === null ? String(value) : `${value} ${unit}`)

export const bitOf = (value: number, bit: number): 0 | 1 => (Math.floor(value / 2 ** bit) % 2 === 1 ? 1 : 0)

/** The names of the protections that have tripped. */
export const trippedBits = ({ bits }: ReadingRule, value: number | null): string[] =>
  value === null ? [] : bits.flatMap(({ bit, name, alarmAt }) => (bitOf(value, bit) === alarmAt ? [name] : []))

const verdicts = (rule: ReadingRule, { value, detail }: RegisterValue): Verdict[] => {
  const { name, minimum, maximum } = rule
  if (value === null) return [{ about: name, detail: detail ?? 'cannot be read' }]
  const limit =
    minimum !== null && value < minimum
      ? `${withUnit(value, rule)}, below ${withUnit(minimum, rule)}`
      : maximum !== null && value > maximum
        ? `${withUnit(value, rule)}, above ${withUnit(maximum, rule)}`
        : null
  const tripped = trippedBits(rule, value)
  return [
    { about: name, detail: limit },
    ...rule.bits.map((bit) => ({
      about: bit.name,
      detail: tripped.includes(bit.name) ? `the amplifier reports ${bit.name} (${name}, bit ${bit.bit})` : null,
    })),
  ]
}

/** One round of readings. A rule that does not apply now leaves what was believed as it is. */
export const judge = (
  rules: readonly ReadingRule[],
  before: Judged,
  values: readonly RegisterValue[],
  isWarm: boolean,
): Judged => {
  const against = new Map(before.against)
  const faults = new Map(before.faults)
  for (const rule of rules) {
    const read = values.find(({ name }) => name === rule.name)
    if (read === undefined || (rule.whileOn && !isWarm)) continue
    for (const { about, detail } of verdicts(rule, read)) {
      if ((detail !== null) === faults.has(about)) {
        against.delete(about)
        // The number that goes on being wrong is told as it was first seen: an alarm is raised once.
        continue
      }
      const times = (against.get(about) ?? 0) + 1
      if (times < (detail === null ? READINGS_TO_FORGET : READINGS_TO_BELIEVE)) {
        against.set(about, times)
        continue
      }
      against.delete(about)
      if (detail === null) faults.delete(about)
      else faults.set(about, { about, detail })
    }
  }
  return { against, faults }
}
