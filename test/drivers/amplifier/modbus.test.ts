/** The driver against an independent slave over a real pair of terminals. */
import t, { type Test } from 'tap'
import type { AmplifierEvent } from '../../../agent/ports/amplifier.ts'
import type { AmplifierSettings } from '../../../config/settings.ts'
import { openAmplifiers } from '../../../drivers/amplifier/amplifier.ts'
import { openClock } from '../../../drivers/clock/clock.ts'
import { openSerialLine, startTcpSlave, type SerialLine } from '../../fixtures/modbus-slave.ts'
import { until } from '../poll.ts'

type Modbus = NonNullable<AmplifierSettings['modbus']>
type Reading = Modbus['readings'][number]

const reading = (name: string, rest: Partial<Reading>): Reading => ({
  ...{ name, kind: 'holding', address: 0, type: 'u16', wordOrder: 'high-first', scale: 1, whileOn: false, bits: [] },
  ...rest,
})

const MAP: Reading[] = [
  reading('voltage', { address: 0, scale: 0.1, unit: 'V' }),
  reading('temperature', { kind: 'input', address: 3, type: 's16' }),
  reading('energy', { address: 10, type: 'u32' }),
  reading('door', { kind: 'discrete', address: 5, bits: [{ bit: 0, name: 'door-open', alarmAt: 1 }] }),
]

const settingsFor = (line: string, rest: Partial<Modbus> = {}): AmplifierSettings => ({
  ...{ name: 'tang-am', warmUpSeconds: 2, coolDownSeconds: 60, minimumOnSeconds: 60 },
  modbus: {
    ...{ line, baudRate: 9600, parity: 'none', stopBits: 1, unit: 1, timeoutMs: 300, retries: 1, pollSeconds: 0.1 },
    power: { kind: 'coil', address: 7, on: 1, off: 0, readBack: true },
    readings: MAP,
    ...rest,
  },
})

const open = (t: Test, settings: AmplifierSettings[]) => {
  const clock = openClock({ source: 'battery' })
  const events: AmplifierEvent[] = []
  const opened = openAmplifiers({ settings, clock, listener: (event) => events.push(event) })
  t.teardown(async () => {
    await Promise.all(opened.map((one) => one.close()))
    clock.close()
  })
  const [amplifier] = opened
  if (amplifier === undefined) throw new Error('no amplifier')
  /** What was told since the last call of this, waited for. */
  const next = async <K extends AmplifierEvent['kind']>(
    kind: K,
    holds: (event: Extract<AmplifierEvent, { kind: K }>) => boolean = () => true,
  ) => {
    const from = events.length
    let found: Extract<AmplifierEvent, { kind: K }> | null = null
    await until(`${kind}`, () => {
      found =
        events
          .slice(from)
          .find(
            (event): event is Extract<AmplifierEvent, { kind: K }> =>
              event.kind === kind && holds(event as Extract<AmplifierEvent, { kind: K }>),
          ) ?? null
      return found !== null
    })
    return found!
  }
  return { amplifier, events, next }
}

const fill = async ({ slave }: SerialLine) => {
  await slave.set('holding', 0, [242])
  await slave.set('input', 3, [0x10000 - 7])
  await slave.set('holding', 10, [1, 2])
  await slave.set('discrete', 5, [1])
}

const READ = [
  { name: 'voltage', value: 24.2, detail: null },
  { name: 'temperature', value: -7, detail: null },
  { name: 'energy', value: 65_538, detail: null },
  { name: 'door', value: 1, detail: null },
]

t.test('it is switched on and off, and every kind of register is read', async (t) => {
  const line = await openSerialLine(t)
  await fill(line)
  const { amplifier, next } = open(t, [settingsFor(line.path)])
  t.strictSame((await next('read')).values, READ)
  amplifier.switchTo(true)
  t.match(await next('switched'), { amplifier: 'tang-am', isOn: true })
  t.strictSame(line.slave.writes(), [{ table: 'coil', address: 7, values: [1] }])
  amplifier.switchTo(false)
  t.match(await next('switched'), { isOn: false })
  t.strictSame(line.slave.writes().at(-1), { table: 'coil', address: 7, values: [0] })
})

t.test('a line that is pulled is told of; put back, it is read and switched as was last ordered', async (t) => {
  const line = await openSerialLine(t)
  const { amplifier, next } = open(t, [settingsFor(line.path)])
  amplifier.switchTo(true)
  await next('switched')
  await line.pull()
  t.match((await next('unread')).detail, /near: /, 'the device is named')
  t.match(await next('not-switched'), { isOn: true })
  await line.putBack()
  await fill(line)
  t.match(await next('switched'), { isOn: true }, 'without anybody asking')
  t.strictSame((await next('read')).values, READ)
  t.strictSame(line.slave.writes(), [{ table: 'coil', address: 7, values: [1] }])
})

t.test('an amplifier that forgets its order, as after a power cut of its own, is told again', async (t) => {
  const line = await openSerialLine(t)
  const { amplifier, next } = open(t, [settingsFor(line.path)])
  amplifier.switchTo(true)
  await next('switched')
  await line.slave.set('coil', 7, [0])
  t.match((await next('not-switched')).detail, /coil 7 was told 1 and holds 0/)
  await until('the order again', () => line.slave.writes().length === 2)
})

t.test(
  'garbage around every frame, some of which looks like its beginning, does not keep the answer from being found',
  async (t) => {
    const line = await openSerialLine(t)
    await fill(line)
    const { amplifier, next, events } = open(t, [settingsFor(line.path)])
    await next('read')
    await line.slave.mode({ mode: 'garbage', before: '00ff01', after: 'fe' })
    for (let round = 0; round < 3; round += 1) t.strictSame((await next('read')).values, READ)
    amplifier.switchTo(true)
    await next('switched')
    await line.slave.mode({ mode: 'well' })
    t.strictSame((await next('read')).values, READ)
    t.notOk(
      events.some((event) => event.kind === 'unread'),
      'never silent',
    )
  },
)

t.test('a wrong checksum is never believed', async (t) => {
  const line = await openSerialLine(t)
  await fill(line)
  const { next } = open(t, [settingsFor(line.path, { retries: 3 })])
  await line.slave.mode({ mode: 'checksum', every: 2 })
  for (let round = 0; round < 3; round += 1) t.strictSame((await next('read')).values, READ)
  await line.slave.mode({ mode: 'checksum', every: 1 })
  t.match((await next('unread')).detail, /no whole answer within 300 ms, though \d+ bytes came/)
  await line.slave.mode({ mode: 'well' })
  t.strictSame((await next('read')).values, READ)
})

t.test('what the slave refuses is said in words, and does not hide the other registers', async (t) => {
  const line = await openSerialLine(t)
  await fill(line)
  const beyond = reading('fan', { address: 900 })
  const { amplifier, next } = open(t, [settingsFor(line.path, { readings: [beyond, ...MAP] })])
  t.match((await next('read')).values, [
    { name: 'fan', value: null, detail: /^exception 2: the amplifier has no such register/ },
    ...READ,
  ])
  await line.slave.mode({ mode: 'exception', code: 4 })
  amplifier.switchTo(true)
  t.match((await next('not-switched')).detail, /exception 4: the amplifier failed/)
  await line.slave.mode({ mode: 'well' })
  t.match(await next('switched'), { isOn: true }, 'tried again by itself')
})

t.test('an amplifier that is silent is told of, and heard again when it speaks', async (t) => {
  const line = await openSerialLine(t)
  await fill(line)
  const { next } = open(t, [settingsFor(line.path)])
  await line.slave.mode({ mode: 'silent' })
  t.match((await next('unread')).detail, /no answer within 300 ms/)
  await line.slave.mode({ mode: 'well' })
  t.strictSame((await next('read')).values, READ)
})

t.test('an answer that comes late is never taken for that of another register', async (t) => {
  const line = await openSerialLine(t)
  const alike = [reading('one', { address: 1 }), reading('two', { address: 2 }), reading('three', { address: 3 })]
  await line.slave.set('holding', 1, [111, 222, 333])
  const { events, next } = open(t, [settingsFor(line.path, { readings: alike, retries: 0 })])
  await next('read')
  await line.slave.mode({ mode: 'late', seconds: 0.4 })
  for (let round = 0; round < 3; round += 1) t.match((await next('unread')).detail, /no answer/)
  await line.slave.mode({ mode: 'well' })
  await next('read')
  const values = events.flatMap((event) => (event.kind === 'read' ? event.values : []))
  for (const { name, value } of values) t.equal(value, { one: 111, two: 222, three: 333 }[name], name)
})

t.test('an order goes before questions that wait, and the newest order alone counts', async (t) => {
  const line = await openSerialLine(t)
  const many = Array.from({ length: 20 }, (_, address) => reading(`r${address}`, { address }))
  const { amplifier, next } = open(t, [settingsFor(line.path, { readings: many })])
  await next('read')
  amplifier.switchTo(true)
  amplifier.switchTo(false)
  amplifier.switchTo(true)
  t.match(await next('switched'), { isOn: true })
  await next('read')
  t.strictSame(line.slave.writes().at(-1), { table: 'coil', address: 7, values: [1] })
})

t.test('registers can be looked at by hand', async (t) => {
  const line = await openSerialLine(t)
  await fill(line)
  const { amplifier } = open(t, [settingsFor(line.path)])
  t.strictSame(await amplifier.peek({ kind: 'holding', address: 10, count: 3 }), { kind: 'ok', values: [1, 2, 0] })
  t.match(await amplifier.peek({ kind: 'coil', address: 990, count: 1 }), { kind: 'failed', detail: /exception 2/ })
})

t.test('closing switches it off, also when it was on', async (t) => {
  const line = await openSerialLine(t)
  const { amplifier, next } = open(t, [settingsFor(line.path)])
  amplifier.switchTo(true)
  await next('switched')
  await amplifier.close()
  t.strictSame(line.slave.writes().at(-1), { table: 'coil', address: 7, values: [0] })
})

t.test('a line that is not there is named, and closing does not wait for it', async (t) => {
  const { amplifier, next } = open(t, [settingsFor('/dev/ttyNOTHERE')])
  t.match((await next('unread')).detail, /\/dev\/ttyNOTHERE: .*no such file/i)
  amplifier.switchTo(true)
  t.match((await next('not-switched')).detail, /no such file/i)
  await amplifier.close()
  t.match(await amplifier.peek({ kind: 'coil', address: 0, count: 1 }), { kind: 'failed' })
})

for (const kind of ['tcp', 'rtu-tcp'] as const)
  t.test(`over ${kind} it is the same`, async (t) => {
    const slave = await startTcpSlave(t, kind)
    await slave.set('holding', 0, [242])
    const { amplifier, next } = open(t, [
      settingsFor(`${kind}://127.0.0.1:${slave.place}`, {
        readings: MAP.slice(0, 1),
        power: { kind: 'holding', address: 20, on: 255, off: 1, readBack: true },
      }),
    ])
    t.strictSame((await next('read')).values, READ.slice(0, 1))
    amplifier.switchTo(true)
    await next('switched')
    amplifier.switchTo(false)
    await next('switched')
    t.strictSame(slave.writes(), [
      { table: 'holding', address: 20, values: [255] },
      { table: 'holding', address: 20, values: [1] },
    ])
  })

t.test('two amplifiers on one line do not disturb each other', async (t) => {
  const line = await openSerialLine(t)
  await fill(line)
  const one = settingsFor(line.path)
  const { power: _power, ...readOnly } = one.modbus!
  const { events, next } = open(t, [one, { ...one, name: 'other', modbus: { ...readOnly, unit: 2, retries: 0 } }])
  t.strictSame((await next('read')).values, READ)
  t.match(await next('unread'), { amplifier: 'other', detail: /no answer/ }, 'there is no unit 2')
  t.strictSame((await next('read')).values, READ)
  t.notOk(events.some((event) => event.kind === 'unread' && event.amplifier === 'tang-am'))
})
