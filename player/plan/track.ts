import type { Item, Programme } from './schedule.ts'
import type { WallMs } from './time.ts'
export type TrackEntry = { item: Item; index: number; startsAtMs: number; lengthMs: number }
export type Track = { entries: readonly TrackEntry[]; lengthMs: number }
export const isSound = (item: Item): boolean => item.content.kind === 'sound' || item.content.kind === 'stream'
export const trackOf = (programme: Programme, medium: 'sound' | 'picture', _start: WallMs): Track => {
  let at = 0
  const entries = programme.items
    .map((item, index) => ({ item, index }))
    .filter(({ item }) => isSound(item) === (medium === 'sound'))
    .map(({ item, index }) => {
      const e = { item, index, startsAtMs: at, lengthMs: item.durationMs }
      at += item.durationMs
      return e
    })
  return { entries, lengthMs: at }
}
export const trackLengthMs = (programme: Programme, medium: 'sound' | 'picture'): number =>
  trackOf(programme, medium, 0 as WallMs).lengthMs
export const entryAt = (track: Track, offsetMs: number): TrackEntry | null =>
  track.entries.find((e) => offsetMs >= e.startsAtMs && offsetMs < e.startsAtMs + e.lengthMs) ?? null
