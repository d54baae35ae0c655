/** A finding in words, and what to do about it. */
import type { FindingText, Words } from '../words/words.ts'
import type { DoctorFacts, FindingCode, FindingOf } from './findings.ts'

export const sayFinding = <C extends FindingCode>({ code, facts }: FindingOf<C>, words: Words): FindingText => {
  const saying: (facts: DoctorFacts[C]) => FindingText = words.doctor.findings[code]
  return saying(facts)
}
