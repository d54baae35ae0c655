/** A whole agent and its amplifier in simulated time. */
import t, { type Test } from 'tap'
import type { AmplifierPolicy } from '../../../agent/amplifier/amplifiers.ts'
import { tellAmplifier } from '../../../agent/amplifier/tell.ts'
import { agentStatus } from '../../../agent/status.ts'
import { parseStatus } from '../../../config/status.ts'
import { addMs } from '../../../player/plan/time.ts'
import { mediaOf, openAgentBench } from '../../fixtures/agent-bench.ts'
import { amplifierDouble, ID } from '../../fixtures/amplifier-double.ts'
import { capMoment, capOf, infoOf } from '../../fixtures/cap.ts'
import { stoppedClock } from '../../fixtures/clock.ts'
import { FIVE } from '../../fixtures/schedules.ts'
import { speechDouble } from '../../fixtures/speech-double.ts'

const BEFORE = addMs(FIVE, -60_000)

const scheduleOf = (programmes: Record<string, unknown>[]) => ({
  kind: 'schedule',
  sequence: 1,
  body: {
    scheduleId: 'day',
    revision: 1,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    programmes: programmes.map((programme) => ({ title: 'Tin', priority: 'normal', ...programme })),
  },
})

const news = (start: string, durationMs: number, name = 'news') => ({
  programmeId: name,
  start,
  items: [{ content: { kind: 'sound', sha256: mediaOf(durationMs) }, durationMs }],
})

const alert = {
  kind: 'alert',
  body: {
    alertId: 'flood',
    cap: capOf(BEFORE, { identifier: 'flood.1', _info: infoOf({ expires: capMoment(BEFORE + 600_000) }) }),
    siren: 'none',
    repeatPauseMs: 1_000,
  },
}

const open = async (t: Test, policy: Partial<AmplifierPolicy> = {}) => {
  const clock = stoppedClock(BEFORE)
  const amplifier = amplifierDouble(clock, policy)
  const bench = await openAgentBench({
    file: `${t.testdir()}/state.db`,
    start: BEFORE,
    clock,
    speech: speechDouble(2_000).speech,
    amplifiers: amplifier.hire,
  })
  return { bench, amplifier }
}

const faults = ({ agent }: Awaited<ReturnType<typeof open>>['bench']) =>
  agent.world.alarms.raised().map(({ code, subject, detail }) => [code, subject, detail])

t.test(
  'off at boot, on the warm-up ahead of a programme, off the cool-down after it, off when the agent stops',
  async (t) => {
    const { bench, amplifier } = await open(t)
    t.strictSame(amplifier.told, [{ isOn: false, at: BEFORE }])
    await bench.deliver(scheduleOf([news('2026-11-21T05:00:00', 30_000)]))
    await bench.pass(57_000)
    await bench.pass(499, 1)
    t.equal(amplifier.told.length, 1, 'a millisecond before')
    await bench.pass(1, 1)
    t.strictSame(amplifier.told[1], { isOn: true, at: FIVE - 2_500 })
    await bench.pass(2_500 + 30_000 + 30_000)
    const off = amplifier.told[2]
    t.equal(off?.isOn, false)
    const keptMs = (off?.at ?? 0) - (FIVE + 30_000)
    t.ok(keptMs >= 20_000 && keptMs <= 20_200, `kept on for ${keptMs} ms`)
    t.equal(amplifier.told.length, 3)
    t.match(bench.agent.world.amplifiers.report(), [{ id: ID, power: 'off', wanted: 'off', switchedOn: 1 }])
    await bench.stop()
    t.ok(amplifier.isClosed(), 'which switches off')
  },
)

t.test('two programmes with a short pause between them: switched once', async (t) => {
  const { bench, amplifier } = await open(t)
  await bench.deliver(scheduleOf([news('2026-11-21T05:00:00', 20_000), news('2026-11-21T05:00:41', 10_000, 'weather')]))
  await bench.pass(60_000 + 50_000)
  t.strictSame(
    amplifier.told.map(({ isOn }) => isOn),
    [false, true],
  )
  await bench.stop()
})

t.test('an alert is given its amplifier in the turn in which it is played, and does not wait for it', async (t) => {
  const { bench, amplifier } = await open(t)
  amplifier.setObedient(false)
  await bench.deliver(alert)
  await bench.pass(100)
  const on = amplifier.told.find(({ isOn }) => isOn)
  const [played] = bench.cabinet.asked
  t.ok(played !== undefined && on !== undefined)
  t.ok(on!.at <= BEFORE + 100)
  t.match(bench.cabinet.current(), { playable: { kind: 'sound' } }, 'it sounds all the same')
  t.match(faults(bench), [['amplifier-fault', 'tang-am POWER', 'cannot be switched on: nothing answers']])
  t.match(bench.agent.world.amplifiers.report(), [{ power: 'unknown', wanted: 'on' }])
  amplifier.tell({ kind: 'switched', amplifier: ID, isOn: true })
  await bench.pass(30_000, 1_000)
  t.equal(faults(bench).length, 1, 'one that obeys and forgets is one alarm')
  amplifier.tell({ kind: 'not-switched', amplifier: ID, isOn: true, detail: 'forgotten' })
  amplifier.tell({ kind: 'switched', amplifier: ID, isOn: true })
  await bench.pass(55_000, 1_000)
  t.equal(faults(bench).length, 1)
  await bench.pass(11_000, 1_000)
  t.strictSame(faults(bench), [])
  t.match(bench.agent.world.amplifiers.report(), [{ power: 'on', wanted: 'on' }])
  amplifier.tell({ kind: 'not-switched', amplifier: ID, isOn: false, detail: 'an old story' })
  await bench.pass(100)
  t.strictSame(faults(bench), [], 'what was told of an older order counts no more')
  await bench.stop()
})

t.test('the pauses of an alert are part of it', async (t) => {
  const { bench, amplifier } = await open(t, { coolDownMs: 0, minimumOnMs: 0 })
  await bench.deliver(alert)
  await bench.pass(60_000)
  t.strictSame(
    amplifier.told.map(({ isOn }) => isOn),
    [false, true],
  )
  await bench.stop()
})

t.test('what is played elsewhere does not switch it', async (t) => {
  const { bench, amplifier } = await open(t, { outputs: ['board'] })
  await bench.deliver(scheduleOf([news('2026-11-21T05:00:00', 10_000)]))
  await bench.pass(90_000)
  t.strictSame(
    amplifier.told.map(({ isOn }) => isOn),
    [false],
  )
  await bench.stop()
})

t.test(
  'readings go upstream; protections, limits and silence are alarms that are raised once and cleared',
  async (t) => {
    const rules = [
      { name: 'voltage', unit: 'V', minimum: 22, maximum: null, bits: [], whileOn: false },
      {
        name: 'status',
        unit: null,
        minimum: null,
        maximum: null,
        whileOn: false,
        bits: [{ bit: 1, name: 'overheat', alarmAt: 1 as const }],
      },
    ]
    const { bench, amplifier } = await open(t, { rules })
    await bench.connect()
    const read = async (voltage: number, status: number) => {
      const values = [
        { name: 'voltage', value: voltage, detail: null },
        { name: 'status', value: status, detail: null },
      ]
      amplifier.tell({ kind: 'read', amplifier: ID, values })
      await bench.pass(100)
    }
    await read(24, 0)
    await read(19.5, 2)
    t.strictSame(faults(bench), [], 'once is not believed')
    await read(19.5, 2)
    await read(19.4, 2)
    t.strictSame(faults(bench), [
      ['amplifier-fault', 'tang-am voltage', '19.5 V, below 22 V'],
      ['amplifier-fault', 'tang-am overheat', 'the amplifier reports overheat (status, bit 1)'],
    ])
    await bench.pass(60_000, 1_000)
    t.match((bench.sentOf('heartbeat').at(-1) as { amplifiers: unknown }).amplifiers, [
      {
        ...{ id: ID, power: 'off', wanted: 'off', tripped: ['overheat'], readAt: /^2026-/ },
        readings: [
          { name: 'voltage', value: 19.4, unit: 'V' },
          { name: 'status', value: 2 },
        ],
      },
    ])
    amplifier.tell({ kind: 'unread', amplifier: ID, detail: '/dev/ttyUSB0: no answer within 1000 ms' })
    await bench.pass(100)
    t.equal(faults(bench).length, 3)
    for (let round = 0; round < 6; round += 1) await read(24, 0)
    t.strictSame(
      faults(bench).map(([, subject]) => subject),
      ['tang-am LINE'],
      'a line that answers now and then is one alarm',
    )
    await bench.pass(60_000, 1_000)
    await read(24, 0)
    t.strictSame(faults(bench), [])
    // What no receipt covers is sent again.
    const alarms = new Set(
      bench.sentOf('alarm').map((alarm) => {
        const { state, subject } = alarm as { state: string; subject: string }
        return `${state} ${subject}`
      }),
    )
    t.strictSame(
      [...alarms],
      [
        'raised tang-am voltage',
        'raised tang-am overheat',
        'raised tang-am LINE',
        'cleared tang-am voltage',
        'cleared tang-am overheat',
        'cleared tang-am LINE',
      ],
    )
    await bench.stop()
  },
)

t.test('the status that the command line reads has it too', async (t) => {
  const { bench } = await open(t)
  await bench.pass(100)
  const startedAt = BEFORE
  const broker = { connected: false, protocolVersion: null, detail: null, reconnects: 0 }
  const status: unknown = JSON.parse(
    JSON.stringify(agentStatus(bench.agent.world, { broker, startedAt, mixerOf: () => null })),
  )
  t.match(parseStatus(status), { kind: 'ok', status: { amplifiers: [{ id: ID, power: 'off', wanted: 'off' }] } })
  await bench.stop()
})

t.test(
  'by hand: on for ten minutes, let go before, never off while something sounds; registers as they are',
  async (t) => {
    const { bench, amplifier } = await open(t)
    const { amplifiers } = bench.agent.world
    const ask = async (query: Record<string, string>) => {
      const told = await tellAmplifier(
        { amplifiers, changed: () => bench.agent.post({ kind: 'wake' }) },
        new URLSearchParams(query),
      )
      await bench.pass(10, 10)
      return told
    }
    const orders = () => amplifier.told.map(({ isOn }) => isOn)
    t.match(await ask({ name: ID, do: 'on' }), { kind: 'ok', value: { outcome: 'done', minutes: 10 } })
    t.strictSame(orders(), [false, true])
    await bench.pass(599_000, 1_000)
    t.strictSame(orders(), [false, true])
    await bench.pass(25_000, 1_000)
    t.strictSame(orders(), [false, true, false], 'forgotten by the technician')
    await ask({ name: ID, do: 'on' })
    await ask({ name: ID, do: 'off' })
    await bench.pass(25_000, 1_000)
    t.strictSame(orders(), [false, true, false, true, false])
    await bench.deliver({
      ...alert,
      body: {
        ...alert.body,
        cap: capOf(bench.clock.wall(), {
          identifier: 'flood.1',
          _info: infoOf({ expires: capMoment(bench.clock.wall() + 600_000) }),
        }),
      },
    })
    await bench.pass(1_000)
    await ask({ name: ID, do: 'off' })
    await bench.pass(30_000, 1_000)
    t.equal(orders().at(-1), true, 'the siren keeps its power')
    t.match(await ask({ name: ID, do: 'read', kind: 'holding', address: '10', count: '3' }), {
      value: { values: [10, 11, 12] },
    })
    t.match(await ask({ name: 'other', do: 'on' }), { value: { outcome: 'unknown-amplifier' } })
    for (const wrong of [
      { name: ID, do: 'explode' },
      { name: ID, do: 'read', kind: 'holding' },
      { name: ID, do: 'read', kind: 'rom', address: '1' },
      { name: ID, do: 'read', kind: 'coil', address: '70000' },
      { name: ID, do: 'read', kind: 'coil', address: '1', count: '0' },
    ])
      t.match(await ask(wrong), { kind: 'wrong' })
    await bench.stop()
  },
)
