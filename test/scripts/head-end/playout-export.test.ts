import { test } from 'tap'
import { parseWall } from '../../../player/plan/time.ts'
import { playoutFile, type PlayoutMapping } from '../../../scripts/head-end/playout-export.ts'
import { makeBox } from './box.ts'
import { readPlayoutFile } from './playout-rules.ts'

const NOON = parseWall('2026-11-21T05:00:00Z')
const NOW = parseWall('2026-11-21T12:00:00Z')
const MAPPING: PlayoutMapping = { frameId: () => 1_234_567_890, buyerId: 0, agencyId: null, brandId: 7 }

const read = (csv: string) => readPlayoutFile(Buffer.from(csv), NOW)

test('every record that was heard becomes a line that the standard accepts', (t) => {
  const box = makeBox()
  const records = [0, 1, 2].map((index) =>
    box.record({ programmeId: `p${index}`, plannedStart: NOON + index * 60_000 }),
  )
  const file = playoutFile(records, MAPPING, NOW)
  const { lines, faults } = read(file.csv)
  t.same(faults, [])
  t.equal(lines.length, 3)
  t.equal(file.exported, 3)
  t.match(lines[0], {
    frameid: '1234567890',
    startdate: '2026-11-21T05:00:00.012',
    startutcoffset: '+07:00',
    enddate: '',
    spotlength: '60000',
    orderid: 'schedule:xa-02215:area:vn/08/02215',
    lineid: 'p0',
    spacebuyerid: '0',
    spaceagencyid: '',
    spacebrandid: '7',
    creativeid: 'ab'.repeat(32),
    creativename: 'Chương trình p0',
    creativetriggerevent: 'schedule',
    playerref: box.device,
    mediaownerplayoutref: records[0]!.recordId,
  })
  t.end()
})

test('titles with commas, quotes, line breaks, padding and any length stay within the rules', (t) => {
  const box = makeBox()
  const titles = [
    'Giá lúa, giá cà phê',
    'Đọc báo "Nhân Dân"',
    '"',
    ',',
    ' hai\nđầu \r\n cách ',
    'ấ'.repeat(200),
    `${'a'.repeat(127)}🌾🌾`,
    '\u2028',
  ]
  const records = titles.map((title, index) =>
    box.record({ programmeId: 'x'.repeat(64), plannedStart: NOON + index * 60_000, title }),
  )
  const { lines, faults } = read(playoutFile(records, MAPPING, NOW).csv)
  t.same(faults, [])
  t.same(
    lines.slice(0, 5).map((line) => line.creativename),
    ['Giá lúa, giá cà phê', 'Đọc báo "Nhân Dân"', '"', ',', 'hai đầu cách'],
  )
  t.equal(lines[6]!.creativename, 'a'.repeat(127), 'no half of a character')
  t.equal(lines[7]!.creativename, 'x'.repeat(64), 'a title of nothing gives way to the id')
  t.equal(lines[0]!.lineid, '', 'a reference that is too long is left out, not cut')
  t.end()
})

test('what was not heard, or cannot be dated, is no playout', (t) => {
  const box = makeBox()
  const records = [
    box.record({ programmeId: 'silent', plannedStart: NOON, lateMs: null, ended: 'failed' }),
    box.record({ programmeId: 'nothing', plannedStart: NOON, heardMs: 0 }),
    box.record({ programmeId: 'undated', plannedStart: NOON, clockTrust: 'unsynced' }),
    box.record({ programmeId: 'ends-later', plannedStart: NOW - 59_999 - 12 }),
    box.record({ programmeId: 'ends-now', plannedStart: NOW - 60_000 - 12 }),
  ]
  const file = playoutFile(records, MAPPING, NOW)
  t.same(
    file.leftOut.map(({ record, reason }) => `${record.programmeId}: ${reason}`),
    ['silent: nothing-heard', 'nothing: nothing-heard', 'undated: clock-not-trusted', 'ends-later: in-the-future'],
  )
  const { lines, faults } = read(file.csv)
  t.same(faults, [])
  t.same(
    lines.map((line) => line.lineid),
    ['ends-now'],
  )
  t.equal(playoutFile([], MAPPING, NOW).csv, '')
  t.end()
})

test('the rules of the standard refuse what they should', (t) => {
  const good =
    '1234567890,2026-11-21T05:00:00.000,+07:00,,,1000,,order,,0,,0,,creative,"name, with ""quotes""",,,,ref\n'
  t.same(read(good).faults, [])
  const wrong = (from: string, to: string) => t.not(read(good.replace(from, to)).faults.length, 0, `${from} → ${to}`)
  wrong('1234567890', '123456789')
  wrong('1234567890', '9999999999')
  wrong('2026-11-21T', '2026-02-30T')
  wrong('.000,', ',')
  wrong('+07:00', '')
  wrong('+07:00', '+7')
  wrong('1000', '')
  wrong('1000', '-1')
  wrong(',order,', ',,')
  wrong(',order,', ', order,')
  wrong('ref\n', 'ref')
  wrong('ref\n', 'ref\r\n')
  wrong('ref\n', 'ref,\n')
  wrong('creative,', `${'c'.repeat(65)},`)
  wrong('2026-11-21', '2026-11-22')
  t.not(read(good + good.replace('05:00:00', '05:00:00').replace(',ref', ',ref2').replace('1000', '9000')).faults, [])
  t.end()
})
