/** Against the real systemd-notify and a real datagram socket; only systemd itself is a few lines of Python here. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openWatchdog } from '../../../drivers/watchdog/watchdog.ts'
import { elapsedMs, wallMs } from '../../../player/plan/time.ts'
import { stoppedClock } from '../../fixtures/clock.ts'
import { until } from '../poll.ts'

/** Prints each datagram as one line; a received descriptor (the barrier of systemd-notify) is dropped, as systemd does. */
const SYSTEMD = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('ready', flush=True)
while True:
    print(s.recv(65536).decode().replace('\\n', '|'), flush=True)
`

type Listener = { path: string; messages: string[]; process: ChildProcess }

const listen = async (t: Test): Promise<Listener> => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-notify-'))
  const path = join(folder, 'notify')
  const listener = spawn('python3', ['-u', '-c', SYSTEMD, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    listener.kill('SIGKILL')
    await once(listener, 'exit')
    rmSync(folder, { recursive: true })
  })
  const messages: string[] = []
  listener.stdout.on('data', (text: Buffer) =>
    messages.push(
      ...text
        .toString()
        .split('\n')
        .filter((line) => line !== ''),
    ),
  )
  await until('the listener', () => messages.includes('ready'))
  messages.length = 0
  return { path, messages, process: listener }
}

const told = ({ messages }: Listener) => messages.filter((message) => message !== 'BARRIER=1')

const clockOf = () => stoppedClock(wallMs(0))
const quiet = { warn: () => {} }

t.test('systemd hears that the agent is ready, how it is, and that it stops', async (t) => {
  const systemd = await listen(t)
  const env = { ...process.env, NOTIFY_SOCKET: systemd.path }
  const watchdog = openWatchdog({ env, clock: clockOf(), pid: process.pid, log: quiet })
  watchdog.ready()
  await until('READY', () => told(systemd).includes('READY=1'))
  watchdog.status('đang phát: Bản tin\nsáng')
  await until('STATUS', () => told(systemd).includes('STATUS=đang phát: Bản tin sáng'))
  watchdog.stopping()
  await until('STOPPING', () => told(systemd).includes('STOPPING=1'))
})

t.test('what is said while the program runs is sent together, the newest of each', async (t) => {
  const systemd = await listen(t)
  const env = { ...process.env, NOTIFY_SOCKET: systemd.path }
  const watchdog = openWatchdog({ env, clock: clockOf(), pid: process.pid, log: quiet })
  watchdog.ready()
  for (let count = 1; count <= 500; count += 1) watchdog.status(`turn ${count}`)
  watchdog.stopping()
  await until('STOPPING', () => told(systemd).some((message) => message.includes('STOPPING=1')))
  t.strictSame(told(systemd), ['READY=1', 'STATUS=turn 500|STOPPING=1'])
})

t.test('the loop feeds the watchdog at a third of its limit, and never faster', async (t) => {
  const systemd = await listen(t)
  const clock = clockOf()
  const env = {
    ...process.env,
    NOTIFY_SOCKET: systemd.path,
    WATCHDOG_USEC: '60000000',
    WATCHDOG_PID: String(process.pid),
  }
  const watchdog = openWatchdog({ env, clock, pid: process.pid, log: quiet })
  const fed = () => told(systemd).filter((message) => message.includes('WATCHDOG=1')).length
  watchdog.progress()
  await until('the first', () => fed() === 1)
  clock.advance(19_999)
  watchdog.progress()
  watchdog.status('a mark')
  await until('the mark', () => told(systemd).includes('STATUS=a mark'))
  t.equal(fed(), 1, 'not a millisecond before 20 s')
  clock.advance(1)
  for (let turn = 0; turn < 100; turn += 1) watchdog.progress()
  await until('the second', () => fed() === 2)
  watchdog.status('another mark')
  await until('the mark', () => told(systemd).includes('STATUS=another mark'))
  t.equal(fed(), 2)
})

t.test('a loop that stands still is not fed for', async (t) => {
  const systemd = await listen(t)
  const clock = clockOf()
  const env = { ...process.env, NOTIFY_SOCKET: systemd.path, WATCHDOG_USEC: '60000000' }
  const watchdog = openWatchdog({ env, clock, pid: process.pid, log: quiet })
  clock.advance(600_000)
  watchdog.status('a mark')
  await until('the mark', () => told(systemd).includes('STATUS=a mark'))
  t.notOk(told(systemd).some((message) => message.includes('WATCHDOG')))
})

t.test('a watchdog that is not wanted, or is for another process, is not fed', async (t) => {
  const systemd = await listen(t)
  const envs = [{}, { WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1' }, { WATCHDOG_USEC: 'soon' }, { WATCHDOG_USEC: '0' }]
  for (const extra of envs) {
    const env = { ...process.env, ...extra, NOTIFY_SOCKET: systemd.path }
    const watchdog = openWatchdog({ env, clock: clockOf(), pid: process.pid, log: quiet })
    watchdog.progress()
    watchdog.status('a mark')
    await until('the mark', () => told(systemd).includes('STATUS=a mark'))
    systemd.messages.length = 0
  }
  t.pass('only the marks came')
})

t.test('without systemd nothing is started', async (t) => {
  const warnings: string[] = []
  const clock = { elapsed: () => elapsedMs(0), after: () => t.fail('no program, no limit') as never }
  const watchdog = openWatchdog({ env: {}, clock, pid: 1, log: { warn: (_f, text) => warnings.push(text) } })
  watchdog.ready()
  watchdog.progress()
  watchdog.status('x')
  watchdog.stopping()
  t.strictSame(warnings, [])
})

t.test('a missing program is said once and harms nothing', async (t) => {
  const warnings: string[] = []
  const env = { PATH: t.testdir(), NOTIFY_SOCKET: '/nowhere' }
  const log = { warn: (_fields: object, text: string) => warnings.push(text) }
  const watchdog = openWatchdog({ env, clock: clockOf(), pid: 1, log })
  watchdog.ready()
  await until('the warning', () => warnings.length > 0)
  watchdog.stopping()
  await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(warnings, ['systemd could not be told how the agent is'])
})

t.test('a program that hangs is ended after its limit, and the next message goes out', async (t) => {
  const folder = t.testdir()
  const program = join(folder, 'systemd-notify')
  const heard = join(folder, 'heard')
  writeFileSync(program, `#!/bin/sh\necho "$@" >> ${heard}\ncase "$1" in READY*) exec sleep 1000;; esac\n`)
  chmodSync(program, 0o755)
  const clock = clockOf()
  const warnings: object[] = []
  const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, NOTIFY_SOCKET: '/nowhere' }
  const watchdog = openWatchdog({ env, clock, pid: 1, log: { warn: (fields) => warnings.push(fields) } })
  watchdog.ready()
  watchdog.stopping()
  clock.advance(9_999)
  t.strictSame(warnings, [])
  clock.advance(1)
  await until('the end', () => warnings.length > 0)
  t.match(warnings, [{ signal: 'SIGKILL' }])
})
