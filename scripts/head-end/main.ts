/** `scripts/headend COMMAND`: the reference head-end as a process. */
import { openAsker } from '../../config/live/secret.ts'
import { wallMs } from '../../player/plan/time.ts'
import { ClearError, messageOf } from './clear-error.ts'
import { runCommand } from './commands.ts'

const ending = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => ending.abort())
// A pipe that is closed early (`headend watch | head`) is no fault.
process.stdout.on('error', () => ending.abort())

const screen = process.stdout.isTTY
  ? {
      write: (text: string) => void process.stdout.write(text),
      columns: process.stdout.columns,
      colour: (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
    }
  : null

try {
  await runCommand(process.argv.slice(2), {
    environment: process.env,
    now: () => wallMs(Date.now()),
    print: (line) => process.stdout.write(`${line}\n`),
    signal: ending.signal,
    secrets: {
      isTerminal: process.stdin.isTTY,
      // Opened only when it is asked: whoever runs this in the background keeps the keyboard.
      ask: async (question) => {
        const asker = openAsker(process.stdin, process.stderr)
        const answer = await asker.ask(question)
        asker.close()
        return answer
      },
    },
    ...(screen === null ? {} : { screen }),
  })
} catch (error) {
  process.stderr.write(`headend: ${messageOf(error)}\n`)
  if (!(error instanceof ClearError) && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`)
  process.exitCode = 1
}
