/** What others published as CAP 1.2: the examples of the standard, and alerts that warning services sent. */
import { readFileSync } from 'node:fs'
import { test, type Test } from 'tap'
import { identityText, type CapAlert } from '../../../agent/cap/alert.ts'
import { choose, gravityOf, sirenOf, type AlertPolicy } from '../../../agent/cap/choose.ts'
import { readCap, refusalText } from '../../../agent/cap/read.ts'
import { addMs, formatUtc, parseWall } from '../../../player/plan/time.ts'

const textOf = (name: string): string => readFileSync(`test/fixtures/cap/${name}.xml`, 'utf8')

const alertOf = (name: string): CapAlert => {
  const read = readCap(textOf(name))
  if (read.kind === 'refused') throw new Error(`${name}: ${refusalText(read)}`)
  return read.alert
}

const POLICY: AlertPolicy = {
  device: 'box-1',
  place: { area: 'us/ca', geocodes: [], position: null },
  statuses: ['Actual'],
  languages: ['vi'],
}

const announced = (t: Test, alert: CapAlert, policy: Partial<AlertPolicy> = {}) => {
  const now = addMs(alert.sent, 60_000)
  const moment = { now, receivedAt: now, isTrusted: true, floor: now }
  const choice = choose(alert, { ...POLICY, ...policy }, 'signed', moment)
  if (choice.kind === 'not-here') t.fail(choice.reason)
  return choice.kind === 'announced' ? choice.announcements : []
}

test('A.1: an advisory without an end is repeated for an hour, for whom its words name', async (t) => {
  const alert = alertOf('oasis-a1')
  t.equal(identityText(alert), 'hsas@dhs.gov,43b080713727,2003-04-02T19:39:01.000Z')
  const [info] = alert.infos
  t.match(info, { language: 'en-US', categories: ['Security'], expires: null, responseTypes: [] })
  t.match(info!.resources, [{ mimeType: 'image/gif', sha1: null, bytes: null }])
  const [one] = announced(t, alert)
  t.equal(formatUtc(one!.until), '2003-04-02T20:39:01.000Z')
  t.match(one, { isGrave: true, siren: 'severe', resource: null, resourceFault: null, title: /Sets Code ORANGE/ })
})

test('A.2: a thunderstorm in a polygon is for those who are in it', async (t) => {
  const alert = alertOf('oasis-a2')
  const place = (latitude: number, longitude: number) => ({
    place: { area: 'us/ca', geocodes: [], position: { latitude, longitude } },
  })
  const [one] = announced(t, alert, place(38.48, -119.95))
  t.match(one, { isGrave: true, siren: 'severe', title: 'SEVERE THUNDERSTORM WARNING' })
  t.match(one!.text, /^SEVERE THUNDERSTORM WARNING\. AT 254 PM PDT.*TAKE COVER IN A SUBSTANTIAL SHELTER/)
  t.match(one!.slide.body, /^TAKE COVER .*\nEXTREME NORTH CENTRAL TUOLUMNE COUNTY/)
  const now = addMs(alert.sent, 60_000)
  const moment = { now, receivedAt: now, isTrusted: true, floor: now }
  t.match(choose(alert, { ...POLICY, ...place(38.3, -120.3) }, 'signed', moment), { reason: 'its area is not here' })
  const coded = { ...POLICY, place: { area: 'us/ca', geocodes: ['SAME=006003'], position: null } }
  t.equal(choose(alert, coded, 'found', moment).kind, 'announced', 'one of its codes is ours')
})

test('A.3: an update about an earthquake that is past has no siren', async (t) => {
  const alert = alertOf('oasis-a3')
  t.same(alert.references.map(identityText), ['trinet@caltech.edu,TRI13970876.1,2003-06-12T03:30:00.000Z'])
  t.same(alert.infos[0]!.areas[0]!.circles, [{ centre: { latitude: 32.9525, longitude: -115.5527 }, radiusKm: 0 }])
  const [one] = announced(t, alert)
  t.match(one, { isGrave: false, siren: null })
  t.ok(one!.gravity > announced(t, alertOf('oasis-a2'))[0]!.gravity)
})

test('A.4: of two languages the box speaks its own', async (t) => {
  const alert = alertOf('oasis-a4')
  const headlines = (languages: string[]) => announced(t, alert, { languages }).map(({ title }) => title)
  const [english, spanish] = ['Amber Alert in Los Angeles County', 'Alerta Amber en el condado de Los Ángeles']
  t.same(headlines(['es']), [spanish])
  t.same(headlines(['es-MX', 'es-US']), [spanish])
  t.same(headlines(['en', 'es']), [english])
  t.same(headlines(['vi']), [english], 'none of its own: the first, since a warning is not left unsaid')
})

test('what services send: signatures, elements out of order, empty ones, spaces at the end', async (t) => {
  t.match(alertOf('tsunami'), { infos: [{ severity: 'Minor', instruction: /^There is NO tsunami danger/ }] })
  t.match(alertOf('flood-israel').infos[0]!.areas[0], { polygons: [], geocodes: [{ value: 'IL043' }] }, 'empty polygon')
  t.match(alertOf('wind-italy').infos[0]!.areas[0], { polygons: [{ length: 5 }] }, 'polygon after geocode')
  t.match(alertOf('wind-brazil').infos[0]!.areas[0], { polygons: [{ length: 6 }] }, 'a space after the last point')
  const tornado = alertOf('tornado-canada')
  t.match(tornado, { messageType: 'Alert', references: { length: 2 } })
  t.equal(sirenOf(tornado.infos[0]!), 'extreme', 'responseType None does not silence what is grave')
  t.equal(gravityOf(tornado.infos[0]!), 0)
})

test('a warning for later is heard when it takes effect, not when its event begins', async (t) => {
  const [flood] = announced(t, alertOf('flood-israel'), { languages: ['he'] })
  t.match(flood, { language: 'he-IL', startsAt: parseWall('2025-03-06T12:56:12Z'), isGrave: false, siren: 'moderate' })
  const [wind] = announced(t, alertOf('wind-italy'))
  t.match(wind, { startsAt: parseWall('2025-04-18T06:00:00Z'), siren: null })
})

test('the all clear is green, without a siren, and names only itself', async (t) => {
  const alert = alertOf('monsoon-macao')
  t.equal(identityText(alert.references[0]!), identityText(alert))
  const [one] = announced(t, alert, { languages: ['zh', 'pt'] })
  t.match(one, { isAllClear: true, siren: null, language: 'zh-mo', slide: { background: '#1b5e20' } })
})
