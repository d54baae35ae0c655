/** The one place where outside JSON becomes typed data: by the same schemas that the documents are made of. */
import { type Static, type TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject } from 'ajv'
import ajvFormats from 'ajv-formats'

export type Parsed<T> = { kind: 'ok'; value: T } | { kind: 'malformed'; detail: string }

export type Parse<T> = (value: unknown) => Parsed<T>

/** How many faults one answer lists. */
const FAULTS_MAX = 8

/** Our own schemas are checked against the meta-schema by tests: compiling that as well would double the time of a start. */
const OWN_SCHEMAS = { meta: false, validateSchema: false }

const ajv = () => {
  const instance = new Ajv({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    discriminator: false,
    ...OWN_SCHEMAS,
  })
  ajvFormats.default(instance, ['date-time', 'uuid'])
  return instance
}

/** Where one of several shapes asks for an `action` or a `kind` that the message does not have: it is not meant as that one. */
const OTHER_SHAPE = /^(.*\/anyOf\/\d+)\/properties\/\w+\/const$/

/** Of several shapes only the faults of the one that is meant; where none can be told, all of them. */
const relevant = (faults: readonly ErrorObject[]): readonly ErrorObject[] => {
  const others = faults.flatMap(({ schemaPath }) => OTHER_SHAPE.exec(schemaPath)?.[1] ?? [])
  const meant = faults.filter(
    ({ keyword, schemaPath }) => keyword !== 'anyOf' && !others.some((other) => schemaPath.startsWith(`${other}/`)),
  )
  return meant.length === 0 ? faults : meant
}

const textOf = ({ instancePath, message, params }: ErrorObject): string => {
  const name: unknown = params['additionalProperty']
  const which = typeof name === 'string' ? ` (${name})` : ''
  return `${instancePath === '' ? 'message' : instancePath} ${message ?? 'is wrong'}${which}`
}

/** Compiles on first use: a box that never gets a live message never pays for its schema. */
export const parser = <S extends TSchema>(schema: S): Parse<Static<S>> => {
  let check: ((value: unknown) => value is Static<S>) | null = null
  let faults: () => string = () => ''
  return (value) => {
    if (check === null) {
      const compiled = ajv().compile<Static<S>>(schema)
      check = (candidate): candidate is Static<S> => compiled(candidate)
      faults = () =>
        relevant(compiled.errors ?? [])
          .slice(0, FAULTS_MAX)
          .map(textOf)
          .join('; ')
    }
    return check(value) ? { kind: 'ok', value } : { kind: 'malformed', detail: faults().slice(0, 500) }
  }
}
