import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { loadSettings } from '../../config/load.ts'
import { faultsOf, load, RIGHT } from './settings-file.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

t.test('a short file is filled up with the defaults, also inside an output', async (t) => {
  const loaded = load(t.testdir(), RIGHT)
  t.match(loaded, {
    kind: 'ok',
    settings: {
      device: 'loa-1',
      groups: [],
      broker: { keepaliveSeconds: 30 },
      outputs: [{ name: 'horn', medium: 'sound', device: 'default', latencyMs: 0, gainDb: 0 }],
      state: { folder: '/var/lib/loa' },
      media: { quotaBytes: 4_000_000_000 },
      heartbeat: { seconds: 60 },
      clock: { source: 'ntp' },
      control: { socket: '/run/loa/agent.sock' },
    },
  })
})

t.test('every mistake is reported at once, with its place and its line', async (t) => {
  const faults = faultsOf(
    load(
      t.testdir(),
      `area: VN/08
trust: { root: short }
broker:
  url: mqtt.example.vn
  keepaliveSeconds: 1
  ca: nowhere.crt
outputs:
  - name: horn
    medium: sound
    gainDb: 3
  - name: horn
    medium: picture
    width: wide
heartbeat:
  seconds: 1.5
lamp: on
`,
    ),
  )
  t.strictSame(
    faults.map(({ key, line, problem }) => [key, line, problem.kind]),
    [
      ['area', 1, 'malformed'],
      ['trust.root', 2, 'malformed'],
      ['broker.url', 4, 'malformed'],
      ['broker.keepaliveSeconds', 5, 'out-of-range'],
      ['broker.ca', 6, 'file'],
      ['outputs[0].gainDb', 10, 'out-of-range'],
      ['outputs[1].name', 11, 'duplicate'],
      ['outputs[1].width', 13, 'wrong-type'],
      ['heartbeat.seconds', 15, 'wrong-type'],
      ['lamp', 16, 'unknown'],
      ['device', null, 'missing'],
    ],
  )
})

t.test('an empty file is told what it must hold, down to the settings inside sections', async (t) => {
  const faults = faultsOf(load(t.testdir(), ''))
  t.strictSame(faults.map(({ key }) => key).sort(), ['area', 'broker.url', 'device', 'outputs', 'trust.root'])
  t.ok(faults.every(({ problem }) => problem.kind === 'missing'))
})

t.test('a section whose lines are all commented out counts as not written', async (t) => {
  t.equal(load(t.testdir(), `${RIGHT}state:\n#  folder: /x\nheartbeat:\n`).kind, 'ok')
})

t.test('a required setting without a value is missing, at its own line', async (t) => {
  const faults = faultsOf(load(t.testdir(), RIGHT.replace('loa-1', '')))
  t.match(faults, [{ key: 'device', line: 1, problem: { kind: 'missing' } }])
})

t.test('an output is judged by its medium alone', async (t) => {
  const faults = faultsOf(load(t.testdir(), RIGHT.replace('medium: sound', 'medium: picture\n    videoOutput: hdmi')))
  t.match(faults, [{ key: 'outputs[0].videoOutput', problem: { kind: 'not-one-of', allowed: ['drm', 'x11', 'gpu'] } }])
  t.equal(faults.length, 1)
})

t.test('an output of an unknown medium, of none, or that is no section, is one fault each', async (t) => {
  const outputs = 'outputs:\n  - name: a\n    medium: smell\n  - name: b\n  - horn\n'
  const faults = faultsOf(load(t.testdir(), RIGHT.replace(/outputs:[^]*/, outputs)))
  t.match(faults, [
    {
      key: 'outputs[0].medium',
      line: 9,
      found: 'smell',
      problem: { kind: 'not-one-of', allowed: ['sound', 'picture'] },
    },
    { key: 'outputs[1].medium', line: 10, problem: { kind: 'missing' } },
    {
      key: 'outputs[2]',
      line: 11,
      found: 'horn',
      problem: { kind: 'wrong-type', expected: 'section', actual: 'text' },
    },
  ])
  t.equal(faults.length, 3)
})

t.test('of rates and channels those that there are can be had', async (t) => {
  const withOutput = (line: string) => load(t.testdir(), RIGHT.replace('medium: sound', `medium: sound\n    ${line}`))
  for (const rateHz of [32_000, 44_100, 48_000, 96_000])
    t.match(withOutput(`rateHz: ${rateHz}`), { kind: 'ok', settings: { outputs: [{ rateHz, channels: 'both' }] } })
  for (const channels of ['both', 'left', 'right'])
    t.match(withOutput(`channels: ${channels}`), { kind: 'ok', settings: { outputs: [{ channels, rateHz: 48_000 }] } })
  const allowed = ['32000', '44100', '48000', '96000']
  t.match(faultsOf(withOutput('rateHz: 22050')), [
    { key: 'outputs[0].rateHz', found: '22050', problem: { kind: 'not-one-of', allowed } },
  ])
  t.match(faultsOf(withOutput('channels: mono')), [{ key: 'outputs[0].channels', problem: { kind: 'not-one-of' } }])
})

t.test('a misspelt name is one mistake, and the known one is suggested', async (t) => {
  const text = RIGHT.replace('device:', 'devise:')
    .replace('url:', 'URL:')
    .replace('medium: sound', 'medium: sound\n    latency: 4')
  const faults = faultsOf(load(t.testdir(), text))
  t.match(faults, [
    { key: 'devise', problem: { kind: 'unknown', nearest: 'device' } },
    { key: 'broker.URL', problem: { kind: 'unknown', nearest: 'url' } },
    { key: 'outputs[0].latency', problem: { kind: 'unknown', nearest: 'latencyMs' } },
  ])
  t.equal(faults.length, 3)
})

t.test('a setting in the wrong place is told its right one', async (t) => {
  const faults = faultsOf(load(t.testdir(), `${RIGHT}    width: 3\nkeepaliveSeconds: 9\n`))
  t.match(faults, [
    { key: 'outputs[0].width', problem: { nearest: null, elsewhere: 'outputs[].width' } },
    { key: 'keepaliveSeconds', problem: { nearest: null, elsewhere: 'broker.keepaliveSeconds' } },
  ])
})

t.test('syntax faults carry their line and quote nothing of the file', async (t) => {
  const cases: [string, string, number][] = [
    ['device: loa\n\tarea: x\n', 'tab', 2],
    ['device: loa\ndevice: secret-1\n', 'duplicate-key', 2],
    ['device: "secret-1\narea: x\n', 'missing-character', 3],
    ['device: loa\n   area: secret-1\n  more: 1\n', 'indent', 1],
    ['device: *secret-1\n', 'reserved-character', 1],
    ['device: @secret-1\n', 'reserved-character', 1],
    ['device: loa\n---\ndevice: secret-1\n', 'not-understood', 2],
  ]
  for (const [text, code, line] of cases) {
    const faults = faultsOf(load(t.testdir(), text))
    t.match(faults[0], { line, problem: { kind: 'syntax', code } }, JSON.stringify(text))
    t.notMatch(JSON.stringify(faults), 'secret')
  }
})

t.test('passwords and keys never come back, wherever they were written', async (t) => {
  const pem = '-----BEGIN PRIVATE KEY-----\n    hunter2\n    -----END PRIVATE KEY-----'
  const text = `device: loa-1
area: vn
trust: { root: hunter2 }
broker:
  url: https://box:hunter2@mqtt.example.vn
  password: hunter2
  certificate: box.crt
  key: |
    ${pem}
outputs: hunter2-not-secret
`
  const faults = faultsOf(load(t.testdir(), text.replace('hunter2-not-secret', '7')))
  t.notMatch(JSON.stringify(faults), 'hunter2')
  t.match(
    faults.find(({ key }) => key === 'broker.url'),
    { found: 'https://…@mqtt.example.vn' },
  )
  const bare = faultsOf(load(t.testdir(), RIGHT.replace('mqtts://mqtt.example.vn:8883', 'box:hunter2@host')))
  t.match(bare, [{ key: 'broker.url', found: '…@host' }])
})

t.test('numbers where text belongs are recognised', async (t) => {
  const faults = faultsOf(load(t.testdir(), `${RIGHT}groups: [8, cho]\n`))
  t.match(faults, [
    { key: 'groups[0]', line: 10, found: '8', problem: { kind: 'wrong-type', expected: 'text', actual: 'number' } },
  ])
})

t.test('the lists have their limits', async (t) => {
  const none = faultsOf(load(t.testdir(), RIGHT.replace(/outputs:[^]*/, 'outputs: []\n')))
  t.match(none, [{ key: 'outputs', problem: { kind: 'wrong-count', minimum: 1, maximum: 16 } }])
  const output = (index: number) => `  - { name: o${index}, medium: sound }\n`
  const many = (count: number) =>
    RIGHT.replace(/outputs:[^]*/, `outputs:\n${Array.from({ length: count }, (_, i) => output(i)).join('')}`)
  t.equal(load(t.testdir(), many(16)).kind, 'ok')
  t.equal(load(t.testdir(), many(17)).kind, 'wrong')
})

t.test(
  'certificates must be there, be files, and come in pairs; paths count from the folder of the file',
  async (t) => {
    const folder = t.testdir({ 'ca.crt': 'x', 'box.key': 'x', 'a-folder': {} })
    const broker = (lines: string) => RIGHT.replace(':8883\n', `:8883\n${lines}`)
    const right = load(folder, broker('  ca: ca.crt\n'))
    t.match(right, { kind: 'ok', settings: { broker: { ca: join(folder, 'ca.crt') } } })
    t.match(faultsOf(load(folder, broker('  ca: a-folder\n'))), [
      { key: 'broker.ca', problem: { reason: 'not-a-file' } },
    ])
    t.match(faultsOf(load(folder, broker('  key: box.key\n'))), [
      { key: 'broker.key', line: 7, problem: { kind: 'incomplete', needs: 'broker.certificate' } },
    ])
    t.match(faultsOf(load(folder, broker('  certificate: box.crt\n  key: box.key\n'))), [
      { key: 'broker.certificate', problem: { kind: 'file', path: join(folder, 'box.crt'), reason: 'absent' } },
    ])
  },
)

t.test('relative paths of folder and socket count from the folder of the file', async (t) => {
  const folder = t.testdir()
  t.match(load(folder, `${RIGHT}state: { folder: data }\ncontrol: { socket: ./a.sock }\n`), {
    settings: { state: { folder: join(folder, 'data') }, control: { socket: join(folder, 'a.sock') } },
  })
})

t.test('a file that cannot be read is one fault that says why', async (t) => {
  const folder = t.testdir()
  const reason = (file: string) => faultsOf(loadSettings(join(folder, file)))[0]?.problem
  mkdirSync(join(folder, 'a-folder'))
  writeFileSync(join(folder, 'large'), '#'.repeat(300_000))
  t.match(reason('absent.yaml'), { kind: 'unreadable', reason: 'absent' })
  t.match(reason('a-folder'), { kind: 'unreadable', reason: 'not-a-file' })
  t.match(reason('large'), { kind: 'unreadable', reason: 'too-large' })
  writeFileSync(join(folder, 'locked'), RIGHT)
  chmodSync(join(folder, 'locked'), 0)
  const isRoot = process.getuid?.() === 0
  t.match(reason('locked'), isRoot ? undefined : { kind: 'unreadable', reason: 'forbidden' })
})

t.test('the language that a wrong file asks for is known all the same', async (t) => {
  t.match(load(t.testdir(), `language: vi\n`), { kind: 'wrong', language: 'vi' })
  t.match(load(t.testdir(), `language: fr\n`), { kind: 'wrong', language: null })
})

t.test('the example is right, apart from the certificates that a box has of its own', async (t) => {
  const faults = faultsOf(loadSettings(join(ROOT, 'systemd/loa.example.yaml')))
  t.strictSame(
    faults.map(({ key }) => key),
    ['broker.ca', 'broker.certificate', 'broker.key'],
  )
})
