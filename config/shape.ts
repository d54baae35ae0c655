/** Whether a value has the shape of settings, with every fault at its place, and the defaults filled in. */
import { Type, type TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { foundType, shown, type ExpectedType, type Problem } from './fault.ts'
import { nearest, settingKey, SETTING_KEYS } from './keys.ts'
import { PictureOutputSettings, Settings, SoundOutputSettings } from './settings.ts'

export type Place = readonly (string | number)[]
export type ShapeFault = { place: Place; found: string | null; problem: Problem }
export type Shape = { kind: 'ok'; settings: Settings } | { kind: 'wrong'; faults: ShapeFault[] }

/** An output is judged by the schema of its medium alone: "matches no branch of a union" tells nobody what to mend. */
const OUTPUTS: Record<string, { schema: TSchema; keys: string[] }> = {
  sound: { schema: SoundOutputSettings, keys: Object.keys(SoundOutputSettings.properties) },
  picture: { schema: PictureOutputSettings, keys: Object.keys(PictureOutputSettings.properties) },
}
const MEDIA = Object.keys(OUTPUTS)

const { outputs: outputsSchema, ...otherProperties } = Settings.properties
const Frame = Type.Object(
  {
    ...otherProperties,
    outputs: Type.Array(Type.Unknown(), {
      ...(outputsSchema.minItems === undefined ? {} : { minItems: outputsSchema.minItems }),
      ...(outputsSchema.maxItems === undefined ? {} : { maxItems: outputsSchema.maxItems }),
    }),
  },
  { additionalProperties: false },
)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const numberOr = (value: unknown): number | null => (typeof value === 'number' ? value : null)

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** `/outputs/0/device` as parts; the base is where the validated value itself stands. */
const placeOf = (base: Place, pointer: string): (string | number)[] => [
  ...base,
  ...pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
]

const keyOf = (place: Place): string => place.map((part) => (typeof part === 'number' ? '[]' : `.${part}`)).join('')

const EXPECTED: Partial<Record<string, ExpectedType>> = {
  string: 'text',
  number: 'number',
  integer: 'whole-number',
  array: 'list',
  object: 'section',
}

/** A section that is missing is reported as the settings that it must hold: those are what a person has to write. */
const missing = (place: Place, schema: unknown): ShapeFault[] => {
  const properties = isRecord(schema) && isRecord(schema['properties']) ? schema['properties'] : {}
  const required = isRecord(schema) && Array.isArray(schema['required']) ? schema['required'] : []
  const names = required
    .filter((name) => typeof name === 'string')
    .filter((name) => {
      const property = properties[name]
      return !isRecord(property) || property['default'] === undefined
    })
  const places = names.length === 0 ? [place] : names.map((name) => [...place, name])
  return places.map((at) => ({ place: at, found: null, problem: { kind: 'missing' } }))
}

const elsewhere = (name: string): string | null =>
  SETTING_KEYS.find((key) => key.split('.').at(-1) === name && key !== name) ?? null

const unknownKey = (place: Place, name: string, known: readonly string[]): ShapeFault => {
  const near = nearest(name, known)
  // The value of an unknown name is never shown: it may be a password under a name of somebody's own making.
  const problem: Problem = {
    kind: 'unknown',
    nearest: near,
    elsewhere: near === null ? elsewhere(name) : null,
    known: [...known],
  }
  return { place: [...place, name], found: null, problem }
}

const constantsOf = (schema: unknown): string[] => {
  const branches = isRecord(schema) && Array.isArray(schema['anyOf']) ? schema['anyOf'] : []
  return branches.flatMap((branch: unknown) =>
    isRecord(branch) && (typeof branch['const'] === 'string' || typeof branch['const'] === 'number')
      ? [String(branch['const'])]
      : [],
  )
}

const faultsOf = (base: Place, error: ErrorObject): ShapeFault[] => {
  const place = placeOf(base, error.instancePath)
  const parameters: Record<string, unknown> = error.params
  const parent: unknown = error.parentSchema
  const found = shown(keyOf(place).slice(1), error.data)
  const one = (problem: Problem): ShapeFault[] => [{ place, found, problem }]
  switch (error.keyword) {
    case 'required': {
      const name = textOf(parameters['missingProperty'])
      const properties = isRecord(parent) ? parent['properties'] : undefined
      return missing([...place, name], isRecord(properties) ? properties[name] : undefined)
    }
    case 'additionalProperties': {
      const properties = isRecord(parent) && isRecord(parent['properties']) ? Object.keys(parent['properties']) : []
      return [unknownKey(place, textOf(parameters['additionalProperty']), properties)]
    }
    case 'type': {
      const expected = EXPECTED[textOf(parameters['type'])] ?? 'text'
      return one({ kind: 'wrong-type', expected, actual: foundType(error.data) })
    }
    case 'minimum':
    case 'maximum': {
      const limits = isRecord(parent) ? parent : {}
      return one({
        kind: 'out-of-range',
        minimum: numberOr(limits['minimum']),
        maximum: numberOr(limits['maximum']),
      })
    }
    case 'minItems':
    case 'maxItems': {
      const limits = isRecord(parent) ? parent : {}
      return one({
        kind: 'wrong-count',
        minimum: numberOr(limits['minItems']) ?? 0,
        maximum: numberOr(limits['maxItems']),
      })
    }
    case 'anyOf':
      return one({ kind: 'not-one-of', allowed: constantsOf(parent) })
    case 'const':
      // Said once, by the union around it.
      return []
    default:
      return one({ kind: 'malformed' })
  }
}

const judge = (check: ValidateFunction, base: Place, value: unknown): ShapeFault[] =>
  check(value) ? [] : (check.errors ?? []).flatMap((error) => faultsOf(base, error))

/** Defaults are filled in even where something else is wrong; the faults alone say whether the value is usable. */
const outputFaults = (ajv: Ajv, output: unknown, index: number): ShapeFault[] => {
  const base = ['outputs', index]
  if (!isRecord(output)) {
    const problem: Problem = { kind: 'wrong-type', expected: 'section', actual: foundType(output) }
    return [{ place: base, found: shown('outputs[]', output), problem }]
  }
  const medium = output['medium']
  const place = [...base, 'medium']
  if (medium === undefined) return [{ place, found: null, problem: { kind: 'missing' } }]
  const own = typeof medium === 'string' ? OUTPUTS[medium] : undefined
  if (own === undefined) {
    return [{ place, found: shown('outputs[].medium', medium), problem: { kind: 'not-one-of', allowed: MEDIA } }]
  }
  return judge(ajv.compile(own.schema), base, output).map((fault) => {
    const name = fault.place.at(-1)
    const stranger = fault.problem.kind === 'unknown' && typeof name === 'string' && settingKey(`outputs[].${name}`)
    // A setting of the other medium is no spelling mistake.
    if (!stranger) return fault
    return { ...fault, problem: { kind: 'unknown', nearest: null, elsewhere: `outputs[].${name}`, known: own.keys } }
  })
}

/** `devise` is one mistake, not two: mending the name also brings back the `device` that is missed. */
const withoutMisspelt = (faults: ShapeFault[]): ShapeFault[] => {
  const meant = faults.flatMap(({ place, problem }) =>
    problem.kind === 'unknown' && problem.nearest !== null ? [[...place.slice(0, -1), problem.nearest].join('/')] : [],
  )
  return faults.filter(({ place, problem }) => problem.kind !== 'missing' || !meant.includes(place.join('/')))
}

export const checkShape = (value: unknown): Shape => {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, verbose: true, strict: true })
  const isFrame = ajv.compile(Frame)
  const faults = judge(isFrame, [], value)
  const outputs = isRecord(value) && Array.isArray(value['outputs']) ? value['outputs'] : []
  faults.push(...outputs.flatMap((output: unknown, index) => outputFaults(ajv, output, index)))
  if (faults.length > 0) return { kind: 'wrong', faults: withoutMisspelt(faults) }
  const isSettings = new Ajv({ strict: true }).compile<Settings>(Settings)
  // The parts were found right, so the whole is; if not, the two schemas contradict each other, which is our fault.
  if (!isSettings(value)) throw new Error('settings are right in their parts and wrong as a whole')
  return { kind: 'ok', settings: value }
}
