/**
 * The amplifiers of the box: told what the plan needs, and remembered as they answer. Called by the loop alone. Nothing here
 * holds sound back: an order goes out, and the play that it is for goes out in the same turn.
 */
import { LANES } from '../../player/plan/lanes.ts'
import type { LanePlan, Plan } from '../../player/plan/slot.ts'
import type { OutputView } from '../../player/plan/steps.ts'
import { elapsedMs, formatUtc, type ElapsedMs, type WallMs } from '../../player/plan/time.ts'
import type { Clock } from '../../player/ports/clock.ts'
import type { Alarms } from '../alarms.ts'
import type { Amplifier, AmplifierEvent, Peek, Peeked, RegisterValue } from '../ports/amplifier.ts'
import type { HeartbeatMessage } from '../protocol/uplink.ts'
import { judge, NOTHING_JUDGED, trippedBits, type Judged, type ReadingRule } from './judge.ts'
import { decidePower, POWER_OFF, type PowerPolicy, type PowerState, type SoundAhead } from './power.ts'

export type AmplifierPolicy = PowerPolicy & {
  /** Outputs that it feeds. */
  outputs: readonly string[]
  rules: readonly ReadingRule[]
}

export type HiredAmplifier = { amplifier: Amplifier; policy: AmplifierPolicy }

/** A person at the box may have it on for so long; then it follows the plan again, whatever became of the person. */
export const HAND_MS = 10 * 60_000

/** An amplifier that obeys and forgets, or answers now and then, is one alarm: it is over once it was well for so long. */
export const CALM_MS = 60_000

type Held = HiredAmplifier & {
  state: PowerState
  /** Null: nothing was ordered since the agent began. */
  ordered: boolean | null
  confirmed: boolean | null
  confirmedAt: ElapsedMs | null
  /** The order that could not be carried out, until it has been for long enough. */
  refused: boolean | null
  /** When it last did not answer, until it has for long enough. */
  unreadAt: ElapsedMs | null
  handUntil: ElapsedMs | null
  switchedOn: number
  values: readonly RegisterValue[]
  readAt: WallMs | null
  judged: Judged
}

export type AmplifierReport = NonNullable<HeartbeatMessage['amplifiers']>

export type Amplifiers = {
  /** Orders what the plan needs; returns when to look again though nothing else changes, in ms; null: no need. */
  follow: (plan: Plan, views: ReadonlyMap<string, OutputView>) => number | null
  apply: (event: AmplifierEvent) => void
  /** On for a while, or no longer held on, by hand; never off while something sounds. False: there is none of this name. */
  byHand: (id: string, isOn: boolean) => boolean
  peek: (id: string, peek: Peek) => Promise<Peeked>
  report: () => AmplifierReport
  /** Names of those that power an output. */
  feeding: (output: string) => string[]
  /** All off. */
  close: () => Promise<void>
}

type Needs = {
  hired: readonly HiredAmplifier[]
  clock: Pick<Clock, 'wall' | 'elapsed'>
  alarms: Pick<Alarms, 'raise' | 'clear'>
  log: { info: (fields: object, text: string) => void; warn: (fields: object, text: string) => void }
}

/** A pause between two rounds of an alert is part of it. */
const isOccupied = ({ now }: LanePlan): boolean => now.kind !== 'nothing'

const soundAhead = (
  outputs: readonly string[],
  plan: Plan,
  views: ReadonlyMap<string, OutputView>,
  now: WallMs,
): SoundAhead => {
  const planned = plan.outputs
    .filter(({ output }) => outputs.includes(output))
    .flatMap((one) => LANES.map((lane) => one[lane]))
  const held = outputs.flatMap((output) => views.get(output) ?? []).flatMap((view) => LANES.map((lane) => view[lane]))
  const moments = [
    ...planned.flatMap(({ next }) => (next !== null && next.wanted.kind !== 'nothing' ? [next.at] : [])),
    ...held.flatMap(({ pending }) => (pending === null ? [] : [pending.dueAt])),
  ]
  return {
    isOn: planned.some(isOccupied) || held.some(({ current }) => current !== null),
    nextInMs: moments.length === 0 ? null : Math.max(0, Math.min(...moments) - now),
  }
}

/** Alarms of one amplifier by what they are about. Those of the line and of the switch have names that no register may have. */
const POWER = 'POWER'
const LINE = 'LINE'

const tellFaults = ({ alarms, log }: Needs, id: string, before: Judged, after: Judged) => {
  for (const about of before.faults.keys()) {
    if (after.faults.has(about)) continue
    alarms.clear('amplifier-fault', `${id} ${about}`)
    log.info({ amplifier: id, about }, 'amplifier fault is over')
  }
  for (const [about, { detail }] of after.faults) {
    if (before.faults.has(about)) continue
    alarms.raise('amplifier-fault', `${id} ${about}`, detail)
    log.warn({ amplifier: id, about, detail }, 'amplifier fault')
  }
}

const reportOf = ({
  amplifier,
  policy,
  ordered,
  confirmed,
  switchedOn,
  values,
  readAt,
}: Held): AmplifierReport[number] => ({
  id: amplifier.id,
  power: confirmed === null ? 'unknown' : confirmed ? 'on' : 'off',
  wanted: amplifier.canSwitch ? (ordered === true ? 'on' : 'off') : 'always',
  switchedOn,
  readAt: readAt === null ? null : formatUtc(readAt),
  readings: values.map(({ name, value }) => {
    const unit = policy.rules.find((rule) => rule.name === name)?.unit ?? null
    return { name, value, ...(unit === null ? {} : { unit }) }
  }),
  tripped: policy.rules.flatMap((rule) =>
    trippedBits(rule, values.find(({ name }) => name === rule.name)?.value ?? null),
  ),
})

export const createAmplifiers = (needs: Needs): Amplifiers => {
  const { hired, clock, alarms, log } = needs
  const all = new Map<string, Held>(
    hired.map((one) => [
      one.amplifier.id,
      {
        ...one,
        ...{
          state: POWER_OFF,
          ordered: null,
          confirmed: null,
          confirmedAt: null,
          refused: null,
          unreadAt: null,
          handUntil: null,
        },
        ...{ switchedOn: 0, values: [], readAt: null, judged: NOTHING_JUDGED },
      },
    ]),
  )

  const isCalm = (since: ElapsedMs): boolean => clock.elapsed() - since >= CALM_MS

  const forgive = (held: Held) => {
    if (held.refused === null || held.confirmedAt === null || held.confirmed === null || !isCalm(held.confirmedAt))
      return
    held.refused = null
    alarms.clear('amplifier-fault', `${held.amplifier.id} ${POWER}`)
  }

  const followOne = (held: Held, plan: Plan, views: ReadonlyMap<string, OutputView>): number | null => {
    const { amplifier, policy } = held
    if (!amplifier.canSwitch) return null
    const now = clock.elapsed()
    forgive(held)
    if (held.handUntil !== null && held.handUntil <= now) held.handUntil = null
    const sound = soundAhead(policy.outputs, plan, views, clock.wall())
    const byHand = held.handUntil !== null
    const decision = decidePower(policy, held.state, { ...sound, isOn: sound.isOn || byHand }, now)
    held.state = decision.state
    const { isOn } = decision.state
    if (held.ordered !== isOn) {
      held.ordered = isOn
      if (isOn) held.switchedOn += 1
      amplifier.switchTo(isOn)
      log.info({ amplifier: amplifier.id, isOn, nextInMs: sound.nextInMs }, 'amplifier')
    }
    const handLeftMs = held.handUntil === null ? null : held.handUntil - now
    const delays = [decision.askAgainInMs, handLeftMs].filter((delayMs) => delayMs !== null)
    return delays.length === 0 ? null : Math.min(...delays)
  }

  /** A supply that has only just got its power is not judged by what it gives. */
  const isWarm = ({ amplifier, confirmed, confirmedAt, policy }: Held): boolean =>
    !amplifier.canSwitch ||
    (confirmed === true && confirmedAt !== null && clock.elapsed() - confirmedAt >= policy.warmUpMs)

  const onSwitched = (held: Held, isOn: boolean) => {
    // Told before a newer order was heard of: it says nothing of that one.
    if (isOn !== held.ordered) return
    const { id } = held.amplifier
    if (held.confirmed !== isOn) log.info({ amplifier: id, isOn }, 'amplifier switched')
    if (held.confirmed !== isOn) held.confirmedAt = clock.elapsed()
    held.confirmed = isOn
  }

  const onRefused = (held: Held, { isOn, detail }: Extract<AmplifierEvent, { kind: 'not-switched' }>) => {
    if (isOn !== held.ordered) return
    const { id } = held.amplifier
    // An alarm keeps the words that it was raised with: that it does not come on is another matter than that it stays on.
    if (held.refused !== isOn) alarms.clear('amplifier-fault', `${id} ${POWER}`)
    held.confirmed = null
    held.refused = isOn
    alarms.raise('amplifier-fault', `${id} ${POWER}`, `cannot be switched ${isOn ? 'on' : 'off'}: ${detail}`)
    log.warn({ amplifier: id, isOn, detail }, 'amplifier not switched')
  }

  const onRead = (held: Held, values: readonly RegisterValue[]) => {
    const { amplifier, policy, judged } = held
    if (held.unreadAt !== null && isCalm(held.unreadAt)) {
      held.unreadAt = null
      alarms.clear('amplifier-fault', `${amplifier.id} ${LINE}`)
    }
    held.values = values
    held.readAt = clock.wall()
    held.judged = judge(policy.rules, judged, values, isWarm(held))
    tellFaults(needs, amplifier.id, judged, held.judged)
  }

  return {
    follow: (plan, views) => {
      const delays = [...all.values()].flatMap((held) => followOne(held, plan, views) ?? [])
      return delays.length === 0 ? null : Math.max(1, Math.min(...delays))
    },
    apply: (event) => {
      const held = all.get(event.amplifier)
      if (held === undefined) return
      switch (event.kind) {
        case 'switched':
          onSwitched(held, event.isOn)
          break
        case 'not-switched':
          onRefused(held, event)
          break
        case 'read':
          onRead(held, event.values)
          break
        case 'unread':
          held.unreadAt = clock.elapsed()
          alarms.raise('amplifier-fault', `${event.amplifier} ${LINE}`, event.detail)
          log.warn({ amplifier: event.amplifier, detail: event.detail }, 'amplifier does not answer')
      }
    },
    byHand: (id, isOn) => {
      const held = all.get(id)
      if (held === undefined || !held.amplifier.canSwitch) return false
      // Off by hand ends what was begun by hand; the plan alone knows whether something sounds.
      held.handUntil = isOn ? elapsedMs(clock.elapsed() + HAND_MS) : null
      return true
    },
    peek: async (id, peek) =>
      all.get(id)?.amplifier.peek(peek) ?? { kind: 'failed', detail: `there is no amplifier ${id}` },
    report: () => [...all.values()].map(reportOf),
    feeding: (output) =>
      [...all.values()].flatMap(({ amplifier, policy }) => (policy.outputs.includes(output) ? [amplifier.id] : [])),
    close: async () => {
      await Promise.all([...all.values()].map(({ amplifier }) => amplifier.close()))
    },
  }
}
