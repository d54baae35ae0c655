import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromFile, Parser } from '@asyncapi/parser'
import { test } from 'tap'
import { CATALOGUE } from '../../../scripts/protocol/catalogue.ts'
import { generate } from '../../../scripts/protocol/generate.ts'
import { DOCUMENTS, readJson, readText } from '../../agent/protocol/files.ts'

/** Which release of AsyncAPI 3 is the newest is no fault of the document. */
const INFORMATION = ['asyncapi-latest-version']

const run = (file: string, args: string[]): Promise<{ code: number; text: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { cwd: DOCUMENTS }, (error, out, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: `${out}${errors}` }),
    )
  })

test('the committed documents are what the schemas of the code say, file by file', async (t) => {
  const files = await generate(readText('README.md'))
  for (const [path, text] of files) t.ok(readText(path) === text, `${path} is up to date`)
  const there = readdirSync(DOCUMENTS, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  t.equal(there.length, files.size, 'and there are no others')
})

test('generating twice gives the same bytes, signatures too', async (t) => {
  const readme = readText('README.md')
  t.same(await generate(readme), await generate(readme))
})

test('the check of the command line is content with the committed documents', async (t) => {
  const main = fileURLToPath(new URL('../../../scripts/protocol/main.js', import.meta.url))
  t.same(await run(main, ['--check']), { code: 0, text: '' })
})

test('a README without its marks is refused and not overwritten', async (t) => {
  await t.rejects(generate('# nothing'), /lost its marks/)
})

test('the AsyncAPI parser has nothing to say against the document', async (t) => {
  const { document, diagnostics } = await fromFile(new Parser(), join(DOCUMENTS, 'asyncapi.yaml')).parse()
  t.same(
    diagnostics
      .filter(({ code }) => !INFORMATION.includes(String(code)))
      .map(({ code, message }) => `${code}: ${message}`),
    [],
  )
  t.ok(document)
  t.same(
    document
      ?.channels()
      .all()
      .map((channel) => channel.address()),
    CATALOGUE.map(({ address }) => address),
  )
  const operations = document?.operations().all() ?? []
  t.equal(operations.filter((operation) => operation.isReceive()).length, 7)
  t.equal(operations.filter((operation) => operation.isSend()).length, 5)
  const schedule = document?.components().messages().get('schedule')
  t.match(schedule?.extensions().get('x-signed-payload')?.value(), { properties: { kind: { const: 'schedule' } } })
})

const programs = [...readText('README.md').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)

test('a stranger with plain Node opens a signed example by the program in the README', async (t) => {
  const { code, text } = await run('-e', [programs[0] ?? ''])
  t.equal(code, 0, text)
  t.match(text, /^schedule of ubnd-02215 for .* sequence 42/)
})

test('a stranger with plain Node recomputes the chain by the program in the README', async (t) => {
  const { code, text } = await run('-e', [programs[1] ?? ''])
  t.equal(code, 0, text)
  const chain = readJson('examples/as-run-chain.json') as { sequence: number; hash: string }[]
  t.equal(text, chain.map(({ sequence, hash }) => `${sequence} holds ${hash}\n`).join(''))
  for (const { hash } of chain) t.ok(readText('README.md').includes(hash))
})

test('the page of messages names every topic and links only to files that are there', (t) => {
  const page = readText('index.md')
  for (const { address } of CATALOGUE) t.ok(page.includes(`\`${address}\``), address)
  for (const [, path = ''] of page.matchAll(/\]\(([^)]+)\)/g)) t.ok(readText(path).length > 0, path)
  t.end()
})
