/**
 * A card that is pulled out in the middle of a programme and plugged in again: how long until the programme is heard. The
 * yardstick plays beside it through the same card: mpv, restarted by a supervisor as a service would be, two seconds after it ends.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { makeTone } from './clips.ts'
import { latenessOf } from './onsets.ts'
import { launch, type Program } from './programs.ts'
import { startRig, wholeSecondIn, type Rig } from './rig.ts'
import type { BenchRow } from './row.ts'
import { spread, worst } from './statistics.ts'
import { mpvPlaying } from './yardsticks.ts'

const TIMES = 5
/** So long that attempts have become rare. */
const AWAY_MS = 14_000
const BEFORE_MS = 8_000
const LISTEN_MS = 12_000
const PROGRAMME_MS = 300_000
const AGENT_HZ = 2_000
const SUPERVISED_HZ = 3_000
const GOAL_MS = 3_000
/** `RestartSec` of a unit that is written with care. */
const RESTART_MS = 2_000
const RESTART_POLL_MS = 50

const supervised = (rig: Rig, clip: string) => {
  let program: Program | null = null
  const over = new AbortController()
  const isOver = () => over.signal.aborted
  const run = async () => {
    for (let started = 1; !isOver(); started += 1) {
      program = launch(mpvPlaying(clip), { env: rig.env, logFile: rig.file(`mpv-${started}.log`) })
      while (!isOver() && program.isRunning()) await sleep(RESTART_POLL_MS)
      if (!isOver()) await sleep(RESTART_MS)
    }
    await program?.stop()
  }
  const running = run()
  return {
    stop: async () => {
      over.abort()
      await running
    },
  }
}

export const benchReplug = async (): Promise<BenchRow[]> => {
  const rig = await startRig()
  const [clip, otherClip] = [rig.file('agent.wav'), rig.file('supervised.wav')]
  makeTone(clip, { frequencyHz: AGENT_HZ, durationMs: PROGRAMME_MS })
  makeTone(otherClip, { frequencyHz: SUPERVISED_HZ, durationMs: PROGRAMME_MS })
  let player: ReturnType<typeof supervised> | null = null
  try {
    const agent = await rig.startAgent()
    await rig.publish(agent, [{ id: 'tone', starts: [wholeSecondIn(3_000)], sound: clip }])
    player = supervised(rig, otherClip)
    const before = await rig.card.record()
    const beganAt = Date.now()
    await before.reach(beganAt + BEFORE_MS)
    for (const frequencyHz of [AGENT_HZ, SUPERVISED_HZ])
      if (
        latenessOf(before, before.pcm(), { moments: [beganAt], frequencyHz, earlyMsMax: 0, lateMsMax: BEFORE_MS })
          .missed > 0
      )
        throw new Error(`${frequencyHz} Hz was not heard before the card was pulled out: there is nothing to compare`)
    await before.stop()
    const ours: number[] = []
    const theirs: number[] = []
    for (let time = 0; time < TIMES; time += 1) {
      await rig.card.unplug()
      await sleep(AWAY_MS)
      await rig.card.plug()
      const pluggedAt = Date.now()
      const recording = await rig.card.record()
      await recording.reach(pluggedAt + LISTEN_MS)
      const pcm = recording.pcm()
      const heard = (frequencyHz: number) =>
        latenessOf(recording, pcm, { moments: [pluggedAt], frequencyHz, earlyMsMax: 0, lateMsMax: LISTEN_MS }).lateMs
      ours.push(...heard(AGENT_HZ))
      theirs.push(...heard(SUPERVISED_HZ))
      await recording.stop()
    }
    return [
      {
        figure: `a card is plugged in again after ${AWAY_MS / 1_000} s → its programme is heard`,
        value: `${spread(ours)}; ${ours.length} of ${TIMES}`,
        yardstick: `${spread(theirs)}; ${theirs.length} of ${TIMES} (mpv, started again after ${RESTART_MS / 1_000} s)`,
        goal: `≤ ${GOAL_MS} ms, every time`,
        met: ours.length === TIMES && worst(ours) <= GOAL_MS,
      },
    ]
  } finally {
    await player?.stop()
    await rig.dispose()
  }
}
