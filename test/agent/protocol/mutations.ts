/** Every small way to spoil an example: a field too many, a required field too few, a value of another type. */
import { compiler } from './files.ts'

export type Mutation = { what: string; value: unknown }

type Schema = Record<string, unknown>
type Compile = ReturnType<typeof compiler>
type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const objectOf = (value: unknown): Schema => (isObject(value) ? value : {})

/** The branch of a union that this value takes. */
const branchFor = (compile: Compile, schema: Schema, value: unknown): Schema => {
  const branches = schema['anyOf']
  if (!Array.isArray(branches)) return schema
  const taken = branches.map(objectOf).find((branch) => compile(branch)(value))
  if (taken === undefined) throw new Error('an example takes no branch of its schema')
  return branchFor(compile, taken, value)
}

/** One value of each type of JSON, and a number that is no integer. */
const OTHERS: unknown[] = [null, true, 12.5, 7, 'a text', [], {}]

const wrongFor = (compile: Compile, schema: Schema): unknown[] => {
  const check = compile(schema)
  return OTHERS.filter((other) => !check(other))
}

/** A number or null, the widest that a field is, takes three of the seven. */
const REFUSED_MIN = 4

/** Calls `visit` for each place in the value, with the way to put something else there. */
const walk = (
  { compile, schema, value, path }: { compile: Compile; schema: Schema; value: unknown; path: string },
  put: (replacement: unknown) => unknown,
  visit: (mutation: Mutation) => void,
): void => {
  const wrongs = wrongFor(compile, schema)
  if (wrongs.length < REFUSED_MIN) throw new Error(`${path} takes nearly everything`)
  for (const wrong of wrongs) visit({ what: `${path} as ${JSON.stringify(wrong)}`, value: put(wrong) })
  const branch = branchFor(compile, schema, value)
  if (Array.isArray(value)) {
    const [first, ...rest] = value as unknown[]
    const item = objectOf(branch['items'])
    if (value.length > 0)
      walk({ compile, schema: item, value: first, path: `${path}[0]` }, (other) => put([other, ...rest]), visit)
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
      { compile, schema: objectOf(properties[name]), value: inner, path: `${path}.${name}` },
      (other) => put({ ...value, [name]: other }),
      visit,
    )
}

/** Its parts are compiled one by one, and only the whole may carry the name. */
const withoutId = (schema: object): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$id'))

export const mutationsOf = (schema: object, value: unknown): Mutation[] => {
  const all: Mutation[] = []
  walk(
    { compile: compiler(), schema: withoutId(schema), value, path: 'message' },
    (replacement) => replacement,
    (mutation) => void all.push(mutation),
  )
  return all
}

/** Every named field that a schema knows, by the way to it. */
export const fieldsOf = (schema: Schema, path = ''): string[] => [
  ...(Array.isArray(schema['anyOf']) ? schema['anyOf'].flatMap((part) => fieldsOf(objectOf(part), path)) : []),
  ...(isObject(schema['items']) ? fieldsOf(schema['items'], `${path}[]`) : []),
  ...Object.entries(objectOf(schema['properties'])).flatMap(([name, part]) => [
    `${path}.${name}`,
    ...fieldsOf(objectOf(part), `${path}.${name}`),
  ]),
]

/** Every named field that a value has, by the same way. */
export const fieldsIn = (value: unknown, path = ''): string[] => {
  if (Array.isArray(value)) return value.flatMap((item) => fieldsIn(item, `${path}[]`))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => [`${path}.${name}`, ...fieldsIn(inner, `${path}.${name}`)])
}
