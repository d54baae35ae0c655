/**
 * Shows the TAP that tap writes, as it comes, to a person and to a log alike: one line for each file that passed, and
 * everything worth reading of one that failed. `show-tests SAVED` reads standard input and keeps a copy for counting.
 * (tap's own reporters move the cursor about, even in a log.)
 */
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { countTests } from './count-tests.ts'

/** Of one file; beyond this a test that prints without end would fill the memory. */
const LINES_KEPT_MAX = 20_000

const FILE_POINT = /^(not ok|ok) \d+ - (\S+)(?:.*# time=([\d.]+)ms)?/

const isNoise = (line: string) => /^\s*(ok \d+\b.*|\d+\.\.\d+.*|# Subtest: .*|# time=.*|TAP version 14)?$/.test(line)

const sourceOf = (file: string) => file.replace(/^dist\//, '').replace(/\.js$/, '.ts')

/** Takes the lines of one run in order; answers with what to show, once a file has ended. */
export const createShow = () => {
  let lines: string[] = []
  let isInDiagnostics = false
  let failed = false
  return (line: string): string[] => {
    // The diagnostics of a failed file follow its line; they only repeat how it was started.
    if (failed && line.startsWith('  ---')) isInDiagnostics = true
    if (isInDiagnostics) {
      if (line.startsWith('  ...')) isInDiagnostics = false
      return []
    }
    const point = FILE_POINT.exec(line)
    if (point === null) {
      if (lines.length < LINES_KEPT_MAX) lines.push(line)
      return []
    }
    const [, outcome, file = '', ms = '0'] = point
    const counts = countTests([...lines, line].join('\n'))
    const seconds = (Number(ms) / 1000).toFixed(1)
    failed = outcome !== 'ok'
    const told = failed ? lines.filter((kept) => !isNoise(kept)) : []
    lines = []
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
    const sum = failed ? `${counts.failed} of ${counts.passed + counts.failed} FAILED` : `${counts.passed}${skipped}`
    return [`  ${failed ? '✗' : '✓'} ${sourceOf(file)} · ${sum} · ${seconds} s`, ...told]
  }
}

const main = async (saved: string): Promise<void> => {
  const copy = createWriteStream(saved)
  const show = createShow()
  for await (const line of createInterface({ input: process.stdin })) {
    copy.write(`${line}\n`)
    for (const told of show(line)) process.stdout.write(`${told}\n`)
  }
  await new Promise((resolve) => copy.end(resolve))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv[2] ?? '/dev/null')
