/** YAML or JSON that people write, parsed once: every fault at once, each with its line, what was found and what was expected. */
import type { Static, TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject } from 'ajv'
import ajvFormats from 'ajv-formats'
import { LineCounter, isNode, isPair, isScalar, isMap, parseDocument, type Document } from 'yaml'

export type Fault = { line: number; key: string; found: string; expected: string }
export type Path = readonly (string | number)[]

/** Where the parts of a document stand, for faults that no schema can find. */
export type Places = { fault: (path: Path, expected: string) => Fault }

export type Read<T> = { kind: 'ok'; value: T; places: Places } | { kind: 'faults'; faults: Fault[] }

const FOUND_CHARACTERS_MAX = 60

export const keyOf = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )

const shorten = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > FOUND_CHARACTERS_MAX ? `${text.slice(0, FOUND_CHARACTERS_MAX)}…` : text
}

const placesOf = (document: Document, lines: LineCounter): Places => {
  const offsetOf = (path: Path): number => {
    for (let length = path.length; length >= 0; length--) {
      const part = path.slice(0, length)
      const last = part.at(-1)
      const parent = document.getIn(part.slice(0, -1), true)
      if (isMap(parent)) {
        // The key names the line even where its value begins on a later one.
        const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last)
        if (pair !== undefined && isScalar(pair.key) && pair.key.range) return pair.key.range[0]
      }
      const node = document.getIn(part, true)
      if (isNode(node) && node.range) return node.range[0]
    }
    return 0
  }
  return {
    fault: (path, expected) => {
      const found: unknown = path.length === 0 ? document.toJS() : document.getIn(path)
      const value: unknown = isNode(found) ? found.toJS(document) : found
      return {
        line: Math.max(1, lines.linePos(offsetOf(path)).line),
        key: path.length === 0 ? 'the whole file' : keyOf(path),
        found: shorten(value),
        expected,
      }
    },
  }
}

const pathOf = (document: Document, pointer: string): (string | number)[] => {
  const parts = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const path: (string | number)[] = []
  for (const part of parts) path.push(isMap(document.getIn(path, true)) || path.length === 0 ? part : Number(part))
  return path
}

const describedBy = (schema: unknown): string | null =>
  typeof schema === 'object' && schema !== null && 'description' in schema && typeof schema.description === 'string'
    ? schema.description
    : null

const property = (error: ErrorObject, name: string): string => {
  const params: unknown = error.params
  if (typeof params !== 'object' || params === null || !(name in params)) return ''
  const value: unknown = Object.entries(params).find(([key]) => key === name)?.[1]
  return typeof value === 'string' ? value : ''
}

const describe = (error: ErrorObject, document: Document, places: Places): Fault => {
  const path = pathOf(document, error.instancePath)
  if (error.keyword === 'additionalProperties') {
    const known: unknown = error.parentSchema?.['properties']
    const names = typeof known === 'object' && known !== null ? Object.keys(known).join(', ') : 'none'
    return places.fault([...path, property(error, 'additionalProperty')], `one of the keys ${names}`)
  }
  if (error.keyword === 'required')
    return places.fault([...path, property(error, 'missingProperty')], 'this key, which must not be missing')
  return places.fault(path, describedBy(error.parentSchema) ?? error.message ?? 'something else')
}

/** Parses and checks a whole document. */
export const readDocument = <S extends TSchema>(schema: S, text: string): Read<Static<S>> => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0)
    return {
      kind: 'faults',
      faults: document.errors.map((error) => ({
        line: error.linePos?.[0].line ?? lines.linePos(error.pos[0]).line,
        key: 'the text',
        found: error.message,
        expected: 'well-formed YAML or JSON',
      })),
    }
  const places = placesOf(document, lines)
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true })
  ajvFormats.default(ajv, ['date-time', 'uuid'])
  const check = ajv.compile<Static<S>>(schema)
  const value: unknown = document.toJS()
  if (check(value)) return { kind: 'ok', value, places }
  const faults = (check.errors ?? [])
    // What is inside a union is told by the union itself.
    .filter((error) => !/\/anyOf\/\d+\//.test(error.schemaPath))
    .map((error) => describe(error, document, places))
  const distinct = new Map(faults.map((fault) => [`${fault.key} ${fault.expected}`, fault]))
  return { kind: 'faults', faults: [...distinct.values()].sort((a, b) => a.line - b.line) }
}

export const describeFaults = (file: string, faults: readonly Fault[]): string =>
  faults
    .map(({ line, key, found, expected }) => `${file}:${line}: ${key}: found ${found}, expected ${expected}`)
    .join('\n')
