/** Alerts in a whole agent, in simulated time: who hears what, from when until when, and what ends it. */
import t, { type Test } from 'tap'
import type { Override } from '../../player/plan/schedule.ts'
import { addMs, parseWall, wallMs, type WallMs } from '../../player/plan/time.ts'
import {
  AREA,
  SIREN_MS,
  mediaOf,
  openAgentBench,
  type AgentBench,
  type AgentBenchOptions,
} from '../fixtures/agent-bench.ts'
import { makeAuthority } from '../fixtures/authority.ts'
import { areaOf, capMoment, capOf, geocodeOf, infoOf, type CapFields } from '../fixtures/cap.ts'
import { stoppedClock } from '../fixtures/clock.ts'
import { speechDouble } from '../fixtures/speech-double.ts'

const START = parseWall('2026-11-23T07:20:00Z')
const HOUR_MS = 3_600_000
const WORDS_MS = 3_000
const SIREN = { playable: { source: { sha256: mediaOf(SIREN_MS.extreme) } } }
const WORDS = { playable: { source: { sha256: mediaOf(WORDS_MS) } } }
const FEED = 'https://cap.example.gov.vn/atom.xml'
const SENDERS = new Map([[FEED, ['pctt@example.vn', 'khituong@example.vn']]])

const open = (t: Test, rest: Partial<AgentBenchOptions> = {}) =>
  openAgentBench({
    file: `${t.testdir()}/state.db`,
    start: START,
    speech: speechDouble(WORDS_MS).speech,
    alertPolicy: { senders: SENDERS },
    ...rest,
  })

const cap = (identifier: string, fields: CapFields = {}, at: WallMs = START): string =>
  capOf(at, { identifier, ...fields })
const referenceTo = (identifier: string, at: WallMs = START): string => `pctt@example.vn,${identifier},${capMoment(at)}`

const deliver = (bench: AgentBench, alertId: string, xml: string, rest: Record<string, unknown> = {}, sequence = 1) =>
  bench.deliver({ kind: 'alert', sequence, body: { alertId, cap: xml, ...rest } })
const find = (bench: AgentBench, xml: string, source = FEED) =>
  bench.post({ kind: 'alert-found', found: { xml, source, foundAt: bench.clock.wall() } })

const inForce = (bench: AgentBench): string[] => bench.agent.world.orders.overrides().map(({ title }) => title)
const override = (bench: AgentBench, title: string): Override =>
  bench.agent.world.orders.overrides().find((one) => one.title === title)!
const answers = (bench: AgentBench) => bench.sentOf('acknowledgement')

/** How often something of that length was asked for. */
const begun = (bench: AgentBench, durationMs: number): number =>
  bench.cabinet.asked.filter(({ playable }) => JSON.stringify(playable).includes(mediaOf(durationMs))).length

const titled = (headline: string, fields: CapFields = {}): CapFields => ({ _info: infoOf({ headline, ...fields }) })

t.test('siren, words and slide; again after the pause, until it expires', async (t) => {
  const bench = await open(t)
  await bench.connect()
  const xml = cap('1', titled('Lũ', { expires: capMoment(START + 20_000), instruction: 'Lên chỗ cao' }))
  await deliver(bench, 'flood', xml, { repeatPauseMs: 1_000, outputs: ['cabinet', 'board'] })
  t.match(override(bench, 'Lũ'), {
    overrideId: 'alert:flood',
    trigger: 'alert',
    priority: 'alert',
    gravity: 0,
    sound: 'whole',
    repeatPauseMs: 1_000,
    outputs: ['cabinet', 'board'],
    items: [{ content: { kind: 'text' } }, { part: 'siren' }, { part: 'speech' }],
  })
  t.match(bench.cabinet.current(), SIREN, 'before any time has passed')
  t.match(bench.board.current(), { playable: { slide: { title: 'Lũ', body: 'Lên chỗ cao', background: '#8b0000' } } })
  await bench.pass(6_500)
  t.match(bench.cabinet.current(), WORDS)
  await bench.pass(4_000)
  t.match(bench.cabinet.current(), SIREN, 'the second round')
  await bench.pass(10_000)
  t.equal(bench.cabinet.current(), null)
  t.equal(bench.board.current(), null)
  t.same(bench.store.messages(), [], 'and is not kept any longer')
  t.match(answers(bench), [{ outcome: 'current', detail: null }])
  await bench.stop()
})

t.test('two alerts are both in force, each with its gravity', async (t) => {
  const bench = await open(t)
  await deliver(bench, 'storm', cap('1', titled('Bão', { severity: 'Moderate' })))
  await deliver(bench, 'flood', cap('2', titled('Lũ')))
  await find(bench, cap('3', { sender: 'khituong@example.vn', ...titled('Sét', { severity: 'Severe' }) }))
  const byGravity = bench.agent.world.orders.overrides().toSorted((a, b) => a.gravity - b.gravity)
  t.match(byGravity, [
    { title: 'Lũ', priority: 'alert' },
    {
      title: 'Sét',
      priority: 'alert',
      repeatPauseMs: 5_000,
      origin: { issuer: 'cap:khituong-example.vn', sourceId: FEED },
    },
    { title: 'Bão', priority: 'urgent' },
  ])
  t.equal(new Set(byGravity.map(({ overrideId }) => overrideId)).size, 3)
  t.ok(byGravity.every(({ overrideId, origin }) => overrideId.length <= 64 && /^[A-Za-z0-9._:-]+$/.test(origin.issuer)))
  await bench.stop()
})

t.test('an update takes the place of what it refers to, under its own alertId or another', async (t) => {
  const bench = await open(t)
  await deliver(bench, 'flood', cap('1', titled('Lũ')))
  await bench.pass(8_000)
  const second = cap('2', { msgType: 'Update', references: referenceTo('1'), ...titled('Lũ lớn') })
  await deliver(bench, 'flood', second, {}, 2)
  t.same(inForce(bench), ['Lũ lớn'])
  t.match(bench.cabinet.current(), SIREN, 'it begins with its siren')
  t.equal(bench.store.messages().length, 1)
  const third = cap('3', { msgType: 'Update', references: referenceTo('2'), ...titled('Lũ rút') })
  await deliver(bench, 'flood-late', third)
  t.same(inForce(bench), ['Lũ rút'])
  t.equal(bench.store.messages().length, 1)
  await deliver(bench, 'flood-late', cap('4', titled('Lũ mới')), {}, 2)
  t.same(inForce(bench), ['Lũ mới'], 'a new message on the same topic stands for the one before')
  await bench.stop()
})

t.test('an update that begins later leaves what it replaces until then', async (t) => {
  const bench = await open(t)
  await deliver(bench, 'flood', cap('1', titled('Lũ', { expires: capMoment(START + HOUR_MS) })))
  const later = { effective: capMoment(START + 60_000), expires: capMoment(START + HOUR_MS) }
  const update = cap('2', { msgType: 'Update', references: referenceTo('1'), ...titled('Lũ rút', later) })
  await deliver(bench, 'flood', update, {}, 2)
  await bench.pass(59_000, 1_000)
  t.match(bench.board.current(), { playable: { slide: { title: 'Lũ' } } })
  await bench.pass(2_000, 500)
  t.match(bench.board.current(), { playable: { slide: { title: 'Lũ rút' } } })
  t.same(inForce(bench), ['Lũ rút'])
  await bench.stop()
})

t.test('what takes effect in the future waits for it', async (t) => {
  const bench = await open(t)
  await deliver(bench, 'flood', cap('1', titled('Lũ', { effective: capMoment(START + 10_000) })))
  await bench.pass(9_900)
  t.equal(bench.cabinet.current(), null)
  t.equal(bench.board.current(), null)
  await bench.pass(200)
  t.match(bench.cabinet.current(), SIREN)
  await bench.stop()
})

t.test('a cancel ends, also across sources; what it ended is not heard again, nor after a reboot', async (t) => {
  const authority = await makeAuthority({ area: 'vn' })
  const file = `${t.testdir()}/state.db`
  const alertPolicy = { senders: SENDERS }
  const bench = await openAgentBench({ file, start: START, authority, alertPolicy })
  const found = cap('1', titled('Lũ'))
  await find(bench, found)
  t.same(inForce(bench), ['Lũ'])
  const cancel = cap('2', { msgType: 'Cancel', references: referenceTo('1'), _info: null })
  await deliver(bench, 'over', cancel)
  t.same(inForce(bench), [])
  await find(bench, found)
  t.same(inForce(bench), [], 'though the feed still lists it')
  await deliver(bench, 'late', found)
  t.same(inForce(bench), [], 'nor signed')
  t.same(bench.store.messages(), [])
  await bench.stop()
  const again = await openAgentBench({ file, start: addMs(START, 60_000), authority, alertPolicy })
  await find(again, found)
  t.same(inForce(again), [])
  await find(again, cap('3', titled('Lũ mới')))
  await find(again, cap('4', { msgType: 'Cancel', references: referenceTo('3'), _info: null }))
  t.same(inForce(again), [], 'its sender cancels in the feed what stood in the feed')
  await again.stop()
})

t.test('a cancel that comes before its alert counts as well', async (t) => {
  const bench = await open(t)
  await bench.connect()
  await deliver(bench, 'over', cap('2', { msgType: 'Cancel', references: referenceTo('1'), _info: null }))
  await deliver(bench, 'flood', cap('1'))
  t.same(inForce(bench), [])
  t.match(answers(bench), [{ detail: null }, { outcome: 'current', detail: 'it was updated or cancelled' }])
  await bench.stop()
})

t.test('nobody ends what stands above him: not a stranger in a feed, not an exercise', async (t) => {
  const bench = await open(t)
  await deliver(bench, 'flood', cap('1', titled('Lũ')))
  const cancel = (fields: CapFields) =>
    cap('2', { msgType: 'Cancel', references: referenceTo('1'), _info: null, ...fields })
  await find(bench, cancel({ sender: 'khituong@example.vn' }))
  t.same(inForce(bench), ['Lũ'], 'another sender')
  await find(bench, cancel({}), 'https://elsewhere.example/atom')
  t.same(inForce(bench), ['Lũ'], 'a source that is not in the settings')
  await deliver(bench, 'over', cancel({ status: 'Exercise' }))
  t.same(inForce(bench), ['Lũ'], 'an exercise')
  await deliver(bench, 'over-2', cancel({ status: 'Draft' }))
  t.same(inForce(bench), ['Lũ'], 'a draft')
  await find(bench, cancel({}))
  t.same(inForce(bench), [], 'its own sender')
  await bench.stop()
})

t.test('a commune does not end what the province said', async (t) => {
  const commune = await makeAuthority({ area: 'vn/08/02215' })
  const bench = await open(t, { authority: commune })
  const { alerting } = bench.agent.world
  const say = (xml: string, issuer: string, authorityArea: string) =>
    alerting.takeSigned({
      messageId: `${issuer}-message`,
      body: { alertId: 'a', cap: xml },
      origin: { issuer, sourceId: 'x', authorityArea },
      stream: `${issuer}|area:${AREA}~a`,
      receivedAt: START,
    })
  say(cap('1', titled('Lũ')), 'province', 'vn/08')
  const cancel = cap('2', { msgType: 'Cancel', references: referenceTo('1'), _info: null })
  t.same(say(cancel, 'commune', 'vn/08/02215'), { dropped: ['commune-message'], note: null })
  t.same(inForce(bench), ['Lũ'])
  t.same(say(cancel, 'country', 'vn'), { dropped: ['province-message', 'country-message'], note: null })
  t.same(inForce(bench), [])
  await bench.stop()
})

t.test('the same message again, signed, from a feed or by another issuer, is one', async (t) => {
  const bench = await open(t)
  await bench.connect()
  const xml = cap('1', titled('Lũ'))
  await deliver(bench, 'flood', xml)
  await bench.pass(1_000)
  await find(bench, xml)
  await find(bench, cap('1', { sent: '2026-11-23T14:20:00+07:00', ...titled('Lũ') }))
  await deliver(bench, 'flood-again', xml)
  t.same(inForce(bench), ['Lũ'])
  t.equal(begun(bench, SIREN_MS.extreme), 1, 'the siren was not begun anew')
  t.match(answers(bench), [{ detail: null }, { outcome: 'current', detail: 'it is announced already' }])
  t.equal(bench.store.messages().length, 2)
  await deliver(bench, 'over', cap('2', { msgType: 'Cancel', references: referenceTo('1'), _info: null }))
  t.same(inForce(bench), [])
  t.same(bench.store.messages(), [], 'both messages that carried it are dropped')
  await bench.stop()
})

t.test('what is not for this box is kept from its outputs, and upstream is told why', async (t) => {
  const bench = await open(t, { alertPolicy: { senders: SENDERS, languages: ['vi'] } })
  await bench.connect()
  const there = areaOf({ _code: geocodeOf('VN-commune', '02216') })
  await deliver(bench, 'a', cap('1', titled('x', { _area: there })))
  await deliver(bench, 'b', cap('2', { status: 'Test' }))
  await deliver(bench, 'c', cap('3', titled('x', { expires: capMoment(START) })))
  await find(bench, cap('4', { sender: 'stranger@example.vn' }))
  t.same(inForce(bench), [])
  t.same(bench.cabinet.asked, [])
  t.same(bench.store.messages(), [])
  t.match(answers(bench), [
    { outcome: 'current', detail: 'its area is not here' },
    { outcome: 'current', detail: 'status Test is not played here' },
    { outcome: 'current', detail: /^it was over at/ },
  ])
  await bench.stop()
})

t.test('a document that breaks CAP is refused upstream with the clause', async (t) => {
  const bench = await open(t)
  await bench.connect()
  await deliver(bench, 'a', cap('1', titled('x', { severity: 'High' })))
  await deliver(bench, 'b', `<!DOCTYPE a [<!ENTITY a "b">]>${cap('2').replace(/^<\?xml.*\?>/, '')}`)
  t.match(answers(bench), [
    { outcome: 'refused', reason: 'malformed', detail: /^CAP 1\.2 §3\.2\.2 severity: "High" is none of/ },
    { outcome: 'refused', reason: 'malformed', detail: /^CAP 1\.2 §3\.3\.3: a document type/ },
  ])
  await find(bench, cap('3', { scope: null }))
  t.same(inForce(bench), [])
  t.match(bench.agent.world.alarms.raised(), [
    { code: 'alert-source', subject: `${FEED} CAP`, detail: 'CAP 1.2 §3.2.1 scope: is missing' },
  ])
  await find(bench, cap('4', titled('Lũ')))
  t.same(bench.agent.world.alarms.raised(), [])
  await bench.stop()
})

t.test('a recording without a digest is not used, and upstream is told', async (t) => {
  const { speech, said } = speechDouble(WORDS_MS)
  const bench = await open(t, { speech })
  await bench.connect()
  const resource =
    '<resource><resourceDesc>x</resourceDesc><mimeType>audio/ogg</mimeType><uri>http://x/a</uri></resource>'
  await deliver(bench, 'a', cap('1', titled('Lũ', { _resource: resource, description: 'Nước lên' })))
  t.same(said, [{ text: 'Lũ. Nước lên.', language: 'vi-VN' }])
  t.match(answers(bench), [{ outcome: 'current', detail: /§3\.2\.3 digest/ }])
  await bench.stop()
})

t.test('an exercise is said to be one; another language is spoken where the box asks for it', async (t) => {
  const { speech, said } = speechDouble(WORDS_MS)
  const bench = await open(t, { speech, alertPolicy: { languages: ['mww', 'vi'] } })
  const infos = [infoOf({ headline: 'Lũ' }), infoOf({ language: 'mww', headline: 'Dej nyab' })]
  await deliver(bench, 'a', cap('1', { status: 'Exercise', _info: infos }))
  t.match(said, [{ language: 'mww', text: /^Diễn tập\. Dej nyab/ }])
  t.match(bench.board.current(), { playable: { slide: { title: 'Diễn tập: Dej nyab' } } })
  await bench.stop()
})

t.test('the all clear ends what it updates, is green, has no siren and is said once', async (t) => {
  const bench = await open(t)
  await deliver(bench, 'flood', cap('1', titled('Lũ')))
  await bench.pass(1_000)
  const clear = titled('Hết lũ', { responseType: 'AllClear', urgency: 'Past' })
  await deliver(bench, 'flood', cap('2', { msgType: 'Update', references: referenceTo('1'), ...clear }), {}, 2)
  t.same(inForce(bench), ['Hết lũ'])
  t.match(override(bench, 'Hết lũ'), { priority: 'urgent', repeatPauseMs: null })
  t.match(bench.cabinet.current(), WORDS, 'words at once')
  t.match(bench.board.current(), { playable: { slide: { background: '#1b5e20' } } })
  const before = begun(bench, WORDS_MS)
  await bench.pass(60_000, 1_000)
  t.equal(bench.cabinet.current(), null)
  t.equal(begun(bench, WORDS_MS), before)
  await bench.stop()
})

t.test('siren none is none', async (t) => {
  const { speech } = speechDouble(WORDS_MS)
  const bench = await open(t, { speech })
  await deliver(bench, 'a', cap('1'), { siren: 'none' })
  t.match(bench.cabinet.current(), WORDS)
  await bench.stop()
})

t.test('words that are ready later follow the siren that sounds, or begin at once after it', async (t) => {
  for (const afterMs of [4_000, 9_000]) {
    const { speech, speak } = speechDouble()
    const bench = await open(t, { speech, file: `${t.testdir()}/${afterMs}.db` })
    await deliver(bench, 'flood', cap('1', titled('Lũ')))
    t.match(override(bench, 'Lũ'), { sound: 'awaited', items: [{}, { part: 'siren' }] })
    await bench.pass(afterMs)
    speak(WORDS_MS)
    await bench.pass(afterMs < SIREN_MS.extreme ? 2_200 : 100)
    t.match(override(bench, 'Lũ'), { sound: 'whole', items: [{}, { part: 'siren' }, { part: 'speech' }] })
    t.match(bench.cabinet.current(), { offsetMs: 0, ...WORDS })
    t.equal(bench.board.asked.length, 1, 'the slide stays as it is')
    await bench.pass(9_000)
    t.match(bench.cabinet.current(), { offsetMs: 0, ...SIREN }, 'the next round')
    t.ok(bench.cabinet.asked.every(({ offsetMs }) => offsetMs === 0))
    await bench.stop()
  }
})

t.test('no sound is ready yet: the slide is there, the sound is awaited, and begins at its beginning', async (t) => {
  const { speech, speak } = speechDouble()
  const bench = await open(t, { speech })
  await deliver(bench, 'flood', cap('1', titled('Lũ', { severity: 'Minor' })))
  t.match(override(bench, 'Lũ'), { sound: 'awaited', items: { length: 1 } })
  t.match(bench.board.current(), { playable: { kind: 'text' } })
  await bench.pass(700)
  speak(WORDS_MS)
  await bench.pass(100)
  t.match(bench.cabinet.current(), { offsetMs: 0, ...WORDS })
  await bench.stop()
})

t.test('words that are late for a cancelled alert are not heard', async (t) => {
  const { speech, speak } = speechDouble()
  const bench = await open(t, { speech })
  await deliver(bench, 'flood', cap('1', titled('Lũ')))
  await deliver(bench, 'over', cap('2', { msgType: 'Cancel', references: referenceTo('1'), _info: null }))
  speak(WORDS_MS)
  await bench.pass(10_000)
  t.equal(begun(bench, WORDS_MS), 0)
  t.equal(bench.cabinet.current(), null)
  await bench.stop()
})

t.test('an alert goes on after a reboot, verified anew', async (t) => {
  const authority = await makeAuthority({ area: 'vn' })
  const file = `${t.testdir()}/state.db`
  const before = await openAgentBench({ file, start: START, authority })
  await deliver(before, 'flood', cap('1', titled('Lũ')))
  await before.stop()
  const after = await openAgentBench({ file, start: addMs(START, 60_000), authority })
  t.same(inForce(after), ['Lũ'])
  t.match(after.cabinet.current(), { offsetMs: 0, ...SIREN }, 'with its siren')
  await after.stop()
  const late = await openAgentBench({ file, start: addMs(START, 2 * HOUR_MS), authority })
  t.same(inForce(late), [])
  t.same(late.store.messages(), [])
  await late.stop()
})

t.test(
  'a clock that nothing has set does not hold it back, and setting the clock does not begin it anew',
  async (t) => {
    const clock = stoppedClock(wallMs(60_000))
    clock.setTrust('unsynced')
    const bench = await open(t, { clock, start: wallMs(60_000) })
    await deliver(bench, 'flood', cap('1', titled('Lũ')))
    t.match(bench.cabinet.current(), SIREN)
    await bench.pass(1_000)
    clock.step(START + 1_000 - clock.wall())
    clock.setTrust('synced')
    await bench.post({ kind: 'wake' })
    await bench.pass(1_000)
    const beganMs = override(bench, 'Lũ').startsAt - START
    t.ok(Math.abs(beganMs) <= 200, `it began ${beganMs} ms from when it was sent`)
    t.match(bench.cabinet.current(), SIREN, 'and its siren goes on')
    t.equal(begun(bench, SIREN_MS.extreme), 1)
    await bench.pass(5_000)
    t.match(bench.cabinet.current(), { offsetMs: 0, ...WORDS })
    await bench.stop()
  },
)

t.test('each of several alerts is heard in turn, the gravest first, and nothing lower between them', async (t) => {
  const bench = await open(t)
  await deliver(bench, 'wind', cap('1', titled('Gió', { severity: 'Severe', urgency: 'Expected' })))
  await deliver(bench, 'flood', cap('2', titled('Lũ')))
  await bench.pass(40_000)
  const cabinet = bench.store
    .recentAsRuns(100)
    .toReversed()
    .filter(({ output }) => output === 'cabinet')
  const turns = cabinet.map(({ programmeId, part }) => `${programmeId.replace('alert:', '')} ${part ?? ''}`)
  t.same(turns.slice(0, 5), ['wind siren', 'flood siren', 'flood speech', 'wind siren', 'wind speech'])
  t.same(turns.slice(5, 7), ['flood siren', 'flood speech'], 'and again after the pause')
  t.match(bench.board.current(), { playable: { slide: { title: 'Lũ' } } })
  await bench.stop()
})
