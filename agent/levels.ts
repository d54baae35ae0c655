/**
 * The level of each output, and whether it is mute: the settings' at first, a command's from then on, kept across a reboot.
 *
 * The output itself stays at its trim, the level of the settings. What was ordered is a part of the level of each play, so that
 * it can leave alone what its issuer has no right over, and alerts: they are never softer than the trim, and never mute.
 */
import { Type } from '@sinclair/typebox'
import { orderedDb, withOrder, type Claimant, type OrderedLevel } from '../player/plan/volume.ts'
import type { StateStore } from './ports/state-store.ts'
import { PriorityName } from './protocol/downlink.ts'
import { parser } from './protocol/validate.ts'

/** Long enough not to click, short enough to be felt as at once. */
export const LEVEL_RAMP_MS = 200

const levelName = (output: string): string => `level:${output}`
const muteName = (output: string): string => `mute:${output}`
const MUTED = '1'

const parseOrders = parser(
  Type.Array(Type.Object({ gainDb: Type.Number(), highestPriority: PriorityName, authorityArea: Type.String() })),
)

/** An older agent kept one number for everybody's sound: it stays so until somebody orders another. */
const storedOrders = (text: string | null): readonly OrderedLevel[] => {
  if (text === null) return []
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'number') return [{ gainDb: value, highestPriority: 'alert', authorityArea: '' }]
    const parsed = parseOrders(value)
    return parsed.kind === 'ok' ? parsed.value : []
  } catch {
    // A value that cannot be read costs at worst an order of volume: the trim is what the technician wanted.
    return []
  }
}

export type Levels = {
  /** Null: every output. Unknown names are passed over: an order may be for another kind of box. */
  set: (outputs: readonly string[] | null, order: OrderedLevel) => void
  mute: (outputs: readonly string[] | null, isMuted: boolean) => void
  /** For whose sound it is: as it was ordered last by somebody who may, else as the settings have it. */
  for: (output: string, claimant: Claimant) => number
  /** As it was ordered last, by whomever, or as the settings have it. */
  of: (output: string) => number
  /** As the settings have it. */
  trimOf: (output: string) => number
  isMuted: (output: string) => boolean
}

type Needs = {
  store: Pick<StateStore, 'getValue' | 'setValue'>
  configured: ReadonlyMap<string, number>
}

export const createLevels = ({ store, configured }: Needs): Levels => {
  const orders = new Map<string, readonly OrderedLevel[]>()
  const muted = new Set<string>()
  for (const output of configured.keys()) {
    orders.set(output, storedOrders(store.getValue(levelName(output))))
    if (store.getValue(muteName(output)) === MUTED) muted.add(output)
  }
  const named = (outputs: readonly string[] | null): string[] =>
    [...configured.keys()].filter((output) => outputs === null || outputs.includes(output))
  const ordersOf = (output: string) => orders.get(output) ?? []
  const trimOf = (output: string) => configured.get(output) ?? 0
  return {
    for: (output, claimant) => orderedDb(ordersOf(output), claimant) ?? trimOf(output),
    of: (output) => ordersOf(output).at(-1)?.gainDb ?? trimOf(output),
    trimOf,
    isMuted: (output) => muted.has(output),
    set: (outputs, order) => {
      for (const output of named(outputs)) {
        const all = withOrder(ordersOf(output), order)
        orders.set(output, all)
        store.setValue(levelName(output), JSON.stringify(all))
      }
    },
    mute: (outputs, isMuted) => {
      for (const output of named(outputs)) {
        if (isMuted) muted.add(output)
        else muted.delete(output)
        store.setValue(muteName(output), isMuted ? MUTED : '')
      }
    },
  }
}
