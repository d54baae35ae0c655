/** Everything that `loa doctor` can find, as data. The words for each are in `words/`, and the compiler demands them all. */

export type Verdict = 'right' | 'wrong' | 'warning' | 'unknown'

/** What is known of the sound of one output; null: not known, or there is no such thing here. */
export type SoundFigures = {
  lateMs: number | null
  underruns: number
  gainDb: number
  trimDb: number
  /** Where the control of its card stands. */
  mixer: string | null
  urgency: 'real-time' | 'nice' | 'ordinary' | null
  /** `nothing`: there is a capture source, and nothing has been compared yet. */
  heard: 'heard' | 'not-heard' | 'unsure' | 'nothing' | null
  heardDb: number | null
  amplifiers: { id: string; power: 'on' | 'off' | 'unknown' | 'always' }[]
}

export type DoctorFacts = {
  'settings-right': { file: string }
  'settings-wrong': { file: string; faults: number }
  'settings-forbidden': { file: string; user: string }

  'node-right': { version: string; minimum: string }
  'node-old': { version: string; minimum: string }
  'program-found': { program: string; version: string }
  'program-missing': { program: string; debianPackage: string; neededFor: 'sound' | 'picture' | 'both' }

  'agent-running': { version: string; uptimeMs: number }
  'agent-absent': { socket: string }
  'agent-forbidden': { socket: string; user: string }
  'agent-silent': { socket: string }
  'agent-malformed': { detail: string }
  'agent-other-version': { agent: string; command: string }
  'agent-alarm': { code: string; subject: string; detail: string; since: string }

  'sound-opens': { output: string; device: string }
  'sound-busy': { output: string; device: string }
  'sound-missing': { output: string; device: string; devices: string[] }
  'sound-forbidden': { output: string; device: string; user: string }
  'sound-failed': { output: string; device: string; error: string }
  'sound-unchecked': { output: string }
  /** `mixing`: a device of the same card that two outputs can have at once. */
  'sound-shared': { output: string; other: string; device: string; mixing: string }
  'sound-well': { output: string; figures: SoundFigures }
  'sound-unheard': { output: string; at: string }
  'sound-mute': { output: string }
  'sound-mixer': { output: string; control: string; device: string; detail: string }
  'sound-gaps': { output: string; count: number; cause: string | null; at: string }
  'sound-late': { output: string; lateMs: number }
  'sound-not-urgent': { output: string; urgency: 'nice' | 'ordinary' }
  'sound-levelled': { waiting: number }
  'sound-unlevelled': { waiting: number; failed: number }

  'amplifier-device': { amplifier: string; device: string }
  'amplifier-missing': { amplifier: string; device: string }
  'amplifier-forbidden': { amplifier: string; device: string; user: string }
  'amplifier-gpioset': { debianPackage: string }
  'amplifier-obeys': { amplifier: string; power: 'on' | 'off' | 'unknown' }
  'amplifier-ails': {
    amplifier: string
    power: 'on' | 'off' | 'unknown'
    wanted: 'on' | 'off' | 'always'
    tripped: string[]
  }

  'display-found': { output: string; display: string }
  'display-unplugged': { output: string }
  'display-missing': { output: string; display: string }
  'display-forbidden': { output: string; display: string; user: string }

  'folder-right': { folder: string; freeBytes: number }
  'folder-full': { folder: string; freeBytes: number }
  'folder-absent': { folder: string }
  'folder-not-mine': { folder: string; user: string }
  'cache-fits': { quotaBytes: number; usedBytes: number; freeBytes: number }
  'cache-too-large': { quotaBytes: number; usedBytes: number; freeBytes: number }

  'certificate-right': { file: string; name: string; until: string; days: number }
  'certificate-ending': { file: string; name: string; until: string; days: number }
  'certificate-expired': { file: string; name: string; until: string }
  'certificate-early': { file: string; name: string; from: string }
  'certificate-unreadable': { file: string; error: string }
  'certificate-forbidden': { file: string; user: string }
  'key-differs': { certificate: string; key: string }

  'broker-name-unknown': { host: string; error: string }
  'broker-port-closed': { host: string; port: number; error: string }
  'broker-reached': { host: string; port: number; address: string; ms: number }
  'broker-certificate-right': { name: string; until: string; days: number; protocol: string }
  'broker-certificate-ending': { name: string; until: string; days: number }
  'broker-tls-wrong': { error: string }
  'broker-unencrypted': { host: string }
  'broker-accepts': { version: string; ms: number }
  'broker-refuses': { error: string }
  'broker-refuses-doctor': { error: string }
  'broker-silent': { error: string }

  'clock-synced': { by: string }
  'clock-unsynced': { by: string }
  'clock-battery': { by: string }
  'clock-unknown': Record<string, never>
}

export type FindingCode = keyof DoctorFacts
export type FindingOf<C extends FindingCode> = { [K in C]: { code: K; facts: DoctorFacts[K] } }[C]
export type Finding = FindingOf<FindingCode>

export const VERDICTS: Record<FindingCode, Verdict> = {
  'settings-right': 'right',
  'settings-wrong': 'wrong',
  'settings-forbidden': 'unknown',
  'node-right': 'right',
  'node-old': 'wrong',
  'program-found': 'right',
  'program-missing': 'wrong',
  'agent-running': 'right',
  'agent-absent': 'wrong',
  'agent-forbidden': 'unknown',
  'agent-silent': 'wrong',
  'agent-malformed': 'wrong',
  'agent-other-version': 'warning',
  'agent-alarm': 'warning',
  'sound-opens': 'right',
  'sound-busy': 'right',
  'sound-missing': 'wrong',
  'sound-forbidden': 'unknown',
  'sound-failed': 'wrong',
  'sound-unchecked': 'unknown',
  'sound-shared': 'warning',
  'sound-well': 'right',
  'sound-unheard': 'wrong',
  'sound-mute': 'warning',
  'sound-mixer': 'wrong',
  'sound-gaps': 'warning',
  'sound-late': 'warning',
  'sound-not-urgent': 'warning',
  'sound-levelled': 'right',
  'sound-unlevelled': 'warning',
  'amplifier-device': 'right',
  'amplifier-missing': 'wrong',
  'amplifier-forbidden': 'unknown',
  'amplifier-gpioset': 'wrong',
  'amplifier-obeys': 'right',
  'amplifier-ails': 'wrong',
  'display-found': 'right',
  'display-unplugged': 'warning',
  'display-missing': 'wrong',
  'display-forbidden': 'unknown',
  'folder-right': 'right',
  'folder-full': 'wrong',
  'folder-absent': 'wrong',
  'folder-not-mine': 'unknown',
  'cache-fits': 'right',
  'cache-too-large': 'warning',
  'certificate-right': 'right',
  'certificate-ending': 'warning',
  'certificate-expired': 'wrong',
  'certificate-early': 'wrong',
  'certificate-unreadable': 'wrong',
  'certificate-forbidden': 'unknown',
  'key-differs': 'wrong',
  'broker-name-unknown': 'wrong',
  'broker-port-closed': 'wrong',
  'broker-reached': 'right',
  'broker-certificate-right': 'right',
  'broker-certificate-ending': 'warning',
  'broker-tls-wrong': 'wrong',
  'broker-unencrypted': 'warning',
  'broker-accepts': 'right',
  'broker-refuses': 'wrong',
  'broker-refuses-doctor': 'unknown',
  'broker-silent': 'wrong',
  'clock-synced': 'right',
  'clock-unsynced': 'warning',
  'clock-battery': 'right',
  'clock-unknown': 'unknown',
}

export const verdictOf = ({ code }: Finding): Verdict => VERDICTS[code]

/** The headings of the report, in the order of the report; a code belongs to the heading that its first word names. */
export const SECTIONS = [
  'settings',
  'program',
  'agent',
  'clock',
  'sound',
  'amplifier',
  'display',
  'folder',
  'broker',
] as const
export type Section = (typeof SECTIONS)[number]

const SECTION_OF_WORD: Record<string, Section> = {
  node: 'program',
  cache: 'folder',
  certificate: 'broker',
  key: 'broker',
}

export const sectionOf = (code: FindingCode): Section => {
  const word = code.split('-')[0] ?? ''
  return SECTIONS.find((section) => section === word) ?? SECTION_OF_WORD[word] ?? 'agent'
}
