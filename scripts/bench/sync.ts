/**
 * Two cabinets that hear each other: two agents, each with a sound card of its own, one programme; how far the two channels of
 * the recording are apart, from the first tenth of a second, through an order that interrupts both, and on. First on two cards
 * whose crystals are far apart, then on two zones of one sound server. The yardstick has the same cards afterwards: a
 * snapserver and two snapclients.
 *
 * Both boxes read this machine's clock here. On the street each has its own, set by NTP, and their difference adds to this.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { plugCrystalCards } from '../bench-parts/crystal-card.ts'
import { ZONES } from '../bench-parts/sound.ts'
import { publishCommand } from '../head-end/orders.ts'
import type { RegisteredFile } from '../head-end/media-files.ts'
import { makeNoise, makeTone } from './clips.ts'
import { until } from './programs.ts'
import { EVERYWHERE, startRig, wholeSecondIn, type Rig } from './rig.ts'
import type { BenchRow } from './row.ts'
import { isTogether, skewsIn, skewsOfCards, skewText, TOGETHER_MS } from './skew.ts'
import { startSnapcast } from './snapcast.ts'

const SECONDS = Number(process.env['LOA_BENCH_SYNC_SECONDS'] ?? 90)
/** What two crystals may be off, each its own way. */
const CRYSTAL_PPM = 100
const ORDER_AFTER_MS = 20_000
const ORDER_MS = 3_000
const ORDER_HZ = 2_000
const SNAP_SECONDS = 30
const SNAP_READY_MS_MAX = 15_000
/** As ffmpeg writes it, with a list of its own name. */
const WAV_HEADER_BYTES = 78
const CONVERGED_MS = 1_000
/** The edges of the programme and of the order: there one channel may be silent. */
const EDGE_MS = 150

const interrupt = (rig: Rig, { sha256 }: RegisteredFile) =>
  publishCommand(
    rig.headEnd.desk,
    {
      action: 'play' as const,
      title: 'Thông báo',
      priority: 'urgent' as const,
      items: [{ content: { kind: 'sound' as const, sha256 }, durationMs: ORDER_MS }],
    },
    { target: EVERYWHERE, files: [] },
  )

/** What hears both cabinets: a moment of the wall clock to wait for, and their skews between two such moments. */
type Ears = {
  env: NodeJS.ProcessEnv
  reach: (wall: number) => Promise<void>
  between: (fromWall: number, untilWall: number) => (number | null)[]
  stop: () => Promise<void>
}

/** Two zones of one sound server, heard from its monitor. */
const serverEars = async (rig: Rig): Promise<Ears> => {
  const recording = await rig.card.record()
  return {
    env: {},
    reach: (wall) => recording.reach(wall),
    between: (fromWall, untilWall) => skewsIn(recording.pcm(), recording.msAt(fromWall), recording.msAt(untilWall)),
    stop: () => recording.stop(),
  }
}

/** Two cards of their own, one as fast as cards get and one as slow. */
const crystalEars = (): Ears => {
  const cards = plugCrystalCards({ left: CRYSTAL_PPM, right: -CRYSTAL_PPM })
  return {
    env: { ALSA_CONFIG_PATH: cards.env['ALSA_CONFIG_PATH'] },
    reach: (wall) => cards.reach(wall),
    between: (fromWall, untilWall) => skewsOfCards(cards, ZONES, fromWall, untilWall),
    stop: () => {
      cards.dispose()
      return Promise.resolve()
    },
  }
}

const ours = async (rig: Rig, ears: Ears) => {
  const [noise, order] = [rig.file('noise.wav'), rig.file('order.wav')]
  await makeNoise(noise, SECONDS)
  makeTone(order, { frequencyHz: ORDER_HZ, durationMs: ORDER_MS })
  const { env } = ears
  const agents = [await rig.startAgent({ zone: 'left', env }), await rig.startAgent({ zone: 'right', env })]
  const start = wholeSecondIn(8_000)
  const files = await rig.publish(agents, [{ id: 'noise', starts: [start], sound: noise }], [order])
  const clip = files.find(({ name }) => name === 'order.wav')
  if (clip === undefined) throw new Error('the order has no file')
  await sleep(start + ORDER_AFTER_MS - Date.now())
  const orderedAt = Date.now()
  await interrupt(rig, clip)
  await ears.reach(start + (SECONDS - 1) * 1_000)
  const { between } = ears
  const resumedAt = orderedAt + ORDER_MS + 1_000
  for (const agent of agents) await agent.stop()
  const heard = {
    start: between(start + EDGE_MS, start + CONVERGED_MS),
    before: between(start + CONVERGED_MS, orderedAt - EDGE_MS),
    after: between(resumedAt, resumedAt + CONVERGED_MS),
    rest: between(resumedAt + CONVERGED_MS, start + (SECONDS - 1) * 1_000),
  }
  await ears.stop()
  return heard
}

const snapcast = async (rig: Rig, ears: Ears) => {
  const [noise, raw] = [rig.file('snap.wav'), rig.file('snap.raw')]
  await makeNoise(noise, SNAP_SECONDS + 10)
  writeFileSync(raw, readFileSync(noise).subarray(WAV_HEADER_BYTES))
  const env = { ...rig.env, ...ears.env }
  const programs = startSnapcast(rig, { env }, `file://${raw}?name=a&sampleformat=48000:16:2`)
  try {
    const isHeard = () => ears.between(Date.now() - 600, Date.now() - 300).some((skew) => skew !== null)
    await until('both snapclients sound', isHeard, SNAP_READY_MS_MAX)
    const startedAt = Date.now()
    await ears.reach(startedAt + SNAP_SECONDS * 1_000)
    return {
      start: ears.between(startedAt, startedAt + CONVERGED_MS),
      rest: ears.between(startedAt + CONVERGED_MS, startedAt + (SNAP_SECONDS - 1) * 1_000),
    }
  } finally {
    await Promise.all(programs.map((program) => program.stop()))
    await ears.stop()
  }
}

const rowsOf = (where: string, loa: Awaited<ReturnType<typeof ours>>, peer: Awaited<ReturnType<typeof snapcast>>) => {
  const row = (figure: string, skews: readonly (number | null)[], yardstick: string): BenchRow => ({
    figure: `two cabinets${where}, skew at the monitors, ${figure}`,
    value: skewText(skews),
    yardstick,
    goal: `p99 ≤ ${TOGETHER_MS} ms`,
    met: isTogether(skews),
  })
  return [
    row('in the first second', loa.start, `snapcast: ${skewText(peer.start)}`),
    row('then', loa.before, `snapcast: ${skewText(peer.rest)}`),
    row('in the first second after an order interrupted both', loa.after, '–'),
    row(`then, to the end of ${SECONDS} s`, loa.rest, '–'),
  ]
}

const onCrystals = async (): Promise<BenchRow[]> => {
  const rig = await startRig()
  try {
    const where = ` on cards ${2 * CRYSTAL_PPM} ppm apart`
    return rowsOf(where, await ours(rig, crystalEars()), await snapcast(rig, crystalEars()))
  } finally {
    await rig.dispose()
  }
}

const onOneServer = async (): Promise<BenchRow[]> => {
  const rig = await startRig()
  try {
    rig.card.plugZones()
    return rowsOf(
      ' on one sound server',
      await ours(rig, await serverEars(rig)),
      await snapcast(rig, await serverEars(rig)),
    )
  } finally {
    await rig.dispose()
  }
}

export const benchSync = async (): Promise<BenchRow[]> => [...(await onCrystals()), ...(await onOneServer())]
