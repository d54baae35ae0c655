/** The driver against an independent slave over a real pair of terminals. */
import t from 'tap'
import { openSerialLine, startTcpSlave } from '../../fixtures/modbus-slave.ts'
import { fill, MAP, open, READ, reading, settingsFor } from './bench.ts'

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
  const one = settingsFor(line.path, { retries: 10 })
  const readOnly = settingsFor(line.path, { unit: 2, retries: 0 }).modbus!
  delete readOnly.power
  const { events, next } = open(t, [one, { ...one, name: 'other', modbus: readOnly }])
  t.strictSame((await next('read')).values, READ)
  t.match(await next('unread'), { amplifier: 'other', detail: /no answer/ }, 'there is no unit 2')
  t.strictSame((await next('read')).values, READ)
  t.notOk(events.some((event) => event.kind === 'unread' && event.amplifier === 'tang-am'))
})
