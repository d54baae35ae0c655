/** The head-end against a real Mosquitto with TLS, client certificates and access rules, and boxes that know only the wire. */
import { randomUUID } from 'node:crypto'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compactVerify, decodeProtectedHeader, importJWK } from 'jose'
import mqtt from 'mqtt'
import { test, type Test } from 'tap'
import { DOWNLINKS, Delegation } from '../../../agent/protocol/downlink.ts'
import { deviceSubscriptions, upTopic } from '../../../agent/protocol/topics.ts'
import { parser } from '../../../agent/protocol/validate.ts'
import { wallMs, type WallMs } from '../../../player/plan/time.ts'
import { startHeadEnd, type HeadEnd } from '../../../scripts/head-end/head-end.ts'
import { makeIssuerKey, makeRootKey, readIssuerKey, readRootKey } from '../../../scripts/head-end/keys.ts'
import { publishAlert, publishCommand, publishPlan, publishRevocation } from '../../../scripts/head-end/orders.ts'
import { compilePlan } from '../../../scripts/head-end/plan-compile.ts'
import type { HeadEndEvent } from '../../../scripts/head-end/receive.ts'
import { GAP_ARRIVALS_MIN, GAP_WAIT_MS } from '../../../scripts/head-end/receipts.ts'
import { brokerFor, type TestBroker } from '../../fixtures/broker.ts'
import { capMoment, capOf, infoOf } from '../../fixtures/cap.ts'
import { until } from '../../fixtures/until.ts'
import { AREA, BOX_AREA, makeBox, type Wire } from './box.ts'
import { makeTone } from './media.ts'

type Payload = { kind: string; sequence: number; body: Record<string, unknown>; messageId: string; issuer: string }
type Heard = { topic: string; token: string; retained: boolean }

const payloadOf = (token: string): Payload =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8')) as Payload

/** Root, then delegation, then message: as the protocol says, and without the head-end's code. */
const verified = async (token: string, rootX: string): Promise<unknown> => {
  const jwk = (x: string) => importJWK({ kty: 'OKP', crv: 'Ed25519', x }, 'EdDSA')
  const { kid, delegation } = decodeProtectedHeader(token) as { kid: string; delegation?: string }
  if (delegation === undefined) return payload(await compactVerify(token, await jwk(rootX)))
  const granted = parser(Delegation)(payload(await compactVerify(delegation, await jwk(rootX))))
  if (granted.kind !== 'ok' || granted.value.issuer !== kid) throw new Error('the delegation is for another')
  return payload(await compactVerify(token, await jwk(granted.value.key.x)))
}
const payload = (result: { payload: Uint8Array }): unknown => JSON.parse(new TextDecoder().decode(result.payload))

const connectBox = async (broker: TestBroker, device: string, t: Test) => {
  const files = await broker.issueClient(device)
  const heard: Heard[] = []
  const client = mqtt.connect(broker.url, {
    ca: await readFile(files.ca),
    cert: await readFile(files.certificate),
    key: await readFile(files.key),
    protocolVersion: 5,
    reconnectPeriod: 50,
  })
  client.on('message', (topic, token, { retain }) => heard.push({ topic, token: token.toString(), retained: retain }))
  client.on('error', () => undefined)
  await new Promise<void>((resolve) => client.once('connect', () => resolve()))
  await client.subscribeAsync(deviceSubscriptions({ device, area: BOX_AREA, groups: ['cho'] }), { qos: 1 })
  t.teardown(() => client.endAsync())
  const of = (kind: string) => heard.filter(({ token }) => payloadOf(token).kind === kind)
  const positions = () => of('receipt').map(({ token }) => payloadOf(token).body['position'])
  const tell = ({ topic, message }: Wire<unknown>) => client.publishAsync(topic, JSON.stringify(message), { qos: 1 })
  return { client, heard, of, positions, tell }
}

const setUp = async (t: Test) => {
  const folder = t.testdir()
  const keys = join(folder, 'keys')
  const broker = await brokerFor(t, { tls: true })
  const root = await makeRootKey(keys)
  const rootKey = await readRootKey(root.file)
  const start = Date.now()
  let skippedMs = 0
  const now = (): WallMs => wallMs(Date.now() + skippedMs)
  const grant = {
    issuer: 'xa-02215',
    area: AREA,
    highestPriority: 'alert' as const,
    kinds: ['schedule', 'media', 'alert', 'live', 'command', 'receipt'] as const,
    from: wallMs(start - 60_000),
    until: wallMs(start + 30 * 86_400_000),
  }
  const issuer = await makeIssuerKey(rootKey, { ...grant, kinds: [...grant.kinds] }, keys)
  const signer = await readIssuerKey(issuer.file)
  const files = await broker.issueClient('headend')
  const events: HeadEndEvent[] = []
  const open = (): Promise<HeadEnd> =>
    startHeadEnd({
      databaseFile: join(folder, 'head-end.sqlite'),
      mediaFolder: join(folder, 'media'),
      broker: { url: broker.url, ...files },
      area: AREA,
      signer,
      media: { listenHost: '127.0.0.1', listenPort: 0, publicUrl: null },
      now,
      listener: (event) => events.push(event),
    })
  const headEnd = await open()
  let current: HeadEnd | null = headEnd
  t.teardown(async () => current?.close())
  const of = <K extends HeadEndEvent['kind']>(kind: K) =>
    events.filter((event): event is Extract<HeadEndEvent, { kind: K }> => event.kind === kind)
  return {
    folder,
    keys,
    broker,
    headEnd,
    rootKey,
    events,
    of,
    now,
    skip: (ms: number) => void (skippedMs += ms),
    close: async () => {
      await current?.close()
      current = null
    },
    reopen: async () => (current = await open()),
  }
}

const planIn = async (folder: string, name = 'a'): Promise<string> => {
  await makeTone(join(folder, `${name}.wav`), name.length)
  const file = join(folder, `${name}.yaml`)
  await writeFile(
    file,
    `schedule: s
validFrom: 2026-01-01
validUntil: 2099-12-31
programmes: [{ id: tin, title: Bản tin, at: '05:30', items: [{ sound: ${name}.wav }] }]
`,
  )
  return file
}

test('a published plan is retained, verifies from the root alone, and its media can be fetched', async (t) => {
  const { folder, broker, headEnd, rootKey } = await setUp(t)
  const plan = await compilePlan(await planIn(folder), headEnd.shelf)
  const first = await publishPlan(headEnd.desk, plan, { area: AREA })
  const second = await publishPlan(headEnd.desk, plan, { area: AREA })
  t.equal(second.revision, first.revision + 1)
  t.ok(second.schedule.sequence > first.schedule.sequence)

  const box = await connectBox(broker, 'loa-late', t)
  await until(t, 'the retained messages came', () => box.heard.length >= 2)
  t.same(box.heard.map(({ topic }) => topic).sort(), [
    `loa/1/down/media/xa-02215/area/${AREA}`,
    `loa/1/down/schedule/xa-02215/area/${AREA}`,
  ])
  t.ok(box.heard.every(({ retained }) => retained))
  const schedule = parser(DOWNLINKS.schedule)(await verified(box.of('schedule')[0]!.token, rootKey.x))
  const media = parser(DOWNLINKS.media)(await verified(box.of('media')[0]!.token, rootKey.x))
  if (schedule.kind !== 'ok' || media.kind !== 'ok') throw new Error('not of the protocol')
  t.match(schedule.value, {
    issuer: 'xa-02215',
    sequence: second.schedule.sequence,
    body: { revision: second.revision },
  })
  const [file] = media.value.body.media
  t.match(schedule.value.body.programmes[0]!.items[0]!.content, { kind: 'sound', sha256: file!.sha256 })
  const fetched = await fetch(file!.urls[0]!)
  t.equal(fetched.status, 200)
  t.equal((await fetched.arrayBuffer()).byteLength, file!.bytes)

  const other = await makeRootKey(join(folder, 'other'))
  await t.rejects(verified(box.of('schedule')[0]!.token, other.x), 'another root')
  t.match(headEnd.store.schedules(), [{ target: `area:${AREA}` }, { target: `area:${AREA}` }])
})

test('each alert has its own topic; one that is over, or that breaks CAP, is not sent', async (t) => {
  const { broker, headEnd, rootKey, now } = await setUp(t)
  const box = await connectBox(broker, 'loa-1', t)
  const target = { area: AREA }
  const alert = (alertId: string, expiresInMs: number) => ({
    alertId,
    cap: capOf(now(), { identifier: alertId, _info: infoOf({ expires: capMoment(now() + expiresInMs) }) }),
  })
  await publishAlert(headEnd.desk, alert('lu-1', 600_000), target)
  await publishAlert(headEnd.desk, alert('lu-2', 600_000), target)
  await until(t, 'both alerts came', () => box.of('alert').length === 2)
  t.equal(new Set(box.of('alert').map(({ topic }) => topic)).size, 2)
  await t.rejects(publishAlert(headEnd.desk, alert('lu-3', -60_000), target), /was over/)
  const broken = { alertId: 'lu-4', cap: capOf(now(), { status: 'Real' }) }
  await t.rejects(publishAlert(headEnd.desk, broken, target), /§3\.2\.1 status: "Real" is none of Actual/)
  t.same(
    headEnd.store.alerts('xa-02215').map(({ alertId }) => alertId),
    ['lu-1', 'lu-2'],
  )

  await publishCommand(headEnd.desk, { action: 'report' }, { target: { group: 'cho', within: AREA }, files: [] })
  await publishRevocation({ ...headEnd.desk, root: rootKey }, { keys: ['A'.repeat(43)], target: { area: 'vn' } })
  await publishRevocation({ ...headEnd.desk, root: rootKey }, { keys: ['B'.repeat(43)], target: { area: 'vn' } })
  await until(t, 'all came', () => box.of('revocation').length === 2 && box.of('command').length === 1)
  const revocation = await verified(box.of('revocation')[1]!.token, rootKey.x)
  t.match(revocation, { issuer: 'root', body: { keys: ['A'.repeat(43), 'B'.repeat(43)] } }, 'what was revoked stays so')
})

test('reports are kept once each and confirmed as far as they follow one another', async (t) => {
  const { broker, headEnd, of, close, reopen } = await setUp(t)
  const box = makeBox()
  const line = await connectBox(broker, box.device, t)
  const records = [0, 1, 2].map((index) =>
    box.record({ programmeId: 'tin', plannedStart: Date.now() + index * 60_000 }),
  )
  const alarmId = randomUUID()
  const messages: Wire<unknown>[] = [
    ...records.map((record) => box.recordMessage(record)),
    box.alarm('raised', alarmId),
    box.acknowledgement({ outcome: 'refused', reason: 'bad-signature' }),
    box.alarm('cleared', alarmId),
  ]
  const lost = messages[2]!
  for (const message of messages) if (message !== lost) await line.tell(message)
  await until(t, 'all but one were taken', () => of('uplink').length === messages.length - 1)
  await until(t, 'a receipt came', () => line.positions().includes(2))
  t.same([...new Set(line.positions())], [2], 'nothing beyond the gap is confirmed')

  await line.tell(lost)
  await until(t, 'the rest is confirmed', () => line.positions().includes(6))
  t.equal(headEnd.store.records().length, 3)
  t.equal(headEnd.store.alarms().length, 1)
  t.not(headEnd.store.alarms()[0]!.clearedAt, null)

  const receipts = line.positions().length
  for (const message of messages) await line.tell(message)
  await until(t, 'a duplicate asks for the receipt again', () => line.positions().length > receipts)
  t.equal(line.positions().at(-1), 6)
  await until(t, 'all were seen', () => of('uplink').length === messages.length * 2)
  t.same(
    new Set(
      of('uplink')
        .slice(messages.length)
        .map(({ taken }) => taken),
    ),
    new Set(['again']),
  )
  t.equal(headEnd.store.records().length, 3, 'counted once')
  t.same(of('chain-break'), [])
  const { token, retained } = line.of('receipt')[0]!
  t.notOk(retained)
  t.match(payloadOf(token), { kind: 'receipt', issuer: 'xa-02215', body: { epoch: box.epoch } })

  await close()
  const opened = await reopen()
  await line.tell(messages[0]!)
  const known = line.positions().length
  await until(t, 'after a restart, what is held is still known', () => line.positions().length > known)
  t.equal(line.positions().at(-1), 6)
  t.equal(opened.store.records().length, 3)
})

test('what a box dropped for good is passed over only after it was asked for long enough', async (t) => {
  const { broker, skip, of } = await setUp(t)
  const box = makeBox()
  const line = await connectBox(broker, box.device, t)
  await line.tell(box.alarm('raised', randomUUID()))
  box.skipTo(7)
  const above = [box.alarm('raised', randomUUID()), box.alarm('raised', randomUUID())]
  const pass = async (count: number) => {
    for (const message of above) await line.tell(message)
    await until(t, `pass ${count} was taken`, () => of('uplink').length === 1 + count * above.length)
  }
  for (let count = 1; count <= GAP_ARRIVALS_MIN; count++) await pass(count)
  await until(t, 'the first is confirmed', () => line.positions().length > 0)
  t.same([...new Set(line.positions())], [1])
  skip(GAP_WAIT_MS)
  await pass(GAP_ARRIVALS_MIN + 1)
  await until(t, 'the gap is believed', () => line.positions().includes(8))
})

test('a missing or altered record shows', async (t) => {
  const { broker, headEnd, of } = await setUp(t)
  const box = makeBox()
  const line = await connectBox(broker, box.device, t)
  const records = [0, 1, 2, 3, 4].map((index) => box.record({ programmeId: 'tin', plannedStart: Date.now() + index }))
  const [first, , third, fourth, fifth] = records
  const altered = { ...fourth!, heardMs: 999_999 }
  const conflict = box.recordMessage({ ...first!, hash: 'f'.repeat(64) })
  const { message } = conflict
  for (const record of [first!, third!, altered, fifth!]) {
    const wire = box.recordMessage(record)
    await line.tell({ ...wire, message: { ...wire.message, position: wire.message.position - message.position } })
  }
  await until(t, 'both breaks were found', () => of('chain-break').length === 2)
  t.same(
    of('chain-break').map(({ fault }) => `${fault.reason} ${fault.sequence}`),
    ['gap 3', 'altered 4'],
  )
  await line.tell({ ...conflict, message: { ...message, position: 5 } })
  await until(t, 'the same id with other content was seen', () =>
    of('uplink').some(({ taken }) => taken === 'conflict'),
  )
  t.equal(headEnd.store.records().find(({ recordId }) => recordId === first!.recordId)!.hash, first!.hash)
  t.match(headEnd.store.refusals(), [{ detail: /other content/ }])
})

test('what is not of the protocol is refused, shown and kept, and does not stop the receipts', async (t) => {
  const { broker, headEnd, of } = await setUp(t)
  const box = makeBox()
  const line = await connectBox(broker, box.device, t)
  const good = box.alarm('raised', randomUUID())
  const forged = box.alarm('raised', randomUUID())
  const foreign = makeBox('loa-99').alarm('raised', randomUUID())
  const record = makeBox('loa-99')
  const stolen = { ...box.recordMessage(record.record({ programmeId: 'x', plannedStart: Date.now() })) }
  await line.tell(good)
  await line.tell({ ...forged, message: { ...forged.message, volume: 11 } })
  await line.tell({ ...foreign, topic: good.topic })
  await line.tell(stolen)
  await line.client.publishAsync(good.topic, 'not json', { qos: 1 })
  await line.client.publishAsync(good.topic, Buffer.from([0xff, 0xfe]), { qos: 1 })
  await line.client.publishAsync(good.topic, 'x'.repeat(300_000), { qos: 1 })
  await line.client.publishAsync(`loa/1/up/song/${box.device}/${AREA}`, '{}', { qos: 1 })
  await line.tell(box.state({ area: 'vn/08/02215/thon-6' }))
  await until(t, 'all were refused', () => of('refused').length === 8)
  const details = [
    /additional properties/,
    /names another device than its topic/,
    /its record names another device/,
    /not JSON/,
    /not JSON/,
    /300000 bytes, at most/,
    /topic is not of this protocol/,
    /another area than its topic/,
  ]
  of('refused').forEach(({ detail }, index) => t.match(detail, details[index]!))
  t.equal(headEnd.store.refusals().length, 8)
  t.equal(headEnd.store.alarms().length, 1)
  t.same(headEnd.store.records(), [])
  await until(t, 'the box may go on', () => line.positions().includes(3))
})

test('a box is alive or dead by its last connection, whatever an older will says', async (t) => {
  const { broker, headEnd, of } = await setUp(t)
  const box = makeBox()
  const line = await connectBox(broker, box.device, t)
  const tell = async (wire: Wire<unknown>, count: number) => {
    await line.tell(wire)
    await until(t, `${count} came`, () => of('uplink').length === count)
    return headEnd.store.devices()[0]
  }
  const will = { state: 'offline' as const, cause: 'will' as const }
  t.match(await tell(box.state({ connection: 1 }), 1), { state: 'online', area: BOX_AREA, groups: ['cho'] })
  t.match(await tell(box.state({ connection: 2 }), 2), { state: 'online' })
  t.match(await tell(box.state({ connection: 1, ...will }), 3), { state: 'online' }, 'the will of the first connection')
  t.match(await tell(box.state({ connection: 2, ...will }), 4), { state: 'offline', cause: 'will' })
  t.match(await tell(box.state({ connection: 0, bootId: randomUUID() }), 5), { state: 'online' }, 'a new boot')
  await tell(box.heartbeat(), 6)
  t.match(headEnd.store.heartbeats(box.device), [{ cache: { readyFiles: 3 } }])
})

test('the broker refuses a box that writes as another, and the head-end hears nothing of it', async (t) => {
  const { broker, headEnd, of } = await setUp(t)
  const honest = makeBox('loa-1')
  const thief = await connectBox(broker, 'loa-2', t)
  const { topic, message } = honest.alarm('raised', randomUUID())
  await t.rejects(thief.client.publishAsync(topic, JSON.stringify(message), { qos: 1 }), { code: 135 })
  const own = makeBox('loa-2').alarm('raised', randomUUID())
  await thief.tell(own)
  await until(t, 'its own came', () => of('uplink').length === 1)
  t.same(
    headEnd.store.alarms().map(({ device }) => device),
    ['loa-2'],
  )
  t.equal(topic, upTopic('alarm', 'loa-1', BOX_AREA))
})

test('when the broker dies and returns, reports go on and are confirmed', async (t) => {
  const { broker, headEnd, of } = await setUp(t)
  const box = makeBox()
  const line = await connectBox(broker, box.device, t)
  await line.tell(box.alarm('raised', randomUUID()))
  await until(t, 'the first is confirmed', () => line.positions().includes(1))
  await broker.stop('killed')
  await broker.start()
  await until(t, 'the head-end is back', () => of('line').at(-1)?.connected === true && of('line').length >= 3)
  await until(t, 'the box is back', () => line.client.connected)
  const next = box.alarm('raised', randomUUID())
  await until(t, 'the second is confirmed', async () => {
    await line.tell(next)
    return line.positions().includes(2)
  })
  t.equal(headEnd.store.alarms().length, 2)
})

test('no private key is in what the head-end keeps', async (t) => {
  const { folder, keys, headEnd, close } = await setUp(t)
  await publishPlan(headEnd.desk, await compilePlan(await planIn(folder), headEnd.shelf), { area: AREA })
  await close()
  const files = (await readdir(keys)).map((name) => join(keys, name))
  const secrets = await Promise.all(
    files.map(async (file) => /"d": "([\w-]{43})"/.exec(await readFile(file, 'utf8'))![1]!),
  )
  t.equal(secrets.length, 2)
  const database = await readFile(join(folder, 'head-end.sqlite'), 'latin1')
  for (const secret of secrets) t.notOk(database.includes(secret))
})
