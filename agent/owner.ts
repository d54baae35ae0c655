/**
 * What the owner of a private board shows on it, as one order of the lowest priority that never ends. It comes back by itself
 * because it never goes away: whatever stands above it only covers it.
 */
import type { Item, Override } from '../player/plan/schedule.ts'
import { formatUtc, parseWall, type WallMs } from '../player/plan/time.ts'
import { createBegan, type Moment } from './began.ts'
import type { OwnerContent, OwnerFile } from './ports/owner.ts'

export type OwnerSettings = {
  /** Issuer in the records. */
  name: string
  stillMs: number
  /** Null: all that can play an item. */
  outputs: readonly string[] | null
}

export type Owner = {
  /** What was found last; content that is the same goes on at its place. Returns whether anything is different. */
  take: (content: OwnerContent, now: Moment) => boolean
  /** A file that an output could not play is left out until something else is found. */
  exclude: (sha256: string, reason: string, now: Moment) => boolean
  overrides: (now: Moment) => Override[]
  /** Files that are heard: their loudness is worth knowing. */
  sounds: () => string[]
  /** What cannot be played and why; null if all is well. */
  complaint: () => string | null
}

/** Named in the alarm; the rest are counted. */
const REASONS_MAX = 3

const FAR_AWAY = parseWall('9999-01-01T00:00:00Z')

const itemOf = ({ kind, sha256, durationMs }: OwnerFile, stillMs: number): Item => ({
  content: { kind, sha256 },
  durationMs: durationMs ?? stillMs,
})

/** Unique to the millisecond: an airing that is over is not played again under the same name. */
const nameOf = (at: WallMs): string => `owner:${formatUtc(at).replaceAll(/[-:]/g, '')}`

export const createOwner = (settings: OwnerSettings | null, area: string): Owner => {
  let content: OwnerContent = { files: [], skipped: [] }
  const excluded = new Map<string, string>()
  let shown: { override: Override; began: (now: Moment) => WallMs } | null = null
  let shownAs = '[]'

  /** Takes up what there is to show, unless it is what is shown. */
  const takeUp = (now: Moment): boolean => {
    if (settings === null) return false
    const { name, stillMs, outputs } = settings
    const items = content.files.filter(({ sha256 }) => !excluded.has(sha256)).map((file) => itemOf(file, stillMs))
    const as = JSON.stringify(items)
    if (as === shownAs) return false
    shownAs = as
    const overrideId = nameOf(now.wall)
    const override: Override = {
      overrideId,
      origin: { issuer: name, sourceId: overrideId, authorityArea: area },
      trigger: 'owner',
      title: name,
      priority: 'filler',
      startsAt: now.wall,
      until: FAR_AWAY,
      items,
      sound: 'whole',
      gravity: 0,
      outputs: outputs === null ? null : [...outputs],
      repeatPauseMs: 0,
      gainDb: 0,
      over: null,
    }
    shown = items.length === 0 ? null : { override, began: createBegan(now.wall, now) }
    return true
  }

  return {
    take: (found, now) => {
      const isSame = JSON.stringify(found.files) === JSON.stringify(content.files)
      content = found
      if (!isSame) excluded.clear()
      return takeUp(now)
    },
    exclude: (sha256, reason, now) => {
      const name = content.files.find((file) => file.sha256 === sha256)?.name
      if (name === undefined || excluded.has(sha256)) return false
      excluded.set(sha256, `${name}: ${reason}`)
      return takeUp(now)
    },
    overrides: (now) => (shown === null ? [] : [{ ...shown.override, startsAt: shown.began(now) }]),
    sounds: () => content.files.flatMap(({ kind, sha256 }) => (kind === 'sound' ? [sha256] : [])),
    complaint: () => {
      const reasons = [...content.skipped.map(({ name, reason }) => `${name}: ${reason}`), ...excluded.values()]
      if (reasons.length === 0) return null
      return `${reasons.length} cannot be played: ${reasons.slice(0, REASONS_MAX).join('; ')}`
    },
  }
}
