/**
 * Two clocks that must never be mixed. Calendar time may jump (a network sets it, a battery dies); elapsed time may not.
 * Durations are plain numbers whose names end in `Ms`.
 */

declare const wallClock: unique symbol
declare const elapsedClock: unique symbol

/** Milliseconds since 1970-01-01T00:00:00Z, as the calendar has it. */
export type WallMs = number & { readonly [wallClock]: true }

/** Milliseconds since an arbitrary moment of this boot; never runs back. */
export type ElapsedMs = number & { readonly [elapsedClock]: true }

export const wallMs = (value: number): WallMs => value as WallMs
export const elapsedMs = (value: number): ElapsedMs => value as ElapsedMs

export const addMs = (at: WallMs, ms: number): WallMs => wallMs(at + ms)

/** Parses an RFC 3339 date-time that a schema has already checked; throws on anything else, since that is our own fault. */
export const parseWall = (text: string): WallMs => {
  const value = Date.parse(text)
  if (Number.isNaN(value)) throw new Error(`not a date-time: ${text}`)
  return wallMs(value)
}

/** RFC 3339 in UTC with milliseconds: `2026-11-21T00:00:00.000Z`. */
export const formatUtc = (at: WallMs): string => new Date(at).toISOString()
