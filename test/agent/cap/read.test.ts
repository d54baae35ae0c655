import fc from 'fast-check'
import { test } from 'tap'
import { CAP_CHARACTERS_MAX } from '../../../agent/cap/xml.ts'
import { readCap, refusalText } from '../../../agent/cap/read.ts'
import { parseWall } from '../../../player/plan/time.ts'
import { areaOf, capOf, geocodeOf, infoOf, type CapFields } from '../../fixtures/cap.ts'

const SENT = parseWall('2026-11-23T07:20:00Z')
const DIGEST = '2fd4e1c67a2d28fced849ee1bb76e7391b93eb12'

const RESOURCE = { resourceDesc: 'Lời', mimeType: 'audio/ogg', size: '10', uri: 'http://x/a', digest: DIGEST }

const resourceOf = (fields: Record<string, string | null> = {}): string =>
  `<resource>${Object.entries({ ...RESOURCE, ...fields })
    .map(([name, value]: [string, string | null]) => (value === null ? '' : `<${name}>${value}</${name}>`))
    .join('')}</resource>`

const clauseOf = (xml: string): string => {
  const read = readCap(xml)
  return read.kind === 'refused' ? read.clause : 'read'
}
const alert = (fields: CapFields): string => clauseOf(capOf(SENT, fields))
const info = (fields: CapFields): string => alert({ _info: infoOf(fields) })
const area = (fields: CapFields): string => info({ _area: areaOf(fields) })
const resource = (fields: Record<string, string | null>): string => info({ _resource: resourceOf(fields) })

const SQUARE = '21.3,103.9 21.3,104 21.4,104 21.4,103.9 21.3,103.9'

test('a whole document is read', async (t) => {
  const _area = areaOf({
    polygon: SQUARE,
    circle: '21.3,103.9 5',
    _geocode: geocodeOf('loa:area', 'vn/08'),
    altitude: '0',
    ceiling: '300.5',
  })
  const _info = infoOf({
    responseType: ['Evacuate', 'Avoid'],
    _resource: resourceOf(),
    _area,
    web: 'http://x',
    expires: '2026-11-23T18:00:00+07:00',
  })
  const read = readCap(capOf(SENT, { _info, note: 'a', addresses: 'one "two words" three', incidents: 'x' }))
  t.match(read, {
    kind: 'ok',
    alert: {
      sent: SENT,
      addresses: ['one', 'two words', 'three'],
      infos: [
        {
          responseTypes: ['Evacuate', 'Avoid'],
          expires: parseWall('2026-11-23T11:00:00Z'),
          resources: [{ sha1: DIGEST, bytes: 10 }],
          areas: [{ polygons: [{ length: 5 }], circles: [{ radiusKm: 5 }], geocodes: [{ value: 'vn/08' }] }],
        },
      ],
    },
  })
})

test('each field that must be there is missed by name, empty or twice as well', async (t) => {
  for (const name of ['identifier', 'sender', 'sent', 'status', 'msgType', 'scope']) {
    t.equal(alert({ [name]: null }), `§3.2.1 ${name}`)
    t.equal(alert({ [name]: '' }), `§3.2.1 ${name}`, `${name} empty`)
    t.equal(alert({ [name]: ['a', 'a'] }), `§3.2.1 ${name}`, `${name} twice`)
  }
  for (const name of ['category', 'event', 'urgency', 'severity', 'certainty']) {
    t.equal(info({ [name]: null }), `§3.2.2 ${name}`)
    t.equal(info({ [name]: '' }), `§3.2.2 ${name}`, `${name} empty`)
  }
  for (const name of [
    'language',
    'event',
    'urgency',
    'severity',
    'certainty',
    'effective',
    'onset',
    'expires',
    'senderName',
    'headline',
    'description',
    'instruction',
    'web',
    'contact',
    'audience',
  ])
    t.equal(info({ [name]: ['a', 'a'] }), `§3.2.2 ${name}`, `${name} twice`)
  t.equal(area({ areaDesc: null }), '§3.2.4 areaDesc')
  for (const name of ['resourceDesc', 'mimeType']) t.equal(resource({ [name]: null }), `§3.2.3 ${name}`)
})

test('values of the standard and no others', async (t) => {
  t.equal(alert({ status: 'actual' }), '§3.2.1 status')
  t.equal(alert({ msgType: 'Warning' }), '§3.2.1 msgType')
  t.equal(alert({ scope: 'Everybody' }), '§3.2.1 scope')
  t.equal(info({ category: ['Met', 'Weather'] }), '§3.2.2 category')
  t.equal(info({ responseType: 'Run' }), '§3.2.2 responseType')
  t.equal(info({ urgency: 'Now' }), '§3.2.2 urgency')
  t.equal(info({ severity: 'High' }), '§3.2.2 severity')
  t.equal(info({ certainty: 'Very Likely' }), '§3.2.2 certainty', 'a value of CAP 1.0')
  t.equal(info({ language: 'Tiếng Việt' }), '§3.2.2 language')
  t.equal(alert({ scope: 'Restricted' }), '§3.2.1 restriction')
  t.equal(alert({ scope: 'Private' }), '§3.2.1 addresses')
  t.equal(alert({ msgType: 'Cancel' }), '§3.2.1 references')
  t.equal(alert({ msgType: 'Update' }), 'read', 'to whoever did not hear the one before it is an alert')
  t.equal(alert({ identifier: 'a b' }), '§3.2.1 identifier')
  t.equal(alert({ sender: 'a,b' }), '§3.2.1 sender')
  t.equal(alert({ sender: 'a&amp;b' }), '§3.2.1 sender')
})

test('moments have figures for their zone, and are real ones', async (t) => {
  for (const sent of ['2026-11-23T14:20:00+07:00', '2026-11-23T07:20:00-00:00', '2028-02-29T00:00:00+07:00'])
    t.equal(alert({ sent }), 'read', sent)
  for (const sent of [
    '2026-11-23T07:20:00Z',
    '2026-11-23T14:20:00',
    '2026-11-23 14:20:00+07:00',
    '2026-11-23T14:20:00.5+07:00',
    '2026-11-23T14:20+07:00',
    '2026-02-29T00:00:00+07:00',
    '2026-13-01T00:00:00+07:00',
    '2026-11-23T24:00:00+07:00',
    '2026-11-23T14:20:00+15:00',
    'yesterday',
  ])
    t.equal(alert({ sent }), '§3.3.2 sent', sent)
  for (const name of ['effective', 'onset', 'expires'])
    t.equal(info({ [name]: '2026-11-23T07:20:00Z' }), `§3.3.2 ${name}`)
})

test('references, polygons, circles, heights, codes and digests have their form', async (t) => {
  const reference = 'a@b,1,2026-11-23T14:20:00+07:00'
  t.equal(alert({ msgType: 'Update', references: `${reference} ${reference}` }), 'read')
  for (const wrong of ['a@b,1', `${reference},x`, 'a@b,1,2026-11-23T07:20:00Z', ',1,2026-11-23T14:20:00+07:00'])
    t.equal(alert({ msgType: 'Update', references: wrong }), '§3.2.1 references', wrong)

  t.equal(area({ polygon: SQUARE }), 'read')
  t.equal(area({ polygon: `\n${SQUARE.replaceAll(' ', '\n\t')} ` }), 'read')
  t.equal(area({ polygon: '' }), 'read', 'empty is absent')
  t.equal(area({ polygon: '21,103 21,104 21,103' }), '§3.2.4 polygon', 'three points')
  t.equal(area({ polygon: '21,103 21,104 22,104 22,103' }), '§3.2.4 polygon', 'not closed')
  t.equal(area({ polygon: SQUARE.replace('21.3', '91.3') }), '§3.2.4 polygon', 'beyond the pole')
  t.equal(area({ polygon: SQUARE.replaceAll(',', ';') }), '§3.2.4 polygon')
  for (const circle of ['21.3,103.9', '21.3,103.9 -1', '21.3 103.9 5', '21.3,103.9 5 km', '21.3,193.9 5'])
    t.equal(area({ circle }), '§3.2.4 circle', circle)
  t.equal(area({ ceiling: '10' }), '§3.2.4 ceiling', 'no altitude')
  t.equal(area({ altitude: 'high' }), '§3.2.4 altitude')
  t.equal(area({ _code: '<geocode><value>1</value></geocode>' }), '§3.2.4 geocode valueName')
  t.equal(area({ _code: '<geocode><valueName>1</valueName></geocode>' }), '§3.2.4 geocode value')

  t.equal(resource({ digest: DIGEST.toUpperCase() }), 'read')
  t.equal(resource({ digest: DIGEST.slice(1) }), '§3.2.3 digest')
  t.equal(resource({ digest: 'a'.repeat(64) }), '§3.2.3 digest', 'SHA-256')
  t.equal(resource({ size: '-1' }), '§3.2.3 size')
  t.equal(resource({ size: '1.5' }), '§3.2.3 size')
  t.equal(resource({ mimeType: 'sound' }), '§3.2.3 mimeType')
  t.equal(resource({ derefUri: '!!' }), '§3.2.3 derefUri')
})

test('neither a document type nor an entity gets in', async (t) => {
  const bomb = `<?xml version="1.0"?>
<!DOCTYPE alert [
 <!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">
 ${Array.from({ length: 20 }, (_, n) => `<!ENTITY a${n} "${`&a${n === 0 ? '' : n - 1};`.repeat(10)}">`).join('\n')}
]>${capOf(SENT, { note: '&a19;' }).replace(/^<\?xml.*\?>/, '')}`
  t.equal(clauseOf(bomb), '§3.3.3')
  t.equal(clauseOf(bomb.replace('[', 'SYSTEM "file:///etc/passwd" [')), '§3.3.3')
  t.equal(alert({ note: '&nbsp;' }), '§3.3.3', 'an entity of HTML')
  t.equal(alert({ note: '&constructor;' }), '§3.3.3')
  t.equal(alert({ note: '&lt;&#7869;&amp;&#x1EBD;<![CDATA[<b>]]>' }), 'read')
})

test('what is not CAP 1.2, or more of it than anybody sends, is refused', async (t) => {
  const whole = capOf(SENT)
  t.equal(clauseOf(''), '§3.4')
  t.equal(clauseOf('{"alertId":"x"}'), '§3.4')
  t.equal(clauseOf(whole.replace('cap:1.2', 'cap:1.1')), '§3.4')
  t.equal(clauseOf(whole.replace(' xmlns="urn:oasis:names:tc:emergency:cap:1.2"', '')), '§3.4')
  t.equal(clauseOf(whole.slice(0, -3)), '§3.4', 'cut off')
  t.equal(clauseOf(`${whole}${whole.slice(whole.indexOf('<alert'))}`), '§3.4', 'two documents')
  t.equal(clauseOf(whole.replaceAll('alert', 'warning')), '§3.2.1 alert')
  t.equal(alert({ expires: '2026-11-23T14:20:00+07:00' }), '§3.4', 'an element in the wrong place')
  t.equal(alert({ statuss: 'Actual' }), '§3.4', 'a misspelt one')
  t.equal(alert({ note: '<b>x</b>' }), '§3.4', 'elements in a text')
  t.equal(clauseOf(whole.replace('<identifier>', 'x<identifier>')), '§3.4', 'a text between elements')
  t.equal(alert({ note: 'a'.repeat(CAP_CHARACTERS_MAX) }), '§3.4', 'too long')
  t.equal(alert({ _info: Array.from({ length: 21 }, () => infoOf()) }), '§3.2.1 info')
  t.equal(clauseOf(whole.replace('<info>', '<info>'.repeat(5_000))), '§3.4', 'too deep')
  t.equal(clauseOf(`\uFEFF${whole}`), 'read', 'a byte order mark')
  const prefixed = whole.replaceAll(/<(\/?)(?=[a-z])/gi, '<$1c:').replace('xmlns=', 'xmlns:c=')
  t.equal(clauseOf(prefixed), 'read', 'another prefix')
})

test('the refusal says what was found and what is wrong with it', async (t) => {
  const read = readCap(capOf(SENT, { _info: infoOf({ severity: 'High' }) }))
  t.equal(
    read.kind === 'refused' ? refusalText(read) : '',
    'CAP 1.2 §3.2.2 severity: "High" is none of Extreme, Severe, Moderate, Minor, Unknown',
  )
})

test('whatever a document is, it is read or refused, never thrown', async (t) => {
  const whole = capOf(SENT, { _info: infoOf({ _area: areaOf({ polygon: SQUARE }), _resource: resourceOf() }) })
  const seed = 20_261_123
  const mutation = fc.record({
    at: fc.nat({ max: whole.length }),
    cut: fc.nat({ max: 20 }),
    insert: fc.oneof(
      fc.string({ maxLength: 10 }),
      fc.constantFrom('<', '>', '&', '<!', '<![CDATA[', '<info>', '\0', '"'),
    ),
  })
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      const xml = mutations.reduce(
        (text, { at, cut, insert }) => text.slice(0, at) + insert + text.slice(at + cut),
        whole,
      )
      const read = readCap(xml)
      return read.kind === 'ok' || /^§3\.[234]/.test(read.clause)
    }),
    { seed, numRuns: 2_000 },
  )
  t.pass(`seed ${seed}`)
})
