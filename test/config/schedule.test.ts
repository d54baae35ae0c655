/** `loa schedule`: days and times as people type them, and the pages. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { width } from '../../config/page.ts'
import { parseSchedule, parseWhy } from '../../config/schedule.ts'
import { schedulePage, whyPage } from '../../config/show-schedule.ts'
import { dayOf, localParts, momentOf, parseAsked, parseDate, parseTime } from '../../config/when.ts'
import { wordsOf } from '../../config/words/language.ts'
import { openControl, type Question } from '../../drivers/control/control.ts'
import { scheduleSample, whySample } from './schedule-sample.ts'
import { RIGHT } from './settings-file.ts'
import { statusSample } from './status-sample.ts'

const HANOI = 'Asia/Ho_Chi_Minh'
const NOW = Date.parse('2026-11-21T05:12:00+07:00')
const TERMINAL = { columns: 80, colour: false }

const iso = (at: number): string => new Date(at).toISOString()

t.test('a moment of a zone is found, also on the days on which its clocks are set', async (t) => {
  const time = { hour: 2, minute: 30, second: 0 }
  t.equal(iso(momentOf({ year: 2026, month: 11, day: 21, ...time }, HANOI)), '2026-11-20T19:30:00.000Z')
  const berlin = 'Europe/Berlin'
  t.equal(iso(momentOf({ year: 2026, month: 10, day: 25, ...time }, berlin)), '2026-10-25T00:30:00.000Z', 'the first')
  t.equal(iso(momentOf({ year: 2026, month: 3, day: 29, ...time }, berlin)), '2026-03-29T01:30:00.000Z', 'never shown')
  t.equal(
    dayOf({ year: 2026, month: 10, day: 25 }, berlin).until - dayOf({ year: 2026, month: 10, day: 25 }, berlin).from,
    25 * 3_600_000,
  )
  t.match(localParts(NOW, HANOI), { year: 2026, month: 11, day: 21, hour: 5, minute: 12, second: 0 })
})

t.test('days are understood in the ways that people write them', async (t) => {
  const date = (text: string) => parseDate(text, NOW, HANOI)
  t.match(date('today'), { year: 2026, month: 11, day: 21 })
  t.match(date('tomorrow'), { year: 2026, month: 11, day: 22 })
  t.match(date('2026-12-01'), { year: 2026, month: 12, day: 1 })
  t.match(date('1/12/2027'), { year: 2027, month: 12, day: 1 })
  t.match(date('23/11'), { year: 2026, month: 11, day: 23 })
  for (const wrong of ['2026-02-30', '31/11', '0/1', '2026-13-01', 'yesterday', '', '12'])
    t.equal(date(wrong), null, wrong)
  t.match(parseTime('5:30'), { hour: 5, minute: 30, second: 0 })
  t.match(parseTime('23:59:59'), { hour: 23, minute: 59, second: 59 })
  for (const wrong of ['24:00', '5', '05:60', '5:3', '']) t.equal(parseTime(wrong), null, wrong)
})

t.test('a day is from now on if it is today, else whole', async (t) => {
  const asked = (...words: string[]) => parseAsked(words, NOW, HANOI)
  t.match(asked(), { kind: 'schedule', from: NOW, until: Date.parse('2026-11-22T00:00:00+07:00') })
  t.match(asked('tomorrow'), {
    from: Date.parse('2026-11-22T00:00:00+07:00'),
    until: Date.parse('2026-11-23T00:00:00+07:00'),
  })
  t.match(asked('today', 'now'), { kind: 'misunderstood', word: 'now' })
  t.match(asked('someday'), { kind: 'misunderstood', word: 'someday' })
})

t.test('why takes an output, a day and a time, each or none', async (t) => {
  const why = (...words: string[]) => parseAsked(['why', ...words], NOW, HANOI)
  t.match(why(), { kind: 'why', output: null, at: NOW })
  t.match(why('horn'), { output: 'horn', at: NOW })
  t.match(why('05:30'), { output: null, at: Date.parse('2026-11-21T05:30:00+07:00') })
  t.match(why('horn', 'tomorrow', '5:30'), { output: 'horn', at: Date.parse('2026-11-22T05:30:00+07:00') })
  t.match(why('2026-12-01T06:00:10'), { at: Date.parse('2026-12-01T06:00:10+07:00') })
  t.match(why('horn', 'board'), { kind: 'misunderstood', word: 'board' })
  t.match(why('Horn'), { kind: 'misunderstood' })
})

t.test('a day stands on 80 columns: times, titles cut to fit, priorities, issuers', async (t) => {
  const page = schedulePage(scheduleSample(), wordsOf('vi'), TERMINAL)
  for (const line of page.split('\n')) t.ok(width(line) <= 80, line)
  t.match(page, /loa-02215-0007 · Thứ Bảy, 21\/11\/2026 · từ 05:12 · Asia\/Ho_Chi_Minh/i)
  t.match(page, / {2}horn \(loa\)\n {4}05:12–05:30 ▶ Bản tin sáng của Uỷ ban/)
  t.match(page, / {4}05:30–06:00 {3}Thời sự VOV1 +ưu tiên +so-ttdl-dien-…/)
  t.match(page, / {4}06:00–06:10 {3}Bản tin.*… \(phát tiếp\) +thông thường +ubnd-02215/)
  t.match(page, / {2}board \(màn hình\)\n {4}không có gì trong lịch/)
  const en = schedulePage(
    { ...scheduleSample(), omitted: 3, clockTrusted: false, isRecalling: true },
    wordsOf('en'),
    TERMINAL,
  )
  t.match(en, /! The clock is not confirmed[^]*! The box has just started[^]*3 more are not shown/)
})

t.test('seconds are shown where they matter', async (t) => {
  const sample = scheduleSample()
  const [first, ...rest] = sample.airings
  const page = schedulePage(
    { ...sample, airings: [{ ...first!, until: '2026-11-21T05:29:48.000+07:00' }, ...rest] },
    wordsOf('en'),
    TERMINAL,
  )
  t.match(page, /05:12:00–05:29:48 ▶/)
  for (const line of page.split('\n')) t.ok(width(line) <= 80, line)
})

t.test('why names the winner, the losers, and the rule for each', async (t) => {
  const page = whyPage(whySample(), wordsOf('en'), TERMINAL)
  for (const line of page.split('\n')) t.ok(width(line) <= 80, line)
  t.match(page, /▶ Thời sự VOV1 · priority · 05:30–06:00 · so-ttdl-dien-bien \(vn\/08\)/)
  t.match(page, /✗ Bản tin sáng[^]*\(planned for 05:00\)[^]*lower priority/)
  t.match(page, /board \(picture\)\n +nothing plays/)
  t.notMatch(page, /undefined|NaN/)
})

t.test('what is spoken over something, and what goes on below it, are told', async (t) => {
  const sample = scheduleSample()
  const signal = { ...sample.airings[1]!, occurrenceId: 'bao-gio', title: 'Báo giờ', over: true }
  const page = schedulePage({ ...sample, airings: [...sample.airings, signal] }, wordsOf('en'), TERMINAL)
  t.match(page, /05:30–06:00 {3}Báo giờ \(over what is on\) +priority/)
  for (const line of page.split('\n')) t.ok(width(line) <= 80, line)
  const why = whySample()
  const [horn, board] = why.outputs
  const { reason, ...below } = horn!.losers[0]!
  t.equal(reason, 'lower-priority')
  const told = whyPage({ ...why, outputs: [{ ...horn!, below, losers: [] }, board!] }, wordsOf('en'), TERMINAL)
  t.match(told, /▶ Thời sự VOV1[^]*▷ Bản tin sáng[^]*It plays below, turned down[^]*board/)
  t.notMatch(told, /nothing else wants/)
  for (const line of told.split('\n')) t.ok(width(line) <= 80, line)
})

t.test('titles from outside cannot command the terminal', async (t) => {
  const sample = scheduleSample()
  const [first] = sample.airings
  const page = schedulePage({ ...sample, airings: [{ ...first!, title: 'a\u001b[2Jb' }] }, wordsOf('en'), TERMINAL)
  t.notMatch(page, '\u001b')
})

t.test('what is no answer is malformed', async (t) => {
  t.match(parseSchedule('{'), { kind: 'malformed', detail: 'not JSON' })
  t.match(parseSchedule('{}'), { kind: 'malformed', detail: /required/ })
  t.match(parseSchedule(JSON.stringify({ ...scheduleSample(), newer: 1 })), { kind: 'ok' })
  t.match(parseWhy(JSON.stringify(whySample())), { kind: 'ok' })
})

const LOA = resolve(import.meta.dirname, '../../config/loa.js')
type Ran = { exitCode: number; stdout: string; stderr: string }

const loa = (...args: string[]): Promise<Ran> =>
  new Promise((done) => {
    const options = { env: { PATH: process.env['PATH'] ?? '', TZ: 'UTC', LANG: 'C' } }
    execFile(process.execPath, [LOA, ...args], options, (error, stdout, stderr) => {
      done({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })

const boxIn = async (t: Test, questions: Record<string, Question>): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-box-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const settings = join(folder, 'loa.yaml')
  writeFileSync(settings, `${RIGHT}control: { socket: agent.sock }\nstate: { folder: state }\n`)
  const socketPath = join(folder, 'agent.sock')
  const status = () => ({ ...statusSample(), at: iso(NOW) })
  const control = await openControl({ socketPath, status, questions, log: { warn: () => {} } })
  t.teardown(control.close)
  return settings
}

t.test('the command asks by the clock of the box and shows what it is told', async (t) => {
  const asked: string[] = []
  const settings = await boxIn(t, {
    '/schedule': async (query) => {
      asked.push(`${query.get('from') ?? ''} ${query.get('until') ?? ''}`)
      return { kind: 'ok', value: scheduleSample() }
    },
    '/why': async (query) => {
      asked.push(`${query.get('output') ?? '-'} ${query.get('at') ?? ''}`)
      const outputs = whySample().outputs.filter(({ id }) => query.get('output') === null || id === query.get('output'))
      return { kind: 'ok', value: { ...whySample(), outputs } }
    },
  })
  const today = await loa('schedule', '--settings', settings)
  t.equal(today.exitCode, 0)
  t.match(today.stdout, /05:30–06:00 {3}Thời sự VOV1/)
  t.strictSame(
    JSON.parse((await loa('schedule', 'tomorrow', '--json', '--settings', settings)).stdout),
    scheduleSample(),
  )
  const why = await loa('schedule', 'why', 'horn', '05:30', '--settings', settings)
  t.match(why.stdout, /▶ Thời sự VOV1/)
  t.notMatch(why.stdout, /board \(/)
  t.same(asked, [
    `${iso(NOW)} 2026-11-21T17:00:00.000Z`,
    '2026-11-21T17:00:00.000Z 2026-11-22T17:00:00.000Z',
    'horn 2026-11-20T22:30:00.000Z',
  ])
  const unknown = await loa('schedule', 'why', 'siren', '--settings', settings)
  t.equal(unknown.exitCode, 2)
  t.match(unknown.stderr, /no output “siren”\. It has: horn, board/)
  const past = await loa('schedule', 'why', '05:00', '--settings', settings)
  t.equal(past.exitCode, 2)
  t.match(past.stderr, /That is past/)
  const odd = await loa('schedule', 'someday', '--settings', settings)
  t.equal(odd.exitCode, 2)
  t.match(odd.stderr, /neither a day nor a time: someday[^]*loa --help/)
})

t.test('an agent that is not there, or too old to be asked, is said', async (t) => {
  const settings = await boxIn(t, {})
  const old = await loa('schedule', '--settings', settings)
  t.equal(old.exitCode, 1)
  t.match(old.stdout, /HTTP 404/)
  const none = await loa('schedule', '--settings', join(tmpdir(), 'no-such-loa.yaml'), '--json')
  t.equal(none.exitCode, 1)
  t.match(JSON.parse(none.stdout), { error: 'absent' })
})
