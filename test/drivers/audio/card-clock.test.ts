/** Long playing on a card whose clock is not ours, in simulated time: the library tells nothing of where the card is. */
import { test } from 'tap'
import { PERIODS } from '../../../drivers/audio/card-clock.ts'
import { openCard, type Speaker } from '../../../drivers/audio/card.ts'
import type { FromSound } from '../../../drivers/audio/messages.ts'
import { RATE, silence } from '../../../drivers/audio/pcm.ts'
import { openPlayer } from '../../../drivers/audio/player.ts'
import { loadResamplers } from '../../../drivers/audio/resampler.ts'
import { CARD_FRAME_BYTES } from '../../../drivers/audio/sixteen-bits.ts'

type Event = { at: number; task: () => void }
type SimulatedCard = { partsPerMillion: number; capacityMs: number; periodFrames?: number }

/** Time that passes only as fast as the events in it. */
const simulatedTime = () => {
  let now = 1_000
  const events: Event[] = []
  const at = (ms: number, task: () => void) => {
    const event = { at: now + ms, task }
    events.push(event)
    const cancel = () => {
      const index = events.indexOf(event)
      if (index >= 0) events.splice(index, 1)
    }
    return { cancel }
  }
  const runUntil = async (end: number) => {
    for (;;) {
      const next = events.reduce<Event | null>(
        (first, event) => (first === null || event.at < first.at ? event : first),
        null,
      )
      if (next === null || next.at > end) break
      events.splice(events.indexOf(next), 1)
      now = Math.max(now, next.at)
      next.task()
      await new Promise((resolve) => setImmediate(resolve))
    }
    now = end
  }
  return { now: () => now, at, runUntil }
}

/** A card that holds `capacityMs`, takes sound at its own pace, and tells of room at the end of its periods only. */
const simulatedCard = (
  time: ReturnType<typeof simulatedTime>,
  { partsPerMillion, capacityMs, periodFrames = 1 }: SimulatedCard,
) => {
  const capacity = (RATE * capacityMs) / 1_000
  const pace = (RATE * (1 + partsPerMillion / 1e6)) / 1_000
  let written = 0
  let beganAt = 0
  let underruns = 0
  let longestMs = 0
  const consumed = (at: number) => Math.min(written, (at - beganAt) * pace)
  class SimulatedSpeaker implements Speaker {
    on(): void {
      // It never fails.
    }
    close(): void {
      written = 0
    }
    write(chunk: Buffer, done: () => void): boolean {
      const frames = chunk.length / CARD_FRAME_BYTES
      if (written === 0) beganAt = time.now()
      else if (consumed(time.now()) >= written) {
        underruns += 1
        beganAt = time.now() - written / pace
      }
      const excess = written + frames - capacity
      const roomAt = excess <= 0 ? 0 : beganAt + (Math.ceil(excess / periodFrames) * periodFrames) / pace
      const waitMs = Math.max(0.2, roomAt - time.now())
      longestMs = Math.max(longestMs, waitMs)
      time.at(waitMs, () => {
        written += frames
        done()
      })
      return true
    }
  }
  return {
    Speaker: SimulatedSpeaker,
    consumed: () => consumed(time.now()),
    underruns: () => underruns,
    longestMs: () => longestMs,
  }
}

const playFor = async (minutes: number, simulated: SimulatedCard) => {
  const time = simulatedTime()
  const hardware = simulatedCard(time, simulated)
  const card = openCard({ Speaker: hardware.Speaker, device: 'simulated', now: time.now })
  const told: FromSound[] = []
  const zeros = silence(RATE)
  const player = openPlayer({
    card,
    resamplers: await loadResamplers(),
    latencyMs: 0,
    gainDb: 0,
    channels: 'both',
    now: time.now,
    after: time.at,
    startDecoder: () => ({
      queue: {
        frames: () => RATE,
        take: (framesMax) => ({ pcm: zeros.subarray(0, Math.min(RATE, Math.floor(framesMax)) * 2), mark: null }),
        unread: () => undefined,
        clear: () => undefined,
      },
      isReady: () => true,
      ended: () => null,
      resume: () => undefined,
      bridge: () => undefined,
      kill: () => undefined,
    }),
    writesMax: Number.POSITIVE_INFINITY,
    onPlaying: () => undefined,
    tell: (message) => told.push(message),
    lost: (cause) => {
      throw cause instanceof Error ? cause : new Error('lost')
    },
    worn: () => undefined,
  })
  const content = { kind: 'file' as const, url: '' }
  const when = { dueAt: time.now(), whenLate: 'whole' as const, crossfadeMs: 0, over: null, below: false }
  const order = { playId: 'a', content, offsetMs: 0, lengthMs: null, gainDb: 0, levellingDb: 0, ...when }
  player.accept({ kind: 'play', order })
  let worstMs = 0
  for (let minute = 1; minute <= minutes; minute += 1) {
    await time.runUntil(1_000 + minute * 60_000)
    worstMs = Math.max(worstMs, Math.abs(card.heardFrames(time.now()) - hardware.consumed()) / (RATE / 1_000))
  }
  return { worstMs, writes: card.writes(), hardware, told }
}

for (const partsPerMillion of [-200, 0, 200])
  test(`three minutes on a card that is ${partsPerMillion} ppm off our clock`, async (t) => {
    const { worstMs, writes, hardware, told } = await playFor(3, { partsPerMillion, capacityMs: 500 })
    t.equal(hardware.underruns(), 0, 'it never runs dry')
    t.ok(worstMs < 0.5, `what was heard is known to ${worstMs.toFixed(3)} ms`)
    t.ok(writes < 180 * 9, `${writes} writes, since each leaks a little`)
    t.ok(hardware.longestMs() < 30, `a write waits ${Math.round(hardware.longestMs())} ms at most`)
    t.ok(told.filter(({ kind }) => kind === 'progress').length > 180 * 0.99, 'progress is told throughout')
    const last = told.findLast((message) => message.kind === 'progress')
    t.ok(Math.abs(last?.lateMs ?? Number.NaN) < 0.5, `it keeps to its moments: ${last?.lateMs} ms`)
  })

test('a card with a small buffer is filled no more than it holds', async (t) => {
  const { hardware, worstMs } = await playFor(1, { partsPerMillion: 0, capacityMs: 170 })
  t.equal(hardware.underruns(), 0)
  t.ok(worstMs < 100)
})

for (const periodFrames of PERIODS)
  test(`a card whose periods are of ${periodFrames} frames`, async (t) => {
    const { worstMs, hardware, told } = await playFor(1, { partsPerMillion: 50, capacityMs: 500, periodFrames })
    t.equal(hardware.underruns(), 0)
    t.ok(worstMs < 1.5, `what was heard is known to ${worstMs.toFixed(3)} ms`)
    const last = told.findLast((message) => message.kind === 'progress')
    t.ok(Math.abs(last?.lateMs ?? Number.NaN) < 0.5, `it keeps to its moments: ${last?.lateMs} ms`)
  })
