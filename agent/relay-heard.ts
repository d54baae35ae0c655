/** Which sources of a stream were heard, and for how long each, as the output tells it. Pure. */
import type { AsRunRecord } from './protocol/uplink.ts'

export type Heard = NonNullable<AsRunRecord['relay']>

export type RelayHeard = {
  heard: Heard
  /** What is heard since `fromMs` of the play; null: silence, which is no source. */
  on: string | null
  fromMs: number
}

/** A record has room for twenty stretches. */
const STRETCHES_MAX = 20
/** Eight sources and the fallback. */
const LABELS_MAX = 9

export const NOTHING_HEARD: RelayHeard = { heard: [], on: null, fromMs: 0 }

/** In order; when there are too many changes for one record, a stretch is added to an earlier one of the same source. */
const withStretch = (heard: Heard, source: string, heardMs: number): Heard => {
  if (heardMs <= 0) return heard
  const isFull = heard.length >= STRETCHES_MAX - LABELS_MAX
  const last = heard.length - 1
  const at = isFull ? heard.findLastIndex((stretch) => stretch.source === source) : last
  const known = heard[at]
  if (known?.source !== source) return [...heard, { source, heardMs }]
  return heard.with(at, { source, heardMs: known.heardMs + heardMs })
}

/** What has been heard up to that place in the play. */
export const heardUpTo = ({ heard, on, fromMs }: RelayHeard, heardMs: number): Heard =>
  on === null ? heard : withStretch(heard, on, Math.round(heardMs) - fromMs)

/** From that place in the play on it is another source. */
export const hearSource = (relay: RelayHeard, source: string | null, heardMs: number): RelayHeard => ({
  heard: heardUpTo(relay, heardMs),
  on: source,
  fromMs: Math.round(heardMs),
})
