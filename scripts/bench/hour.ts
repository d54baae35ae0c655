/**
 * Two cabinets play for an hour, `LOA_BENCH_HOUR_SECONDS` for another length: whether their cards ever ran dry, as the boxes say
 * and as it was heard, and whether the two stay together. Beside them, at the same time, each on a card of its own: mpv with the
 * same file, and a snapserver with two snapclients. One listener judges all of them.
 *
 * Both cabinets are channels of one virtual card and read this machine's clock: their skew is what they do wrong, not what two
 * crystals or two NTP clients would add.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { startVirtualCard, type Listening, type VirtualCard, ZONES } from '../bench-parts/sound.ts'
import { type Break, type CarrierListener, listenToCarrier, msOfFrames } from './carrier.ts'
import { makeCarrier } from './clips.ts'
import { busyShareSince } from './machine.ts'
import { isThere, launch, type Program, until } from './programs.ts'
import { deviceOf, startRig, wholeSecondIn, type Rig } from './rig.ts'
import type { BenchRow } from './row.ts'
import { isTogether, skewText, TOGETHER_MS } from './skew.ts'
import { startSnapcast } from './snapcast.ts'
import { mpvPlaying } from './yardsticks.ts'

const SECONDS = Number(process.env['LOA_BENCH_HOUR_SECONDS'] ?? 3_600)
/** For both boxes to fetch the file and to make ready. */
const READY_MS = 20_000
/** The edges of the programme: there it begins and ends. */
const EDGE_MS = 150
/** A program that has just begun is given so long to find its pace. */
const SETTLE_MS = 10_000
/** A box sends one each minute. */
const HEARTBEAT_MS_MAX = 90_000

type Ear = { listening: Listening; carrier: CarrierListener }
type Span = { fromWall: number; untilWall: number }
type Heard = { name: string; breaks: Break[]; skews: (number | null)[] }

const listenTo = async (card: VirtualCard): Promise<Ear> => {
  const carrier = listenToCarrier()
  return { carrier, listening: await card.listen(carrier.push) }
}

const heardBy = (name: string, { listening, carrier }: Ear, { fromWall, untilWall }: Span): Heard => {
  const [fromMs, untilMs] = [listening.msAt(fromWall), listening.msAt(untilWall)]
  const breaks = ([0, 1] as const).flatMap((channel) => carrier.breaks(channel, fromMs, untilMs))
  return { name, breaks, skews: carrier.skews(fromMs, untilMs) }
}

const breaksText = ({ name, breaks, skews }: Heard): string => {
  if (skews.every((skew) => skew === null)) return `${name}: nothing heard`
  const longestMs = msOfFrames(Math.max(0, ...breaks.map(({ silentFrames }) => silentFrames)))
  const silentMs = msOfFrames(breaks.reduce((sum, { silentFrames }) => sum + silentFrames, 0))
  const longest =
    breaks.length === 0 ? '' : ` (longest silence ${longestMs.toFixed(1)} ms, ${silentMs.toFixed(1)} ms in all)`
  return `${name}: ${breaks.length} in ${Math.round(skews.length / 10)} s${longest}`
}

/** Until they were together for good, and how much of the time they were not. */
const togetherText = (skews: readonly (number | null)[]): string => {
  const isApart = (skew: number | null) => skew === null || Math.abs(skew) > TOGETHER_MS
  const apart = skews.filter(isApart).length
  return `together for good after ${((skews.findLastIndex(isApart) + 1) / 10).toFixed(1)} s; apart in ${((100 * apart) / Math.max(1, skews.length)).toFixed(2)} % of the time`
}

type Yardstick = { name: string; ear: Ear }

const startYardstick = async (rig: Rig, name: string, start: (card: VirtualCard) => Program[]): Promise<Yardstick> => {
  const card = await startVirtualCard()
  rig.alsoClose(card.dispose)
  card.plugZones()
  const ear = await listenTo(card)
  for (const program of start(card)) rig.alsoClose(program.stop)
  return { name, ear }
}

const startYardsticks = async (rig: Rig, file: string): Promise<Yardstick[]> => {
  const mpv = (card: VirtualCard) => [launch(mpvPlaying(file), { env: card.env, logFile: rig.file('mpv.log') })]
  const params = `-nostdin -v error -stream_loop -1 -i ${file} -f s16le -ar 48000 -ac 2 -`.replaceAll(' ', '%20')
  const source = `process:///usr/bin/ffmpeg?name=a&sampleformat=48000:16:2&params=${params}`
  const yardsticks = [await startYardstick(rig, 'mpv', mpv)]
  if (isThere('snapserver') && isThere('snapclient'))
    yardsticks.push(await startYardstick(rig, 'snapcast', (card) => startSnapcast(rig, card, source)))
  return yardsticks
}

/** The newest of that box. */
const heartbeatOf = (rig: Rig, device: string) =>
  rig.uplinks
    .flatMap(({ kind, message }) => (kind === 'heartbeat' && message.device === device ? [message] : []))
    .at(-1)

/** As each box says, once it has said something after the end. */
const underrunsTold = async (rig: Rig, afterWall: number) => {
  const devices = ZONES.map(deviceOf)
  const isTold = (device: string) => Date.parse(heartbeatOf(rig, device)?.at ?? '') > afterWall
  await until('both boxes have told how they are', () => devices.every(isTold), HEARTBEAT_MS_MAX)
  return devices.map((device) => {
    const output = heartbeatOf(rig, device)?.outputs[0]
    if (output?.underruns === undefined) throw new Error(`${device} does not tell how often its card ran dry`)
    return { ...output.underruns, restarts: output.restarts }
  })
}

const playTogether = async (rig: Rig) => {
  const file = rig.file('carrier.flac')
  await makeCarrier(file, SECONDS)
  rig.card.plugZones()
  const agents = [await rig.startAgent({ zone: 'left' }), await rig.startAgent({ zone: 'right' })]
  const ear = await listenTo(rig.card)
  const start = wholeSecondIn(READY_MS)
  const end = start + SECONDS * 1_000
  await rig.publish(agents, [{ id: 'carrier', starts: [start], sound: file }])
  await sleep(start - Date.now())
  const busyShare = busyShareSince()
  const yardsticks = await startYardsticks(rig, file)
  await sleep(end - Date.now() - SETTLE_MS)
  // mpv ends by itself a little later than the boxes.
  const settled = { fromWall: start + SETTLE_MS + READY_MS / 4, untilWall: end - SETTLE_MS }
  const peers = yardsticks.map(({ name, ear: theirs }) => heardBy(name, theirs, settled))
  await ear.listening.reach(end + EDGE_MS)
  const loa = heardBy('Loa', ear, { fromWall: start + EDGE_MS, untilWall: end - EDGE_MS })
  return { loa, peers, busyShare: busyShare(), underruns: await underrunsTold(rig, end) }
}

export const benchHour = async (): Promise<BenchRow[]> => {
  const rig = await startRig()
  try {
    const { loa, peers, busyShare, underruns } = await playTogether(rig)
    const snapcast = peers.find(({ name }) => name === 'snapcast')
    const peerText = (say: (skews: readonly (number | null)[]) => string) =>
      snapcast === undefined ? 'snapcast: not installed' : `snapcast: ${say(snapcast.skews)}`
    const causes = [...new Set(underruns.flatMap(({ cause }) => cause ?? []))].map((cause) => `: ${cause}`)
    const restarts = underruns.map((told) => told.restarts).join(' and ')
    const wasHeard = loa.skews.some((skew) => skew !== null)
    return [
      {
        figure: `underruns in ${SECONDS} s of two cabinets, as each says in its heartbeat`,
        value: `${underruns.map(({ count }) => count).join(' and ')}${causes.join('')}; sound processes replaced: ${restarts}`,
        yardstick: '– (none of them says so)',
        goal: '0',
        met: underruns.every(({ count }) => count === 0),
      },
      {
        figure: `breaks heard: silence of 0.5 ms, a leap or a crackle, in either channel`,
        value: breaksText(loa),
        yardstick: peers.map(breaksText).join('; '),
        goal: '0',
        met: wasHeard && loa.breaks.length === 0,
      },
      {
        figure: `two cabinets, skew at the monitors, over ${SECONDS} s`,
        value: skewText(loa.skews),
        yardstick: peerText(skewText),
        goal: `p99 ≤ ${TOGETHER_MS} ms`,
        met: isTogether(loa.skews),
      },
      {
        figure: `– of these, within ${TOGETHER_MS} ms`,
        value: togetherText(loa.skews),
        yardstick: peerText(togetherText),
        goal: 'none set',
        met: null,
      },
      {
        figure: 'all processors of this machine meanwhile, with all of the above and whatever else ran',
        value: `${Math.round(busyShare * 100)} % busy`,
        yardstick: '–',
        goal: 'none set',
        met: null,
      },
    ]
  } finally {
    await rig.dispose()
  }
}
