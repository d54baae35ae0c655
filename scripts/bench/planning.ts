/**
 * What decisions cost, as schedules grow: the time line of a day, and one decision after one event. No yardstick plans a day
 * ahead, so a hundred programmes stand beside ten thousand.
 */
import { NO_AIRINGS } from '../../player/plan/airings.ts'
import { compileRecurrence } from '../../player/plan/calendar.ts'
import { compiledSchedule } from '../../player/plan/compile.ts'
import { evolve } from '../../player/plan/evolve.ts'
import { plan } from '../../player/plan/plan.ts'
import { PLAIN_PLAYLIST, type Programme } from '../../player/plan/schedule.ts'
import type { PlanState } from '../../player/plan/slot.ts'
import { timeline } from '../../player/plan/sweep.ts'
import { addMs, parseWall, wallMs, type WallMs } from '../../player/plan/time.ts'
import { compileVolume } from '../../player/plan/volume.ts'
import type { BenchRow } from './row.ts'
import { median, percentile } from './statistics.ts'

const ZONE = 'Asia/Ho_Chi_Minh'
const DAY_MS = 86_400_000
const NOW = parseWall('2026-11-21T01:00:00Z')

const DECISIONS = 400
const TRIES = 5
const DAYS_PLANNED = 9

const RULES = [
  'FREQ=DAILY',
  'FREQ=WEEKLY;BYDAY=MO,WE,FR,SA',
  'FREQ=DAILY;INTERVAL=2',
  'FREQ=MONTHLY;BYDAY=3SA',
  'FREQ=WEEKLY;BYDAY=SA,SU;UNTIL=20271231T000000Z',
]
const PRIORITIES = ['normal', 'priority', 'filler', 'urgent'] as const

const two = (value: number): string => String(value).padStart(2, '0')

/** Evenly over the day, each with a recurrence of its own; together they fill half of it. */
const programmesOf = (count: number): Programme[] =>
  Array.from({ length: count }, (_, index) => {
    const second = Math.floor((index * 86_400) / count)
    const time = `${two(Math.floor(second / 3_600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`
    return {
      programmeId: `p${index}`,
      title: `Chương trình ${index}`,
      priority: PRIORITIES[index % PRIORITIES.length] ?? 'normal',
      recurrence: {
        start: `2026-0${1 + (index % 9)}-0${1 + (index % 7)}T${time}`,
        timeZone: ZONE,
        rule: RULES[index % RULES.length] ?? 'FREQ=DAILY',
      },
      items: [
        { content: { kind: 'sound', sha256: 'a'.repeat(64) }, durationMs: Math.round(DAY_MS / count / 4) },
        { content: { kind: 'text', body: 'Xin chào' }, durationMs: Math.round(DAY_MS / count / 4) },
        { content: { kind: 'sound', sha256: 'b'.repeat(64) }, durationMs: Math.round(DAY_MS / count / 4) },
      ],
      playlist: PLAIN_PLAYLIST,
      validFrom: null,
      validUntil: null,
      outputs: null,
      whenInterrupted: 'resume',
      lateJoin: 'offset',
      gainDb: 0,
      over: null,
    }
  })

const stateOf = (count: number): PlanState => {
  const programmes = programmesOf(count)
  const compiled = programmes.map((programme) => {
    const result = compileRecurrence(programme.recurrence)
    if (result.kind === 'wrong') throw new Error(result.detail)
    return { programme, starts: result.starts }
  })
  const schedule = compiledSchedule(
    {
      origin: { issuer: 'xa', sourceId: 'schedule:xa', authorityArea: 'vn/08/02215' },
      scheduleId: 'day',
      revision: 1,
      validFrom: parseWall('2026-01-01T00:00:00Z'),
      validUntil: parseWall('2028-01-01T00:00:00Z'),
      programmes,
      arrangement: [],
    },
    compiled,
  )
  return {
    outputs: [
      { id: 'cabinet', medium: 'sound' },
      { id: 'board', medium: 'picture' },
    ],
    schedules: [schedule],
    overrides: [],
    airings: NO_AIRINGS,
    turns: new Map(),
    clockTrusted: true,
    playable: () => true,
    volume: compileVolume([{ from: '22:00', until: '05:00', ceilingDb: -20 }], ZONE),
    levelDb: () => 0,
    trimDb: () => 0,
    isMuted: () => false,
  }
}

const timed = (work: () => void): number => {
  const startedAt = performance.now()
  work()
  return performance.now() - startedAt
}

/** As the loop does after each event: what time has changed, then what should be on. */
const decideAt = (state: PlanState, now: WallMs) => {
  evolve(state, { from: addMs(now, -1_000), to: now })
  plan(state, now)
}

const measure = (count: number) => {
  const state = stateOf(count)
  const layOutMs = timed(() => state.schedules[0]?.agenda.prepare(NOW, addMs(NOW, DAY_MS), () => false))
  const days = Array.from({ length: DAYS_PLANNED }, () =>
    timed(() => {
      timeline(state, NOW, addMs(NOW, DAY_MS))
    }),
  )
  const moments = Array.from({ length: DECISIONS }, (_, index) => wallMs(NOW + (index * DAY_MS) / DECISIONS))
  for (const now of moments) decideAt(state, now)
  // The least of several: what another process takes away is not what a decision costs.
  const decisions = moments.map((now) =>
    Math.min(...Array.from({ length: TRIES }, () => timed(() => decideAt(state, now)))),
  )
  return { layOutMs, dayMs: median(days), decisionMs: median(decisions), decisionP99Ms: percentile(decisions, 0.99) }
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`

export const benchPlanning = (): Promise<BenchRow[]> => {
  const few = measure(100)
  const many = measure(10_000)
  const rows: BenchRow[] = [
    {
      figure: 'The next 24 h of 10,000 programmes with recurrence on two outputs, planned',
      value: `${ms(many.dayMs)}; the day laid out before that, once: ${ms(many.layOutMs)}`,
      yardstick: `100 programmes: ${ms(few.dayMs)}; ${ms(few.layOutMs)}`,
      goal: '≤ 50 ms',
      met: many.dayMs <= 50,
    },
    {
      figure: 'A decision after one event, with 10,000 programmes (400 moments of a day, the least of five tries each)',
      value: `${ms(many.decisionMs)} median, ${ms(many.decisionP99Ms)} p99`,
      yardstick: `100 programmes: ${ms(few.decisionMs)} median, ${ms(few.decisionP99Ms)} p99`,
      goal: '≤ 2 ms',
      met: many.decisionP99Ms <= 2,
    },
  ]
  return Promise.resolve(rows)
}
