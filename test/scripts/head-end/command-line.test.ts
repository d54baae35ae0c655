/** A commune's day on the command line: publish, watch, report, export, and Ctrl-C. */
import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import mqtt from 'mqtt'
import { test, type Test } from 'tap'
import type { CapInfo } from '../../../agent/cap/alert.ts'
import { readCap, refusalText } from '../../../agent/cap/read.ts'
import { brokerFor, freePort } from '../../fixtures/broker.ts'
import { capOf, infoOf } from '../../fixtures/cap.ts'
import { until } from '../../fixtures/until.ts'
import { AREA, BOX_AREA, makeBox, type Wire } from './box.ts'
import { runCommand, startCommand, type Ran, type Running } from './command.ts'
import { makeTone } from './media.ts'
import { readPlayoutFile } from './playout-rules.ts'

const DAY = '2026-11-20'
const MORNING = Date.parse('2026-11-19T22:30:00Z')

const settle = async (t: Test, running: Running, signal: NodeJS.Signals): Promise<Ran> => {
  const ran = await running.end(signal)
  t.match(ran, { code: 0, err: '' }, `${signal} ends it in order`)
  return ran
}

const setUp = async (t: Test) => {
  const folder = t.testdir()
  const broker = await brokerFor(t)
  const port = await freePort()
  await writeFile(
    join(folder, 'head-end.yaml'),
    `area: ${AREA}
issuer: xa-02215
broker: { url: '${broker.url}' }
media: { listenHost: 127.0.0.1, listenPort: ${port}, publicUrl: 'http://127.0.0.1:${port}/' }
playoutExport: { brandId: 7, frames: [{ device: loa-1, output: loa, frameId: 1234567890 }] }
`,
  )
  const home = ['--home', folder]
  const ok = async (...args: string[]): Promise<string> => {
    const ran = await runCommand([...args, ...home])
    t.match(ran, { code: 0, err: '' }, args.join(' '))
    return ran.out
  }
  await ok('keys', 'root')
  await ok('keys', 'issuer', '--issuer', 'xa-02215', '--area', AREA, '--priority', 'alert')
  await makeTone(join(folder, 'tin.wav'), 1)
  const client = await mqtt.connectAsync(broker.url, { protocolVersion: 5 })
  t.teardown(() => client.endAsync())
  const tell = ({ topic, message }: Wire<unknown>) => client.publishAsync(topic, JSON.stringify(message), { qos: 1 })
  return { folder, broker, port, home, ok, client, tell }
}

test('a commune publishes, watches, reports and exports', async (t) => {
  const { folder, broker, port, home, ok, tell } = await setUp(t)
  const file = join(folder, 'plan.yaml')
  await writeFile(
    file,
    `schedule: s
validFrom: 2026-01-01
validUntil: 2099-12-31
programmes: [{ id: tin, title: Bản tin sáng, at: '05:30', items: [{ sound: tin.wav }] }]
`,
  )
  const run = startCommand(['run', ...home], { LC_ALL: 'vi_VN.UTF-8' })
  const watch = startCommand(['watch', ...home])
  t.teardown(() => Promise.all([run.end('SIGKILL'), watch.end('SIGKILL')]))
  await until(t, 'both run', () => run.out().includes('Ctrl-C') && watch.out().includes('Ctrl-C'))
  t.match(run.out(), `cung cấp tệp tại http://127.0.0.1:${port}\n`)

  const published = await ok('publish', file, '--to', `area:${AREA}`)
  t.match(published, /tin\.wav: audio\/wav, \d+ bytes, 1\.0 s, [0-9a-f]{12}…/)
  t.match(
    published,
    /schedule revision 1 \(1 programmes\) published: loa\/1\/down\/schedule\/xa-02215\/area\/vn\/08\/02215/,
  )
  t.match(await ok('publish', file, '--to', `area:${AREA}`), 'schedule revision 2')

  const box = makeBox('loa-1')
  await tell(box.state())
  const title = 'Bản tin\u001b[2J sáng'
  const record = box.record({ programmeId: 'tin', plannedStart: MORNING, heardMs: 900, lateMs: 31, title })
  await tell(box.recordMessage(record))
  await tell(box.recordMessage(record))
  await tell(box.heartbeat())
  await tell(box.alarm('raised', randomUUID()))
  await tell(box.acknowledgement({ outcome: 'refused', reason: 'expired', kind: 'alert', issuer: 'x', sequence: 3 }))
  await tell({ topic: `loa/1/up/record/loa-1/${BOX_AREA}`, message: { forged: true } })
  await until(
    t,
    'all were shown',
    () => run.out().includes('TỪ CHỐI một báo cáo') && watch.out().includes('REFUSED a report'),
  )

  const shown = watch.out()
  t.match(
    shown,
    /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}loa-1 online: connected; area vn\/08\/02215\/thon-5; loa \(sound\), bang \(picture\)/,
  )
  t.match(shown, /loa-1\/loa #1 05:30:00 “Bản tin \[2J sáng” \[normal\] heard 0\.9 s, 31 ms late, finished/)
  t.notMatch(shown, '\u001b', 'what a box writes does not command the terminal')
  t.match(shown, 'loa-1 files 3 ready, 1 to fetch; clock synced')
  t.match(shown, 'loa-1 ALARM: device-missing loa: no sound card')
  t.match(shown, 'loa-1 REFUSED: alert x 3 – expired')
  t.match(run.out(), /“Bản tin \[2J sáng” \[normal\] đã phát 0\.9 s, trễ 31 ms, phát xong\n/)
  t.match(run.out(), 'gửi lại, chỉ tính một lần')
  await settle(t, run, 'SIGINT')
  await settle(t, watch, 'SIGTERM')
  await broker.stop()

  // The schedule was published today, so what was played on that day stands outside it.
  const report = await ok('report', '--day', DAY)
  t.match(report, /Outside the schedule:\n {2}05:30:00 +Bản tin \[2J sáng +loa-1 +loa +0\.9 s +schedule +finished/)
  t.match(report, 'The chain of 1 records is whole.')
  t.match(report, /device-missing loa: no sound card/)
  t.match(report, '1 reports were refused.')
  const facts = JSON.parse(await ok('report', '--day', DAY, '--json')) as { recordCount: number }
  t.equal(facts.recordCount, 1, 'counted once')
  t.match(await ok('report', '--day', DAY, '--language', 'vi'), 'Kế hoạch và thực phát, 2026-11-20')

  const csv = join(folder, 'out.csv')
  t.match(await ok('export', '--csv', csv), '1 records written')
  const { lines, faults } = readPlayoutFile(await readFile(csv), Date.now())
  t.same(faults, [])
  t.match(lines, [
    { frameid: '1234567890', spacebrandid: '7', spotlength: '900', mediaownerplayoutref: record.recordId },
  ])
  t.match(await ok('export', '--csv', csv, '--from', '2026-11-21'), '0 records written')
})

test('a calendar is published as a schedule, with what it does not say itself from flags', async (t) => {
  const { folder, home, ok, client } = await setUp(t)
  const schedules: unknown[] = []
  client.on('message', (_topic, token) =>
    schedules.push(JSON.parse(Buffer.from(token.toString().split('.')[1]!, 'base64url').toString())),
  )
  await client.subscribeAsync('loa/1/down/schedule/#', { qos: 1 })
  const file = join(folder, 'Lịch xã.ics')
  const event =
    'BEGIN:VEVENT\nUID:tin\nSUMMARY:Bản tin\nDTSTART:20261120T053000\nRRULE:FREQ=DAILY\nATTACH:tin.wav\nEND:VEVENT'
  await writeFile(file, `BEGIN:VCALENDAR\nVERSION:2.0\n${event}\nEND:VCALENDAR\n`)
  const flags = ['--to', `area:${AREA}`, '--from', '2026-11-20', '--until', '2026-12-31', '--schedule', 'xa']
  t.match(await ok('publish', file, ...flags), 'schedule revision 1 (1 programmes) published')
  await until(t, 'the schedule is at the broker', () => schedules.length > 0)
  t.match(schedules[0], {
    body: {
      scheduleId: 'xa',
      validFrom: '2026-11-19T17:00:00.000Z',
      validUntil: '2026-12-31T17:00:00.000Z',
      programmes: [
        { programmeId: 'tin', title: 'Bản tin', start: '2026-11-20T05:30:00', timeZone: 'Asia/Ho_Chi_Minh' },
      ],
    },
  })
  const yaml = await runCommand([
    'publish',
    join(folder, 'plan.yaml'),
    '--to',
    `area:${AREA}`,
    '--until',
    '2026-12-31',
    ...home,
  ])
  t.match(yaml, { code: 1, err: /--until is for .ics/ })
})

test('alerts, announcements, commands and revocations are sent from flags and from files', async (t) => {
  const { folder, home, ok, client } = await setUp(t)
  const heard: { topic: string; body: Record<string, unknown> }[] = []
  client.on('message', (topic, token) => {
    const { body } = JSON.parse(Buffer.from(token.toString().split('.')[1]!, 'base64url').toString()) as {
      body: Record<string, unknown>
    }
    heard.push({ topic, body })
  })
  await client.subscribeAsync('loa/1/down/#', { qos: 1 })
  const sound = join(folder, 'tin.wav')
  const area = ['--to', `area:${AREA}`]
  await ok(
    'alert',
    ...area,
    '--event',
    'Lũ quét',
    '--severity',
    'Extreme',
    '--sound',
    sound,
    '--pause',
    '5s',
    '--id',
    'lu-1',
  )
  await ok('alert', ...area, '--cancel', 'lu-1')
  const document = join(folder, 'cap.xml')
  await writeFile(document, capOf(Date.now(), { identifier: 'bao-9', _info: infoOf() }))
  await ok('alert', ...area, '--cap', document, '--siren', 'none')
  await ok(
    'live',
    'start',
    ...area,
    '--id',
    'noi-1',
    '--title',
    'Chủ tịch xã',
    '--url',
    'rtsp://x/mic',
    '--for',
    '10m',
    '--over',
  )
  await ok('live', 'stop', ...area, '--id', 'noi-1')
  await ok('command', 'set-volume', '--gain-db', '-6', '--outputs', 'loa', '--to', 'device:loa-1')
  await ok(
    'command',
    'play',
    '--title',
    'Thử',
    '--sound',
    sound,
    '--text',
    'Xin chào',
    '--for',
    '3s',
    '--over',
    '--duck-db',
    '-15',
    '--fade',
    '1s',
    '--to',
    'group:cho',
  )
  await ok(
    'command',
    'mobilise',
    ...area,
    '--id',
    'bao-1',
    '--title',
    'Bão',
    '--text',
    'Vào nhà',
    '--for',
    '10s',
    '--until',
    '2h',
  )
  await ok('command', 'release', ...area, '--id', 'bao-1')
  await ok('command', 'withdraw', ...area, '--id', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6')
  const order = join(folder, 'order.yaml')
  await writeFile(order, 'action: report\n')
  await ok('command', '--file', order, '--to', 'device:loa-1')
  await ok('revoke', 'A'.repeat(43), '--to', 'area:vn')
  await until(t, 'all came', () => heard.some(({ topic }) => topic.includes('/revocation/')))
  t.same(
    heard.map(({ topic }) => topic.replace('loa/1/down/', '')),
    [
      `alert~lu-1/xa-02215/area/${AREA}`,
      `alert~lu-1/xa-02215/area/${AREA}`,
      `alert~bao-9/xa-02215/area/${AREA}`,
      `live/xa-02215/area/${AREA}`,
      `live/xa-02215/area/${AREA}`,
      'command/xa-02215/device/loa-1',
      `media/xa-02215/group/cho/${AREA}`,
      `command/xa-02215/group/cho/${AREA}`,
      ...Array.from({ length: 3 }, () => `command/xa-02215/area/${AREA}`),
      'command/xa-02215/device/loa-1',
      'revocation/root/area/vn',
    ],
  )
  const bodies = heard.map(({ body }) => body)
  t.equal(bodies[0]!['repeatPauseMs'], 5_000)
  const [flood, over, storm] = bodies.slice(0, 3).map((body) => {
    const read = readCap(String(body['cap']))
    if (read.kind === 'refused') throw new Error(refusalText(read))
    return read.alert
  })
  const [{ severity, resources, areas }] = flood!.infos as [CapInfo]
  t.equal(severity, 'Extreme')
  const digest = createHash('sha1')
    .update(await readFile(sound))
    .digest('hex')
  t.match(resources, [{ mimeType: 'audio/wav', sha1: digest, uri: /\/media\/[0-9a-f]{64}$/ }])
  t.match(areas, [{ geocodes: [{ valueName: 'loa:area', value: AREA }] }])
  const { sender, identifier, sent } = flood!
  t.match(over, { messageType: 'Cancel', references: [{ sender, identifier, sent }], infos: [] })
  t.match(storm, { identifier: 'bao-9' })
  t.equal(bodies[2]!['cap'], await readFile(document, 'utf8'), 'a file is sent as it is')
  t.equal(bodies[2]!['siren'], 'none')
  t.match(bodies[3], { action: 'start', title: 'Chủ tịch xã', maxMs: 600_000 })
  t.same(bodies[3]!['over'], {})
  t.match(bodies[5], { action: 'set-volume', gainDb: -6, outputs: ['loa'] })
  t.match(bodies[7], {
    action: 'play',
    items: [{ content: { kind: 'sound' }, durationMs: 3000 }, { content: { kind: 'text' } }],
    over: { duckDb: -15, fadeMs: 1_000 },
  })

  t.match(
    bodies.find((body) => (body as { action?: string }).action === 'mobilise'),
    { orderId: 'bao-1', title: 'Bão', items: [{ content: { kind: 'text' }, durationMs: 10_000 }] },
  )

  const sayNothing = await runCommand(['alert', ...area, '--event', 'x', '--update', 'unheard-of', ...home])
  t.match(sayNothing, { code: 1, err: /no alert unheard-of was published by xa-02215/ })
  await writeFile(document, capOf(Date.now(), { identifier: 'bao 9' }))
  const broken = await runCommand(['alert', ...area, '--cap', document, ...home])
  t.match(broken, { code: 1, err: /cap\.xml: CAP 1\.2 §3\.2\.1 identifier: "bao 9" has a space/ })
  await writeFile(order, 'action: dance\n')
  t.match(await runCommand(['command', '--file', order, '--to', 'device:x', ...home]), {
    code: 1,
    err: /order\.yaml:1: /,
  })
  const mobilise = ['command', 'mobilise', '--to', 'device:x', '--title', 'Bão', ...home]
  t.match(await runCommand([...mobilise, '--until', '2020-01-01']), { code: 1, err: /is past already/ })
  t.match(await runCommand([...mobilise, '--until', 'soon']), { code: 1, err: /--until: found soon/ })
  t.match(await runCommand([...mobilise, '--until', '1h']), { code: 1, err: /command mobilise: expected --sound/ })
  t.match(await runCommand(['command', 'withdraw', '--to', 'device:x', '--id', 'x', ...home]), {
    code: 1,
    err: /--id: found x, expected the message/,
  })
  const play = ['command', 'play', '--to', 'device:x', '--title', 'Mời họp', '--text', 'x', '--for', '3s', ...home]
  t.match(await runCommand([...play, '--duck-db', '-10']), { code: 1, err: /expected --over beside them/ })
  t.match(await runCommand([...play, '--over', '--duck-db', '-61']), { code: 1, err: /--duck-db: found -61/ })
  t.match(await runCommand([...play, '--over', '--fade', '6s']), {
    code: 1,
    err: /--fade: found 6s, expected at most 5s/,
  })
  t.match(await runCommand([...play, '--over', '--priority', 'alert']), { code: 1, err: /nothing goes on below/ })
  t.match(await runCommand(['command', 'dance', '--to', 'device:x', ...home]), { code: 1, err: /expected set-volume/ })
  const limited = ['keys', 'issuer', '--issuer', 'quiet', '--area', AREA, '--kinds', 'schedule']
  await ok(...limited)
  const quiet = ['--issuer-key', join(folder, 'keys', 'issuer-quiet.private.json')]
  t.match(await runCommand(['command', 'report', '--to', 'device:x', ...quiet, ...home]), {
    code: 1,
    err: 'headend: the key of quiet may not sign command\n',
  })
})

test('the wrapper runs from any folder', async (t) => {
  const folder = t.testdir()
  await copyFile('scripts/head-end/examples/head-end.yaml', join(folder, 'head-end.yaml'))
  const { stdout } = await promisify(execFile)(resolve('scripts/headend'), ['report', '--home', '.'], { cwd: folder })
  t.match(stdout, /Không có chương trình nào theo kế hoạch\./, 'relative names are of where the person stands')
})
