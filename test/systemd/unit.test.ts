/** The unit, judged by systemd's own tools. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'

const ROOT = resolve(import.meta.dirname, '../../..')
const UNIT = join(ROOT, 'systemd/loa.service')
const text = readFileSync(UNIT, 'utf8')

/** systemd-analyze counts in tenths: 30 is an exposure of 3.0. */
const EXPOSURE_TENTHS_MAX = 30

const valuesOf = (name: string): string[] =>
  text.split('\n').flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []))

const analyze = (...args: string[]) => spawnSync('systemd-analyze', ['--no-pager', ...args], { encoding: 'utf8' })

const exposureOf = (file: string) => {
  const ran = analyze('security', '--offline=true', `--threshold=${EXPOSURE_TENTHS_MAX}`, file)
  const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(ran.stdout)?.[1]
  return { exposure: exposure === undefined ? null : Number(exposure), isUnderThreshold: ran.status === 0 }
}

t.test('the exposure is at most 3.0, by the tool’s own verdict and by its figure', async (t) => {
  const { exposure, isUnderThreshold } = exposureOf(UNIT)
  t.ok(isUnderThreshold)
  t.type(exposure, 'number')
  t.ok(exposure! > 0 && exposure! <= EXPOSURE_TENTHS_MAX / 10, `exposure ${exposure}`)
})

t.test('without its hardening the same unit is over the limit, so the check can fail', async (t) => {
  const soft = text
    .split('\n')
    .filter((line) => !/^(Protect|Restrict|SystemCall|Private|NoNew|Capability|Device|User=|Group=|Lock)/.test(line))
  const file = join(t.testdir(), 'loa.service')
  writeFileSync(file, soft.join('\n'))
  const { exposure, isUnderThreshold } = exposureOf(file)
  t.notOk(isUnderThreshold)
  t.ok(exposure! > EXPOSURE_TENTHS_MAX / 10)
})

/**
 * `verify` looks whether the program of ExecStart is there. On a development machine /opt/loa is not, so a copy is verified
 * in which the installed paths are replaced by those of this tree; nothing else is changed.
 */
const verifiable = (unit: string) =>
  unit.replaceAll('/opt/loa/bin/node', process.execPath).replaceAll('/opt/loa/current', ROOT)

const verify = (folder: string, unit: string) => {
  const file = join(folder, 'loa.service')
  writeFileSync(file, unit)
  const { status, stdout, stderr } = analyze('verify', file)
  return { status, said: stdout + stderr }
}

t.test('systemd-analyze verify has nothing to say', async (t) => {
  t.strictSame(verify(t.testdir(), verifiable(text)), { status: 0, said: '' })
})

t.test('verify does speak about a mistake, so its silence means something', async (t) => {
  const misspelt = verify(t.testdir(), verifiable(text).replace('WatchdogSec=', 'WatchdogSecs='))
  t.match(misspelt.said, /WatchdogSecs/)
  const lost = verify(t.testdir(), verifiable(text).replace(process.execPath, '/opt/nowhere/node'))
  t.match(lost.said, /not executable|No such file/)
})

t.test('the agent never gives up, and is watched by its own progress', async (t) => {
  t.strictSame(valuesOf('Type'), ['notify'])
  t.strictSame(valuesOf('NotifyAccess'), ['all'], 'systemd-notify is a process of its own')
  t.strictSame(valuesOf('Restart'), ['always'])
  t.strictSame(valuesOf('StartLimitIntervalSec'), ['0'])
  t.ok(Number(valuesOf('RestartSec')[0]) > 0 && Number(valuesOf('RestartSec')[0]) <= 10)
  t.ok(Number(valuesOf('WatchdogSec')[0]) > 0)
})

t.test('nothing in it waits for a network or for the time', async (t) => {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  t.notMatch(lines.join('\n'), /network|time-sync|time-set|nss-lookup/)
})

t.test('a user of its own has the groups of the devices, and the folders it writes', async (t) => {
  t.strictSame(valuesOf('User'), ['loa'])
  t.strictSame(valuesOf('SupplementaryGroups'), ['audio video render dialout gpio'])
  t.strictSame(valuesOf('StateDirectory'), ['loa'])
  t.strictSame(valuesOf('RuntimeDirectory'), ['loa'])
  t.strictSame(valuesOf('ConfigurationDirectory'), ['loa'])
})

t.test(
  'it lets through what players need: cards, screens, serial lines, code made at run time, four kinds of socket',
  async (t) => {
    const devices = valuesOf('DeviceAllow')
    for (const kind of [
      'char-alsa',
      'char-drm',
      'char-tty',
      'char-ttyS',
      'char-ttyAMA',
      'char-ttyUSB',
      'char-ttyACM',
      'char-gpiochip',
    ]) {
      t.ok(devices.includes(`${kind} rw`), kind)
    }
    t.strictSame(valuesOf('MemoryDenyWriteExecute'), ['no'])
    t.strictSame(valuesOf('RestrictAddressFamilies'), ['AF_UNIX AF_INET AF_INET6 AF_NETLINK'])
    t.strictSame(valuesOf('PrivateDevices'), [])
    t.strictSame(valuesOf('ProcSubset'), [], 'vitals and ALSA read /proc')
  },
)

t.test('what it starts is what the build makes', async (t) => {
  const [program, heapFlag, script, ...args] = (valuesOf('ExecStart')[0] ?? '').split(' ')
  t.equal(program, '/opt/loa/bin/node')
  t.match(heapFlag, /^--max-semi-space-size=\d+$/, 'young objects may not take what a small box does not have')
  t.ok(existsSync((script ?? '').replace('/opt/loa/current', ROOT)), 'the agent’s own file is there')
  t.strictSame(args, ['--settings', '/etc/loa/loa.yaml'])
})
