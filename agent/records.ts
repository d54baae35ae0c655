/** The as-run log: opened before the first sample, closed by what the output confirmed. */
import type { Airing } from '../player/plan/slot.ts'
import { airingKey } from '../player/plan/slot.ts'
import { addMs, type WallMs } from '../player/plan/time.ts'
import type { Play, StageChange } from '../player/play/stage.ts'
import type { ClockTrust } from '../player/ports/clock.ts'
import type { GuardedStore } from './guarded-store.ts'
import type { OwnerRecords } from './owner-records.ts'
import type { OpenAsRun } from './ports/state-store.ts'

/** The position of what plays is written this often, and not oftener: every write wears the card out. */
const NOTE_HEARD_MS = 10_000

/** An airing is remembered this long past its planned end, for those that may still go on. */
const AIRING_KEPT_MS = 24 * 3_600_000

export type OpenedNeeds = {
  device: string
  trust: ClockTrust
  formatLocal: (at: WallMs) => string
  medium: 'sound' | 'picture'
}

export const openedRecord = (play: Play, { device, trust, formatLocal, medium }: OpenedNeeds): OpenAsRun => {
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
      mediaHashes: 'sha256' in content ? [content.sha256] : [],
      plannedStart: formatLocal(slot.plannedStart),
      offsetMs: Math.round(play.offsetMs),
      trigger: { kind: slot.trigger, sourceId: slot.origin.sourceId, revision: slot.revision },
      gainDb: slot.gainDb,
      clockTrust: trust,
      confirmedBy: medium === 'sound' ? 'card' : 'display',
    },
  }
}

/** What is remembered of the occurrence after its play has ended; null: nothing changes. */
export const airingAfter = (change: Extract<StageChange, { kind: 'ended' }>): Airing | null => {
  const { slot } = change.play
  if (slot.trigger !== 'schedule' || change.ended !== 'pre-empted') return null
  const airing = { occurrenceId: slot.occurrenceId, output: slot.output, effectiveStart: slot.effectiveStart }
  switch (slot.whenInterrupted) {
    case 'resume':
      return { ...airing, heardMs: change.reachedMs, state: 'interrupted' }
    case 'restart':
      return { ...airing, heardMs: 0, state: 'interrupted' }
    case 'skip':
      return { ...airing, heardMs: change.reachedMs, state: 'done' }
    case 'rejoin':
      return null
  }
}

export type Records = {
  open: (row: OpenAsRun) => void
  apply: (change: StageChange) => void
  /** At boot: what was remembered before. */
  recall: (airings: readonly Airing[]) => void
  airings: () => ReadonlyMap<string, Airing>
}

/** What the owner of a board shows is written down in another way: see owner-records.ts. */
export const createRecords = (store: GuardedStore, owner: OwnerRecords): Records => {
  const airings = new Map<string, Airing>()
  const notedMs = new Map<string, number>()

  const remember = (airing: Airing, plannedEnd: WallMs) => {
    const key = airingKey(airing.occurrenceId, airing.output)
    const known = airings.get(key)
    if (
      known?.state === airing.state &&
      known.effectiveStart === airing.effectiveStart &&
      known.heardMs === airing.heardMs
    )
      return
    airings.set(key, airing)
    store.putAiring({ ...airing, until: addMs(plannedEnd, AIRING_KEPT_MS) })
  }

  const close = (change: Extract<StageChange, { kind: 'ended' }>) => {
    const { play, ended, detail, heardMs, started } = change
    notedMs.delete(play.playId)
    // Called off before its first sample: it was never on air, so there is nothing to tell.
    if (!started && (ended === 'stopped' || ended === 'pre-empted')) {
      store.forgetAsRun(play.playId)
      return
    }
    store.closeAsRun(play.playId, { ended, endedDetail: detail, heardMs: Math.round(heardMs) })
    const airing = airingAfter(change)
    if (airing !== null) remember(airing, play.slot.endsAt)
  }

  return {
    airings: () => airings,
    recall: (known) => {
      for (const airing of known) airings.set(airingKey(airing.occurrenceId, airing.output), airing)
    },
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
          if (slot.trigger !== 'schedule') return
          const { occurrenceId, output, effectiveStart, endsAt } = slot
          remember({ occurrenceId, output, effectiveStart, heardMs: 0, state: 'running' }, endsAt)
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
        case 'source':
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
