/**
 * A sound card that is not there: a private PulseAudio daemon whose null sink is ALSA's `default` for the processes that get
 * `env`. It runs in real time with real buffers, and what it plays is recorded from the sink's monitor.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Pcm, wavOf } from './tone.ts'

const USUAL_RATE_HZ = 48_000
const CHANNELS = 2
const FRAME_BYTES = 4
const SINK = 'card'
/** Two cabinets in one card: each is one of its channels. */
export const ZONES = ['left', 'right'] as const
const START_MS_MAX = 10_000
const STOP_MS_MAX = 3_000
const POLL_MS = 20
/** Half an hour of sound is 345 MB: more than that is a mistake. */
const RECORDING_BYTES_MAX = 1_800 * USUAL_RATE_HZ * FRAME_BYTES
/** Also makes the null sink render in pieces of this size, so that what the monitor hears is at most this much early. */
const RECORDER_LATENCY_MS = 5

export type Listening = {
  /** Frames so far. */
  frames: () => number
  /** When the frame at `ms` of the recording left the card. */
  wallAt: (ms: number) => number
  /** Where the moment `wall` is in the recording, in ms. */
  msAt: (wall: number) => number
  /** Resolves once the recording reaches past that moment; rejects if it has stopped. */
  reach: (wall: number) => Promise<void>
  stop: () => Promise<void>
}

export type Recording = Listening & {
  /** Everything so far. */
  pcm: () => Pcm
  save: (path: string) => void
}

export type VirtualCard = {
  /** For every process that shall find this card: ALSA's `default` and `card`. */
  env: NodeJS.ProcessEnv
  folder: string
  /** For `ALSA_CONFIG_PATH`: a machine that has the device `card`, and no default. */
  alsaFileWithoutDefault: string
  record: () => Promise<Recording>
  /** For hours: each piece is given away as it comes, in whole frames, and nothing is kept. */
  listen: (hear: (samples: Int16Array) => void) => Promise<Listening>
  /** Each channel becomes a mono device of its own, by the names of `ZONES`. */
  plugZones: () => void
  /** Asks the sound server by `pactl`; what it answers. */
  control: (args: string[]) => string
  /** Takes the card away, as a cable does. */
  unplug: () => Promise<void>
  plug: () => Promise<void>
  /** Kills the whole sound daemon, so that even opening the device fails, and starts it again. */
  stopDaemon: () => Promise<void>
  startDaemon: () => Promise<void>
  dispose: () => Promise<void>
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const endProcess = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (ended(child)) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
  await gone
  clearTimeout(timer)
}

/** ALSA reads only this file: a sound server of the desktop or a user's own settings must not get in between. */
const alsaSettings = (socket: string, names: string[]): string =>
  [
    ...['pcm', 'ctl'].flatMap((kind) =>
      names.map((name) => `${kind}.!${name} { type pulse server "unix:${socket}" }\n`),
    ),
    ...ZONES.map((zone) => `pcm.!${zone} { type pulse server "unix:${socket}" device "${zone}" }\n`),
  ].join('')

/**
 * Wall time of frame 0. Frames leave the monitor at the card's steady pace and can reach us only late, so of all arrivals
 * the earliest, counted back, is the truest: the lower edge of (arrival − frames so far) over the whole recording. The sink
 * renders one piece of `RECORDER_LATENCY_MS` ahead of the moment at which it is heard, so that much is added.
 */
const beginning = (rateHz: number) => {
  let earliest = Number.POSITIVE_INFINITY
  return {
    arrived: (framesAfter: number) => {
      earliest = Math.min(earliest, Date.now() - (framesAfter * 1_000) / rateHz)
    },
    wall: () => earliest + RECORDER_LATENCY_MS,
  }
}

/** A card is hardware, which no busy program holds up: so this one comes before all of them, where that is permitted. */
const urgently = (): string[] => {
  const command = ['chrt', '--fifo', '30']
  return spawnSync('chrt', ['--fifo', '30', 'true']).status === 0 ? command : []
}

const startListening = async (
  env: NodeJS.ProcessEnv,
  rateHz: number,
  hear: (bytes: Buffer) => void,
): Promise<Listening> => {
  const format = ['--raw', '--format=s16le', `--rate=${rateHz}`, `--channels=${CHANNELS}`]
  const recorder = spawn('parec', [...format, `--latency-msec=${RECORDER_LATENCY_MS}`, '-d', `${SINK}.monitor`], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C in a terminal is the owner's to answer: the card must not go before what plays on it.
    detached: true,
  })
  let bytes = 0
  let complaint = ''
  const start = beginning(rateHz)
  recorder.stderr.on('data', (text: Buffer) => (complaint = (complaint + text.toString()).slice(-500)))
  recorder.stdout.on('data', (chunk: Buffer) => {
    hear(chunk)
    bytes += chunk.length
    start.arrived(bytes / FRAME_BYTES)
  })
  const frames = () => Math.floor(bytes / FRAME_BYTES)
  const wallAt = (ms: number) => start.wall() + ms
  const msAt = (wall: number) => wall - start.wall()
  const waitFor = async (condition: () => boolean, claim: string) => {
    for (let waitedMs = 0; !condition(); waitedMs += POLL_MS) {
      if (ended(recorder)) throw new Error(`the recorder stopped before ${claim}: ${complaint}`)
      if (waitedMs > START_MS_MAX * 6) throw new Error(`the recorder waited in vain until ${claim}`)
      await sleep(POLL_MS)
    }
  }
  // A tenth of a second steadies the estimate of the beginning.
  await waitFor(() => frames() > rateHz / 10, 'sound came')
  return {
    frames,
    wallAt,
    msAt,
    reach: (wall) => waitFor(() => (frames() * 1_000) / rateHz >= msAt(wall), 'that moment'),
    stop: () => endProcess(recorder, 'SIGINT'),
  }
}

/** Copied, because samples begin at even places only; what is less than a frame waits for the next piece. */
const wholeFrames = (hear: (samples: Int16Array) => void): ((bytes: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0)
  return (bytes) => {
    const all = Buffer.concat([rest, bytes])
    const samples = new Int16Array(Math.floor(all.length / FRAME_BYTES) * CHANNELS)
    Buffer.from(samples.buffer).set(all.subarray(0, samples.byteLength))
    rest = all.subarray(samples.byteLength)
    if (samples.length > 0) hear(samples)
  }
}

const startRecording = async (env: NodeJS.ProcessEnv, rateHz: number): Promise<Recording> => {
  const chunks: Buffer[] = []
  let bytes = 0
  const listening = await startListening(env, rateHz, (chunk) => {
    if (bytes > RECORDING_BYTES_MAX) return
    chunks.push(chunk)
    bytes += chunk.length
  })
  const pcm = (): Pcm => {
    const whole = Buffer.concat(chunks)
    const copy = new Int16Array(Math.floor(bytes / FRAME_BYTES) * CHANNELS)
    Buffer.from(copy.buffer).set(whole.subarray(0, copy.byteLength))
    return { samples: copy, rate: rateHz, channels: CHANNELS }
  }
  return { ...listening, pcm, save: (path) => writeFileSync(path, wavOf(pcm())) }
}

export const startVirtualCard = async (rateHz = USUAL_RATE_HZ): Promise<VirtualCard> => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-card-'))
  const socket = join(folder, 'native')
  const alsaFile = join(folder, 'asound.conf')
  mkdirSync(join(folder, 'pulse'), { mode: 0o700 })
  writeFileSync(alsaFile, alsaSettings(socket, ['default', SINK]))
  const alsaFileWithoutDefault = join(folder, 'asound-without-default.conf')
  writeFileSync(alsaFileWithoutDefault, alsaSettings(socket, [SINK]))
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    PULSE_RUNTIME_PATH: join(folder, 'pulse'),
    PULSE_SERVER: `unix:${socket}`,
    ALSA_CONFIG_PATH: alsaFile,
  }
  const control = (args: string[]): string => {
    const done = spawnSync('pactl', args, { env, encoding: 'utf8', timeout: START_MS_MAX })
    if (done.status !== 0) throw new Error(`pactl ${args.join(' ')} failed: ${done.stderr}`)
    return done.stdout.trim()
  }
  let daemon: ChildProcess | null = null
  let sinkModule = ''
  const recordings = new Set<Listening>()

  const plug = () => {
    const format = [`rate=${rateHz}`, `channels=${CHANNELS}`, 'format=s16le', 'norewinds=1']
    sinkModule = control(['load-module', 'module-null-sink', `sink_name=${SINK}`, ...format])
    return Promise.resolve()
  }
  const plugZones = () => {
    for (const zone of ZONES) {
      const maps = ['channels=1', 'channel_map=mono', `master_channel_map=front-${zone}`, 'remix=no']
      control(['load-module', 'module-remap-sink', `sink_name=${zone}`, `master=${SINK}`, ...maps])
    }
  }
  const unplug = () => {
    control(['unload-module', sinkModule])
    return Promise.resolve()
  }
  const startDaemon = async () => {
    let complaint = ''
    const listen = `module-native-protocol-unix socket=${socket} auth-anonymous=1`
    const options = ['--daemonize=no', '--exit-idle-time=-1', '-n', '--use-pid-file=no', '--disable-shm=yes']
    const command = [...urgently(), 'pulseaudio', ...options, '--log-target=stderr', '-L', listen]
    const child = spawn(command[0] ?? '', command.slice(1), {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    })
    daemon = child
    child.stderr.on('data', (text: Buffer) => (complaint = (complaint + text.toString()).slice(-1_000)))
    const missing: Error[] = []
    child.once('error', (fault) => missing.push(fault))
    for (let waitedMs = 0; !existsSync(socket); waitedMs += POLL_MS) {
      if (missing.length > 0 || ended(child) || waitedMs > START_MS_MAX)
        throw new Error(`PulseAudio does not start: ${complaint}`, { cause: missing[0] })
      await sleep(POLL_MS)
    }
    await plug()
  }
  const stopDaemon = async () => {
    if (daemon !== null) await endProcess(daemon, 'SIGTERM')
    rmSync(socket, { force: true })
    daemon = null
  }

  await startDaemon()
  return {
    env,
    folder,
    alsaFileWithoutDefault,
    record: async () => {
      const recording = await startRecording(env, rateHz)
      recordings.add(recording)
      return recording
    },
    listen: async (hear) => {
      const listening = await startListening(env, rateHz, wholeFrames(hear))
      recordings.add(listening)
      return listening
    },
    plugZones,
    control,
    unplug,
    plug,
    stopDaemon,
    startDaemon,
    dispose: async () => {
      await Promise.all([...recordings].map((recording) => recording.stop()))
      await stopDaemon()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
