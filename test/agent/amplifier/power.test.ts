import fc from 'fast-check'
import t from 'tap'
import {
  decidePower,
  POWER_OFF,
  type PowerPolicy,
  type PowerState,
  type SoundAhead,
} from '../../../agent/amplifier/power.ts'
import { elapsedMs } from '../../../player/plan/time.ts'

const POLICY: PowerPolicy = { warmUpMs: 2_000, coolDownMs: 60_000, minimumOnMs: 30_000 }
const SILENT: SoundAhead = { isOn: false, nextInMs: null }
const SOUNDS: SoundAhead = { isOn: true, nextInMs: null }
const dueIn = (nextInMs: number): SoundAhead => ({ isOn: false, nextInMs })

/** What is decided at each moment, one after the other. */
const follow = (policy: PowerPolicy, moments: readonly [number, SoundAhead][]) => {
  let state: PowerState = POWER_OFF
  return moments.map(([at, sound]) => {
    const decision = decidePower(policy, state, sound, elapsedMs(at))
    state = decision.state
    return { isOn: state.isOn, askAgainInMs: decision.askAgainInMs }
  })
}

t.test('power comes the warm-up ahead of a sound that is due, not a millisecond earlier', async (t) => {
  t.strictSame(follow(POLICY, [[0, dueIn(2_001)]]), [{ isOn: false, askAgainInMs: 1 }])
  t.strictSame(follow(POLICY, [[0, dueIn(2_000)]]), [{ isOn: true, askAgainInMs: null }])
  t.strictSame(follow(POLICY, [[0, dueIn(1_999)]]), [{ isOn: true, askAgainInMs: null }])
})

t.test('what sounds with no notice has power at once', async (t) => {
  t.match(follow(POLICY, [[0, SOUNDS]]), [{ isOn: true }])
})

t.test('it goes off the cool-down after the last sound', async (t) => {
  t.strictSame(
    follow(POLICY, [
      [0, SOUNDS],
      [100_000, SOUNDS],
      [103_000, SILENT],
      [162_999, SILENT],
      [163_000, SILENT],
      [163_001, SILENT],
    ]).slice(2),
    [
      { isOn: true, askAgainInMs: 60_000 },
      { isOn: true, askAgainInMs: 1 },
      { isOn: false, askAgainInMs: null },
      { isOn: false, askAgainInMs: null },
    ],
  )
})

t.test('it stays on for its least time, whatever is called off', async (t) => {
  const policy = { ...POLICY, coolDownMs: 0 }
  t.strictSame(
    follow(policy, [
      [0, dueIn(1_000)],
      [10, SILENT],
      [29_999, SILENT],
      [30_000, SILENT],
    ]),
    [
      { isOn: true, askAgainInMs: null },
      { isOn: true, askAgainInMs: 29_990 },
      { isOn: true, askAgainInMs: 1 },
      { isOn: false, askAgainInMs: null },
    ],
  )
})

t.test('a pause that is known to be no longer than the cool-down does not switch it', async (t) => {
  const after = (nextInMs: number) =>
    follow(POLICY, [
      [0, SOUNDS],
      [100_000, SILENT],
      [160_000, dueIn(nextInMs)],
    ])[2]
  t.strictSame(after(62_001), { isOn: false, askAgainInMs: 60_001 })
  t.strictSame(after(62_000), { isOn: true, askAgainInMs: 60_000 })
})

/** Sounds as spans of a schedule, some of them announced, some without notice. */
const spans = fc
  .array(
    fc.record({
      gapMs: fc.integer({ min: 0, max: 200_000 }),
      lengthMs: fc.integer({ min: 1, max: 120_000 }),
      isAnnounced: fc.boolean(),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((parts) => {
    let at = 0
    return parts.map(({ gapMs, lengthMs, isAnnounced }) => {
      const from = at + gapMs
      at = from + lengthMs
      return { from, until: at, isAnnounced }
    })
  })

const policies = fc.record({
  warmUpMs: fc.integer({ min: 0, max: 30_000 }),
  coolDownMs: fc.integer({ min: 0, max: 300_000 }),
  minimumOnMs: fc.integer({ min: 0, max: 300_000 }),
})

const HORIZON_MS = 60_000
const TURN_MS = 5_000

/** Lives through it as the loop does: asked at every change, when it wants to be asked again, and every five seconds. */
const live = (policy: PowerPolicy, all: { from: number; until: number; isAnnounced: boolean }[]) => {
  const changes = all.flatMap(({ from, until }) => [from, until])
  const end = (changes.at(-1) ?? 0) + policy.coolDownMs + policy.minimumOnMs + 2 * TURN_MS
  const switchedOn: number[] = []
  const onAt: [number, number, boolean][] = []
  let state: PowerState = POWER_OFF
  let now = 0
  while (now <= end) {
    const isOn = all.some(({ from, until }) => from <= now && now < until)
    const next = all.find(({ from, isAnnounced }) => isAnnounced && from > now && from - now <= HORIZON_MS)
    const decision = decidePower(
      policy,
      state,
      { isOn, nextInMs: next === undefined ? null : next.from - now },
      elapsedMs(now),
    )
    if (decision.state.isOn && !state.isOn) switchedOn.push(now)
    state = decision.state
    const nextChange = changes.find((at) => at > now) ?? Infinity
    const then = Math.min(now + Math.max(1, Math.min(decision.askAgainInMs ?? TURN_MS, TURN_MS)), nextChange)
    onAt.push([now, then, state.isOn])
    now = then
  }
  return { onAt, switchedOn, isOnAtTheEnd: state.isOn }
}

t.test(
  'in any schedule it is never off while something sounds, warm when that was known, and off in the end',
  async (t) => {
    fc.assert(
      fc.property(policies, spans, (policy, all) => {
        const { onAt, isOnAtTheEnd } = live(policy, all)
        const isOnAt = (at: number) => onAt.find(([from, until]) => from <= at && at < until)?.[2] === true
        for (const { from, until, isAnnounced } of all) {
          for (const [begins, ends, isOn] of onAt) if (begins < until && ends > from && !isOn) return false
          if (isAnnounced && !isOnAt(Math.max(0, from - policy.warmUpMs))) return false
        }
        return !isOnAtTheEnd
      }),
      { numRuns: 500 },
    )
    t.pass('500 schedules')
  },
)

t.test('in any schedule it is switched on no more often than its least time allows', async (t) => {
  fc.assert(
    fc.property(policies, spans, (policy, all) => {
      const leastMs = Math.max(1, policy.minimumOnMs, policy.coolDownMs)
      const { switchedOn } = live(policy, all)
      const perHourMax = Math.ceil(3_600_000 / leastMs)
      return switchedOn.every((at, index) => {
        const inHour = switchedOn.filter((other) => other >= at && other < at + 3_600_000).length
        const before = switchedOn[index - 1]
        return inHour <= perHourMax && (before === undefined || at - before >= leastMs)
      })
    }),
    { numRuns: 500 },
  )
  t.pass('500 schedules')
})
