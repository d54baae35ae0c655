/** The examining process: one file after the other, with the lowest urgency, until the agent closes the line or is gone. */
import { setPriority } from 'node:os'
import { type Examined, type ExamineResponse, parseRequest } from './examination.ts'
import { examine } from './examine.ts'

/** Behind everything that plays; what it starts inherits it. */
const NICENESS = 15
const REASON_CHARS_MAX = 200

const reasonOf = (error: unknown): string => {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : null
  if (typeof code === 'string') return code
  return (error instanceof Error ? error.message : String(error)).slice(0, REASON_CHARS_MAX)
}

const work = async (message: unknown): Promise<void> => {
  const request = parseRequest(message)
  if (request === null) return
  const examined = await examine(request.path, request.bytes).catch((error: unknown): Examined => ({
    kind: 'failed',
    reason: reasonOf(error),
  }))
  const response: ExamineResponse = { id: request.id, examined }
  process.send?.(response)
}

setPriority(NICENESS)
process.on('message', (message: unknown) => void work(message))
process.on('disconnect', () => process.exit(0))
