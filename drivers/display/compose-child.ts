/** The composing process: one job after the other, until the agent closes the line or is gone. */
import { compose } from './compose.ts'
import { type ComposeResponse, type ComposeResult, parseRequest } from './compose-jobs.ts'

const ERROR_CHARS_MAX = 300

const sentence = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, ERROR_CHARS_MAX)

const work = async (message: unknown): Promise<void> => {
  const request = parseRequest(message)
  if (request === null) return
  const result = await compose(request.job).catch((error: unknown): ComposeResult => ({
    kind: 'failed',
    error: sentence(error),
  }))
  const response: ComposeResponse = { id: request.id, result }
  process.send?.(response)
}

process.on('message', (message: unknown) => void work(message))
process.on('disconnect', () => process.exit(0))
