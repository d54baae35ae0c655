import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { ScheduleBody } from '../../../agent/protocol/downlink.ts'
import { parser } from '../../../agent/protocol/validate.ts'
import { compileRecurrence } from '../../../player/plan/calendar.ts'
import { parseWall, wallMs } from '../../../player/plan/time.ts'
import { toProgramme } from '../../../agent/translate.ts'
import { openDatabase } from '../../../scripts/head-end/database.ts'
import { compileIcs } from '../../../scripts/head-end/ics-compile.ts'
import { readIcs } from '../../../scripts/head-end/ics-lines.ts'
import type { MediaShelf } from '../../../scripts/head-end/media-files.ts'
import { sentStore } from '../../../scripts/head-end/sent-store.ts'
import { makePicture, makeTone } from './media.ts'

const OPTIONS = { scheduleId: null, timeZone: 'Asia/Ho_Chi_Minh', validFrom: '2026-11-01', validUntil: '2027-12-31' }

const shelfIn = (folder: string): MediaShelf => ({
  folder: join(folder, 'shelf'),
  store: sentStore(openDatabase(':memory:')),
  now: () => wallMs(1_800_000_000_000),
})

const compile = async (folder: string, text: string) => {
  const file = join(folder, 'lich phat.ics')
  await writeFile(file, text)
  return compileIcs(file, shelfIn(folder), OPTIONS)
}

/** Events in a calendar; the first line of the first event is line 3. */
const calendar = (...events: string[]): string =>
  `BEGIN:VCALENDAR\nVERSION:2.0\n${events.map((event) => `BEGIN:VEVENT\n${event}\nEND:VEVENT`).join('\n')}\nEND:VCALENDAR\n`

const DAILY = `UID:a\nSUMMARY:A\nDTSTART:20261102T053000\nRRULE:FREQ=DAILY\nDURATION:PT10S\nDESCRIPTION:x`

/** The lines of the error, without the name of the file. */
const faultsOf = async (t: Test, text: string): Promise<string[]> => {
  const folder = t.testdir()
  const error = await compile(folder, text).then(
    () => new Error('no fault'),
    (fault: unknown) => fault as Error,
  )
  return error.message.split('\n').map((line) => line.replace(join(folder, 'lich phat.ics:'), ''))
}

const startsOf = (programme: ScheduleBody['programmes'][number], from: string, until: string): string[] => {
  const compiled = compileRecurrence(toProgramme(programme).recurrence)
  if (compiled.kind === 'wrong') throw new Error(compiled.detail)
  return compiled.starts(parseWall(from), parseWall(until)).map((at) => new Date(at).toISOString().slice(0, 16))
}

test('the example calendar becomes a schedule that a box accepts', async (t) => {
  const folder = t.testdir()
  await copyFile('scripts/head-end/examples/commune.ics', join(folder, 'commune.ics'))
  await makeTone(join(folder, 'media', 'nhac-hieu.wav'), 2)
  await makeTone(join(folder, 'media', 'thoi-su.wav'), 3)
  const plan = await compileIcs(join(folder, 'commune.ics'), shelfIn(folder), OPTIONS)
  t.equal(parser(ScheduleBody)({ ...plan.body, revision: 1 }).kind, 'ok')
  t.equal(plan.body.scheduleId, 'commune')
  t.equal(plan.body.validFrom, '2026-10-31T17:00:00.000Z')
  t.equal(plan.body.validUntil, '2027-12-31T17:00:00.000Z')
  t.equal(plan.files.length, 2)
  const [news, relay, meeting, teachers] = plan.body.programmes
  t.match(news, {
    programmeId: 'thoi-su-xa-02215.example.vn',
    title: 'Thời sự sáng',
    priority: 'normal',
    start: '2026-11-02T05:30:00',
    timeZone: 'Asia/Ho_Chi_Minh',
    extraStarts: ['2027-02-10T05:30:00'],
    exceptStarts: ['2027-02-06T05:30:00', '2026-11-20T05:30:00'],
  })
  t.same(
    news!.items.map(({ durationMs }) => durationMs),
    [2_000, 3_000],
  )
  t.match(teachers, {
    programmeId: 'thoi-su-xa-02215.example.vn-20261120T0530',
    priority: 'priority',
    start: '2026-11-20T06:00:00',
  })
  t.equal(teachers!.rule, undefined)
  t.match(relay, { start: '2026-11-01T23:00:00', timeZone: 'UTC', rule: 'FREQ=DAILY' })
  t.same(relay!.items, [
    {
      content: {
        kind: 'stream',
        sources: [{ url: 'http://stream.example.vn/vov1' }, { url: 'https://backup.example.vn/vov1.m3u8' }],
      },
      durationMs: 1_800_000,
    },
  ])
  t.same(meeting!.items, [
    {
      content: {
        kind: 'text',
        title: 'Họp dân đầu tháng',
        body: 'Mời bà con dự họp thôn\nlúc 19 giờ 30 tại nhà văn hoá, có nước uống.',
      },
      durationMs: 5_400_000,
    },
  ])
})

test('the starts are those of the calendar, whatever zones its dates are in', async (t) => {
  const event = (rest: string) => calendar(`UID:a\nSUMMARY:A\nDURATION:PT1M\nDESCRIPTION:x\n${rest}`)
  const plan = await compile(
    t.testdir(),
    event(
      'DTSTART;TZID=Europe/Berlin:20261024T023000\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20261026T013000Z\nRDATE;TZID=Asia/Ho_Chi_Minh:20261101T050000',
    ),
  )
  t.same(startsOf(plan.body.programmes[0]!, '2026-10-01T00:00:00Z', '2026-12-01T00:00:00Z'), [
    '2026-10-24T00:30',
    '2026-10-25T00:30',
    '2026-10-27T01:30',
    '2026-10-31T22:00',
  ])
  const days = await compile(
    t.testdir(),
    calendar(
      'UID:a\nSUMMARY:A\nDESCRIPTION:x\nDTSTART;VALUE=DATE:20261121\nRRULE:UNTIL=20261123;FREQ=DAILY\nEXDATE;VALUE=DATE:20261122',
    ),
  )
  t.same(startsOf(days.body.programmes[0]!, '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'), [
    '2026-11-20T17:00',
    '2026-11-22T17:00',
  ])
  t.equal(days.body.programmes[0]!.items[0]!.durationMs, 86_400_000, 'a date without an end is the whole day')
})

test('files are cut at the end of their event, and pictures share its time', async (t) => {
  const folder = t.testdir()
  await makeTone(join(folder, 'a b.wav'), 3)
  await makePicture(join(folder, 'one.png'))
  const plan = await compile(
    folder,
    calendar(
      'UID:a\nSUMMARY:A\nDTSTART:20261102T053000Z\nDTEND:20261102T053010Z\nATTACH:a%20b.wav\nATTACH:one.png\nATTACH:one.png',
    ),
  )
  const [programme] = plan.body.programmes
  t.same(
    programme!.items.map(({ content, durationMs }) => `${content.kind} ${durationMs}`),
    ['sound 3000', 'still 5000', 'still 5000'],
  )
  t.same(programme!.playlist, { durationMs: 10_000 })
})

test('the class of a bulletin comes from CATEGORIES, else from PRIORITY, which is never an emergency', async (t) => {
  const classOf = async (lines: string) =>
    (await compile(t.testdir(), calendar(`${DAILY}${lines}`))).body.programmes[0]!.priority
  t.equal(await classOf(''), 'normal')
  t.equal(await classOf('\nPRIORITY:0'), 'normal')
  t.equal(await classOf('\nPRIORITY:1'), 'priority')
  t.equal(await classOf('\nPRIORITY:5'), 'normal')
  t.equal(await classOf('\nPRIORITY:9'), 'filler')
  t.equal(await classOf('\nPRIORITY:9\nCATEGORIES:KHẨN CẤP'), 'urgent')
  t.equal(await classOf('\nCATEGORIES:Thông thường'.normalize('NFD')), 'normal')
})

test('what is cancelled is not carried over: one airing, or the series with all that was changed of it', async (t) => {
  const changed = (rest: string) =>
    `UID:a\nRECURRENCE-ID:20261103T053000\nSUMMARY:B\nDTSTART:20261103T060000\nDURATION:PT1S\nDESCRIPTION:y${rest}`
  const one = await compile(t.testdir(), calendar(DAILY, changed('\nSTATUS:CANCELLED')))
  t.same(
    one.body.programmes.map(({ programmeId, exceptStarts }) => [programmeId, exceptStarts]),
    [['a', ['2026-11-03T05:30:00']]],
  )
  const all = await compile(t.testdir(), calendar(`${DAILY}\nSTATUS:CANCELLED`, changed('')))
  t.same(all.body.programmes, [])
})

test('what is about people and desks is passed over', async (t) => {
  const plan = await compile(
    t.testdir(),
    calendar(
      `${DAILY}\nORGANIZER;CN="UBND: xã":mailto:a@example.vn\nLOCATION:Nhà văn hoá\nX-COLOUR:red\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM`,
    ),
  )
  t.equal(plan.body.programmes.length, 1)
})

test('what cannot be carried over is refused, all at once, with line, property and what to do', async (t) => {
  const told = await faultsOf(
    t,
    `BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VTODO
UID:t
END:VTODO
BEGIN:VEVENT
UID:a
SUMMARY:A
DTSTART;TZID=SE Asia Standard Time:20261102T053000
END:VEVENT
BEGIN:VEVENT
UID:b
DTSTART:20261102T053000
DTEND:20261104T053000
EXRULE:FREQ=DAILY
RDATE;VALUE=PERIOD:20261105T053000Z/PT1H
ATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA
CATEGORIES:Meeting
END:VEVENT
END:VCALENDAR
`,
  )
  const claims = [
    /^2: METHOD: remove it: METHOD:REQUEST is for invitations/,
    /^3: VTODO: remove it/,
    /^9: DTSTART: TZID=SE Asia Standard Time is no zone of the IANA database/,
    /^11: SUMMARY: give a title/,
    /^14: DTEND: divide it/,
    /^15: EXRULE: remove it/,
    /^16: RDATE: write single dates and times; a period/,
    /^17: ATTACH: save it as a file/,
    /^18: CATEGORIES: "Meeting" is no class; use khẩn cấp, urgent/,
  ]
  t.equal(told.length, claims.length, told.join('\n'))
  for (const [index, claim] of claims.entries()) t.match(told[index], claim)
})

test('events that Loa could not play as they are meant are refused', async (t) => {
  for (const [events, claim] of [
    [[`UID:a\nSUMMARY:A\nDTSTART:20261102T053000`], /^3: ATTACH: say what is played/],
    [[`UID:a\nSUMMARY:A\nDTSTART:20261102T053000\nDESCRIPTION:x`], /^3: DTEND: add DTEND or DURATION: a slide/],
    [[`UID:a\nSUMMARY:A\nDTSTART:20261102T053000\nATTACH:http://x/y`], /^3: DTEND: add .*: a stream/],
    [[`UID:a\nSUMMARY:A\nDTSTART:20261102T053000\nATTACH:gone.mp3`], /^7: ATTACH: name a readable file/],
    [[`UID:a\nSUMMARY:A\nDTSTART:20261102T053000\nATTACH:CID:part1`], /^7: ATTACH: name a file beside/],
    [[DAILY.replace('FREQ=DAILY', 'FREQ=WEEKLY;BYDAY=TU')], /^6: DTSTART: move it to the first day that RRULE names/],
    [[DAILY.replace('FREQ=DAILY', 'FREQ=SECONDLY')], /^7: RRULE: .*86400 times in a day/],
    [[DAILY.replace('FREQ=DAILY', 'FREQ=DAILY;UNTIL=20261201')], /^7: RRULE: .*UNTIL=20261201 needs a time/],
    [[DAILY, DAILY], /^11: UID: give it one of its own/],
    [[DAILY, DAILY.replace('UID:a', 'UID:!a')], /^11: UID: .*id a a second time/],
    [[`${DAILY}\nRECURRENCE-ID:20261103T053000`], /^10: RECURRENCE-ID: add the series/],
    [
      [DAILY, `UID:a\nRECURRENCE-ID:20261103T060000\nSUMMARY:B\nDTSTART:20261103T060000\nDURATION:PT1S\nDESCRIPTION:y`],
      /^13: RECURRENCE-ID: name an airing/,
    ],
    [
      [
        DAILY,
        `UID:a\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261103T053000\nSUMMARY:B\nDTSTART:20261103T060000\nDURATION:PT1S\nDESCRIPTION:y`,
      ],
      /^13: RECURRENCE-ID: divide the series/,
    ],
    [[DAILY.replace('DTSTART:20261102T053000', 'DTSTART:20260230T053000')], /^6: DTSTART: .*20260230T053000/],
    [[`${DAILY}\nEXDATE;VALUE=DATE:20261103`], /^10: EXDATE: give a date with a time/],
    [[`${DAILY}\nDTEND:20261102T054000`], /^8: DURATION: remove it, or DTEND/],
    [[`${DAILY}\nSUMMARY:B`], /^10: SUMMARY: remove one/],
  ] as [string[], RegExp][]) {
    const told = await faultsOf(t, calendar(...events))
    t.match(told[0], claim)
    t.equal(told.length, 1, told.join('\n'))
  }
})

test('text that is no iCalendar is refused where it goes wrong', async (t) => {
  t.match(readIcs('').faults, [{ line: 1, property: 'VCALENDAR' }])
  t.match(readIcs('schedule: a\n').faults, [{ line: 1, property: 'SCHEDULE' }])
  t.match(readIcs('BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n').faults[0], { line: 3, todo: /end VEVENT/ })
  t.match(readIcs('BEGIN:VCALENDAR\nVERSION:2.0\n').faults, [{ line: 1, todo: /END:VCALENDAR/ }])
  t.match(readIcs('BEGIN:VCALENDAR\nSUMMARY\nEND:VCALENDAR').faults, [{ line: 2, property: 'SUMMARY' }])
  const deep = 'BEGIN:VEVENT\n'.repeat(5_000)
  t.ok(readIcs(`BEGIN:VCALENDAR\n${deep}`).faults.length > 0, 'however deep it is')
})
