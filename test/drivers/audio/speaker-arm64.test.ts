import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'

const CONFIGURATIONS = join('deps', 'mpg123', 'config', 'linux')

test('speaker can be built on 64-bit ARM', (t) => {
  const modules = join(t.testdir({ node_modules: {} }), 'node_modules')
  const speaker = join(modules, 'speaker')
  const helper = join(modules, 'loa-speaker-arm64')
  mkdirSync(speaker)
  cpSync(join('node_modules', 'speaker', CONFIGURATIONS), join(speaker, CONFIGURATIONS), { recursive: true })
  rmSync(join(speaker, CONFIGURATIONS, 'arm64'), { recursive: true, force: true })
  cpSync(join('packages', 'speaker-arm64'), helper, { recursive: true })
  const run = () => execFileSync(process.execPath, ['configure.js'], { cwd: helper, encoding: 'utf8' })

  t.match(run(), /added/)
  const header = (machine: string) => readFileSync(join(speaker, CONFIGURATIONS, machine, 'config.h'), 'utf8')
  t.equal(header('arm64'), header('x64'))
  t.match(header('arm64'), /#define SIZEOF_LONG 8/, 'a 64-bit machine')
  t.match(header('arm64'), /\/\* #\s*undef WORDS_BIGENDIAN \*\//, 'a little-endian one')
  t.match(run(), /present/, 'a second install changes nothing')
  rmSync(join(speaker, CONFIGURATIONS), { recursive: true })
  t.match(run(), /unknown/, 'another version of speaker is left alone')
  t.notOk(existsSync(join(speaker, CONFIGURATIONS)))
  t.end()
})

test('the step runs before speaker is built', (t) => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { link?: boolean; hasInstallScript?: boolean } | undefined>
  }
  const helper = lock.packages['node_modules/loa-speaker-arm64']
  t.equal(helper?.hasInstallScript, true)
  t.notOk(helper?.link, 'a linked package would run its script too late')
  t.match(readFileSync('.npmrc', 'utf8'), /^install-links=true$/m)
  t.end()
})
