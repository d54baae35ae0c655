import { test } from 'tap'
import { CERTAINTIES, SEVERITIES, URGENCIES, type CapAlert } from '../../../agent/cap/alert.ts'
import {
  choose,
  gravityOf,
  type AlertPolicy,
  type Announcement,
  type Carrier,
  type Moment,
} from '../../../agent/cap/choose.ts'
import { chooseLanguage } from '../../../agent/cap/language.ts'
import { readCap, refusalText } from '../../../agent/cap/read.ts'
import { SHOWN_CHARACTERS_MAX, SPOKEN_CHARACTERS_MAX, TITLE_CHARACTERS_MAX } from '../../../agent/cap/words.ts'
import { addMs, parseWall, wallMs } from '../../../player/plan/time.ts'
import { areaOf, capMoment, capOf, geocodeOf, infoOf, type CapFields } from '../../fixtures/cap.ts'

const SENT = parseWall('2026-11-23T07:20:00Z')
const HOUR_MS = 3_600_000
const MOMENT: Moment = { now: addMs(SENT, 1_000), receivedAt: addMs(SENT, 1_000), isTrusted: true, floor: SENT }
const POLICY: AlertPolicy = {
  device: 'box-1',
  place: { area: 'vn/08/02215/thon-5', geocodes: [], position: null },
  statuses: ['Actual', 'Exercise'],
  languages: ['vi'],
}

const read = (fields: CapFields): CapAlert => {
  const result = readCap(capOf(SENT, fields))
  if (result.kind === 'refused') throw new Error(refusalText(result))
  return result.alert
}

type Rest = { policy?: Partial<AlertPolicy>; carrier?: Carrier; moment?: Partial<Moment> }

const chosen = (fields: CapFields, { policy, carrier = 'signed', moment }: Rest = {}) =>
  choose(read(fields), { ...POLICY, ...policy }, carrier, { ...MOMENT, ...moment })
const all = (fields: CapFields, rest?: Rest): Announcement[] => {
  const choice = chosen(fields, rest)
  return choice.kind === 'announced' ? choice.announcements : []
}
const one = (fields: CapFields = {}, rest?: Rest): Announcement => {
  const [first] = all(fields, rest)
  if (first === undefined) throw new Error('nothing is announced')
  return first
}
const info = (fields: CapFields, rest?: Rest): Announcement => one({ _info: infoOf(fields) }, rest)
const reason = (fields: CapFields, rest?: Rest): string => {
  const choice = chosen(fields, rest)
  return choice.kind === 'not-here' ? choice.reason : 'announced'
}

test('only what the box listens to: status, kind and scope', async (t) => {
  t.match(reason({ status: 'Draft' }), 'status Draft')
  t.match(reason({ status: 'Test' }), 'status Test')
  t.equal(reason({ status: 'Test' }, { policy: { statuses: ['Test'] } }), 'announced')
  const references = `a,b,${capMoment(SENT)}`
  for (const msgType of ['Ack', 'Error']) t.match(reason({ msgType, references }), `${msgType} is for its sender`)
  t.match(reason({ msgType: 'Cancel', references }), 'only ends others')
  t.match(reason({ scope: 'Restricted', restriction: 'staff' }), 'not for the public')
  t.match(reason({ scope: 'Private', addresses: 'box-2' }), 'for others')
  t.equal(reason({ scope: 'Private', addresses: '"a b" box-1' }), 'announced')
  t.match(reason({ _info: null }), 'no info')
})

test('an exercise says so, first, in speech and on the board', async (t) => {
  const exercise = one({ status: 'Exercise' })
  t.match(exercise.text, /^Diễn tập\. Lũ quét/)
  t.match(exercise.title, /^Diễn tập: Lũ quét/)
  t.match(one({ status: 'Exercise', _info: infoOf({ language: 'en-GB' }) }).text, /^Exercise\. /)
  t.match(one().text, /^Lũ quét/)
})

test('times: from when it takes effect until it expires, to the millisecond', async (t) => {
  const expires = capMoment(SENT + HOUR_MS)
  t.match(info({ expires }), { startsAt: MOMENT.now, until: addMs(SENT, HOUR_MS) })
  t.match(info({}), { until: addMs(SENT, HOUR_MS) }, 'an hour where it does not say')
  const effective = capMoment(SENT + 600_000)
  t.match(info({ effective }), { startsAt: addMs(SENT, 600_000), until: addMs(SENT, 600_000 + HOUR_MS) })
  t.match(info({ onset: effective }), { startsAt: MOMENT.now }, 'a warning does not wait for what it warns of')
  const last = { now: addMs(SENT, HOUR_MS - 1) }
  t.equal(reason({ _info: infoOf({ expires }) }, { moment: last }), 'announced')
  t.match(
    reason({ _info: infoOf({ expires }) }, { moment: { now: addMs(SENT, HOUR_MS) } }),
    /^it was over at 2026-11-23T08:20/,
  )
  t.match(reason({ _info: infoOf({ expires: capMoment(SENT) }) }), 'it was over')
  const later = { now: addMs(SENT, 900_000), receivedAt: addMs(SENT, 5_000) }
  t.match(info({ expires }, { moment: later }), { startsAt: later.receivedAt }, 'after a reboot it began when it came')
})

test('a clock that nothing has set holds no alert back, and lets none of last year through', async (t) => {
  const astray: Partial<Moment> = { now: wallMs(5_000), receivedAt: wallMs(5_000), isTrusted: false, floor: SENT }
  t.match(info({ expires: capMoment(SENT + HOUR_MS) }, { moment: astray }), { startsAt: 5_000 })
  const effective = capMoment(SENT + 600_000)
  t.match(info({ effective }, { moment: astray }), { startsAt: 605_000 }, 'as long after its sending')
  const floor = addMs(SENT, HOUR_MS)
  t.match(reason({}, { moment: { ...astray, floor } }), 'it was over')
})

test('gravity is a total order, gravest first; what is not known stands above what is mild', async (t) => {
  const gravities = SEVERITIES.flatMap((severity) =>
    URGENCIES.flatMap((urgency) => CERTAINTIES.map((certainty) => info({ severity, urgency, certainty }).gravity)),
  )
  t.equal(new Set(gravities).size, 125)
  t.equal(info({}).gravity, 0)
  const order = [
    { severity: 'Extreme', urgency: 'Past' },
    { severity: 'Severe', urgency: 'Immediate', certainty: 'Observed' },
    { severity: 'Severe', urgency: 'Immediate', certainty: 'Likely' },
    { severity: 'Severe', urgency: 'Expected', certainty: 'Observed' },
    { severity: 'Unknown' },
    { severity: 'Minor' },
  ].map((fields) => info(fields).gravity)
  t.same(
    order,
    order.toSorted((a, b) => a - b),
  )
  t.equal(gravityOf(read({}).infos[0]!), 0)
})

test('what is near and bad takes everything over; a siren by severity, and none for what is past or over', async (t) => {
  const judged = (fields: CapFields) => {
    const { isGrave, siren } = info(fields)
    return `${isGrave ? 'alert' : 'urgent'} ${siren ?? 'silent'}`
  }
  t.equal(judged({}), 'alert extreme')
  t.equal(judged({ severity: 'Severe', urgency: 'Expected' }), 'alert severe')
  t.equal(judged({ severity: 'Severe', urgency: 'Future' }), 'urgent moderate')
  t.equal(judged({ severity: 'Moderate' }), 'urgent moderate')
  t.equal(judged({ severity: 'Minor' }), 'urgent silent')
  t.equal(judged({ severity: 'Unknown' }), 'urgent silent')
  t.equal(judged({ urgency: 'Past' }), 'urgent silent')
  t.equal(judged({ severity: 'Moderate', responseType: ['Monitor', 'Assess'] }), 'urgent silent')
  t.equal(judged({ severity: 'Moderate', responseType: ['Monitor', 'Prepare'] }), 'urgent moderate')
  t.equal(judged({ responseType: 'Monitor' }), 'alert extreme')
  t.equal(judged({ responseType: 'AllClear' }), 'urgent silent')
})

test('languages by lookup: exact, a region of ours, a wider one; else the first', async (t) => {
  const tags = ['en-US', 'vi-VN', 'mww-Latn', 'zh-Hant-TW']
  t.equal(chooseLanguage(tags, ['vi']), 'vi-VN')
  t.equal(chooseLanguage(tags, ['VI-vn']), 'vi-VN')
  t.equal(chooseLanguage(['vi', 'en'], ['vi-VN']), 'vi', 'the wider one')
  t.equal(chooseLanguage(tags, ['mww', 'vi']), 'mww-Latn')
  t.equal(chooseLanguage(tags, ['hmn', 'vi']), 'vi-VN')
  t.equal(chooseLanguage(tags, ['zh-Hans']), 'en-US', 'not a sister')
  t.equal(chooseLanguage(['zh'], ['zh-x-private']), 'zh')
  t.equal(chooseLanguage(['vie-VN'], ['vi']), 'vie-VN', 'only as the first: no tag that merely begins so')
  t.equal(chooseLanguage([], ['vi']), null)
})

test('only blocks of one language are announced, each with its own times and gravity', async (t) => {
  const phases = [
    infoOf({ headline: 'Bão', severity: 'Severe', expires: capMoment(SENT + HOUR_MS) }),
    infoOf({ headline: 'Storm', language: 'en-US' }),
    infoOf({
      headline: 'Hết bão',
      severity: 'Minor',
      effective: capMoment(SENT + HOUR_MS),
      expires: capMoment(SENT + 2 * HOUR_MS),
    }),
  ]
  t.match(all({ _info: phases }), [
    { title: 'Bão', infoIndex: 0, until: addMs(SENT, HOUR_MS), isGrave: true },
    { title: 'Hết bão', infoIndex: 2, startsAt: addMs(SENT, HOUR_MS), isGrave: false },
  ])
  t.match(all({ _info: phases }, { policy: { languages: ['en'] } }), [{ title: 'Storm' }])
  const unsaid = infoOf({ language: null, headline: 'No language' })
  t.match(all({ _info: [unsaid, infoOf()] }, { policy: { languages: ['en'] } }), [{ language: 'en-US' }])
})

test('the language is chosen among the blocks that speak of this place', async (t) => {
  const elsewhere = infoOf({ headline: 'Nơi khác', _area: areaOf({ _code: geocodeOf('loa:area', 'vn/09') }) })
  const here = infoOf({ language: 'en', headline: 'Here', _area: areaOf({ _code: geocodeOf('loa:area', 'vn/08') }) })
  t.match(all({ _info: [elsewhere, here] }), [{ title: 'Here' }])
  t.match(reason({ _info: elsewhere }), 'its area is not here')
})

test('an area that cannot be judged: whoever signed for this box is believed, a feed is not', async (t) => {
  const drawn = { _info: infoOf({ _area: areaOf({ circle: '21.3,103.9 5' }) }) }
  t.equal(reason(drawn), 'announced')
  t.match(reason(drawn, { carrier: 'found' }), 'cannot be told')
  const worded = { _info: infoOf({ _area: areaOf({}) }) }
  t.equal(reason(worded, { carrier: 'found' }), 'announced', 'an area in words is for all whom the source reaches')
  const placed = { place: { ...POLICY.place, position: { latitude: 21.3, longitude: 103.9 } } }
  t.equal(reason(drawn, { carrier: 'found', policy: placed }), 'announced')
})

test('a recording counts only with its digest', async (t) => {
  const resource = (rest: string, mimeType = 'audio/ogg') =>
    `<resource><resourceDesc>x</resourceDesc><mimeType>${mimeType}</mimeType>${rest}</resource>`
  const digest = 'ab'.repeat(20)
  const withResource = (...resources: string[]) => info({ _resource: resources })
  t.match(withResource(resource(`<size>9</size><uri>http://x/a</uri><digest>${digest}</digest>`)), {
    resource: { uri: 'http://x/a', bytes: 9, sha1: digest, mimeType: 'audio/ogg' },
    resourceFault: null,
  })
  t.match(withResource(resource('<uri>http://x/a</uri>')), { resource: null, resourceFault: /§3\.2\.3 digest/ })
  t.match(withResource(resource(`<digest>${digest}</digest>`)), { resource: null, resourceFault: /§3\.2\.3 uri/ })
  t.match(withResource(resource('<uri>http://x/a</uri>', 'image/png')), { resource: null, resourceFault: null })
  t.match(withResource(resource(`<derefUri>AA\nAA</derefUri><digest>${digest}</digest>`)), {
    resource: { uri: 'data:audio/ogg;base64,AAAA' },
  })
  t.match(
    withResource(resource('<uri>http://x/a</uri>'), resource(`<uri>http://x/b</uri><digest>${digest}</digest>`)),
    { resource: { uri: 'http://x/b' } },
    'the first that can be checked',
  )
})

test('words: headline, description, instruction; the board has the instruction, the place and the colour', async (t) => {
  const whole = info({
    headline: 'Lũ  quét\n về',
    description: 'Nước lên nhanh.',
    instruction: 'Lên chỗ cao!',
    _area: [areaOf({ areaDesc: 'Thôn 5' }), areaOf({ areaDesc: 'Thôn 6' })],
  })
  t.equal(whole.text, 'Lũ quét về. Nước lên nhanh. Lên chỗ cao!')
  t.equal(whole.title, 'Lũ quét về')
  t.match(whole.slide, { title: 'Lũ quét về', body: 'Lên chỗ cao!\nThôn 5, Thôn 6', background: '#8b0000' })
  t.match(info({ headline: null }), { text: 'Lũ quét.', title: 'Lũ quét', slide: { body: 'Lũ quét' } })
  t.equal(info({ headline: 'a', description: 'a', instruction: 'a' }).text, 'a.', 'nothing is said twice over')
  const long = info({ headline: 'từ '.repeat(200), description: 'từ '.repeat(9_000), instruction: 'từ '.repeat(900) })
  t.ok(long.title.length <= TITLE_CHARACTERS_MAX && long.title.endsWith('từ…'))
  t.ok(long.text.length <= SPOKEN_CHARACTERS_MAX + 1)
  t.ok(long.slide.body.length <= SHOWN_CHARACTERS_MAX)
})
