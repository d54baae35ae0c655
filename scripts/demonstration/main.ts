/** `scripts/demo`: what the shell script starts once everything is installed and built. */
import { messageOf } from '../head-end/clear-error.ts'
import { languageOf } from '../head-end/words.ts'
import { readOptions } from './options.ts'
import { runShow } from './show.ts'
import { openTerminal } from './terminal.ts'
import { demoWords } from './words.ts'

const EXIT_USAGE = 2
const EXIT_INTERRUPTED = 130

const main = async (): Promise<number> => {
  const words = demoWords(languageOf(process.env, undefined))
  const asked = readOptions(process.argv.slice(2))
  if (asked.kind === 'help') {
    process.stdout.write(`${words.help}\n`)
    return 0
  }
  if (asked.kind === 'wrong') {
    process.stderr.write(`${words.wrong(asked.wrong)}\n`)
    return EXIT_USAGE
  }
  const { options } = asked
  const terminal = openTerminal(process.stdout, process.env)
  const stop = new AbortController()
  const kills: (() => void)[] = []
  let signals = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      signals += 1
      stop.abort()
      // A second Ctrl-C: the person will not wait for orderly goodbyes, so the children get none.
      if (signals > 1) for (const kill of kills) kill()
    })
  try {
    const outcome = await runShow({
      options,
      words,
      terminal,
      env: process.env,
      stop,
      onKill: (kill) => void kills.push(kill),
    })
    if (outcome === 'interrupted') {
      terminal.line(`  ${words.interrupted}`)
      return options.forSeconds === null ? 0 : EXIT_INTERRUPTED
    }
    return outcome === 'right' ? 0 : 1
  } catch (error) {
    const isInterrupted =
      stop.signal.aborted && !(stop.signal.reason instanceof Error && stop.signal.reason.name !== 'AbortError')
    if (isInterrupted) {
      terminal.line(`  ${words.interrupted}`)
      return options.forSeconds === null ? 0 : EXIT_INTERRUPTED
    }
    process.stderr.write(`\n  ✗ ${words.failed}: ${messageOf(error)}\n`)
    return 1
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exit(1)
  },
)
