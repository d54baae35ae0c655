/** Asks the agent over its local socket: how it is, or something else that it answers with one page of text. */
import { request } from 'node:http'
import { parseStatus, type AgentStatus } from './status.ts'

/** A living agent answers within milliseconds; one that has hung must not hang the person who asks. */
const ANSWER_MS_MAX = 3_000
const ANSWER_BYTES_MAX = 1024 * 1024

export type Unanswered =
  /** Nobody is there. */
  | { kind: 'absent' }
  /** This user may not open the socket. */
  | { kind: 'forbidden' }
  /** The socket is open and nothing came. */
  | { kind: 'silent' }
  | { kind: 'malformed'; detail: string }

export type Answer = { kind: 'ok'; status: AgentStatus } | Unanswered

const fromError = (error: unknown): Unanswered => {
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

export type Call = { socketPath: string; path: string; body?: string; answerMsMax?: number }

/** With a body it is a POST. */
export const callAgent = ({
  socketPath,
  path,
  body,
  answerMsMax = ANSWER_MS_MAX,
}: Call): Promise<{ kind: 'text'; text: string } | Unanswered> =>
  new Promise((resolve) => {
    const signal = AbortSignal.timeout(answerMsMax)
    const method = body === undefined ? 'GET' : 'POST'
    const options = { socketPath, path, method, signal, headers: { connection: 'close' } }
    const asked = request(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
        if (text.length > ANSWER_BYTES_MAX) response.destroy(new Error('the answer is too long'))
      })
      response.on('error', (error) => resolve(fromError(error)))
      response.on('end', () => {
        const { statusCode } = response
        resolve(
          statusCode === 200 ? { kind: 'text', text } : { kind: 'malformed', detail: `HTTP ${statusCode ?? '?'}` },
        )
      })
    })
    asked.on('error', (error) => resolve(fromError(error)))
    asked.end(body)
  })

export const askAgent = async (socketPath: string): Promise<Answer> => {
  const reply = await callAgent({ socketPath, path: '/status' })
  return reply.kind === 'text' ? parseAnswer(reply.text) : reply
}
