import fc from 'fast-check'
import { test } from 'tap'
import {
  ANNOUNCEMENT_RETRY_MS,
  decideSources,
  firstSources,
  labelOf,
  reasonOf,
  RETRY_MS,
  RETRY_MS_MAX,
  retryMs,
  SILENT_RETRY_MS,
  SILENT_RETRY_MS_MAX,
  type SourceEffect,
  type SourceEvent,
  type Sources,
  STABLE_MS,
  type Which,
} from '../../../drivers/audio/sources.ts'

const said = (effect: SourceEffect) => `${effect.do} ${labelOf(effect.which)}`

/** Runs events one after the other, each with the moment at which it comes. */
const live = (
  parts: Partial<Parameters<typeof firstSources>[0]>,
  ...events: [number, SourceEvent][]
): { state: Sources; done: string[] } => {
  let state = firstSources({ count: 3, hasFallback: true, isAnnouncement: false, ...parts })
  const done: string[] = []
  for (const [nowMs, event] of [[0, { kind: 'begin' }] as [number, SourceEvent], ...events]) {
    const { next, effects } = decideSources(state, event, { nowMs, chance: 0.5 })
    state = next
    done.push(effects.map(said).join(', '))
  }
  return { state, done }
}
const failed = (which: Which, why = 'broken'): SourceEvent => ({ kind: 'failed', which, why })
const gave = (which: Which): SourceEvent => ({ kind: 'gave', which })
const proved = (which: Which): SourceEvent => ({ kind: 'proved', which })
const silent = (which: Which): SourceEvent => ({ kind: 'silent', which, why: 'silent for 15 s' })
const tick: SourceEvent = { kind: 'tick' }

test('the first source is tried first, and nothing else while it is heard', (t) => {
  const { state, done } = live({}, [10, gave(0)], [500_000, tick])
  t.strictSame(done, ['start 1', 'air 1', ''])
  t.equal(state.retryAtMs, null)
  t.equal(reasonOf(state), null)
  t.end()
})

test('each source gives way to the next, and the last to the fallback', (t) => {
  const { state, done } = live({}, [1, gave(0)], [2, failed(0, 'HTTP 404')], [3, failed(1)], [4, failed(2)])
  t.strictSame(done, ['start 1', 'air 1', 'start 2', 'start 3', 'start fallback'])
  const then = decideSources(state, gave('fallback'), { nowMs: 5, chance: 0.5 })
  t.strictSame(then.effects.map(said), ['air fallback'])
  t.equal(reasonOf(then.next), 'source 1: HTTP 404; source 2: broken; source 3: broken')
  t.equal(then.next.retryAtMs, 5 + RETRY_MS)
  t.end()
})

test('a better source is tried beside what is heard, and taken only when it has proved itself', (t) => {
  const at = 2 + RETRY_MS
  const { state, done } = live(
    {},
    [1, failed(0)],
    [2, gave(1)],
    [at - 1, tick],
    [at, tick],
    [at + 1, gave(0)],
    [at + 2, proved(0)],
  )
  t.strictSame(done, ['start 1', 'start 2', 'air 2', '', 'start 1', '', 'drop 2, air 1'])
  t.equal(state.retryAtMs, null, 'there is nothing better than the first')
  t.equal(reasonOf(state), null)
  t.end()
})

test('on the fallback, every source is tried in each round, with growing pauses', (t) => {
  const start: [number, SourceEvent][] = [
    [1, failed(0)],
    [2, gave('fallback')],
  ]
  const round = (at: number): [number, SourceEvent][] => [
    [at, tick],
    [at, failed(0)],
  ]
  const first = live({ count: 1 }, ...start, ...round(2 + RETRY_MS))
  t.strictSame(first.done.slice(3), ['start 1', ''])
  t.equal(first.state.retryAtMs, 2 + RETRY_MS + 2 * RETRY_MS)
  const second = live({ count: 1 }, ...start, ...round(2 + RETRY_MS), ...round(2 + 3 * RETRY_MS))
  t.equal(second.state.retryAtMs, 2 + 3 * RETRY_MS + 4 * RETRY_MS)
  t.equal(retryMs({ ...second.state, failures: 99 }, 0.5), RETRY_MS_MAX)
  t.equal(retryMs({ ...second.state, failures: 99 }, 1), RETRY_MS_MAX * 1.2, 'chance spreads the boxes of a province')
  t.strictSame(
    live(
      { count: 2 },
      [1, failed(0)],
      [2, failed(1)],
      [3, gave('fallback')],
      [99_000, tick],
      [99_001, failed(0)],
    ).done.at(-1),
    'start 2',
  )
  t.end()
})

test('while nothing sounds, all of them are tried sooner, and the first that gives anything is taken', (t) => {
  const none = live({ count: 2, hasFallback: false }, [1, failed(0)], [2, failed(1)])
  t.equal(none.state.on, null)
  const at = none.state.retryAtMs!
  t.ok(at <= 2 + 2 * SILENT_RETRY_MS)
  const again = live(
    { count: 2, hasFallback: false },
    [1, failed(0)],
    [2, failed(1)],
    [at, tick],
    [at, failed(0)],
    [at, gave(1)],
  )
  t.strictSame(again.done.slice(3), ['start 1', 'start 2', 'air 2'])
  t.equal(retryMs({ ...none.state, failures: 99 }, 0.5), SILENT_RETRY_MS_MAX)
  const announcement = live({ count: 1, hasFallback: false, isAnnouncement: true }, [1, failed(0)])
  t.equal(announcement.state.retryAtMs, 1 + ANNOUNCEMENT_RETRY_MS)
  t.end()
})

test('what is tried beside a source that fails is the next, since anything is better than nothing', (t) => {
  const at = 3 + RETRY_MS
  const start: [number, SourceEvent][] = [
    [1, failed(0)],
    [2, gave(1)],
    [at, tick],
    [at + 1, failed(1, 'lost')],
  ]
  t.strictSame(live({}, ...start, [at + 2, gave(0)]).done.slice(4), ['', 'air 1'])
  t.strictSame(
    live({}, ...start, [at + 2, failed(0)]).done.slice(4),
    ['', 'start 3'],
    'and if it fails too, on it goes',
  )
  t.end()
})

test('silence counts as a failure where there is anything else', (t) => {
  t.strictSame(live({}, [1, gave(0)], [20_000, silent(0)]).done.at(-1), 'drop 1, start 2')
  const on = live({ count: 1 }, [1, gave(0)], [20_000, silent(0)], [20_001, gave('fallback')])
  t.strictSame(on.done.slice(2), ['drop 1, start fallback', 'air fallback'])
  t.ok(on.state.silent.has(0), 'and it is on trial until it sounds')
  const back = decideSources(on.state, tick, { nowMs: 99_000, chance: 0.5 })
  const quiet = decideSources(back.next, silent(0), { nowMs: 120_000, chance: 0.5 })
  t.strictSame(quiet.effects.map(said), ['drop 1'], 'tried again and still silent')
  t.equal(quiet.next.on, 'fallback')
  t.end()
})

test('a silent source without an alternative is kept, and said to be silent', (t) => {
  const alone = { count: 1, hasFallback: false }
  const { state, done } = live(alone, [1, gave(0)], [20_000, silent(0)])
  t.equal(done.at(-1), '')
  t.equal(state.isMuted, true)
  t.equal(reasonOf(state), 'source 1: silent for 15 s')
  const back = live(alone, [1, gave(0)], [20_000, silent(0)], [30_000, { kind: 'sounds', which: 0 }])
  t.equal(back.state.isMuted, false)
  t.equal(reasonOf(back.state), null)
  t.end()
})

test('a source that comes and goes is tried less and less often, until it has lasted', (t) => {
  const flap = (onAirMs: number) => {
    const at = 2 + RETRY_MS
    return (
      live(
        { count: 1 },
        [1, failed(0)],
        [2, gave('fallback')],
        [at, tick],
        [at, proved(0)],
        [at + onAirMs, failed(0)],
        [at + onAirMs, gave('fallback')],
      ).state.retryAtMs! -
      (at + onAirMs)
    )
  }
  t.equal(flap(STABLE_MS - 1), 2 * RETRY_MS)
  t.equal(flap(STABLE_MS), RETRY_MS)
  t.end()
})

test('whatever happens in whatever order, something is heard, tried, or waited for', (t) => {
  const which = fc.oneof(fc.nat({ max: 3 }), fc.constant('fallback' as const))
  const event: fc.Arbitrary<SourceEvent> = fc.oneof(
    fc.constant(tick),
    fc.record({ kind: fc.constantFrom('gave' as const, 'proved' as const, 'sounds' as const), which }),
    fc.record({ kind: fc.constantFrom('failed' as const, 'silent' as const), which, why: fc.constant('x') }),
  )
  const parts = fc.record({
    count: fc.integer({ min: 1, max: 4 }),
    hasFallback: fc.boolean(),
    isAnnouncement: fc.boolean(),
  })
  fc.assert(
    fc.property(parts, fc.array(fc.tuple(fc.nat({ max: 30_000 }), event), { maxLength: 60 }), (begin, events) => {
      let state = firstSources(begin)
      const alive = new Set<Which>()
      let nowMs = 0
      const apply = (next: SourceEvent) => {
        // The process of a source that has failed is gone by itself.
        if (next.kind === 'failed') alive.delete(next.which)
        const outcome = decideSources(state, next, { nowMs, chance: 0.5 })
        state = outcome.next
        for (const effect of outcome.effects) {
          if (effect.do === 'start') {
            if (alive.has(effect.which)) throw new Error('started twice')
            if (effect.which === 'fallback' ? !begin.hasFallback : effect.which >= begin.count)
              throw new Error('unknown')
            alive.add(effect.which)
          } else if (effect.do === 'drop') alive.delete(effect.which)
          else if (!alive.has(effect.which)) throw new Error('on the air without a process')
        }
        const wanted = [state.on, state.trying?.which ?? null].filter((each) => each !== null)
        if (new Set(wanted).size !== wanted.length) throw new Error('tried although it is on the air')
        if ([...alive].sort().join() !== wanted.sort().join()) throw new Error('a process that nobody wants, or none')
        const isBest = state.on === 0
        const isWaiting = state.trying !== null || state.retryAtMs !== null
        if (!isBest && !isWaiting) throw new Error('nothing will ever change')
        if (state.trying === null && state.todo.length > 0) throw new Error('forgotten')
      }
      apply({ kind: 'begin' })
      for (const [passedMs, next] of events) {
        nowMs += passedMs
        // Only what runs can have anything to say.
        if ('which' in next && !alive.has(next.which)) continue
        apply(next)
      }
    }),
    { numRuns: 2_000 },
  )
  t.end()
})
