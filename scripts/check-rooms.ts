/**
 * Who imports whom, judged by dependency-cruiser with the rules of `.dependency-cruiser.cjs`: `check-rooms [ROOT]`. It also
 * fails when the tool did not see every source file that is on the disk: under a TypeScript that it does not know, it
 * looks at nothing and finds nothing wrong.
 */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

export const ROOMS = ['agent', 'config', 'drivers', 'player', 'scripts', 'test'] as const

export type Violation = { rule: string; from: string; to: string }
export type Seen = { modules: string[]; violations: Violation[] }

const REPORT_BYTES_MAX = 64 * 1024 * 1024

const at = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined

const listAt = (value: unknown, name: string): unknown[] => {
  const list = at(value, name)
  if (!Array.isArray(list)) throw new Error(`the report of dependency-cruiser has no list "${name}"`)
  return list
}

const textAt = (value: unknown, name: string): string => {
  const text = at(value, name)
  return typeof text === 'string' ? text : ''
}

export const parseReport = (report: unknown): Seen => ({
  modules: listAt(report, 'modules').map((module) => textAt(module, 'source')),
  violations: listAt(at(report, 'summary'), 'violations').map((violation) => ({
    rule: textAt(at(violation, 'rule'), 'name'),
    from: textAt(violation, 'from'),
    to: textAt(violation, 'to'),
  })),
})

/** Source files of each room that stands on the disk. */
export const sourcesIn = (root: string): Map<string, string[]> =>
  new Map(
    ROOMS.filter((room) => existsSync(join(root, room))).map((room) => {
      const files = readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      return [room, files.filter((file) => file.endsWith('.ts')).map((file) => `${room}/${file}`)]
    }),
  )

/** One sentence for each thing that is wrong; none when all is right. */
export const judge = ({ modules, violations }: Seen, sources: Map<string, string[]>): string[] => {
  const wrong = violations.map(({ rule, from, to }) =>
    from === to ? `${rule}: ${from}` : `${rule}: ${from} imports ${to}`,
  )
  const seen = new Set(modules)
  for (const [room, files] of sources) {
    const unseen = files.filter((file) => !seen.has(file))
    if (unseen.length > 0) {
      const some = unseen.slice(0, 3).join(', ')
      wrong.push(
        `room ${room}: only ${files.length - unseen.length} of its ${files.length} files were seen (not ${some})`,
      )
    }
  }
  if ([...sources.values()].flat().length === 0) wrong.push('there are no source files to look at')
  return wrong
}

/** dependency-cruiser ends with the number of violations as its exit code, so that is no fault of its own. */
const cruise = async (root: string): Promise<unknown> => {
  const rooms = [...sourcesIn(root)].filter(([, files]) => files.length > 0).map(([room]) => room)
  if (rooms.length === 0) return { modules: [], summary: { violations: [] } }
  const program = join(root, 'node_modules/.bin/depcruise')
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...rooms]
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd: root, maxBuffer: REPORT_BYTES_MAX })
    return JSON.parse(stdout)
  } catch (error) {
    const stdout = textAt(error, 'stdout')
    if (stdout.startsWith('{')) return JSON.parse(stdout)
    throw new Error(`dependency-cruiser did not run: ${textAt(error, 'stderr').trim()}`, { cause: error })
  }
}

/** Processes and threads count as reached by a test; so somebody else has to name them, in order to start them. */
const neverStarted = (root: string, sources: Map<string, string[]>): string[] => {
  const listed: unknown = createRequire(resolve(root, 'package.json'))('./scripts/lib/started.cjs')
  const files = [...sources.values()].flat()
  const entries = Array.isArray(listed) ? files.filter((file) => listed.includes(file)) : []
  return entries.flatMap((entry) => {
    const name = new RegExp(`[/'"\`]${basename(entry, '.ts')}(\\.[jt]s|\\$\\{)`)
    const isNamed = files.some((file) => file !== entry && name.test(readFileSync(join(root, file), 'utf8')))
    return isNamed ? [] : [`started.cjs: nobody starts ${entry}`]
  })
}

export const checkRooms = async (root: string): Promise<{ wrong: string[]; seen: number }> => {
  const seen = parseReport(await cruise(root))
  const sources = sourcesIn(root)
  const own = seen.modules.filter(
    (module) => module.endsWith('.ts') && ROOMS.some((room) => module.startsWith(`${room}/`)),
  )
  return { wrong: [...judge(seen, sources), ...neverStarted(root, sources)], seen: own.length }
}

const main = async (root: string): Promise<number> => {
  const { wrong, seen } = await checkRooms(root)
  process.stdout.write(`    ${seen} modules seen, ${wrong.length} faults\n`)
  for (const sentence of wrong) process.stderr.write(`    ${sentence}\n`)
  return wrong.length === 0 ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main(process.argv[2] ?? '.')
