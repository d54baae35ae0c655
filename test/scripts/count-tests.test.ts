import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { countTests, verdict } from '../../scripts/count-tests.ts'

const SCRIPT = join(import.meta.dirname, '../../scripts/count-tests.js')

const FILE = `# Subtest: dist/test/a.test.js
    # Subtest: first is right
        ok 1 - should be equal
        1..1
    ok 1 - first is right # time=9.596ms
    
    # Subtest: second is wrong
        not ok 1 - should be equal
          ---
          source: |
            ok 5 - this is quoted
          ...
        1..1
    not ok 2 - second is wrong # time=14.593ms
      ---
      source: |
    ok 6 - this is quoted too
      ...
    ok 3 - third skipped # SKIP no
    1..3
not ok 1 - dist/test/a.test.js # time=35.686ms
  ---
  exitCode: 1
  ...
`
const CRASHED = '# Subtest: dist/test/b.test.js\n    1..0 # no tests found\nnot ok 2 - dist/test/b.test.js # time=6ms\n'

t.test('tests are counted once each, whatever their diagnostics quote', async (t) => {
  t.strictSame(countTests(FILE), { files: 1, passed: 1, failed: 1, skipped: 1 })
})

t.test('a file that crashed before any test is one failed', async (t) => {
  t.strictSame(countTests(CRASHED), { files: 1, passed: 0, failed: 1, skipped: 0 })
})

t.test('a file that passed all its tests and crashed afterwards is one failed', async (t) => {
  const text = '    ok 1 - fine # time=1ms\n    1..1\nnot ok 1 - dist/test/a.test.js # time=3ms\n'
  t.strictSame(countTests(text), { files: 1, passed: 1, failed: 1, skipped: 0 })
})

t.test('the last line is the counts', async (t) => {
  const { lines, isRight } = verdict([{ files: 2, passed: 7, failed: 0, skipped: 0 }], { files: 2, faults: 0 })
  t.strictSame(lines, ['7 passed, 0 failed'])
  t.equal(isRight, true)
})

t.test('a file without a result is a failure', async (t) => {
  const { lines, isRight } = verdict([{ files: 2, passed: 7, failed: 0, skipped: 0 }], { files: 3, faults: 0 })
  t.equal(lines.at(-1), '7 passed, 1 failed')
  t.equal(isRight, false)
})

t.test('a fault of the checks before the tests is not hidden by tests that pass', async (t) => {
  const { lines, isRight } = verdict([{ files: 1, passed: 7, failed: 0, skipped: 0 }], { files: 1, faults: 2 })
  t.equal(lines.at(-1), '7 passed, 2 failed')
  t.equal(isRight, false)
})

t.test('no tests at all is a failure', async (t) => {
  const { lines, isRight } = verdict([], { files: 0, faults: 0 })
  t.equal(lines.at(-1), '0 passed, 1 failed')
  t.equal(isRight, false)
})

t.test('the command prints the counts last and exits by them', async (t) => {
  const folder = t.testdir()
  const file = join(folder, 'fast.tap')
  writeFileSync(file, FILE)
  const ran = spawnSync(process.execPath, [SCRIPT, '--files', '1', file], { encoding: 'utf8' })
  t.equal(ran.stdout, '1 skipped\n1 passed, 1 failed\n')
  t.equal(ran.status, 1)
  writeFileSync(file, '    ok 1 - fine # time=1ms\n    1..1\nok 1 - dist/test/a.test.js # time=3ms\n')
  const right = spawnSync(process.execPath, [SCRIPT, '--files', '1', file], { encoding: 'utf8' })
  t.equal(right.stdout, '1 passed, 0 failed\n')
  t.equal(right.status, 0)
})
