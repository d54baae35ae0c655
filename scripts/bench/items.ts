/**
 * Memory over 10,000 items, `LOA_BENCH_ITEMS` for another number, of the shortest of sounds. First through the sound process, one
 * after the other, as fast as it takes them; then through the whole box, in a programme that repeats them, with a record of each told
 * to the head-end. How much a process grows with each item is the slope over the second half, where what is only filled once is full.
 * mpv and liquidsoap repeat the same sound meanwhile, each on a card of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { startVirtualCard } from '../bench-parts/sound.ts'
import { makeTone } from './clips.ts'
import { playItems } from './item-player.ts'
import { busyShareSince } from './machine.ts'
import { memoryOfOne } from './processes.ts'
import { isThere, launch } from './programs.ts'
import { startRig, wholeSecondIn, type Rig } from './rig.ts'
import type { BenchRow } from './row.ts'
import { slopeOf, type Point } from './statistics.ts'
import { liquidsoapLooping, mpvLooping, type Command } from './yardsticks.ts'

const ITEMS = Number(process.env['LOA_BENCH_ITEMS'] ?? 10_000)
const ITEM_MS = 100
/**
 * A machine that is busy with other things is not waited for: what it has played by then is told. Nor may one airing begin more than
 * 20,000 items.
 */
const STAGE_MS_MAX = ITEMS * ITEM_MS * 1.5
const READY_MS = 8_000
const LOOK_MS = 1_000
/** Ten megabytes in a hundred thousand items: some days of a busy cabinet. */
const SLOPE_MAX = 100
/** Of node-speaker 0.5.5, with each native write; an item takes one or two. */
const LEAK_BYTES = 440

/** Memory of one process alone, in bytes, by how many items were played by then. What it shares changes with whoever comes and goes. */
type Watched = { name: string; pid: () => number | null; points: Point[] }

const look = ({ pid, points }: Watched, items: number): void => {
  const { ownMb } = memoryOfOne(pid() ?? 0)
  if (ownMb > 0) points.push({ x: items, y: ownMb * 1e6 })
}

const slopeIn = ({ points }: Watched): number => {
  const half = (points.at(-1)?.x ?? 0) / 2
  return slopeOf(points.filter(({ x }) => x >= half))
}

const slopeText = (one: Watched): string => {
  const [first, last] = [one.points[0], one.points.at(-1)]
  if (first === undefined || last === undefined) return `${one.name}: not there`
  const memory = `${(first.y / 1e6).toFixed(1)} → ${(last.y / 1e6).toFixed(1)} MB of its own`
  return `${one.name}: ${slopeIn(one).toFixed(0)} bytes per item, ${memory} over ${last.x} items`
}

type Yardstick = Watched & { startedAt: number }

const startYardstick = async (rig: Rig, name: string, command: Command): Promise<Yardstick> => {
  const card = await startVirtualCard()
  rig.alsoClose(card.dispose)
  const program = launch(command, { env: card.env, logFile: rig.file(`${name}.log`) })
  rig.alsoClose(program.stop)
  return { name, pid: () => program.pid, points: [], startedAt: Date.now() }
}

const startYardsticks = async (rig: Rig, file: string): Promise<Yardstick[]> => {
  const commands = { mpv: mpvLooping(file), liquidsoap: liquidsoapLooping(rig.file('looping.liq'), file) }
  const there = Object.entries(commands).filter(([name]) => isThere(name))
  return Promise.all(there.map(([name, command]) => startYardstick(rig, name, command)))
}

type Stage = { watched: Watched; items: number; seconds: number }

/** Until all are played, or its time is over. */
const watch = async (watched: Watched, { played, peers }: { played: () => number; peers: Yardstick[] }) => {
  const startedAt = Date.now()
  while (played() < ITEMS && Date.now() < startedAt + STAGE_MS_MAX) {
    look(watched, played())
    for (const peer of peers) look(peer, Math.round((Date.now() - peer.startedAt) / ITEM_MS))
    await sleep(LOOK_MS)
  }
  return { watched, items: played(), seconds: Math.round((Date.now() - startedAt) / 1_000) }
}

const throughSoundProcess = async (rig: Rig, file: string, peers: Yardstick[]): Promise<Stage> => {
  const card = await startVirtualCard()
  rig.alsoClose(card.dispose)
  const player = await playItems({ file, itemMs: ITEM_MS, itemsMax: ITEMS, env: card.env })
  try {
    return await watch({ name: 'sound process', pid: player.processId, points: [] }, { played: player.played, peers })
  } finally {
    await player.close()
    await card.dispose()
  }
}

const throughBox = async (rig: Rig, file: string, peers: Yardstick[]): Promise<Stage & { heard: number }> => {
  const agent = await rig.startAgent({ ownNode: true })
  const start = wholeSecondIn(READY_MS)
  const loopSeconds = Math.ceil(STAGE_MS_MAX / 1_000)
  await rig.publish(agent, [{ id: 'items', starts: [start], sound: file, loopSeconds }])
  await sleep(start - Date.now())
  const records = () => rig.uplinks.flatMap(({ kind, message }) => (kind === 'record' ? [message.record] : []))
  const stage = await watch(
    { name: 'agent', pid: () => agent.pid, points: [] },
    { played: () => records().length, peers },
  )
  if (!agent.isRunning()) throw new Error(`the agent ended: ${agent.log().slice(-500)}`)
  await agent.stop()
  return { ...stage, heard: records().filter(({ heardMs }) => heardMs > 0).length }
}

export const benchItems = async (): Promise<BenchRow[]> => {
  const rig = await startRig()
  try {
    const file = rig.file('item.wav')
    makeTone(file, { frequencyHz: 440, durationMs: ITEM_MS })
    const peers = await startYardsticks(rig, file)
    const busyShare = busyShareSince()
    const sound = await throughSoundProcess(rig, file, peers)
    const box = await throughBox(rig, file, peers)
    const busy = `processors ${Math.round(busyShare() * 100)} % busy`
    const goal = `≤ ${SLOPE_MAX} bytes per item`
    return [
      {
        figure: `memory of the sound process: items of ${ITEM_MS} ms, each decoded and played (${sound.seconds} s, ${busy})`,
        value: slopeText(sound.watched),
        yardstick: peers.map(slopeText).join('; '),
        goal: `${goal}, and ${LEAK_BYTES} for each native write, which the library leaks`,
        met: slopeIn(sound.watched) <= SLOPE_MAX + 2 * LEAK_BYTES,
      },
      {
        figure: `memory of the agent: the same items, each begun, recorded and reported (${box.seconds} s)`,
        value: `${slopeText(box.watched)}, ${box.heard} of them heard`,
        yardstick: 'as above',
        goal,
        met: slopeIn(box.watched) <= SLOPE_MAX,
      },
    ]
  } finally {
    await rig.dispose()
  }
}
