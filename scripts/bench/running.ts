/**
 * What a cabinet costs while it waits and while it plays, with all its processes. mpv and liquidsoap do the same afterwards, each
 * alone, into the same kind of card: beside each other they would share pages, and look smaller than they are.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { makeProgramme } from './clips.ts'
import { costOf, cpuText, memoryText, type Cost } from './cost.ts'
import { isThere, launch, until, untilWall } from './programs.ts'
import { startRig, wholeSecondIn, type Rig } from './rig.ts'
import type { BenchRow } from './row.ts'
import { LIQUIDSOAP_READY, liquidsoapIdle, liquidsoapPlaying, mpvIdle, mpvPlaying, type Command } from './yardsticks.ts'

const STRETCH_MS = 60_000
const YARDSTICK_MS = 15_000
/** What happens only after a start is not the cost of running. */
const SETTLE_MS = 8_000
const MEASURE_MS_MAX = 30_000
const PROGRAMME_SECONDS = 240
const READY_MS_MAX = 60_000

const CPU_IDLE_GOAL = 1
const CPU_PLAYING_GOAL = 6
const MEMORY_GOAL_MB = 150

type Yardstick = { name: string; idle: Command; playing: Command; isReady: (log: string) => boolean }

const costOfCommand = async (rig: Rig, command: Command, isReady: (log: string) => boolean): Promise<Cost> => {
  const program = launch(command, { env: rig.env, logFile: rig.file(`${command[0]}-${Date.now()}.log`) })
  try {
    await until(`${command[0]} runs`, () => isReady(program.log()) || !program.isRunning(), READY_MS_MAX)
    await sleep(SETTLE_MS / 2)
    const cost = await costOf(program.pid, YARDSTICK_MS)
    if (!program.isRunning()) throw new Error(`${command.join(' ')} ended: ${program.log().slice(-500)}`)
    return cost
  } finally {
    await program.stop()
  }
}

const costOfYardsticks = async (rig: Rig, programme: string) => {
  const yardsticks: Yardstick[] = [
    {
      name: 'liquidsoap',
      idle: liquidsoapIdle(rig.file('idle.liq')),
      playing: liquidsoapPlaying(rig.file('playing.liq'), programme),
      isReady: (log) => log.includes(LIQUIDSOAP_READY),
    },
    { name: 'mpv', idle: mpvIdle(), playing: mpvPlaying(programme), isReady: () => true },
  ]
  const costs: { name: string; idle: Cost | null; playing: Cost | null }[] = []
  for (const { name, idle, playing, isReady } of yardsticks) {
    const there = isThere(name)
    const costWhile = (command: Command) => (there ? costOfCommand(rig, command, isReady) : Promise.resolve(null))
    costs.push({ name, idle: await costWhile(idle), playing: await costWhile(playing) })
  }
  return {
    text: (state: 'idle' | 'playing', say: (cost: Cost) => string): string =>
      costs
        .map((costs) => {
          const cost = costs[state]
          return `${costs.name}: ${cost === null ? 'not installed' : say(cost)}`
        })
        .join('; '),
  }
}

const costOfAgent = async (rig: Rig, programme: string): Promise<{ idle: Cost; playing: Cost }> => {
  const agent = await rig.startAgent({ ownNode: true })
  const start = wholeSecondIn(STRETCH_MS + 3 * SETTLE_MS + MEASURE_MS_MAX)
  await rig.publish(agent, [{ id: 'programme', starts: [start], sound: programme }])
  // How loud it is, is measured once, when it has come.
  await until('the programme is measured', () => agent.log().includes('"msg":"measured"'), MEASURE_MS_MAX)
  await sleep(SETTLE_MS)
  const idle = await costOf(agent.pid, STRETCH_MS)
  await untilWall(start + SETTLE_MS)
  if (!agent.log().includes('"msg":"started"')) throw new Error('the agent does not play its programme')
  const playing = await costOf(agent.pid, STRETCH_MS)
  await agent.stop()
  return { idle, playing }
}

export const benchRunning = async (): Promise<BenchRow[]> => {
  const rig = await startRig({ isLevelled: true })
  try {
    const programme = rig.file('programme.mp3')
    await makeProgramme(programme, PROGRAMME_SECONDS)
    const { idle, playing } = await costOfAgent(rig, programme)
    const yardsticks = await costOfYardsticks(rig, programme)
    return [
      {
        figure: 'memory of all processes, connected and waiting (cabinet)',
        value: memoryText(idle),
        yardstick: yardsticks.text('idle', memoryText),
        goal: `≤ ${MEMORY_GOAL_MB} MB PSS`,
        met: idle.pssMb <= MEMORY_GOAL_MB,
      },
      {
        figure: 'memory of all processes, playing sound (cabinet)',
        value: memoryText(playing),
        yardstick: yardsticks.text('playing', memoryText),
        goal: `≤ ${MEMORY_GOAL_MB} MB PSS`,
        met: playing.pssMb <= MEMORY_GOAL_MB,
      },
      {
        figure: 'processor, connected and waiting, % of a core over 60 s',
        value: cpuText(idle),
        yardstick: yardsticks.text('idle', cpuText),
        goal: `≤ ${CPU_IDLE_GOAL} %`,
        met: idle.cpuPercent <= CPU_IDLE_GOAL,
      },
      {
        figure: 'processor, playing an MP3 of 44.1 kHz stereo, levelled, % of a core over 60 s',
        value: cpuText(playing),
        yardstick: yardsticks.text('playing', cpuText),
        goal: `≤ ${CPU_PLAYING_GOAL} %`,
        met: playing.cpuPercent <= CPU_PLAYING_GOAL,
      },
    ]
  } finally {
    await rig.dispose()
  }
}
