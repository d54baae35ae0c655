/** Two loudspeakers of one box play one announcement: it is over when the last of them says so. */
import t from 'tap'
import { endFinishedLive } from '../../agent/live.ts'
import { pino } from 'pino'
import type { Slot } from '../../player/plan/slot.ts'
import { addMs } from '../../player/plan/time.ts'
import { createStage, type StageChange } from '../../player/play/stage.ts'
import { stoppedClock } from '../fixtures/clock.ts'
import { durationInUrl, outputDouble, SOME_MORNING } from '../fixtures/output-double.ts'

const slotOf = (output: string): Slot => ({
  slotId: 'live:noi-1#0.0',
  output,
  occurrenceId: 'live:noi-1',
  programmeId: 'live:noi-1',
  title: 'x',
  origin: { issuer: 'commune', sourceId: 'm', authorityArea: 'vn' },
  trigger: 'live',
  revision: null,
  priority: 'live',
  whenInterrupted: 'rejoin',
  itemIndex: 0,
  item: {
    content: { kind: 'stream', sources: [{ url: `memory:${output === 'near' ? 1_000 : 3_000}` }], goneMs: 10_000 },
    durationMs: 60_000,
  },
  effectiveStart: SOME_MORNING,
  plannedStart: SOME_MORNING,
  startsAt: SOME_MORNING,
  endsAt: addMs(SOME_MORNING, 60_000),
  trackOffsetMs: 0,
  over: null,
  gainDb: 0,
  clamp: null,
})

t.test('an announcement is over when the last output that plays it has ended it', async (t) => {
  const clock = stoppedClock(SOME_MORNING)
  const ended: string[] = []
  const dropped: string[] = []
  const world = {
    orders: { end: (overrideId: string) => (ended.push(overrideId), ['m']) },
    store: { drop: (messageId: string) => void dropped.push(messageId) },
    log: pino({ level: 'silent' }),
  }
  const changes: StageChange[] = []
  const listener: Parameters<typeof outputDouble>[0]['listener'] = (event) => {
    const change = stage.apply(event)
    if (change === null) return
    changes.push(change)
    if (change.kind === 'ended') endFinishedLive({ ...world, stage } as never, change)
  }
  const outputs = ['near', 'far'].map((id) =>
    outputDouble({ id, medium: 'sound', clock, listener, durationOf: durationInUrl }),
  )
  const stage = createStage(outputs, { source: () => null }, clock)
  for (const { id } of outputs)
    stage.play({
      ...{ playId: id, slot: slotOf(id), dueAt: SOME_MORNING, offsetMs: 0, lengthMs: 60_000 },
      ...{ levellingDb: null, ride: null },
    })
  clock.advance(1_500)
  t.equal(changes.filter(({ kind }) => kind === 'ended').length, 1)
  t.same(ended, [], 'the other one still sounds')
  clock.advance(2_000)
  t.same(ended, ['live:noi-1'])
  t.same(dropped, ['m'])
})
