/**
 * Writes docs/protocol from the schemas that the code validates with.
 *
 *     node dist/scripts/protocol/main.js            writes
 *     node dist/scripts/protocol/main.js --check    writes nothing; fails if anything would change
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { generate } from './generate.ts'

/** From dist/scripts/protocol to the root of the project. */
const FOLDER = fileURLToPath(new URL('../../../docs/protocol/', import.meta.url))

const GENERATED = /^(examples\/.*|.*\.schema\.json)$/

const textOf = async (path: string): Promise<string | null> => {
  try {
    return await readFile(join(FOLDER, path), 'utf8')
  } catch {
    return null
  }
}

const differences = async (files: ReadonlyMap<string, string>) => {
  const compared = await Promise.all(
    [...files].map(async ([path, text]) => ({ path, same: (await textOf(path)) === text })),
  )
  const there = (await readdir(FOLDER, { recursive: true })).filter((path) => GENERATED.test(path))
  return {
    changed: compared.flatMap(({ path, same }) => (same ? [] : [path])),
    stale: there.filter((path) => !files.has(path)),
  }
}

const main = async () => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  await mkdir(join(FOLDER, 'examples'), { recursive: true })
  const files = await generate((await textOf('README.md')) ?? '')
  const { changed, stale } = await differences(files)
  if (values.check) {
    if (changed.length + stale.length === 0) return
    console.error(`docs/protocol is not what the schemas say: ${[...changed, ...stale].join(', ')}`)
    console.error('Run: npm run build && node dist/scripts/protocol/main.js')
    process.exitCode = 1
    return
  }
  for (const path of changed) await writeFile(join(FOLDER, path), files.get(path) ?? '')
  for (const path of stale) await rm(join(FOLDER, path))
  console.log(`docs/protocol: ${files.size} files, ${changed.length} written, ${stale.length} removed`)
}

await main()
