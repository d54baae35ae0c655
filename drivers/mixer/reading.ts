/** What `amixer sget` prints of a control, read. Pure. */

export type Channel = { raw: number; levelDb: number | null; isOn: boolean }

/** One simple control, its playback side. Its levels are steps from `min` to `max`; not every card knows their decibels. */
export type Reading = { min: number; max: number; hasSwitch: boolean; channels: readonly Channel[] }

/** Where a control shall stand. */
export type Level = { kind: 'db'; levelDb: number } | { kind: 'percent'; levelPercent: number }

const LIMITS = /^\s*Limits:\s+(?:Playback\s+)?(-?\d+)\s+-\s+(-?\d+)/m
const CHANNEL = /^\s+[^:\n]+:\s+(?:Playback\s+)?(-?\d+)\s+\[\d+%\](?:\s+\[(-?\d+(?:\.\d+)?)dB\])?(?:\s+\[(on|off)\])?/gm

/** Null: the control has no level for playback. */
export const readControl = (text: string): Reading | null => {
  const [, min, max] = LIMITS.exec(text) ?? []
  const found = [...text.matchAll(CHANNEL)]
  if (min === undefined || max === undefined || found.length === 0) return null
  return {
    min: Number(min),
    max: Number(max),
    hasSwitch: found.some(([, , , state]) => state !== undefined),
    channels: found.map(([, raw, levelDb, state]) => ({
      raw: Number(raw),
      levelDb: levelDb === undefined ? null : Number(levelDb),
      isOn: state !== 'off',
    })),
  }
}

/** A card takes the nearest of its steps. One that has none near is not at the level that was calibrated. */
const NEAR_DB = 1.5
const NEAR_STEPS = 1

/** Whether every channel stands where it shall, and none is muted. */
export const standsAt = ({ min, max, channels }: Reading, level: Level): boolean =>
  channels.every(({ raw, levelDb, isOn }) => {
    if (!isOn) return false
    if (level.kind === 'db') return levelDb !== null && Math.abs(levelDb - level.levelDb) <= NEAR_DB
    return Math.abs(raw - (min + ((max - min) * level.levelPercent) / 100)) <= NEAR_STEPS
  })

/** Nobody has touched it in between. */
export const isSame = (one: Reading, other: Reading): boolean =>
  one.channels.length === other.channels.length &&
  one.channels.every(({ raw, isOn }, index) => {
    const against = other.channels[index]
    return against?.raw === raw && against.isOn === isOn
  })

/** For a person: `40 % and muted`, `-20.00 dB`. */
export const described = ({ min, max, channels }: Reading): string => {
  const each = channels.map(({ raw, levelDb, isOn }) => {
    const percent = max === min ? 100 : Math.round((100 * (raw - min)) / (max - min))
    return `${levelDb === null ? `${percent} %` : `${levelDb} dB`}${isOn ? '' : ' and muted'}`
  })
  return [...new Set(each)].join(', ')
}
