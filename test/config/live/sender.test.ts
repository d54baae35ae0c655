/** The sender of live sound, with real ffmpeg and real listeners. */
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { FRAME_BYTES } from '../../../config/live/ffmpeg.ts'
import { BEHIND_BYTES_MAX, openListeners } from '../../../config/live/listeners.ts'
import { startVirtualCard } from '../../../scripts/bench-parts/sound.ts'
import { findTone } from '../../../scripts/bench-parts/tone.ts'
import { until } from '../../fixtures/until.ts'
import { begun, decode, listen, run, SECRET, start, statusOf, toneFile } from './parts.ts'

/** 16 MB: more than the buffers of both kernels' ends. */
const GIVEN = 500

const fileSender = async (t: Test, durationMs: number) => {
  const sender = await begun({ kind: 'file', path: toneFile(t.testdir(), 1_000, durationMs) })
  t.teardown(() => sender.close())
  return sender
}

t.test('a recording is heard whole and in real time by whoever listens before it begins', async (t) => {
  const sender = await fileSender(t, 2_000)
  const hearing = await listen(sender)
  t.match(hearing.response.headers, { 'content-type': 'audio/mpeg', 'cache-control': 'no-store' })
  await until(t, 'silence comes before the first word', () => hearing.bytes().length > 4 * FRAME_BYTES)
  const beganAt = performance.now()
  sender.begin()
  t.same(await sender.ended, { kind: 'end-of-file' })
  const tookMs = performance.now() - beganAt
  t.ok(tookMs > 1_900, `it took ${tookMs.toFixed(0)} ms`)
  t.ok(sender.levelDb() > -12, 'and was measured')
  const before = hearing.bytes().length
  await until(t, 'silence goes on, so that nobody takes the source for gone', () => hearing.bytes().length > before)
  await sender.close()
  await hearing.ended
  const tones = findTone(await decode(hearing.bytes()), { frequencyHz: 1_000 })
  t.equal(tones.length, 1)
  const heardMs = tones.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
  t.ok(Math.abs(heardMs - 2_000) < 60, `heard ${heardMs} ms`)
})

t.test('every listener hears from now on, beginning with a whole frame', async (t) => {
  const sender = await fileSender(t, 20_000)
  sender.begin()
  const first = await listen(sender)
  await until(t, 'a second has been said', () => first.bytes().length > 40 * FRAME_BYTES)
  const second = await listen(sender)
  await until(t, 'both hear', () => second.bytes().length > 10 * FRAME_BYTES)
  t.equal(sender.listeners(), 2)
  for (const { bytes } of [first, second]) t.equal(bytes().readUInt16BE(0) & 0xfffe, 0xfffa, 'MPEG-1 layer III')
  t.ok(first.bytes().length - second.bytes().length >= 38 * FRAME_BYTES, 'the second hears nothing of before')
  first.response.destroy()
  await until(t, 'who leaves is not counted', () => sender.listeners() === 1)
})

t.test('nothing is served to who does not know the path', async (t) => {
  const sender = await fileSender(t, 2_000)
  t.equal(sender.path, `/live/${SECRET}.mp3`)
  t.equal(await statusOf(sender, '/'), 404)
  t.equal(await statusOf(sender, '/live/'), 404)
  t.equal(await statusOf(sender, `/live/${SECRET}`), 404)
  t.equal(await statusOf(sender, sender.path, 'POST'), 405)
  t.equal(sender.listeners(), 0)
})

t.test(
  'who does not take what comes misses it; the source is not held, the others hear, and memory stays bounded',
  async (t) => {
    let nowMs = 0
    const listeners = await openListeners({ host: '127.0.0.1', port: 0, path: '/x', elapsed: () => nowMs })
    t.teardown(() => listeners.close())
    const slow = connect(listeners.port, '127.0.0.1')
    slow.on('error', () => undefined)
    slow.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n')
    slow.pause()
    const quick = connect(listeners.port, '127.0.0.1')
    let quickBytes = 0
    quick.on('data', (part) => (quickBytes += part.length))
    quick.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n')
    await until(t, 'both listen', () => listeners.count() === 2)
    const frames = Buffer.alloc(BEHIND_BYTES_MAX, 1)
    let mostBehindBytes = 0
    // The kernel takes some megabytes by itself; after that all is lost to the slow one, and nothing collects.
    for (let count = 0; count < GIVEN; count += 1) {
      listeners.give(frames)
      mostBehindBytes = Math.max(mostBehindBytes, listeners.behindBytes())
      const wanted = quickBytes + BEHIND_BYTES_MAX / 2
      await until(t, 'the quick one has it', () => quickBytes >= wanted)
    }
    t.ok(quickBytes >= GIVEN * BEHIND_BYTES_MAX, 'all of it')
    t.ok(mostBehindBytes > BEHIND_BYTES_MAX, 'the slow one was behind')
    t.ok(mostBehindBytes < 2 * BEHIND_BYTES_MAX + 1_000, `and never by more than ${mostBehindBytes} bytes`)
    t.equal(listeners.count(), 2)
    nowMs += 6_000
    listeners.give(frames)
    nowMs += 6_000
    listeners.give(frames)
    await until(t, 'who takes nothing for seconds is let go', () => listeners.count() === 1)
    slow.destroy()
    quick.destroy()
  },
)

t.test('what gives no sound is found out before anything is announced, and said as the system says it', async (t) => {
  const folder = t.testdir()
  writeFileSync(`${folder}/text.wav`, 'not a sound')
  writeFileSync(`${folder}/http:x`, 'nor this')
  t.match(await start({ kind: 'file', path: `${folder}/text.wav` }), {
    kind: 'failed',
    fault: { kind: 'source-failed' },
  })
  t.match(await start({ kind: 'file', path: `${folder}/none.wav` }), {
    fault: { kind: 'source-failed', detail: /No such file/ },
  })
  t.match(await start({ kind: 'file', path: 'http://127.0.0.1:9/x.mp3' }), {
    fault: { kind: 'source-failed', detail: /No such file/ },
  })
  t.match(await start({ kind: 'device', system: 'alsa', name: 'hw:31,7' }), { fault: { kind: 'source-failed' } })
})

t.test('a port that is taken is said', async (t) => {
  const sender = await fileSender(t, 1_000)
  const path = toneFile(t.testdir(), 1_000, 1_000)
  t.match(await start({ kind: 'file', path }, sender.port), {
    kind: 'failed',
    fault: { kind: 'cannot-listen', detail: /EADDRINUSE/ },
  })
})

t.test('a microphone of ALSA and one of PulseAudio are heard, and one that is pulled out ends it', async (t) => {
  const studio = await startVirtualCard()
  t.teardown(() => studio.dispose())
  const monitor = { PULSE_SERVER: studio.env['PULSE_SERVER'], PULSE_SOURCE: 'card.monitor' }
  const before = { ...process.env }
  Object.assign(process.env, monitor, { ALSA_CONFIG_PATH: studio.env['ALSA_CONFIG_PATH'] })
  t.teardown(() => {
    for (const name of ['PULSE_SERVER', 'PULSE_SOURCE', 'ALSA_CONFIG_PATH'])
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = before[name]
  })
  const voice = toneFile(t.testdir(), 2_000, 1_000)
  const sources = [
    { kind: 'device', system: 'pulse', name: 'card.monitor' },
    { kind: 'device', system: 'alsa', name: 'default' },
  ] as const
  for (const source of sources) {
    const sender = await begun(source)
    const hearing = await listen(sender)
    await run('paplay', [voice], { env: studio.env })
    await until(t, 'the voice was measured', () => sender.levelDb() > -20 || hearing.bytes().length > 100 * FRAME_BYTES)
    await sender.close()
    await hearing.ended
    const tones = findTone(await decode(hearing.bytes()), { frequencyHz: 2_000 })
    const heardMs = tones.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
    t.ok(Math.abs(heardMs - 1_000) < 100, `${source.system}: heard ${heardMs} ms`)
  }
  const sender = await begun(sources[0])
  await studio.stopDaemon()
  t.match(await sender.ended, { kind: 'failed', fault: { kind: /source-/ } })
  await sender.close()
})
