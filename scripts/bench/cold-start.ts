/**
 * From starting the process of an agent to its birth message at the broker, with a schedule of 200 programmes in its database.
 * The programs lie in the page cache, as after any restart; a boot reads them from its card first.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeTone } from './clips.ts'
import { connectLine, type LineMessage } from '../head-end/line.ts'
import { launch, until } from './programs.ts'
import { startRig, wholeSecondIn, type Rig, type Start } from './rig.ts'
import type { BenchRow } from './row.ts'
import { median, worst } from './statistics.ts'

const ROUNDS = 10
const PROGRAMMES = 200
const GOAL_MS = 1_500
const ARRIVE_MS_MAX = 20_000
const HELLO_TOPIC = 'bench/hello'
const HELLO = fileURLToPath(new URL('./mqtt-hello.js', import.meta.url))

type Arrival = { topic: string; text: string; at: number }

/** Starts a program and ends it again; gives the time until the message that it is known by reached us by the broker. */
const timeToMessage = async (
  rig: Rig,
  { start, isIt, arrivals }: { start: Start; isIt: (arrival: Arrival) => boolean; arrivals: Arrival[] },
): Promise<number> => {
  arrivals.length = 0
  const startedAt = performance.now()
  const program = launch(start.command, { env: start.env, logFile: rig.file('cold-start.log') })
  try {
    await until('the message arrives', () => arrivals.some(isIt), ARRIVE_MS_MAX)
    return (arrivals.find(isIt)?.at ?? Number.NaN) - startedAt
  } finally {
    await program.stop()
  }
}

const timeToEnd = async (rig: Rig): Promise<number> => {
  const startedAt = performance.now()
  const program = launch([process.execPath, '-e', ''], { logFile: rig.file('cold-start.log') })
  await until('an empty program ends', () => !program.isRunning(), ARRIVE_MS_MAX)
  return performance.now() - startedAt
}

const fillDatabase = async (rig: Rig): Promise<void> => {
  const clip = rig.file('clip.wav')
  makeTone(clip, { frequencyHz: 1_000, durationMs: 500 })
  const agent = await rig.startAgent()
  const first = wholeSecondIn(3_600_000)
  const programmes = Array.from({ length: PROGRAMMES }, (_, index) => ({
    id: `ban-tin-${index}`,
    starts: [first + index * 300_000],
    sound: clip,
  }))
  await rig.publish(agent, programmes)
  await agent.stop()
}

export const benchColdStart = async (): Promise<BenchRow[]> => {
  const rig = await startRig()
  const arrivals: Arrival[] = []
  const keep = ({ topic, payload, retained }: LineMessage) => {
    if (!retained) arrivals.push({ topic, text: payload.toString('utf8'), at: performance.now() })
  }
  const line = await connectLine({
    url: rig.brokerUrl,
    reconnect: 'once',
    listener: (event) => {
      if (event.kind === 'message') keep(event)
    },
  })
  try {
    await line.subscribe(['loa/1/up/state/#', HELLO_TOPIC])
    await fillDatabase(rig)
    const times: { agent: number[]; hello: number[]; empty: number[] } = { agent: [], hello: [], empty: [] }
    const birth = ({ topic, text }: Arrival) => topic.includes('/state/') && text.includes('"cause":"birth"')
    const hello: Start = { command: [process.execPath, HELLO, rig.brokerUrl, HELLO_TOPIC], env: rig.env }
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(500)
      times.agent.push(await timeToMessage(rig, { start: rig.agentStart, isIt: birth, arrivals }))
      const isHello = ({ topic }: Arrival) => topic === HELLO_TOPIC
      times.hello.push(await timeToMessage(rig, { start: hello, isIt: isHello, arrivals }))
      times.empty.push(await timeToEnd(rig))
    }
    const text = (samples: number[]) => `${median(samples).toFixed(0)} ms`
    return [
      {
        figure: `start of the process to its birth message at the broker, ${PROGRAMMES} programmes in the database`,
        value: `${text(times.agent)} median, ${worst(times.agent).toFixed(0)} ms worst (n = ${ROUNDS})`,
        yardstick: `${text(times.empty)} (node -e ''), ${text(times.hello)} (bare MQTT client to its first message)`,
        goal: `median ≤ ${GOAL_MS} ms`,
        met: median(times.agent) <= GOAL_MS,
      },
    ]
  } finally {
    await line.close()
    await rig.dispose()
  }
}
