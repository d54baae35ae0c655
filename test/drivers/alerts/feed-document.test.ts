import t from 'tap'
import { SaxesParser } from 'saxes'
import { readFeed, type Entry } from '../../../drivers/alerts/feed-document.ts'
import { capDocument } from '../../fixtures/cap-documents.ts'

const entriesIn = (xml: string): Entry[] => {
  const document = readFeed(xml)
  if (document.kind !== 'feed') throw new Error(document.kind === 'unreadable' ? document.error : 'one alert')
  return document.entries
}

/** Names with their spaces, attributes and texts: what an XML reader makes of a document. */
const meaningOf = (xml: string): string[] => {
  const meaning: string[] = []
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ uri, local }) => meaning.push(`<${uri} ${local}`))
  let before = ''
  const onText = (text: string) => {
    // Pieces that follow each other are one text, however they are written.
    if (meaning.at(-1) === before && before !== '') meaning.pop()
    else before = ''
    before += text
    if (before.trim() !== '') meaning.push(before)
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  parser.on('closetag', ({ local }) => meaning.push(`/${local}`))
  parser.write(xml).close()
  return meaning
}

const atom = (entries: string, attributes = ''): string =>
  `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"${attributes}><id>feed</id><updated>2026-01-01T00:00:00Z</updated><link rel="self" href="https://x.vn/feed"/>${entries}</feed>`

t.test('entries of Atom link to documents, and the document is preferred to a page about it', async (t) => {
  const links = (...list: string[]) =>
    `<entry><id>urn:1</id><updated>2026-11-21T00:00:00Z</updated>${list.join('')}</entry>`
  const page = '<link rel="alternate" type="text/html" href="https://x.vn/page.html"/>'
  const cap = '<link rel="alternate" type="application/cap+xml" href="https://x.vn/1.cap"/>'
  const xml = '<link type="application/xml" href="https://x.vn/1.xml"/>'
  const plain = '<link href="https://x.vn/1"/>'
  for (const [text, link] of [
    [links(page, cap), 'https://x.vn/1.cap'],
    [links(cap, page), 'https://x.vn/1.cap'],
    [links(page, xml), 'https://x.vn/1.xml'],
    [links(plain), 'https://x.vn/1'],
    [links('<content type="application/cap+xml" src="https://x.vn/2.cap"/>', page), 'https://x.vn/2.cap'],
    [links(page), null],
    [links(), null],
  ] as const)
    t.same(entriesIn(atom(text)), [{ id: 'urn:1', updated: '2026-11-21T00:00:00Z', link, xml: null }], text)
  const byId = '<entry><id>https://x.vn/id.cap</id><updated>x</updated></entry>'
  t.match(entriesIn(atom(byId)), [{ link: 'https://x.vn/id.cap' }], 'an id that is an address')
})

t.test('a document inside an entry means the same as by itself', async (t) => {
  const whole = capDocument('inside', '<description>a &lt; b &amp; "c" <![CDATA[<d>]]></description>')
  const inside = whole.replace(/^<\?xml.*?\?>\n/, '')
  const [entry] = entriesIn(atom(`<entry><id>1</id><content type="text/xml">${inside}</content></entry>`))
  t.same(meaningOf(entry!.xml!), meaningOf(whole))
})

t.test('a document inside an entry keeps the names of spaces that stand around it', async (t) => {
  const prefixed =
    '<cap:alert><cap:identifier>p</cap:identifier><cap:info><o:extra o:kind="1" xmlns:p="urn:p"/></cap:info></cap:alert>'
  const spaces = ' xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2" xmlns:o="urn:other"'
  const [entry] = entriesIn(atom(`<entry><id>1</id><content>${prefixed}</content></entry>`, spaces))
  t.same(meaningOf(entry!.xml!), [
    '<urn:oasis:names:tc:emergency:cap:1.2 alert',
    '<urn:oasis:names:tc:emergency:cap:1.2 identifier',
    'p',
    '/identifier',
    '<urn:oasis:names:tc:emergency:cap:1.2 info',
    '<urn:other extra',
    '/extra',
    '/info',
    '/alert',
  ])
})

t.test('a document that is escaped inside a text is unwrapped', async (t) => {
  const escaped = capDocument('text').replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  t.equal(
    entriesIn(atom(`<entry><id>1</id><content type="text">${escaped}</content></entry>`))[0]!.xml,
    capDocument('text').trim(),
  )
  const cdata = `<rss version="2.0"><channel><item><guid>1</guid><description><![CDATA[${capDocument('rss')}]]></description></item></channel></rss>`
  t.equal(entriesIn(cdata)[0]!.xml, capDocument('rss').trim())
  t.equal(entriesIn(atom('<entry><id>1</id><summary>Lũ quét ở thôn 5</summary></entry>'))[0]!.xml, null)
})

t.test('several alerts in one feed are several entries, and what stands beside them is passed over', async (t) => {
  const inside = (id: string) =>
    `<entry xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2"><id>${id}</id><title>t</title><author><name>n</name><id>not this</id></author><updated>u</updated><cap:severity>Extreme</cap:severity><content>${capDocument(id).replace(/^<\?xml.*?\?>\n/, '')}</content></entry>`
  const entries = entriesIn(atom(inside('a') + inside('b') + inside('c')))
  t.same(
    entries.map(({ id }) => id),
    ['a', 'b', 'c'],
  )
  t.ok(entries.every(({ xml }, at) => xml?.includes(`<identifier>${'abc'[at]}</identifier>`)))
})

t.test('items of RSS link to documents', async (t) => {
  const item = (fields: string) => `<rss version="2.0"><channel><title>t</title>${fields}</channel></rss>`
  t.same(
    entriesIn(
      item(
        '<item><guid isPermaLink="false">g1</guid><pubDate>Sat, 21 Nov 2026 08:00:00 +0700</pubDate><link>https://x.vn/1.cap</link></item>',
      ),
    ),
    [{ id: 'g1', updated: 'Sat, 21 Nov 2026 08:00:00 +0700', link: 'https://x.vn/1.cap', xml: null }],
  )
  t.match(
    entriesIn(
      item(
        '<item><link>https://x.vn/page</link><enclosure url="https://x.vn/2.cap" type="application/cap+xml"/></item>',
      ),
    ),
    [{ id: 'https://x.vn/2.cap', link: 'https://x.vn/2.cap' }],
  )
})

t.test('a CAP document by itself is one, and anything else is none', async (t) => {
  t.same(readFeed(capDocument('a')), { kind: 'alert' })
  for (const [xml, error] of [
    ['<html><body/></html>', /neither Atom nor RSS nor CAP/],
    ['<feed/>', /neither Atom nor RSS nor CAP/],
    ['not xml at all', /./],
    ['', /./],
    [capDocument('a').slice(0, -20), /./],
    [atom('<entry>'), /./],
  ] as const)
    t.match(readFeed(xml), { kind: 'unreadable', error }, xml.slice(0, 40))
})

t.test('a document type is refused before anything in it grows', async (t) => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>${atom('<entry><id>&b;</id></entry>').replace(/^<\?xml.*?\?>/, '')}`
  t.match(readFeed(bomb), { kind: 'unreadable', error: /document type/ })
  t.match(readFeed(atom('<entry><id>&b;</id></entry>')), { kind: 'unreadable' }, 'an entity that nobody declared')
  t.match(readFeed(atom('<x>'.repeat(200) + '</x>'.repeat(200))), { kind: 'unreadable', error: /deeper than 64/ })
})
