/** Live announcements in simulated time: how they begin and end, who may end them, and what is given at the box itself. */
import t, { type Test } from 'tap'
import { answerOf } from '../../agent/local.ts'
import { STOPS_MAX } from '../../agent/live-stops.ts'
import type { MessageAnswer } from '../../config/status.ts'
import { addMs, formatUtc } from '../../player/plan/time.ts'
import { DEVICE, mediaOf, openAgentBench, type AgentBench } from '../fixtures/agent-bench.ts'
import { delegate, makeAuthority, makeKeys, payloadOf, signJws, type IssuerRights } from '../fixtures/authority.ts'
import { FIVE } from '../fixtures/schedules.ts'

const BEFORE = addMs(FIVE, -60_000)
const FAR = '2026-12-20T21:00:00Z'

const start = (liveId: string, soundsMs: number, rest: Record<string, unknown> = {}) => ({
  action: 'start',
  liveId,
  title: 'Chủ tịch xã nói chuyện',
  source: { url: `http://mic.example/memory:${soundsMs}` },
  maxMs: 600_000,
  ...rest,
})
const stop = (liveId: string) => ({ action: 'stop', liveId })

const music = {
  kind: 'schedule',
  body: {
    scheduleId: 'day',
    revision: 1,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    programmes: [
      {
        programmeId: 'music',
        title: 'Nhạc',
        priority: 'normal',
        start: '2026-11-21T05:00:00',
        items: [{ content: { kind: 'sound', sha256: mediaOf(60_000) }, durationMs: 60_000 }],
      },
    ],
  },
}

const open = (t: Test, rest: Partial<Parameters<typeof openAgentBench>[0]> = {}) =>
  openAgentBench({ ...rest, file: rest.file ?? `${t.testdir()}/state.db`, start: BEFORE })

const onAir = ({ cabinet }: AgentBench): string | null => {
  const playable = cabinet.current()?.playable
  if (playable === undefined) return null
  return playable.kind === 'stream' ? 'live' : playable.kind
}

const kept = ({ store }: AgentBench) => store.messages().filter(({ kind }) => kind === 'live').length

/** Another issuer under the same root. */
const speakerOf = async (root: Awaited<ReturnType<typeof makeKeys>>, rights: Partial<IssuerRights>) => {
  const keys = await makeKeys()
  const delegation = await delegate(root, keys, rights)
  const kid = rights.issuer ?? 'other'
  return (parts: Parameters<typeof payloadOf>[0]) =>
    signJws(payloadOf({ issuer: kid, ...parts }), keys, { typ: 'loa+jws', kid, delegation })
}

const bring = (bench: AgentBench, token: string) =>
  bench.post({
    kind: 'broker',
    event: { kind: 'message', topic: 'any', payload: Buffer.from(token, 'latin1'), retained: false },
  })

t.test(
  'an announcement whose source is gone is over: the programme goes on at once, and no reboot brings it back',
  async (t) => {
    const file = `${t.testdir()}/state.db`
    const authority = await makeAuthority({ area: 'vn' })
    const bench = await open(t, { file, authority })
    await bench.deliver(music)
    await bench.pass(65_000)
    await bench.deliver({ kind: 'live', body: start('noi-1', 4_000) })
    t.equal(onAir(bench), 'live', 'before any time has passed')
    t.match(bench.cabinet.current(), { playable: { kind: 'stream', goneMs: 10_000, silenceMs: null } })
    t.equal(kept(bench), 1)
    await bench.pass(4_100)
    t.equal(onAir(bench), 'sound', 'the music is back')
    t.equal(kept(bench), 0)
    t.same(bench.agent.world.orders.overrides(), [])
    const { clock } = bench
    await bench.stop()
    const again = await open(t, { file, authority, clock })
    await again.pass(200)
    t.equal(onAir(again), 'sound')
    await again.stop()
  },
)

t.test('an announcement ends when its maximum has passed, whatever its source does', async (t) => {
  const bench = await open(t)
  await bench.deliver({ kind: 'live', body: start('noi-1', 600_000, { maxMs: 5_000 }) })
  await bench.pass(4_900)
  t.equal(onAir(bench), 'live')
  await bench.pass(200)
  t.equal(onAir(bench), null)
  t.same(bench.agent.world.orders.overrides(), [])
  t.equal(kept(bench), 0)
  await bench.stop()
})

t.test('a stop that overtakes its start leaves nothing running, and the name may be used again', async (t) => {
  const bench = await open(t)
  const issued = (ms: number) => formatUtc(addMs(BEFORE, ms))
  const device = { device: DEVICE }
  // By two targets, which are two topics, so that no sequence and no broker keeps them in order.
  await bench.deliver({ kind: 'live', body: stop('noi-1'), issued: issued(1_000), target: device, sequence: 5 })
  await bench.deliver({ kind: 'live', body: start('noi-1', 60_000), issued: issued(0), sequence: 1 })
  t.equal(onAir(bench), null)
  t.equal(kept(bench), 0)
  t.same(
    bench.agent.world.orders.overrides().map(({ overrideId }) => overrideId),
    [],
  )
  await bench.deliver({ kind: 'live', body: start('noi-1', 60_000), issued: issued(2_000), sequence: 2 })
  t.equal(onAir(bench), 'live', 'signed after the stop, it is another announcement')
  await bench.deliver({ kind: 'live', body: stop('noi-1'), issued: issued(3_000), sequence: 3 })
  await bench.pass(200)
  t.equal(onAir(bench), null)
  await bench.stop()
})

t.test('on one topic a start that comes after its stop is refused as replayed', async (t) => {
  const bench = await open(t)
  await bench.connect()
  await bench.deliver({ kind: 'live', body: stop('noi-1'), sequence: 2 })
  await bench.deliver({ kind: 'live', body: start('noi-1', 60_000), sequence: 1 })
  t.equal(onAir(bench), null)
  t.match(bench.sentOf('acknowledgement'), [{ outcome: 'current' }, { outcome: 'refused', reason: 'replayed' }])
  await bench.stop()
})

t.test('a stop of what nobody began is harmless, and a flood of them keeps nothing', async (t) => {
  const bench = await open(t)
  for (let count = 1; count <= STOPS_MAX + 5; count += 1)
    await bench.deliver({ kind: 'live', body: stop(`noi-${count}`), sequence: count })
  t.equal(kept(bench), 0)
  await bench.deliver({ kind: 'live', body: start('noi-x', 60_000), sequence: 1_000 })
  t.equal(onAir(bench), 'live')
  await bench.stop()
})

t.test('only its own issuer ends an announcement, or one that speaks for all of its area', async (t) => {
  const authority = await makeAuthority({ area: 'vn/08/02215' })
  const bench = await open(t, { authority })
  await bench.connect()
  const hamlet = await speakerOf(authority.root, {
    issuer: 'thon-5',
    area: 'vn/08/02215/thon-5',
    highestPriority: 'live',
  })
  const province = await speakerOf(authority.root, { issuer: 'tinh', area: 'vn/08', highestPriority: 'live' })
  const target = { device: DEVICE }
  await bench.deliver({ kind: 'live', body: start('noi-1', 600_000), sequence: 1 })
  await bring(bench, await hamlet({ kind: 'live', body: stop('noi-1'), target, sequence: 1 }))
  t.equal(onAir(bench), 'live')
  t.match(bench.sentOf('acknowledgement').at(-1), {
    outcome: 'refused',
    detail: 'live noi-1 is spoken by commune for vn/08/02215: thon-5 may not stop it',
  })
  await bring(bench, await hamlet({ kind: 'live', body: start('noi-1', 500), target, sequence: 2 }))
  t.match(bench.sentOf('acknowledgement').at(-1), { outcome: 'refused', detail: /thon-5 may not start it/ })
  await bring(bench, await province({ kind: 'live', body: stop('noi-1'), target, sequence: 1 }))
  await bench.pass(200)
  t.equal(onAir(bench), null)
  // Nor does the stop of the lesser one keep what it overtook from beginning.
  const early = { issued: formatUtc(addMs(BEFORE, 5_000)), target, sequence: 3 }
  await bring(bench, await hamlet({ kind: 'live', body: stop('noi-2'), ...early }))
  await bench.deliver({ kind: 'live', body: start('noi-2', 600_000), issued: formatUtc(BEFORE), sequence: 2 })
  t.equal(onAir(bench), 'live')
  await bench.stop()
})

t.test('an announcement that an alert interrupts goes on after it', async (t) => {
  const bench = await open(t)
  await bench.deliver({ kind: 'live', body: start('noi-1', 600_000), sequence: 1 })
  await bench.pass(2_000)
  await bench.deliver({
    kind: 'command',
    body: {
      action: 'play',
      title: 'Khẩn',
      priority: 'alert',
      items: [{ content: { kind: 'sound', sha256: mediaOf(2_000) }, durationMs: 2_000 }],
    },
  })
  await bench.pass(500)
  t.equal(onAir(bench), 'sound')
  await bench.pass(2_000)
  t.equal(onAir(bench), 'live')
  await bench.stop()
})

t.test(
  'a message that is given at the box is judged, kept, obeyed and acknowledged like one of the broker',
  async (t) => {
    const authority = await makeAuthority({ area: 'vn' })
    const bench = await open(t, { authority })
    await bench.connect()
    const answers: MessageAnswer[] = []
    const give = async (token: string) =>
      bench.post({
        kind: 'local',
        message: { token: Buffer.from(token, 'latin1'), answer: (answer) => answers.push(answer) },
      })
    const target = { device: DEVICE }
    const token = await authority.sign({
      kind: 'live',
      body: start('noi-1', 60_000),
      target,
      sequence: 7,
      expires: FAR,
    })
    await give(token)
    t.equal(onAir(bench), 'live')
    t.equal(kept(bench), 1)
    await give(token)
    await give(await authority.sign({ kind: 'live', body: stop('noi-1'), target, sequence: 6 }))
    const stranger = await makeAuthority({ area: 'vn' })
    await give(await stranger.sign({ kind: 'live', body: stop('noi-1'), target, sequence: 9 }))
    t.equal(onAir(bench), 'live', 'neither ends it')
    await give(await authority.sign({ kind: 'live', body: stop('noi-1'), target, sequence: 8 }))
    await bench.pass(200)
    t.equal(onAir(bench), null)
    t.match(answers, [
      { outcome: 'accepted', reason: null, detail: null, lastSequence: null },
      { outcome: 'duplicate' },
      { outcome: 'refused', reason: 'replayed', detail: 'sequence 6 is not above 7', lastSequence: 7 },
      { outcome: 'refused', reason: 'unknown-key', lastSequence: null },
      { outcome: 'accepted' },
    ])
    t.match(bench.sentOf('acknowledgement'), [
      { kind: 'live', sequence: 7, outcome: 'current' },
      { kind: 'live', sequence: 6, outcome: 'refused' },
      { kind: 'live', sequence: 9, outcome: 'refused' },
      { kind: 'live', sequence: 8, outcome: 'current' },
    ])
    await bench.stop()
  },
)

t.test('nothing to obey is answered too', async (t) => {
  t.match(answerOf({ kind: 'nothing' }), { outcome: 'duplicate' })
})
