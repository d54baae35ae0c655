/** Who has an output: one that has it alone, or one that is spoken over another, which goes on below. Pure. */
import type { Over, Override } from './schedule.ts'
import type { Medium } from './track.ts'

/** `main`: what is on. `over`: what is spoken over it; only a loudspeaker ever has anything there. */
export const LANES = ['main', 'over'] as const
export type LaneName = (typeof LANES)[number]
export type Lanes<T> = Record<LaneName, T>

/** What decides of a claim in which lane it is. */
type Placed = { over: Over | null; trigger: 'schedule' | Override['trigger'] }

/** `barred`: an alert that something higher is spoken over. Nothing turns an alert down, so it waits, and nothing is on below. */
export type Owners<C> = { main: C | null; over: C | null; barred: C | null }

export const NO_OWNERS: Owners<never> = { main: null, over: null, barred: null }

/** Nothing is spoken over a picture. */
export const overOn = (over: Over | null, medium: Medium): Over | null => (medium === 'sound' ? over : null)

export const laneOf = ({ over }: Pick<Placed, 'over'>): LaneName => (over === null ? 'main' : 'over')

/**
 * Of claims that can be played, best first; no more of them are taken than are needed. The best has the output. If it is to be
 * spoken over something, the best of those that are not is what goes on below it: a second announcement waits for the first.
 */
export const ownersOf = <C extends Placed>(claims: Iterable<C>): Owners<C> => {
  let over: C | null = null
  for (const claim of claims) {
    if (claim.over !== null) over ??= claim
    else if (over !== null && claim.trigger === 'alert') return { main: null, over, barred: claim }
    else return { main: claim, over, barred: null }
  }
  return { main: null, over, barred: null }
}

/** The best of them. */
export const bestOf = <C>({ main, over }: Owners<C>): C | null => over ?? main

/** What has the place of something that begins now and is to be spoken over others, or not; null: nothing. */
export const placeTakenBy = <C>({ main, over, barred }: Owners<C>, asOver: Over | null): C | null =>
  asOver === null ? (main ?? (barred === null ? null : over)) : (over ?? main)
