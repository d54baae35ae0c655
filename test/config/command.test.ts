/** The command as a technician types it: a process of its own, in both languages, against a real socket. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import type { AgentStatus } from '../../config/status.ts'
import { openControl } from '../../drivers/control/control.ts'
import { RIGHT } from './settings-file.ts'
import { statusSample } from './status-sample.ts'

const LOA = resolve(import.meta.dirname, '../../config/loa.js')

type Ran = { exitCode: number; stdout: string; stderr: string }

const loa = (args: string[], env: Record<string, string> = {}): Promise<Ran> =>
  new Promise((done) => {
    const options = { env: { PATH: process.env['PATH'] ?? '', TZ: 'Asia/Ho_Chi_Minh', LANG: 'C', ...env } }
    execFile(process.execPath, [LOA, ...args], options, (error, stdout, stderr) => {
      done({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })

/** A folder with right settings whose socket is in the same, short-named folder. */
const boxIn = (t: Test): { settings: string; socketPath: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-box-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const settings = join(folder, 'loa.yaml')
  writeFileSync(settings, `${RIGHT}control: { socket: agent.sock }\nstate: { folder: state }\n`)
  return { settings, socketPath: join(folder, 'agent.sock') }
}

const agentIn = async (t: Test, status: AgentStatus): Promise<string> => {
  const { settings, socketPath } = boxIn(t)
  const control = await openControl({ socketPath, status: () => status, log: { warn: () => {} } })
  t.teardown(control.close)
  return settings
}

t.test('the help is in the language of the locale, and --lang rules over it', async (t) => {
  t.match((await loa(['--help'])).stdout, /Usage: loa COMMAND/)
  t.match((await loa(['--help'], { LC_ALL: 'vi_VN.UTF-8' })).stdout, /Cách dùng: loa LỆNH/)
  t.match((await loa(['-h', '--lang', 'vi'])).stdout, /Cách dùng/)
  t.match((await loa(['help', '--lang=en'], { LANG: 'vi_VN' })).stdout, /Usage/)
})

t.test('the version is that of the package', async (t) => {
  for (const args of [['version'], ['--version'], ['-V']]) {
    const ran = await loa(args)
    t.match(ran.stdout, /^loa \d+\.\d+\.\d+ \(Node\.js \d+/)
    t.equal(ran.exitCode, 0)
  }
})

t.test('what is not understood says so, points to the help, and exits with 2', async (t) => {
  for (const args of [
    [],
    ['dance'],
    ['config'],
    ['config', 'chek'],
    ['status', 'now'],
    ['config', 'check', 'a', 'b'],
  ]) {
    const ran = await loa(args)
    t.equal(ran.exitCode, 2, args.join(' '))
    t.match(ran.stderr, /loa --help/)
    t.equal(ran.stdout, '')
  }
  t.match((await loa(['status', '--jason'])).stderr, /not understood: --jason/)
  t.match((await loa(['status', '--lang', 'fr'])).stderr, /--lang fr/)
  t.match((await loa(['dance'], { LANG: 'vi_VN' })).stderr, /Không có lệnh “dance”/)
})

t.test('right settings pass, wrong ones exit with 1 and say everything, in both languages', async (t) => {
  const { settings } = boxIn(t)
  const right = await loa(['config', 'check', settings])
  t.equal(right.exitCode, 0)
  t.match(right.stdout, /✓ .*loa\.yaml is right/)
  t.match(right.stdout, /mqtts:\/\/mqtt\.example\.vn:8883 · encrypted/)
  t.equal((await loa(['config', 'check', '--settings', settings])).exitCode, 0, '--settings names it as well')
  writeFileSync(settings, RIGHT.replace('medium: sound', 'medium: sound\n    devise: x').replace('loa-1', 'lo a'))
  const wrong = await loa(['config', 'check', settings, '--lang', 'en'])
  t.equal(wrong.exitCode, 1)
  t.match(wrong.stdout, /has 2 mistakes/)
  t.match(wrong.stdout, /✗ device · line 1\n.*\n\s+Found\s+lo a\n\s+Expected\s+1 to 48/)
  t.match(wrong.stdout, /✗ outputs\[0\]\.devise · line 10[^]*Did you mean device\?/)
  t.match((await loa(['config', 'check', settings, '--lang', 'vi'])).stdout, /có 2 lỗi[^]*Có phải ý bạn là device\?/)
})

t.test('a login in the address of the broker is not shown', async (t) => {
  const { settings } = boxIn(t)
  writeFileSync(settings, RIGHT.replace('mqtts://', 'mqtt://box:hunter2@'))
  const { stdout } = await loa(['config', 'check', settings])
  t.notMatch(stdout, 'hunter2')
  t.match(stdout, /mqtt:\/\/mqtt\.example\.vn:8883 · NOT encrypted/)
})

t.test('the check as JSON carries place, line, words and verdict', async (t) => {
  const { settings } = boxIn(t)
  writeFileSync(settings, RIGHT.replace('loa-1', 'lo a'))
  const { stdout, exitCode } = await loa(['config', 'check', settings, '--json'])
  t.equal(exitCode, 1)
  t.match(JSON.parse(stdout), {
    right: false,
    faults: [{ key: 'device', line: 1, found: 'lo a', problem: { kind: 'malformed' }, wrong: String, next: String }],
  })
})

t.test('the language of the settings is spoken, unless another is asked for', async (t) => {
  const { settings } = boxIn(t)
  writeFileSync(settings, `${RIGHT}language: vi\n`)
  t.match((await loa(['config', 'check', settings])).stdout, /đúng/)
  t.match((await loa(['config', 'check', settings, '--lang', 'en'])).stdout, /is right/)
})

t.test('the status tells what plays, what is next and how the box is', async (t) => {
  const settings = await agentIn(t, statusSample())
  const { stdout, exitCode } = await loa(['status', '--settings', settings])
  t.equal(exitCode, 0)
  t.match(stdout, /loa-02215-0007 · vn\/08\/02215\/thon-5 {2}● running for 3 d 4 h/)
  t.match(stdout, /▶ horn \(sound\) +Bản tin sáng thôn 5 · for 2 min 13 s · -6 dB/)
  t.match(stdout, /✓ board \(picture\) +quiet/)
  t.match(stdout, /17:00 {2}Thời sự chiều · in 5 h 1 min/)
  t.match(stdout, /Clock +confirmed by a time server/)
  t.match(stdout, /Head-end +connected \(MQTT 5\)/)
  t.match(stdout, /Cache +214 files, 1\.3 GB of 4 GB \(33 %\) · 2 files still to fetch/)
  t.match(stdout, /Reports +all delivered/)
  t.match(stdout, /✓ tuan-47 · revision 12 · in force/)
  t.match(stdout, /! tuan-48 · revision 1 · waiting · 2 of 9 files are not here yet/)
  const vi = await loa(['status', '--settings', settings], { LANG: 'vi_VN.UTF-8' })
  t.match(vi.stdout, /▶ horn \(loa\) +Bản tin sáng thôn 5 · đã phát 2 phút 13 giây/)
  t.match(vi.stdout, /Hệ thống nguồn +đã kết nối/)
})

t.test('what is spoken over something is told with what goes on below', async (t) => {
  const status = statusSample()
  const [horn, board] = status.outputs
  const over = { programmeId: 'live:1', title: 'Trưởng thôn', priority: 'live', heardMs: 4_000 }
  const settings = await agentIn(t, { ...status, outputs: [{ ...horn!, over }, board!] })
  const { stdout } = await loa(['status', '--settings', settings])
  t.match(stdout, /▶ horn \(sound\) +Trưởng thôn · for 4 s over Bản tin sáng thôn 5 · for\s+2\s+min\s+13 s/)
})

t.test('the status as JSON is the status', async (t) => {
  const settings = await agentIn(t, statusSample())
  t.strictSame(JSON.parse((await loa(['status', '--json', '--settings', settings])).stdout), statusSample())
})

t.test('trouble stands out in the status, and titles cannot command the terminal', async (t) => {
  const status = statusSample()
  const [horn, board] = status.outputs
  const fault = { code: 'device-missing', detail: 'hw:1\u001b[2J' }
  const settings = await agentIn(t, {
    ...status,
    broker: { connected: false, protocolVersion: null, detail: 'ECONNREFUSED', reconnects: 3 },
    clock: { trust: 'unsynced' },
    outputs: [
      { ...horn!, state: 'absent', playing: null, fault, restarts: 4 },
      { ...board!, muted: true },
    ],
    next: null,
    schedules: [],
    outbox: { waiting: 7 },
    alarms: [{ code: 'output-absent', subject: 'horn', detail: 'device-missing', since: '2026-11-20T00:00:00Z' }],
  })
  const { stdout } = await loa(['status', '--settings', settings])
  t.match(stdout, /✗ horn \(sound\) +device not found · hw:1 \[2J[^]*restarted 4 times/)
  t.match(stdout, /board \(picture\).*muted/)
  t.match(stdout, /! Head-end +not connected[^]* · reconnected 3 times/)
  t.match(stdout, /! Reports +7 reports wait/)
  t.match(stdout, /Alarms\n +✗ an output has no device · horn · since 07:00 20\/11\/2026\n +device-missing\n/)
  t.notMatch(stdout, '\u001b')
})

t.test('an agent that is not there is said clearly, with the next thing to do, and exits with 1', async (t) => {
  const { settings, socketPath } = boxIn(t)
  const en = await loa(['status', '--settings', settings])
  t.equal(en.exitCode, 1)
  t.match(en.stdout, /✗ The agent is not running[^]*sudo systemctl start loa/)
  const vi = await loa(['status', '--settings', settings, '--lang', 'vi'])
  t.match(vi.stdout, /✗ Chương trình không chạy[^]*sudo systemctl start loa/)
  const json = await loa(['status', '--json', '--settings', settings])
  t.strictSame(JSON.parse(json.stdout), { error: 'absent', socket: socketPath })
})

t.test('an agent that hangs does not hang the command', async (t) => {
  const { settings, socketPath } = boxIn(t)
  const mute = createServer()
  mute.listen(socketPath)
  t.teardown(() => mute.close())
  const ran = await loa(['status', '--settings', settings])
  t.equal(ran.exitCode, 1)
  t.match(ran.stdout, /does not answer/)
})

t.test('the doctor examines, gives a next step for every fault, and exits with 1', async (t) => {
  const { settings } = boxIn(t)
  const ran = await loa(['doctor', '--settings', settings])
  t.equal(ran.exitCode, 1)
  t.match(ran.stdout, /✓ .*loa\.yaml is right/)
  t.match(ran.stdout, /✓ Node\.js \d+/)
  t.match(ran.stdout, /✗ The agent is not running[^\n]*\n +→ sudo systemctl start loa/)
  const json = await loa(['doctor', '--json', '--lang', 'vi', '--settings', settings])
  t.match(JSON.parse(json.stdout), { right: false, findings: Array })
})
