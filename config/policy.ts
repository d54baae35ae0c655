/**
 * What a schema cannot say of the settings: which belong together, which exclude each other, and names that must be known.
 * Looks into a value that may have any shape, because it also runs when something else in the file is wrong.
 */
import { shown, type Problem, type SettingsFault } from './fault.ts'
import type { Place } from './shape.ts'

type Finding = { place: Place; value: unknown; problem: Problem }

const at = (value: unknown, name: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined

const listAt = (value: unknown, name: string): unknown[] => {
  const list = at(value, name)
  return Array.isArray(list) ? list : []
}

const isSection = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

const isZone = (timeZone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return true
  } catch {
    return false
  }
}

const zoneFaults = (value: unknown): Finding[] => {
  const zone = at(value, 'timeZone')
  return typeof zone !== 'string' || isZone(zone)
    ? []
    : [{ place: ['timeZone'], value: zone, problem: { kind: 'unknown-zone' } }]
}

/** A name of an output that there is not would bind, or play on, nothing at all, and nobody would notice. */
const outputFaults = (value: unknown, names: unknown, place: Place): Finding[] => {
  const known = listAt(value, 'outputs')
    .map((output) => at(output, 'name'))
    .filter((name) => typeof name === 'string')
  return (Array.isArray(names) ? names : []).flatMap((name: unknown, index): Finding[] =>
    typeof name !== 'string' || known.includes(name)
      ? []
      : [{ place: [...place, index], value: name, problem: { kind: 'unknown-output', known } }],
  )
}

/** Of two settings exactly one: fewer say nothing, both contradict each other. */
const eitherFaults = (has: readonly [boolean, boolean], names: readonly [string, string], place: Place): Finding[] => {
  if (has[0] !== has[1]) return []
  return [{ place, value: null, problem: { kind: 'either', names: [...names], given: has[0] ? 'both' : 'neither' } }]
}

const volumeFaults = (value: unknown): Finding[] =>
  listAt(at(value, 'volume'), 'rules').flatMap((rule, index): Finding[] => {
    if (!isSection(rule)) return []
    const place = ['volume', 'rules', index]
    const has = [at(rule, 'ceilingDb') !== undefined, at(rule, 'silent') === true] as const
    return [
      ...eitherFaults(has, ['ceilingDb', 'silent: true'], place),
      ...outputFaults(value, at(rule, 'outputs'), [...place, 'outputs']),
    ]
  })

/** A feed carries no signature of ours: what is read without encryption, anybody on the way may have written. */
const isOpen = (address: unknown): boolean => {
  if (typeof address !== 'string' || !address.startsWith('http://') || !URL.canParse(address)) return false
  const { hostname } = new URL(address)
  return !(hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname))
}

const alertFaults = (value: unknown): Finding[] =>
  listAt(at(value, 'alerts'), 'sources').flatMap((source, index): Finding[] => {
    if (!isSection(source)) return []
    const place = ['alerts', 'sources', index]
    const feed = at(source, 'feed')
    const has = [at(source, 'folder') !== undefined, feed !== undefined] as const
    return [
      ...eitherFaults(has, ['folder', 'feed'], place),
      ...(isOpen(feed) ? [{ place: [...place, 'feed'], value: feed, problem: { kind: 'unencrypted' as const } }] : []),
    ]
  })

const ownerFaults = (value: unknown): Finding[] => {
  const owner = at(value, 'owner')
  if (!isSection(owner)) return []
  const isEmpty = listAt(owner, 'folders').length === 0 && at(owner, 'playlist') === undefined
  return [
    ...(isEmpty
      ? [{ place: ['owner'], value: null, problem: { kind: 'incomplete' as const, needs: 'owner.folders' } }]
      : []),
    ...outputFaults(value, at(owner, 'outputs'), ['owner', 'outputs']),
  ]
}

const isJsonWithText = (template: string): boolean => {
  try {
    JSON.parse(template)
    return template.includes('{text}')
  } catch {
    return false
  }
}

const speechFaults = (value: unknown): Finding[] => {
  const speech = at(value, 'speech')
  if (!isSection(speech)) return []
  const http = at(speech, 'http')
  const url = at(http, 'url')
  const json = at(http, 'json')
  const isBoth = at(speech, 'command') !== undefined && http !== undefined
  const faults: Finding[] = []
  if (isBoth)
    faults.push({
      place: ['speech', 'http'],
      value: null,
      problem: { kind: 'either', names: ['speech.command', 'speech.http'], given: 'both' },
    })
  // A secret that travels in the open is none.
  if (at(http, 'secret') !== undefined && isOpen(url))
    faults.push({ place: ['speech', 'http', 'url'], value: url, problem: { kind: 'unencrypted' } })
  if (typeof json === 'string' && !isJsonWithText(json))
    faults.push({ place: ['speech', 'http', 'json'], value: json, problem: { kind: 'malformed' } })
  return faults
}

/** `keyOf` writes a place as a key, `lineOf` finds its line. */
export const policyFaults = (
  value: unknown,
  { keyOf, lineOf }: { keyOf: (place: Place) => string; lineOf: (place: Place) => number | null },
): SettingsFault[] =>
  [
    ...zoneFaults(value),
    ...volumeFaults(value),
    ...alertFaults(value),
    ...speechFaults(value),
    ...ownerFaults(value),
  ].map(({ place, value: found, problem }) => ({
    key: keyOf(place),
    line: lineOf(place),
    found: found === null ? null : shown(keyOf(place).replaceAll(/\[\d+\]/g, '[]'), found),
    problem,
  }))
