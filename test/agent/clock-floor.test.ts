/** A box without a battery: what it calls the time, and what it knows to be past, over any number of reboots. */
import fc from 'fast-check'
import t from 'tap'
import { createClockFloor, FIRST_FLOOR, LEASE_MS_MAX, WRITE_MS } from '../../agent/clock-floor.ts'
import { createFlooredClock } from '../../agent/floored-clock.ts'
import { addMs, formatUtc, wallMs, type WallMs } from '../../player/plan/time.ts'
import type { ClockTrust } from '../../player/ports/clock.ts'
import { openAgentBench } from '../fixtures/agent-bench.ts'
import { stoppedClock } from '../fixtures/clock.ts'
import { FIVE } from '../fixtures/schedules.ts'

const EPOCH = wallMs(0)

const memory = (value: string | null = null) => {
  let stored = value
  return { getValue: () => stored, setValue: (_name: string, text: string) => void (stored = text), writes: 0 }
}

const bootAt = (store: ReturnType<typeof memory>, start: WallMs, trust: ClockTrust = 'unsynced') => {
  const system = stoppedClock(start, trust)
  const floor = createClockFloor({ store, elapsed: system.elapsed })
  return { system, floor, clock: createFlooredClock(system, floor) }
}

const known = (floor: WallMs, lease = floor) => memory([floor, lease, floor].map(formatUtc).join(' '))

t.test(
  'an unsynced clock that reads before the floor is replaced by floor and elapsed time; a later one is not',
  async (t) => {
    for (const [start, expected] of [
      [EPOCH, FIVE],
      [addMs(FIVE, -1), FIVE],
      [FIVE, FIVE],
      [addMs(FIVE, 1), addMs(FIVE, 1)],
    ] as const) {
      const { system, clock } = bootAt(known(FIVE), start)
      t.equal(clock.wall(), expected)
      system.advance(5_000)
      t.equal(clock.wall(), addMs(expected, 5_000))
    }
  },
)

t.test('the clock is taken as it is once it may be believed, also where that is before the floor', async (t) => {
  const { system, clock } = bootAt(known(FIVE), EPOCH)
  system.advance(1_000)
  t.equal(clock.trust(), 'unsynced')
  system.setTrust('holdover')
  t.equal(clock.wall(), 1_000)
  system.setTrust('synced')
  system.step(FIVE - 60_000)
  t.equal(clock.wall(), FIVE - 59_000)
  t.equal(clock.trust(), 'synced')
})

t.test('a clock that is set by hand in between is followed forward, never back', async (t) => {
  const { system, clock } = bootAt(known(FIVE), EPOCH)
  system.step(FIVE + 7_000)
  t.equal(clock.wall(), FIVE + 7_000)
  system.step(-3_600_000)
  t.equal(clock.wall(), FIVE)
})

t.test('the floor rises with a believed clock, and else by no more than what has elapsed', async (t) => {
  const store = memory()
  const first = bootAt(store, FIVE, 'unsynced')
  t.equal(first.floor.at(), FIRST_FLOOR)
  first.system.advance(WRITE_MS)
  first.floor.raise(first.clock)
  t.equal(first.floor.at(), FIRST_FLOOR + WRITE_MS, 'the clock says 5:01, but nobody vouches for it')
  first.system.setTrust('synced')
  first.floor.raise(first.clock)
  t.equal(first.floor.at(), FIVE + WRITE_MS)
  first.system.advance(WRITE_MS - 1)
  first.floor.raise(first.clock)
  t.equal(first.floor.at(), FIVE + WRITE_MS, 'not written oftener than once a minute')
  first.system.advance(1)
  first.floor.raise(first.clock)
  t.equal(first.floor.at(), FIVE + 2 * WRITE_MS)
  first.system.step(-3_600_000)
  first.floor.raise(first.clock)
  t.equal(first.floor.at(), FIVE + 2 * WRITE_MS, 'never lowered')

  const second = bootAt(store, EPOCH)
  t.equal(second.floor.at(), FIVE + 2 * WRITE_MS)
})

t.test('when the clock was believed last is remembered through boots without a clock', async (t) => {
  const store = memory()
  const first = bootAt(store, FIVE, 'synced')
  first.floor.raise(first.clock)
  for (let boot = 0; boot < 3; boot += 1) {
    const next = bootAt(store, EPOCH)
    t.equal(next.floor.believedBefore(), FIVE)
    next.system.advance(10 * WRITE_MS)
    next.floor.raise(next.clock)
  }
})

t.test(
  'over reboots without a clock the calendar never runs back, and skips no more than a minute each time',
  async (t) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 1, max: 30_000 })), {
          maxLength: 12,
        }),
        (boots) => {
          const store = memory(formatUtc(FIVE))
          let latest: number = FIVE
          for (const [lastsMs, turnMs] of boots) {
            const { system, floor, clock } = bootAt(store, EPOCH)
            if (clock.wall() < latest || clock.wall() > latest + WRITE_MS) return false
            for (let passed = 0; passed < lastsMs; passed += turnMs) {
              floor.raise(clock)
              latest = clock.wall()
              system.advance(turnMs)
            }
          }
          return true
        },
      ),
      { numRuns: 300 },
    )
    t.pass('300 lives')
  },
)

t.test('a lease that a wrong clock wrote is not followed beyond a year', async (t) => {
  t.equal(bootAt(known(FIVE, addMs(FIVE, LEASE_MS_MAX)), EPOCH).clock.wall(), FIVE + LEASE_MS_MAX)
  t.equal(bootAt(known(FIVE, addMs(FIVE, LEASE_MS_MAX + 1)), EPOCH).clock.wall(), FIVE)
  t.equal(bootAt(known(FIVE, addMs(FIVE, -1)), EPOCH).clock.wall(), FIVE)
})

t.test('what an older program wrote, the floor alone, is read', async (t) => {
  const { floor, clock } = bootAt(memory(formatUtc(FIVE)), EPOCH)
  t.equal(floor.at(), FIVE)
  t.equal(clock.wall(), FIVE)
})

t.test('an agent whose clock reads 1970 keeps its records in order over a reboot, marked as unsynced', async (t) => {
  const file = `${t.testdir()}/state.db`
  const play = (sequence: number) => ({
    kind: 'command',
    sequence,
    body: {
      action: 'play',
      title: 'Thông báo',
      priority: 'urgent',
      items: [{ content: { kind: 'text', body: 'Mất điện' }, durationMs: 2_000 }],
    },
  })
  let lives = 0
  const life = async (start: WallMs, trust: ClockTrust, passMs: number) => {
    lives += 1
    const clock = stoppedClock(start, trust)
    const bench = await openAgentBench({ file, start, clock })
    await bench.pass(passMs, 1_000)
    await bench.deliver(play(lives))
    await bench.pass(3_000)
    await bench.stop()
  }
  await life(FIVE, 'synced', 61_000)
  await life(EPOCH, 'unsynced', 10_000)
  await life(EPOCH, 'unsynced', 1_000)
  const last = await openAgentBench({ file, start: EPOCH, clock: stoppedClock(EPOCH, 'unsynced') })
  const records = last.store.recentAsRuns(10).toReversed()
  t.same(
    records.map(({ clockTrust }) => clockTrust),
    ['synced', 'unsynced', 'unsynced'],
  )
  const starts = records.map(({ actualStart }) => Date.parse(actualStart ?? ''))
  t.same(
    starts,
    starts.toSorted((a, b) => a - b),
  )
  t.ok(starts.every((start) => start > FIVE && start < FIVE + 10 * 60_000))
  await last.stop()
})
