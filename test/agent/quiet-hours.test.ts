/** Quiet hours and ceilings as a box lives through them: what is lowered, what is silent, what is said of it, and what they never bind. */
import t, { type Test } from 'tap'
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'
import { addMs } from '../../player/plan/time.ts'
import { compileVolume, type VolumeRule } from '../../player/plan/volume.ts'
import { mediaOf, openAgentBench, type AgentBench } from '../fixtures/agent-bench.ts'
import { makeAuthority, signerUnder } from '../fixtures/authority.ts'
import { capMoment, capOf, infoOf } from '../fixtures/cap.ts'
import { FIVE } from '../fixtures/schedules.ts'

const sound = (durationMs: number) => ({ content: { kind: 'sound', sha256: mediaOf(durationMs) }, durationMs })

const scheduleOf = (...programmes: Record<string, unknown>[]) => ({
  kind: 'schedule',
  body: {
    scheduleId: 'day',
    revision: 1,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    programmes: programmes.map((one) => ({ title: String(one['programmeId']), priority: 'normal', ...one })),
  },
})

const alertFor = (lastsMs: number) => {
  const sentAt = addMs(FIVE, -60_000)
  const cap = capOf(sentAt, { identifier: 'flood.1', _info: infoOf({ expires: capMoment(sentAt + lastsMs) }) })
  return { kind: 'alert', body: { alertId: 'flood', cap } }
}

const open = (t: Test, rules: VolumeRule[]) =>
  openAgentBench({
    file: `${t.testdir()}/state.db`,
    start: addMs(FIVE, -60_000),
    volume: compileVolume(rules, 'Asia/Ho_Chi_Minh'),
  })

const recordsOf = (bench: AgentBench): AsRunRecord[] => bench.store.recentAsRuns(50).toReversed()

t.test('a ceiling that begins in the middle is faded to, and what begins under it says what was asked', async (t) => {
  const bench = await open(t, [{ from: '05:00', until: '06:00', priorities: ['normal'], ceilingDb: -20 }])
  await bench.deliver(
    scheduleOf(
      { programmeId: 'early', start: '2026-11-21T04:59:30', items: [sound(60_000)] },
      { programmeId: 'later', start: '2026-11-21T05:02:00', items: [sound(10_000)], gainDb: -3 },
    ),
  )
  await bench.pass(59_000)
  t.same(bench.cabinet.gains, [], 'as asked before the hour')
  await bench.pass(2_000)
  t.match(bench.cabinet.gains, [{ gainDb: -20, rampMs: 3_000 }], 'faded')
  t.equal(bench.cabinet.gains.length, 1)
  await bench.pass(140_000, 1_000)
  t.match(recordsOf(bench), [
    { programmeId: 'early', ended: 'finished', gainDb: 0 },
    { programmeId: 'later', ended: 'finished', gainDb: -20, clamp: { askedDb: -3, ceilingDb: -20 } },
  ])
  await bench.stop()
})

t.test('the level of the output and of the programme keep below the ceiling together', async (t) => {
  const bench = await open(t, [{ from: '00:00', until: '00:00', ceilingDb: -10 }])
  await bench.deliver({ kind: 'command', body: { action: 'set-volume', gainDb: -6 } })
  await bench.deliver(scheduleOf({ programmeId: 'news', start: '2026-11-21T05:00:00', items: [sound(60_000)] }))
  await bench.pass(65_000)
  t.match(bench.cabinet.current(), { gainDb: -10 })
  await bench.deliver({ kind: 'command', sequence: 2, body: { action: 'set-volume', gainDb: -2 } })
  await bench.pass(1_000)
  t.same(bench.cabinet.gains, [], 'louder is not louder than allowed')
  await bench.deliver({ kind: 'command', sequence: 3, body: { action: 'set-volume', gainDb: -30 } })
  await bench.pass(1_000)
  t.match(bench.cabinet.gains, [{ gainDb: -30, rampMs: 200 }], 'softer is obeyed at once, without a click')
  await bench.stop()
})

t.test('what was ordered turns down everything but an alert, and an alert that sounds is not touched', async (t) => {
  const bench = await open(t, [])
  await bench.deliver(alertFor(60_000))
  await bench.pass(1_000)
  t.match(bench.cabinet.current(), { gainDb: 0 })
  await bench.deliver({ kind: 'command', body: { action: 'set-volume', gainDb: -96 } })
  await bench.deliver({ kind: 'command', sequence: 2, body: { action: 'mute' } })
  await bench.pass(30_000)
  t.ok(bench.cabinet.asked.length > 2, 'siren, words, and again')
  t.ok(bench.cabinet.asked.every(({ gainDb }) => gainDb === 0))
  t.same([bench.cabinet.gains, bench.cabinet.levels], [[], []])
  await bench.stop()
})

t.test("who sets a volume sets that of what stands below him, and nobody else's, across a reboot too", async (t) => {
  const authority = await makeAuthority({ area: 'vn/08/02215', highestPriority: 'normal' })
  const province = await signerUnder(authority.root, { issuer: 'province', area: 'vn/08' })
  const file = `${t.testdir()}/state.db`
  const start = addMs(FIVE, -60_000)
  const bench = await openAgentBench({ file, start, authority })
  const fromProvince = async (to: AgentBench, parts: { kind: string; body: unknown; sequence?: number }) => {
    const payload = Buffer.from(await province(parts))
    await to.post({ kind: 'broker', event: { kind: 'message', topic: 'any', payload, retained: false } })
    await to.laneIsIdle()
  }
  const minute = (programmeId: string, clockTime: string) => ({
    ...{ programmeId, start: `2026-11-21T${clockTime}`, items: [sound(50_000)] },
  })
  const { body, kind } = scheduleOf(minute('xa', '05:00:00'))
  await bench.deliver({ kind, body })
  const ofProvince = scheduleOf(minute('tinh', '05:01:00'), minute('tinh-nua', '05:02:00'))
  await fromProvince(bench, ofProvince)
  await bench.deliver({ kind: 'command', sequence: 2, body: { action: 'set-volume', gainDb: -30 } })
  await bench.pass(61_000)
  t.match(bench.cabinet.current(), { gainDb: -30 }, 'the commune turns its own down')
  await bench.pass(60_000)
  t.match(bench.cabinet.current(), { gainDb: 0 }, 'and not the province')
  await bench.deliver({ kind: 'command', sequence: 3, body: { action: 'set-volume', gainDb: -96 } })
  await bench.pass(1_000)
  t.same(bench.cabinet.gains, [], 'nor while it sounds')
  await bench.stop()

  const after = await openAgentBench({ file, start: addMs(start, 122_000), authority })
  await after.pass(60_000)
  t.match(after.cabinet.current(), { gainDb: 0 })
  await fromProvince(after, { kind: 'command', sequence: 2, body: { action: 'set-volume', gainDb: -6 } })
  await after.pass(1_000)
  t.match(after.cabinet.gains, [{ gainDb: -6 }], 'the province turns down what is its own')
  const { level } = after.agent.world
  t.equal(level.for('cabinet', { priority: 'filler', authorityArea: 'vn/08/02215' }), -6, 'and what is below it')
  await after.stop()
})

t.test('a level that an older agent stored binds everybody, and one that cannot be read binds nobody', async (t) => {
  for (const [stored, gainDb] of [
    ['-12', -12],
    ['[{"gainDb":"loud"}]', 0],
    ['{', 0],
  ] as const) {
    const file = `${t.testdir()}/${gainDb}.db`
    const authority = await makeAuthority({ area: 'vn' })
    const before = await openAgentBench({ file, start: FIVE, authority })
    before.store.setValue('level:cabinet', stored)
    await before.stop()
    const after = await openAgentBench({ file, start: FIVE, authority })
    t.equal(after.agent.world.level.of('cabinet'), gainDb)
    t.equal(after.agent.world.level.for('cabinet', { priority: 'live', authorityArea: 'vn' }), gainDb)
    await after.stop()
  }
})

t.test('a mute ends what is on, is kept across a reboot, is told, and is over when it is ended', async (t) => {
  const file = `${t.testdir()}/state.db`
  const authority = await makeAuthority({ area: 'vn' })
  const start = addMs(FIVE, -60_000)
  const before = await openAgentBench({ file, start, authority })
  await before.connect()
  await before.deliver(
    scheduleOf(
      { programmeId: 'on', start: '2026-11-21T04:59:30', items: [sound(60_000)] },
      { programmeId: 'due', start: '2026-11-21T05:02:00', items: [sound(10_000)] },
      { programmeId: 'after', start: '2026-11-21T05:05:00', items: [sound(10_000)] },
    ),
  )
  await before.pass(40_000)
  t.ok(before.cabinet.current() !== null)
  await before.deliver({ kind: 'command', body: { action: 'mute', outputs: ['cabinet'] } })
  await before.pass(1_000)
  t.equal(before.cabinet.current(), null)
  t.match(before.sentOf('heartbeat').at(-1), { outputs: [{ id: 'cabinet', muted: true }, { id: 'board' }] })
  t.notOk(JSON.stringify(before.sentOf('heartbeat').at(-1)).match(/"board"[^}]*"muted"/))
  await before.stop()
  const after = await openAgentBench({ file, start: addMs(start, 60_000), authority })
  await after.pass(150_000, 1_000)
  t.equal(after.cabinet.asked.length, 0, 'still mute')
  await after.deliver({ kind: 'command', sequence: 2, body: { action: 'unmute' } })
  await after.pass(240_000, 1_000)
  t.match(recordsOf(after), [
    { programmeId: 'on', ended: 'stopped', endedDetail: 'muted' },
    { programmeId: 'due', ended: 'missed', endedDetail: 'muted: the output was muted by an order' },
    { programmeId: 'after', ended: 'finished' },
  ])
  await after.stop()
})

t.test('who may not speak live may not mute those who may', async (t) => {
  const authority = await makeAuthority({ area: 'vn', highestPriority: 'normal' })
  const file = `${t.testdir()}/state.db`
  const bench = await openAgentBench({ file, start: addMs(FIVE, -60_000), authority })
  await bench.connect()
  await bench.deliver({ kind: 'command', body: { action: 'mute' } })
  t.match(bench.sentOf('acknowledgement').at(-1), { outcome: 'refused' })
  t.notOk(bench.agent.world.level.isMuted('cabinet'))
  await bench.stop()
})

t.test(
  'where nothing may sound, what is due is missed, and what is on falls silent; an urgent order is not bound',
  async (t) => {
    const bench = await open(t, [{ from: '05:00', until: '05:30', priorities: ['normal', 'filler'], silent: true }])
    await bench.deliver(
      scheduleOf(
        { programmeId: 'on', start: '2026-11-21T04:59:30', items: [sound(60_000)] },
        { programmeId: 'due', start: '2026-11-21T05:10:00', items: [sound(10_000)] },
      ),
    )
    await bench.pass(61_000)
    t.equal(bench.cabinet.current(), null)
    await bench.deliver({
      kind: 'command',
      body: { action: 'play', title: 'Tìm trẻ lạc', priority: 'urgent', items: [sound(5_000)] },
    })
    await bench.pass(1_000)
    t.match(bench.cabinet.current(), { gainDb: 0 })
    await bench.pass(11 * 60_000, 1_000)
    t.match(recordsOf(bench), [
      { programmeId: 'on', ended: 'stopped', endedDetail: 'quiet-hours' },
      { title: 'Tìm trẻ lạc', ended: 'finished' },
      { programmeId: 'due', ended: 'missed', endedDetail: /^quiet-hours: / },
    ])
    await bench.stop()
  },
)
