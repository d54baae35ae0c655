/** What a technician is told of the sound: one line where all is right, and what to do where it is not. */
import t from 'tap'
import { sayFinding } from '../../config/doctor/say-finding.ts'
import type { FindingCode } from '../../config/doctor/findings.ts'
import { width } from '../../config/page.ts'
import { answerPage } from '../../config/show-status.ts'
import { soundFindings } from '../../config/sound-health.ts'
import { parseStatus, type AgentStatus, type OutputStatus, type SoundStatus } from '../../config/status.ts'
import { wordsOf } from '../../config/words/language.ts'
import { statusSample } from './status-sample.ts'

const SOUND: SoundStatus = {
  underruns: { count: 0, cause: null, at: null },
  timing: { lateMs: 0.21, at: '2026-11-21T04:58:29.000Z' },
  urgency: 'real-time',
  trimDb: -6,
  mixer: { control: 'PCM', device: 'hw:Headphones', wanted: '0 dB', found: '0 dB', fault: null },
  amplifiers: ['tang-am'],
}
const AMPLIFIER: NonNullable<AgentStatus['amplifiers']>[number] = {
  ...{ id: 'tang-am', power: 'on', wanted: 'on', switchedOn: 3, readAt: null, readings: [], tripped: [] },
}
const HEARD: OutputStatus['heard'] = {
  ...{ verdict: 'heard', levelDb: -0.4, delayMs: 31, confidence: 0.97, at: '2026-11-21T04:58:28.000Z' },
}

/** One minute before the moment of the sample. */
const RECENT = '2026-11-21T04:57:30.000Z'

const statusWith = (
  sound: Partial<SoundStatus> = {},
  output: Partial<OutputStatus> = {},
  levelling: AgentStatus['levelling'] = { waiting: 0, failed: 0 },
): AgentStatus => {
  const status = statusSample()
  const [horn, ...others] = status.outputs
  if (horn === undefined) throw new Error('the sample has no horn')
  return {
    ...status,
    outputs: [{ ...horn, heard: HEARD, sound: { ...SOUND, ...sound }, ...output }, ...others],
    amplifiers: [AMPLIFIER],
    levelling,
  }
}

const pageOf = (status: AgentStatus, language: 'vi' | 'en', columns = 100) =>
  answerPage({ answer: { kind: 'ok', status }, socket: '', user: '' }, wordsOf(language), { columns, colour: false })

/** The lines below a heading, up to the empty one. */
const section = (page: string, heading: string): string[] => {
  const lines = page.split('\n')
  const from = lines.indexOf(`  ${heading}`)
  return lines.slice(from + 1, lines.indexOf('', from))
}

const codes = (status: AgentStatus): FindingCode[] => soundFindings(status).map(({ code }) => code)

const isPart = (line: string): boolean => line.startsWith('          ')

t.test('sound that is right takes one line, in both languages', async (t) => {
  const status = statusWith()
  t.match(parseStatus(JSON.parse(JSON.stringify(status))), { kind: 'ok', status })
  t.strictSame(section(pageOf(status, 'en'), 'Sound'), [
    '    ✓ horn  0.21 ms late · no gaps · -6 dB · mixer 0 dB · real time · heard (-0.4 dB) · tang-am on',
    '    ✓ Loudness: every file is measured',
  ])
  t.match(section(pageOf(status, 'vi'), 'Âm thanh'), [/✓ horn {2}trễ 0,21 ms · không ngắt tiếng · -6 dB/, /mọi tệp/])
  t.strictSame(codes(status), ['sound-well', 'sound-levelled'])
  t.strictSame(
    section(pageOf(statusSample(), 'en'), 'Sound'),
    section(pageOf(statusSample(), 'en'), 'no such'),
    'an older agent',
  )
})

t.test('on the screen of a phone too, where a line that is right says less rather than go on below', async (t) => {
  for (const language of ['vi', 'en'] as const) {
    const { sound: heading } = wordsOf(language).status.headings
    const lines = section(pageOf(statusWith(), language, 40), heading)
    t.equal(lines.filter((line) => line.includes('✓ horn')).length, 1)
    t.notOk(isPart(lines[1] ?? ''), 'nothing of it is on a second line')
    for (const line of section(pageOf(statusWith({ urgency: 'nice' }), language, 40), heading))
      t.ok(width(line) <= 40 || !line.trim().slice(2).includes(' '), line)
  }
  t.match(section(pageOf(statusWith(), 'en', 40), 'Sound')[0], /horn {2}0\.21 ms late · no gaps$/)
})

t.test('what is wrong says what it is and what to do, gravest first', async (t) => {
  const cases: [Partial<SoundStatus>, Partial<OutputStatus>, FindingCode, RegExp, RegExp][] = [
    [{}, { heard: { ...HEARD, verdict: 'not-heard' } }, 'sound-unheard', /NOT heard/, /docs\/proof-of-sound\.md/],
    [{}, { muted: true }, 'sound-mute', /muted by order/, /unmute/],
    [
      { mixer: { ...SOUND.mixer!, found: '40 %', fault: 'the control PCM was turned to 40 % by somebody else' } },
      ...[{}, 'sound-mixer', /turned to 40 %/, /amixer -D hw:Headphones sget PCM/],
    ] as [Partial<SoundStatus>, Partial<OutputStatus>, FindingCode, RegExp, RegExp],
    [
      { underruns: { count: 3, cause: 'the box was too busy', at: RECENT } },
      ...[{}, 'sound-gaps', /3 gaps in the sound, last 2026-11-21 \d\d:57: the box was too busy/, /top/],
    ] as [Partial<SoundStatus>, Partial<OutputStatus>, FindingCode, RegExp, RegExp],
    [{ timing: { lateMs: -15.1, at: RECENT } }, {}, 'sound-late', /15\.1 ms early/, /loa calibrate/],
    [{ urgency: 'nice' }, {}, 'sound-not-urgent', /raised priority/, /LimitRTPRIO/],
    [{ urgency: 'ordinary' }, {}, 'sound-not-urgent', /no priority/, /util-linux/],
  ]
  for (const [sound, output, code, text, next] of cases) {
    const status = statusWith(sound, output)
    const [first, second] = soundFindings(status)
    t.equal(first?.code, code)
    t.equal(second?.code, 'sound-levelled', 'and nothing else is wrong')
    const said = first === undefined ? null : sayFinding(first, wordsOf('en'))
    t.match(said?.text, text, code)
    t.match(said?.next, next, code)
    const rows = section(pageOf(status, 'en'), 'Sound').join(' ').replaceAll(/\s+/g, ' ')
    t.match(rows, text, `${code} in the status`)
    t.match(rows, next)
    t.notMatch(rows, /✓ horn/)
    const vi = first === undefined ? null : sayFinding(first, wordsOf('vi'))
    t.notMatch(`${vi?.text} ${vi?.next}`, /undefined|null|NaN/)
    t.not(vi?.text, said?.text)
  }
  const all = statusWith(
    { underruns: { count: 1, cause: null, at: RECENT }, timing: { lateMs: 40, at: RECENT }, urgency: 'ordinary' },
    { heard: { ...HEARD, verdict: 'not-heard' }, muted: true },
  )
  t.strictSame(codes(all), [
    ...['sound-unheard', 'sound-mute', 'sound-gaps', 'sound-late', 'sound-not-urgent', 'sound-levelled'],
  ])
})

t.test('the edges: fifteen milliseconds, a day, and what is not known', async (t) => {
  t.strictSame(codes(statusWith({ timing: { lateMs: 15, at: RECENT } }))[0], 'sound-well')
  t.strictSame(codes(statusWith({ timing: { lateMs: 15.01, at: RECENT } }))[0], 'sound-late')
  const gap = (at: string) => codes(statusWith({ underruns: { count: 1, cause: null, at } }))[0]
  t.equal(gap('2026-11-20T04:58:30.001Z'), 'sound-gaps')
  t.equal(gap('2026-11-20T04:58:30.000Z'), 'sound-well', 'an old one is only counted')
  const unknown = statusWith({ timing: null, urgency: null, mixer: null, amplifiers: [] }, { heard: null })
  t.match(
    section(pageOf(unknown, 'en'), 'Sound')[0],
    /horn {2}timing not known yet · no gaps · -6 dB · nothing listened to yet$/,
  )
  const deaf = { ...unknown.outputs[0]! }
  delete deaf.heard
  t.match(section(pageOf({ ...unknown, outputs: [deaf] }, 'en'), 'Sound')[0], /no gaps · -6 dB$/)
  t.match(section(pageOf(statusWith({ trimDb: 0 }), 'en'), 'Sound')[0], /-6 dB by order/)
})

t.test('the backlog of levelling is told, and what could not be measured', async (t) => {
  const line = (levelling: AgentStatus['levelling'], language: 'vi' | 'en' = 'en') =>
    section(pageOf(statusWith({}, {}, levelling), language), wordsOf(language).status.headings.sound)
      .slice(1)
      .join(' ')
  t.match(line({ waiting: 12, failed: 0 }), /✓ Loudness: 12 files still to be measured/)
  t.match(
    line({ waiting: 1, failed: 2 }),
    /! Loudness: 2 files could not be measured.*1 file still.*→ Which: journalctl/,
  )
  t.match(line({ waiting: 12, failed: 1 }, 'vi'), /! Độ to: 1 tệp không đo được.*còn 12 tệp chưa đo/)
  t.equal(line(null), '', 'a box that levels nothing says nothing of it')
})
