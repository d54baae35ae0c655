/** Whether the recording of the card holds what was asked, judged by the samples alone: the agent's word counts nothing here. */
import { framesOf, levelDb, type Pcm, toDb, toneAmplitude } from '../bench-parts/tone.ts'
import { START_MS_TOLERANCE } from './check-records.ts'
import { endOf, startOf, type Airing } from './evidence.ts'
import type { Finding } from './finding.ts'
import type { WallMs } from '../../player/plan/time.ts'

export type Heard = { pcm: Pcm; firstSampleAt: WallMs; toneHz: number }

/** A tenth of a second tells the held note from the voice, whose tones never hold so still. */
const WINDOW_MS = 100
const STEP_MS = 50
/** The note is held at -19 dBFS. */
const TONE_DB_MIN = -27
/** At the edges of a piece fades and a few milliseconds of lateness are allowed for. */
const EDGE_MS = 300
const TONE_SHARE_MIN = 0.97
const VOICE_TONE_SHARE_MAX = 0.15
const VOICE_DB_MIN = -45
const VOICE_SHARE_MIN = 0.6
const QUIET_DB_MAX = -60
const ONSET_WINDOW_MS = 20
const ONSET_STEP_MS = 2
const QUIET_MS = 1_500

const dbOfTone = ({ pcm, toneHz }: Heard, atMs: number, windowMs: number): number => {
  const frame = Math.round((atMs * pcm.rate) / 1_000)
  return toDb(toneAmplitude(pcm, toneHz, frame, Math.round((windowMs * pcm.rate) / 1_000)))
}

const windows = (fromMs: number, toMs: number, windowMs: number, stepMs: number): number[] => {
  const count = Math.max(0, Math.floor((toMs - windowMs - fromMs) / stepMs) + 1)
  return Array.from({ length: count }, (_, index) => fromMs + index * stepMs)
}

const shareOf = (moments: readonly number[], holds: (atMs: number) => boolean): number =>
  moments.length === 0 ? 0 : moments.filter(holds).length / moments.length

const toneShare = (heard: Heard, fromMs: number, toMs: number): number =>
  shareOf(windows(fromMs, toMs, WINDOW_MS, STEP_MS), (atMs) => dbOfTone(heard, atMs, WINDOW_MS) >= TONE_DB_MIN)

/** When the note, absent before, comes in to stay; null: not within a second of the planned moment. */
const onsetMs = (heard: Heard, plannedMs: number): number | null => {
  const sounds = (atMs: number) => dbOfTone(heard, atMs, ONSET_WINDOW_MS) >= TONE_DB_MIN
  const found = windows(plannedMs - 1_000, plannedMs + 1_000, ONSET_WINDOW_MS, ONSET_STEP_MS).find(
    (atMs) => sounds(atMs) && sounds(atMs + 20) && sounds(atMs + 60) && sounds(atMs + 100),
  )
  // The window that first holds enough of it is about half filled.
  return found === undefined ? null : found + ONSET_WINDOW_MS / 2
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

type Stretch = { fromMs: number; toMs: number; title: string }

const checkTune = (heard: Heard, { fromMs, toMs, title }: Stretch): Finding[] => {
  const onset = onsetMs(heard, fromMs)
  const lateMs = onset === null ? null : onset - fromMs
  const share = toneShare(heard, fromMs + EDGE_MS, toMs - EDGE_MS)
  const late = lateMs === null ? '—' : `${lateMs < 0 ? '−' : '+'}${Math.abs(Math.round(lateMs))} ms`
  const subject = `“${title}”, ${heard.toneHz} Hz`
  return [
    {
      check: 'tone-starts',
      subject,
      isRight: lateMs !== null && Math.abs(lateMs) <= START_MS_TOLERANCE,
      figures: late,
    },
    { check: 'tone-sounds', subject, isRight: share >= TONE_SHARE_MIN, figures: percent(share) },
  ]
}

const checkVoice = (heard: Heard, { fromMs, toMs, title }: Stretch): Finding[] => {
  const inner = windows(fromMs + EDGE_MS, toMs - EDGE_MS, WINDOW_MS, STEP_MS)
  const loud = shareOf(inner, (atMs) => levelDb(heard.pcm, atMs, atMs + WINDOW_MS) >= VOICE_DB_MIN)
  const tone = toneShare(heard, fromMs + EDGE_MS, toMs - EDGE_MS)
  const level = levelDb(heard.pcm, fromMs + EDGE_MS, toMs - EDGE_MS)
  const subject = `“${title}”`
  return [
    {
      check: 'voice',
      subject,
      isRight: loud >= VOICE_SHARE_MIN && level >= VOICE_DB_MIN,
      figures: `${percent(loud)}, ${level.toFixed(1)} dBFS`,
    },
    { check: 'tone-silent', subject, isRight: tone <= VOICE_TONE_SHARE_MAX, figures: percent(tone) },
  ]
}

export const checkSound = (airings: readonly Airing[], heard: Heard): Finding[] => {
  const { pcm, firstSampleAt } = heard
  const lengthMs = (framesOf(pcm) * 1_000) / pcm.rate
  const sounds = airings.filter(({ kind }) => kind === 'sound')
  const ends = sounds.map((airing) => endOf(airing) - firstSampleAt)
  const lastMs = Math.max(...ends)
  const recorded: Finding = {
    check: 'recorded',
    subject: '',
    isRight: sounds.every((airing) => startOf(airing) >= firstSampleAt) && lengthMs >= lastMs,
    figures: `${(lengthMs / 1_000).toFixed(1)} s`,
  }
  const pieces = sounds.flatMap((airing) => {
    const stretch = {
      fromMs: startOf(airing) - firstSampleAt,
      toMs: endOf(airing) - firstSampleAt,
      title: airing.title,
    }
    return airing.name === 'tune' ? checkTune(heard, stretch) : checkVoice(heard, stretch)
  })
  const level = levelDb(pcm, lastMs + EDGE_MS, Math.min(lengthMs, lastMs + QUIET_MS))
  const quiet: Finding = {
    check: 'quiet',
    subject: '',
    isRight: level <= QUIET_DB_MAX,
    figures: `${Math.max(-120, level).toFixed(0)} dBFS`,
  }
  return [recorded, ...pieces, quiet]
}
