/** A fault of an announcement in words: what is wrong, and what to do. */
import type { FaultText } from '../fault.ts'
import type { LiveFacts, LiveFaultOf, LiveWords } from './words.ts'

export const sayFault = <K extends keyof LiveFacts>(fault: LiveFaultOf<K>, { faults }: LiveWords): FaultText =>
  faults[fault.kind](fault)
