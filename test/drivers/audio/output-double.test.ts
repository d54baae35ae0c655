import { test } from 'tap'
import { stoppedClock } from '../../fixtures/clock.ts'
import { outputContract } from '../../fixtures/output-contract.ts'
import { durationInUrl, outputDouble, SOME_MORNING, soundOf, type OutputDouble } from '../../fixtures/output-double.ts'

test('the double, under a stopped clock', async (t) => {
  const clock = stoppedClock(SOME_MORNING)
  const doubles = new Map<unknown, OutputDouble>()
  await outputContract(t, 'the double', {
    open: (listener) => {
      const double = outputDouble({ id: 'horn', medium: 'sound', clock, listener, durationOf: durationInUrl })
      doubles.set(double, double)
      return double
    },
    clock,
    pass: (ms) =>
      new Promise((resolve) => {
        clock.advance(ms)
        setImmediate(resolve)
      }),
    short: { playable: soundOf(600), durationMs: 600, lengthMs: null },
    long: { playable: soundOf(60_000), lengthMs: null },
    unreadable: { kind: 'stream', sources: [{ url: 'nonsense' }], fallback: null, silenceMs: null, goneMs: null },
    kill: (output) => doubles.get(output)!.kill(),
    toleranceMs: 15,
    patienceMs: 10_000,
  })
})

test('a pending play follows a calendar that is set', (t) => {
  const clock = stoppedClock(SOME_MORNING)
  const started: number[] = []
  const double = outputDouble({
    id: 'horn',
    medium: 'sound',
    clock,
    durationOf: durationInUrl,
    listener: (event) => {
      if (event.kind === 'started') started.push(event.at)
    },
  })
  const dueAt = SOME_MORNING + 3_600_000
  double.play({
    playId: 'a',
    playable: soundOf(1_000),
    offsetMs: 0,
    dueAt: dueAt as typeof SOME_MORNING,
    lengthMs: null,
    gainDb: 0,
    levellingDb: 0,
  })
  clock.advance(1_000)
  clock.step(3_600_000 - 2_000)
  t.strictSame(started, [])
  clock.advance(3_000)
  t.strictSame(started, [dueAt])
  t.end()
})
