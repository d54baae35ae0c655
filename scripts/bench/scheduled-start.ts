/**
 * How far from its planned moment a scheduled tone begins, at the monitor of the sink. Its yardstick stands between its starts
 * in the same recording: the same tone in another pitch, played by an mpv that a timer starts at the moment, as cron would.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { makeTone } from './clips.ts'
import { latenessOf } from './onsets.ts'
import { launch, type Program, untilWall } from './programs.ts'
import { startRig, wholeSecondIn, type Rig } from './rig.ts'
import type { BenchRow } from './row.ts'
import { percentile, spread } from './statistics.ts'
import { mpvPlaying } from './yardsticks.ts'

const STARTS = 22
const EVERY_MS = 4_000
const TONE_MS = 700
const AGENT_HZ = 2_000
const TIMER_HZ = 3_000
const GOAL_MS = 5

const startByTimer = async (rig: Rig, moments: readonly number[], clip: string): Promise<void> => {
  const players: Program[] = []
  for (const [index, moment] of moments.entries()) {
    await untilWall(moment)
    players.push(launch(mpvPlaying(clip), { env: rig.env, logFile: rig.file(`mpv-${index}.log`) }))
  }
  await sleep(EVERY_MS / 2)
  await Promise.all(players.map((player) => player.stop()))
}

export const benchScheduledStart = async (): Promise<BenchRow[]> => {
  const rig = await startRig()
  try {
    const [agentClip, timerClip] = [rig.file('agent.wav'), rig.file('timer.wav')]
    makeTone(agentClip, { frequencyHz: AGENT_HZ, durationMs: TONE_MS })
    makeTone(timerClip, { frequencyHz: TIMER_HZ, durationMs: TONE_MS })
    const agent = await rig.startAgent()
    const recording = await rig.card.record()
    const first = wholeSecondIn(5_000)
    const planned = Array.from({ length: STARTS }, (_, index) => first + index * EVERY_MS)
    await rig.publish(agent, [{ id: 'tone', starts: planned, sound: agentClip }])
    const timed = planned.map((moment) => moment + EVERY_MS / 2)
    await startByTimer(rig, timed, timerClip)
    await recording.reach(Date.now())
    const pcm = recording.pcm()
    const around = { earlyMsMax: 500, lateMsMax: EVERY_MS / 2 }
    const ours = latenessOf(recording, pcm, { moments: planned, frequencyHz: AGENT_HZ, ...around })
    const theirs = latenessOf(recording, pcm, { moments: timed, frequencyHz: TIMER_HZ, ...around })
    const missed = ours.missed === 0 ? '' : `; ${ours.missed} not heard`
    return [
      {
        figure: 'scheduled start: error against the wall clock, at the monitor',
        value: `${spread(ours.lateMs)}${missed}`,
        yardstick: `${spread(theirs.lateMs)} (mpv started by a timer at the moment)`,
        goal: `p99 ≤ ${GOAL_MS} ms, every one heard`,
        met: ours.missed === 0 && percentile(ours.lateMs.map(Math.abs), 0.99) <= GOAL_MS,
      },
    ]
  } finally {
    await rig.dispose()
  }
}
