/**
 * From a microphone or a file to everyone who listens: capture → level → encoder → HTTP. Used by `loa live` at the box and by
 * `headend live`. Where there is nothing to say yet or any more, it says silence, so that no box takes the source for gone.
 */
import { openCapture, type CaptureEnd } from './capture.ts'
import type { LiveClock } from './clock.ts'
import { openEncoder } from './encoder.ts'
import type { SoundSource } from './ffmpeg.ts'
import { openListeners, type Listeners } from './listeners.ts'
import { BYTES_PER_MS, createMeter, silenceOfMs } from './sound.ts'

export type SenderOptions = {
  source: SoundSource
  listen: { host: string; port: number }
  clock: LiveClock
  /** Random and not to be guessed: 128 bits or more, in letters of an address. */
  secret: string
}

export type SenderFault =
  | { kind: 'ffmpeg-missing' }
  | { kind: 'source-failed'; detail: string }
  /** The device is open and gives nothing. */
  | { kind: 'source-silent' }
  | { kind: 'cannot-listen'; detail: string }

export type SenderEnd = { kind: 'end-of-file' } | { kind: 'hushed' } | { kind: 'failed'; fault: SenderFault }

export type Sender = {
  port: number
  path: string
  listeners: () => number
  /** The loudest tenth of a second since it was asked last, in dBFS. */
  levelDb: () => number
  /** Begins with a file, of which nobody should miss the first words; a microphone is heard from the start. */
  begin: () => void
  /** The source is over by itself. Never rejects. */
  ended: Promise<SenderEnd>
  /** Closes the source; silence from now on. */
  hush: () => void
  close: () => Promise<void>
}

export type Started = { kind: 'started'; sender: Sender } | { kind: 'failed'; fault: SenderFault }

/** A device that opens gives its first sound within this; one that has given some may pause for as long. */
const SILENT_MS_MAX = 5_000
const TICK_MS = 20
/** A tick that comes late makes up for at most this much; a machine that slept does not send the night. */
const CATCH_UP_MS_MAX = 500

const faultOf = (end: Exclude<CaptureEnd, { kind: 'finished' }>): SenderFault =>
  end.kind === 'missing' ? { kind: 'ffmpeg-missing' } : { kind: 'source-failed', detail: end.detail }

/** How much of the clock's time is still to be said. */
const createPace = (clock: LiveClock) => {
  let saidUntil = clock.elapsed()
  return {
    restart: () => {
      saidUntil = clock.elapsed()
    },
    dueMs: (): number => {
      const now = clock.elapsed()
      const dueMs = Math.floor(Math.min(now - saidUntil, CATCH_UP_MS_MAX))
      saidUntil = now - saidUntil > CATCH_UP_MS_MAX ? now : saidUntil + dueMs
      return dueMs
    },
  }
}

/** A promise that one call settles; later calls change nothing. */
const promised = <T>() => {
  let settle: (value: T) => void = () => undefined
  const promise = new Promise<T>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}

type Parts = { source: SoundSource; clock: LiveClock; listeners: Listeners; path: string }

/** `ready` resolves with null when the first sound has come, else with why none will. */
const run = ({ source, clock, listeners, path }: Parts): { sender: Sender; ready: Promise<SenderFault | null> } => {
  const isFile = source.kind === 'file'
  const meter = createMeter()
  const pace = createPace(clock)
  const ready = promised<SenderFault | null>()
  const ended = promised<SenderEnd>()
  let isBegun = !isFile
  let isWhole = false
  let isOver = false
  let isClosed = false
  let soundAt = clock.elapsed()

  const end = (how: SenderEnd) => {
    if (isOver) return
    isOver = true
    pace.restart()
    capture.close()
    ready.settle(how.kind === 'failed' ? how.fault : null)
    ended.settle(how)
  }
  const fail = (fault: SenderFault) => end({ kind: 'failed', fault })
  const encoder = openEncoder(clock, {
    frames: listeners.give,
    broken: ({ missing, detail }) => fail(missing ? { kind: 'ffmpeg-missing' } : { kind: 'source-failed', detail }),
  })
  const say = (pcm: Buffer) => {
    soundAt = clock.elapsed()
    meter.add(pcm)
    encoder.write(pcm)
  }
  const capture = openCapture(source, {
    pcm: (pcm) => {
      if (isOver) return
      ready.settle(null)
      say(pcm)
    },
    ended: (how) => {
      if (how.kind === 'finished') isWhole = true
      else fail(faultOf(how))
    },
  })

  /** Of a file, and of silence, as much as the clock has gone on; a microphone has a clock of its own. */
  const sayDue = () => {
    const dueMs = pace.dueMs()
    if (dueMs < 1) return
    const pcm = isBegun && !isOver ? capture.take(dueMs * BYTES_PER_MS) : Buffer.alloc(0)
    if (pcm.length > 0) {
      say(pcm)
      return
    }
    if (isBegun && isWhole) end({ kind: 'end-of-file' })
    encoder.write(silenceOfMs(dueMs))
  }
  const tick = () => {
    if (isClosed) return
    const isThere = isFile && capture.waitingBytes() > 0
    if (isThere) ready.settle(null)
    if (isThere && !isBegun) soundAt = clock.elapsed()
    const isNothing = isFile && isWhole && !isThere && !isBegun
    if (isNothing || clock.elapsed() - soundAt > SILENT_MS_MAX) fail({ kind: 'source-silent' })
    if (isFile || isOver) sayDue()
    clock.after(TICK_MS, tick)
  }
  clock.after(TICK_MS, tick)

  const sender: Sender = {
    port: listeners.port,
    path,
    listeners: listeners.count,
    levelDb: meter.read,
    begin: () => {
      isBegun = true
    },
    ended: ended.promise,
    hush: () => end({ kind: 'hushed' }),
    close: async () => {
      end({ kind: 'hushed' })
      isClosed = true
      await encoder.close()
      await listeners.close()
    },
  }
  return { sender, ready: ready.promise }
}

/** Resolves when the source has given its first sound, so that nothing is announced that nobody could hear. */
export const startSender = async ({ source, listen, clock, secret }: SenderOptions): Promise<Started> => {
  const path = `/live/${secret}.mp3`
  let listeners: Listeners
  try {
    listeners = await openListeners({ ...listen, path, elapsed: clock.elapsed })
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { kind: 'failed', fault: { kind: 'cannot-listen', detail } }
  }
  const { sender, ready } = run({ source, clock, listeners, path })
  const fault = await ready
  if (fault === null) return { kind: 'started', sender }
  await sender.close()
  return { kind: 'failed', fault }
}
