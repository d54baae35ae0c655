/**
 * What the street heard, as the ears beside the outputs tell it: joined to what played, for its record, and turned into alarms.
 * It is only ever told; nothing waits for it before it makes a sound.
 */
import type { WallMs } from '../player/plan/time.ts'
import type { Alarms } from './alarms.ts'
import type { Ear, EarEvent, Look, Verdict } from './ports/hearing.ts'
import type { AsRunRecord } from './protocol/uplink.ts'

export type Heard = NonNullable<AsRunRecord['heard']>

export type LastHeard = Pick<Look, 'verdict' | 'levelDb' | 'delayMs' | 'confidence'> & { at: WallMs }

export type Hearing = {
  started: (playId: string, output: string, at: WallMs) => void
  /** Whether something beside its output hears it, or could. */
  isListening: (playId: string) => boolean
  /** It has ended; what is heard of its last seconds may still come. */
  ended: (playId: string, at: WallMs) => void
  apply: (event: EarEvent) => void
  /** What was heard of that play, which is forgotten with it; undefined: there is no ear; null: it could not tell. */
  take: (playId: string) => Heard | null | undefined
  /** The newest look at an output. */
  last: (output: string) => LastHeard | null
}

/** Seconds in a row after which it is no chance any more. */
const LOOKS_TO_RAISE = 3
const LOOKS_TO_CLEAR = 2
/** The newest part of a look, by which it belongs to a play. */
const NEWEST_MS = 512
/** Looks at one play that are kept, the newest: a record tells of its last ten minutes at least. */
const LOOKS_MAX = 600
/** Below this a converter has more noise of its own: there is no sound at all. */
const NOTHING_DB = -85

type Play = { output: string; from: WallMs; until: WallMs | null; looks: Look[] }
type State = { missing: number; found: number; off: number; right: number; last: LastHeard | null }

const median = (values: readonly number[]): number | null => {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

export const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value * 10) / 10)

/** One answer for a whole play: what most of its seconds say that say anything. */
export const summary = (looks: readonly Look[]): Heard | null => {
  if (looks.length === 0) return null
  const of = (verdict: Verdict) => looks.filter((look) => look.verdict === verdict)
  const [heard, missed] = [of('heard'), of('not-heard')]
  const verdict = heard.length + missed.length === 0 ? 'unsure' : heard.length >= missed.length ? 'heard' : 'not-heard'
  const told = of(verdict)
  const confidence = told.reduce((sum, look) => sum + look.confidence, 0) / told.length
  const medianOf = (pick: (look: Look) => number | null) => rounded(median(heard.flatMap((look) => pick(look) ?? [])))
  return {
    verdict,
    levelDb: verdict === 'heard' ? medianOf((look) => look.levelDb) : null,
    delayMs: verdict === 'heard' ? medianOf((look) => look.delayMs) : null,
    confidence: Math.round(confidence * 100) / 100,
    looks: looks.length,
  }
}

const notHeardDetail = ({ captureDb, confidence }: Look): string =>
  captureDb <= NOTHING_DB
    ? 'the capture source gives no sound at all: a muted mixer, an amplifier without power or a cut line is likelier than a dead horn'
    : `the capture source hears ${Math.round(captureDb)} dBFS, but not what is played: a dead horn, a cut speaker line or a muted mixer (confidence ${confidence})`

const levelDetail = (levelDb: number, toleranceDb: number): string =>
  `heard ${Math.abs(Math.round(levelDb))} dB ${levelDb < 0 ? 'quieter' : 'louder'} than calibrated (allowed: ${toleranceDb} dB): amplifier, mixer or microphone were changed, or one of several horns is dead`

export const createHearing = (ears: readonly Ear[], alarms: Pick<Alarms, 'raise' | 'clear'>): Hearing => {
  const byOutput = new Map(ears.map((ear) => [ear.output, ear]))
  const states = new Map<string, State>()
  const plays = new Map<string, Play>()
  const stateOf = (output: string): State => {
    const known = states.get(output) ?? { missing: 0, found: 0, off: 0, right: 0, last: null }
    states.set(output, known)
    return known
  }

  const judgeLevel = (output: string, state: State, levelDb: number | null) => {
    const toleranceDb = byOutput.get(output)?.toleranceDb ?? null
    if (toleranceDb === null || levelDb === null) return
    const isOff = Math.abs(levelDb) > toleranceDb
    state.off = isOff ? state.off + 1 : 0
    state.right = isOff ? 0 : state.right + 1
    if (state.off === LOOKS_TO_RAISE) alarms.raise('heard-level', output, levelDetail(levelDb, toleranceDb))
    if (state.right >= LOOKS_TO_CLEAR) alarms.clear('heard-level', output)
  }
  const judge = (output: string, look: Look) => {
    const state = stateOf(output)
    state.last = { ...look, at: look.until }
    // What cannot be told changes nothing, in either direction.
    if (look.verdict === 'unsure') return
    const isHeard = look.verdict === 'heard'
    state.found = isHeard ? state.found + 1 : 0
    state.missing = isHeard ? 0 : state.missing + 1
    if (state.missing === LOOKS_TO_RAISE) {
      alarms.raise('not-heard', output, notHeardDetail(look))
      // Of what is not heard at all nothing is known to be too loud or too quiet.
      alarms.clear('heard-level', output)
      state.off = 0
    }
    if (state.found >= LOOKS_TO_CLEAR) alarms.clear('not-heard', output)
    if (isHeard) judgeLevel(output, state, look.levelDb)
  }
  const remember = (output: string, look: Look) => {
    const at = look.until - NEWEST_MS
    for (const play of plays.values()) {
      if (play.output !== output || at < play.from || (play.until !== null && at >= play.until)) continue
      play.looks.push(look)
      if (play.looks.length > LOOKS_MAX) play.looks.shift()
    }
  }

  return {
    started: (playId, output, at) => {
      if (byOutput.has(output)) plays.set(playId, { output, from: at, until: null, looks: [] })
    },
    isListening: (playId) => plays.has(playId),
    ended: (playId, at) => {
      const play = plays.get(playId)
      if (play !== undefined) play.until = at
    },
    apply: (event) => {
      if (event.kind === 'look') {
        judge(event.output, event.look)
        remember(event.output, event.look)
      } else if (event.fault === null) alarms.clear('capture-lost', event.output)
      else alarms.raise('capture-lost', event.output, event.fault)
    },
    take: (playId) => {
      const play = plays.get(playId)
      plays.delete(playId)
      return play === undefined ? undefined : summary(play.looks)
    },
    last: (output) => states.get(output)?.last ?? null,
  }
}
