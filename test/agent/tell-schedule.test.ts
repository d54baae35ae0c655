/** What the agent tells of its plans is what it then does. */
import t, { type Test } from 'tap'
import { parseSchedule, parseWhy, type ScheduleAnswer, type WhyAnswer } from '../../config/schedule.ts'
import { wordsOf } from '../../config/words/language.ts'
import { tellSchedule, tellWhy, type Told } from '../../agent/tell-schedule.ts'
import { RULES } from '../../player/plan/candidates.ts'
import { PRIORITIES } from '../../player/plan/schedule.ts'
import { addMs, formatUtc, type WallMs } from '../../player/plan/time.ts'
import { mediaOf, openAgentBench, type AgentBench } from '../fixtures/agent-bench.ts'
import { FIVE } from '../fixtures/schedules.ts'

const MINUTE = 60_000
const sound = (minutes: number) => ({
  content: { kind: 'sound', sha256: mediaOf(minutes * MINUTE) },
  durationMs: minutes * MINUTE,
})

const DAY = {
  kind: 'schedule',
  body: {
    scheduleId: 'day',
    revision: 1,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    programmes: [
      {
        programmeId: 'news',
        title: 'Bản tin',
        priority: 'normal',
        start: '2026-11-20T05:00:00',
        rule: 'FREQ=DAILY',
        items: [sound(20)],
      },
      {
        programmeId: 'relay',
        title: 'VOV1',
        priority: 'priority',
        start: '2026-11-20T05:10:00',
        rule: 'FREQ=DAILY',
        items: [sound(5)],
      },
      {
        programmeId: 'late',
        title: 'Đêm',
        priority: 'normal',
        start: '2026-11-20T23:50:00',
        rule: 'FREQ=DAILY',
        items: [sound(30)],
      },
    ],
  },
}

const open = async (t: Test): Promise<AgentBench> => {
  const bench = await openAgentBench({ file: `${t.testdir()}/state.db`, start: addMs(FIVE, -MINUTE) })
  t.teardown(bench.stop)
  await bench.deliver(DAY)
  return bench
}

const valueOf = (told: Told): string => {
  if (told.kind === 'wrong') throw new Error(told.error)
  return JSON.stringify(told.value)
}
const schedule = async (bench: AgentBench, from: WallMs, until: WallMs): Promise<ScheduleAnswer> => {
  const query = new URLSearchParams({ from: formatUtc(from), until: formatUtc(until) })
  const parsed = parseSchedule(valueOf(await tellSchedule(bench.agent.world, query)))
  if (parsed.kind === 'malformed') throw new Error(parsed.detail)
  return parsed.answer
}
const why = async (bench: AgentBench, at: WallMs, output?: string): Promise<WhyAnswer> => {
  const query = new URLSearchParams({ at: formatUtc(at), ...(output === undefined ? {} : { output }) })
  const parsed = parseWhy(valueOf(await tellWhy(bench.agent.world, query)))
  if (parsed.kind === 'malformed') throw new Error(parsed.detail)
  return parsed.answer
}

const brief = (answer: ScheduleAnswer) =>
  answer.airings.map(({ output, programmeId, from, until }) => [
    output,
    programmeId,
    from.slice(5, 16),
    until.slice(5, 16),
  ])

t.test('a day with an interruption is told as it will be, and then it is so', async (t) => {
  const bench = await open(t)
  const answer = await schedule(bench, addMs(FIVE, -MINUTE), addMs(FIVE, 19 * 60 * MINUTE))
  t.match(answer, { device: 'box-1', clockTrusted: true, omitted: 0, from: '2026-11-21T04:59:00.000+07:00' })
  t.same(brief(answer), [
    ['cabinet', 'news', '11-21T05:00', '11-21T05:10'],
    ['cabinet', 'relay', '11-21T05:10', '11-21T05:15'],
    ['cabinet', 'news', '11-21T05:15', '11-21T05:25'],
    ['cabinet', 'late', '11-21T23:50', '11-22T00:00'],
  ])
  await bench.pass(30 * MINUTE, 1_000)
  t.match(
    bench.store
      .recentAsRuns(9)
      .toReversed()
      .map(({ programmeId, actualStart }) => [programmeId, actualStart?.slice(5, 16)]),
    [
      ['news', '11-21T05:00'],
      ['relay', '11-21T05:10'],
      ['news', '11-21T05:15'],
    ],
  )
})

t.test('tomorrow begins with what is still on from the evening before', async (t) => {
  const bench = await open(t)
  const midnight = addMs(FIVE, 19 * 60 * MINUTE)
  t.same(brief(await schedule(bench, midnight, addMs(midnight, 6 * 60 * MINUTE))), [
    ['cabinet', 'late', '11-22T00:00', '11-22T00:20'],
    ['cabinet', 'news', '11-22T05:00', '11-22T05:10'],
    ['cabinet', 'relay', '11-22T05:10', '11-22T05:15'],
    ['cabinet', 'news', '11-22T05:15', '11-22T05:25'],
  ])
  const faraway = addMs(midnight, 30 * 86_400_000)
  t.equal((await schedule(bench, faraway, addMs(faraway, 86_400_000))).airings.length, 5)
})

t.test('why says what wins over what, now and at a moment to come', async (t) => {
  const bench = await open(t)
  const now = await why(bench, addMs(FIVE, -MINUTE))
  t.match(now.outputs, [
    { id: 'cabinet', winner: null, losers: [] },
    { id: 'board', winner: null },
  ])
  const then = await why(bench, addMs(FIVE, 12 * MINUTE), 'cabinet')
  t.equal(then.outputs.length, 1)
  t.match(then.outputs[0], {
    winner: { programmeId: 'relay', issuer: 'commune', start: '2026-11-21T05:10:00.000+07:00' },
    losers: [{ programmeId: 'news', reason: 'lower-priority' }],
  })
  const after = await why(bench, addMs(FIVE, 17 * MINUTE), 'cabinet')
  t.match(after.outputs[0], {
    winner: {
      programmeId: 'news',
      start: '2026-11-21T05:00:00.000+07:00',
      effectiveStart: '2026-11-21T05:05:00.000+07:00',
      endsAt: '2026-11-21T05:25:00.000+07:00',
    },
    losers: [],
  })
  t.same((await why(bench, FIVE, 'siren')).outputs, [])
})

t.test('questions that make no sense are told so', async (t) => {
  const bench = await open(t)
  const { world } = bench.agent
  const ask = (from: string, until: string) => tellSchedule(world, new URLSearchParams({ from, until }))
  t.match(await ask('soon', 'later'), { kind: 'wrong' })
  t.match(await ask('2026-11-21T00:00:00Z', '2026-11-20T00:00:00Z'), { kind: 'wrong', error: /after/ })
  t.match(await ask('2026-11-20T00:00:00Z', '2026-11-20T01:00:00Z'), { kind: 'wrong', error: /after now/ })
  t.match(await ask('2026-11-22T00:00:00Z', '2026-11-24T00:00:01Z'), { kind: 'wrong', error: /at once/ })
  t.match(await tellWhy(world, new URLSearchParams()), { kind: 'wrong' })
})

t.test('every reason and every priority has words in both languages', async (t) => {
  const reasons = [...RULES.map(([name]) => name), 'muted', 'quiet-hours', 'media-missing', 'done', 'too-late']
  for (const language of ['vi', 'en'] as const) {
    const { schedule: words } = wordsOf(language)
    t.same(
      reasons.filter((reason) => words.reasons[reason] === undefined),
      [],
    )
    t.same(
      PRIORITIES.filter((priority) => words.priorities[priority] === undefined),
      [],
    )
  }
})
