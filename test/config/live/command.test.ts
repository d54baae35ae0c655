/** `loa live` as it is typed, as it is shown, and how it asks for what must not be seen. */
import { PassThrough } from 'node:stream'
import t from 'tap'
import { REFUSAL_REASONS } from '../../../agent/protocol/uplink.ts'
import { momentOf } from '../../../config/live/announce.ts'
import { deviceOf } from '../../../config/live/ffmpeg.ts'
import { durationMsOf, sourceOf, sourceText, withDefaultMic } from '../../../config/live/options.ts'
import { sayFault } from '../../../config/live/say.ts'
import { openAsker } from '../../../config/live/secret.ts'
import { createMeter, levelOf, SILENT_DB } from '../../../config/live/sound.ts'
import { liveLine, openPanel, type LiveView } from '../../../config/live/view.ts'
import type { LiveFacts } from '../../../config/live/words.ts'
import { width } from '../../../config/page.ts'
import { wordsOf } from '../../../config/words/language.ts'
import { tonePcm } from '../../../scripts/bench-parts/tone.ts'

const FACTS: LiveFacts = {
  'bad-duration': { found: 'x' },
  'two-sources': {},
  'speaker-unreadable': { file: '/x', detail: 'ENOENT' },
  'speaker-damaged': { file: '/x' },
  'passphrase-missing': {},
  'passphrase-wrong': { file: '/x' },
  'speaker-early': { from: '2026-11-21' },
  'speaker-ended': { until: '2026-11-21' },
  'speaker-elsewhere': { area: 'vn/08', box: 'vn/09' },
  'speaker-mute': {},
  'output-unknown': { name: 'x', known: ['horn'] },
  'no-sound-output': {},
  'ffmpeg-missing': {},
  'source-failed': { source: 'hw:1', detail: 'busy' },
  'source-silent': { source: 'hw:1' },
  'cannot-listen': { detail: 'EADDRINUSE' },
  refused: { reason: 'expired', detail: 'x' },
  busy: {},
  'agent-gone': {},
  'stop-unsent': { seconds: 10 },
}
const VIETNAMESE = /[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]/i

t.test('everything that can go wrong is said in both languages, with what to do', async (t) => {
  for (const language of ['vi', 'en'] as const) {
    const words = wordsOf(language).live
    for (const kind of Object.keys(FACTS) as (keyof LiveFacts)[]) {
      const { wrong, next } = sayFault({ kind, ...(FACTS[kind] as object) } as Parameters<typeof sayFault>[0], words)
      t.ok(wrong.length > 5 && next.length > 5, `${language} ${kind}`)
      t.notMatch(wrong + next, /undefined|null|\[object/)
      t.equal(VIETNAMESE.test(wrong), language === 'vi', wrong)
    }
    for (const reason of REFUSAL_REASONS) t.ok(words.refusals[reason], `${language} ${reason}`)
  }
})

t.test('--mic may stand alone', async (t) => {
  t.same(withDefaultMic(['--mic', '--title', 'x']), ['--mic=default', '--title', 'x'])
  t.same(withDefaultMic(['--title', 'x', '--mic']), ['--title', 'x', '--mic=default'])
  t.same(withDefaultMic(['--mic', 'hw:1']), ['--mic', 'hw:1'])
})

t.test('microphones are named as their systems name them', async (t) => {
  t.same(deviceOf('hw:1,0'), { kind: 'device', system: 'alsa', name: 'hw:1,0' })
  t.same(deviceOf('alsa:hw:1,0'), { kind: 'device', system: 'alsa', name: 'hw:1,0' })
  t.same(deviceOf('pulse'), { kind: 'device', system: 'pulse', name: 'default' })
  t.same(deviceOf('pulse:mic.0'), { kind: 'device', system: 'pulse', name: 'mic.0' })
  t.equal(sourceOf('hw:1', 'x.wav'), null)
  t.same(sourceOf(undefined, undefined), deviceOf('default'))
  t.same([deviceOf('pulse:a'), deviceOf('hw:1'), sourceOf(undefined, 'x.wav')!].map(sourceText), [
    'pulse:a',
    'hw:1',
    'x.wav',
  ])
})

t.test('lengths of time are a number and a unit, up to a day', async (t) => {
  t.same(['1s', '90s', '30m', '24h'].map(durationMsOf), [1_000, 90_000, 1_800_000, 86_400_000])
  for (const wrong of ['', '0s', '25h', '1', 'm', '1d', '-1m', '1.5h', '1h30m'])
    t.equal(durationMsOf(wrong), null, wrong)
})

t.test('an unsynced box signs by the last moment that it knows to be past', async (t) => {
  const status = (at: string, floor?: string) => ({
    at,
    clock: { trust: 'unsynced' as const, ...(floor === undefined ? {} : { floor }) },
  })
  t.equal(momentOf(status('1970-01-01T00:00:10Z', '2026-11-21T00:00:00Z'), 5_000), Date.parse('2026-11-21T00:00:00Z'))
  t.equal(momentOf(status('1970-01-01T00:00:10Z'), 5_000), 10_000)
})

t.test('the level is that of the loudest tenth of a second', async (t) => {
  const pcm = (levelDb: number) =>
    Buffer.from(tonePcm({ frequencyHz: 1_000, durationMs: 100, levelDb, channels: 1 }).samples.buffer)
  t.equal(levelOf(Buffer.alloc(0)), SILENT_DB)
  t.equal(levelOf(Buffer.alloc(100)), SILENT_DB)
  t.ok(Math.abs(levelOf(pcm(-6)) - -9) < 0.2)
  const meter = createMeter()
  for (const levelDb of [-30, -10, -40]) meter.add(pcm(levelDb))
  t.ok(Math.abs(meter.read() - -13) < 0.2)
  t.equal(meter.read(), SILENT_DB, 'since it was asked last')
})

const VIEW: LiveView = {
  elapsedMs: 72_000,
  maxMs: 3_600_000,
  levelDb: -20,
  recentDb: -18,
  listeners: 2,
  heardOn: ['horn'],
  confirmed: null,
}

t.test('the line says how long, how loud and who hears, and never wraps', async (t) => {
  const wide = { columns: 120, colour: false }
  const { live: en } = wordsOf('en')
  t.equal(liveLine(VIEW, en, wide), '● ON AIR  01:12 / 1:00:00 · ████████░░░░ -20 dB · heard on horn')
  t.match(liveLine({ ...VIEW, heardOn: [] }, en, wide), /○ WAITING .* not heard yet/)
  t.match(liveLine({ ...VIEW, heardOn: null, confirmed: 3 }, en, wide), /● ON AIR .* 2 listening · 3 boxes obey/)
  t.match(liveLine({ ...VIEW, recentDb: -60 }, en, wide), /too quiet: speak closer/)
  t.match(liveLine({ ...VIEW, levelDb: -1 }, en, wide), /too loud/)
  for (const language of ['vi', 'en'] as const)
    for (const columns of [40, 60, 80]) {
      const line = liveLine({ ...VIEW, recentDb: -60, heardOn: null, confirmed: 12 }, wordsOf(language).live, {
        columns,
        colour: true,
      })
      t.ok(width(line) < columns, `${language} ${columns}: ${width(line)}`)
    }
})

t.test('on a terminal the line is written over, elsewhere it is written now and then, and at the end', async (t) => {
  let text = ''
  let now = 0
  const options = { write: (more: string) => void (text += more), elapsed: () => now }
  const terminal = openPanel({ ...options, isTerminal: true })
  terminal.show('a')
  terminal.show('b')
  terminal.note('stays')
  terminal.close()
  t.equal(text, '\r\u001b[2Ka\r\u001b[2Kb\r\u001b[2Kstays\nb\n')
  text = ''
  const pipe = openPanel({ ...options, isTerminal: false })
  pipe.show('a')
  now = 5_000
  pipe.show('b')
  now = 11_000
  pipe.show('c')
  now = 12_000
  pipe.show('d')
  pipe.close()
  t.equal(text, 'a\nc\nd\n')
})

t.test('lines that are piped in are answers, one for each question', async (t) => {
  const input = new PassThrough()
  const output = new PassThrough()
  const asker = openAsker(input, output)
  input.end('một\r\nhai\nba')
  t.equal(await asker.ask('? '), 'một')
  t.equal(await asker.ask('? '), 'hai')
  t.equal(await asker.ask('? '), 'ba')
  t.equal(await asker.ask('? '), null)
  asker.close()
})
