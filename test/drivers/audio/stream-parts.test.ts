import { test } from 'tap'
import {
  type BacklogLimits,
  excessFrames,
  newBacklog,
  noteLevel,
  withoutFirst,
  withoutQuiet,
} from '../../../drivers/audio/backlog.ts'
import { listenTo, type Loudness, loudnessDb, UNHEARD } from '../../../drivers/audio/silence.ts'
import { complaintIn, fallbackInput, formatIn, streamInput } from '../../../drivers/audio/stream-input.ts'
import { framesOfMs, joined, part, type Pcm, silence } from '../../../drivers/audio/pcm.ts'
import { tonePcm } from '../../../scripts/bench-parts/tone.ts'

const tone = (durationMs: number, levelDb: number): Pcm =>
  Float32Array.from(tonePcm({ frequencyHz: 1_000, durationMs, levelDb }).samples, (sample) => sample / 32_768)
const hear = (...pieces: Pcm[]): Loudness => pieces.reduce(listenTo, UNHEARD)

test('silence is what stays below −60 dBFS, in blocks of 20 ms', (t) => {
  // The root mean square of a sine is 3 dB below its amplitude.
  t.equal(hear(tone(1_000, -58)).silentFrames, framesOfMs(1_000))
  t.equal(hear(tone(1_000, -56)).silentFrames, 0)
  t.equal(hear(tone(1_000, -56)).soundedFrames, framesOfMs(1_000))
  t.equal(hear(silence(framesOfMs(500)), tone(40, -20)).silentFrames, 0, 'one word ends it')
  t.equal(hear(tone(40, -20), silence(framesOfMs(500))).silentFrames, framesOfMs(500))
  t.ok(Math.abs(loudnessDb(tone(100, -20)) + 23) < 0.1)
  t.end()
})

test('silence is counted the same however the sound is cut into pieces', (t) => {
  const whole = joined([tone(333, -20), silence(framesOfMs(777))])
  const pieces: Pcm[] = []
  for (let at = 0, size = 1; at < whole.length / 2; at += size, size = Math.max(1, (size * 7 + 4) % 1_250))
    pieces.push(part(whole, at, at + size))
  t.strictSame(hear(...pieces), hear(whole))
  t.end()
})

const limits: BacklogLimits = { framesMax: 100, framesLeft: 10, windowMs: 1_000 }

test('a backlog is what was never used up for two windows', (t) => {
  let backlog = newBacklog(0)
  const note = (frames: number, nowMs: number) => (backlog = noteLevel(backlog, frames, nowMs, limits))
  note(500, 10)
  t.equal(excessFrames(backlog, limits), 0, 'not known yet')
  note(300, 1_000)
  t.equal(excessFrames(backlog, limits), 290, 'the lower of the two windows, less what is left')
  note(100, 1_500)
  t.equal(excessFrames(backlog, limits), 0, 'at the limit')
  note(101, 2_000)
  t.equal(excessFrames(backlog, limits), 0, 'the low of the window before still counts')
  note(400, 3_000)
  note(400, 3_500)
  t.equal(excessFrames(backlog, limits), 91, 'a frame above it')
  t.end()
})

test('a backlog is let go in the pauses of speech', (t) => {
  const word = tone(200, -10)
  const pause = silence(framesOfMs(100))
  const speech = joined([word, pause, word])
  const some = withoutQuiet(speech, framesOfMs(60))
  t.equal(some.dropped, framesOfMs(60), 'no more than asked')
  t.equal(some.pcm.length, speech.length - framesOfMs(60) * 2)
  t.strictSame(withoutQuiet(speech, framesOfMs(900)).pcm, joined([word, word]), 'all of the pause, no word')
  t.equal(withoutQuiet(word, 1_000).pcm, word)
  t.end()
})

test('a cut in the middle of sound passes over without a jump', (t) => {
  const pcm = tone(400, -6)
  const cut = withoutFirst(pcm, framesOfMs(100.3))
  t.equal(cut.length, pcm.length - framesOfMs(100.3) * 2)
  t.equal(cut[0], pcm[0], 'it begins as what is left out began')
  let steepest = 0
  for (let at = 2; at < cut.length; at += 2) steepest = Math.max(steepest, Math.abs(cut[at]! - cut[at - 2]!))
  t.ok(steepest < 0.073, `a sine of 1 kHz rises by 0.0656 a sample, this by ${steepest}`)
  t.equal(withoutFirst(pcm, pcm.length / 2).length, 0)
  t.end()
})

const optionOf = (args: readonly string[], name: string) => args[args.indexOf(name) + 1] ?? ''

test('no source may make the decoder read a disk', (t) => {
  const sources = [
    ...['http://a/x', 'https://a/x', 'https://a/x.m3u8?t=1', 'rtsp://a/x', 'srt://a:1', 'rtp://a:1', 'udp://a:1'].map(
      (url) => ({ url }),
    ),
    { sdp: 'v=0\r\n' },
  ]
  for (const source of sources) {
    const input = streamInput(source)!
    t.notMatch(optionOf(input.args, '-protocol_whitelist'), /file|concat|data|subfile|async|cache|unix|ftp/)
    t.ok(optionOf(input.args, '-format_whitelist').length > 2)
    t.equal(input.stdin, 'sdp' in source ? source.sdp : null)
  }
  t.match(streamInput({ url: 'https://a/x.M3U8?t=1' })!.args, ['hls'].slice(1))
  t.equal(optionOf(streamInput({ url: 'https://a/x.m3u8?t=1' })!.args, '-f'), 'hls')
  t.equal(optionOf(fallbackInput('http://127.0.0.1:1/x').args, '-protocol_whitelist'), 'http,tcp')
  t.end()
})

test('an address of any other kind is no source', (t) => {
  for (const url of [
    'file:///etc/passwd',
    '/etc/passwd',
    '-i',
    'concat:a|b',
    'hls://a',
    'sdp://a',
    'http://',
    'data:x',
    '',
  ])
    t.equal(streamInput({ url }), null, url)
  t.end()
})

test('what ffmpeg says is read without the addresses in it', (t) => {
  const said = [
    "[info] Input #0, hls, from 'https://user:secret@host/x.m3u8':",
    '[https @ 0x5581] [error] HTTP error 404 Not Found',
    '[error] https://user:secret@host/x.m3u8: Server returned 404 Not Found',
  ].join('\n')
  t.equal(formatIn(said), 'hls')
  t.equal(complaintIn(said), 'its address Server returned 404 Not Found')
  t.equal(complaintIn('[info] all is well'), null)
  t.equal(formatIn(''), null)
  t.end()
})
