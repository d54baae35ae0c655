/** One way in which something that is written is read out. */
import type { Region } from './numbers.ts'

/** What was read last, if nothing but this rule's text follows it: a dash after a quantity means `đến`. */
export type Kind = 'quantity' | 'money' | 'date' | 'code' | 'phone' | 'word'

export type Spot = {
  /** What stands before, in small letters, as far back as a rule may look. */
  before: string
  /** What stands after the match, as far ahead as a rule may look. */
  after: string
  /** What was read just before; null: something stands between that is no sign of enumeration. */
  last: Kind | null
  region: Region
}

export type Groups = readonly (string | undefined)[]

export type Rule = {
  /** Sticky; every repetition in it has a limit, so that no text makes it slow. */
  pattern: RegExp
  kind: Kind
  /** Null: it is not what it looked like. */
  say: (groups: Groups, spot: Spot) => string | null
}

/** How far a rule looks back and ahead. */
export const CONTEXT_CHARACTERS = 48

/** A word does not go on here. */
export const END = String.raw`(?![\p{L}\p{M}\d])`

export const sticky = (source: string): RegExp => new RegExp(source, 'uy')
