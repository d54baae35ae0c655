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

/** Some cards know their control in decibels, some only in steps: one of the two is meant. */
const mixerFaults = (value: unknown): Finding[] =>
  listAt(value, 'outputs').flatMap((output, index): Finding[] => {
    const mixer = at(output, 'mixer')
    if (!isSection(mixer)) return []
    const has = [at(mixer, 'levelDb') !== undefined, at(mixer, 'levelPercent') !== undefined] as const
    return eitherFaults(has, ['levelDb', 'levelPercent'], ['outputs', index, 'mixer'])
  })

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

type LineOf = (place: Place) => number | null

/** What was written once already at an earlier place. */
const takenFaults = (entries: readonly { place: Place; value: unknown; same: unknown }[], lineOf: LineOf): Finding[] =>
  entries.flatMap(({ place, value, same }, index): Finding[] => {
    const first = entries.slice(0, index).find((entry) => entry.same === same)
    return first === undefined || same === null || same === undefined
      ? []
      : [{ place, value, problem: { kind: 'taken', firstLine: lineOf(first.place) } }]
  })

const LINE_FORM = ['baudRate', 'parity', 'stopBits', 'timeoutMs'] as const

const lineFaults = (amplifiers: readonly unknown[], lineOf: LineOf): Finding[] =>
  amplifiers.flatMap((amplifier, index): Finding[] => {
    const modbus = at(amplifier, 'modbus')
    const line = at(modbus, 'line')
    const first = amplifiers.findIndex((other) => at(at(other, 'modbus'), 'line') === line)
    if (line === undefined || first === index) return []
    const isSame = LINE_FORM.every((name) => at(at(amplifiers[first], 'modbus'), name) === at(modbus, name))
    const firstLine = lineOf(['amplifiers', first, 'modbus', 'line'])
    const place = ['amplifiers', index, 'modbus', 'line']
    return isSame ? [] : [{ place, value: line, problem: { kind: 'line-differs', firstLine } }]
  })

const oneAmplifierFaults = (value: unknown, amplifier: unknown, index: number, lineOf: LineOf): Finding[] => {
  const place = ['amplifiers', index]
  const modbus = at(amplifier, 'modbus')
  const readings = listAt(modbus, 'readings')
  const hasPower = at(modbus, 'power') !== undefined
  const hasGpio = at(amplifier, 'gpio') !== undefined
  const names = readings.flatMap((reading, at0) => {
    const here = [...place, 'modbus', 'readings', at0]
    const bits = listAt(reading, 'bits').map((bit, at1) => ({
      place: [...here, 'bits', at1, 'name'],
      value: at(bit, 'name'),
      same: at(bit, 'name'),
    }))
    return [{ place: [...here, 'name'], value: at(reading, 'name'), same: at(reading, 'name') }, ...bits]
  })
  const incomplete = (needs: string, at0: Place): Finding[] => [
    { place: at0, value: null, problem: { kind: 'incomplete', needs } },
  ]
  const sound = listAt(value, 'outputs').filter((output) => at(output, 'medium') === 'sound')
  return [
    ...(!hasGpio && modbus === undefined ? incomplete('gpio / modbus', place) : []),
    ...(isSection(modbus) && !hasPower && readings.length === 0
      ? incomplete('modbus.power / modbus.readings', [...place, 'modbus'])
      : []),
    ...(hasGpio && hasPower ? eitherFaults([true, true], ['gpio', 'modbus.power'], place) : []),
    ...outputFaults({ outputs: sound }, at(amplifier, 'outputs'), [...place, 'outputs']),
    ...takenFaults(names, lineOf),
  ]
}

/** Two that share a relay, or a name in the alarms, would switch and blame each other. */
const amplifierFaults = (value: unknown, lineOf: LineOf): Finding[] => {
  const amplifiers = listAt(value, 'amplifiers')
  const names = amplifiers.map((amplifier, index) => {
    const name = at(amplifier, 'name')
    return { place: ['amplifiers', index, 'name'], value: name, same: name }
  })
  const relays = amplifiers.map((amplifier, index) => {
    const gpio = at(amplifier, 'gpio')
    const [chip = 'gpiochip0', line] = [at(gpio, 'chip'), at(gpio, 'line')]
    const same = typeof chip === 'string' && typeof line === 'number' ? `${chip.replace(/^\/dev\//, '')} ${line}` : null
    return { place: ['amplifiers', index, 'gpio', 'line'], value: line, same }
  })
  return [
    ...takenFaults(names, lineOf),
    ...takenFaults(relays, lineOf),
    ...lineFaults(amplifiers, lineOf),
    ...amplifiers.flatMap((amplifier, index) => oneAmplifierFaults(value, amplifier, index, lineOf)),
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
    ...mixerFaults(value),
    ...volumeFaults(value),
    ...alertFaults(value),
    ...speechFaults(value),
    ...ownerFaults(value),
    ...amplifierFaults(value, lineOf),
  ].map(({ place, value: found, problem }) => ({
    key: keyOf(place),
    line: lineOf(place),
    found: found === null ? null : shown(keyOf(place).replaceAll(/\[\d+\]/g, '[]'), found),
    problem,
  }))
