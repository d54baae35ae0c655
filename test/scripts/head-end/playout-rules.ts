/**
 * The field rules of the Playout Reporting Standard (digital file format 1.7, field validation 2.0), written from its text
 * and apart from the exporter: it shares no code with it, not even the way to read a line.
 */
const INT4_MAX = 2_147_483_647n
const INT8_MAX = 9_223_372_036_854_775_807n

const NAMES = [
  'frameid',
  'startdate',
  'startutcoffset',
  'enddate',
  'endutcoffset',
  'spotlength',
  'shareoftime',
  'orderid',
  'lineid',
  'spacebuyerid',
  'spaceagencyid',
  'spacebrandid',
  'buyercampaignref',
  'creativeid',
  'creativename',
  'thirdpartycreativeref',
  'creativetriggerevent',
  'playerref',
  'mediaownerplayoutref',
] as const
export type PlayoutField = (typeof NAMES)[number]
export type PlayoutLine = Record<PlayoutField, string>

const TEXT_MAX: Partial<Record<PlayoutField, number>> = {
  orderid: 256,
  lineid: 36,
  buyercampaignref: 64,
  creativeid: 64,
  creativename: 128,
  thirdpartycreativeref: 128,
  creativetriggerevent: 64,
  playerref: 36,
  mediaownerplayoutref: 48,
}
const MANDATORY: readonly PlayoutField[] = [
  'frameid',
  'orderid',
  'spacebuyerid',
  'spacebrandid',
  'creativeid',
  'creativename',
  'mediaownerplayoutref',
]

type Cell = { text: string; quoted: boolean }

/** Reads one line character by character; throws where quoting is wrong. */
const cellsOf = (line: string): Cell[] => {
  const cells: Cell[] = []
  let at = 0
  for (;;) {
    if (line[at] === '"') {
      let text = ''
      at += 1
      for (;;) {
        if (at >= line.length) throw new Error('a quoted field does not end')
        if (line[at] === '"' && line[at + 1] === '"') {
          text += '"'
          at += 2
        } else if (line[at] === '"') {
          at += 1
          break
        } else {
          text += line[at]!
          at += 1
        }
      }
      cells.push({ text, quoted: true })
    } else {
      const comma = line.indexOf(',', at)
      const end = comma < 0 ? line.length : comma
      cells.push({ text: line.slice(at, end), quoted: false })
      at = end
    }
    if (at >= line.length) return cells
    if (line[at] !== ',') throw new Error('text after a closing quote')
    at += 1
  }
}

const isWhole = (text: string, max: bigint): boolean => /^\d+$/.test(text) && BigInt(text) <= max

const isTimestamp = (text: string): boolean => {
  const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.\d{3}$/.exec(text)
  if (parts === null) return false
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return month >= 1 && month <= 12 && day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60
}

const isOffset = (text: string): boolean => text === 'Z' || /^[+-]([01]\d|2[0-3]):[0-5]\d$/.test(text)

const fieldFaults = (line: PlayoutLine): string[] => {
  const faults: string[] = []
  const check = (field: PlayoutField, isRight: boolean) => {
    if (line[field] !== '' && !isRight) faults.push(`${field}: ${line[field]}`)
  }
  for (const field of MANDATORY) if (line[field] === '') faults.push(`${field} is missing`)
  check('frameid', /^\d{10}$/.test(line.frameid) && isWhole(line.frameid, INT4_MAX))
  for (const field of ['spacebuyerid', 'spaceagencyid', 'spacebrandid'] as const)
    check(field, isWhole(line[field], INT4_MAX))
  check('spotlength', isWhole(line.spotlength, INT8_MAX))
  check('startdate', isTimestamp(line.startdate))
  check('enddate', isTimestamp(line.enddate))
  check('startutcoffset', isOffset(line.startutcoffset))
  check('endutcoffset', isOffset(line.endutcoffset))
  check('shareoftime', /^\d{1,3}(\.\d{1,2})?$/.test(line.shareoftime) && Number(line.shareoftime) <= 100)
  for (const [field, max] of Object.entries(TEXT_MAX) as [PlayoutField, number][])
    check(field, Array.from(line[field]).length <= max)
  for (const field of NAMES) if (line[field].trim() !== line[field]) faults.push(`${field} has padding`)
  return faults
}

const timeFaults = (line: PlayoutLine, now: number): string[] => {
  const faults: string[] = []
  const given = (['startdate', 'enddate', 'spotlength'] as const).filter((field) => line[field] !== '')
  if (given.length < 2) faults.push('two of startdate, enddate and spotlength are needed')
  if (line.startdate !== '' && line.startutcoffset === '') faults.push('startutcoffset is missing')
  if (line.enddate !== '' && line.endutcoffset === '') faults.push('endutcoffset is missing')
  const start = Date.parse(`${line.startdate}Z`)
  const end = line.spotlength === '' ? Date.parse(`${line.enddate}Z`) : start + Number(line.spotlength)
  if (start > now || end > now) faults.push('in the future')
  if (end < start) faults.push('ends before it starts')
  return faults
}

const OVERLAP_MS_MAX = 1_500

const overlapFaults = (lines: readonly PlayoutLine[]): string[] => {
  const faults: string[] = []
  const ends = new Map<string, number>()
  const sorted = [...lines].sort((a, b) => (a.startdate < b.startdate ? -1 : 1))
  for (const line of sorted) {
    const start = Date.parse(`${line.startdate}Z`)
    if (start < (ends.get(line.frameid) ?? 0) - OVERLAP_MS_MAX) faults.push(`${line.mediaownerplayoutref} overlaps`)
    ends.set(line.frameid, start + Number(line.spotlength))
  }
  return faults
}

/** Every fault of a file, and its lines. */
export const readPlayoutFile = (bytes: Buffer, now: number): { lines: PlayoutLine[]; faults: string[] } => {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  const faults: string[] = []
  if (text.startsWith('\ufeff')) faults.push('a byte order mark')
  if (text.includes('\r')) faults.push('a carriage return')
  if (text === '') return { lines: [], faults }
  if (!text.endsWith('\n')) faults.push('the last record is not terminated')
  const lines = text
    .replace(/\n$/, '')
    .split('\n')
    .map((raw, index): PlayoutLine => {
      const cells = cellsOf(raw)
      if (cells.length !== NAMES.length) faults.push(`line ${index + 1} has ${cells.length} fields`)
      const named = Object.fromEntries(NAMES.map((name, place) => [name, cells[place]?.text ?? '']))
      NAMES.forEach((name, place) => {
        if (cells[place]?.quoted === true && !(name in TEXT_MAX)) faults.push(`line ${index + 1}: ${name} is quoted`)
      })
      return named as PlayoutLine
    })
  lines.forEach((line, index) => {
    for (const fault of [...fieldFaults(line), ...timeFaults(line, now)]) faults.push(`line ${index + 1}: ${fault}`)
  })
  const references = lines.map((line) => line.mediaownerplayoutref)
  if (new Set(references).size !== references.length) faults.push('a mediaownerplayoutref is there twice')
  return { lines, faults: [...faults, ...overlapFaults(lines)] }
}
