import fc from 'fast-check'
import t from 'tap'
import { createPrepare } from '../../../../drivers/speech/vietnamese/prepare.ts'
import { CASES, SOUTHERN } from './cases.ts'

const prepare = createPrepare('north')

for (const [group, cases] of Object.entries(CASES)) {
  void t.test(`an announcer reads ${group}`, (t) => {
    for (const [written, spoken] of cases) t.equal(prepare(written), spoken, written)
    t.end()
  })
}

void t.test('the South says it its own way', (t) => {
  const southern = createPrepare('south')
  for (const [written, spoken] of SOUTHERN) t.equal(southern(written), spoken, written)
  t.end()
})

void t.test('a commune has words of its own, which count before everything else', (t) => {
  const own = createPrepare('north', [
    { written: 'UBND', spoken: 'ủy ban' },
    { written: 'nvh', spoken: 'nhà văn hóa thôn' },
    { written: 'Bến 3', spoken: 'bến Ba Đồng' },
    { written: '1022', spoken: 'tổng đài một cửa' },
    { written: 'HTXNN', spoken: 'hợp tác xã nông nghiệp số 1' },
  ])
  const cases = [
    ['UBND xã', 'ủy ban xã', 'before the built-in table'],
    ['ubnd xã', 'ubnd xã', 'a form with capitals is meant exactly so'],
    ['NVH và Nvh', 'nhà văn hóa thôn và nhà văn hóa thôn', 'one in small letters however it is written'],
    ['tại Bến 3.', 'tại bến Ba Đồng.', 'more than one word'],
    ['Bến 30', 'Bến ba mươi', 'whole words alone'],
    ['gọi 1022', 'gọi tổng đài một cửa', 'a number'],
    ['HTXNN', 'hợp tác xã nông nghiệp số một', 'its own spoken form is read out too'],
  ] as const
  for (const [written, spoken, claim] of cases) t.equal(own(written), spoken, claim)
  t.end()
})

const PIECES = [
  ...Object.values(CASES).flatMap((cases) => cases.map(([written]) => written)),
  ...[
    '/',
    '-',
    '–',
    '.',
    ',',
    ':',
    '+',
    '%',
    '°',
    '(',
    ')',
    '  ',
    '\n',
    '\t',
    'VNĐ',
    'đ',
    'h',
    'tr',
    '²',
    '①',
    '５',
    '😀',
    '\ud800',
  ],
]
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc
    .array(fc.constantFrom(...Array.from('0123456789/.,-:hđ%kmTQĐXVI ')), { maxLength: 60 })
    .map((signs) => signs.join('')),
)

void t.test('it never throws, and no digit is left', (t) => {
  fc.assert(
    fc.property(anyText, (text) => !/\d/.test(prepare(text))),
    { numRuns: 3_000 },
  )
  t.end()
})

void t.test('what was read stays as it is when it is read again', (t) => {
  for (const [, spoken] of Object.values(CASES).flat()) t.equal(prepare(spoken), spoken)
  t.end()
})

const WORDS = [
  'bà',
  'con',
  'chú',
  'ý',
  'Việt',
  'Nam',
  'thôn',
  'xóm',
  'mưa',
  'lũ',
  'khẩn',
  'trương',
  'di',
  'dời',
  'ngay',
]

void t.test('plain words are not touched', (t) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...WORDS), { minLength: 1 }), (words) => {
      const text = `${words.join(' ')}.`
      return prepare(text) === text
    }),
  )
  t.end()
})

/** Steps of the engine of expressions cannot be counted; a text a hundred times as long that took its square would not end. */
void t.test('a hostile text of 100 kB is read to its end', (t) => {
  const hostile = [
    '1',
    '1.',
    '1.000',
    '1,2',
    '0912 ',
    '1/',
    '12/QĐ-',
    'A',
    'Ab1',
    'TP. ',
    '-',
    '- ',
    ' ',
    'ngày ',
    '(0',
    '5h',
    'IV',
    '\u0301',
    'số ',
    ',',
  ]
  for (const piece of hostile) t.notMatch(prepare(piece.repeat(100_000 / piece.length)), /\d/, JSON.stringify(piece))
  t.end()
})
