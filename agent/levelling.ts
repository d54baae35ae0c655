/**
 * How much louder or softer a file is played than it was recorded, so that all of one kind are heard equally loud. Pure.
 * A stream cannot be measured before it is heard; it is ridden to the same target while it plays.
 */
import type { Slot } from '../player/plan/slot.ts'
import type { Ride } from '../player/ports/output.ts'
import type { Loudness } from './ports/loudness.ts'

/**
 * What may have a target of its own. `alert`: spoken words and recordings of alerts. `relay`: another station. `jingle`: chimes
 * and the words by which a station names itself. `filler`: music between programmes. `programme`: everything else.
 */
export const LOUDNESS_KINDS = ['alert', 'live', 'relay', 'programme', 'jingle', 'filler'] as const
export type LoudnessKind = (typeof LOUDNESS_KINDS)[number]

export type LoudnessPolicy = { targetLufs: Readonly<Record<LoudnessKind, number>>; maxGainDb: number }

type Played = Pick<Slot, 'priority' | 'item'>

/** Null: as it is. The siren is made as loud as a card can be, and that is what it is for. */
export const loudnessKindOf = ({ priority, item: { content, part } }: Played): LoudnessKind | null => {
  if (part === 'siren') return null
  if (priority === 'alert') return 'alert'
  if (priority === 'live') return 'live'
  if (content.kind === 'stream') return 'relay'
  if (part === 'chime' || part === 'identity') return 'jingle'
  return priority === 'filler' ? 'filler' : 'programme'
}

/**
 * What is applied to a file; null: nothing is known of it, or it is no file that is heard. Of an alert nothing is taken away:
 * a recording that is too loud is no reason to be heard less far.
 */
export const levellingOf = (
  played: Played,
  loudness: Loudness | null,
  policy: LoudnessPolicy | null,
): number | null => {
  if (policy === null) return null
  const { targetLufs, maxGainDb } = policy
  const kind = loudnessKindOf(played)
  if (kind === null || loudness === null || played.item.content.kind !== 'sound') return null
  const missingDb = Math.min(maxGainDb, targetLufs[kind] - loudness.integratedLufs)
  const levellingDb = kind === 'alert' ? Math.max(0, missingDb) : missingDb
  return Math.round(levellingDb * 10) / 10
}

/** What a stream is ridden to; null: it is none. */
export const rideOf = (played: Played, policy: LoudnessPolicy | null): Ride | null => {
  const kind = played.item.content.kind === 'stream' ? loudnessKindOf(played) : null
  return kind === null || policy === null ? null : { targetLufs: policy.targetLufs[kind], maxGainDb: policy.maxGainDb }
}
