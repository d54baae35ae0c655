/**
 * An alert as a village hears it. From publishing a signed CAP alert to the first sample of its siren at the monitor, while a
 * programme plays; whether the first ten milliseconds of the siren are what was sent; and from publishing a text that no box
 * has ever said to its first spoken sound, where the alert declares that it has no siren.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sirenWav } from '../../agent/siren.ts'
import { wallMs } from '../../player/plan/time.ts'
import { findSound, findSoundAbove, type Match } from '../bench-parts/match.ts'
import type { Recording } from '../bench-parts/sound.ts'
import { levelDb, type Pcm } from '../bench-parts/tone.ts'
import { capDocument } from '../head-end/cap-document.ts'
import { publishAlert, type Desk } from '../head-end/orders.ts'
import { makeMp3 } from './clips.ts'
import { isThere, untilWall } from './programs.ts'
import { nowPlus, startRig, TARGET, wholeSecondIn, type Rig } from './rig.ts'
import type { BenchRow } from './row.ts'
import { percentile, spread } from './statistics.ts'

const SIRENS = 16
const TEXTS = 12
const YARDSTICKS = 6
const EVERY_MS = 5_000
/** Over before the next, so that the programme comes back in between. */
const ALERT_MS = 1_500
const PROGRAMME_SECONDS = 200
const SIREN_GOAL_MS = 100
const SPEECH_GOAL_MS = 700
const LATE_MS_MAX = 2_500
const BEGINNING_MS = 10
/** Alike enough to be the siren, however damaged; and so alike that no ear could tell. */
const CORRELATION_MIN = 0.8
const CORRELATION_INTACT = 0.99
const GAIN_OFF_DB_MAX = 1
const PROGRAMME_DB = -40
const SPEECH_DB = -30
const RATE = 48_000
const HEADER_BYTES = 44
const FRAME_BYTES = 4

/** The siren of an alert that is Immediate and Severe. */
const SIREN = 'severe'

const beginningOf = (wav: Buffer, ms: number): Pcm => {
  const samples = new Int16Array((ms * RATE) / 1_000)
  for (let at = 0; at < samples.length; at += 1) samples[at] = wav.readInt16LE(HEADER_BYTES + at * FRAME_BYTES)
  return { samples, rate: RATE, channels: 1 }
}

type Order = { headline: string; siren: 'by-severity' | 'none' }

/** Resolves with the very moment at which the signed message was handed to the line. */
const sendAlert = async (desk: Desk, { headline, siren }: Order): Promise<number> => {
  const alertId = `bench-${randomUUID()}`
  const cap = capDocument({
    identifier: alertId,
    sender: desk.signer.id,
    sent: wallMs(Date.now()),
    status: 'Actual',
    messageType: 'Alert',
    infos: [
      {
        language: 'vi-VN',
        event: 'Lũ quét',
        urgency: 'Immediate',
        severity: 'Severe',
        certainty: 'Observed',
        expires: nowPlus(ALERT_MS),
        headline,
      },
    ],
  })
  let publishedAt = Number.NaN
  const line: Desk['line'] = {
    ...desk.line,
    publish: (...args) => {
      publishedAt = Date.now()
      return desk.line.publish(...args)
    },
  }
  await publishAlert({ ...desk, line }, { alertId, cap, siren, repeatPauseMs: 3_600_000 }, TARGET)
  return publishedAt
}

/** Not on a beat with anything that ticks: spread over the milliseconds of a second. */
const momentOf = (first: number, order: number): number => first + order * EVERY_MS + ((order * 37) % 100) * 7

const sendInTurn = async (desk: Desk, count: number, orderOf: (at: number) => Order): Promise<number[]> => {
  const moments: number[] = []
  const first = Date.now() + 1_000
  for (let order = 0; order < count; order += 1) {
    await untilWall(momentOf(first, order))
    moments.push(await sendAlert(desk, orderOf(order)))
  }
  await sleep(EVERY_MS)
  return moments
}

const sirensIn = (recording: Recording, pcm: Pcm, moments: readonly number[]): (Match & { lateMs: number })[] => {
  const beginning = beginningOf(sirenWav(SIREN), BEGINNING_MS)
  return moments.flatMap((moment) => {
    const fromMs = recording.msAt(moment)
    if (levelDb(pcm, fromMs - 150, fromMs) < PROGRAMME_DB) return []
    const within = { fromMs, toMs: fromMs + LATE_MS_MAX, correlationMin: CORRELATION_MIN }
    const match = findSound(pcm, beginning, within)
    return match === null ? [] : [{ ...match, lateMs: match.atMs - fromMs }]
  })
}

/** How late after each moment it was no longer quiet, of those before which it was. */
const onsetsIn = (recording: Recording, pcm: Pcm, moments: readonly number[]): number[] =>
  moments.flatMap((moment) => {
    const fromMs = recording.msAt(moment)
    if (levelDb(pcm, fromMs - 150, fromMs) > PROGRAMME_DB) return []
    const atMs = findSoundAbove(pcm, { fromMs, toMs: fromMs + LATE_MS_MAX, levelDb: SPEECH_DB })
    return atMs === null ? [] : [atMs - fromMs]
  })

const textOf = (order: number): string => `Cảnh báo số ${order + 1}: lũ quét tại thôn ${order + 1}, bà con sơ tán ngay`

/** What one would type instead. */
const speakByPipe = async ({ env }: Rig, text: string): Promise<number> => {
  const at = Date.now()
  const child = spawn('sh', ['-c', 'espeak-ng -v vi --stdout "$1" | aplay -q', 'sh', text], { env, stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGKILL'), 2 * EVERY_MS)
  await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  return at
}

const yardstick = async (rig: Rig): Promise<number[]> => {
  const moments: number[] = []
  for (let order = 0; order < YARDSTICKS && isThere('aplay'); order += 1) {
    moments.push(await speakByPipe(rig, textOf(100 + order)))
    await sleep(1_000)
  }
  return moments
}

const sirenRows = (heard: readonly (Match & { lateMs: number })[]): BenchRow[] => {
  const lateMs = heard.map((siren) => siren.lateMs)
  const worstCorrelation = Math.min(...heard.map(({ correlation }) => correlation))
  const worstGainDb = Math.max(...heard.map(({ gainDb }) => Math.abs(gainDb)))
  const isWhole = heard.length === SIRENS
  return [
    {
      figure: 'CAP alert: publish → first sample of the siren, over a programme',
      value: `${spread(lateMs)}${isWhole ? '' : `; ${heard.length} of ${SIRENS} heard`}`,
      yardstick: 'OBPlayer: 20 s by construction',
      goal: `p99 ≤ ${SIREN_GOAL_MS} ms, every one heard`,
      met: isWhole && percentile(lateMs, 0.99) <= SIREN_GOAL_MS,
    },
    {
      figure: `– its first ${BEGINNING_MS} ms at the monitor against what was sent, the worst`,
      value:
        heard.length === 0
          ? 'nothing heard'
          : `correlation ${worstCorrelation.toFixed(4)}, level off by ${worstGainDb.toFixed(2)} dB`,
      yardstick: '–',
      goal: `intact: correlation ≥ ${CORRELATION_INTACT}, within ${GAIN_OFF_DB_MAX} dB`,
      met: isWhole && worstCorrelation >= CORRELATION_INTACT && worstGainDb <= GAIN_OFF_DB_MAX,
    },
  ]
}

export const benchAlert = async (): Promise<BenchRow[]> => {
  const rig = await startRig()
  try {
    const programme = rig.file('programme.mp3')
    await makeMp3(programme, PROGRAMME_SECONDS)
    const agent = await rig.startAgent()
    const recording = await rig.card.record()
    const { desk } = rig.headEnd
    const start = wholeSecondIn(4_000)
    await rig.publish(agent, [{ id: 'programme', starts: [start], sound: programme }])
    await untilWall(start + 3_000)
    const sirens = await sendInTurn(desk, SIRENS, () => ({ headline: 'Cảnh báo lũ quét', siren: 'by-severity' }))
    // Silence from here: another schedule, in which nothing is due for a day.
    await rig.publish(agent, [{ id: 'tomorrow', starts: [start + 86_400_000], sound: programme }])
    await sleep(2_000)
    const texts = await sendInTurn(desk, TEXTS, (order) => ({ headline: textOf(order), siren: 'none' }))
    const pipes = await yardstick(rig)
    await recording.reach(Date.now())
    const pcm = recording.pcm()
    const spoken = onsetsIn(recording, pcm, texts)
    return [
      ...sirenRows(sirensIn(recording, pcm, sirens)),
      {
        figure: 'CAP alert without a siren: publish → first spoken sound of a text never said before',
        value: `${spread(spoken)}${spoken.length === TEXTS ? '' : `; ${spoken.length} of ${TEXTS} heard`}`,
        yardstick: `${spread(onsetsIn(recording, pcm, pipes))} (espeak-ng | aplay, typed by hand)`,
        goal: `p99 ≤ ${SPEECH_GOAL_MS} ms, every one heard`,
        met: spoken.length === TEXTS && percentile(spoken, 0.99) <= SPEECH_GOAL_MS,
      },
    ]
  } finally {
    await rig.dispose()
  }
}
