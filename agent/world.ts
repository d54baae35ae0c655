/** The parts of one agent, put together once. Plain data and parts; what is done with them stands in the other files. */
import type { Logger } from 'pino'
import type { OutputSpec, Plan } from '../player/plan/slot.ts'
import type { WallMs } from '../player/plan/time.ts'
import type { Turns } from '../player/plan/turns.ts'
import type { VolumePolicy } from '../player/plan/volume.ts'
import { createStage, type Play, type Stage } from '../player/play/stage.ts'
import type { Clock } from '../player/ports/clock.ts'
import type { ReadyMedia, SpokenFile } from '../player/ports/media.ts'
import type { Output, OutputEvent } from '../player/ports/output.ts'
import { createAcknowledge, type Acknowledge } from './acknowledge.ts'
import { createAlertSounds, type AlertSounds } from './alert-sounds.ts'
import { createAmplifiers, type Amplifiers, type HiredAmplifier } from './amplifier/amplifiers.ts'
import { createAlarms, type AlarmCode, type Alarms } from './alarms.ts'
import { openCalendar, type Calendar } from './calendar.ts'
import type { ClockFloor } from './clock-floor.ts'
import { createFetching, type FetchEvent, type Fetching } from './fetching.ts'
import { guardStore, type GuardedStore } from './guarded-store.ts'
import type { LoudnessPolicy } from './levelling.ts'
import { createHearing, type Hearing } from './hearing.ts'
import { createLevels, type Levels } from './levels.ts'
import { localTimeFormatter } from './local-time.ts'
import { createMeasuring, type MeasureEvent, type Measuring } from './measuring.ts'
import { createOrders, type Orders } from './orders.ts'
import { createAlerting, type Alerting, type AlertSettings } from './alerting.ts'
import type { LocalMessage } from './local.ts'
import type { FoundAlert, Resources, Speech } from './ports/alert-sound.ts'
import type { AmplifierEvent } from './ports/amplifier.ts'
import type { BrokerEvent } from './ports/broker.ts'
import type { Ear, EarEvent } from './ports/hearing.ts'
import type { Downloader } from './ports/download.ts'
import type { LoudnessMeter } from './ports/loudness.ts'
import type { MediaStore } from './ports/media-store.ts'
import type { AiringRow, StateStore } from './ports/state-store.ts'
import type { Vitals, VitalsSource } from './ports/vitals.ts'
import type { Watchdog } from './ports/watchdog.ts'
import { createOwner, type Owner, type OwnerSettings } from './owner.ts'
import { createOwnerRecords, type OwnerRecords } from './owner-records.ts'
import type { OwnerContent } from './ports/owner.ts'
import { createReceive, dayAround, layOut, type Receive } from './receive.ts'
import { createRecords, type Records } from './records.ts'
import type { ReporterEvent } from './reporter.ts'
import { createTiming, type Timing } from './timing.ts'
import { createSpokenItems, type SpokenItems, type SpokenItemsEvent } from './spoken-items.ts'
import { createSlowLane, type SlowEvent, type SlowLane } from './slow-lane.ts'
import type { Sirens } from './siren.ts'
import type { Verify } from './verify.ts'

export type AgentEvent =
  | { kind: 'broker'; event: BrokerEvent }
  | { kind: 'local'; message: LocalMessage }
  | { kind: 'output'; event: OutputEvent }
  | { kind: 'amplifier'; event: AmplifierEvent }
  | { kind: 'ear'; event: EarEvent }
  | { kind: 'wake' }
  | { kind: 'heartbeat'; vitals: Vitals }
  | { kind: 'fetch'; event: FetchEvent }
  | { kind: 'measure'; event: MeasureEvent }
  | { kind: 'report'; event: ReporterEvent }
  | { kind: 'owner-content'; content: OwnerContent }
  | { kind: 'slow'; event: SlowEvent }
  /** A part that failed by itself and has no output to tell of it. */
  | { kind: 'fault'; code: AlarmCode; subject: string; detail: string }
  /** What such a fault was about is well again. */
  | { kind: 'mended'; code: AlarmCode; subject: string }
  /** More of the sounds of an alert is ready; see `AlertSounds`. */
  | { kind: 'alert-sounds'; key: string }
  /** A text of a programme or an order is spoken. */
  | Extract<SpokenItemsEvent, { kind: 'spoken-item' }>
  /** In a folder or a feed. */
  | { kind: 'alert-found'; found: FoundAlert }
  | { kind: 'stop'; reason: string }

export type Identity = { device: string; area: string; groups: readonly string[]; bootId: string; version: string }

export type AgentNeeds = {
  identity: Identity
  timeZone: string
  heartbeatMs: number
  /** Floored: see floored-clock.ts. The outputs go by the same one. */
  clock: Clock
  floor: ClockFloor
  chance: () => number
  newId: () => string
  verify: Verify
  store: StateStore
  mediaStore: MediaStore
  readyMedia: ReadyMedia
  downloader: Downloader
  speech: Speech
  resources: Resources
  sirens: Sirens
  meter: LoudnessMeter
  /** How loud what is heard shall be; null: as it was recorded, and nothing is measured. */
  loudness: LoudnessPolicy | null
  outputs: readonly Output[]
  amplifiers: readonly HiredAmplifier[]
  /** Capture sources beside outputs. */
  ears: readonly Ear[]
  /** Level of each output by the settings, in dB. */
  levels: ReadonlyMap<string, number>
  /** Null: the board belongs to nobody but the commune. */
  owner: OwnerSettings | null
  alertPolicy: AlertSettings
  /** Quiet hours and ceilings. */
  volume: VolumePolicy
  /** How long a level takes to change while something plays. */
  fadeMs: number
  vitals: VitalsSource
  watchdog: Watchdog
  log: Logger
}

export type World = Omit<AgentNeeds, 'store' | 'owner' | 'amplifiers'> & {
  store: GuardedStore
  alerting: Alerting
  specs: readonly OutputSpec[]
  stage: Stage
  orders: Orders
  records: Records
  owner: Owner
  ownerRecords: OwnerRecords
  alarms: Alarms
  amplifiers: Amplifiers
  hearing: Hearing
  timing: Timing
  acknowledge: Acknowledge
  level: Levels
  fetching: Fetching
  measuring: Measuring
  alertSounds: AlertSounds
  spokenItems: SpokenItems
  spokenFile: SpokenFile
  receive: Receive
  lane: SlowLane
  formatLocal: (at: WallMs) => string
  post: (event: AgentEvent) => void
  /** Done at the end of the turn, once the outputs had their orders: an answer may wait for the disk, an alert may not. */
  afterwards: (() => void)[]
  /** The only parts that change as a whole, and only in the loop. */
  latestPlan: Plan
  connection: number
  /** What was on the air when the box went off, until its schedules are taken up again. */
  airingsBefore: readonly AiringRow[]
  turns: ReadonlyMap<string, Turns>
  /** How fast the next decision lets levels follow, when somebody has just set one; null: the fade of the hours. */
  levelRampMs: number | null
  calendar: Calendar
  bootedAt: WallMs
}

/** What was said to the end of its item, but not to the end of its text. */
const speechCut = ({ slot, offsetMs, lengthMs }: Play, spokenItems: SpokenItems): string | null => {
  const { content } = slot.item
  const sound = content.kind === 'speech' ? spokenItems.soundOf(content) : null
  if (sound === null || offsetMs + lengthMs >= sound.durationMs) return null
  return `cut at its declared end: it takes ${sound.durationMs} ms to say, ${slot.item.durationMs} ms are declared`
}

export const createWorld = (needs: AgentNeeds, post: (event: AgentEvent) => void): World => {
  const { identity, clock, floor, newId } = needs
  const store = guardStore(needs.store)
  const { device, area, groups } = identity
  const now = () => clock.wall()
  const trust = () => clock.trust()
  /** Evicts what nothing needs, if there is more in the store than it should hold. */
  const trim = () => {
    const { now, scheduled } = orders.needed()
    needs.mediaStore.evict(new Set([...now, ...scheduled, ...kept()]), 0)
  }
  const kept = () => [...alertSounds.kept(), ...spokenItems.kept()]
  const spokenItems = createSpokenItems({
    speech: needs.speech,
    mediaStore: needs.mediaStore,
    language: needs.alertPolicy.languages[0] ?? 'vi',
    elapsed: () => clock.elapsed(),
    post,
    trim,
  })
  const spokenFile: SpokenFile = (content) => spokenItems.soundOf(content)?.sha256 ?? null
  const stage = createStage(needs.outputs, needs.readyMedia, clock, spokenFile)
  const formatLocal = localTimeFormatter(needs.timeZone)
  const ownerRecords = createOwnerRecords({ store, newId, now, formatLocal })
  const alertSounds = createAlertSounds({
    ...needs,
    trim,
    post,
  })
  const alerting = createAlerting({
    identity,
    settings: needs.alertPolicy,
    sounds: alertSounds,
    clock,
    floor,
    store,
  })
  const orders = createOrders(
    () => ({ wall: now(), elapsed: clock.elapsed(), trust: trust(), floor: floor.at() }),
    alerting,
  )
  const acknowledge = createAcknowledge({ device, store, now, trust, elapsedMs: () => clock.elapsed() })
  const fetching = createFetching({
    store: needs.mediaStore,
    alsoKeep: kept,
    downloader: needs.downloader,
    clock,
    chance: needs.chance,
    post: (event) => post({ kind: 'fetch', event }),
  })
  const owner = createOwner(needs.owner, area)
  const measuring = createMeasuring({
    isOn: needs.loudness !== null,
    store: needs.mediaStore,
    media: needs.readyMedia,
    meter: needs.meter,
    except: () => new Set([...needs.sirens.values()].map(({ sha256 }) => sha256)),
    others: () => owner.sounds(),
    clock,
    log: needs.log,
    post: (event) => post({ kind: 'measure', event }),
  })
  const alarms = createAlarms({ device, store, now, trust, newId })
  const hearing = createHearing(needs.ears, alarms)
  const listener = { device, area, groups }
  const specs = needs.outputs.map(({ id, medium }) => ({ id, medium }))
  const judged = { verify: needs.verify, listener, clock, floor, store, orders }
  const receive = createReceive({ ...judged, acknowledge, outputs: specs })
  return {
    ...needs,
    store,
    specs,
    stage,
    alerting,
    orders,
    records: createRecords(store, ownerRecords, { hearing, clock, wake: () => post({ kind: 'wake' }) }, (play) =>
      speechCut(play, spokenItems),
    ),
    owner,
    ownerRecords,
    alarms,
    hearing,
    timing: createTiming(),
    amplifiers: createAmplifiers({ hired: needs.amplifiers, clock, alarms, log: needs.log }),
    acknowledge,
    level: createLevels({ store, configured: needs.levels }),
    fetching,
    measuring,
    receive,
    lane: createSlowLane({
      receive,
      recallNeeds: judged,
      lookAhead: async (pause) => {
        for (const { compiled } of orders.current()) await layOut(compiled, dayAround(now()), pause)
      },
      post: (event) => post({ kind: 'slow', event }),
    }),
    alertSounds,
    spokenItems,
    spokenFile,
    formatLocal,
    post,
    afterwards: [],
    latestPlan: { outputs: [], askAgainAt: now() },
    connection: 0,
    airingsBefore: [],
    turns: new Map(),
    levelRampMs: null,
    calendar: openCalendar(clock, floor.believedBefore()),
    bootedAt: now(),
  }
}
