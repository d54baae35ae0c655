import { test } from 'tap'
import type { ScheduleBody } from '../../../agent/protocol/downlink.ts'
import type { AsRunRecord } from '../../../agent/protocol/uplink.ts'
import { parseWall, wallMs } from '../../../player/plan/time.ts'
import type { Device } from '../../../scripts/head-end/device-store.ts'
import { makeReport, type ReportInput } from '../../../scripts/head-end/report.ts'
import { reportText } from '../../../scripts/head-end/report-text.ts'
import type { PublishedSchedule } from '../../../scripts/head-end/sent-store.ts'
import { wordsOf } from '../../../scripts/head-end/words.ts'
import { BOX_AREA, makeBox } from './box.ts'

const DAY = '2026-11-21'
const FROM = parseWall('2026-11-20T17:00:00Z')
const UNTIL = parseWall('2026-11-21T17:00:00Z')
/** 05:30 in the commune. */
const MORNING = parseWall('2026-11-20T22:30:00Z')
const EVENING = parseWall('2026-11-21T13:00:00Z')

const SOUND = { content: { kind: 'sound' as const, sha256: 'ab'.repeat(32) }, durationMs: 60_000 }
const TEXT = { content: { kind: 'text' as const, body: 'Xin chào' }, durationMs: 20_000 }

const schedule = (
  issued: number,
  programmes: ScheduleBody['programmes'],
  target = 'area:vn/08/02215',
): PublishedSchedule => ({
  issuer: 'xa-02215',
  target,
  issued: wallMs(issued),
  body: {
    scheduleId: 's',
    revision: 1,
    validFrom: '2026-11-01T00:00:00Z',
    validUntil: '2026-12-01T00:00:00Z',
    programmes,
  },
})

const daily = (programmeId: string, clock: string, rest: Partial<ScheduleBody['programmes'][number]> = {}) => ({
  programmeId,
  title: `Bản tin ${programmeId}`,
  priority: 'normal' as const,
  start: `2026-11-01T${clock}`,
  rule: 'FREQ=DAILY',
  items: [SOUND],
  ...rest,
})

const device = (name: string, parts: Partial<Device> = {}): Device => ({
  device: name,
  area: BOX_AREA,
  groups: ['cho'],
  state: 'online',
  cause: 'birth',
  at: FROM,
  outputs: [
    { id: 'loa', medium: 'sound' },
    { id: 'bang', medium: 'picture' },
  ],
  agentVersion: '0.1.0',
  receivedAt: FROM,
  ...parts,
})

const BOX = makeBox('loa-1')
const PUBLISHED = wallMs(FROM - 86_400_000)
const report = (parts: Partial<ReportInput>) =>
  makeReport({
    schedules: [schedule(PUBLISHED, [daily('sang', '05:30:00')])],
    devices: [device('loa-1')],
    records: [],
    from: FROM,
    until: UNTIL,
    now: UNTIL,
    ...parts,
  })

test('an airing that was played shows its share, its delay and how it ended', (t) => {
  const records = [
    BOX.record({ programmeId: 'sang', plannedStart: MORNING, lateMs: 25, heardMs: 45_000, ended: 'pre-empted' }),
  ]
  const { rows, unplanned } = report({ records })
  t.equal(rows.length, 1, 'on the loudspeaker alone, since it has no picture')
  t.match(rows[0], { device: 'loa-1', output: 'loa', plannedMs: 60_000, lateMs: 25, heardMs: 45_000, share: 0.75 })
  t.match(rows[0], { ended: ['pre-empted'], state: 'played', plannedStart: MORNING })
  t.same(unplanned, [])
  t.end()
})

test('what a box heard of it outside is in the report, and the worst of its records counts', (t) => {
  const heard = { verdict: 'heard', levelDb: 0.4, delayMs: 31, confidence: 0.98, looks: 40 } as const
  const lost = { verdict: 'not-heard', levelDb: null, delayMs: null, confidence: 0.8, looks: 18 } as const
  const part = { programmeId: 'sang', plannedStart: MORNING, heardMs: 20_000 }
  const outside = (...parts: (AsRunRecord['heard'] | 'none')[]) => {
    const box = makeBox('loa-1')
    const records = parts.map((each) =>
      box.record({ ...part, ...(each === 'none' || each === undefined ? {} : { heard: each }) }),
    )
    return report({ records }).rows[0]?.outside
  }
  t.equal(outside(heard), 'heard')
  t.equal(outside(heard, lost), 'not-heard')
  t.equal(outside('none'), null, 'no ear')
  t.equal(outside(null), null, 'an ear that could not tell')
  t.equal(outside(null, heard), 'heard')
  t.end()
})

test('what was interrupted and resumed is one airing', (t) => {
  const records = [
    BOX.record({ programmeId: 'sang', plannedStart: MORNING, heardMs: 20_000, ended: 'pre-empted' }),
    BOX.record({ programmeId: 'sang', plannedStart: MORNING, lateMs: 50_000, heardMs: 40_000 }),
  ]
  const { rows } = report({ records })
  t.match(rows[0], { heardMs: 60_000, share: 1, ended: ['pre-empted', 'finished'], lateMs: 12 })
  t.end()
})

test('an airing without a record is missing once it is over, and due before', (t) => {
  const states = (now: number) => report({ now: wallMs(now) }).rows.map((row) => row.state)
  t.same(states(MORNING + 59_999), ['due'])
  t.same(states(MORNING + 60_000), ['missing'])
  const failed = BOX.record({ programmeId: 'sang', plannedStart: MORNING, lateMs: null, ended: 'failed' })
  t.match(report({ records: [failed] }).rows[0], { state: 'missing', ended: ['failed'], share: 0 })
  t.end()
})

test('each output of each box of the target is counted for what it can play', (t) => {
  const both = daily('sang', '05:30:00', { items: [SOUND, SOUND, TEXT] })
  const named = daily('bang', '06:30:00', { items: [SOUND, TEXT], outputs: ['bang'] })
  const devices = [device('loa-1'), device('loa-2', { groups: [] }), device('elsewhere', { area: 'vn/08/02218' })]
  const placesOf = (target: string) =>
    report({ schedules: [schedule(PUBLISHED, [both, named], target)], devices }).rows.map(
      (row) => `${row.programmeId} ${row.device}/${row.output} ${row.plannedMs}`,
    )
  t.same(placesOf('area:vn/08/02215'), [
    'sang loa-1/loa 120000',
    'sang loa-1/bang 20000',
    'sang loa-2/loa 120000',
    'sang loa-2/bang 20000',
    'bang loa-1/bang 20000',
    'bang loa-2/bang 20000',
  ])
  t.equal(placesOf('group:cho/vn/08/02215').length, 3)
  t.equal(placesOf('device:elsewhere').length, 3)
  t.end()
})

test('only what was promised at the time counts as planned', (t) => {
  const before = schedule(PUBLISHED, [daily('sang', '05:30:00'), daily('toi', '20:00:00')])
  const after = schedule(parseWall('2026-11-21T03:00:00Z'), [daily('sang', '05:30:00'), daily('trua', '11:00:00')])
  const { rows } = report({ schedules: [before, after] })
  t.same(
    rows.map((row) => `${row.programmeId} ${row.plannedStart}`),
    [`sang ${MORNING}`, `trua ${parseWall('2026-11-21T04:00:00Z')}`],
    'the evening was taken back; the morning is the old one’s, not counted twice',
  )
  const late = schedule(MORNING + 60_000, [daily('sang', '05:30:00')])
  t.same(report({ schedules: [late] }).rows, [], 'over before it was published')
  const within = schedule(MORNING + 59_999, [daily('sang', '05:30:00')])
  t.equal(report({ schedules: [within] }).rows.length, 1, 'published while it should run')
  t.end()
})

test('alerts, and what nobody planned, stand apart', (t) => {
  const records = [
    BOX.record({ programmeId: 'sang', plannedStart: MORNING }),
    BOX.record({
      programmeId: 'sang',
      plannedStart: MORNING,
      trigger: { kind: 'alert', sourceId: 'a', revision: null },
    }),
    BOX.record({ programmeId: 'ghost', plannedStart: EVENING }),
    BOX.record({ programmeId: 'ghost', plannedStart: UNTIL }),
  ]
  t.same(
    report({ records }).unplanned.map((record) => `${record.programmeId} ${record.trigger.kind}`),
    ['sang alert', 'ghost schedule'],
    'of this day alone',
  )
  t.end()
})

test('an airing over midnight belongs to the day on which it began', (t) => {
  const schedules = [schedule(PUBLISHED, [daily('dem', '23:59:30', { items: [SOUND, SOUND] })])]
  const yesterday = FROM - 30_000
  const records = [
    BOX.record({ programmeId: 'dem', plannedStart: yesterday }),
    BOX.record({ programmeId: 'dem', plannedStart: yesterday + 60_000, itemIndex: 1 }),
  ]
  const { rows, unplanned } = report({ schedules, records, now: FROM })
  t.same(unplanned, [], 'the second item is of today, its airing of yesterday')
  t.same(
    rows.map((row) => `${row.plannedStart} ${row.state}`),
    [`${UNTIL - 30_000} due`],
  )
  t.end()
})

test('the report reads well in both languages', (t) => {
  const records = [BOX.record({ programmeId: 'sang', plannedStart: MORNING, lateMs: 25 })]
  const schedules = [schedule(PUBLISHED, [daily('sang', '05:30:00'), daily('trua', '11:00:00')])]
  const facts = {
    report: report({ schedules, records }),
    day: DAY,
    breaks: [{ device: 'loa-1', epoch: 'e', reason: 'gap' as const, sequence: 6, recordId: null, missingFrom: 3 }],
    recordCount: 1,
    alarms: [
      {
        device: 'loa-1',
        alarmId: 'a',
        code: 'device-missing',
        subject: 'loa',
        detail: 'x',
        raisedAt: FROM,
        clearedAt: null,
      },
    ],
    refusedCount: 2,
  }
  const text = (language: 'vi' | 'en') => reportText(facts, { words: wordsOf(language), timeZone: 'Asia/Ho_Chi_Minh' })
  t.match(text('en'), /05:30:00 +Bản tin sang +loa-1 +loa +100 % +25 ms late +finished/)
  t.match(text('en'), /11:00:00 +Bản tin trua +loa-1 +loa +0 % +MISSING/)
  t.match(text('en'), '2 planned and due, 1 played, 1 missing')
  t.match(text('en'), 'loa-1 CHAIN BROKEN: records are missing (#3–#5)')
  t.match(text('en'), '2026-11-21 00:00:00  loa-1 device-missing loa: x')
  t.match(text('vi'), /11:00:00 +Bản tin trua +loa-1 +loa +0 % +KHÔNG PHÁT/)
  t.match(text('vi'), '2 lần phát đã tới giờ, 1 đã phát, 1 không phát')
  t.end()
})
