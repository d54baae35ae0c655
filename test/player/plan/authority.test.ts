import t from 'tap'
import { type Airing } from '../../../player/plan/airings.ts'
import { evolve, evolved } from '../../../player/plan/evolve.ts'
import { explain } from '../../../player/plan/explain.ts'
import { overlapsIn } from '../../../player/plan/overlaps.ts'
import { plan, wantedAt } from '../../../player/plan/plan.ts'
import type { Programme } from '../../../player/plan/schedule.ts'
import type { PlanState } from '../../../player/plan/slot.ts'
import { timeline } from '../../../player/plan/sweep.ts'
import type { WallMs } from '../../../player/plan/time.ts'
import { compileVolume } from '../../../player/plan/volume.ts'
import { at, BOARD, CABINET, override, planState, programme, schedule, sound, text } from '../../fixtures/schedules.ts'

const ZONE = 'Asia/Ho_Chi_Minh'

const named = (state: PlanState, now: WallMs, output = CABINET): string => {
  const wanted = wantedAt(state, output, now)
  return wanted.kind === 'slot' ? wanted.slot.programmeId : wanted.kind
}

/** What is on the cabinet, from second to second. */
const story = (state: PlanState, seconds: number): string[] =>
  timeline(state, at(0), at(seconds * 1_000))
    .segments.filter(({ output }) => output === 'cabinet')
    .map(({ programmeId, from, until }) => `${programmeId} ${(from - at(0)) / 1_000}-${(until - at(0)) / 1_000}`)

const minute = (programmeId: string, rest: Partial<Programme> = {}) =>
  programme(programmeId, [sound('a', 60_000)], rest)

t.test('ưu tiên plays first in the programme, and thông thường is heard whole after it', (t) => {
  const state = planState({ schedules: [schedule([minute('normal'), minute('first', { priority: 'priority' })])] })
  t.same(story(state, 300), ['first 0-60', 'normal 60-120'])
  t.end()
})

t.test(
  'what waits does as it declares: resume and restart begin after, skip is missed, rejoin follows the clock',
  (t) => {
    const behind = (whenInterrupted: Programme['whenInterrupted']) =>
      planState({
        schedules: [
          schedule([
            programme('urgent', [sound('u', 30_000)], { priority: 'urgent' }),
            minute('waits', { whenInterrupted }),
          ]),
        ],
      })
    t.same(story(behind('resume'), 300), ['urgent 0-30', 'waits 30-90'])
    t.same(story(behind('restart'), 300), ['urgent 0-30', 'waits 30-90'])
    t.same(story(behind('skip'), 300), ['urgent 0-30'])
    t.same(story(behind('rejoin'), 300), ['urgent 0-30', 'waits 30-60'])
    const { missed, airings } = evolve(behind('skip'), { from: at(-1), to: at(0) })
    t.match(missed, [{ because: 'displaced', occurrence: { programme: { programmeId: 'waits' } } }])
    t.match(airings, [{ state: 'done', output: 'cabinet' }])
    t.end()
  },
)

const doneUrgent = (): Airing[] =>
  ['province:day:gấp', 'commune:day:gấp-xã'].map((id) => ({
    occurrenceId: `${id}@20261120T220000Z`,
    output: 'cabinet',
    effectiveStart: at(0),
    heardMs: 60_000,
    state: 'done' as const,
  }))

t.test(
  'where programmes of one class clash the commune decides, over any other authority; khẩn cấp is not its to order',
  (t) => {
    const province = schedule([minute('tỉnh'), minute('gấp', { priority: 'urgent' })], 'province', 'vn/08')
    const arrangement = [
      { issuer: 'commune', programmeId: 'xã' },
      { issuer: 'province', programmeId: 'tỉnh' },
      { issuer: 'commune', programmeId: 'gấp-xã' },
    ]
    const commune = (rest = {}) =>
      schedule([minute('xã'), minute('gấp-xã', { priority: 'urgent' })], 'commune', 'vn/08/02215', rest)
    t.same(story(planState({ schedules: [province, commune()] }), 600), [
      'gấp 0-60',
      'gấp-xã 60-120',
      'tỉnh 120-180',
      'xã 180-240',
    ])
    t.same(story(planState({ schedules: [province, commune({ arrangement })] }), 600), [
      'gấp 0-60',
      'gấp-xã 60-120',
      'xã 120-180',
      'tỉnh 180-240',
    ])
    const above = schedule([], 'central', 'vn', { arrangement: [{ issuer: 'province', programmeId: 'tỉnh' }] })
    t.equal(
      named(planState({ schedules: [above, province, commune({ arrangement })], airings: doneUrgent() }), at(0)),
      'xã',
      'of two arrangements that of the narrower area counts',
    )
    t.end()
  },
)

const alert = (id: string, seconds: number, gravity: number, rest = {}) =>
  override(id, [sound(id, seconds * 1_000), text(id, 600_000)], at(0), at(600_000), {
    gravity,
    repeatPauseMs: 5_000,
    ...rest,
  })

/** Who speaks, second by second, as decisions made each second come to it. */
const speaking = (state: PlanState, seconds: number): string[] => {
  const said: string[] = []
  let lived = state
  for (let second = 0; second < seconds; second += 1) {
    lived = evolved(lived, evolve(lived, { from: at((second - 1) * 1_000), to: at(second * 1_000) }))
    const who = named(lived, at(second * 1_000))
    if (said.at(-1)?.split(' ')[0] !== who) said.push(`${who} ${second}`)
  }
  return said
}

t.test('of several alerts each is heard, the gravest first, then a pause, then again', (t) => {
  const state = planState({ overrides: [alert('minor', 10, 5), alert('grave', 20, 1)] })
  t.same(speaking(state, 75), ['grave 0', 'minor 20', 'hold 30', 'grave 35', 'minor 55', 'hold 65', 'grave 70'])
  t.end()
})

t.test('a graver newcomer cuts in, and what it cut is heard from its beginning; a lesser one waits its turn', (t) => {
  const state = planState({
    overrides: [
      alert('first', 20, 3),
      alert('graver', 10, 1, { startsAt: at(5_000) }),
      alert('lesser', 10, 7, { startsAt: at(6_000) }),
    ],
  })
  t.same(speaking(state, 55), ['first 0', 'graver 5', 'first 15', 'lesser 35', 'hold 45', 'graver 50'])
  const pictured = (seconds: number) => named(state, at(seconds * 1_000), BOARD)
  t.same(
    [0, 5.5, 6, 22, 37, 52].map(pictured),
    ['first', 'graver', 'graver', 'first', 'lesser', 'graver'],
    'a board turns their pages',
  )
  t.end()
})

t.test('an alert that is called off hands over at once; the next is heard from its beginning', (t) => {
  const both = planState({ overrides: [alert('a', 20, 1), alert('b', 20, 2)] })
  const at7 = evolved(both, evolve(both, { from: at(0), to: at(7_000) }))
  const without = { ...at7, overrides: at7.overrides.filter(({ overrideId }) => overrideId !== 'a') }
  const wanted = wantedAt(without, CABINET, at(7_000))
  t.match(wanted, { slot: { programmeId: 'b', effectiveStart: at(7_000) } })
  t.end()
})

t.test('an alert of the same name that comes after the first has ended is heard from its beginning', (t) => {
  const first = planState({ overrides: [alert('flood', 20, 0, { until: at(60_000) })] })
  const heard = evolved(first, evolve(first, { from: at(0), to: at(30_000) }))
  const quiet = { ...heard, overrides: [] }
  const forgot = evolved(quiet, evolve(quiet, { from: at(30_000), to: at(60_000) }))
  const again = { ...forgot, overrides: [alert('flood', 20, 0, { startsAt: at(95_000) })] }
  t.match(wantedAt(again, CABINET, at(95_000)), { slot: { programmeId: 'flood', effectiveStart: at(95_000) } })
  t.end()
})

t.test('words that are still being made are waited for in silence, and nothing lower is heard meanwhile', (t) => {
  const music = schedule([minute('music')])
  const siren = alert('flood', 4, 0, { sound: 'awaited' })
  const state = planState({ schedules: [music], overrides: [siren] })
  t.equal(named(state, at(1_000)), 'flood')
  t.equal(named(state, at(9_000)), 'hold')
  const silent = planState({
    schedules: [music],
    overrides: [{ ...siren, items: siren.items.filter(({ content }) => content.kind === 'text') }],
  })
  t.equal(named(silent, at(1_000)), 'hold', 'without a siren too')
  t.end()
})

t.test('an alert of a lower class that is talked over begins anew afterwards', (t) => {
  const urgent = alert('rain', 20, 9, { priority: 'urgent', repeatPauseMs: null })
  const live = override('live', [sound('mic', 600_000)], at(5_000), at(30_000), { trigger: 'live', priority: 'live' })
  const state = planState({ overrides: [urgent, live], schedules: [schedule([minute('music')])] })
  t.same(speaking(state, 70).slice(0, 4), ['rain 0', 'live 5', 'rain 30', 'music 50'], 'and is heard once')
  t.end()
})

t.test('quiet hours silence what they bind, lower what they cap, and never an alert', (t) => {
  const news = schedule([minute('news', { gainDb: -2 }), minute('ads', { priority: 'filler' })])
  const volume = compileVolume(
    [
      { from: '05:00', until: '05:10', priorities: ['filler'], silent: true },
      { from: '05:00', until: '05:10', priorities: ['normal', 'live'], ceilingDb: -20 },
    ],
    ZONE,
  )
  const state = planState({ schedules: [news], volume, levelDb: () => -6, trimDb: () => -6 })
  const slot = wantedAt(state, CABINET, at(0))
  t.match(slot, { slot: { programmeId: 'news', gainDb: -14, clamp: { askedDb: -8, ceilingDb: -20 } } })
  const ads = planState({ schedules: [schedule([minute('ads', { priority: 'filler' })])], volume })
  t.same(wantedAt(ads, CABINET, at(0)), { kind: 'nothing', because: 'quiet-hours' })
  const loud = planState({ overrides: [alert('flood', 10, 0)], volume, levelDb: () => -6, trimDb: () => -6 })
  t.match(wantedAt(loud, CABINET, at(0)), { slot: { gainDb: 0, clamp: null } })
  const before = planState({
    schedules: [schedule([minute('news', { recurrence: { start: '2026-11-21T04:59:30', timeZone: ZONE } })])],
    volume,
  })
  t.equal(plan(before, at(-30_000)).askAgainAt, at(0), 'asked again when the hour begins')
  t.end()
})

t.test(
  'the level of a play is what was ordered over the trim, and the level of its priority; an alert is never turned down',
  (t) => {
    const volume = compileVolume([], ZONE, { normal: -4, live: -2 })
    const given = { schedules: [schedule([minute('news', { gainDb: -2 })])], volume, trimDb: () => -6 }
    const gainOf = (state: Parameters<typeof planState>[0]) => {
      const wanted = wantedAt(planState(state), CABINET, at(0))
      return wanted.kind === 'slot' ? wanted.slot.gainDb : wanted
    }
    t.equal(gainOf({ ...given, levelDb: () => -6 }), -6, 'nothing was ordered')
    t.equal(gainOf({ ...given, levelDb: () => -20 }), -20, 'turned down by 14 dB')
    t.equal(gainOf({ ...given, levelDb: () => 0 }), 0, 'turned up by 6 dB')
    const alone = { overrides: [alert('flood', 10, 0)], volume, trimDb: () => -6 }
    t.equal(gainOf({ ...alone, levelDb: () => -96 }), 0, 'at the trim, whatever was ordered')
    t.equal(gainOf({ ...alone, levelDb: () => 0 }), 6, 'turned up with everything else')
    t.end()
  },
)

t.test('a mute silences everything but alerts and pictures', (t) => {
  const isMuted = (output: string) => output === CABINET.id
  const schedules = [schedule([minute('news')])]
  t.same(wantedAt(planState({ schedules, isMuted }), CABINET, at(0)), { kind: 'nothing', because: 'muted' })
  t.match(wantedAt(planState({ schedules }), CABINET, at(0)), { kind: 'slot' })
  const both = planState({ schedules, overrides: [alert('flood', 10, 0)], isMuted })
  t.match(wantedAt(both, CABINET, at(0)), { slot: { programmeId: 'flood' } })
  t.match(explain(planState({ schedules, isMuted }), CABINET, at(0)), { winner: null, losers: [{ reason: 'muted' }] })
  t.end()
})

t.test('every claim has its reason, and the winner has none above it', (t) => {
  const volume = compileVolume([{ from: '05:00', until: '06:00', priorities: ['filler'], silent: true }], ZONE)
  const state = planState({
    schedules: [
      schedule([
        minute('tin-xa'),
        minute('sau', { recurrence: { start: '2026-11-21T05:00:10', timeZone: ZONE } }),
        minute('nhac', { priority: 'filler' }),
        minute('uu-tien', { priority: 'priority' }),
        minute('thieu', { priority: 'urgent', items: [sound('missing', 60_000)] }),
        minute('khong-vao', { lateJoin: 'skip' }),
      ]),
      schedule([minute('tin-tinh')], 'province', 'vn/08'),
    ],
    overrides: [override('noi', [sound('mic', 60_000)], at(0), at(60_000), { trigger: 'live', priority: 'live' })],
    playable: ({ content }) => !('sha256' in content) || !content.sha256.startsWith('missing'),
    volume,
  })
  const why = explain(state, CABINET, at(20_000))
  t.match(why.winner, { programmeId: 'noi', trigger: 'live' })
  t.same(
    why.losers.map(({ programmeId, reason }) => [programmeId, reason]),
    [
      ['thieu', 'media-missing'],
      ['uu-tien', 'lower-priority'],
      ['tin-tinh', 'lower-priority'],
      ['tin-xa', 'lower-priority'],
      ['sau', 'lower-priority'],
      ['nhac', 'quiet-hours'],
      ['khong-vao', 'too-late'],
    ],
  )
  const calm = explain({ ...state, overrides: [] }, CABINET, at(20_000))
  t.match(calm.winner, { programmeId: 'uu-tien' })
  const communeOnly = explain(planState({ schedules: state.schedules }), CABINET, at(20_000))
  t.match(
    communeOnly.losers.find(({ programmeId }) => programmeId === 'tin-xa'),
    { reason: 'lower-priority' },
  )
  t.equal(explain({ ...state, clockTrusted: false }, CABINET, at(20_000)).clockTrusted, false)
  t.end()
})

t.test('of two of one class the reason is told: area, start, name', (t) => {
  const reasonBetween = (...schedules: PlanState['schedules']) =>
    explain(planState({ schedules }), CABINET, at(20_000)).losers.map(({ reason }) => reason)
  const later = { recurrence: { start: '2026-11-21T05:00:10', timeZone: ZONE } }
  t.same(reasonBetween(schedule([minute('a')]), schedule([minute('b')], 'province', 'vn/08')), ['narrower-authority'])
  t.same(reasonBetween(schedule([minute('a'), minute('b', later)])), ['other-start'])
  t.same(reasonBetween(schedule([minute('a'), minute('b')])), ['later-name'])
  const arrangement = [{ issuer: 'commune', programmeId: 'b' }]
  t.same(
    reasonBetween(
      schedule([minute('b', later)], 'commune', 'vn/08/02215', { arrangement }),
      schedule([minute('a')], 'province', 'vn/08'),
    ),
    ['later-in-arrangement'],
  )
  t.end()
})

t.test('programmes of one schedule that clash are named, once each, and counted', (t) => {
  const daily = (time: string) => ({ recurrence: { start: `2026-11-21T${time}`, timeZone: ZONE, rule: 'FREQ=DAILY' } })
  const compiled = schedule([
    minute('a', daily('05:00:00')),
    minute('b', daily('05:00:30')),
    minute('after-b', daily('05:01:30')),
    minute('louder', { ...daily('05:00:00'), priority: 'urgent' }),
    programme('board-only', [text('x', 60_000)], daily('05:00:00')),
  ])
  const span = { from: at(-3_600_000), until: at(3 * 86_400_000 - 3_600_000) }
  const found = overlapsIn(compiled, [CABINET, BOARD], span)
  t.equal(found.count, 3, 'three days')
  t.same(found.first, [{ output: 'cabinet', at: at(30_000), plays: 'a', waits: 'b' }])
  t.end()
})

t.test('a schedule that is replaced takes what it no longer names off the air, a moved airing too', (t) => {
  const airing = (programmeId: string): Airing => ({
    occurrenceId: `commune:day:${programmeId}@20261120T220000Z`,
    output: 'cabinet',
    effectiveStart: at(0),
    heardMs: 0,
    state: 'running',
  })
  t.equal(named(planState({ schedules: [schedule([minute('other')])], airings: [airing('gone')] }), at(1_000)), 'other')
  const moved = minute('moved', { recurrence: { start: '2026-11-22T05:00:00', timeZone: ZONE } })
  t.equal(named(planState({ schedules: [schedule([moved])], airings: [airing('moved')] }), at(1_000)), 'nothing')
  t.end()
})
