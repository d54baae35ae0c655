/**
 * How loud by priority, and how loud at most by the hour: the box's own policy, which binds everything but alerts. Pure.
 *
 * A rule holds while the clock on the wall of the place reads between `from` and `until`. So on the day on which the clocks
 * are put back the hour that comes twice is quiet twice, and a moment that the clocks skip neither begins nor ends anything
 * by itself.
 */
import { depthOf, PRIORITIES, rankOf, type Priority } from './schedule.ts'
import { wallMs, type WallMs } from './time.ts'
import { openOffsets, type Offsets } from './offsets.ts'

export type Weekday = 'mo' | 'tu' | 'we' | 'th' | 'fr' | 'sa' | 'su'

/** As the settings have it. `until` at or before `from` is on the next day; both the same is a whole day. */
export type VolumeRule = {
  /** `hh:mm`, local. */
  from: string
  until: string
  /** On which the window begins; all if absent. */
  days?: readonly Weekday[]
  outputs?: readonly string[]
  /** All but `alert` if absent. */
  priorities?: readonly Priority[]
  /** One of the two: what is allowed at most, or nothing at all. */
  ceilingDb?: number
  silent?: boolean
}

type CompiledRule = {
  index: number
  fromMs: number
  untilMs: number
  /** By day of the week, Sunday first, as it falls out of the days since 1970. */
  days: readonly boolean[]
  outputs: ReadonlySet<string> | null
  priorities: ReadonlySet<Priority>
  ceilingDb: number
}

/** By priority, in dB below the level of the output. Alerts have none: they sound at the level of the output. */
export type PriorityLevels = Readonly<Partial<Record<Exclude<Priority, 'alert'>, number>>>

export type VolumePolicy = {
  rules: readonly CompiledRule[]
  zone: Offsets | null
  levelsDb: PriorityLevels
  /** What an output has of its own; a priority that it does not name is as for all. */
  ownLevelsDb: ReadonlyMap<string, PriorityLevels>
}

/** `ceilingDb` is -Infinity where nothing may sound. `rule` is its place in the list of rules. */
export type Ceiling = { ceilingDb: number; rule: number }

const DAY_MS = 86_400_000
/** 1 January 1970 was a Thursday. */
const EPOCH_WEEKDAY = 4
const WEEK: readonly Weekday[] = ['su', 'mo', 'tu', 'we', 'th', 'fr', 'sa']
const BOUND: readonly Priority[] = PRIORITIES.filter((priority) => priority !== 'alert')

const ofDay = (clockTime: string): number => {
  const [, hours, minutes] = /^(\d\d):(\d\d)$/.exec(clockTime) ?? []
  if (hours === undefined || minutes === undefined) throw new Error(`not a time of day: ${clockTime}`)
  return (Number(hours) * 60 + Number(minutes)) * 60_000
}

const compileRule = (rule: VolumeRule, index: number): CompiledRule => ({
  index,
  fromMs: ofDay(rule.from),
  untilMs: ofDay(rule.until),
  days: WEEK.map((day) => rule.days?.includes(day) ?? true),
  outputs: rule.outputs === undefined ? null : new Set(rule.outputs),
  priorities: new Set(rule.priorities ?? BOUND),
  ceilingDb: rule.silent === true ? -Infinity : (rule.ceilingDb ?? 0),
})

/** The settings were checked before: throws for a time zone or a time of day that there is not. */
export const compileVolume = (
  rules: readonly VolumeRule[],
  timeZone: string,
  levelsDb: PriorityLevels = {},
  ownLevelsDb: ReadonlyMap<string, PriorityLevels> = new Map(),
): VolumePolicy => ({
  ...{ levelsDb, ownLevelsDb },
  rules: rules.map(compileRule),
  zone: rules.length === 0 ? null : openOffsets(timeZone),
})

export const priorityDb = (
  { levelsDb, ownLevelsDb }: VolumePolicy,
  { output, priority }: { output: string; priority: Priority },
): number => (priority === 'alert' ? 0 : (ownLevelsDb.get(output)?.[priority] ?? levelsDb[priority] ?? 0))

/** A level of an output that somebody set, with the right by which it was set. */
export type OrderedLevel = {
  gainDb: number
  /** The highest priority that its issuer may order. */
  highestPriority: Priority
  /** The area that its issuer may speak for. */
  authorityArea: string
}

/** Whose sound it is: its priority, and the area of its authority. */
export type Claimant = { priority: Priority; authorityArea: string }

/** Nobody sets the level of what stands above him: of a higher priority than he may order, or of a wider area than his own. */
const covers = (order: OrderedLevel, { priority, authorityArea }: Claimant): boolean =>
  rankOf(order.highestPriority) <= rankOf(priority) && depthOf(order.authorityArea) <= depthOf(authorityArea)

/** The newest of those that bind it, which stands last; null: none does. */
export const orderedDb = (orders: readonly OrderedLevel[], claimant: Claimant): number | null =>
  orders.findLast((order) => covers(order, claimant))?.gainDb ?? null

/** With one more, which is the newest. What it covers wholly is forgotten, so there are never more than kinds of right. */
export const withOrder = (orders: readonly OrderedLevel[], newest: OrderedLevel): OrderedLevel[] => [
  ...orders.filter(
    ({ highestPriority, authorityArea }) => !covers(newest, { priority: highestPriority, authorityArea }),
  ),
  newest,
]

const weekdayOf = (day: number): number => (((day + EPOCH_WEEKDAY) % 7) + 7) % 7

const holds = ({ fromMs, untilMs, days }: CompiledRule, localMs: number): boolean => {
  const day = Math.floor(localMs / DAY_MS)
  const timeMs = localMs - day * DAY_MS
  const today = days[weekdayOf(day)] === true
  if (fromMs < untilMs) return today && timeMs >= fromMs && timeMs < untilMs
  return (today && timeMs >= fromMs) || (days[weekdayOf(day - 1)] === true && timeMs < untilMs)
}

const binds = ({ outputs }: CompiledRule, output: string): boolean => outputs === null || outputs.has(output)

/** The lowest of the ceilings that apply, and of equals the rule that stands first. Alerts are never bound. */
export const ceilingAt = (
  { rules, zone }: VolumePolicy,
  { output, priority }: { output: string; priority: Priority },
  at: WallMs,
): Ceiling | null => {
  if (priority === 'alert' || zone === null) return null
  const localMs = at + zone.offsetMs(at)
  let lowest: Ceiling | null = null
  for (const rule of rules) {
    if (lowest !== null && rule.ceilingDb >= lowest.ceilingDb) continue
    if (binds(rule, output) && rule.priorities.has(priority) && holds(rule, localMs))
      lowest = { ceilingDb: rule.ceilingDb, rule: rule.index }
  }
  return lowest
}

/** Everything that the rules say of an output at a moment, in a form that can be compared. */
const saying = (policy: VolumePolicy, output: string, at: WallMs): string =>
  BOUND.map((priority) => ceilingAt(policy, { output, priority }, at)?.rule ?? '').join()

/**
 * The first moment in (after, until) at which another ceiling, or the same by another rule, holds for something on this
 * output; null if there is none.
 */
export const nextChange = (policy: VolumePolicy, output: string, after: WallMs, until: WallMs): WallMs | null => {
  const { zone } = policy
  const rules = policy.rules.filter((rule) => binds(rule, output))
  if (zone === null || rules.length === 0) return null
  const bounds = [...new Set(rules.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]))].sort((a, b) => a - b)
  const before = saying(policy, output, after)
  const differs = (at: WallMs): boolean => at > after && at < until && saying(policy, output, at) !== before
  // Within a stretch of one offset the clock on the wall runs as ours does; where it is put, anything may begin or end.
  const edges = [...zone.transitions(after, until), until]
  let from: number = after
  for (const edge of edges) {
    const offsetMs = zone.offsetMs(wallMs(from))
    for (let day = Math.floor((from + offsetMs) / DAY_MS); day * DAY_MS - offsetMs < edge; day += 1)
      for (const bound of bounds) {
        const at = wallMs(day * DAY_MS + bound - offsetMs)
        if (at >= from && at < edge && differs(at)) return at
      }
    if (differs(edge)) return edge
    from = edge
  }
  return null
}
