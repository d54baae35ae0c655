/** A program in the place of gpioset, for a machine without a GPIO chip: it holds nothing, and tells how it was used. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'

/** Writes down how it was started, and by what it ended; then waits, as gpioset does while it holds a line. */
export const standIn = (t: Test, version = 'v1.6.3') => {
  const folder = t.testdir()
  const [program, log] = [join(folder, 'gpioset'), join(folder, 'log')]
  writeFileSync(
    program,
    `#!/bin/bash
if [ "$1" = --version ]; then echo 'gpioset (libgpiod) ${version}'; exit 0; fi
trap 'echo "end $$" >> ${log}; exit 0' TERM
echo "start $$ $*" >> ${log}
while :; do sleep 0.05; done
`,
  )
  chmodSync(program, 0o755)
  const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
  const held = () => lines().flatMap((line) => /^start (\d+) (.*)$/.exec(line)?.slice(1) ?? [])
  return { program, lines, lastPid: () => Number(held().at(-2)), lastArguments: () => held().at(-1) }
}
