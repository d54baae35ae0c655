/** `scripts/headend COMMAND`: the reference head-end as a process. */
import { wallMs } from '../../player/plan/time.ts'
import { ClearError, messageOf } from './clear-error.ts'
import { runCommand } from './commands.ts'

const ending = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort())
// A pipe that is closed early (`headend watch | head`) is no fault.
process.stdout.on('error', () => ending.abort())

try {
  await runCommand(process.argv.slice(2), {
    environment: process.env,
    now: () => wallMs(Date.now()),
    print: (line) => process.stdout.write(`${line}\n`),
    signal: ending.signal,
  })
} catch (error) {
  process.stderr.write(`headend: ${messageOf(error)}\n`)
  if (!(error instanceof ClearError) && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`)
  process.exitCode = 1
}
