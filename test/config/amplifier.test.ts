/** What a person at the box sees of amplifiers: the status, the examination, and the command of its own. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { amplifierCommand } from '../../config/amplifier-command.ts'
import { checkAmplifiers } from '../../config/doctor/amplifier.ts'
import type { Box } from '../../config/doctor/box.ts'
import { sayFinding } from '../../config/doctor/say-finding.ts'
import { answerPage } from '../../config/show-status.ts'
import type { AmplifierAnswer, AmplifierStatus } from '../../config/status.ts'
import { wordsOf } from '../../config/words/language.ts'
import { openControl } from '../../drivers/control/control.ts'
import { load, RIGHT } from './settings-file.ts'
import { statusSample } from './status-sample.ts'

const LOA = resolve(import.meta.dirname, '../../config/loa.js')
const TERMINAL = { columns: 200, colour: false }

const WELL: AmplifierStatus = {
  ...{ id: 'tang-am', power: 'on', wanted: 'on', switchedOn: 3, readAt: '2026-11-21T04:58:20.000Z', tripped: [] },
  readings: [{ name: 'voltage', value: 24.2, unit: 'V' }],
}
const ILL: AmplifierStatus = {
  ...{ id: 'second', power: 'unknown', wanted: 'on', switchedOn: 1, readAt: null, tripped: ['overheat'] },
  readings: [{ name: 'current', value: null, unit: 'A' }],
}

const statusPage = (amplifiers: AmplifierStatus[], language: 'vi' | 'en') =>
  answerPage(
    { answer: { kind: 'ok', status: { ...statusSample(), amplifiers } }, socket: '', user: '' },
    wordsOf(language),
    TERMINAL,
  )

t.test('the status shows them where there are any', async (t) => {
  const page = statusPage([WELL, ILL], 'en')
  t.match(page, /Amplifiers\n.*✓ tang-am +on · voltage 24\.2 V · read/)
  t.match(page, /✗ second +power unknown \(it should be on\) · reports overheat · current cannot be read/)
  t.match(statusPage([WELL, ILL], 'vi'), /Tăng âm\n.*✓ tang-am +đang bật · voltage 24,2 V/)
  t.notMatch(statusPage([], 'en'), /Amplifiers/)
})

/** A box whose agent answers as the real one does; what it was asked is kept. */
const boxWith = async (t: Test, amplifiers: AmplifierStatus[], answer: AmplifierAnswer) => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-box-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const socket = join(folder, 'agent.sock')
  const asked: string[] = []
  const control = await openControl({
    socketPath: socket,
    status: () => ({ ...statusSample(), amplifiers }),
    questions: {
      '/amplifier': (query) => {
        asked.push(query.toString())
        return Promise.resolve({ kind: 'ok', value: answer })
      },
    },
    log: { warn: () => undefined },
  })
  t.teardown(control.close)
  const settings = join(folder, 'loa.yaml')
  writeFileSync(settings, `${RIGHT}control: { socket: agent.sock }\n`)
  const ask = (words: string[], language: 'vi' | 'en' = 'en') =>
    amplifierCommand({ words, socket, user: 'an', speak: wordsOf(language), terminal: TERMINAL })
  return { ask, asked, settings }
}

const DONE: AmplifierAnswer = { outcome: 'done', detail: null, values: null, minutes: 10 }

t.test('loa amplifier lists them, one of them, or says that there is none', async (t) => {
  const { ask } = await boxWith(t, [WELL, ILL], DONE)
  t.match(await ask([]), {
    kind: 'told',
    page: /✓ tang-am.*switched on 3 times[^]*✗ second/,
    json: [{ id: 'tang-am' }, { id: 'second' }],
  })
  const one = await ask(['tang-am'])
  t.match(one, { page: /tang-am/ })
  t.notMatch(one, { page: /second/ })
  t.match(await ask(['other']), {
    kind: 'misunderstood',
    text: /no amplifier other\. Choose one of: tang-am, second/,
  })
  const none = await boxWith(t, [], DONE)
  t.match(await none.ask([]), { page: /docs\/amplifier\.md/ })
})

t.test('it switches by hand and says for how long', async (t) => {
  const { ask, asked } = await boxWith(t, [WELL], DONE)
  t.match(await ask(['tang-am', 'on']), { kind: 'told', page: /switched on for 10 minutes/ })
  t.match(await ask(['tang-am', 'off'], 'vi'), { kind: 'told', page: /lại theo chương trình/ })
  t.strictSame(asked, ['name=tang-am&do=on', 'name=tang-am&do=off'])
})

t.test('it reads registers, in the ways in which manuals write them', async (t) => {
  const { ask, asked } = await boxWith(t, [WELL], { ...DONE, values: [242, 5] })
  t.match(await ask(['tang-am', 'read', 'holding', '10', '2']), {
    page: /holding 10: 242 {2}0x00f2 {2}0000000011110010\n +holding 11: 5 /,
  })
  await ask(['tang-am', 'read', 'coil', '7'])
  t.strictSame(asked, [
    'name=tang-am&do=read&kind=holding&address=10&count=2',
    'name=tang-am&do=read&kind=coil&address=7&count=1',
  ])
})

t.test('what went wrong is said, and what is no order is not sent', async (t) => {
  const failed = await boxWith(t, [WELL], { ...DONE, outcome: 'failed', detail: '/dev/ttyUSB0: no answer' })
  t.match(await failed.ask(['tang-am', 'read', 'coil', '7']), { kind: 'untold', page: /\/dev\/ttyUSB0: no answer/ })
  const readOnly = await boxWith(t, [WELL], { ...DONE, outcome: 'cannot-switch' })
  t.match(await readOnly.ask(['tang-am', 'on']), { kind: 'untold', page: /only read/ })
  for (const words of [
    ['tang-am', 'explode'],
    ['tang-am', 'on', 'now'],
    ['tang-am', 'read'],
    ['tang-am', 'read', 'rom', '1'],
    ['tang-am', 'read', 'coil', 'x'],
    ['tang-am', 'read', 'coil', '1', '2', '3'],
  ])
    t.match(await readOnly.ask(words), { kind: 'misunderstood', text: /loa amplifier NAME read/ }, words.join(' '))
  t.strictSame(readOnly.asked, ['name=tang-am&do=on'])
})

t.test('without the agent it is said how to start it', async (t) => {
  const socket = join(t.testdir(), 'nobody.sock')
  const asked = { words: ['tang-am', 'on'], socket, user: 'an', speak: wordsOf('en'), terminal: TERMINAL }
  t.match(await amplifierCommand(asked), { kind: 'untold', page: /sudo systemctl start loa/ })
})

t.test('as a process: what is right ends with 0, what failed with 1, what is no order with 2', async (t) => {
  const { settings } = await boxWith(t, [WELL], { ...DONE, outcome: 'failed', detail: 'no answer' })
  const loa = (...args: string[]) =>
    new Promise<number>((done) => {
      execFile(process.execPath, [LOA, 'amplifier', ...args, '--settings', settings], (error) =>
        done(typeof error?.code === 'number' ? error.code : 0),
      )
    })
  t.strictSame([await loa('--json'), await loa('tang-am', 'on'), await loa('tang-am', 'explode')], [0, 1, 2])
})

t.test(
  'the examination finds a chip or adapter that is not there, one that may not be opened, and gpioset missing',
  async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'loa-box-'))
    t.teardown(() => rmSync(root, { recursive: true, force: true }))
    mkdirSync(join(root, 'dev'))
    writeFileSync(join(root, 'dev/gpiochip0'), '')
    const loaded = load(
      t.testdir(),
      `${RIGHT}control: { socket: ${join(root, 'none.sock')} }
amplifiers:
  - { name: relay, gpio: { line: 1 } }
  - { name: lost, gpio: { chip: gpiochip9, line: 1 } }
  - { name: bus, modbus: { line: /dev/ttyUSB0, power: { kind: coil, address: 0 } } }
  - { name: far, modbus: { line: "tcp://127.0.0.1:1502", power: { kind: coil, address: 0 } } }
`,
    )
    if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded.faults))
    const box: Box = {
      ...{
        now: () => 0,
        elapsed: () => 0,
        chance: () => 0,
        user: 'an',
        nodeVersion: '20.9.0',
        commandVersion: '0',
        root,
      },
      run: () => Promise.resolve({ kind: 'missing' }),
    }
    const findings = await checkAmplifiers(box, loaded.settings)
    t.strictSame(
      findings.map(({ code }) => code),
      ['amplifier-device', 'amplifier-missing', 'amplifier-missing', 'amplifier-gpioset'],
    )
    for (const language of ['vi', 'en'] as const)
      for (const finding of findings) t.notMatch(sayFinding(finding, wordsOf(language)).text, /undefined|null|\[object/)
    t.strictSame(await checkAmplifiers(box, { ...loaded.settings, amplifiers: [] }), [])
    if (process.getuid?.() === 0) return
    chmodSync(join(root, 'dev/gpiochip0'), 0)
    t.match((await checkAmplifiers(box, loaded.settings))[0], { code: 'amplifier-forbidden' })
  },
)

t.test('the examination tells what the agent knows of each', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-box-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const socketPath = join(folder, 'a.sock')
  const control = await openControl({
    socketPath,
    status: () => ({ ...statusSample(), amplifiers: [WELL, ILL] }),
    log: { warn: () => undefined },
  })
  t.teardown(control.close)
  const loaded = load(
    folder,
    `${RIGHT}control: { socket: ${socketPath} }
amplifiers: [{ name: tang-am, modbus: { line: "tcp://127.0.0.1:1502", power: { kind: coil, address: 0 } } }]
`,
  )
  if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded.faults))
  const box: Box = {
    ...{ now: () => 0, elapsed: () => 0, chance: () => 0, user: 'an', nodeVersion: '20.9.0', commandVersion: '0' },
    ...{ root: folder, run: () => Promise.resolve({ kind: 'missing' }) },
  }
  const said = (await checkAmplifiers(box, loaded.settings)).map((finding) => sayFinding(finding, wordsOf('en')).text)
  t.match(said, [/tang-am obeys/, /second: power unknown, wanted on; it reports overheat/])
})
