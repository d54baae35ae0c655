/** Airings that never were: each is a record too, with the reason, since a log that leaves out what was not heard is no log. */
import type { Missed } from '../player/plan/evolve.ts'
import { silencedBy } from '../player/plan/candidates.ts'
import type { PlanState } from '../player/plan/slot.ts'
import type { WallMs } from '../player/plan/time.ts'
import { trackOf } from '../player/plan/track.ts'
import type { ClockTrust } from '../player/ports/clock.ts'
import type { GuardedStore } from './guarded-store.ts'
import type { OpenAsRun } from './ports/state-store.ts'

/** After a long time without power, no more than this are told one by one. */
export const MISSED_MAX = 1_000

/** What the box knows of the time in which it did not play. */
export type Whereabouts = {
  bootedAt: WallMs
  /** Since when the clock has been believed; null: it is not. */
  trustedSince: WallMs | null
  /** The last time that the clock was set by more than a moment. */
  lastStep: { from: WallMs; to: WallMs } | null
  isReady: (output: string) => boolean
}

const REASONS = {
  'power-off': 'the box was off',
  'clock-unsynced': 'the clock could not be believed',
  'clock-set': 'the clock was set over it',
  'quiet-hours': 'nothing may sound at this hour',
  muted: 'the output was muted by an order',
  'media-missing': 'its files were not here',
  'output-absent': 'the output was not there',
  'too-late': 'the box came up in its middle, and it does not join late',
  displaced: 'something higher was on, and it does not wait',
  waited: 'something higher was on for too long',
} as const
export type MissedReason = keyof typeof REASONS

export const reasonOf = ({ occurrence, output, because }: Missed, state: PlanState, at: Whereabouts): MissedReason => {
  if (because !== 'never-begun') return because
  const { start, endsAt, programme } = occurrence
  if (endsAt <= at.bootedAt) return 'power-off'
  if (at.lastStep !== null && start >= at.lastStep.from && start < at.lastStep.to) {
    return at.trustedSince !== null && at.trustedSince < at.lastStep.to ? 'clock-set' : 'clock-unsynced'
  }
  if (at.trustedSince === null || start < at.trustedSince) return 'clock-unsynced'
  const silenced = silencedBy(state, output, programme.priority, start)
  if (silenced !== null) return silenced
  const { entries } = trackOf(programme, output.medium, start)
  if (!entries.some(({ item }) => state.playable(item, ''))) return 'media-missing'
  return at.isReady(output.id) ? 'too-late' : 'output-absent'
}

type Needs = {
  device: string
  trust: ClockTrust
  formatLocal: (at: WallMs) => string
  newId: () => string
}

const openedMissed = ({ occurrence, output }: Missed, needs: Needs): OpenAsRun => {
  const { schedule, programme, start, occurrenceId } = occurrence
  const [first] = trackOf(programme, output.medium, start).entries
  const recordId = needs.newId()
  return {
    recordId,
    actualStart: null,
    heardMs: 0,
    opened: {
      recordId,
      device: needs.device,
      output: output.id,
      programmeId: programme.programmeId,
      title: programme.title,
      occurrenceId,
      issuer: schedule.origin.issuer,
      priority: programme.priority,
      itemIndex: first?.index ?? 0,
      contentKind: first?.item.content.kind ?? 'sound',
      mediaHashes: [],
      plannedStart: needs.formatLocal(start),
      offsetMs: 0,
      trigger: { kind: 'schedule', sourceId: schedule.origin.sourceId, revision: schedule.revision },
      gainDb: programme.gainDb,
      clockTrust: needs.trust,
      confirmedBy: output.medium === 'sound' ? 'card' : 'display',
    },
  }
}

/** Writes the record of an airing that was not. */
export const recordMissed = (
  store: Pick<GuardedStore, 'openAsRun' | 'closeAsRun'>,
  missed: Missed,
  reason: MissedReason,
  needs: Needs,
) => {
  const row = openedMissed(missed, needs)
  store.openAsRun(row)
  store.closeAsRun(row.recordId, { ended: 'missed', endedDetail: `${reason}: ${REASONS[reason]}`, heardMs: 0 })
}
