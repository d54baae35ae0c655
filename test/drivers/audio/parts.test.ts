import { test } from 'tap'
import { alsaSettings } from '../../../drivers/audio/alsa.ts'
import { runSound } from '../../../drivers/audio/child.ts'
import { ffmpegArguments } from '../../../drivers/audio/ffmpeg.ts'
import { advance, factorAt, faded, linearOf, rampTo, steady } from '../../../drivers/audio/gain.ts'
import { FAULT_DETAIL_MAX, faultOf, isFromSound, SILENT_DB } from '../../../drivers/audio/messages.ts'
import { addTo } from '../../../drivers/audio/mixer.ts'
import { joined, part, pcmQueue, pcmReader, silence } from '../../../drivers/audio/pcm.ts'
import {
  backoffMs,
  CLOSED,
  firstSupervision,
  healthOf,
  supervise,
  type Supervision,
  type SupervisionEvent,
} from '../../../drivers/audio/supervision.ts'
import { findTone, framesOf, joinPcm, levelDb, tonePcm } from '../../../scripts/bench-parts/tone.ts'

test('only the agent starts the sound process: to import it does nothing', (t) => {
  t.type(runSound, 'function')
  t.equal(process.listenerCount('disconnect'), 0)
  t.end()
})

test('decibels', (t) => {
  t.equal(linearOf(0), 1)
  t.ok(Math.abs(linearOf(-6.0206) - 0.5) < 1e-4)
  t.equal(linearOf(SILENT_DB), 0)
  t.equal(linearOf(-Infinity), 0)
  t.end()
})

test('a ramp goes from what is to what is asked, and can be turned round on its way', (t) => {
  const down = rampTo(steady(1), 0, 10)
  t.equal(factorAt(down), 1)
  const half = advance(down, 240)
  t.equal(factorAt(half), 0.5)
  const up = rampTo(half, 1, 10)
  t.equal(factorAt(up), 0.5, 'it begins where the other was')
  t.equal(factorAt(advance(up, 480)), 1)
  t.equal(factorAt(advance(up, 100_000)), 1)
  t.ok(rampTo(steady(1), 0, 0).frames > 0, 'even an instant change takes a few milliseconds')
  t.end()
})

test('sound is added to sound, frame by frame, each on its levels', (t) => {
  const pcm = Float32Array.of(0.5, -1, 0.5, -1)
  const mix = silence(2)
  addTo(mix, pcm, 2, [steady(0.5), steady(0.5)])
  t.strictSame([...mix], [0.125, -0.25, 0.125, -0.25])
  addTo(mix, pcm, 1, [steady(1)])
  t.strictSame([...mix], [0.625, -1.25, 0.125, -0.25], 'more than full scale is the limiter’s to mend')
  const long = new Float32Array(480 * 2).fill(0.4)
  const down = silence(480)
  addTo(down, long, 480, [rampTo(steady(1), 0, 10), steady(0.5)])
  t.ok(Math.abs(down[0]! - 0.2) < 1e-6 && Math.abs(down[240 * 2]! - 0.1) < 1e-6)
  t.strictSame([...down], [...part(faded(long, rampTo(steady(0.5), 0, 10)), 0)])
  const cross = silence(480)
  addTo(cross, long, 480, [rampTo(steady(1), 0, 10)])
  addTo(cross, long, 480, [rampTo(steady(0), 1, 10)])
  t.ok(
    cross.every((sample) => Math.abs(sample - 0.4) < 1e-6),
    'one passes over into the other',
  )
  const moving = rampTo(steady(1), 0, 10)
  t.throws(() => addTo(mix, pcm, 2, [moving, moving, moving, moving, moving]), RangeError)
  t.end()
})

test('a pipe is read in whole frames, whatever pieces it comes in', (t) => {
  const read = pcmReader()
  const all = Float32Array.from({ length: 10 }, (_, index) => index / 10)
  const bytes = Buffer.from(all.buffer)
  const pieces = [
    [0, 3],
    [3, 9],
    [9, 33],
    [33, 39],
  ].map(([start, end]) => read(bytes.subarray(start, end)))
  t.strictSame(
    pieces.map(({ length }) => length),
    [0, 2, 6, 0],
  )
  t.strictSame([...joined(pieces)], [...all.subarray(0, 8)])
  t.end()
})

test('a queue takes back what was not heard', (t) => {
  const queue = pcmQueue()
  const all = Float32Array.of(1, 1, 2, 2, 3, 3, 4, 4, 5, 5)
  queue.push(all.subarray(0, 2))
  queue.push(all.subarray(2, 10))
  t.equal(queue.frames(), 5)
  const first = queue.take(2)
  t.strictSame([...first], [1, 1, 2, 2])
  queue.unread(part(first, 1))
  t.strictSame([...queue.take(10)], [2, 2, 3, 3, 4, 4, 5, 5])
  t.equal(queue.take(1).length, 0)
  queue.push(all)
  queue.clear()
  t.equal(queue.frames(), 0)
  t.end()
})

test('faults are one bounded line', (t) => {
  const fault = faultOf('media-unreadable', `a\n  b\t${'x'.repeat(1_000)}`)
  t.ok(fault.detail.startsWith('a b x'))
  t.equal(fault.detail.length, FAULT_DETAIL_MAX)
  t.ok(isFromSound({ kind: 'pong' }))
  for (const other of [null, 7, 'pong', {}, { kind: 'play' }]) t.notOk(isFromSound(other))
  t.end()
})

test('a file may not make the decoder look elsewhere', (t) => {
  const file = ffmpegArguments({ url: 'http://127.0.0.1/x', offsetMs: 1_500, isQuick: true })
  t.equal(file[file.indexOf('-protocol_whitelist') + 1], 'http,tcp')
  t.equal(file[file.indexOf('-ss') + 1], '1.500')
  t.end()
})

test('a device that is not the default one is made so, for the library', (t) => {
  t.strictSame(alsaSettings('default', {}).env, {})
  const settings = alsaSettings('plughw:CARD=Horn,DEV=0', { ALSA_CONFIG_PATH: '/etc/one.conf' })
  t.match(settings.env['ALSA_CONFIG_PATH'], /^\/etc\/one\.conf:\/.+default\.conf$/)
  settings.remove()
  settings.remove()
  t.end()
})

const died: SupervisionEvent = { kind: 'gone', fault: { code: 'process-died', detail: 'x' } }
const missing: SupervisionEvent = { kind: 'gone', fault: { code: 'device-missing', detail: 'x' } }
const ready: SupervisionEvent = { kind: 'ready', engine: 'speaker 0.5.5', urgency: 'nice' }

/** Runs events one after the other; each as a pair of elapsed time and event. */
const live = (...events: [number, SupervisionEvent][]) => {
  let state: Supervision = firstSupervision()
  const done: string[] = []
  for (const [elapsedMs, event] of events) {
    const { next, effects } = supervise(state, event, { elapsedMs, chance: 0.5 })
    state = next
    done.push(effects.map((effect) => (effect.do === 'wait' ? `wait ${effect.delayMs}` : effect.do)).join(', '))
  }
  return { state, done, health: healthOf(state) }
}

test('the sound process is replaced with growing pauses while there is no card', (t) => {
  const { done, health } = live([10, missing], [300, { kind: 'retry' }], [310, missing], [900, { kind: 'retry' }])
  t.strictSame(done, ['fail-plays, tell-health, wait 250', 'spawn', 'fail-plays, tell-health, wait 500', 'spawn'])
  t.match(health, { state: 'absent', restarts: 2, fault: { code: 'device-missing' } })
  t.equal(backoffMs(99, 1), 9_600, 'never more than this')
  t.equal(live([0, died]).health.state, 'restarting')
  t.equal(health.urgency, undefined, 'no process has told')
  t.equal(live([10, missing], [300, { kind: 'retry' }], [310, ready]).health.urgency, 'nice')
  t.end()
})

test('a process that has lasted is forgiven its death', (t) => {
  const brief = live([0, died], [1, { kind: 'retry' }], [2, ready], [30_001, died])
  t.match(brief.done.at(-1), /wait 500/, 't − 1')
  const lasting = live([0, died], [1, { kind: 'retry' }], [2, ready], [30_002, died])
  t.match(lasting.done.at(-1), /wait 250/, 't')
  t.end()
})

test('a process that is worn is renewed at once, and the output stays ready', (t) => {
  const renewed = live([0, ready], [50, { kind: 'worn' }], [60, died])
  t.equal(renewed.done.at(-1), 'spawn')
  t.match(renewed.health, { state: 'ready', fault: null, restarts: 1 })
  const back = live([0, ready], [50, { kind: 'worn' }], [60, died], [90, ready])
  t.equal(back.done.at(-1), 'send-plays', 'nobody needs to be told')
  const failed = live([0, ready], [50, { kind: 'worn' }], [60, died], [90, missing])
  t.match(failed.done.at(-1), /fail-plays/)
  t.equal(failed.health.state, 'absent')
  t.end()
})

test('a closed output stays closed', (t) => {
  const { done, health } = live([0, ready], [1, { kind: 'close' }], [2, died], [3, { kind: 'retry' }], [4, ready])
  t.strictSame(done.slice(1), ['', '', '', ''])
  t.match(health, { state: 'absent', fault: CLOSED })
  t.end()
})

test('a tone is found where it is, and only there', (t) => {
  const quiet = tonePcm({ frequencyHz: 500, durationMs: 300, levelDb: -200 })
  const tone = tonePcm({ frequencyHz: 1_000, durationMs: 250, levelDb: -6 })
  const pcm = joinPcm([quiet, tone, quiet])
  t.equal(framesOf(pcm), 850 * 48)
  const [found, ...others] = findTone(pcm, { frequencyHz: 1_000 })
  t.strictSame(others, [])
  t.ok(Math.abs(found!.startMs - 300) <= 4 && Math.abs(found!.endMs - 550) <= 4)
  t.strictSame(findTone(pcm, { frequencyHz: 2_000, fromMs: 320, toMs: 530 }), [])
  t.ok(Math.abs(levelDb(pcm, 320, 530) - -9.03) < 0.1)
  t.throws(() => joinPcm([]))
  t.end()
})
