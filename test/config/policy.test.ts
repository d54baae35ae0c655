/** Settings that a schema alone would let pass: contradictions, unknown names, alerts that anybody could write. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sayFault } from '../../config/check.ts'
import { wordsOf } from '../../config/words/language.ts'
import { faultsOf, load, RIGHT } from './settings-file.ts'

const wrongOf = (t: Test, text: string) =>
  faultsOf(load(t.testdir(), RIGHT + text)).map(({ key, line, problem }) => [key, line, problem.kind])

t.test('a loudspeaker may have levels of its own, a screen has none, and none is above the output', async (t) => {
  const right = load(t.testdir(), `${RIGHT}    levelsDb: { filler: -12 }\n`)
  t.match(right, { kind: 'ok', settings: { outputs: [{ levelsDb: { filler: -12 } }] } })
  if (right.kind === 'ok')
    for (const output of right.settings.outputs)
      t.strictSame(
        Object.keys(output.medium === 'sound' ? (output.levelsDb ?? {}) : {}),
        ['filler'],
        'no default takes the place of what all have',
      )
  const keys = (text: string) => faultsOf(load(t.testdir(), text)).map(({ key, problem: { kind } }) => [key, kind])
  t.match(keys(`${RIGHT}    levelsDb: { filler: 3, alert: -6 }\n`), [
    ['outputs[0].levelsDb.alert', 'unknown'],
    ['outputs[0].levelsDb.filler', 'out-of-range'],
  ])
  t.match(
    keys(
      `${RIGHT.replace('name: horn\n    medium: sound', 'name: board\n    medium: picture')}    levelsDb: { filler: -3 }\n`,
    ),
    [['outputs[0].levelsDb', String]],
  )
})

t.test('a volume rule has a ceiling or is silent: not both, not neither', async (t) => {
  t.same(
    wrongOf(
      t,
      `volume:
  rules:
    - { from: "22:00", until: "05:00", ceilingDb: -20 }
    - { from: "22:00", until: "05:00", silent: true }
    - { from: "22:00", until: "05:00", ceilingDb: -20, silent: true }
    - { from: "22:00", until: "05:00" }
    - { from: "22:00", until: "05:00", silent: false }
`,
    ),
    [
      ['volume.rules[2]', 14, 'either'],
      ['volume.rules[3]', 15, 'either'],
      ['volume.rules[4]', 16, 'either'],
    ],
  )
})

t.test('names of outputs must be outputs of this box, in rules and for the owner', async (t) => {
  t.same(
    wrongOf(
      t,
      `volume:
  rules:
    - { from: "22:00", until: "05:00", silent: true, outputs: [horn, siren] }
owner: { name: shop, folders: [usb], outputs: [board] }
`,
    ),
    [
      ['volume.rules[0].outputs[1]', 12, 'unknown-output'],
      ['owner.outputs[0]', 13, 'unknown-output'],
    ],
  )
})

t.test('a time zone must be one that there is', async (t) => {
  t.same(wrongOf(t, 'timeZone: Asia/Hanoi\n'), [['timeZone', 10, 'unknown-zone']])
  t.same(wrongOf(t, 'timeZone: Europe/Berlin\n'), [])
})

t.test(
  'a source of alerts is a folder or a feed, names its senders, and nobody on the way can write to it',
  async (t) => {
    t.same(
      wrongOf(
        t,
        `alerts:
  sources:
    - { folder: alerts, senders: [a@example.vn] }
    - { feed: "https://cap.example.vn/atom", senders: [a@example.vn] }
    - { feed: "http://127.0.0.1:8080/atom", senders: [a@example.vn] }
    - { feed: "http://cap.example.vn/atom", senders: [a@example.vn] }
    - { folder: alerts, feed: "https://cap.example.vn/atom", senders: [a@example.vn] }
    - { senders: [a@example.vn] }
    - { folder: alerts }
`,
      ),
      [
        ['alerts.sources[3].feed', 15, 'unencrypted'],
        ['alerts.sources[4]', 16, 'either'],
        ['alerts.sources[5]', 17, 'either'],
        ['alerts.sources[6].senders', 18, 'missing'],
      ],
    )
  },
)

t.test('an owner without content is of no use, and his name is one that a record can hold', async (t) => {
  t.same(wrongOf(t, 'owner: { name: shop }\n'), [['owner', 10, 'incomplete']])
  t.same(wrongOf(t, 'owner: { name: Siêu thị, folders: [usb] }\n'), [['owner.name', 10, 'malformed']])
})

t.test('relative folders count from the file', async (t) => {
  const folder = t.testdir()
  const loaded = load(
    folder,
    `${RIGHT}owner: { name: shop, folders: [usb, /media/usb] }
alerts: { sources: [{ folder: alerts, senders: [a] }] }
`,
  )
  t.match(loaded, {
    settings: {
      owner: { folders: [join(folder, 'usb'), '/media/usb'] },
      alerts: { sources: [{ folder: join(folder, 'alerts') }] },
    },
  })
})

t.test('a password in an address is not shown', async (t) => {
  const [fault] = faultsOf(
    load(t.testdir(), `${RIGHT}alerts: { sources: [{ feed: "http://me:secret@cap.example.vn/", senders: [a] }] }\n`),
  )
  t.notMatch(JSON.stringify(sayFault(fault!, 'loa.yaml', wordsOf('en'))), /secret/)
})

t.test(
  'an amplifier is switched or read by something, by one thing only, and shares no name, relay or line that differs',
  async (t) => {
    t.same(
      wrongOf(
        t,
        `amplifiers:
  - { name: idle }
  - { name: mute, modbus: { line: /dev/ttyUSB0 } }
  - { name: both, gpio: { line: 4 }, modbus: { line: /dev/ttyUSB1, power: { kind: coil, address: 0 } } }
  - { name: twin, gpio: { line: 5 } }
  - { name: twin, gpio: { line: 6 } }
  - { name: relay, gpio: { chip: /dev/gpiochip0, line: 6 } }
  - { name: far, gpio: { line: 7 }, outputs: [horn, nowhere] }
  - name: fast
    modbus: { line: /dev/ttyUSB1, baudRate: 19200, power: { kind: coil, address: 1 } }
`,
      ),
      [
        ['amplifiers[0]', 11, 'incomplete'],
        ['amplifiers[1].modbus', 12, 'incomplete'],
        ['amplifiers[2]', 13, 'either'],
        ['amplifiers[4].name', 15, 'taken'],
        ['amplifiers[5].gpio.line', 16, 'taken'],
        ['amplifiers[6].outputs[1]', 17, 'unknown-output'],
        ['amplifiers[7].modbus.line', 19, 'line-differs'],
      ],
    )
  },
)

t.test(
  'readings and protections of one amplifier have names of their own, because alarms are told by them',
  async (t) => {
    t.same(
      wrongOf(
        t,
        `amplifiers:
  - name: horn-amplifier
    modbus:
      line: /dev/ttyUSB0
      readings:
        - { name: voltage, kind: holding, address: 0 }
        - { name: voltage, kind: holding, address: 1 }
        - name: status
          kind: input
          address: 2
          bits: [{ bit: 0, name: overheat }, { bit: 1, name: overheat }]
`,
      ),
      [
        ['amplifiers[0].modbus.readings[1].name', 16, 'taken'],
        ['amplifiers[0].modbus.readings[2].bits[1].name', 20, 'taken'],
      ],
    )
  },
)

t.test('values of the register map that cannot be are named with what can', async (t) => {
  const faults = faultsOf(
    load(
      t.testdir(),
      `${RIGHT}amplifiers:
  - name: a
    modbus:
      line: ttyUSB0
      stopBits: 3
      power: { kind: input, address: 70000 }
`,
    ),
  )
  const said = faults.map((fault) => {
    const { key, next } = sayFault(fault, '/etc/loa/loa.yaml', wordsOf('en'))
    return [key, next]
  })
  t.match(said, [
    ['amplifiers[0].modbus.line', /\/dev\/ttyUSB0/],
    ['amplifiers[0].modbus.stopBits', /1, 2/],
    ['amplifiers[0].modbus.power.kind', /coil, holding/],
    ['amplifiers[0].modbus.power.address', /from 0 to 65535/],
  ])
})
