/**
 * Counts tests in the TAP files that tap has written: `count-tests --files N --faults N FILE…`. A test is a `test('claim')`
 * at the head of a file; a file that fails outside of its tests (it crashed, timed out, or had none) counts as one failed.
 * The last line is `N passed, N failed`; the exit code is 1 if anything failed, and if nothing ran.
 */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

export type Counts = { files: number; passed: number; failed: number; skipped: number }

const POINT = /^( *)(not ok|ok) \d+(?: - (.*?))?(?: # (SKIP|TODO)\b.*)?(?: # time=[\d.]+m?s)?(?: \{)?$/i

/** Diagnostics between `---` and `...` may quote anything, TAP among it. */
const withoutDiagnostics = (text: string): string[] => {
  let end: string | null = null
  return text.split('\n').filter((line) => {
    if (end === null) {
      const begin = /^( +)---\s*$/.exec(line)
      if (begin !== null) end = `${begin[1] ?? ''}...`
      return begin === null
    }
    if (line.trimEnd() === end) end = null
    return false
  })
}

const FILE_INDENT = 0
const TEST_INDENT = 4

export const countTests = (text: string): Counts => {
  const counts: Counts = { files: 0, passed: 0, failed: 0, skipped: 0 }
  let failedInFile = 0
  for (const line of withoutDiagnostics(text)) {
    const point = POINT.exec(line)
    if (point === null) continue
    const [, indent = '', outcome, , directive] = point
    if (indent.length === TEST_INDENT) {
      if (directive !== undefined) counts.skipped += 1
      else if (outcome === 'ok') counts.passed += 1
      else failedInFile += 1
    } else if (indent.length === FILE_INDENT) {
      counts.files += 1
      counts.failed += outcome === 'not ok' ? Math.max(1, failedInFile) : failedInFile
      failedInFile = 0
    }
  }
  // Cut off before the file's own line: whatever had failed by then has failed.
  counts.failed += failedInFile
  return counts
}

/** `faults` are of the checks before the tests and of the runner itself: they must not end in "0 failed". */
export const verdict = (
  all: Counts[],
  expected: { files: number; faults: number },
): { lines: string[]; isRight: boolean } => {
  const sum = (name: keyof Counts) => all.reduce((total, counts) => total + counts[name], 0)
  const lines: string[] = []
  let failed = sum('failed')
  const missing = expected.files - sum('files')
  if (missing > 0) {
    lines.push(`${missing} of ${expected.files} test files did not report a result.`)
    failed += missing
  }
  if (sum('passed') === 0) lines.push('No test ran and passed.')
  if (sum('passed') === 0 && failed === 0) failed = 1
  if (failed === 0 && expected.faults > 0) {
    lines.push('The tests passed, but a check before them did not: see above.')
    failed = expected.faults
  }
  if (sum('skipped') > 0) lines.push(`${sum('skipped')} skipped`)
  lines.push(`${sum('passed')} passed, ${failed} failed`)
  return { lines, isRight: failed === 0 }
}

const main = (): number => {
  const options = { files: { type: 'string', default: '0' }, faults: { type: 'string', default: '0' } } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const all = positionals.map((file) => countTests(readFileSync(file, 'utf8')))
  const { lines, isRight } = verdict(all, { files: Number(values.files), faults: Number(values.faults) })
  process.stdout.write(`${lines.join('\n')}\n`)
  return isRight ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main()
