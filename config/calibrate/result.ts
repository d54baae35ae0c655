/** What several bursts say together, and how it stands in the settings file. Pure. */
import { parseDocument, stringify } from 'yaml'

/** `startedAt`: wall time at which the card says that the burst began. */
export type Measured = { startedAt: number; delayMs: number; gainDb: number; confidence: number }

export type Result = {
  /** To 0.1 ms; never below 0, since a setting cannot be. */
  latencyMs: number
  /** As measured, to 0.1 ms, without the way through the air. */
  delayMs: number
  /** Between the earliest and the latest burst. */
  spreadMs: number
  gainDb: number
  spreadDb: number
  confidence: number
  rounds: number
}

/** Through air of 30 °C, as it is under a horn in the delta. */
const METRES_PER_MS = 0.349
/** A card or capture device that differs more from burst to burst keeps no time. */
export const UNSTEADY_MS = 5

export const tenth = (value: number): number => Math.round(value * 10) / 10

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length / 2
  const [below = 0, above = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return (below + above) / 2
}

const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values)

/** Null: fewer than two bursts, or less than half of them, were heard. */
export const resultOf = (measured: readonly Measured[], times: number, metres: number): Result | null => {
  if (measured.length < Math.max(2, times / 2)) return null
  const delays = measured.map(({ delayMs }) => delayMs - metres / METRES_PER_MS)
  const gains = measured.map(({ gainDb }) => gainDb)
  const delayMs = tenth(median(delays))
  return {
    delayMs,
    latencyMs: Math.min(1000, Math.max(0, delayMs)),
    spreadMs: tenth(spread(delays)),
    gainDb: tenth(median(gains)),
    spreadDb: tenth(spread(gains)),
    confidence: Math.min(...measured.map(({ confidence }) => confidence)),
    rounds: measured.length,
  }
}

type Place = { outputIndex: number; capture: string }

/** The lines to put under the output. */
export const settingsLines = ({ latencyMs, gainDb }: Result, capture: string): string =>
  stringify({ latencyMs, capture: { device: capture, gainDb } }).trimEnd()

/** The file with the result in it; everything else, comments too, as it was. */
export const withResult = (text: string, { outputIndex, capture }: Place, { latencyMs, gainDb }: Result): string => {
  const document = parseDocument(text)
  const at = ['outputs', outputIndex]
  document.setIn([...at, 'latencyMs'], latencyMs)
  if (document.getIn([...at, 'capture']) === undefined) document.setIn([...at, 'capture'], document.createNode({}))
  document.setIn([...at, 'capture', 'device'], capture)
  document.setIn([...at, 'capture', 'gainDb'], gainDb)
  return document.toString({ lineWidth: 0 })
}
