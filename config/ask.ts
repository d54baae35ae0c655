/** Asks the agent how it is, over its local socket. */
import { request } from 'node:http'
import { parseStatus, type AgentStatus } from './status.ts'

/** A living agent answers within milliseconds; one that has hung must not hang the person who asks. */
const ANSWER_MS_MAX = 3_000
const ANSWER_BYTES_MAX = 1024 * 1024

export type Answer =
  | { kind: 'ok'; status: AgentStatus }
  /** Nobody is there. */
  | { kind: 'absent' }
  /** This user may not open the socket. */
  | { kind: 'forbidden' }
  /** The socket is open and nothing came. */
  | { kind: 'silent' }
  | { kind: 'malformed'; detail: string }

const fromError = (error: unknown): Answer => {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK' || code === 'ENOTDIR')
    return { kind: 'absent' }
  if (code === 'EACCES' || code === 'EPERM') return { kind: 'forbidden' }
  const name = error instanceof Error ? error.name : ''
  if (name === 'TimeoutError' || name === 'AbortError') return { kind: 'silent' }
  return { kind: 'malformed', detail: error instanceof Error ? error.message : String(error) }
}

const parseAnswer = (text: string): Answer => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'malformed', detail: 'not JSON' }
  }
  return parseStatus(value)
}

export const askAgent = (socketPath: string): Promise<Answer> =>
  new Promise((resolve) => {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX)
    const asked = request({ socketPath, path: '/status', signal, headers: { connection: 'close' } }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
        if (text.length > ANSWER_BYTES_MAX) response.destroy(new Error('the answer is too long'))
      })
      response.on('error', (error) => resolve(fromError(error)))
      response.on('end', () => {
        const { statusCode } = response
        resolve(statusCode === 200 ? parseAnswer(text) : { kind: 'malformed', detail: `HTTP ${statusCode ?? '?'}` })
      })
    })
    asked.on('error', (error) => resolve(fromError(error)))
    asked.end()
  })
