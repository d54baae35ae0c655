/** Every small way to spoil an example: a field too many, a required field too few, a value of another type. */
import { compile } from './files.ts'

export type Mutation = { what: string; value: unknown }

type Schema = Record<string, unknown>
type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const objectOf = (value: unknown): Schema => (isObject(value) ? value : {})

/** The branch of a union that this value takes. */
const branchFor = (schema: Schema, value: unknown): Schema => {
  const branches = schema['anyOf']
  if (!Array.isArray(branches)) return schema
  const taken = branches.map(objectOf).find((branch) => compile(branch)(value))
  if (taken === undefined) throw new Error('an example takes no branch of its schema')
  return branchFor(taken, value)
}

/** One value of each type of JSON, and a number that is no integer. */
const OTHERS: unknown[] = [null, true, 12.5, 7, 'a text', [], {}]

const wrongFor = (schema: Schema): unknown[] => {
  const check = compile(schema)
  return OTHERS.filter((other) => !check(other))
}

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

/** Calls `visit` for each place in the value, with the way to put something else there. */
const walk = (
  { schema, value, path }: { schema: Schema; value: unknown; path: string },
  put: (replacement: unknown) => unknown,
  visit: (mutation: Mutation) => void,
): void => {
  const types = new Set(wrongFor(schema).map(typeOf))
  types.delete(typeOf(value))
  for (const wrong of wrongFor(schema))
    if (types.has(typeOf(wrong)) || typeOf(wrong) === 'number')
      visit({ what: `${path} as ${JSON.stringify(wrong)}`, value: put(wrong) })
  const branch = branchFor(schema, value)
  if (Array.isArray(value)) {
    const [first] = value
    const item = objectOf(branch['items'])
    if (value.length > 0)
      walk({ schema: item, value: first, path: `${path}[0]` }, (other) => put([other, ...value.slice(1)]), visit)
    return
  }
  if (!isObject(value)) return
  visit({ what: `${path} with an unknown field`, value: put({ ...value, misspelt: 1 }) })
  const required = Array.isArray(branch['required']) ? branch['required'] : []
  for (const name of required)
    visit({
      what: `${path} without ${String(name)}`,
      value: put(Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))),
    })
  const properties = objectOf(branch['properties'])
  for (const [name, inner] of Object.entries(value))
    walk(
      { schema: objectOf(properties[name]), value: inner, path: `${path}.${name}` },
      (other) => put({ ...value, [name]: other }),
      visit,
    )
}

export const mutationsOf = (schema: object, value: unknown): Mutation[] => {
  const all: Mutation[] = []
  walk(
    { schema: { ...schema, $id: undefined }, value, path: 'message' },
    (replacement) => replacement,
    (mutation) => void all.push(mutation),
  )
  return all
}
