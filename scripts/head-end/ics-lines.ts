/** An iCalendar file as components and properties, each with the line that it stands on (RFC 5545 §3.1, §3.4). */
import ICAL from 'ical.js'
import { messageOf } from './clear-error.ts'

export type IcsFault = { line: number; property: string; todo: string }

export type IcsProperty = {
  line: number
  /** In capitals. */
  name: string
  /** Names in small letters. */
  parameters: ReadonlyMap<string, string>
  /** `date-time`, `date`, `uri`, `text`, …, as the library has it. */
  type: string
  /** Without escapes; lists are taken apart. */
  values: readonly string[]
  /** As written, behind the colon. */
  text: string
}

export type IcsComponent = { line: number; name: string; properties: IcsProperty[]; components: IcsComponent[] }

/** A calendar of a commune has some hundreds. */
const LINES_MAX = 200_000
const DEPTH_MAX = 8

type ContentLine = { line: number; text: string }

/** A line that begins with white space goes on with the one before. */
const unfold = (text: string): ContentLine[] => {
  const lines: ContentLine[] = []
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const last = lines.at(-1)
    if (/^[ \t]/.test(raw) && last !== undefined) last.text += raw.slice(1)
    else if (raw.trim() !== '') lines.push({ line: index + 1, text: raw })
  }
  return lines
}

const propertyOf = ({ line, text }: ContentLine): IcsProperty | IcsFault => {
  const name = (/^[A-Za-z0-9-]+/.exec(text)?.[0] ?? '').toUpperCase()
  try {
    const parsed: unknown = ICAL.parse.property(text)
    if (!Array.isArray(parsed)) throw new Error('no property')
    const [, given, type, ...values] = parsed as unknown[]
    const parameters = new Map(
      Object.entries(typeof given === 'object' && given !== null ? given : {}).map(([key, value]) => [
        key,
        String(value),
      ]),
    )
    return {
      line,
      name,
      parameters,
      type: String(type),
      values: values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
      // Neither a colon in quotes nor one of the value ends the name and its parameters.
      text: text.replace(/^(?:[^:"]|"[^"]*")*:/, ''),
    }
  } catch (error) {
    return {
      line,
      property: name === '' ? text.slice(0, 40) : name,
      todo: `write it as RFC 5545 has it: ${messageOf(error)}`,
    }
  }
}

/** The calendars of a file, or everything that is no iCalendar in it. */
export const readIcs = (text: string): { calendars: IcsComponent[]; faults: IcsFault[] } => {
  const root: IcsComponent = { line: 1, name: '', properties: [], components: [] }
  const open: IcsComponent[] = [root]
  const faults: IcsFault[] = []
  const lines = unfold(text)
  if (lines.length > LINES_MAX)
    return {
      calendars: [],
      faults: [{ line: 1, property: 'VCALENDAR', todo: `divide it: more than ${LINES_MAX} lines` }],
    }
  for (const content of lines) {
    const edge = /^(BEGIN|END):\s*([A-Za-z0-9-]+)\s*$/i.exec(content.text)
    const inner = open.at(-1) ?? root
    if (edge === null) {
      const property = propertyOf(content)
      if ('todo' in property) faults.push(property)
      else if (inner === root)
        faults.push({ line: content.line, property: property.name, todo: 'put it between BEGIN:VCALENDAR and its END' })
      else inner.properties.push(property)
      continue
    }
    const name = (edge[2] ?? '').toUpperCase()
    if (edge[1]?.toUpperCase() === 'BEGIN' && open.length <= DEPTH_MAX) {
      const component: IcsComponent = { line: content.line, name, properties: [], components: [] }
      inner.components.push(component)
      open.push(component)
    } else if (inner !== root && inner.name === name) open.pop()
    else
      faults.push({
        line: content.line,
        property: content.text,
        todo: `end ${inner.name || 'nothing'} here, or not at all`,
      })
  }
  const unended = open.at(-1)
  if (unended !== undefined && unended !== root)
    faults.push({ line: unended.line, property: `BEGIN:${unended.name}`, todo: `add END:${unended.name}` })
  const calendars = root.components.filter(({ name }) => name === 'VCALENDAR')
  if (calendars.length === 0 && faults.length === 0)
    faults.push({
      line: 1,
      property: 'VCALENDAR',
      todo: 'give a file of iCalendar (RFC 5545), which begins with BEGIN:VCALENDAR',
    })
  return { calendars, faults }
}
