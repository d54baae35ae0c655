/**
 * A schedule of ten thousand programmes with recurrence, from the wire to being in force, on a real agent behind a real
 * broker: how long it takes, what memory it takes at its peak, and how long a question at the agent's socket has to wait
 * meanwhile, which is what an alert would have to wait at most before the loop looks at it. Then the same agent is started
 * anew with that schedule in its database. Prints its rows when run by itself.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { ScheduleBody } from '../../agent/protocol/downlink.ts'
import { askAgent } from '../../config/ask.ts'
import { formatUtc } from '../../player/plan/time.ts'
import { publishPlan } from '../head-end/orders.ts'
import { cpuSeconds, memoryOf } from './processes.ts'
import { launch, type Program } from './programs.ts'
import { nowPlus, startRig, TARGET, type Rig } from './rig.ts'
import type { BenchRow } from './row.ts'
import { percentile, worst } from './statistics.ts'

const PROGRAMMES = 10_000
const GOAL_MS = 2_000
/** Of the loop, with the answer to a question on top. */
const WAIT_GOAL_MS = 50
const ANSWER_GOAL_MS = 1_000
const MS_MAX = 120_000
const ASK_MS = 10
const LOOK_MS = 50
const QUIET_MS = 3_000

const RULES = [
  'FREQ=DAILY',
  'FREQ=WEEKLY;BYDAY=MO,WE,FR',
  'FREQ=MONTHLY;BYMONTHDAY=1,15',
  'FREQ=WEEKLY;INTERVAL=2;BYDAY=SA',
  'FREQ=DAILY;UNTIL=20370630T165959Z',
  'FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=2',
]

const two = (value: number): string => String(value).padStart(2, '0')
const hashOf = (index: number): string => index.toString(16).padStart(64, '0')

const bodyOf = (): ScheduleBody => ({
  scheduleId: 'large',
  revision: 1,
  validFrom: formatUtc(nowPlus(-86_400_000)),
  validUntil: formatUtc(nowPlus(300 * 86_400_000)),
  programmes: Array.from({ length: PROGRAMMES }, (_, index) => ({
    programmeId: `ban-tin-${index}`,
    title: `Bản tin của thôn ${index}`,
    priority: 'normal' as const,
    start: `2026-0${1 + (index % 6)}-${two(1 + (index % 28))}T${two(index % 24)}:${two(index % 60)}:00`,
    rule: RULES[index % RULES.length] ?? 'FREQ=DAILY',
    items: [
      { content: { kind: 'sound' as const, sha256: hashOf(2 * index) }, durationMs: 12_000 },
      { content: { kind: 'sound' as const, sha256: hashOf(2 * index + 1) }, durationMs: 60_000 },
    ],
  })),
})

const socketOf = (rig: Rig): string => rig.file('run/agent.sock')

const isInForce = async (rig: Rig): Promise<boolean> => {
  const answer = await askAgent(socketOf(rig))
  return answer.kind === 'ok' && answer.status.schedules.some(({ state }) => state === 'current')
}

/** Asks again and again, one question after the other, until told to end; gives how long each waited. */
const keepAsking = (rig: Rig) => {
  const waits: number[] = []
  const run = { isOver: false }
  const asking = (async () => {
    while (!run.isOver) {
      const askedAt = performance.now()
      const answer = await askAgent(socketOf(rig))
      if (answer.kind === 'ok') waits.push(performance.now() - askedAt)
      await sleep(ASK_MS)
    }
  })()
  return {
    end: async (): Promise<number[]> => {
      run.isOver = true
      await asking
      return waits
    },
  }
}

const watchMemory = (agent: Program) => {
  let pssMb = 0
  const look = () => {
    pssMb = Math.max(pssMb, memoryOf(agent.pid).pssMb)
  }
  const timer = setInterval(look, LOOK_MS)
  look()
  return {
    end: (): number => {
      clearInterval(timer)
      look()
      return pssMb
    },
  }
}

const untilTrue = async (claim: string, holds: () => Promise<boolean>): Promise<void> => {
  const end = performance.now() + MS_MAX
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${MS_MAX / 1_000} s in vain until ${claim}`)
    await sleep(ASK_MS)
  }
}

const takeIn = async (rig: Rig, agent: Program) => {
  await sleep(QUIET_MS)
  const quietMb = memoryOf(agent.pid).pssMb
  const quietAsking = keepAsking(rig)
  await sleep(QUIET_MS)
  const quietWaits = await quietAsking.end()
  const asking = keepAsking(rig)
  const memory = watchMemory(agent)
  const { desk } = rig.headEnd
  let [handedOverAt, bytes] = [Number.NaN, 0]
  const publish: typeof desk.line.publish = (topic, payload, options) => {
    if (topic.includes('/schedule/')) [handedOverAt, bytes] = [performance.now(), payload.length]
    return desk.line.publish(topic, payload, options)
  }
  const secondsBefore = cpuSeconds(agent.pid)
  const plan = { body: bodyOf(), revision: 1, files: [] }
  await publishPlan({ ...desk, line: { ...desk.line, publish } }, plan, TARGET)
  const isCurrent = () => agent.log().includes('schedule is current')
  await untilTrue('the schedule is in force', () => Promise.resolve(isCurrent()))
  const tookMs = performance.now() - handedOverAt
  const processorMs = (cpuSeconds(agent.pid) - secondsBefore) * 1_000
  const [waits, peakMb] = [await asking.end(), memory.end()]
  await sleep(QUIET_MS)
  return { tookMs, processorMs, bytes, waits, quietWaits, quietMb, peakMb, afterMb: memoryOf(agent.pid).pssMb }
}

/** From the start of the process to its first answer, and to the schedule being in force again. */
const startAnew = async (rig: Rig) => {
  const startedAt = performance.now()
  const agent = launch(rig.agentStart.command, { env: rig.agentStart.env, logFile: rig.file('again.log') })
  try {
    await untilTrue('the agent answers', async () => (await askAgent(socketOf(rig))).kind === 'ok')
    const answeredMs = performance.now() - startedAt
    await untilTrue('the schedule is in force again', () => isInForce(rig))
    return { answeredMs, inForceMs: performance.now() - startedAt }
  } finally {
    await agent.stop()
  }
}

const ms = (value: number): string => `${value.toFixed(0)} ms`
const mb = (value: number): string => `${value.toFixed(0)} MB`

export const benchSchedule = async (): Promise<BenchRow[]> => {
  const rig = await startRig()
  try {
    const agent = await rig.startAgent()
    const taken = await takeIn(rig, agent)
    await agent.stop()
    const again = await startAnew(rig)
    const megabytes = (taken.bytes / 1e6).toFixed(1)
    return [
      {
        figure: `A schedule of 10,000 programmes with recurrence (${megabytes} MB), from the wire to being in force`,
        value: ms(taken.tookMs),
        yardstick: `of its processor time: ${ms(taken.processorMs)}`,
        goal: `≤ ${ms(GOAL_MS)}`,
        met: taken.tookMs <= GOAL_MS,
      },
      {
        figure: 'The longest that a question at the agent’s socket waits meanwhile',
        value: `${ms(worst(taken.waits))}, ${ms(percentile(taken.waits, 0.99))} p99 (n = ${taken.waits.length})`,
        yardstick: `nothing to do: ${ms(worst(taken.quietWaits))}, ${ms(percentile(taken.quietWaits, 0.99))} p99`,
        goal: `≤ ${ms(WAIT_GOAL_MS)}`,
        met: worst(taken.waits) <= WAIT_GOAL_MS,
      },
      {
        figure: 'Memory at its peak meanwhile (PSS), and afterwards',
        value: `${mb(taken.peakMb)}, ${mb(taken.afterMb)}`,
        yardstick: `before: ${mb(taken.quietMb)}`,
        goal: '–',
        met: null,
      },
      {
        figure: 'Start of the process with that schedule in its database to its first answer',
        value: `${ms(again.answeredMs)}; the schedule in force again after ${ms(again.inForceMs)}`,
        yardstick: '–',
        goal: `≤ ${ms(ANSWER_GOAL_MS)}`,
        met: again.answeredMs <= ANSWER_GOAL_MS,
      },
    ]
  } finally {
    await rig.dispose()
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const row of await benchSchedule()) process.stdout.write(`${JSON.stringify(row, null, 2)}\n`)
