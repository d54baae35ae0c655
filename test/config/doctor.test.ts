/** Each check of the doctor on a box that is so or so; the broker is a real Mosquitto with TLS and client certificates. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Aedes } from 'aedes'
import t, { type Test } from 'tap'
import type { Box } from '../../config/doctor/box.ts'
import { checkAgent } from '../../config/doctor/agent.ts'
import { checkBroker } from '../../config/doctor/broker.ts'
import { checkClock } from '../../config/doctor/clock.ts'
import { checkDisplays } from '../../config/doctor/display.ts'
import { doctorJson, doctorPage, examine } from '../../config/doctor/examine.ts'
import { sectionOf, VERDICTS, type Finding } from '../../config/doctor/findings.ts'
import { checkPrograms } from '../../config/doctor/programs.ts'
import { run, type Ran } from '../../config/doctor/run.ts'
import { sayFinding } from '../../config/doctor/say-finding.ts'
import { checkSound } from '../../config/doctor/sound.ts'
import { checkStorage } from '../../config/doctor/storage.ts'
import type { Settings } from '../../config/settings.ts'
import { wordsOf } from '../../config/words/language.ts'
import { openControl } from '../../drivers/control/control.ts'
import { until } from '../drivers/poll.ts'
import { load, RIGHT } from './settings-file.ts'
import { statusSample } from './status-sample.ts'

const done = (stdout: string, exitCode = 0, stderr = ''): Ran => ({ kind: 'done', exitCode, stdout, stderr })

/** Programs answer as told; what is not told is not installed. */
const boxWith = (answers: Record<string, Ran>, root = '/nowhere'): Box => ({
  run: async (program, args) => answers[`${program} ${args[0] ?? ''}`] ?? answers[program] ?? { kind: 'missing' },
  now: () => Date.now(),
  elapsed: () => performance.now(),
  chance: () => 0.5,
  user: 'hung',
  nodeVersion: '20.20.2',
  commandVersion: '0.1.0',
  root,
})

const settingsOf = (t: Test, text = RIGHT): Settings => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-settings-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const loaded = load(folder, text)
  if (loaded.kind === 'wrong') throw new Error(JSON.stringify(loaded.faults))
  return loaded.settings
}

const codes = (findings: Finding[]) => findings.map(({ code }) => code)

t.test('only the programs that this box needs are looked for', async (t) => {
  const all = {
    ffmpeg: done('ffmpeg version 5.1.9-0 Copyright'),
    aplay: done('aplay: version 1.2.8 by'),
    'espeak-ng': done('eSpeak NG text-to-speech: 1.51  Data at: /usr/lib'),
    mpv: done('mpv 0.35.1 Copyright'),
  }
  t.match(await checkPrograms(boxWith(all), settingsOf(t)), [
    { code: 'node-right' },
    { code: 'program-found', facts: { program: 'ffmpeg', version: '5.1.9-0' } },
    { code: 'program-found', facts: { program: 'aplay', version: '1.2.8' } },
    { code: 'program-found', facts: { program: 'espeak-ng', version: '1.51' } },
  ])
  t.strictSame(codes(await checkPrograms(boxWith({}), null)), [
    'node-right',
    ...Array<string>(4).fill('program-missing'),
  ])
})

t.test('a Node that is too old is said, on either side of the minimum', async (t) => {
  const judge = async (nodeVersion: string) => (await checkPrograms({ ...boxWith({}), nodeVersion }, null))[0]?.code
  t.equal(await judge('18.19.0'), 'node-old')
  t.equal(await judge('20.8.9'), 'node-old')
  t.equal(await judge('20.9.0'), 'node-right')
  t.equal(await judge('22.0.0'), 'node-right')
})

t.test('programs that are missing or hang are answers', async (t) => {
  t.strictSame(await run('loa-no-such-program', []), { kind: 'missing' })
  t.match(await run('sh', ['-c', 'echo out; echo err >&2; exit 3']), {
    kind: 'done',
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  })
  t.strictSame(await run('sleep', ['60']), { kind: 'hung' })
})

t.test('a sound device is judged by what opening it says', async (t) => {
  const listing = 'null\n    Discard all samples\nplughw:CARD=Headphones,DEV=0\n    bcm2835\ndefault\n'
  const cases: [Ran, string][] = [
    [done(''), 'sound-opens'],
    [done('', 1, 'aplay: main:831: audio open error: Device or resource busy\n'), 'sound-busy'],
    [done('', 1, 'ALSA lib x\naplay: main:831: audio open error: No such file or directory\n'), 'sound-missing'],
    [done('', 1, 'aplay: main:831: audio open error: Permission denied\n'), 'sound-forbidden'],
    [done('', 1, 'aplay: set_params:1407: Unable to install hw params:\n'), 'sound-failed'],
    [{ kind: 'hung' }, 'sound-failed'],
    [{ kind: 'missing' }, 'sound-unchecked'],
  ]
  for (const [answer, code] of cases) {
    const findings = await checkSound(boxWith({ 'aplay -q': answer, 'aplay -L': done(listing) }), settingsOf(t))
    t.strictSame(codes(findings), [code])
    if (code === 'sound-missing')
      t.match(findings, [{ facts: { devices: ['plughw:CARD=Headphones,DEV=0', 'default'] } }])
  }
})

t.test('two outputs that would take one card from each other are told which device both can have', async (t) => {
  const zones = (first: string, second: string) =>
    settingsOf(t, `${RIGHT}    device: "${first}"\n  - name: yard\n    medium: sound\n    device: "${second}"\n`)
  const box = boxWith({ 'aplay -q': done('') })
  const shared = await checkSound(box, zones('plughw:CARD=Headphones,DEV=0', 'hw:Headphones'))
  const facts = { output: 'yard', other: 'horn', mixing: "plug:'dmix:CARD=Headphones,DEV=0'" }
  t.match(shared, [{ code: 'sound-shared', facts }, { code: 'sound-opens' }, { code: 'sound-opens' }])
  for (const [first, second] of [
    ['hw:0', 'hw:1'],
    ['hw:0,0', 'hw:0,1'],
    ['default', 'default'],
    ["plug:'dmix:CARD=Headphones,DEV=0'", "plug:'dmix:CARD=Headphones,DEV=0'"],
  ] as const)
    t.strictSame(codes(await checkSound(box, zones(first, second))), ['sound-opens', 'sound-opens'])
})

t.test('a sound device is opened at the rate of its output', async (t) => {
  const asked: string[][] = []
  const box: Box = {
    ...boxWith({}),
    run: (program, args) => (asked.push([program, ...args]), Promise.resolve(done(''))),
  }
  await checkSound(box, settingsOf(t, `${RIGHT}    rateHz: 44100\n`))
  t.match(asked[0]?.join(' '), /^aplay -q -D default .* -r 44100 -c 2 /)
})

t.test('on this machine a device that cannot exist is missing', async (t) => {
  const settings = settingsOf(t, `${RIGHT}    device: "hw:CARD=nowhere"\n`)
  t.match(await checkSound({ ...boxWith({}), run }, settings), [
    { code: 'sound-missing', facts: { device: 'hw:CARD=nowhere' } },
  ])
})

const PICTURE = RIGHT.replace('name: horn\n    medium: sound', 'name: board\n    medium: picture')

t.test('a screen on HDMI is found by its plug', async (t) => {
  const root = t.testdir({
    dev: { dri: { card0: '', renderD128: '' } },
    sys: {
      class: {
        drm: { card0: {}, 'card0-HDMI-A-1': { status: 'connected\n' }, 'card0-HDMI-A-2': { status: 'disconnected\n' } },
      },
    },
  })
  const settings = settingsOf(t, PICTURE)
  t.match(await checkDisplays(boxWith({}, root), settings), [{ code: 'display-found', facts: { display: 'HDMI-A-1' } }])
  writeFileSync(join(root, 'sys/class/drm/card0-HDMI-A-1/status'), 'disconnected\n')
  t.strictSame(codes(await checkDisplays(boxWith({}, root), settings)), ['display-unplugged'])
  rmSync(join(root, 'dev/dri'), { recursive: true })
  t.match(await checkDisplays(boxWith({}, root), settings), [{ code: 'display-missing' }])
})

t.test('an X display is found by its socket', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'loa-x-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'tmp/.X11-unix'), { recursive: true })
  const settings = settingsOf(t, `${PICTURE}    videoOutput: x11\n    display: ":7"\n`)
  t.match(await checkDisplays(boxWith({}, root), settings), [{ code: 'display-missing', facts: { display: ':7' } }])
  const server = createServer().listen(join(root, 'tmp/.X11-unix/X7'))
  await once(server, 'listening')
  t.teardown(() => server.close())
  t.strictSame(codes(await checkDisplays(boxWith({}, root), settings)), ['display-found'])
  const nonsense = settingsOf(t, `${PICTURE}    videoOutput: x11\n    display: wayland\n`)
  t.strictSame(codes(await checkDisplays(boxWith({}, root), nonsense)), ['display-missing'])
})

t.test('the cache is compared with what the disk has', async (t) => {
  const folder = t.testdir({ data: { 'media.db': 'x'.repeat(1000) } })
  const settings = settingsOf(t)
  const at = (quotaBytes: number): Settings => ({
    ...settings,
    state: { folder: join(folder, 'data') },
    media: { ...settings.media, quotaBytes },
  })
  t.match(checkStorage(boxWith({}), at(1_000_000)), [{}, { code: 'cache-fits', facts: { usedBytes: 1000 } }])
  t.match(checkStorage(boxWith({}), at(1e18)), [{}, { code: 'cache-too-large' }])
  t.match(checkStorage(boxWith({}), { ...settings, state: { folder: join(folder, 'none') } }), [
    { code: 'folder-absent' },
  ])
})

t.test('the clock is asked of whoever keeps it', async (t) => {
  const settings = settingsOf(t)
  const judge = async (answers: Record<string, Ran>) => codes(await checkClock(boxWith(answers), settings))
  t.strictSame(await judge({ timedatectl: done('yes\n') }), ['clock-synced'])
  t.strictSame(await judge({ timedatectl: done('no\n') }), ['clock-unsynced'])
  t.strictSame(await judge({ timedatectl: done('', 1), chronyc: done('A,B,3,Normal\n') }), ['clock-synced'])
  t.strictSame(await judge({ chronyc: done('A,B,3,Not synchronised\n') }), ['clock-unsynced'])
  t.strictSame(await judge({}), ['clock-unknown'])
  const battery: Settings = { ...settings, clock: { source: 'battery' } }
  t.strictSame(codes(await checkClock(boxWith({ timedatectl: done('no') }), battery)), ['clock-battery'])
  const root = t.testdir({ run: { systemd: { timesync: { synchronized: '' } } } })
  t.strictSame(codes(await checkClock(boxWith({}, root), settings)), ['clock-synced'])
})

t.test('the alarms and the version of a running agent are told', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-doctor-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const settings: Settings = { ...settingsOf(t), control: { socket: join(folder, 'a.sock') } }
  t.match(await checkAgent(boxWith({}), settings), [{ code: 'agent-absent' }])
  const alarm = { code: 'output-absent', subject: 'horn', detail: 'gone', since: '2026-11-21T00:00:00Z' }
  const status = () => ({ ...statusSample(), alarms: [alarm] })
  const control = await openControl({ socketPath: settings.control.socket, status, log: { warn: () => {} } })
  t.teardown(control.close)
  t.strictSame(codes(await checkAgent(boxWith({}), settings)), ['agent-running', 'agent-alarm'])
  const updated = { ...boxWith({}), commandVersion: '0.2.0' }
  t.strictSame(codes(await checkAgent(updated, settings)), ['agent-running', 'agent-other-version', 'agent-alarm'])
})

const openssl = (folder: string, ...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })

/** An authority, a broker's certificate for 127.0.0.1 and one for a box, each for so many days. */
const certificates = (folder: string, { boxDays }: { boxDays: number }) => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    folder,
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '365',
    '-subj',
    '/CN=Loa test CA',
  )
  const sign = (name: string, days: number, extension: string) => {
    openssl(folder, 'req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    writeFileSync(join(folder, `${name}.ext`), extension)
    const own = ['-in', `${name}.csr`, '-out', `${name}.crt`, '-extfile', `${name}.ext`, '-days', String(days)]
    openssl(folder, 'x509', '-req', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', ...own)
  }
  sign('broker', 365, 'subjectAltName=IP:127.0.0.1\n')
  sign('box', boxDays, 'extendedKeyUsage=clientAuth\n')
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

type Bench = { folder: string; port: number; settings: Settings }

const brokerBench = async (t: Test, { boxDays = 365, extra = '', byName = true } = {}): Promise<Bench> => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-broker-'))
  chmodSync(folder, 0o755)
  certificates(folder, { boxDays })
  const port = await freePort()
  const at = (name: string) => join(folder, name)
  writeFileSync(
    at('mosquitto.conf'),
    `listener ${port} 127.0.0.1
cafile ${at('ca.crt')}
certfile ${at('broker.crt')}
keyfile ${at('broker.key')}
require_certificate true
use_identity_as_username ${byName}
user root
${extra}`,
  )
  const mosquitto = spawn('mosquitto', ['-c', at('mosquitto.conf')], { stdio: 'ignore' })
  let isOpen = false
  const knock = () => {
    const call = connect(port, '127.0.0.1', () => (isOpen = true)).on('error', () => call.destroy())
    call.on('connect', () => call.destroy())
  }
  t.teardown(async () => {
    if (mosquitto.exitCode === null) {
      mosquitto.kill('SIGKILL')
      await once(mosquitto, 'exit')
    }
    rmSync(folder, { recursive: true })
  })
  await until('Mosquitto', () => {
    if (!isOpen) knock()
    return isOpen
  })
  const settings: Settings = {
    ...settingsOf(t),
    broker: {
      url: `mqtts://127.0.0.1:${port}`,
      ca: at('ca.crt'),
      certificate: at('box.crt'),
      key: at('box.key'),
      keepaliveSeconds: 30,
    },
  }
  return { folder, port, settings }
}

t.test('a broker that lets the box in is found right at every step', async (t) => {
  const { settings } = await brokerBench(t)
  const findings = await checkBroker(boxWith({}), settings)
  t.match(findings, [
    { code: 'certificate-right', facts: { name: 'Loa test CA', days: 364 } },
    { code: 'certificate-right', facts: { name: 'box' } },
    { code: 'broker-reached', facts: { address: '127.0.0.1' } },
    { code: 'broker-certificate-right', facts: { name: 'broker', protocol: 'TLSv1.3' } },
    { code: 'broker-accepts', facts: { version: '5' } },
  ])
})

t.test('a broker that speaks only MQTT 3.1.1 is accepted', async (t) => {
  const aedes = await Aedes.createBroker()
  const server = createServer((socket) => void aedes.handle(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => new Promise((resolve) => aedes.close(() => server.close(resolve))))
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`
  const findings = await checkBroker(boxWith({}), { ...settingsOf(t), broker: { url, keepaliveSeconds: 30 } })
  t.match(findings.at(-1), { code: 'broker-accepts', facts: { version: '3.1.1' } })
})

t.test('the clock decides whether a certificate is early, ending or ended', async (t) => {
  const { settings } = await brokerBench(t, { boxDays: 40 })
  const day = 86_400_000
  const own = async (shiftDays: number) => {
    const box = { ...boxWith({}), now: () => Date.now() + shiftDays * day }
    return (await checkBroker(box, settings)).find(({ facts }) => 'name' in facts && facts.name === 'box')?.code
  }
  t.equal(await own(0), 'certificate-right')
  t.equal(await own(15), 'certificate-ending')
  t.equal(await own(41), 'certificate-expired')
  t.equal(await own(-2), 'certificate-early')
})

t.test('a key of another certificate, and files that are neither, are named', async (t) => {
  const { settings, folder } = await brokerBench(t)
  const withKey = (key: string): Settings => ({ ...settings, broker: { ...settings.broker, key: join(folder, key) } })
  t.ok(codes(await checkBroker(boxWith({}), withKey('ca.key'))).includes('key-differs'))
  writeFileSync(join(folder, 'junk'), 'hunter2')
  const junk = await checkBroker(boxWith({}), withKey('junk'))
  t.match(
    junk.find(({ code }) => code === 'certificate-unreadable'),
    { facts: { file: join(folder, 'junk') } },
  )
  t.notMatch(JSON.stringify(junk), 'hunter2')
})

t.test('a box without a certificate, or that does not trust the broker, is stopped before MQTT', async (t) => {
  const { settings } = await brokerBench(t)
  const { url, ca, certificate, key } = settings.broker
  const last = async (broker: object) =>
    codes(await checkBroker(boxWith({}), { ...settings, broker: { url, keepaliveSeconds: 30, ...broker } })).at(-1)
  t.match(await last({ ca }), /broker-(silent|tls-wrong)/)
  t.equal(await last({ certificate, key }), 'broker-tls-wrong')
})

t.test('a broker that does not know the box refuses it', async (t) => {
  const { settings } = await brokerBench(t, {
    extra: 'password_file /dev/null\nallow_anonymous false\n',
    byName: false,
  })
  t.match((await checkBroker(boxWith({}), settings)).at(-1), {
    code: 'broker-refuses',
    facts: { error: /Not authorized/ },
  })
})

t.test('each broken step of the line is told from the others', async (t) => {
  const settings = settingsOf(t)
  const at = (url: string): Settings => ({ ...settings, broker: { url, keepaliveSeconds: 30 } })
  t.strictSame(codes(await checkBroker(boxWith({}), at('mqtts://no-such-host.invalid'))), ['broker-name-unknown'])
  const port = await freePort()
  t.match(await checkBroker(boxWith({}), at(`mqtt://127.0.0.1:${port}`)), [
    { code: 'broker-port-closed', facts: { error: 'ECONNREFUSED' } },
  ])
  const hangsUp = createServer((socket) => socket.on('error', () => {}).end('220 smtp\r\n')).listen(0, '127.0.0.1')
  await once(hangsUp, 'listening')
  t.teardown(() => hangsUp.close())
  const wrongPort = (hangsUp.address() as AddressInfo).port
  t.strictSame(codes(await checkBroker(boxWith({}), at(`mqtts://127.0.0.1:${wrongPort}`))), [
    'broker-reached',
    'broker-tls-wrong',
  ])
  t.strictSame(codes(await checkBroker(boxWith({}), at(`mqtt://127.0.0.1:${wrongPort}`))), [
    'broker-reached',
    'broker-unencrypted',
    'broker-silent',
  ])
})

t.test('without settings the doctor examines what it can', async (t) => {
  const loaded = load(t.testdir(), 'device: [')
  const findings = await examine(boxWith({}), loaded, '/etc/loa/loa.yaml')
  t.match(findings[0], { code: 'settings-wrong' })
  t.ok(codes(findings).includes('node-right'))
  const forbidden = {
    kind: 'wrong' as const,
    language: null,
    faults: [
      { key: '', line: null, found: null, problem: { kind: 'unreadable' as const, reason: 'forbidden' as const } },
    ],
  }
  t.match((await examine(boxWith({}), forbidden, '/etc/loa/loa.yaml'))[0], {
    code: 'settings-forbidden',
    facts: { user: 'hung' },
  })
})

/** Facts that fit every code, so that every sentence can be read. */
const FACTS = {
  file: '/etc/loa/x',
  faults: 2,
  user: 'hung',
  version: '1.2',
  minimum: '20.9',
  program: 'mpv',
  debianPackage: 'mpv',
  neededFor: 'picture',
  uptimeMs: 1,
  socket: '/run/loa/agent.sock',
  detail: 'd',
  agent: '1',
  command: '2',
  code: 'output-absent',
  subject: 'horn',
  since: 'x',
  output: 'horn',
  device: 'default',
  devices: ['default'],
  other: 'yard',
  mixing: "plug:'dmix:CARD=0,DEV=0'",
  error: 'E',
  display: ':0',
  folder: '/var/lib/loa',
  freeBytes: 1e9,
  quotaBytes: 4e9,
  usedBytes: 1e9,
  name: 'box',
  until: '2027-01-01',
  from: '2026-01-01',
  days: 9,
  certificate: 'c',
  key: 'k',
  host: 'h',
  port: 8883,
  address: '1.2.3.4',
  ms: 3,
  protocol: 'TLSv1.3',
  by: 'chrony',
  amplifier: 'tang-am',
  power: 'unknown',
  wanted: 'on',
  tripped: ['overheat'],
  figures: {
    ...{ lateMs: 0.2, underruns: 1, gainDb: -6, trimDb: 0, mixer: '-6 dB', urgency: 'nice', heardDb: null },
    ...{ heard: 'unsure', amplifiers: [{ id: 'tang-am', power: 'unknown' }] },
  },
  at: '2026-01-01 10:00',
  control: 'PCM',
  count: 2,
  cause: 'the box was too busy',
  lateMs: 40,
  urgency: 'nice',
  waiting: 2,
  failed: 1,
}

t.test('every finding has its words in both languages, and whatever is not right has a next step', async (t) => {
  const findings = Object.keys(VERDICTS).map((code) => ({ code, facts: FACTS }) as unknown as Finding)
  for (const finding of findings) {
    for (const language of ['vi', 'en'] as const) {
      const { text, next } = sayFinding(finding, wordsOf(language))
      t.notMatch(`${text} ${next ?? ''}`, /undefined|NaN|\[object/, `${language} ${finding.code}`)
      t.equal(next === null, VERDICTS[finding.code] === 'right', `${finding.code} has a next step unless it is right`)
    }
    t.ok(sectionOf(finding.code))
  }
  const page = doctorPage(findings, 'loa-1', wordsOf('vi'), { columns: 80, colour: false })
  t.match(page, /Kiểm tra thiết bị loa-1/)
  t.ok(page.split('\n').every((line) => line.length <= 120))
  t.match(doctorJson(findings, wordsOf('en')), { right: false })
})
