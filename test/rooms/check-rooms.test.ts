/** The rules are shown to bite: a house is built for each of them, with a wall broken. */
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import t from 'tap'
import { checkRooms, judge, parseReport, sourcesIn } from '../../scripts/check-rooms.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

/** Every room, each with its imports as they should be. */
const RIGHT: Record<string, string> = {
  'player/plan/time.ts': 'export const time = 1',
  'player/plan/track.ts': "import 'pure-rand/distribution/uniformInt'\nexport * from './time.ts'",
  'player/ports/clock.ts': "import type { time } from '../plan/time.ts'\nexport type Clock = typeof time",
  'player/play/stage.ts':
    "import type { Clock } from '../ports/clock.ts'\nexport const stage = (clock: Clock) => clock",
  'agent/ports/broker.ts': 'export type Broker = number',
  'agent/loop.ts':
    "import { stage } from '../player/play/stage.ts'\nimport type { Broker } from './ports/broker.ts'\nexport const loop = (broker: Broker) => stage(1) + broker",
  'agent/main.ts': "import { loop } from './loop.ts'\nimport { clock } from '../drivers/clock/clock.ts'\nloop(clock)",
  'drivers/clock/clock.ts':
    "import type { Clock } from '../../player/ports/clock.ts'\nimport { time } from '../../player/plan/time.ts'\nexport const clock: Clock = time",
  'config/settings.ts': "import 'yaml'\nimport 'node:fs'\nexport const settings = 1",
  'scripts/demo.ts': "import { settings } from '../config/settings.ts'\nexport const demo = settings",
  'test/clock.test.ts':
    "import 'tap'\nimport '../drivers/clock/clock.ts'\nimport '../config/settings.ts'\nimport '../player/plan/track.ts'\nexport const entry = '../agent/main.js'",
}

/** For each rule, files that break it, and the file that is to be blamed. */
const BROKEN: Record<string, { blame: string; files: Record<string, string> }> = {
  'no-circular': {
    blame: 'config/one.ts',
    files: {
      'config/one.ts': "import { two } from './two.ts'\nexport const one = 1 + two",
      'config/two.ts': "import { one } from './one.ts'\nexport const two = 1 + one",
    },
  },
  'not-resolvable': { blame: 'config/lost.ts', files: { 'config/lost.ts': "import './nowhere.ts'" } },
  'plan-is-pure': { blame: 'player/plan/disk.ts', files: { 'player/plan/disk.ts': "import 'node:fs'" } },
  'track-has-numbers-of-chance': {
    blame: 'player/plan/track.ts',
    files: { 'player/plan/track.ts': "import 'yaml'\nexport * from './time.ts'" },
  },
  'ports-are-contracts': { blame: 'player/ports/media.ts', files: { 'player/ports/media.ts': "import 'yaml'" } },
  'play-room': {
    blame: 'player/play/loud.ts',
    files: { 'player/play/loud.ts': "import '../../drivers/clock/clock.ts'" },
  },
  'agent-room': { blame: 'agent/hasty.ts', files: { 'agent/hasty.ts': "import '../drivers/clock/clock.ts'" } },
  'driver-room': {
    blame: 'drivers/horn/horn.ts',
    files: { 'drivers/horn/horn.ts': "import '../clock/clock.ts'" },
  },
  'ports-as-types': {
    blame: 'drivers/horn/port.ts',
    files: {
      'player/ports/speech.ts': 'export const speech = 1',
      'drivers/horn/port.ts': "import { speech } from '../../player/ports/speech.ts'\nexport const horn = speech",
    },
  },
  'loa-say-hires-a-voice': { blame: 'config/say.ts', files: { 'config/say.ts': "import '../agent/loop.ts'" } },
  'config-room': { blame: 'config/agent.ts', files: { 'config/agent.ts': "import '../agent/loop.ts'" } },
  'scripts-not-test': {
    blame: 'scripts/cheat.ts',
    files: { 'scripts/cheat.ts': "import '../test/double.ts'", 'test/double.ts': '' },
  },
  'runtime-not-scripts': { blame: 'config/shop.ts', files: { 'config/shop.ts': "import '../scripts/demo.ts'" } },
  'only-tests-use-tap': { blame: 'scripts/tap.ts', files: { 'scripts/tap.ts': "import 'tap'" } },
  'reachable-from-a-test': { blame: 'config/alone.ts', files: { 'config/alone.ts': 'export const alone = 1' } },
}

const house = (folder: string, files: Record<string, string>) => {
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json', 'scripts/lib/started.cjs']) {
    cpSync(join(ROOT, name), join(folder, name))
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), `${text}\n`)
  }
}

const blamed = (wrong: string[], rule: string) =>
  wrong.filter((sentence) => sentence.startsWith(`${rule}: `)).map((sentence) => sentence.split(' ')[1])

t.test('a house in order passes, and every file of it was seen', async (t) => {
  const folder = t.testdir()
  house(folder, RIGHT)
  const { wrong, seen } = await checkRooms(folder)
  t.strictSame(wrong, [])
  t.equal(seen, Object.keys(RIGHT).length)
})

t.test('each rule blames the file that breaks it', async (t) => {
  const folder = t.testdir()
  const broken = Object.values(BROKEN).map(({ files }) => files)
  house(folder, Object.assign({}, RIGHT, ...broken) as Record<string, string>)
  const { wrong } = await checkRooms(folder)
  for (const [rule, { blame }] of Object.entries(BROKEN)) {
    t.ok(blamed(wrong, rule).includes(blame), `${rule} blames ${blame}`)
  }
  const innocent = ['player/plan/time.ts', 'player/play/stage.ts', 'agent/loop.ts', 'agent/main.ts', 'scripts/demo.ts']
  for (const file of innocent) {
    t.notOk(
      wrong.some((sentence) => sentence.split(' ')[1] === file),
      `nobody blames ${file}`,
    )
  }
})

t.test('no rule in the file is left without a house that breaks it', async (t) => {
  const { default: rules } = (await import(join(ROOT, '.dependency-cruiser.cjs'))) as {
    default: { forbidden: { name: string }[] }
  }
  t.strictSame(rules.forbidden.map(({ name }) => name).sort(), Object.keys(BROKEN).sort())
})

t.test('a module that only an unreached module imports is not reached', async (t) => {
  const folder = t.testdir()
  house(folder, { ...RIGHT, 'config/a.ts': "import './b.ts'", 'config/b.ts': 'export const b = 1' })
  const { wrong } = await checkRooms(folder)
  t.strictSame(blamed(wrong, 'reachable-from-a-test').sort(), ['config/a.ts', 'config/b.ts'])
})

t.test('a process that nobody starts is blamed', async (t) => {
  const folder = t.testdir()
  house(folder, { ...RIGHT, 'test/clock.test.ts': (RIGHT['test/clock.test.ts'] ?? '').replace('main.js', 'other.js') })
  const { wrong } = await checkRooms(folder)
  t.strictSame(wrong, ['started.cjs: nobody starts agent/main.ts'])
})

t.test('having seen nothing is a fault, not a success', async (t) => {
  const folder = t.testdir()
  house(folder, RIGHT)
  const nothing = parseReport({ modules: [], summary: { violations: [] } })
  const wrong = judge(nothing, sourcesIn(folder))
  t.equal(wrong.length, 6, 'each of the six rooms is missed')
  t.match(wrong[0], /^room agent: only 0 of its 3 files were seen/)
})

t.test('one file that was not seen is a fault', async (t) => {
  const folder = t.testdir()
  house(folder, RIGHT)
  const modules = Object.keys(RIGHT).filter((file) => file !== 'agent/loop.ts')
  t.strictSame(judge({ modules, violations: [] }, sourcesIn(folder)), [
    'room agent: only 2 of its 3 files were seen (not agent/loop.ts)',
  ])
})

t.test('a house without any room is a fault', async (t) => {
  const folder = t.testdir()
  house(folder, {})
  rmSync(join(folder, 'scripts'), { recursive: true })
  mkdirSync(join(folder, 'scripts/lib'), { recursive: true })
  cpSync(join(ROOT, 'scripts/lib/started.cjs'), join(folder, 'scripts/lib/started.cjs'))
  const { wrong } = await checkRooms(folder)
  t.strictSame(wrong, ['there are no source files to look at'])
})

t.test('a report without its lists is refused', async (t) => {
  t.throws(() => parseReport({}), /no list "modules"/)
  t.throws(() => parseReport({ modules: [] }), /no list "violations"/)
})
