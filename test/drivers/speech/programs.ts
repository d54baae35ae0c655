/** Programs that tests put in place of an engine. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { until } from '../poll.ts'

/** A shell script that says that it runs, and goes on as it is told. */
export const script = (t: Test, body: string): { program: string; begun: () => Promise<void> } => {
  const folder = t.testdir()
  const [program, mark] = [join(folder, 'engine'), join(folder, 'begun')]
  writeFileSync(program, `#!/bin/sh\n: > '${mark}'\n${body}\n`)
  chmodSync(program, 0o755)
  return { program, begun: () => until('the program runs', () => existsSync(mark)) }
}
