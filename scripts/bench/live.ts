/**
 * Streams: how long after its source a live announcement is heard, and how long a relay is silent when its source is killed. The
 * stations are a real Icecast with ffmpeg as its source client, and RTP; the card is recorded at its monitor.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openSoundOutput } from '../../drivers/audio/output.ts'
import { elapsedMs, wallMs } from '../../player/plan/time.ts'
import type { Clock } from '../../player/ports/clock.ts'
import type { OutputEvent, StreamPlayable, StreamSource } from '../../player/ports/output.ts'
import { startVirtualCard, type Recording, type VirtualCard } from '../bench-parts/sound.ts'
import { sendRtp, startIcecast, type Icecast, type Sender } from '../bench-parts/stations.ts'
import { findTone } from '../bench-parts/tone.ts'
import { until } from './programs.ts'
import type { BenchRow } from './row.ts'
import { spread } from './statistics.ts'

const ROUNDS = 6
const READY_MS_MAX = 20_000
/** Long enough that what was there at the connection is over, and the buffers are as they will be. */
const STEADY_MS = 6_000
const TAIL_MS = 3_000
const GOAL_DELAY_MS = 1_000
const LIVE_HZ = 1_200
const FIRST_HZ = 800
const SECOND_HZ = 1_600

const clock: Clock = {
  wall: () => wallMs(Date.now()),
  elapsed: () => elapsedMs(performance.now()),
  trust: () => 'synced',
  after: (_name, delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}
const quiet = { info: () => undefined, warn: () => undefined }

const openHorn = async (card: VirtualCard) => {
  const events: OutputEvent[] = []
  const output = openSoundOutput({
    ...{ id: 'loa', device: 'default', latencyMs: 0, gainDb: 0, clock, log: quiet, env: card.env },
    listener: (event) => events.push(event),
  })
  await until('the card is ready', () => output.health().state === 'ready', READY_MS_MAX)
  const lastSource = () => events.findLast((event) => event.kind === 'source')?.source
  return {
    output,
    onSource: (label: string) => until(`source ${label} is heard`, () => lastSource() === label, READY_MS_MAX),
  }
}

const streamOf = (sources: StreamSource[], goneMs: number | null): StreamPlayable => ({
  ...{ kind: 'stream', sources, fallback: null, silenceMs: goneMs === null ? 15_000 : null, goneMs },
})

const lastOf = (recording: Recording, frequencyHz: number, fromWall: number): number => {
  const fromMs = recording.msAt(fromWall) - 500
  const tones = findTone(recording.pcm(), { frequencyHz, fromMs, toMs: fromMs + TAIL_MS + 500 })
  return recording.wallAt(tones.at(-1)?.endMs ?? fromMs)
}

type Station = { name: string; start: () => Promise<{ sender: Sender; source: StreamSource }> }

/** From the last sound that the source gave, which is when it is killed, to the last that is heard. */
const delaysOf = async (card: VirtualCard, recording: Recording, station: Station): Promise<number[]> => {
  const delaysMs: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const { sender, source } = await station.start()
    const horn = await openHorn(card)
    const request = { playId: 'live', offsetMs: 0, lengthMs: null, gainDb: 0, levellingDb: 0, dueAt: clock.wall() }
    horn.output.play({ ...request, playable: streamOf([source], 2_000) })
    await horn.onSource('1')
    await sleep(STEADY_MS + round * 37)
    const killedAt = Date.now()
    await sender.stop()
    await recording.reach(killedAt + TAIL_MS)
    delaysMs.push(lastOf(recording, LIVE_HZ, killedAt) - killedAt)
    await horn.output.close()
  }
  return delaysMs
}

/** From the last sound of the source that is killed to the first of the next one. */
const gapsOf = async (card: VirtualCard, recording: Recording, icecast: Icecast): Promise<number[]> => {
  const gapsMs: number[] = []
  const second = await icecast.mount('hai', 'mp3', { frequencyHz: SECOND_HZ })
  for (let round = 0; round < ROUNDS; round += 1) {
    const first = await icecast.mount('mot', 'mp3', { frequencyHz: FIRST_HZ })
    const horn = await openHorn(card)
    const sources = ['mot', 'hai'].map((mount) => ({ url: icecast.url(mount) }))
    const request = { playId: 'relay', offsetMs: 0, lengthMs: 600_000, gainDb: 0, levellingDb: 0, dueAt: clock.wall() }
    horn.output.play({ ...request, playable: streamOf(sources, null) })
    await horn.onSource('1')
    await sleep(STEADY_MS / 2 + round * 37)
    const killedAt = Date.now()
    await first.stop()
    await horn.onSource('2')
    await recording.reach(Date.now() + 500)
    const heardLast = lastOf(recording, FIRST_HZ, killedAt)
    const fromMs = recording.msAt(killedAt)
    const [next] = findTone(recording.pcm(), { frequencyHz: SECOND_HZ, fromMs, toMs: fromMs + READY_MS_MAX })
    gapsMs.push(recording.wallAt(next?.startMs ?? Number.NaN) - heardLast)
    await horn.output.close()
  }
  await second.stop()
  return gapsMs
}

export const benchLive = async (): Promise<BenchRow[]> => {
  const card = await startVirtualCard()
  const icecast = await startIcecast()
  try {
    const recording = await card.record()
    const stations: Station[] = [
      {
        name: 'MP3 128 kbit/s by Icecast',
        start: async () => {
          const sender = await icecast.mount('ubnd', 'mp3', { frequencyHz: LIVE_HZ })
          return { sender, source: { url: icecast.url('ubnd') } }
        },
      },
      {
        name: 'Opus by RTP',
        start: async () => {
          const { sender, sdp } = await sendRtp('127.0.0.1', { frequencyHz: LIVE_HZ })
          return { sender, source: { sdp } }
        },
      },
    ]
    const rows: BenchRow[] = []
    for (const station of stations) {
      const delaysMs = await delaysOf(card, recording, station)
      rows.push({
        figure: `live: source to card, ${station.name}`,
        value: spread(delaysMs),
        yardstick: '–',
        goal: `< ${GOAL_DELAY_MS} ms`,
        met: delaysMs.every((ms) => ms < GOAL_DELAY_MS),
      })
    }
    const gapsMs = await gapsOf(card, recording, icecast)
    rows.push({
      figure: 'relay: silence when its source is killed and the next one is taken',
      value: spread(gapsMs),
      yardstick: '–',
      goal: '≤ 2000 ms',
      met: gapsMs.every((ms) => ms <= 2_000),
    })
    return rows
  } finally {
    await icecast.stop()
    await card.dispose()
  }
}
