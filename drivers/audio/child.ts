/**
 * The sound process. It owns the card and nothing else, imports next to nothing, and may die at any moment without harm: the
 * library aborts where there is no card, and its native code has crashed before.
 */
import { cannotOpen } from './alsa.ts'
import { loadSpeaker, openCard, probeCard } from './card.ts'
import { startDecoder } from './decoder.ts'
import { openSpare } from './ffmpeg.ts'
import { faultOf, type FromSound, monotonicMs, type SoundSettings, type ToSound } from './messages.ts'
import { openPlayer } from './player.ts'
import { loadResamplers } from './resampler.ts'
import { startStream } from './stream.ts'
import { openTap } from './tap.ts'
import { becomeUrgent } from './urgency.ts'
import { warmUp } from './warm-up.ts'

/** A native write that takes longer than this will not come back: a card gone in a way the driver does not notice. */
const WRITE_MS_MAX = 3_000
const WATCH_MS = 1_000
/** How often a card that is not playing is looked after, so that a loss is known before it is needed. */
const PROBE_MS = 30_000
/** The next decoder is made ready once the present one has had the processor to itself. */
const SPARE_AFTER_MS = 700
/** A play that is due this soon is given the decoder that waits; a later one has the time to start its own. */
const SOON_MS = 500
const LEAVE_MS = 1_000
/**
 * Sound passes through in arrays whose memory lies outside of V8's heap, some 2 MB a second, and waits for long enough to be taken
 * for old. V8 looks for old ones that are done with only when tens of megabytes have gathered (docs/decisions.md). To look sooner
 * takes 7 ms, of the 200 and more that the card always has in hand.
 */
const TIDY_MS = 10_000

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

export const runSound = async (settings: SoundSettings): Promise<void> => {
  let isLeaving = false
  const tell = (message: FromSound) => {
    if (process.connected) process.send?.(message)
  }
  /** Leaves once its last words have gone out. SIGKILL: no native destructor may meet a write that is still in flight. */
  const leave = (lastWord: FromSound) => {
    if (isLeaving) return
    isLeaving = true
    spare.close()
    const end = () => process.kill(process.pid, 'SIGKILL')
    setTimeout(end, LEAVE_MS)
    if (!process.connected) end()
    else process.send?.(lastWord, end)
  }
  const spare = openSpare(settings.ffmpegPath)

  const { Speaker, engine } = loadSpeaker()
  const [resamplers, urgency] = await Promise.all([loadResamplers(), becomeUrgent()])
  const card = openCard({ Speaker, device: settings.device, now: monotonicMs })
  const lostCard = (cause: unknown) => {
    if (isLeaving) return
    const fault = faultOf('device-failed', `the sound device "${settings.device}" failed: ${textOf(cause)}`)
    player.fail('failed', fault)
    leave({ kind: 'device', fault })
  }
  let spareTimer: NodeJS.Timeout | undefined
  const prepareSpareSoon = () => {
    clearTimeout(spareTimer)
    spareTimer = setTimeout(spare.prepare, SPARE_AFTER_MS)
  }
  const player = openPlayer({
    card,
    resamplers,
    tap: settings.isTapped ? openTap(tell, settings.channels) : null,
    latencyMs: settings.latencyMs,
    gainDb: settings.gainDb,
    channels: settings.channels,
    now: monotonicMs,
    after: (ms, task) => {
      const timer = setTimeout(task, ms)
      return { cancel: () => clearTimeout(timer) }
    },
    startDecoder: (order, onChange) => {
      const { content, offsetMs, dueAt } = order
      const { ffmpegPath } = settings
      if (content.kind === 'stream')
        return startStream({
          ...{ ffmpegPath, stream: content, ride: order.ride ?? null },
          ...{ now: monotonicMs, chance: Math.random, onChange },
        })
      const isPlain = offsetMs === 0 && dueAt - monotonicMs() < SOON_MS
      const warm = isPlain ? spare.take(content.url) : null
      return startDecoder({ ffmpegPath, url: content.url, offsetMs, warm, onChange })
    },
    writesMax: settings.writesMax,
    onPlaying: prepareSpareSoon,
    tell,
    lost: lostCard,
    worn: () => leave({ kind: 'worn' }),
  })

  await warmUp(resamplers, settings.channels)
  try {
    await probeCard(card)
  } catch (cause) {
    const fault = faultOf('device-missing', cannotOpen(settings.device, textOf(cause)))
    leave({ kind: 'device', fault })
    return
  }

  setInterval(() => {
    if (card.writingMs() > WRITE_MS_MAX) lostCard(`it takes no sound for ${WRITE_MS_MAX} ms`)
  }, WATCH_MS)
  setInterval(() => {
    if (player.isIdle() && !card.isWriting()) probeCard(card).then(() => player.whenFree(() => undefined), lostCard)
  }, PROBE_MS)
  setInterval(() => {
    if (!player.isIdle()) gc?.()
  }, TIDY_MS)

  process.on('message', (message: ToSound) => {
    if (isLeaving) return
    if (message.kind === 'ping') tell({ kind: 'pong' })
    else if (message.kind === 'close') void player.close().then(() => leave({ kind: 'pong' }))
    else player.accept(message)
  })
  spare.prepare()
  tell({ kind: 'ready', engine: `${engine}, ${urgency}`, urgency })
}

const argument = process.argv[2]
// Only the agent starts this file as a process; a test that imports it starts nothing.
if (argument !== undefined && process.send !== undefined && process.env['LOA_SOUND_PROCESS'] === '1') {
  // Signals to the whole group are the agent's to answer: it closes what it opened. Without an agent there is nothing to play.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  void runSound(JSON.parse(argument) as SoundSettings)
}
