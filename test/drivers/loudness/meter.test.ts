/** Files as they come, measured by the ffmpeg that is installed. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { MeasureOutcome } from '../../../agent/ports/loudness.ts'
import * as decoding from '../../../drivers/audio/ffmpeg.ts'
import { openMeter } from '../../../drivers/loudness/meter.ts'
import { readSummary, TO_TWO_CHANNELS } from '../../../drivers/loudness/summary.ts'
import { ffmpeg, lufsOf, speechAt } from '../../fixtures/loudness.ts'
import { serveSounds } from '../../fixtures/sound-bench.ts'

const never = new AbortController().signal

const openBench = async (t: Test) => {
  const server = await serveSounds()
  t.teardown(() => server.close())
  const folder = t.testdir()
  const sourceOf = (name: string, bytes: Buffer) => {
    server.add(name, bytes)
    return { url: server.url(name), sha256: '0'.repeat(64), mediaType: 'audio/wav' }
  }
  const meter = openMeter()
  return {
    folder,
    sourceOf,
    measure: (name: string, signal = never): Promise<MeasureOutcome> =>
      meter.measure(sourceOf(name, readFileSync(join(folder, name))), signal),
    make: (name: string, ...args: string[]) => ffmpeg(...args, join(folder, name)),
  }
}

const measuredOf = (outcome: MeasureOutcome) => {
  if (outcome.kind !== 'measured') throw new Error(JSON.stringify(outcome))
  return outcome.loudness
}

t.test('speech in every form that schedules carry is measured as it is heard', async (t) => {
  const bench = await openBench(t)
  const { file } = speechAt(bench.folder, -23)
  for (const [name, ...format] of [
    ['news.mp3', '-b:a', '128k'],
    ['news.m4a', '-c:a', 'aac'],
    ['news.ogg', '-c:a', 'libvorbis'],
    ['news.flac', '-sample_fmt', 's16'],
    ['news.wav', '-c:a', 'pcm_s16le', '-ar', '22050'],
  ] as const) {
    bench.make(name, '-i', file, ...format)
    const { integratedLufs, truePeakDbtp, rangeLu } = measuredOf(await bench.measure(name))
    t.ok(Math.abs(integratedLufs + 23) <= 0.7, `${name}: ${integratedLufs} LUFS`)
    t.ok(truePeakDbtp > -15 && truePeakDbtp < 0, `${truePeakDbtp} dBTP`)
    t.ok(rangeLu > 0 && rangeLu < 15, `${rangeLu} LU`)
  }
})

t.test('one channel, and more than two, are measured as they come out of two', async (t) => {
  t.equal(TO_TWO_CHANNELS, decoding.TO_TWO_CHANNELS, 'it is measured as it is decoded')
  const bench = await openBench(t)
  const tone = 'aevalsrc=0.2*sin(2*PI*1000*t)'
  const six = Array.from({ length: 6 }, (_, index) => `0.05*sin(2*PI*${400 + 200 * index}*t)`).join('|')
  bench.make('one.wav', '-f', 'lavfi', '-i', `${tone}:d=4`)
  bench.make('two.wav', '-f', 'lavfi', '-i', `${tone}|0.2*sin(2*PI*1000*t):d=4`)
  bench.make('six.wav', '-f', 'lavfi', '-i', `aevalsrc=${six}:c=5.1:d=4`)
  const heard: Record<string, number> = {}
  for (const name of ['one', 'two', 'six']) {
    const { integratedLufs } = measuredOf(await bench.measure(`${name}.wav`))
    const played = join(bench.folder, `${name}-played.wav`)
    const format = ['-c:a', 'pcm_f32le', '-f', 'wav']
    const output = decoding.PCM_OUTPUT.filter((word, index, all) => word !== '-f' && all[index - 1] !== '-f')
    ffmpeg('-i', join(bench.folder, `${name}.wav`), ...output, ...format, played)
    t.equal(integratedLufs, lufsOf(played), name)
    heard[name] = integratedLufs
  }
  t.equal(heard['one'], heard['two'], 'the same from one channel and from two')
})

t.test('what has nothing to be measured says so, and is not tried again', async (t) => {
  const bench = await openBench(t)
  bench.make('silent.wav', '-f', 'lavfi', '-i', 'anullsrc=d=3')
  bench.make('short.wav', '-f', 'lavfi', '-i', 'sine=1000:d=0.2')
  bench.make('picture.mp4', '-f', 'lavfi', '-i', 'testsrc=d=1', '-pix_fmt', 'yuv420p')
  writeFileSync(join(bench.folder, 'noise.mp3'), Buffer.alloc(6_000, 'no sound at all '))
  writeFileSync(join(bench.folder, 'cut.wav'), readFileSync(join(bench.folder, 'short.wav')).subarray(0, 40))
  t.match(await bench.measure('silent.wav'), { kind: 'nothing', reason: 'it is silent, or too short' })
  t.match(await bench.measure('short.wav'), { kind: 'nothing', reason: 'it is silent, or too short' })
  t.match(await bench.measure('picture.mp4'), { kind: 'nothing', reason: 'it has no sound' })
  t.match(await bench.measure('noise.mp3'), { kind: 'nothing', reason: /^it cannot be decoded: / })
  t.match(await bench.measure('cut.wav'), { kind: 'nothing', reason: /^it cannot be decoded: / })
})

t.test('of a video the sound is measured, and of a damaged file what can be decoded', async (t) => {
  const bench = await openBench(t)
  const { file } = speechAt(bench.folder, -20)
  bench.make(
    'film.mp4',
    '-f',
    'lavfi',
    '-i',
    'testsrc=d=5',
    '-i',
    file,
    '-t',
    '5',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
  )
  const film = measuredOf(await bench.measure('film.mp4'))
  t.ok(Math.abs(film.integratedLufs + 20) < 3, `${film.integratedLufs}`)
  bench.make('whole.mp3', '-i', file)
  const whole = readFileSync(join(bench.folder, 'whole.mp3'))
  const third = Math.floor(whole.length / 3)
  const torn = Buffer.concat([whole.subarray(0, third), Buffer.alloc(5_000, 'torn'), whole.subarray(third + 5_000)])
  writeFileSync(join(bench.folder, 'torn.mp3'), torn)
  const heard = measuredOf(await bench.measure('torn.mp3'))
  t.ok(Math.abs(heard.integratedLufs + 20) < 1.5, `${heard.integratedLufs}`)
})

t.test('a file that went, a program that is not there, and what is called off may be tried again', async (t) => {
  const bench = await openBench(t)
  bench.make('long.wav', '-f', 'lavfi', '-i', 'sine=1000:d=600')
  const gone = { ...bench.sourceOf('x', Buffer.alloc(1)), url: `${bench.sourceOf('x', Buffer.alloc(1)).url}-gone` }
  t.match(await openMeter().measure(gone, never), { kind: 'failed', error: /404/ })
  const nowhere = { ...gone, url: 'http://127.0.0.1:1/x' }
  t.match(await openMeter().measure(nowhere, never), { kind: 'failed', error: /refused/ })
  const missing = openMeter({ ffmpegPath: '/nonexistent/ffmpeg' })
  t.match(await missing.measure(gone, never), { kind: 'failed', error: /^\/nonexistent\/ffmpeg cannot be run: / })
  const abort = new AbortController()
  const running = bench.measure('long.wav', abort.signal)
  abort.abort()
  t.same(await running, { kind: 'failed', error: 'called off' })
  const long = bench.sourceOf('long.wav', readFileSync(join(bench.folder, 'long.wav')))
  t.match(await openMeter({ measureMsMax: 1 }).measure(long, never), {
    kind: 'failed',
    error: /did not end within 1 ms/,
  })
})

t.test('the text of the filter is read whatever stands around it', (t) => {
  const text = (lufs: string, peak: string) =>
    `[Parsed_ebur128_2 @ 0x55] Summary:\n\n  Integrated loudness:\n    I:         ${lufs} LUFS\n    Threshold: -41.1 LUFS\n\n  Loudness range:\n    LRA:         2.5 LU\n    Threshold: -51.1 LUFS\n    LRA low:   -31.1 LUFS\n    LRA high:  -31.1 LUFS\n\n  True peak:\n    Peak:      ${peak} dBFS\n`
  const loudness = { integratedLufs: -31.1, truePeakDbtp: -12.3, rangeLu: 2.5 }
  t.same(readSummary(`complaint\n${text('-31.1', '-12.3')}size=N/A`), { kind: 'measured', loudness })
  t.same(
    readSummary(`${text('-9.0', '0.5')}${text('-31.1', '-12.3')}`),
    { kind: 'measured', loudness },
    'the last counts',
  )
  t.match(readSummary(text('0.4', '3.2')), { loudness: { integratedLufs: 0.4, truePeakDbtp: 3.2 } })
  for (const [lufs, peak] of [
    ['-70.0', '-inf'],
    ['-inf', '-inf'],
    ['nan', '-3.0'],
    ['-70.0', '-21.1'],
  ] as const)
    t.same(readSummary(text(lufs, peak)), { kind: 'gated' })
  t.same(readSummary('Conversion failed!'), { kind: 'missing' })
  t.same(readSummary(text('-31.1', '-12.3').slice(0, 200)), { kind: 'missing' }, 'cut off')
  t.end()
})
