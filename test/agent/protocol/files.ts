/** The committed documents, read from disk as a stranger would: nothing here shares code with the schemas. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv, type ValidateFunction } from 'ajv'
import ajvFormats from 'ajv-formats'

/** From dist/test/agent/protocol to the root of the project. */
export const DOCUMENTS = fileURLToPath(new URL('../../../../docs/protocol/', import.meta.url))

export const readText = (path: string): string => readFileSync(join(DOCUMENTS, path), 'utf8')
export const readJson = (path: string): unknown => JSON.parse(readText(path))

export const exampleFiles = (end: string): string[] =>
  readdirSync(join(DOCUMENTS, 'examples'))
    .filter((file) => file.endsWith(end))
    .sort()

export const schemaFiles = (): string[] => readdirSync(DOCUMENTS).filter((file) => file.endsWith('.schema.json'))

/** `live-stop.json` is an example of `live.schema.json`; null for files that are no message. */
export const schemaOf = (example: string): string | null => {
  const name = example.replace(/\.(json|jws)$/, '')
  const schema = [`${name}.schema.json`, `${name.split('-')[0] ?? ''}.schema.json`]
  return schema.find((file) => schemaFiles().includes(file)) ?? null
}

/** One instance compiles each part of a schema once, however often it is asked. */
export const compiler = (): ((schema: object) => ValidateFunction) => {
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true })
  ajvFormats.default(ajv)
  return (schema) => ajv.compile(schema)
}

export const compile = (schema: object): ValidateFunction => compiler()(schema)

export const partOf = (jws: string, index: 0 | 1): unknown =>
  JSON.parse(Buffer.from(jws.split('.')[index] ?? '', 'base64url').toString('utf8'))
