#!/usr/bin/env node
/** The one place that hires drivers. Reads the settings, opens what is outside, and hands it to the loop. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { pino, type Logger } from 'pino'
import { checkPage } from '../config/check.ts'
import { loadSettings, SETTINGS_FILE } from '../config/load.ts'
import { readSpokenWords } from '../config/spoken-words.ts'
import type { PictureOutputSettings, Settings, SoundOutputSettings } from '../config/settings.ts'
import { localeLanguage, wordsOf } from '../config/words/language.ts'
import { openAlertSources } from '../drivers/alerts/sources.ts'
import { openResources } from '../drivers/alerts/resource.ts'
import { openBroker } from '../drivers/broker/broker.ts'
import { openClock } from '../drivers/clock/clock.ts'
import { openControl } from '../drivers/control/control.ts'
import { openMeter } from '../drivers/loudness/meter.ts'
import { openMediaStore } from '../drivers/database/media-store.ts'
import { openStateStore } from '../drivers/database/state-store.ts'
import { httpDownloader } from '../drivers/download/downloader.ts'
import { httpGet } from '../drivers/download/get.ts'
import { openMixer, type Mixer } from '../drivers/mixer/mixer.ts'
import { openMediaServer } from '../drivers/media/server.ts'
import { openVoice } from '../drivers/speech/open.ts'
import { openVitals } from '../drivers/vitals/vitals.ts'
import { openWatchdog } from '../drivers/watchdog/watchdog.ts'
import { compileVolume, type VolumePolicy } from '../player/plan/volume.ts'
import type { Clock } from '../player/ports/clock.ts'
import type { ReadyMedia } from '../player/ports/media.ts'
import type { Output, OutputListener } from '../player/ports/output.ts'
import type { HiredAmplifier } from './amplifier/amplifiers.ts'
import { amplifierPolicy } from './amplifier/policy.ts'
import { tellAmplifier } from './amplifier/tell.ts'
import type { AlarmCode } from './alarms.ts'
import { createClockFloor } from './clock-floor.ts'
import { createFlooredClock } from './floored-clock.ts'
import { guardStore } from './guarded-store.ts'
import type { AlertSettings } from './alerting.ts'
import { stateMessage } from './heartbeat.ts'
import type { LoudnessPolicy } from './levelling.ts'
import { localTimeFormatter } from './local-time.ts'
import { createAgent, type Agent } from './loop.ts'
import type { AmplifierListener } from './ports/amplifier.ts'
import type { Ear, EarEvent } from './ports/hearing.ts'
import type { HttpGet } from './ports/http.ts'
import type { MediaStore } from './ports/media-store.ts'
import { DOWNLINK_BYTES_MAX } from './protocol/downlink.ts'
import { deviceSubscriptions, upTopic } from './protocol/topics.ts'
import { keepSirens } from './siren.ts'
import { agentStatus } from './status.ts'
import { tellSchedule, tellWhy } from './tell-schedule.ts'
import { createVerify } from './verify.ts'
import { VERSION } from './version.ts'

/** EX_CONFIG of sysexits.h: the service manager is told not to try again before someone has mended the file. */
const EXIT_SETTINGS = 78

/** A broker keeps what it has for this box for a day: longer than a storm, shorter than a stolen box is of use. */
const SESSION_EXPIRY_SECONDS = 86_400

type Opened = {
  clock: Clock
  listener: OutputListener
  hear: (event: EarEvent) => void
  /** What was opened beside outputs, to be closed after them. */
  closers: (() => Promise<void>)[]
  log: Logger
  runtimeFolder: string
}

/** A box without a capture source never loads what listens. */
const openSound = async (
  { name, device, latencyMs, gainDb, channels, rateHz, capture }: SoundOutputSettings,
  { clock, listener, log, hear, closers }: Opened,
): Promise<() => Output> => {
  const { openSoundOutput } = await import('../drivers/audio/output.ts')
  const common = { id: name, device, latencyMs, gainDb, channels, rateHz, clock, listener, log }
  if (capture === undefined) return () => openSoundOutput(common)
  const { openEar } = await import('../drivers/capture/ear.ts')
  return () => {
    const ear = openEar({
      ...{ output: name, device: capture.device, gainDb: capture.gainDb ?? null },
      ...{ clock, listener: hear },
    })
    closers.push(ear.close)
    return openSoundOutput({ ...common, onReference: ear.reference })
  }
}

const earsOf = ({ outputs }: Settings): Ear[] =>
  outputs.flatMap((output) => {
    if (output.medium !== 'sound' || output.capture === undefined) return []
    const { gainDb, toleranceDb } = output.capture
    return [{ output: output.name, toleranceDb: gainDb === undefined ? null : toleranceDb }]
  })

const openPicture = async (
  { name, videoOutput, display, width, height }: PictureOutputSettings,
  { clock, listener, log, runtimeFolder }: Opened,
): Promise<() => Output> => {
  const { openPictureOutput } = await import('../drivers/display/output.ts')
  const place = display === undefined ? {} : { display }
  const folder = join(runtimeFolder, name)
  return () =>
    openPictureOutput({ id: name, videoOutput, ...place, width, height, runtimeFolder: folder, clock, listener, log })
}

/** A box with no screen never loads what drives one. */
const openerOf = (output: Settings['outputs'][number], opened: Opened): Promise<() => Output> =>
  output.medium === 'sound' ? openSound(output, opened) : openPicture(output, opened)

const levelOf = (output: Settings['outputs'][number]): number => (output.medium === 'sound' ? output.gainDb : 0)

/** A box that switches nothing never loads what speaks Modbus. */
const openAmplifiersOf = async (
  { amplifiers, outputs }: Settings,
  { clock, listener }: { clock: Clock; listener: AmplifierListener },
): Promise<HiredAmplifier[]> => {
  if (amplifiers.length === 0) return []
  const { openAmplifiers } = await import('../drivers/amplifier/amplifier.ts')
  const sound = outputs.filter(({ medium }) => medium === 'sound').map(({ name }) => name)
  const opened = openAmplifiers({ settings: amplifiers, clock, listener })
  return opened.flatMap((amplifier, index) => {
    const settings = amplifiers[index]
    return settings === undefined ? [] : [{ amplifier, policy: amplifierPolicy(settings, sound) }]
  })
}

type MixerFault = { code: 'mixer'; subject: string; detail: string | null }

/** The controls of the cards that the settings name, by output. */
const openMixers = ({ outputs }: Settings, clock: Clock, tell: (fault: MixerFault) => void): Map<string, Mixer> => {
  const mixers = new Map<string, Mixer>()
  for (const output of outputs) {
    if (output.medium !== 'sound' || output.mixer === undefined) continue
    const { name: subject } = output
    const { control, device, levelDb, levelPercent } = output.mixer
    const level =
      levelDb === undefined
        ? { kind: 'percent' as const, levelPercent: levelPercent ?? 100 }
        : { kind: 'db' as const, levelDb }
    const events = {
      fault: (detail: string) => tell({ code: 'mixer', subject, detail }),
      well: () => tell({ code: 'mixer', subject, detail: null }),
    }
    mixers.set(subject, openMixer({ device, control, level, clock, events }))
  }
  return mixers
}

const volumePolicy = ({ volume, timeZone, outputs }: Settings): VolumePolicy => {
  const own = outputs.flatMap((output) =>
    output.medium === 'sound' && output.levelsDb !== undefined ? [[output.name, output.levelsDb] as const] : [],
  )
  return compileVolume(volume.rules, timeZone, volume.levelsDb, new Map(own))
}

const loudnessPolicy = ({ loudness }: Settings): LoudnessPolicy | null => {
  if (!loudness.enabled) return null
  const { targetLufs: programme, alertLufs, liveLufs, relayLufs, jingleLufs, fillerLufs, maxGainDb } = loudness
  return {
    targetLufs: {
      programme,
      alert: alertLufs ?? programme,
      live: liveLufs ?? programme,
      relay: relayLufs ?? programme,
      jingle: jingleLufs ?? programme,
      filler: fillerLufs ?? programme,
    },
    maxGainDb,
  }
}

/** A board that belongs to nobody but the commune never loads what looks for an owner's files. */
const openOwnerOf = async ({ owner, state }: Settings, clock: Clock, log: Logger, agent: Agent) => {
  if (owner === undefined) return null
  const { openOwner } = await import('../drivers/owner/owner.ts')
  return openOwner({
    folders: owner.folders,
    playlist: owner.playlist ?? null,
    stateFolder: state.folder,
    clock,
    log,
    listener: (content) => agent.post({ kind: 'owner-content', content }),
  })
}

const ownerOf = ({ owner }: Settings): Parameters<typeof createAgent>[0]['owner'] =>
  owner === undefined ? null : { name: owner.name, stillMs: owner.stillSeconds * 1000, outputs: owner.outputs ?? null }

const pem = (file: string | undefined): Buffer | undefined => (file === undefined ? undefined : readFileSync(file))

const brokerOptions = (
  { device, area, groups, broker }: Settings,
  agent: Agent,
  clock: Clock,
  log: Logger,
): Parameters<typeof openBroker>[0] => ({
  url: broker.url,
  ca: pem(broker.ca),
  certificate: pem(broker.certificate),
  key: pem(broker.key),
  clientId: device,
  keepaliveSeconds: broker.keepaliveSeconds,
  subscriptions: deviceSubscriptions({ device, area, groups }),
  payloadBytesMax: DOWNLINK_BYTES_MAX,
  will: (connection) => ({
    topic: upTopic('state', device, area),
    payload: JSON.stringify({ ...stateMessage(agent.world, 'will'), connection }),
  }),
  clock,
  chance: Math.random,
  log,
  listener: (event) => agent.post({ kind: 'broker', event }),
  sessionExpirySeconds: SESSION_EXPIRY_SECONDS,
})

const alertSettings = ({ alerts, position, languages }: Settings): AlertSettings => ({
  statuses: alerts.statuses,
  geocodes: alerts.geocodes,
  position: position ?? null,
  languages,
  senders: new Map(alerts.sources.map(({ folder, feed, senders }) => [folder ?? feed ?? '', senders])),
})

type Fault = { subject: string; detail: string | null }

/** A slip in the commune's words is told; the words that are right are spoken. */
const openSpeechOf = ({ speech }: Settings, clock: Clock, tell: (fault: Fault) => void) => {
  const { words, faults } = readSpokenWords(speech.words)
  const [first] = faults
  if (first !== undefined) {
    const where = first.line === null ? '' : `, line ${first.line}`
    const detail = `${speech.words ?? ''}${where}: ${first.reason}; ${faults.length} in all: loa config check names them`
    tell({ subject: 'words', detail })
  }
  const subject = speech.command === undefined ? 'http' : 'command'
  const onFault = (detail: string | null) => tell({ subject, detail })
  return openVoice(speech, { words, elapsed: () => clock.elapsed(), onFault, path: process.env['PATH'] ?? '' })
}

/** What makes the sounds of alerts that no manifest has. */
const openAlertSound = async (store: MediaStore, media: ReadyMedia, get: HttpGet) => ({
  resources: openResources({ get, store, media }),
  sirens: await keepSirens(store),
})

/** What is found there goes through the inbox like everything else. */
const watchAlerts = ({ alerts }: Settings, agent: Agent, { clock, get }: { clock: Clock; get: HttpGet }) =>
  openAlertSources({
    sources: alerts.sources,
    clock,
    chance: Math.random,
    get,
    events: {
      found: (found) => agent.post({ kind: 'alert-found', found }),
      fault: (subject, detail) => {
        const about = { code: 'alert-source', subject } as const
        agent.post(detail === null ? { kind: 'mended', ...about } : { kind: 'fault', ...about, detail })
      },
    },
  })

const tellSpeech = (agent: Agent, { subject, detail }: Fault) => {
  const about = { code: 'speech-engine', subject } as const
  agent.post(detail === null ? { kind: 'mended', ...about } : { kind: 'fault', ...about, detail })
}

const runWith = async (settings: Settings, log: Logger): Promise<string> => {
  const { device, area, groups } = settings
  const runtimeFolder = dirname(settings.control.socket)
  for (const folder of [settings.state.folder, runtimeFolder]) mkdirSync(folder, { recursive: true, mode: 0o750 })
  const systemClock = openClock({ source: settings.clock.source })
  const formatLocal = localTimeFormatter(settings.timeZone)
  const state = openStateStore({ file: join(settings.state.folder, 'state.db'), device, formatLocal })
  const floor = createClockFloor({ store: guardStore(state.store), elapsed: systemClock.elapsed })
  const clock = createFlooredClock(systemClock, floor)
  const watchdog = openWatchdog({ env: process.env, clock, pid: process.pid, log })
  let agent: Agent | null = null
  const media = await openMediaStore({
    file: join(settings.state.folder, 'media.db'),
    quotaBytes: settings.media.quotaBytes,
    fileBytesMax: settings.media.fileBytesMax,
    onFault: (error) => agent?.post({ kind: 'fault', code: 'store-failed', subject: 'media', detail: error.message }),
  })
  let owner: Awaited<ReturnType<typeof openOwnerOf>> = null
  const local = { get: (sha256: string) => owner?.get(sha256) ?? null }
  const server = await openMediaServer({ store: media.store, local, log })
  const tell = ({ detail, ...about }: { code: AlarmCode; subject: string; detail: string | null }) =>
    agent?.post(detail === null ? { kind: 'mended', ...about } : { kind: 'fault', ...about, detail })
  let mixers: ReadonlyMap<string, Mixer> = new Map()
  const listener: OutputListener = (event) => {
    agent?.post({ kind: 'output', event })
    if (event.kind === 'started') mixers.get(event.output)?.soundBegins()
  }
  const hear = (event: EarEvent) => agent?.post({ kind: 'ear', event })
  const closers: Opened['closers'] = []
  const userAgent = `loa/${VERSION}`
  const get = httpGet({ userAgent })
  const alertSound = openAlertSound(media.store, server, get)
  const amplifiers = await openAmplifiersOf(settings, {
    clock,
    listener: (event) => agent?.post({ kind: 'amplifier', event }),
  })
  const speechFaults: Fault[] = []
  const speech = await openSpeechOf(settings, clock, (fault) => {
    if (agent === null) speechFaults.push(fault)
    else tellSpeech(agent, fault)
  })
  const openers = await Promise.all(
    settings.outputs.map((output) => openerOf(output, { clock, listener, hear, closers, log, runtimeFolder })),
  )
  agent = createAgent({
    identity: { device, area, groups, bootId: randomUUID(), version: VERSION },
    timeZone: settings.timeZone,
    heartbeatMs: settings.heartbeat.seconds * 1000,
    clock,
    floor,
    chance: Math.random,
    newId: randomUUID,
    verify: createVerify(settings.trust.root),
    store: state.store,
    mediaStore: media.store,
    readyMedia: server,
    downloader: httpDownloader({ userAgent }),
    ...(await alertSound),
    meter: openMeter(),
    loudness: loudnessPolicy(settings),
    speech,
    outputs: openers.map((open) => open()),
    amplifiers,
    ears: earsOf(settings),
    volume: volumePolicy(settings),
    fadeMs: settings.volume.fadeSeconds * 1000,
    levels: new Map(settings.outputs.map((output) => [output.name, levelOf(output)])),
    owner: ownerOf(settings),
    alertPolicy: alertSettings(settings),
    vitals: openVitals({ stateFolder: settings.state.folder }),
    watchdog,
    log,
  })
  const running = agent
  mixers = openMixers(settings, clock, tell)
  for (const fault of speechFaults) tellSpeech(running, fault)
  for (const [subject, repaired] of [
    ['state', state.repaired],
    ['media', media.repaired],
  ] as const)
    if (repaired !== null) running.post({ kind: 'fault', code: 'store-repaired', subject, detail: repaired })
  await running.boot()
  owner = await openOwnerOf(settings, clock, log, running)
  const broker = openBroker(brokerOptions(settings, running, clock, log))
  const alertSources = watchAlerts(settings, running, { clock, get })
  const startedAt = clock.wall()
  const control = await openControl({
    socketPath: settings.control.socket,
    status: () =>
      agentStatus(running.world, {
        ...{ broker: broker.state(), startedAt },
        mixerOf: (output) => mixers.get(output)?.standing() ?? null,
      }),
    questions: {
      '/schedule': (query) => tellSchedule(running.world, query),
      '/why': (query) => tellWhy(running.world, query),
      '/amplifier': (query) =>
        tellAmplifier({ amplifiers: running.world.amplifiers, changed: () => running.post({ kind: 'wake' }) }, query),
    },
    message: (token) =>
      new Promise((answer) => {
        running.post({ kind: 'local', message: { token, answer } })
      }),
    log,
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => running.post({ kind: 'stop', reason: signal }))

  const reason = await running.run(broker)
  for (const mixer of mixers.values()) await mixer.close()
  for (const close of closers) await close()
  await alertSources.close()
  await control.close()
  const farewell = {
    topic: upTopic('state', device, area),
    payload: JSON.stringify(stateMessage(running.world, 'shutdown')),
  }
  await broker.close(farewell)
  await owner?.close()
  await server.close()
  await media.store.close()
  state.store.close()
  systemClock.close()
  return reason
}

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: { settings: { type: 'string', default: SETTINGS_FILE } } })
  const loaded = loadSettings(values.settings)
  if (loaded.kind === 'wrong') {
    const words = wordsOf(loaded.language ?? localeLanguage(process.env))
    process.stderr.write(checkPage(loaded, values.settings, words, { columns: 100, colour: false }))
    return EXIT_SETTINGS
  }
  const { settings } = loaded
  const log = pino({
    level: settings.log.level,
    base: { device: settings.device },
    timestamp: pino.stdTimeFunctions.isoTime,
  })
  log.info({ version: VERSION, node: process.version }, 'starting')
  const reason = await runWith(settings, log)
  log.info({ reason }, 'ended')
  return 0
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    // A broken invariant ends the process; the service manager starts it anew with what the stores hold.
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exit(1)
  },
)
