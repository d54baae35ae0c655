import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'tap'
import { ScheduleBody } from '../../../agent/protocol/downlink.ts'
import { parser } from '../../../agent/protocol/validate.ts'
import { wallMs } from '../../../player/plan/time.ts'
import { openDatabase } from '../../../scripts/head-end/database.ts'
import { openHome } from '../../../scripts/head-end/home.ts'
import { measure, type MediaShelf } from '../../../scripts/head-end/media-files.ts'
import { compilePlan } from '../../../scripts/head-end/plan-compile.ts'
import { sentStore } from '../../../scripts/head-end/sent-store.ts'
import { makeCovered, makePicture, makeTone, makeVideo } from './media.ts'

const EXAMPLES = 'scripts/head-end/examples'

const shelfIn = (folder: string): MediaShelf => ({
  folder: join(folder, 'shelf'),
  store: sentStore(openDatabase(':memory:')),
  now: () => wallMs(1_800_000_000_000),
})

/** The lines of the error, without the name of the file. */
const faultsOf = async (folder: string, text: string): Promise<string[]> => {
  const file = join(folder, 'plan.yaml')
  await writeFile(file, text)
  const error = await compilePlan(file, shelfIn(folder)).then(
    () => new Error('no fault'),
    (fault: unknown) => fault as Error,
  )
  return error.message.split('\n').map((line) => line.replace(`${file}:`, ''))
}

test('the example of a commune compiles to a schedule that a box accepts', async (t) => {
  const folder = t.testdir()
  const media = join(folder, 'media')
  await copyFile(`${EXAMPLES}/commune.yaml`, join(folder, 'commune.yaml'))
  await makeTone(join(media, 'coi-bao-dong.wav'), 1)
  await makeTone(join(media, 'nhac-hieu.wav'), 2)
  await makeTone(join(media, 'thoi-su.wav'), 3)
  await makePicture(join(media, 'ban-do.png'))
  await makeVideo(join(media, 'gioi-thieu.mp4'))
  const plan = await compilePlan(join(folder, 'commune.yaml'), shelfIn(folder), { issuer: 'xa-02215' })
  t.equal(parser(ScheduleBody)({ ...plan.body, revision: 1 }).kind, 'ok')
  t.same(
    plan.body.programmes.map(({ programmeId, start, rule }) => `${programmeId} ${start} ${rule ?? ''}`),
    [
      'thoi-su-0530 2026-11-01T05:30:00 FREQ=DAILY',
      'thoi-su-1700 2026-11-01T17:00:00 FREQ=DAILY',
      'tiem-chung 2026-11-23T18:00:00 ',
      'hop-dan 2026-11-01T19:15:00 FREQ=MONTHLY;BYMONTHDAY=1',
      'tiep-song 2026-11-01T06:00:00 FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
      'ca-nhac 2026-11-01T07:00:00 FREQ=WEEKLY;BYDAY=SA,SU',
      'bao-gio 2026-11-01T07:30:00 FREQ=WEEKLY;BYDAY=SA,SU',
    ],
  )
  const [news, , vaccination, meeting, relay, music, signal] = plan.body.programmes
  t.same(news!.exceptStarts, ['2027-02-06T05:30:00', '2027-02-07T05:30:00'])
  t.same(
    news!.items.map((item) => item.durationMs),
    [2000, 3000],
    'as measured',
  )
  t.same(vaccination!.extraStarts, ['2026-11-24T18:00:00'])
  t.equal(vaccination!.items[0]!.durationMs, 90_000)
  t.match(meeting!.items[0], { content: { kind: 'text', title: 'Họp thôn', colour: '#ffffff' }, durationMs: 20_000 })
  t.match(meeting!.items[2], { content: { kind: 'video' }, durationMs: 1000 })
  t.match(relay, {
    gainDb: -3,
    whenInterrupted: 'rejoin',
    items: [{ content: { kind: 'stream' }, durationMs: 1_800_000 }],
  })
  const jingle = plan.files.find(({ name }) => name === 'nhac-hieu.wav')!.sha256
  t.same(relay!.items[0]!.content, {
    kind: 'stream',
    sources: [{ url: 'http://stream.example.vn/vov1' }, { url: 'https://backup.example.vn/vov1.m3u8' }],
    fallback: jingle,
    silenceMs: 20_000,
  })
  const chime = { sha256: jingle, durationMs: 2_000 }
  t.match(music, {
    validFrom: '2026-11-19T17:00:00.000Z',
    validUntil: '2027-01-31T17:00:00.000Z',
    playlist: {
      durationMs: 3_600_000,
      loop: true,
      atEnd: 'overrun',
      shuffleSeed: 7,
      chimeBefore: chime,
      chimeAfter: chime,
      identity: { ...chime, everyMs: 900_000 },
    },
  })
  t.same(signal!.over, { duckDb: -20, fadeMs: 300 })
  t.equal(music!.over, undefined)
  t.same(plan.body.arrangement, [
    { issuer: 'xa-02215', programmeId: 'tiem-chung' },
    { issuer: 'tinh-08', programmeId: 'ban-tin-tinh' },
    { issuer: 'xa-02215', programmeId: 'thoi-su-0530' },
    { issuer: 'xa-02215', programmeId: 'thoi-su-1700' },
  ])
  t.equal(plan.body.validFrom, '2026-10-31T17:00:00.000Z', 'midnight in the commune')
  t.equal(plan.body.validUntil, '2027-12-31T17:00:00.000Z', 'the last day is valid to its end')
  t.equal(plan.files.length, 5)
})

test('the example settings are read', async (t) => {
  const folder = t.testdir()
  await copyFile(`${EXAMPLES}/head-end.yaml`, join(folder, 'head-end.yaml'))
  const home = await openHome(folder)
  t.match(home.settings, { area: 'vn/08/02215', language: 'vi', broker: { url: 'mqtts://broker.example.vn:8883' } })
  await writeFile(join(folder, 'head-end.yaml'), 'area: VN\nbroker:\n  url: http://x\n  port: 3\n')
  await t.rejects(openHome(folder), {
    message: new RegExp(
      'head-end.yaml:1: area: found "VN", expected .*\n.*:3: broker.url: found "http://x", expected an address .*\n' +
        '.*:4: broker.port: found 3, expected one of the keys url, ca, certificate, key',
    ),
  })
})

test('every fault is told at once, with line, key, what was found and what was expected', async (t) => {
  const faults = await faultsOf(
    t.testdir(),
    `schedule: tuần này
validFrom: 2026-11-01
validUntil: tomorrow
programmes:
  - id: a
    title: A
    priority: very high
    at: 5h30
    colour: red
    items: []
  - id: b
    items:
      - sound: 7
`,
  )
  t.equal(faults.length, 8)
  t.match(faults[0], '1: schedule: found "tuần này", expected an id of up to 64 letters')
  t.match(faults[1], '3: validUntil: found "tomorrow", expected a date such as 2026-11-21')
  t.match(faults[2], '7: programmes[0].priority: found "very high", expected one of mobilised')
  t.match(faults[3], '8: programmes[0].at: found "5h30", expected a time such as 05:30')
  t.match(faults[4], '9: programmes[0].colour: found "red", expected one of the keys id, title')
  t.match(faults[5], '10: programmes[0].items: found [], expected a list of 1 to 200 items')
  t.match(faults[6], /^11: programmes\[1\].title: found nothing, expected this key/)
  t.match(faults[7], '13: programmes[1].items[0].sound: found 7, expected the name of a file')
})

test('what no schema can say is told in the same way', async (t) => {
  const faults = await faultsOf(
    t.testdir(),
    `schedule: s
timeZone: Asia/Hanoi
validFrom: 2026-02-30
validUntil: 2026-01-01
programmes:
  - { id: a, title: A, at: '05:30', on: '2026-11-21 05:30', items: [{ text: x, for: 5s }] }
  - { id: a, title: A, items: [{ text: x, for: 5s }] }
  - { id: c, title: A, at: '05:30', days: daily, rule: FREQ=DAILY, items: [{ text: x }] }
  - { id: d, title: A, at: '05:30', items: [{ text: x, sound: y, for: 5s }, { sound: x, ticker: z, title: t }] }
  - { id: e, title: A, at: '05:30', items: [{ text: x, for: 25h }] }
  - { id: f, title: A, at: '05:30', over: { fade: 6s }, items: [{ text: x, for: 5s }] }
`,
  )
  t.same(
    faults.map((fault) => fault.split(',')[0]!.replace(/ found.*/, '')),
    [
      '2: timeZone:',
      '3: validFrom:',
      '4: validUntil:',
      '6: programmes[0].at:',
      '7: programmes[1].id:',
      '7: programmes[1].at:',
      '8: programmes[2].rule:',
      '8: programmes[2].items[0].for:',
      '9: programmes[3].items[0]:',
      '9: programmes[3].items[1].title:',
      '9: programmes[3].items[1].ticker:',
      '10: programmes[4].items[0].for:',
      '11: programmes[5].over.fade:',
    ],
  )
})

test('a file that is missing, or is not what it is named for, is told where it is named', async (t) => {
  const folder = t.testdir({ 'words.txt': 'not media at all' })
  await makePicture(join(folder, 'picture.png'))
  const faults = await faultsOf(
    folder,
    `schedule: s
validFrom: 2026-11-01
validUntil: 2026-11-30
alsoKeep: [siren.wav]
programmes:
  - id: a
    title: A
    at: '05:30'
    items:
      - sound: picture.png
      - sound: words.txt
      - still: gone.png
        for: 5s
`,
  )
  t.equal(faults.length, 4)
  t.match(
    faults[1],
    /^10: programmes\[0\].items\[0\].sound: found "picture.png", expected a file with a sound; this one is a still/,
  )
  t.match(faults[2], /^11: .* found "words.txt", expected a readable file/)
  t.match(faults[3], /^12: .*found "gone.png", expected a readable file \(.*No such file/)
  t.match(faults[0], /^4: alsoKeep\[0\]: found "siren.wav"/)
})

test('text that is no YAML, and a rule that no calendar has, are refused with their place', async (t) => {
  const folder = t.testdir()
  t.match(
    (await faultsOf(folder, 'schedule: [a\nvalidFrom: x'))[0],
    /^\d: the text: found .*, expected well-formed YAML/,
  )
  const [fault] = await faultsOf(
    folder,
    `schedule: s
validFrom: 2026-11-01
validUntil: 2026-11-30
programmes:
  - { id: a, title: A, at: '05:30', rule: FREQ=OFTEN, items: [{ text: x, for: 5s }] }
`,
  )
  t.match(fault, /^5: programmes\[0\].rule: found "FREQ=OFTEN", expected a recurrence that can be expanded/)
})

test('media are known by their content, not by their name', async (t) => {
  const folder = t.testdir()
  const tone = await makeTone(join(folder, 'tone.wav'))
  const picture = await makePicture(join(folder, 'picture.jpg'))
  t.match(await measure(tone), { medium: 'sound', mediaType: 'audio/wav', durationMs: 2000 })
  t.same(await measure(picture), { medium: 'still', mediaType: 'image/jpeg', durationMs: null })
  t.match(await measure(await makeVideo(join(folder, 'v.webm'))), { medium: 'video', mediaType: 'video/webm' })
  t.match(await measure(await makeVideo(join(folder, 'v.mp4'))), { medium: 'video', mediaType: 'video/mp4' })
  const song = await makeCovered(join(folder, 'song.mp3'), tone, picture)
  t.match(await measure(song), { medium: 'sound', mediaType: 'audio/mpeg' }, 'a cover picture is no video')
  await copyFile(tone, join(folder, 'lie.png'))
  t.match(await measure(join(folder, 'lie.png')), { medium: 'sound' })
})

test('a registered file is a copy under its hash: a later edit changes nothing', async (t) => {
  const folder = t.testdir()
  await mkdir(join(folder, 'media'))
  await makeTone(join(folder, 'media', 'a.wav'), 1)
  const text = `schedule: s
validFrom: 2026-11-01
validUntil: 2026-11-30
programmes: [{ id: a, title: A, at: '05:30', items: [{ sound: media/a.wav }, { sound: media/a.wav }] }]
`
  await writeFile(join(folder, 'plan.json'), text)
  const plan = await compilePlan(join(folder, 'plan.json'), shelfIn(folder))
  t.equal(plan.files.length, 1, 'once, however often it is named')
  const { sha256, bytes } = plan.files[0]!
  await makeTone(join(folder, 'media', 'a.wav'), 2)
  const served = await readFile(join(folder, 'shelf', sha256))
  t.equal(served.length, bytes)
  t.equal(createHash('sha256').update(served).digest('hex'), sha256)
  t.same(await readdir(join(folder, 'shelf')), [sha256], 'nothing else is left behind')
})

test('what cannot be of a playlist, a relay or an arrangement is told at its line', async (t) => {
  const folder = t.testdir({ 'empty.sdp': 'not a session\n' })
  await makeTone(join(folder, 'a.wav'), 1)
  await makePicture(join(folder, 'a.png'))
  const told = await faultsOf(
    folder,
    `schedule: s
validFrom: 2026-11-01
validUntil: 2026-12-01
arrangement: [a, b]
programmes:
  - id: a
    title: A
    at: '05:30'
    playlist: { loop: true }
    items: [{ sound: a.wav }]
  - id: c
    title: C
    at: '05:30'
    playlist: { chimeBefore: a.png, for: 1h }
    items: [{ sound: a.wav }]
  - id: d
    title: D
    at: '05:30'
    items:
      - stream: [http://x/y, empty.sdp]
        for: 1m
      - stream: http://x/y
        fallback: a.png
        for: 1m
`,
  )
  for (const [index, claim] of [
    /^4: arrangement\[0\]: found "a", expected issuer\/programme/,
    /^4: arrangement\[1\]: found "b"/,
    /^9: programmes\[0\].playlist: .* loop needs durationMs/,
    /^14: programmes\[1\].playlist.chimeBefore: found "a.png", expected a file with a sound/,
    /^20: programmes\[2\].items\[0\].stream: .*RFC 8866/,
    /^22: programmes\[2\].items\[1\].stream: .* in `fallback` a file with a sound/,
  ].entries())
    t.match(told[index], claim)
  t.equal(told.length, 6)
  const shape = await faultsOf(
    folder,
    `schedule: s
validFrom: 2026-11-01
validUntil: 2026-12-01
programmes:
  - id: a
    title: A
    at: '05:30'
    validFrom: 2026-11-03
    validUntil: 2026-11-02
    items: [{ sound: a.wav, silence: 3s }]
`,
  )
  t.match(shape, [/^9: programmes\[0\].validUntil: .* not before validFrom/, /^10: .*silence: .* only a stream/])
})
