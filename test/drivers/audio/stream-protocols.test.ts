import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import type { StreamSource } from '../../../player/ports/output.ts'
import { findTone, wavOf, tonePcm } from '../../../scripts/bench-parts/tone.ts'
import {
  CODECS,
  type Codec,
  listenSrt,
  sendRtp,
  serveHls,
  serveRtsp,
  startIcecast,
} from '../../../scripts/bench-parts/stations.ts'
import { eventually, listen, openSoundBench, realClock } from '../../fixtures/sound-bench.ts'

/** It is listened to for so long, and is heard for most of that: a busy machine may let the card run dry for a moment. */
const LISTENED_MS = 2_000
const HEARD_MS = 1_200

test('every kind of station is heard', async (suite) => {
  const bench = await openSoundBench(suite)
  const recording = await bench.card.record()
  const icecast = await startIcecast()
  suite.teardown(icecast.stop)

  /** Relays it until it has sounded for a while, and tells for how long its tone was heard. */
  const relayed = async (t: typeof suite, source: StreamSource, frequencyHz: number): Promise<number> => {
    const horn = listen(t, bench)
    await horn.ready()
    const askedAt = realClock.wall()
    const relay = { kind: 'stream' as const, sources: [source], fallback: null, silenceMs: 15_000, goneMs: null }
    horn.play('relay', relay, { lengthMs: 60_000 })
    await eventually('the first source is heard', () =>
      horn.events.some((event) => event.kind === 'source' && event.source === '1'),
    )
    const heardAt = realClock.wall()
    await recording.reach(heardAt + LISTENED_MS)
    horn.output.stop('relay', 0)
    t.equal((await horn.ended('relay')).how, 'stopped')
    const tones = findTone(recording.pcm(), {
      frequencyHz,
      fromMs: Math.max(0, recording.msAt(askedAt)),
      toMs: recording.msAt(heardAt + LISTENED_MS),
    })
    return tones.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
  }

  for (const [index, codec] of (Object.keys(CODECS) as Codec[]).entries())
    await suite.test(`Icecast with ${codec}`, async (t) => {
      const frequencyHz = 800 + 200 * index
      const sender = await icecast.mount(codec, codec, { frequencyHz })
      t.teardown(() => sender.stop())
      t.ok((await relayed(t, { url: icecast.url(codec) }, frequencyHz)) > HEARD_MS)
    })

  await suite.test('HLS', async (t) => {
    const hls = await serveHls({ frequencyHz: 1_900 })
    t.teardown(hls.stop)
    t.ok((await relayed(t, { url: hls.url }, 1_900)) > HEARD_MS)
  })

  await suite.test('RTP to this box, by its session description', async (t) => {
    const { sender, sdp } = await sendRtp('127.0.0.1', { frequencyHz: 2_100 })
    t.teardown(() => sender.stop())
    t.ok((await relayed(t, { sdp }, 2_100)) > HEARD_MS)
  })

  await suite.test('RTP to a group, by its session description', async (t) => {
    const { sender, sdp } = await sendRtp('239.255.77.1', { frequencyHz: 2_300 })
    t.teardown(() => sender.stop())
    t.ok((await relayed(t, { sdp }, 2_300)) > HEARD_MS)
  })

  await suite.test('RTP by address', async (t) => {
    const mp3 = ['-c:a', 'libmp3lame', '-b:a', '128k']
    const { sender, port } = await sendRtp('127.0.0.1', { frequencyHz: 2_500 }, mp3)
    t.teardown(() => sender.stop())
    t.ok((await relayed(t, { url: `rtp://127.0.0.1:${port}` }, 2_500)) > HEARD_MS)
  })

  await suite.test('SRT', async (t) => {
    const { sender, url } = await listenSrt({ frequencyHz: 2_700 })
    t.teardown(() => sender.stop())
    t.ok((await relayed(t, { url }, 2_700)) > HEARD_MS)
  })

  await suite.test('RTSP', async (t) => {
    const { sender, url } = await serveRtsp({ frequencyHz: 2_900 })
    t.teardown(() => sender.stop())
    t.ok((await relayed(t, { url }, 2_900)) > HEARD_MS)
  })

  await suite.test('a playlist that names a file of the box is not followed', async (t) => {
    const secret = join(bench.card.folder, 'secret.wav')
    writeFileSync(secret, wavOf(tonePcm({ frequencyHz: 3_300, durationMs: 10_000 })))
    const lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:10', '#EXTINF:10,', `file://${secret}`, '#EXT-X-ENDLIST', '']
    bench.sounds.add('evil.m3u8', Buffer.from(lines.join('\n')))
    bench.sounds.add('evil', Buffer.from(lines.join('\n')))
    for (const name of ['evil.m3u8', 'evil']) {
      const horn = listen(t, bench)
      await horn.ready()
      const source = { url: bench.sounds.url(name) }
      const relay = { kind: 'stream' as const, sources: [source], fallback: null, silenceMs: null, goneMs: null }
      horn.play(name, relay, { lengthMs: 3_000 })
      const ended = await horn.ended(name)
      t.match(ended, { how: 'finished', heardMs: 3_000 })
      const told = horn.events.filter((event) => event.kind === 'source')
      t.strictSame(
        told.map(({ source: label }) => label),
        [null],
        'silence, and it is told',
      )
    }
  })
})
