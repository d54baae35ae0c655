import { test } from 'tap'
import { DOWNLINKS } from '../../../agent/protocol/downlink.ts'
import { UPLINKS } from '../../../agent/protocol/uplink.ts'
import { parser } from '../../../agent/protocol/validate.ts'
import { compile, exampleFiles, partOf, readJson, readText, schemaFiles, schemaOf } from './files.ts'
import { fieldsIn, fieldsOf, mutationsOf } from './mutations.ts'

const messages = exampleFiles('.json').flatMap((example) => {
  const schema = schemaOf(example)
  return schema === null ? [] : [{ example, schema }]
})
const schemaAt = (file: string): object => {
  const schema = readJson(file)
  if (typeof schema !== 'object' || schema === null) throw new Error(`${file} is no schema`)
  return schema
}

test('every kind of message has a schema file and a complete example', (t) => {
  const kinds = [...Object.keys(DOWNLINKS), ...Object.keys(UPLINKS), 'delegation']
  t.same(
    kinds.filter((kind) => !schemaFiles().includes(`${kind}.schema.json`)),
    [],
  )
  t.same(
    kinds.filter((kind) => !messages.some(({ example }) => example === `${kind}.json`)),
    [],
  )
  t.end()
})

for (const { example, schema } of messages) {
  test(`${example} is valid by the committed ${schema}`, (t) => {
    const check = compile(schemaAt(schema))
    t.ok(check(readJson(`examples/${example}`)), JSON.stringify(check.errors))
    t.end()
  })

  test(`${example}: a field too many, too few or of another type is refused everywhere`, (t) => {
    const check = compile(schemaAt(schema))
    const mutations = mutationsOf(schemaAt(schema), readJson(`examples/${example}`))
    t.ok(mutations.length > 20, `${mutations.length} mutations`)
    t.same(
      mutations.filter(({ value }) => check(value)).map(({ what }) => what),
      [],
    )
    t.end()
  })
}

/** Every message has a target, and each form of it is in the example of some kind. */
const TARGETS = ['.target.area', '.target.group', '.target.within', '.target.device']

test('the examples of a kind show every field that its schema knows', (t) => {
  const seenTargets = new Set<string>()
  for (const schema of new Set(messages.map((message) => message.schema))) {
    const shown = new Set(
      messages
        .filter((message) => message.schema === schema)
        .flatMap(({ example }) => fieldsIn(readJson(`examples/${example}`))),
    )
    for (const target of TARGETS) if (shown.has(target)) seenTargets.add(target)
    const missing = fieldsOf({ ...schemaAt(schema) }).filter((field) => !shown.has(field) && !TARGETS.includes(field))
    t.same(missing, [], schema)
  }
  t.same([...seenTargets].sort(), [...TARGETS].sort())
  t.end()
})

test('what the code validates with refuses the same mutations as the files do', (t) => {
  const schemas = { ...DOWNLINKS, ...UPLINKS }
  for (const [kind, schema] of Object.entries(schemas)) {
    const parse = parser(schema)
    const example = readJson(`examples/${kind}.json`)
    t.equal(parse(example).kind, 'ok', kind)
    const passed = mutationsOf(schemaAt(`${kind}.schema.json`), example).filter(
      ({ value }) => parse(value).kind === 'ok',
    )
    t.same(
      passed.map(({ what }) => what),
      [],
      kind,
    )
  }
  t.end()
})

test('every signed example carries its .json as payload, and headers of the committed schemas', (t) => {
  const header = compile(schemaAt('message-header.schema.json'))
  const delegationHeader = compile(schemaAt('delegation-header.schema.json'))
  for (const file of exampleFiles('.jws')) {
    const jws = readText(`examples/${file}`)
    t.same(partOf(jws, 1), readJson(`examples/${file.replace('.jws', '.json')}`), file)
    const check = file === 'delegation.jws' ? delegationHeader : header
    t.ok(check(partOf(jws, 0)), `${file} ${JSON.stringify(check.errors)}`)
  }
  t.end()
})

test('the chain of the examples is one of valid records', (t) => {
  const check = compile(schemaAt('as-run-record.schema.json'))
  const chain = readJson('examples/as-run-chain.json')
  t.ok(Array.isArray(chain) && chain.length === 3 && chain.every((record) => check(record)))
  t.end()
})

test('a fault names its place, and a message that is all wrong does not fill the log', (t) => {
  const answer = parser(DOWNLINKS.command)({ ...Object(readJson('examples/command.json')), sequence: 'one' })
  t.match(answer, { kind: 'malformed', detail: /\/sequence must be integer/ })
  const hopeless = parser(DOWNLINKS.schedule)({ body: { programmes: Array.from({ length: 500 }, () => ({})) } })
  t.ok(hopeless.kind === 'malformed' && hopeless.detail.length <= 500)
  t.end()
})
