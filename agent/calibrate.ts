/**
 * Started by `loa calibrate` as a process of its own, while the agent is stopped: plays bursts of noise through the very sound
 * process that the agent uses, listens with the very ear, and writes what it measured to its output, one JSON line for each
 * burst. Beside main.ts it is the only file here that hires drivers.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SoundOutputSettings } from '../config/settings.ts'
import { openSoundOutput } from '../drivers/audio/output.ts'
import { openEar } from '../drivers/capture/ear.ts'
import { openClock } from '../drivers/clock/clock.ts'
import { addMs, type WallMs } from '../player/plan/time.ts'
import type { Clock } from '../player/ports/clock.ts'
import type { OutputEvent } from '../player/ports/output.ts'
import { BURST_MS, noiseWav } from './calibration-noise.ts'
import type { EarEvent, Look } from './ports/hearing.ts'

/** What it is told, as its only argument. */
type Order = {
  device: string
  channels: SoundOutputSettings['channels']
  rateHz: SoundOutputSettings['rateHz']
  captureDevice: string
  /** Of the noise, dBFS of its root mean square. */
  levelDb: number
  times: number
}

/** What it tells. */
type Line =
  /** `startedAt`: when the sound process says that the burst began to leave the card. */
  | { kind: 'measured'; startedAt: WallMs; delayMs: number; gainDb: number; confidence: number }
  | { kind: 'missed'; captureDb: number | null }
  | { kind: 'failed'; what: 'output' | 'capture'; detail: string }

/** The first burst is this much quieter, and only opens the card and the capture. */
const FIRST_DB = -20
const LEAD_MS = 1_800
/** The longest way to the ear, and the time to compare. */
const LISTEN_MS = 4_000
/** Whole seconds of a burst, as they are compared. */
const LOOKS = 4
const READY_MS_MAX = 20_000
const POLL_MS = 50

/** The decoder reads by HTTP from this machine and from nowhere else, so that is how it gets the noise. */
const serve = async (files: ReadonlyMap<string, Buffer>) => {
  const secret = randomBytes(16).toString('hex')
  const server = createServer((request, response) => {
    const [, asked = '', name = ''] = (request.url ?? '').split('/')
    const file = asked === secret ? files.get(name) : undefined
    if (file === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-length': file.length, 'content-type': 'audio/wav' }).end(file)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on a port, it has an address of this shape.
  const { port } = server.address() as AddressInfo
  return {
    url: (name: string) => `http://127.0.0.1:${port}/${secret}/${name}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const pause = (clock: Clock, ms: number) => new Promise<void>((resolve) => void clock.after('calibrate', ms, resolve))

/** False: it did not come to be in time. */
const waitFor = async (clock: Clock, isTrue: () => boolean, msMax: number): Promise<boolean> => {
  for (let waitedMs = 0; !isTrue(); waitedMs += POLL_MS) {
    if (waitedMs > msMax) return false
    await pause(clock, POLL_MS)
  }
  return true
}

/** The sound process and the ear, as the agent has them, and something to play. */
const openParts = async ({ device, channels, rateHz, captureDevice, levelDb }: Order) => {
  const clock = openClock({ source: 'battery' })
  const events: OutputEvent[] = []
  const looks: Look[] = []
  /** The newest is the last; null: it gives sound. */
  const captureFaults: (string | null)[] = []
  const ear = openEar({
    ...{ output: 'calibrate', device: captureDevice, gainDb: null, clock },
    listener: (event: EarEvent) => {
      if (event.kind === 'look') looks.push(event.look)
      else captureFaults.push(event.fault)
    },
  })
  const output = openSoundOutput({
    ...{ id: 'calibrate', device, channels, rateHz, latencyMs: 0, gainDb: 0, clock },
    log: { info: () => undefined, warn: () => undefined },
    listener: (event) => void events.push(event),
    onReference: ear.reference,
  })
  const server = await serve(
    new Map([
      ['first', noiseWav(levelDb + FIRST_DB)],
      ['burst', noiseWav(levelDb)],
    ]),
  )
  const endOf = (playId: string) => events.find((event) => event.kind === 'ended' && event.playId === playId)
  return {
    captureFault: () => captureFaults.at(-1) ?? null,
    startOf: (playId: string) =>
      events.flatMap((event) => (event.kind === 'started' && event.playId === playId ? [event.at] : []))[0],
    /** Null: ready; else why it is not. */
    outputFault: async () => {
      const isReady = await waitFor(clock, () => output.health().state === 'ready', READY_MS_MAX)
      return isReady ? null : (output.health().fault?.detail ?? 'the sound process does not get ready')
    },
    /** What was made of it, second by second. */
    play: async (playId: string, name: string): Promise<Look[]> => {
      const from = looks.length
      output.play({
        ...{ playId, offsetMs: 0, lengthMs: null, gainDb: 0, levellingDb: 0, dueAt: addMs(clock.wall(), LEAD_MS) },
        playable: { kind: 'sound', source: { url: server.url(name), sha256: '', mediaType: 'audio/wav' } },
      })
      const isOver = await waitFor(clock, () => endOf(playId) !== undefined, LEAD_MS + BURST_MS + READY_MS_MAX)
      const end = endOf(playId)
      if (!isOver || end?.kind !== 'ended' || end.fault !== null)
        throw new Error(end?.kind === 'ended' ? (end.fault?.detail ?? end.how) : 'the noise does not come to its end')
      await waitFor(clock, () => looks.length - from >= LOOKS, LISTEN_MS)
      return looks.slice(from)
    },
    close: async () => {
      await output.close()
      await ear.close()
      server.close()
      clock.close()
    },
  }
}

const calibrate = async (order: Order, tell: (line: Line) => void): Promise<void> => {
  const { play, startOf, captureFault, outputFault, close } = await openParts(order)
  try {
    const fault = await outputFault()
    if (fault !== null) {
      tell({ kind: 'failed', what: 'output', detail: fault })
      return
    }
    await play('first', 'first')
    const gone = captureFault()
    if (gone !== null) {
      tell({ kind: 'failed', what: 'capture', detail: gone })
      return
    }
    for (let round = 0; round < order.times; round += 1) {
      const found = await play(`burst-${round}`, 'burst')
      // The last of a burst is the sum of all its seconds.
      const last = found.findLast(({ verdict }) => verdict === 'heard')
      const { delayMs = null, levelDb = null, confidence = 0 } = last ?? {}
      const startedAt = startOf(`burst-${round}`)
      if (delayMs === null || levelDb === null || startedAt === undefined)
        tell({ kind: 'missed', captureDb: found.at(-1)?.captureDb ?? null })
      else tell({ kind: 'measured', startedAt, delayMs, gainDb: levelDb, confidence })
    }
  } catch (error) {
    tell({ kind: 'failed', what: 'output', detail: error instanceof Error ? error.message : String(error) })
  } finally {
    await close()
  }
}

// The command beside it wrote this argument.
const order = JSON.parse(process.argv[2] ?? '{}') as Order
await calibrate(order, (line) => process.stdout.write(`${JSON.stringify(line)}\n`))
