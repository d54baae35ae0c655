import { setTimeout as sleep } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { addMs } from '../../../player/plan/time.ts'
import type { OutputEvent, PlayId, StreamPlayable } from '../../../player/ports/output.ts'
import type { Recording } from '../../../scripts/bench-parts/sound.ts'
import { freePort, sendRtp, startIcecast } from '../../../scripts/bench-parts/stations.ts'
import { findTone, levelDb, tonePcm, wavOf } from '../../../scripts/bench-parts/tone.ts'
import { eventually, listen, type Listened, openSoundBench, realClock } from '../../fixtures/sound-bench.ts'

/** Beyond any pause between two tries of a source. */
const PATIENCE_MS = 60_000

type SourceTold = Extract<OutputEvent, { kind: 'source' }>

const toldBy = ({ events }: Listened, playId: PlayId): SourceTold[] =>
  events.filter((event): event is SourceTold => event.kind === 'source' && event.playId === playId)
const labels = (horn: Listened, playId: PlayId) => toldBy(horn, playId).map(({ source }) => source)
const untilSource = (horn: Listened, playId: PlayId, source: string | null) =>
  eventually(`${playId} is on ${source}`, () => labels(horn, playId).at(-1) === source, PATIENCE_MS)

const relayOf = (urls: string[], more: Partial<StreamPlayable> = {}): StreamPlayable => ({
  kind: 'stream',
  sources: urls.map((url) => ({ url })),
  fallback: null,
  silenceMs: 15_000,
  goneMs: null,
  ...more,
})

test('a relay', async (suite) => {
  const bench = await openSoundBench(suite)
  const recording = await bench.card.record()
  const icecast = await startIcecast()
  suite.teardown(icecast.stop)
  const nothing = `http://127.0.0.1:${await freePort()}/nothing`
  const fallbackOf = (frequencyHz: number) => {
    const playable = bench.sounds.add(
      `fallback-${frequencyHz}.wav`,
      Buffer.from(wavOf(tonePcm({ frequencyHz, durationMs: 700 }))),
    )
    return playable.kind === 'sound' ? playable.source : null
  }
  /** How long a tone sounds between two moments of the wall clock. */
  const soundedMs = async (from: Recording, frequencyHz: number, fromWall: number, toWall: number) => {
    await from.reach(toWall)
    const stretch = { fromMs: Math.max(0, from.msAt(fromWall)), toMs: from.msAt(toWall) }
    return findTone(from.pcm(), { frequencyHz, ...stretch }).reduce(
      (sum, { startMs, endMs }) => sum + endMs - startMs,
      0,
    )
  }
  const ready = async (t: Test): Promise<Listened> => {
    const horn = listen(t, bench)
    await horn.ready()
    return horn
  }

  await suite.test(
    'goes from a source that is killed to the next, and to the first again when it is back',
    async (t) => {
      const first = await icecast.mount('mot', 'mp3', { frequencyHz: 800 })
      const second = await icecast.mount('hai', 'opus', { frequencyHz: 1_200 })
      t.teardown(() => Promise.all([first.stop(), second.stop()]))
      const horn = await ready(t)
      horn.play('relay', relayOf([icecast.url('mot'), icecast.url('hai')]), { lengthMs: 300_000 })
      await untilSource(horn, 'relay', '1')
      await sleep(1_000)
      const killedAt = realClock.wall()
      await first.stop()
      await untilSource(horn, 'relay', '2')
      t.match(toldBy(horn, 'relay').at(-1)?.reason, /^source 1: ./, 'it says why')
      const onSecondAt = realClock.wall()
      t.comment(`${onSecondAt - killedAt} ms from the kill to the next source`)
      const again = await icecast.mount('mot', 'mp3', { frequencyHz: 1_600 })
      t.teardown(() => again.stop())
      await untilSource(horn, 'relay', '1')
      t.equal(toldBy(horn, 'relay').at(-1)?.reason, null)
      const backAt = realClock.wall()
      await recording.reach(backAt + 1_000)
      horn.output.stop('relay', 0)
      const ended = await horn.ended('relay')
      const lastedMs = realClock.wall() - (await horn.started('relay')).at
      t.match(ended, { how: 'stopped', fault: null })
      const told = toldBy(horn, 'relay')
      t.ok((await soundedMs(recording, 1_200, onSecondAt, backAt)) > (backAt - onSecondAt) * 0.95, 'the second sounds')
      t.ok((await soundedMs(recording, 1_600, backAt, backAt + 1_000)) > 800, 'the first sounds again')
      t.ok((await soundedMs(recording, 1_200, backAt + 300, backAt + 1_000)) < 50, 'and the second does not')
      const sum = told.map(({ heardMs }) => heardMs)
      t.strictSame(
        sum,
        [...sum].sort((a, b) => a - b),
        'places in the relay only grow',
      )
      t.ok(Math.abs(ended.heardMs - lastedMs) < 1_500, 'as long as the clock says')
    },
  )

  await suite.test('gives up a source that is silent', async (t) => {
    const first = await icecast.mount('im-lang', 'mp3', { frequencyHz: 900, levelDb: -75 })
    const second = await icecast.mount('co-tieng', 'mp3', { frequencyHz: 1_300 })
    t.teardown(() => Promise.all([first.stop(), second.stop()]))
    const horn = await ready(t)
    const urls = [icecast.url('im-lang'), icecast.url('co-tieng')]
    horn.play('relay', relayOf(urls, { silenceMs: 2_000 }), { lengthMs: 60_000 })
    await untilSource(horn, 'relay', '2')
    t.match(toldBy(horn, 'relay').at(-1)?.reason, /silent for 2 s/)
    const at = realClock.wall()
    t.ok((await soundedMs(recording, 1_300, at, at + 1_000)) > 900)
    horn.output.stop('relay', 0)
    await horn.ended('relay')
  })

  await suite.test('keeps a silent source that has no alternative, and says when it sounds', async (t) => {
    const horn = await ready(t)
    const pause = tonePcm({ frequencyHz: 1_000, durationMs: 3_500, levelDb: -90 })
    const tone = tonePcm({ frequencyHz: 1_000, durationMs: 4_000 })
    const samples = new Int16Array(pause.samples.length + tone.samples.length)
    samples.set(pause.samples)
    samples.set(tone.samples, pause.samples.length)
    bench.sounds.add('pause.wav', wavOf({ ...tone, samples }))
    horn.play('relay', relayOf([bench.sounds.url('pause.wav')], { silenceMs: 2_000 }), { lengthMs: 6_500 })
    t.match(await horn.ended('relay'), { how: 'finished', heardMs: 6_500 })
    t.strictSame(labels(horn, 'relay'), ['1', null, '1'])
  })

  await suite.test('plays the fallback again and again while no source is there', async (t) => {
    const horn = await ready(t)
    horn.play('relay', relayOf([nothing, 'gopher://nobody'], { fallback: fallbackOf(1_100) }), { lengthMs: 5_000 })
    await untilSource(horn, 'relay', 'fallback')
    const at = realClock.wall()
    t.match(toldBy(horn, 'relay').at(-1)?.reason, /source 1: .*; source 2: it is of a kind/)
    t.match(await horn.ended('relay'), { how: 'finished', heardMs: 5_000 })
    t.ok((await soundedMs(recording, 1_100, at, at + 3_000)) > 2_700, 'without a pause at its end')
  })

  await suite.test('a stall is told as silence, and ends with the first source', async (t) => {
    const first = await icecast.mount('nghen', 'mp3', { frequencyHz: 1_400 })
    t.teardown(() => first.stop())
    const horn = await ready(t)
    horn.play('relay', relayOf([icecast.url('nghen')]), { lengthMs: 120_000 })
    await untilSource(horn, 'relay', '1')
    await sleep(1_000)
    first.pause()
    await untilSource(horn, 'relay', null)
    await sleep(500)
    first.resume()
    await untilSource(horn, 'relay', '1')
    horn.output.stop('relay', 0)
    const ended = await horn.ended('relay')
    t.ok(
      Math.abs(ended.heardMs - (realClock.wall() - (await horn.started('relay')).at)) < 1_500,
      'time went on meanwhile',
    )
  })

  await suite.test('with nothing at all it is silent to its end, and says so', async (t) => {
    const horn = await ready(t)
    horn.play('relay', relayOf([nothing]), { lengthMs: 2_500 })
    t.match(await horn.ended('relay'), { how: 'finished', heardMs: 2_500, fault: null })
    const [only, ...others] = toldBy(horn, 'relay')
    t.match(only, { source: null, heardMs: 0, reason: /source 1: / })
    t.strictSame(others, [])
  })

  await suite.test('is on the air at its second, live', async (t) => {
    const horn = await ready(t)
    const dueAt = addMs(realClock.wall(), 4_000)
    const { sender, sdp } = await sendRtp('127.0.0.1', { frequencyHz: 1_700 })
    t.teardown(() => sender.stop())
    const later = { kind: 'stream' as const, sources: [{ sdp }], fallback: null, silenceMs: 15_000, goneMs: null }
    horn.play('relay', later, { dueAt, lengthMs: 2_000 })
    t.match(await horn.ended('relay'), { how: 'finished', heardMs: 2_000 })
    await recording.reach(dueAt + 2_500)
    const fromMs = recording.msAt(dueAt) - 1_000
    const [tone] = findTone(recording.pcm(), { frequencyHz: 1_700, fromMs, toMs: fromMs + 3_500 })
    t.ok(
      Math.abs(recording.wallAt(tone!.startMs) - dueAt) < 150,
      `${Math.round(recording.wallAt(tone!.startMs) - dueAt)} ms late`,
    )
  })

  await suite.test('which was connected to ahead of its time begins with new sound', async (t) => {
    const horn = await ready(t)
    const next = await icecast.mount('moi', 'mp3', { frequencyHz: 1_500 })
    t.teardown(() => next.stop())
    // A station that has been sending gives its last seconds at the connection; they are not what is on the air now.
    await sleep(3_000)
    const dueAt = addMs(realClock.wall(), 2_500)
    horn.play('relay', relayOf([icecast.url('moi')]), { dueAt, lengthMs: 60_000 })
    await horn.started('relay')
    await sleep(500)
    const changedAt = realClock.wall()
    await next.stop()
    await untilSource(horn, 'relay', null)
    const lastHeard = async () => {
      await recording.reach(changedAt + 3_000)
      const tones = findTone(recording.pcm(), {
        frequencyHz: 1_500,
        fromMs: recording.msAt(changedAt),
        toMs: recording.msAt(changedAt) + 3_000,
      })
      return recording.wallAt(tones.at(-1)?.endMs ?? recording.msAt(changedAt))
    }
    const behindMs = (await lastHeard()) - changedAt
    t.ok(behindMs < 1_500, `${Math.round(behindMs)} ms were still to be heard when the station was cut off`)
    horn.output.stop('relay', 0)
    await horn.ended('relay')
  })
})

test('a live announcement', async (suite) => {
  const bench = await openSoundBench(suite)
  const recording = await bench.card.record()
  const icecast = await startIcecast()
  suite.teardown(icecast.stop)
  const liveOf = (url: string, goneMs: number): StreamPlayable => relayOf([url], { silenceMs: null, goneMs })

  await suite.test('ends by itself when its source is gone', async (t) => {
    const sender = await icecast.mount('ubnd', 'mp3', { frequencyHz: 1_000 })
    t.teardown(() => sender.stop())
    const horn = listen(t, bench)
    await horn.ready()
    horn.play('live', liveOf(icecast.url('ubnd'), 3_000), { lengthMs: 300_000 })
    await untilSource(horn, 'live', '1')
    await sleep(1_500)
    const goneAt = realClock.wall()
    await sender.stop()
    const ended = await horn.ended('live')
    t.match(ended, { how: 'finished', fault: null })
    const afterMs = realClock.wall() - goneAt
    t.ok(afterMs > 2_500 && afterMs < 8_000, `${afterMs} ms after its source was gone`)
    await recording.reach(goneAt + 1_500)
    const pcm = recording.pcm()
    const [tone] = findTone(pcm, {
      frequencyHz: 1_000,
      fromMs: recording.msAt(goneAt),
      toMs: recording.msAt(goneAt) + 1_500,
    })
    const behindMs = tone === undefined ? 0 : tone.endMs - recording.msAt(goneAt)
    t.ok(behindMs < 1_000, `it was heard ${Math.round(behindMs)} ms behind`)
    t.ok(levelDb(pcm, recording.msAt(goneAt) + 1_000, recording.msAt(goneAt) + 1_400) < -80, 'then silence')
  })

  await suite.test('goes on when its source comes back in time', async (t) => {
    const sender = await icecast.mount('ubnd', 'mp3', { frequencyHz: 1_000 })
    const horn = listen(t, bench)
    await horn.ready()
    horn.play('live', liveOf(icecast.url('ubnd'), 8_000), { lengthMs: 300_000 })
    await untilSource(horn, 'live', '1')
    await sleep(500)
    await sender.stop()
    const back = await icecast.mount('ubnd', 'mp3', { frequencyHz: 1_400 })
    t.teardown(() => back.stop())
    const backAt = realClock.wall()
    await recording.reach(backAt + 4_000)
    const tones = findTone(recording.pcm(), { frequencyHz: 1_400, fromMs: recording.msAt(backAt) })
    t.ok(tones.some(({ startMs, endMs }) => endMs - startMs > 1_000))
    horn.output.stop('live', 0)
    t.equal((await horn.ended('live')).how, 'stopped')
  })

  await suite.test('that never came has failed, and nothing was interrupted for it', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    horn.play('music', bench.sounds.tone('music.wav', 600, 30_000))
    await horn.started('music')
    const askedAt = realClock.wall()
    horn.play('live', liveOf(icecast.url('nobody'), 2_000), { lengthMs: 300_000 })
    t.match(await horn.ended('live'), { how: 'failed', heardMs: 0, fault: { code: 'stream-failed', detail: /404/ } })
    const endedAt = realClock.wall()
    await recording.reach(endedAt)
    const tones = findTone(recording.pcm(), {
      frequencyHz: 600,
      fromMs: recording.msAt(askedAt),
      toMs: recording.msAt(endedAt),
    })
    const soundedMs = tones.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
    t.ok(soundedMs > (endedAt - askedAt) * 0.9, 'the music went on')
    horn.output.stop('music', 0)
    await horn.ended('music')
  })

  await suite.test('of a sender whose clock is fast is not heard later and later', async (t) => {
    // 5 % is a thousand times what a clock is off: a quarter of a minute shows what takes hours.
    const sender = await icecast.mount('nhanh', 'mp3', { frequencyHz: 1_200, fastPpm: 50_000 })
    t.teardown(() => sender.stop())
    const horn = listen(t, bench)
    await horn.ready()
    horn.play('live', liveOf(icecast.url('nhanh'), 3_000), { lengthMs: 300_000 })
    await untilSource(horn, 'live', '1')
    await sleep(25_000)
    const goneAt = realClock.wall()
    await sender.stop()
    await horn.ended('live')
    const pcm = recording.pcm()
    const tones = findTone(pcm, {
      frequencyHz: 1_200,
      fromMs: recording.msAt(goneAt),
      toMs: recording.msAt(goneAt) + 3_000,
    })
    const behindMs = (tones.at(-1)?.endMs ?? 0) - recording.msAt(goneAt)
    t.ok(behindMs < 1_200, `it was heard ${Math.round(behindMs)} ms behind, 1250 ms were gained`)
  })
})
