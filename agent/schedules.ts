/** The schedules that this box holds: of each issuer and target the one in force, and the one that waits for its media. */
import type { CompiledSchedule } from '../player/plan/slot.ts'
import { addMs, type WallMs } from '../player/plan/time.ts'
import type { MediaRow } from './ports/media-store.ts'

/** A schedule that waits for its media becomes current after this all the same, with what is there. */
export const PENDING_MS_MAX = 600_000

/** Files that are looked at in one turn: a schedule may name tens of thousands, and an alert waits behind the turn. */
export const LOOKED_AT_MAX = 500

/** `files`: the hashes of everything that it plays, each once. */
export type HeldSchedule = {
  messageId: string
  sequence: number
  compiled: CompiledSchedule
  files: readonly string[]
  target: string
  receivedAt: WallMs
  /** False: nothing had set the clock when it came, so `receivedAt` moves when something does. */
  isDated: boolean
}

type MediaRowOf = (sha256: string) => MediaRow | null

export type Schedules = {
  hold: (stream: string, held: HeldSchedule, state: 'pending' | 'current') => void
  /** Those that wait whose media have all been tried. `goesOn`: not all could be looked at in this turn. */
  promotable: (mediaRow: MediaRowOf, now: WallMs) => { held: HeldSchedule[]; goesOn: boolean }
  promote: (held: HeldSchedule) => void
  /** The calendar was set by so much: what came before anybody knew the time still came so long ago. */
  shift: (ms: number) => void
  current: () => HeldSchedule[]
  pending: () => HeldSchedule[]
  /** What all of them name. The same set as before while nothing has changed. */
  files: () => ReadonlySet<string>
}

export const createSchedules = (): Schedules => {
  const current = new Map<string, HeldSchedule>()
  const pending = new Map<string, HeldSchedule>()
  /** How many files of a waiting schedule, from the first, are known to have been tried: that never changes back. */
  const tried = new WeakMap<HeldSchedule, number>()
  let files: Set<string> | null = null

  const look = (held: HeldSchedule, mediaRow: MediaRowOf): 'tried' | 'untried' | 'goes-on' => {
    let next = tried.get(held) ?? 0
    const last = Math.min(held.files.length, next + LOOKED_AT_MAX)
    for (; next < last; next += 1) {
      const row = mediaRow(held.files[next] ?? '')
      if (row === null || (row.state === 'wanted' && row.tries === 0)) break
    }
    tried.set(held, next)
    return next === held.files.length ? 'tried' : next === last ? 'goes-on' : 'untried'
  }
  return {
    hold: (stream, held, state) => {
      // One from the store that was overtaken before it was taken up again.
      const newer = [current.get(stream), state === 'pending' ? pending.get(stream) : undefined]
      if (newer.some((other) => other !== undefined && other.sequence > held.sequence)) return
      files = null
      if (state === 'current') current.set(stream, held)
      else pending.set(stream, held)
    },
    promotable: (mediaRow, now) => {
      let goesOn = false
      const held = [...pending].flatMap(([stream, candidate]) => {
        const nothingToKeep = !current.has(stream)
        const waitedEnough = now >= addMs(candidate.receivedAt, PENDING_MS_MAX)
        if (nothingToKeep || waitedEnough) return [candidate]
        const looked = look(candidate, mediaRow)
        goesOn ||= looked === 'goes-on'
        return looked === 'tried' ? [candidate] : []
      })
      return { held, goesOn }
    },
    promote: (held) => {
      const stream = [...pending].find(([, candidate]) => candidate === held)?.[0]
      if (stream === undefined) return
      files = null
      pending.delete(stream)
      current.set(stream, held)
    },
    shift: (ms) => {
      for (const held of [...current.values(), ...pending.values()])
        if (!held.isDated) held.receivedAt = addMs(held.receivedAt, ms)
    },
    current: () => [...current.values()],
    pending: () => [...pending.values()],
    files: () => (files ??= new Set([...current.values(), ...pending.values()].flatMap((held) => held.files))),
  }
}
