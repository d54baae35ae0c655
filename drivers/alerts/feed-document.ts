/**
 * What a feed lists: Atom of CAP (RFC 4287), RSS 2.0 of CAP, or one CAP document by itself. Entries link to CAP documents or carry
 * them inside. Nothing of a document type is read: a feed has no use for entities, and an attacker has.
 */
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes'

export type Entry = {
  /** What tells it from the others; with `updated`, from its own earlier text. */
  id: string
  updated: string
  /** Where its CAP document is; null if it carries it inside, or says nothing of it. */
  link: string | null
  xml: string | null
}

export type FeedDocument =
  { kind: 'feed'; entries: Entry[] } | { kind: 'alert' } | { kind: 'unreadable'; error: string }

const ATOM = 'http://www.w3.org/2005/Atom'
/** urn:oasis:names:tc:emergency:cap:1.2, and 1.0 and 1.1, which whoever reads the document refuses by name. */
const isCap = (uri: string): boolean =>
  /^urn:oasis:names:tc:emergency:cap:|^http:\/\/www\.incident\.com\/cap\//.test(uri)

/** Before the newest are chosen; a list longer than this is cut off where it stands. */
const ENTRIES_READ_MAX = 5_000
const DEPTH_MAX = 64
const TEXT_CHARACTERS_MAX = 200_000

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

const attributeText = ({ name, value }: { name: string; value: string }): string => ` ${name}="${escaped(value)}"`

/** Writes down a document that stands inside another, with the names of spaces that it inherits. */
const inlineWriter = () => {
  let text = ''
  return {
    open: ({ name, attributes }: SaxesTagNS, inherited: ReadonlyMap<string, string>) => {
      const own = Object.values<SaxesAttributeNS>(attributes)
      const missing = [...inherited]
        .map(([prefix, value]) => ({ name: prefix === '' ? 'xmlns' : `xmlns:${prefix}`, value }))
        .filter(({ name: attribute }) => !own.some((known) => known.name === attribute))
      text += `<${name}${[...missing, ...own].map(attributeText).join('')}>`
    },
    close: ({ name }: SaxesTagNS) => (text += `</${name}>`),
    text: (piece: string) => (text += escaped(piece)),
    done: () => text,
  }
}

type Link = { href: string; rel: string; type: string }

const CAP_TYPES = ['application/cap+xml', 'application/emergency+xml']
const XML_TYPES = ['application/xml', 'text/xml', '']

const linkRank = ({ rel, type }: Link): number => {
  if (CAP_TYPES.includes(type)) return 0
  if (!['', 'alternate', 'enclosure', 'related', 'via'].includes(rel)) return 9
  return XML_TYPES.includes(type) ? 1 : 9
}

const isAddress = (text: string): boolean => /^https?:\/\/\S+$/i.test(text)

/** The document rather than a page about it. Some feeds have no link, but an id that is one. */
const bestLink = (links: readonly Link[], id: string): string | null => {
  const best = links.toSorted((a, b) => linkRank(a) - linkRank(b))[0]
  if (best !== undefined && linkRank(best) < 9) return best.href
  return links.length === 0 && isAddress(id) ? id : null
}

type Gathered = { id: string; updated: string; links: Link[]; xml: string | null; texts: string[] }

const entryOf = ({ id, updated, links, xml, texts }: Gathered): Entry => {
  // Escaped instead of nested, as in a description.
  const inside = xml ?? texts.map((text) => text.trim()).find((text) => /^(<\?xml|<([\w.-]+:)?alert[\s>])/.test(text))
  const link = bestLink(links, id)
  return { id: id === '' ? (link ?? '') : id, updated, link, xml: inside ?? null }
}

class Unreadable extends Error {}

const baseType = (type: string | undefined): string => (type ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/** One level above the fields: `entry` of Atom, `item` of RSS. */
const entryReader = () => {
  const entries: Entry[] = []
  let gathered: Gathered | null = null
  let text = ''
  const ofAttributes = (tag: SaxesTagNS) => {
    const value = (name: string) => tag.attributes[name]?.value ?? ''
    if (gathered === null) return
    const named = { link: value('href'), content: value('src'), enclosure: value('url') }
    const href = new Map(Object.entries(named)).get(tag.local) ?? ''
    const rel = tag.local === 'link' ? value('rel') : ''
    if (href !== '') gathered.links.push({ href, rel, type: baseType(value('type')) })
  }
  const field = (name: string, isAtom: boolean, value: string) => {
    if (gathered === null) return
    if (name === (isAtom ? 'id' : 'guid')) gathered.id = value.slice(0, 1_000)
    if (name === (isAtom ? 'updated' : 'pubDate')) gathered.updated = value.slice(0, 100)
    if (name === 'link' && !isAtom && value !== '') gathered.links.push({ href: value, rel: '', type: '' })
    if (['content', 'summary', 'description'].includes(name)) gathered.texts.push(value)
  }
  return {
    entries,
    begin: () => (gathered = { id: '', updated: '', links: [], xml: null, texts: [] }),
    end: () => {
      if (gathered !== null && entries.length < ENTRIES_READ_MAX) entries.push(entryOf(gathered))
      gathered = null
    },
    openField: (tag: SaxesTagNS) => {
      text = ''
      ofAttributes(tag)
    },
    closeField: (tag: SaxesTagNS) => field(tag.local, tag.uri === ATOM, text.trim()),
    text: (piece: string) => {
      if (text.length < TEXT_CHARACTERS_MAX) text += piece
    },
    inline: (xml: string) => {
      if (gathered !== null) gathered.xml ??= xml
    },
  }
}

const isEntry = ({ uri, local }: SaxesTagNS): boolean =>
  (uri === ATOM && local === 'entry') || (uri === '' && local === 'item')

const read = (xml: string): FeedDocument => {
  const parser = new SaxesParser({ xmlns: true })
  const spaces = [new Map<string, string>()]
  const reader = entryReader()
  const root: { kind: 'feed' | 'alert' | null } = { kind: null }
  let [depth, entryDepth, inlineDepth] = [0, 0, 0]
  let inline: ReturnType<typeof inlineWriter> | null = null

  const onRoot = ({ uri, local }: SaxesTagNS) => {
    if (isCap(uri) && local === 'alert') root.kind = 'alert'
    else if ((uri === ATOM && local === 'feed') || (uri === '' && local === 'rss')) root.kind = 'feed'
    else throw new Unreadable(`it is neither Atom nor RSS nor CAP, but <${local.slice(0, 40)}>`)
  }
  parser.on('error', (error) => {
    throw new Unreadable(error.message)
  })
  parser.on('doctype', () => {
    throw new Unreadable('it has a document type, which nothing here has a use for')
  })
  parser.on('opentag', (tag) => {
    depth += 1
    if (depth > DEPTH_MAX) throw new Unreadable(`its elements are nested deeper than ${DEPTH_MAX}`)
    const inherited = spaces.at(-1) ?? new Map<string, string>()
    spaces.push(new Map([...inherited, ...Object.entries(tag.ns)]))
    if (depth === 1) onRoot(tag)
    if (root.kind !== 'feed') return
    if (inline === null && entryDepth > 0 && isCap(tag.uri) && tag.local === 'alert') {
      inline = inlineWriter()
      inlineDepth = depth
      inline.open(tag, inherited)
    } else if (inline !== null) inline.open(tag, new Map())
    else if (entryDepth === 0 && isEntry(tag)) {
      entryDepth = depth
      reader.begin()
    } else if (depth === entryDepth + 1) reader.openField(tag)
  })
  const onText = (piece: string) => {
    if (inline !== null) inline.text(piece)
    else if (entryDepth > 0) reader.text(piece)
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  parser.on('closetag', (tag) => {
    inline?.close(tag)
    if (inline !== null && depth === inlineDepth) {
      reader.inline(inline.done())
      inline = null
    } else if (inline === null && entryDepth > 0 && depth === entryDepth + 1) reader.closeField(tag)
    else if (depth === entryDepth) {
      entryDepth = 0
      reader.end()
    }
    spaces.pop()
    depth -= 1
  })
  parser.write(xml).close()
  return root.kind === 'feed' ? { kind: 'feed', entries: reader.entries } : { kind: 'alert' }
}

export const readFeed = (xml: string): FeedDocument => {
  try {
    return read(xml)
  } catch (error) {
    // The parser throws nothing but what is wrong with the text.
    return { kind: 'unreadable', error: error instanceof Error ? error.message.slice(0, 200) : String(error) }
  }
}
