/** Everything that can be said while somebody speaks live; each language has all of it. */
import type { FaultText } from '../fault.ts'

/** What keeps an announcement from beginning, or cuts it short. */
export type LiveFacts = {
  'bad-duration': { found: string }
  'two-sources': unknown
  'speaker-unreadable': { file: string; detail: string }
  'speaker-damaged': { file: string }
  'passphrase-missing': unknown
  'passphrase-wrong': { file: string }
  'speaker-early': { from: string }
  'speaker-ended': { until: string }
  'speaker-elsewhere': { area: string; box: string }
  'speaker-mute': unknown
  'output-unknown': { name: string; known: string[] }
  'no-sound-output': unknown
  'ffmpeg-missing': unknown
  'source-failed': { source: string; detail: string }
  'source-silent': { source: string }
  'cannot-listen': { detail: string }
  refused: { reason: string; detail: string }
  busy: unknown
  'agent-gone': unknown
  'stop-unsent': { seconds: number }
}
export type LiveFaultOf<K extends keyof LiveFacts> = { [P in K]: { kind: P } & LiveFacts[P] }[K]
export type LiveFault = LiveFaultOf<keyof LiveFacts>

export type LiveEnd = 'asked' | 'end-of-file' | 'time-over' | 'source-failed' | 'agent-gone'

export type LiveWords = {
  help: string
  defaultTitle: string
  passphrase: string
  faults: { [K in keyof LiveFacts]: (facts: LiveFacts[K]) => FaultText }
  /** By the refusal reasons of the protocol. */
  refusals: Partial<Record<string, string>>
  begun: (title: string) => string
  howToEnd: string
  onAir: string
  waiting: string
  tooQuiet: string
  tooLoud: string
  listeners: (count: number) => string
  heardOn: (outputs: string[]) => string
  notHeard: string
  confirmed: (count: number) => string
  refusedBy: (device: string, reason: string) => string
  ends: Record<LiveEnd, string>
}
