/**
 * From publishing an order to its first sample at the monitor: a clip that is on the box already interrupts a programme that
 * plays. Signed alerts and signed commands take turns. The yardstick works beside it on the same broker, card and clock: a
 * Node-RED flow that subscribes to a topic and spawns mpv.
 */
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { wallMs } from '../../player/plan/time.ts'
import type { Target } from '../../agent/protocol/fields.ts'
import { levelDb, type Pcm } from '../bench-parts/tone.ts'
import { ZONES } from '../bench-parts/sound.ts'
import { type Listener, plugCrystalCards } from '../bench-parts/crystal-card.ts'
import { capDocument, type CapResourceDraft } from '../head-end/cap-document.ts'
import { publishAlert, publishCommand, type Desk } from '../head-end/orders.ts'
import type { MediaShelf, RegisteredFile } from '../head-end/media-files.ts'
import { makeMp3, makeTone } from './clips.ts'
import { latenessOf } from './onsets.ts'
import { startFlow, type Flow } from './flow.ts'
import { untilWall } from './programs.ts'
import { EVERYWHERE, nowPlus, startRig, TARGET, wholeSecondIn, type Rig } from './rig.ts'
import type { BenchRow } from './row.ts'
import { percentile, spread } from './statistics.ts'

const ORDERS = 32
const EVERY_MS = 4_000
const TONE_MS = 600
const AGENT_HZ = 2_000
const FLOW_HZ = 3_000
const GOAL_MS = 100
const GAP_GOAL_MS = 30
const PROGRAMME_SECONDS = 400
/** The alert ends after its clip, so that the programme comes back before the next order. */
const ALERT_MS = 1_200
/** The programme must be heard just before an order, or nothing was interrupted. */
const PROGRAMME_DB = -40

/** A recording without a siren: the clip, which the box has fetched and checked once before. */
const sendAlert = (desk: Desk, clip: CapResourceDraft, target: Target) => {
  const alertId = `bench-${randomUUID()}`
  const cap = capDocument({
    identifier: alertId,
    sender: desk.signer.id,
    sent: wallMs(Date.now()),
    status: 'Actual',
    messageType: 'Alert',
    infos: [
      {
        language: 'vi-VN',
        event: 'Lũ quét',
        urgency: 'Immediate',
        severity: 'Severe',
        certainty: 'Observed',
        expires: nowPlus(ALERT_MS),
        headline: 'Cảnh báo lũ quét',
        resources: [clip],
      },
    ],
  })
  return publishAlert(desk, { alertId, cap, siren: 'none', repeatPauseMs: 3_600_000 }, target)
}

const resourceOf = ({ folder }: MediaShelf, mediaUrl: string, { sha256, bytes, mediaType, name }: RegisteredFile) => ({
  description: name,
  mimeType: mediaType,
  bytes,
  uri: `${mediaUrl}/media/${sha256}`,
  sha1: createHash('sha1')
    .update(readFileSync(join(folder, sha256)))
    .digest('hex'),
})

const sendPlay = (desk: Desk, { sha256, durationMs }: RegisteredFile, target: Target) => {
  const items = [{ content: { kind: 'sound' as const, sha256 }, durationMs: durationMs ?? TONE_MS }]
  const body = { action: 'play' as const, title: 'Thông báo', priority: 'urgent' as const, items }
  return publishCommand(desk, body, { target, files: [] })
}

type Moments = { alerts: number[]; commands: number[]; flow: number[] }

type Orders = { rig: Rig; clip: RegisteredFile; flow: Flow | null; target: Target }

const giveOrders = async ({ rig, clip, flow, target }: Orders): Promise<Moments> => {
  const moments: Moments = { alerts: [], commands: [], flow: [] }
  const { desk } = rig.headEnd
  /** The very moment at which the signed message is handed to the line. */
  const watched = (published: number[]): Desk => ({
    ...desk,
    line: {
      ...desk.line,
      publish: (...args) => {
        published.push(Date.now())
        return desk.line.publish(...args)
      },
    },
  })
  const recording = resourceOf(rig.headEnd.shelf, rig.headEnd.mediaUrl, clip)
  // The first of all has to be fetched: that is another figure.
  await sendAlert(desk, recording, target)
  const first = Date.now() + EVERY_MS
  for (let order = 0; order < ORDERS; order += 1) {
    // Not on a beat with anything that ticks: spread over the milliseconds of a second.
    const at = first + order * EVERY_MS + ((order * 37) % 100) * 7
    await untilWall(at)
    if (order % 2 === 0) await sendAlert(watched(moments.alerts), recording, target)
    else await sendPlay(watched(moments.commands), clip, target)
    await untilWall(at + EVERY_MS / 2)
    if (flow === null) continue
    moments.flow.push(Date.now())
    await flow.trigger()
  }
  await sleep(EVERY_MS / 2)
  return moments
}

const isOverProgramme = (recording: Listener, pcm: Pcm, moment: number): boolean => {
  const atMs = recording.msAt(moment)
  return levelDb(pcm, atMs - 150, atMs) > PROGRAMME_DB
}

const GAP_STEP_MS = 1
const GAP_WINDOW_MS = 4
const GAP_MS_MAX = 1_000

/** How long nothing was heard before the order's first sample: from the last sound of the programme on. */
const gapBefore = (recording: Listener, pcm: Pcm, onset: number): number => {
  const atMs = recording.msAt(onset)
  const isSound = (endMs: number) => levelDb(pcm, endMs - GAP_WINDOW_MS, endMs) > PROGRAMME_DB
  let gapMs = 0
  while (gapMs < GAP_MS_MAX && !isSound(atMs - GAP_WINDOW_MS - gapMs)) gapMs += GAP_STEP_MS
  return gapMs === 0 ? 0 : gapMs + GAP_WINDOW_MS
}

type Street = {
  rig: Rig
  /** Of the card, where it is not the rig's own. */
  card: { name: (typeof ZONES)[number]; env: NodeJS.ProcessEnv } | null
  flow: Flow | null
  listen: () => Promise<Listener>
}

/** How late each order was heard, and the gap before it. */
const interruptions = async ({ rig, card, flow, listen }: Street) => {
  const [programme, clip] = [rig.file('programme.mp3'), rig.file('clip.wav')]
  await makeMp3(programme, PROGRAMME_SECONDS)
  makeTone(clip, { frequencyHz: AGENT_HZ, durationMs: TONE_MS })
  const agent = await rig.startAgent(card === null ? {} : { zone: card.name, env: card.env })
  const target = card === null ? TARGET : EVERYWHERE
  const recording = await listen()
  const start = wholeSecondIn(4_000)
  const programmes = [{ id: 'programme', starts: [start], sound: programme }]
  const files = await rig.publish(agent, programmes, [clip], target)
  const registered = files.find(({ name }) => name === 'clip.wav')
  if (registered === undefined) throw new Error('the clip was not registered')
  await untilWall(start + 3_000)
  const { alerts, commands, flow: flowMoments } = await giveOrders({ rig, clip: registered, flow, target })
  await recording.reach(Date.now())
  const pcm = recording.pcm()
  const within = { earlyMsMax: 0, lateMsMax: EVERY_MS / 2 }
  const late = (moments: number[], frequencyHz: number) =>
    latenessOf(recording, pcm, { moments, frequencyHz, ...within }).lateMs
  const interrupting = (moments: number[]) => moments.filter((moment) => isOverProgramme(recording, pcm, moment))
  const [alert, command] = [late(interrupting(alerts), AGENT_HZ), late(interrupting(commands), AGENT_HZ)]
  const asked = interrupting([...alerts, ...commands])
  const onsets = asked.flatMap((moment) => late([moment], AGENT_HZ).map((ms) => moment + ms))
  const gaps = onsets.map((onset) => gapBefore(recording, pcm, onset))
  await agent.stop()
  return { alert, command, all: [...alert, ...command], theirs: late(flowMoments, FLOW_HZ), gaps }
}

const rowsOf = (
  where: string,
  { alert, command, all, gaps }: Awaited<ReturnType<typeof interruptions>>,
  yardstick: string,
): BenchRow[] => {
  const heardOf = `${all.length} of ${ORDERS} heard over the programme`
  return [
    {
      figure: `publish → first sample at the monitor, interrupting a programme${where}`,
      value: `${spread(all)}${all.length === ORDERS ? '' : `; ${heardOf}`}`,
      yardstick,
      goal: `p99 ≤ ${GOAL_MS} ms, every one heard`,
      met: all.length === ORDERS && percentile(all, 0.99) <= GOAL_MS,
    },
    {
      figure: '– of these, alerts',
      value: spread(alert),
      yardstick: 'as above',
      goal: `p99 ≤ ${GOAL_MS} ms`,
      met: alert.length > 0 && percentile(alert, 0.99) <= GOAL_MS,
    },
    {
      figure: '– of these, commands to play',
      value: spread(command),
      yardstick: 'as above',
      goal: `p99 ≤ ${GOAL_MS} ms`,
      met: command.length > 0 && percentile(command, 0.99) <= GOAL_MS,
    },
    {
      figure: `gap: last sample of the programme to first sample of the order${where}`,
      value: spread(gaps),
      yardstick: '–',
      goal: `≤ ${GAP_GOAL_MS} ms`,
      met: gaps.length > 0 && gaps.every((ms) => ms <= GAP_GOAL_MS),
    },
  ]
}

const onServer = async (): Promise<BenchRow[]> => {
  const rig = await startRig()
  let flow: Flow | null = null
  try {
    const clip = rig.file('flow.wav')
    makeTone(clip, { frequencyHz: FLOW_HZ, durationMs: TONE_MS })
    flow = await startFlow({ rig, clip })
    const heard = await interruptions({ rig, card: null, flow, listen: () => rig.card.record() })
    return rowsOf('', heard, `${spread(heard.theirs)} (${flow.name})`)
  } finally {
    await flow?.stop()
    await rig.dispose()
  }
}

/** A card without a sound server in between, which is what most cabinets have. */
const onCard = async (): Promise<BenchRow[]> => {
  const [name] = ZONES
  const cards = plugCrystalCards({ [name]: 0 })
  const rig = await startRig()
  try {
    const listen = () => Promise.resolve(cards.listen(name))
    const heard = await interruptions({ rig, card: { name, env: cards.env }, flow: null, listen })
    return rowsOf(', on a card of its own', heard, '–')
  } finally {
    await rig.dispose()
    cards.dispose()
  }
}

export const benchInterruption = async (): Promise<BenchRow[]> => [...(await onServer()), ...(await onCard())]
