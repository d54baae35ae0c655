/** Memory of a box that is a cabinet and a board at once, while the board shows a still; and of a bare mpv showing it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { makeStill } from './clips.ts'
import { costOf, cpuText, memoryText } from './cost.ts'
import { launch, until } from './programs.ts'
import { BOARD, startRig, wholeSecondIn } from './rig.ts'
import type { BenchRow } from './row.ts'
import { mpvStill } from './yardsticks.ts'

const STRETCH_MS = 15_000
const SETTLE_MS = 4_000
const SHOWN_MS_MAX = 30_000

export const benchBoard = async (): Promise<BenchRow[]> => {
  const rig = await startRig({ screen: true })
  try {
    const still = rig.file('still.png')
    await makeStill(still, BOARD)
    const agent = await rig.startAgent({ ownNode: true })
    const shown = { id: 'still', starts: [wholeSecondIn(4_000)], still: { file: still, lengthSeconds: 300 } }
    await rig.publish(agent, [shown])
    await until('the board shows the still', () => agent.log().includes('"msg":"started"'), SHOWN_MS_MAX)
    await sleep(SETTLE_MS)
    const ours = await costOf(agent.pid, STRETCH_MS)
    await agent.stop()
    const mpv = launch(mpvStill(still, BOARD), { env: rig.env, logFile: rig.file('mpv.log') })
    await sleep(SETTLE_MS)
    const theirs = await costOf(mpv.pid, STRETCH_MS)
    await mpv.stop()
    return [
      {
        figure: 'memory of all processes, the board showing a still (cabinet and board)',
        value: `${memoryText(ours)}; processor ${cpuText(ours)}`,
        yardstick: `${memoryText(theirs)}; processor ${cpuText(theirs)} (mpv showing the same)`,
        goal: 'none set',
        met: null,
      },
    ]
  } finally {
    await rig.dispose()
  }
}
