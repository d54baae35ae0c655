/** Everything that the command line can say. Two languages implement it; what one forgets does not compile. */
import type { DoctorFacts, Section, SoundFigures } from '../doctor/findings.ts'
import type { CalibrateWords } from '../calibrate/words.ts'
import type { ExpectedType, FaultText, FoundType, Problem, SyntaxCode } from '../fault.ts'
import type { SettingKey } from '../keys.ts'
import type { LiveWords } from '../live/words.ts'

export type Language = 'vi' | 'en'

/** What a setting is for, and what a right value looks like. */
export type SettingWords = { meaning: string; expected: string }

type ProblemOf<K extends Problem['kind']> = Omit<Extract<Problem, { kind: K }>, 'kind'>
/** `fits` describes a right value, `example` shows one. */
export type FaultContext = { name: string; section: string; file: string; fits: string; example: string }

export type FaultWords = {
  [K in Problem['kind']]: (problem: ProblemOf<K>, context: FaultContext) => FaultText
} & {
  syntaxCodes: Record<SyntaxCode, string>
  oneOf: (names: string[]) => string
  expectedTypes: Record<ExpectedType, string>
  foundTypes: Record<FoundType, string>
}

export type FindingText = { text: string; next: string | null }

/** How the sound of one output is, in parts of a line. */
export type SoundWords = {
  timing: (lateMs: number | null) => string
  gaps: (count: number) => string
  level: (gainDb: number, isOrdered: boolean) => string
  mixer: (found: string) => string
  urgency: Record<NonNullable<SoundFigures['urgency']>, string>
  heard: Record<NonNullable<SoundFigures['heard']>, (levelDb: number | null) => string>
  power: Record<SoundFigures['amplifiers'][number]['power'], string>
}

type SoundTold =
  | 'sound-well'
  | 'sound-unheard'
  | 'sound-mute'
  | 'sound-mixer'
  | 'sound-gaps'
  | 'sound-late'
  | 'sound-not-urgent'
  | 'sound-levelled'
  | 'sound-unlevelled'
/** What the running agent tells of its sound; the rest of the examination stands in `doctor`. */
export type SoundFindings = Pick<Words['doctor']['findings'], SoundTold>

export type Words = {
  locale: string
  /** The labels of one fault, in a column. */
  labels: { line: string; found: string; expected: string; next: string }
  settings: Record<SettingKey, SettingWords>
  faults: FaultWords
  check: {
    right: (file: string) => string
    wrong: (file: string, count: number) => string
    summary: { device: string; area: string; broker: string; outputs: string; encrypted: string; unencrypted: string }
    afterRight: string
    afterWrong: (file: string) => string
  }
  durations: { day: string; hour: string; minute: string; second: string }
  media: { sound: string; picture: string }
  status: {
    running: (duration: string) => string
    headings: {
      now: string
      sound: string
      amplifiers: string
      next: string
      box: string
      schedules: string
      alarms: string
    }
    rows: { clock: string; broker: string; cache: string; outbox: string; version: string }
    playing: (heard: string) => string
    /** Between what is spoken and what goes on below it. */
    over: string
    idle: string
    muted: string
    level: (gainDb: number) => string
    /** What a capture source made of it last. */
    heard: { heard: (levelDb: number | null) => string; 'not-heard': () => string; unsure: () => string }
    outputStates: { ready: string; absent: string; restarting: string }
    restarts: (count: number) => string
    nothingNext: string
    startsIn: (duration: string) => string
    clockTrust: { unsynced: string; holdover: string; synced: string }
    connected: (protocol: string) => string
    disconnected: string
    reconnects: (count: number) => string
    cache: (facts: { files: number; used: string; quota: string; percent: number }) => string
    cacheWanted: (files: number) => string
    outboxEmpty: string
    outboxWaiting: (count: number) => string
    scheduleStates: { pending: string; current: string }
    revision: (revision: number) => string
    noSchedule: string
    since: (moment: string) => string
    absent: { wrong: (socket: string) => string; next: string[] }
    forbidden: { wrong: (socket: string, user: string) => string; next: string[] }
    silent: { wrong: (socket: string) => string; next: string[] }
    malformed: { wrong: (detail: string) => string; next: string[] }
  }
  /** What is wrong with an output or a part, by the code in the status and in the alarm. */
  faultCodes: Partial<Record<string, string>>
  doctor: {
    title: (device: string | null) => string
    sections: Record<Section, string>
    findings: { [C in keyof DoctorFacts]: (facts: DoctorFacts[C]) => FindingText }
    sums: (counts: { right: number; wrong: number; warnings: number; unknown: number }) => string
    allRight: string
  }
  amplifier: {
    none: string
    power: { on: string; off: string; unknown: string }
    always: string
    wanted: (power: string) => string
    tripped: (name: string) => string
    unread: string
    readAt: (moment: string) => string
    switched: (times: number) => string
    heldOn: (name: string, minutes: number) => string
    letGo: (name: string) => string
    unknownName: (name: string, known: string[]) => string
    cannotSwitch: (name: string) => string
    failed: (name: string, detail: string) => string
    usage: string
  }
  sound: SoundWords
  live: LiveWords
  calibrate: CalibrateWords
  schedule: {
    nothing: string
    goesOn: string
    spokenOver: string
    from: (time: string) => string
    omitted: (count: number) => string
    planned: (time: string) => string
    nothingPlays: string
    silent: string
    below: string
    alone: string
    clockUnsynced: string
    stillReading: string
    priorities: Partial<Record<string, string>>
    /** Why something does not play, by the code in the answer. */
    reasons: Partial<Record<string, string>>
    misunderstood: (word: string) => string
    past: string
    noOutput: (output: string, known: string[]) => string
  }
  say: {
    written: (file: string, seconds: number) => string
    unwritten: (file: string, reason: string) => string
    failed: (error: string) => string
    standsIn: (detail: string) => string
  }
  command: {
    help: string
    unknownCommand: (command: string) => string
    unknownOption: (detail: string) => string
    seeHelp: string
    seeLiveHelp: string
    version: (version: string, node: string) => string
  }
}
