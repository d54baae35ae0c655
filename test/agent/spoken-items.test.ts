/** Texts of programmes: spoken ahead of their time, played like a sound, and told of where they cannot be. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AlarmMessage, AsRunRecord, RecordMessage } from '../../agent/protocol/uplink.ts'
import { createSpokenItems, FAULTS_TOLD_MAX, PROGRAMMES_PER_SLICE } from '../../agent/spoken-items.ts'
import type { Agenda, Occurrence } from '../../player/plan/agenda.ts'
import type { CompiledSchedule } from '../../player/plan/slot.ts'
import { addMs, formatUtc, parseWall } from '../../player/plan/time.ts'
import { LETTER_MS, mediaOf, openAgentBench, type AgentBenchOptions } from '../fixtures/agent-bench.ts'
import { speechDouble } from '../fixtures/speech-double.ts'

const NOW = parseWall('2026-11-21T05:00:00+07:00')
const HOUR_MS = 3_600_000

const bench = async (t: Test, options: Partial<AgentBenchOptions> = {}) => {
  const opened = await openAgentBench({ file: join(t.testdir(), 'state.db'), start: NOW, ...options })
  t.teardown(() => opened.stop())
  await opened.connect()
  return opened
}

const speech = (text: string, durationMs: number, more: object = {}) => ({
  content: { kind: 'speech', text, ...more },
  durationMs,
})
const programme = (programmeId: string, start: string, items: object[], more: object = {}) => ({
  programmeId,
  title: programmeId,
  priority: 'normal',
  start: `2026-11-21T${start}`,
  items,
  ...more,
})
const schedule = (programmes: object[]) => ({
  kind: 'schedule' as const,
  body: {
    scheduleId: 'xa',
    revision: 1,
    validFrom: formatUtc(addMs(NOW, -HOUR_MS)),
    validUntil: formatUtc(addMs(NOW, 72 * HOUR_MS)),
    programmes,
  },
  expires: formatUtc(addMs(NOW, 72 * HOUR_MS)),
})
const alarmsOf = (sent: unknown[]) => (sent as AlarmMessage[]).map(({ state, code, subject }) => [state, code, subject])
const recordsOf = (sent: unknown[]): AsRunRecord[] => (sent as RecordMessage[]).map(({ record }) => record)

const TEXT = 'Họp lúc 7h30'
const SPOKEN_MS = TEXT.length * LETTER_MS

t.test('a text is spoken before its time, played on it, and in the record with its file', async (t) => {
  const { deliver, cabinet, pass, sentOf } = await bench(t)
  await deliver(schedule([programme('hop', '05:00:10', [speech(TEXT, 2_000)])]))
  await pass(14_000)
  t.match(cabinet.asked, [{ playable: { kind: 'sound', source: { sha256: mediaOf(SPOKEN_MS) } }, lengthMs: 2_000 }])
  t.match(recordsOf(sentOf('record')), [
    {
      programmeId: 'hop',
      contentKind: 'speech',
      mediaHashes: [mediaOf(SPOKEN_MS)],
      ended: 'finished',
      endedDetail: null,
    },
  ])
  t.same(alarmsOf(sentOf('alarm')), [])
})

t.test('the next one is spoken first, one at a time, and nothing that begins after a day', async (t) => {
  const double = speechDouble()
  const { deliver, pass } = await bench(t, { speech: double.speech })
  await deliver(
    schedule([
      programme('sau', '09:00:00', [speech('Chín giờ', 5_000)]),
      programme('truoc', '06:00:00', [speech('Sáu giờ', 5_000, { language: 'en', voice: 'south' })]),
      programme('mai', '05:30:00', [speech('Ngày kia', 5_000)], {
        validFrom: formatUtc(addMs(NOW, 26 * HOUR_MS)),
        rule: 'FREQ=DAILY',
      }),
    ]),
  )
  await pass(1_000)
  t.same(double.said, [{ text: 'Sáu giờ', language: 'en' }])
  double.speak(1_000)
  await pass(1_000)
  t.same(
    double.said.map(({ text }) => text),
    ['Sáu giờ', 'Chín giờ'],
  )
  double.speak(1_000)
  await pass(1_000)
  t.equal(double.said.length, 2)
})

t.test('while it is not spoken, what stands below it is heard', async (t) => {
  const { deliver, cabinet, pass, sentOf } = await bench(t)
  const music = { content: { kind: 'sound', sha256: mediaOf(60_000) }, durationMs: 60_000 }
  await deliver(
    schedule([
      programme('nhac', '05:00:05', [music], { priority: 'filler' }),
      programme('loi', '05:00:10', [speech('Nyob zoo', 5_000, { language: 'xx' })]),
    ]),
  )
  await pass(14_000)
  t.match(cabinet.asked, [{ playable: { source: { sha256: mediaOf(60_000) } } }])
  t.equal(cabinet.asked.length, 1)
  t.same(alarmsOf(sentOf('alarm')), [['raised', 'speech-item', 'loi 0']])
})

t.test('what takes longer than its time is cut there; the record says so, and an alarm said so before', async (t) => {
  const { deliver, pass, sentOf } = await bench(t)
  const text = 'Một thông báo dài hơn thời lượng đã khai'
  await deliver(schedule([programme('dai', '05:00:10', [speech(text, 1_000)])]))
  await pass(2_000)
  t.match(sentOf('alarm'), [
    {
      code: 'speech-item',
      subject: 'dai 0',
      detail: `it takes ${text.length * LETTER_MS} ms to say, 1000 ms are declared: its end is cut`,
    },
  ])
  await pass(12_000)
  t.match(recordsOf(sentOf('record')), [
    { ended: 'finished', heardMs: 1_000, endedDetail: /^cut at its declared end: it takes 2400 ms to say/ },
  ])
})

t.test('an order to speak begins with its first word, however long that took to make', async (t) => {
  const double = speechDouble()
  const { deliver, cabinet, pass } = await bench(t, { speech: double.speech })
  await deliver({
    kind: 'command',
    body: { action: 'play', title: 'Gấp', priority: 'urgent', items: [speech('Gấp', 4_000)] },
  })
  await pass(3_000)
  t.same(cabinet.asked, [])
  double.speak(4_000)
  await pass(1_000)
  t.match(cabinet.asked, [{ offsetMs: 0, lengthMs: 4_000 }])
  await pass(6_000)
  t.equal(cabinet.asked.length, 1, 'and is heard once')
})

t.test('an alarm goes when its text does, and of very many only the first are told', async (t) => {
  const { deliver, pass, sentOf } = await bench(t)
  const silent = Array.from({ length: FAULTS_TOLD_MAX + 5 }, (_, index) =>
    programme(`p${index}`, '06:00:00', [speech(`Câu ${index}`, 5_000, { language: 'xx' })]),
  )
  await deliver(schedule(silent))
  await pass(2_000)
  t.equal(alarmsOf(sentOf('alarm')).length, FAULTS_TOLD_MAX)
  const other = schedule([programme('p0', '06:00:00', [speech('Câu khác', 5_000)])])
  await deliver({ ...other, sequence: 2, body: { ...other.body, revision: 2 } })
  await pass(5_000)
  t.equal(alarmsOf(sentOf('alarm')).filter(([state]) => state === 'cleared').length, FAULTS_TOLD_MAX)
})

t.test(
  'ten thousand texts are gone through beside the loop, a few in each of its turns, and each is spoken',
  async (t) => {
    const COUNT = 10_000
    let turn = 0
    const seen = new Map<number, number>()
    let isCounting = true
    const count = () => {
      turn += 1
      if (isCounting) setImmediate(count)
    }
    setImmediate(count)
    const items = (index: number) => ({
      ...{ programmeId: `thon-${index}` },
      get items() {
        seen.set(turn, (seen.get(turn) ?? 0) + 1)
        return [{ content: { kind: 'speech', text: `Mời thôn ${index}` }, durationMs: 5_000 }]
      },
    })
    const occurrences = Array.from({ length: COUNT }, (_, index) => ({
      ...{ start: addMs(NOW, index * 8_000), programme: items(index) },
    })) as unknown as Occurrence[]
    const agenda: Pick<Agenda, 'at' | 'startingIn'> = {
      at: () => [],
      startingIn: (from, until) => occurrences.filter(({ start }) => start >= from && start < until),
    }
    const said: string[] = []
    const spokenItems = createSpokenItems({
      speech: {
        keysOf: () => [],
        say: ({ text }) => {
          said.push(text)
          return Promise.resolve({ kind: 'spoken', wav: Buffer.alloc(44), durationMs: 1_000, key: text })
        },
      },
      mediaStore: { get: () => null, findByName: () => null, originate: () => Promise.resolve(mediaOf(1_000)) },
      ...{ language: 'vi', elapsed: () => 0, post: () => undefined, trim: () => undefined },
    })
    spokenItems.look({ schedules: [{ agenda } as unknown as CompiledSchedule], overrides: [] }, NOW)
    for (let waited = 0; said.length < COUNT && waited < 100 * COUNT; waited += 1)
      await new Promise((resolve) => setImmediate(resolve))
    isCounting = false
    spokenItems.close()
    t.strictSame(said.slice(0, 2), ['Mời thôn 0', 'Mời thôn 1'], 'the next one first')
    t.equal(said.length, COUNT)
    t.equal(
      [...seen.values()].reduce((sum, one) => sum + one, 0),
      COUNT,
      'each is looked at once',
    )
    t.ok(Math.max(...seen.values()) <= 2 * PROGRAMMES_PER_SLICE, `${Math.max(...seen.values())} in one turn at most`)
  },
)
