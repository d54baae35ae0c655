/** What a line in a cabinet does: it is pulled, it is noisy, and what hangs on it forgets, is silent or is slow. */
import t from 'tap'
import { openSerialLine } from '../../fixtures/modbus-slave.ts'
import { until } from '../poll.ts'
import { fill, MAP, open, READ, reading, settingsFor } from './bench.ts'

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
    const { amplifier, next, events } = open(t, [settingsFor(line.path, { timeoutMs: 5_000 })])
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
  const { next } = open(t, [settingsFor(line.path, { readings: MAP.slice(0, 1), timeoutMs: 150, retries: 3 })])
  await line.slave.mode({ mode: 'checksum', every: 2 })
  for (let round = 0; round < 3; round += 1) t.strictSame((await next('read')).values, READ.slice(0, 1))
  await line.slave.mode({ mode: 'checksum', every: 1 })
  t.match((await next('unread')).detail, /no whole answer within 150 ms, though \d+ bytes came/)
  await line.slave.mode({ mode: 'well' })
  t.strictSame((await next('read')).values, READ.slice(0, 1))
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
