/**
 * Two cabinets that hear each other: two agents, each with a sound card of its own, one programme; how far the two channels of
 * the recording are apart, from the first tenth of a second, through an order that interrupts both, and on. The yardstick has
 * the same card afterwards: a snapserver and two snapclients.
 *
 * Both boxes read this machine's clock here. On the street each has its own, set by NTP, and their difference adds to this.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { publishCommand } from '../head-end/orders.ts'
import type { RegisteredFile } from '../head-end/media-files.ts'
import { makeNoise, makeTone } from './clips.ts'
import { until } from './programs.ts'
import { EVERYWHERE, startRig, wholeSecondIn, type Rig } from './rig.ts'
import type { BenchRow } from './row.ts'
import { isTogether, skewsIn, skewText, TOGETHER_MS } from './skew.ts'
import { startSnapcast } from './snapcast.ts'

const SECONDS = Number(process.env['LOA_BENCH_SYNC_SECONDS'] ?? 90)
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

const ours = async (rig: Rig) => {
  const [noise, order] = [rig.file('noise.wav'), rig.file('order.wav')]
  await makeNoise(noise, SECONDS)
  makeTone(order, { frequencyHz: ORDER_HZ, durationMs: ORDER_MS })
  const agents = [await rig.startAgent({ zone: 'left' }), await rig.startAgent({ zone: 'right' })]
  const recording = await rig.card.record()
  const start = wholeSecondIn(8_000)
  const files = await rig.publish(agents, [{ id: 'noise', starts: [start], sound: noise }], [order])
  const clip = files.find(({ name }) => name === 'order.wav')
  if (clip === undefined) throw new Error('the order has no file')
  await sleep(start + ORDER_AFTER_MS - Date.now())
  const orderedAt = Date.now()
  await interrupt(rig, clip)
  await recording.reach(start + (SECONDS - 1) * 1_000)
  const pcm = recording.pcm()
  const between = (fromWall: number, untilWall: number) =>
    skewsIn(pcm, recording.msAt(fromWall), recording.msAt(untilWall))
  const resumedAt = orderedAt + ORDER_MS + 1_000
  for (const agent of agents) await agent.stop()
  await recording.stop()
  return {
    start: between(start + EDGE_MS, start + CONVERGED_MS),
    before: between(start + CONVERGED_MS, orderedAt - EDGE_MS),
    after: between(resumedAt, resumedAt + CONVERGED_MS),
    rest: between(resumedAt + CONVERGED_MS, start + (SECONDS - 1) * 1_000),
  }
}

const snapcast = async (rig: Rig) => {
  const [noise, raw] = [rig.file('snap.wav'), rig.file('snap.raw')]
  await makeNoise(noise, SNAP_SECONDS + 10)
  writeFileSync(raw, readFileSync(noise).subarray(WAV_HEADER_BYTES))
  const recording = await rig.card.record()
  const programs = startSnapcast(rig, rig.card, `file://${raw}?name=a&sampleformat=48000:16:2`)
  try {
    const levelsOf = () => skewsIn(recording.pcm(), recording.msAt(Date.now()) - 600, recording.msAt(Date.now()) - 300)
    await until('both snapclients sound', () => levelsOf().some((skew) => skew !== null), SNAP_READY_MS_MAX)
    const startedAt = Date.now()
    await sleep(SNAP_SECONDS * 1_000)
    const pcm = recording.pcm()
    const between = (fromWall: number, untilWall: number) =>
      skewsIn(pcm, recording.msAt(fromWall), recording.msAt(untilWall))
    return {
      start: between(startedAt, startedAt + CONVERGED_MS),
      rest: between(startedAt + CONVERGED_MS, startedAt + (SNAP_SECONDS - 1) * 1_000),
    }
  } finally {
    await Promise.all(programs.map((program) => program.stop()))
    await recording.stop()
  }
}

export const benchSync = async (): Promise<BenchRow[]> => {
  const rig = await startRig()
  try {
    rig.card.plugZones()
    const loa = await ours(rig)
    const peer = await snapcast(rig)
    const row = (figure: string, skews: readonly (number | null)[], yardstick: string): BenchRow => ({
      figure: `two cabinets, skew at the monitors, ${figure}`,
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
  } finally {
    await rig.dispose()
  }
}
