/** The as-run log: opened before the first sample, closed by what the output confirmed. */
import { afterInterruption, airingKey, type Airing, type Airings } from '../player/plan/airings.ts'
import { addMs, type WallMs } from '../player/plan/time.ts'
import type { Item } from '../player/plan/schedule.ts'
import type { Play, StageChange } from '../player/play/stage.ts'
import type { Clock, ClockTrust } from '../player/ports/clock.ts'
import type { SpokenFile } from '../player/ports/media.ts'
import type { GuardedStore } from './guarded-store.ts'
import type { Hearing } from './hearing.ts'
import type { OwnerRecords } from './owner-records.ts'
import type { AiringRow, AsRunEnd, OpenAsRun } from './ports/state-store.ts'
import { heardUpTo, hearSource, NOTHING_HEARD, type RelayHeard } from './relay-heard.ts'
import { createTurnedDown } from './turned-down.ts'

/** The position of what plays is written this often, and not oftener: every write wears the card out. */
const NOTE_HEARD_MS = 10_000

/** The last second of a play, the longest way to a microphone, and the time to compare them. */
const HOLD_MS = 4_000

/** An airing is remembered this long past its planned end: a clock that is set back by a day must play nothing twice. */
const AIRING_KEPT_MS = 72 * 3_600_000

export type OpenedNeeds = {
  device: string
  trust: ClockTrust
  formatLocal: (at: WallMs) => string
  medium: 'sound' | 'picture'
  /** Of a text that was spoken. */
  spokenFile: SpokenFile
  /** The record of what it is spoken over; null: of nothing. */
  below: string | null
}

const hashesOf = ({ content }: Item, spokenFile: SpokenFile): string[] => {
  const sha256 = content.kind === 'speech' ? spokenFile(content) : 'sha256' in content ? content.sha256 : null
  return sha256 === null ? [] : [sha256]
}

export const openedRecord = (
  play: Play,
  { device, trust, formatLocal, medium, spokenFile, below }: OpenedNeeds,
): OpenAsRun => {
  const { slot } = play
  const { content } = slot.item
  return {
    recordId: play.playId,
    actualStart: null,
    heardMs: 0,
    opened: {
      recordId: play.playId,
      device,
      output: slot.output,
      programmeId: slot.programmeId,
      title: slot.title,
      occurrenceId: slot.occurrenceId,
      issuer: slot.origin.issuer,
      priority: slot.priority,
      itemIndex: slot.itemIndex,
      contentKind: content.kind,
      mediaHashes: hashesOf(slot.item, spokenFile),
      plannedStart: formatLocal(slot.plannedStart),
      offsetMs: Math.round(play.offsetMs),
      trigger: { kind: slot.trigger, sourceId: slot.origin.sourceId, revision: slot.revision },
      gainDb: slot.gainDb,
      // One record tells of all the owner's files of a run; what one of them needed says nothing of the others.
      ...(play.levellingDb === null || slot.trigger === 'owner' ? {} : { levellingDb: play.levellingDb }),
      ...(slot.over === null ? {} : { over: { ...slot.over, recordId: below } }),
      ...(slot.clamp === null ? {} : { clamp: slot.clamp }),
      ...(slot.item.part === undefined ? {} : { part: slot.item.part }),
      clockTrust: trust,
      confirmedBy: medium === 'sound' ? 'card' : 'display',
    },
  }
}

/** What is remembered of the occurrence after its play has ended; null: nothing changes. */
export const airingAfter = (change: Extract<StageChange, { kind: 'ended' }>): Airing | null => {
  const { slot } = change.play
  if (slot.trigger !== 'schedule' || change.ended !== 'pre-empted') return null
  return afterInterruption(slot, slot.whenInterrupted, change.reachedMs)
}

export type Records = {
  open: (row: OpenAsRun) => void
  apply: (change: StageChange) => void
  /** At boot: what was remembered before. */
  recall: (rows: readonly AiringRow[]) => void
  airings: () => Airings
  /** What time alone has changed; `plannedEnd` of each occurrence says how long it is remembered. */
  note: (airing: Airing, plannedEnd: WallMs) => void
  /** The calendar was set by so much: what is on the air goes on as it was, unless it is tied to the hour. */
  shift: (ms: number, isTied: (occurrenceId: string) => boolean) => void
  /** Closes the records whose last seconds have been listened to; at the end, all of them. */
  settle: (isEnd: boolean) => void
  /** Forgets what is too long past to be asked for. */
  prune: (now: WallMs) => void
}

/** What is remembered of airings, the open ones at hand. */
const createMemory = (store: Pick<GuardedStore, 'putAiring'>) => {
  const all = new Map<string, AiringRow>()
  const open = new Map<string, Map<string, Airing>>()

  const put = (row: AiringRow) => {
    const key = airingKey(row.occurrenceId, row.output)
    all.set(key, row)
    const ofOutput = open.get(row.output) ?? new Map<string, Airing>()
    open.set(row.output, ofOutput)
    if (row.state === 'done') ofOutput.delete(key)
    else ofOutput.set(key, row)
  }
  const of = (occurrenceId: string, output: string) => all.get(airingKey(occurrenceId, output))
  return {
    put,
    remember: (airing: Airing, plannedEnd: WallMs) => {
      const known = of(airing.occurrenceId, airing.output)
      const isSame =
        known?.state === airing.state &&
        known.effectiveStart === airing.effectiveStart &&
        known.heardMs === airing.heardMs
      if (isSame) return
      const { occurrenceId, output, effectiveStart, heardMs, state } = airing
      const row = { occurrenceId, output, effectiveStart, heardMs, state, until: addMs(plannedEnd, AIRING_KEPT_MS) }
      put(row)
      store.putAiring(row)
    },
    airings: (): Airings => ({ of, open: (output) => [...(open.get(output)?.values() ?? [])] }),
    running: () => [...all.values()].filter(({ state }) => state === 'running'),
    prune: (now: WallMs) => {
      for (const [key, { until, output }] of all) {
        if (until >= now) continue
        all.delete(key)
        open.get(output)?.delete(key)
      }
    },
  }
}

export type RecordsNeeds = {
  hearing: Hearing
  clock: Clock
  /** Has the loop come round. */
  wake: () => void
}

const hundredths = (ms: number): number => Math.round(ms * 100) / 100

/** What the owner of a board shows is written down in another way: see owner-records.ts. */
export const createRecords = (
  store: GuardedStore,
  owner: OwnerRecords,
  { hearing, clock, wake }: RecordsNeeds,
  /** Why something that was played to its planned end is not whole; null: it is. */
  cutOf: (play: Play) => string | null = () => null,
): Records => {
  const memory = createMemory(store)
  const notedMs = new Map<string, number>()
  const relays = new Map<string, RelayHeard>()
  const turnedDown = createTurnedDown()
  const held: { playId: string; end: AsRunEnd; dueMs: number }[] = []

  /** What the street hears of its last seconds is not known yet. */
  const hold = (playId: string, end: AsRunEnd) => {
    hearing.ended(playId, clock.wall())
    store.noteHeard(playId, end.heardMs)
    held.push({ playId, end, dueMs: clock.elapsed() + HOLD_MS })
    clock.after('record', HOLD_MS, wake)
  }
  const settle = (isEnd: boolean) => {
    while (held[0] !== undefined && (isEnd || clock.elapsed() >= held[0].dueMs)) {
      const { playId, end } = held[0]
      held.shift()
      const heard = hearing.take(playId)
      store.closeAsRun(playId, { ...end, ...(heard === undefined ? {} : { heard }) })
    }
  }

  const close = (change: Extract<StageChange, { kind: 'ended' }>) => {
    const { play, ended, detail, heardMs, started, timing } = change
    notedMs.delete(play.playId)
    const relay = relays.get(play.playId) ?? NOTHING_HEARD
    relays.delete(play.playId)
    const turned = turnedDown.ended(play, heardMs)
    // Called off before its first sample: it was never on air, so there is nothing to tell.
    if (!started && (ended === 'stopped' || ended === 'pre-empted')) {
      store.forgetAsRun(play.playId)
      return
    }
    const isStream = play.slot.item.content.kind === 'stream'
    const end: AsRunEnd = {
      ...{ ended, endedDetail: detail ?? (ended === 'finished' ? cutOf(play) : null), heardMs: Math.round(heardMs) },
      ...(turned.length === 0 ? {} : { turnedDown: turned }),
      ...(isStream ? { relay: heardUpTo(relay, heardMs) } : {}),
      ...(timing === null
        ? {}
        : { timing: { meanMs: hundredths(timing.meanMs), worstMs: hundredths(timing.worstMs) } }),
    }
    if (hearing.isListening(play.playId)) hold(play.playId, end)
    else store.closeAsRun(play.playId, end)
    const airing = airingAfter(change)
    if (airing !== null) memory.remember(airing, play.slot.endsAt)
  }

  return {
    airings: memory.airings,
    recall: (rows) => rows.forEach(memory.put),
    note: memory.remember,
    shift: (ms, isTied) => {
      for (const row of memory.running()) {
        if (isTied(row.occurrenceId)) continue
        const effectiveStart = addMs(row.effectiveStart, ms)
        memory.remember({ ...row, effectiveStart }, addMs(row.until, Math.max(0, ms) - AIRING_KEPT_MS))
      }
    },
    prune: memory.prune,
    settle,
    open: (row) => {
      if (!owner.open(row)) store.openAsRun(row)
    },
    apply: (change) => {
      if (change.kind !== 'health' && change.play.slot.trigger === 'owner') {
        owner.apply(change)
        return
      }
      switch (change.kind) {
        case 'started': {
          store.noteStarted(change.play.playId, change.at)
          const { slot } = change.play
          turnedDown.started(change.play, change.at)
          hearing.started(change.play.playId, slot.output, change.at)
          if (slot.trigger !== 'schedule') return
          const { occurrenceId, output, effectiveStart, endsAt } = slot
          memory.remember({ occurrenceId, output, effectiveStart, heardMs: 0, state: 'running' }, endsAt)
          return
        }
        case 'heard': {
          const last = notedMs.get(change.play.playId) ?? 0
          if (change.heardMs - last < NOTE_HEARD_MS) return
          notedMs.set(change.play.playId, change.heardMs)
          store.noteHeard(change.play.playId, Math.round(change.heardMs))
          return
        }
        case 'ended': {
          close(change)
          return
        }
        case 'source': {
          const { playId } = change.play
          relays.set(playId, hearSource(relays.get(playId) ?? NOTHING_HEARD, change.source, change.heardMs))
          return
        }
        case 'health':
          return
      }
    },
  }
}

/** What was on air when the power went is closed as such, at the last position that was written. Returns how many. */
export const closeWhatPowerCut = (store: GuardedStore): number => {
  const rows = store.openAsRuns()
  for (const { recordId, heardMs } of rows)
    store.closeAsRun(recordId, { ended: 'power-lost', endedDetail: 'found open at boot', heardMs: Math.round(heardMs) })
  return rows.length
}
