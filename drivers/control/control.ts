/**
 * The local door of the agent, over HTTP on a Unix socket, for the `loa` command. `GET /status` and the other questions tell. `POST /message` takes a
 * signed message (a compact JWS as its whole body) and answers what became of it: the signature orders, not the door. Who may
 * open it is the file system's decision: owner and group.
 */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { readBody } from './body.ts'

export type ControlLog = { warn: (fields: object, text: string) => void }
/** `wrong`: what was asked makes no sense. A value is one that JSON can carry. */
export type Question = (
  query: URLSearchParams,
) => Promise<{ kind: 'ok'; value: unknown } | { kind: 'wrong'; error: string }>

export type ControlOptions = {
  socketPath: string
  /** A value that JSON can carry; called once for each question. */
  status: () => unknown
  /** Further questions by their path, such as `/schedule`: asked with what stands behind the `?`. */
  questions?: Readonly<Record<string, Question>>
  /** Gives a message to the agent; resolves with a value that JSON can carry. */
  message?: (token: Buffer) => Promise<unknown>
  log: ControlLog
}
export type Control = { close: () => Promise<void> }

const SOCKET_MODE = 0o660
/** The kernel keeps 108 bytes for the name and its end; a longer one would be cut without a word. */
const SOCKET_PATH_BYTES_MAX = 107
const CONNECTIONS_MAX = 8
const REQUEST_MS_MAX = 2_000
const HEADER_BYTES_MAX = 4_096
const CALL_MS_MAX = 1_000
/** An announcement has 2 kB; nobody hands the schedule of a province in at the box. */
const MESSAGE_BYTES_MAX = 262_144
/** The loop answers within its turn; one that hangs is not waited for. */
const MESSAGE_MS_MAX = 5_000
/** Node looks for overdue requests this often; its own default is half a minute. */
const CHECK_MS = 500

/** `alive`: somebody answers there. `stale`: left over from an agent that was killed. */
const whoIsThere = (socketPath: string): Promise<'nobody' | 'stale' | 'alive'> =>
  new Promise((resolve, reject) => {
    const stat = lstatSync(socketPath, { throwIfNoEntry: false })
    if (stat === undefined) {
      resolve('nobody')
      return
    }
    if (!stat.isSocket()) {
      reject(new Error(`the control socket cannot be made: another file is at ${socketPath}`))
      return
    }
    const call = connect(socketPath)
    const end = (found: 'stale' | 'alive') => {
      call.destroy()
      resolve(found)
    }
    // One that takes the call and then hangs is alive all the same: its files are its own.
    call.setTimeout(CALL_MS_MAX, () => end('alive'))
    call.on('connect', () => end('alive'))
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') end('stale')
      else if (error.code === 'ENOENT') resolve('nobody')
      else reject(new Error(`the control socket at ${socketPath} cannot be asked`, { cause: error }))
    })
  })

const answerJson = (response: ServerResponse, code: number, value: unknown) => {
  const body = Buffer.from(`${JSON.stringify(value)}\n`)
  response.writeHead(code, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    connection: 'close',
  })
  response.end(body)
}

const tellStatus = (response: ServerResponse, { status, log }: ControlOptions) => {
  try {
    answerJson(response, 200, status())
  } catch (error) {
    log.warn({ error }, 'the status could not be told')
    answerJson(response, 500, { error: 'no-status' })
  }
}

const takeMessage = async (
  request: IncomingMessage,
  response: ServerResponse,
  message: (token: Buffer) => Promise<unknown>,
): Promise<void> => {
  const body = await readBody(request, MESSAGE_BYTES_MAX)
  if (body.kind === 'broken') return
  if (body.kind === 'too-large') {
    answerJson(response, 413, { error: 'too-large' })
    return
  }
  if (body.bytes.length === 0) {
    answerJson(response, 400, { error: 'empty' })
    return
  }
  let timer: NodeJS.Timeout | undefined
  const overdue = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), MESSAGE_MS_MAX)
  })
  const answered = await Promise.race([message(body.bytes), overdue])
  clearTimeout(timer)
  if (answered === null) answerJson(response, 503, { error: 'no-answer' })
  else answerJson(response, 200, answered)
}

const tellMore = async (response: ServerResponse, question: Question, query: URLSearchParams): Promise<void> => {
  const told = await question(query)
  if (told.kind === 'ok') answerJson(response, 200, told.value)
  else answerJson(response, 400, { error: told.error })
}

/** Its path, and what stands behind the `?`. */
const addressOf = ({ url = '/' }: IncomingMessage): { path: string; query: URLSearchParams } => {
  const place = url.indexOf('?')
  if (place < 0) return { path: url, query: new URLSearchParams() }
  return { path: url.slice(0, place), query: new URLSearchParams(url.slice(place + 1)) }
}

/** What a client sends along beyond what was asked for is not read; closing the connection ends it. */
const answer = (request: IncomingMessage, response: ServerResponse, options: ControlOptions) => {
  const { message, log, questions = {} } = options
  const { path, query } = addressOf(request)
  const question = Object.hasOwn(questions, path) ? questions[path] : undefined
  const isMessage = path === '/message' && message !== undefined
  const expected = path === '/status' || question !== undefined ? 'GET' : isMessage ? 'POST' : null
  if (expected === null) {
    answerJson(response, 404, { error: 'not-found' })
    return
  }
  if (request.method !== expected) {
    answerJson(response, 405, { error: 'method-not-allowed' })
    return
  }
  if (question !== undefined) {
    tellMore(response, question, query).catch((error: unknown) => {
      log.warn({ error, path }, 'a question could not be answered')
      if (!response.headersSent) answerJson(response, 500, { error: 'no-answer' })
    })
    return
  }
  if (expected === 'GET' || message === undefined) {
    tellStatus(response, options)
    return
  }
  takeMessage(request, response, message).catch((error: unknown) => {
    log.warn({ error }, 'a message could not be given to the agent')
    if (!response.headersSent) answerJson(response, 500, { error: 'no-answer' })
  })
}

const listen = (server: Server, socketPath: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const refuse = (error: Error) =>
      reject(new Error(`the control socket cannot be made at ${socketPath}`, { cause: error }))
    server.once('error', refuse)
    server.listen(socketPath, () => {
      server.off('error', refuse)
      resolve()
    })
  })

/** Throws when another agent answers on the socket, and when the socket cannot be made. */
export const openControl = async (options: ControlOptions): Promise<Control> => {
  const { socketPath, log } = options
  if (Buffer.byteLength(socketPath) > SOCKET_PATH_BYTES_MAX) {
    throw new Error(`the path of the control socket is longer than ${SOCKET_PATH_BYTES_MAX} bytes: ${socketPath}`)
  }
  const found = await whoIsThere(socketPath)
  if (found === 'alive') throw new Error(`another agent answers on ${socketPath}`)
  if (found === 'stale') unlinkSync(socketPath)
  const limits = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: REQUEST_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionsCheckingInterval: CHECK_MS,
  }
  const server = createServer(limits, (request, response) => answer(request, response, options))
  server.maxConnections = CONNECTIONS_MAX
  await listen(server, socketPath)
  chmodSync(socketPath, SOCKET_MODE)
  server.on('error', (error) => log.warn({ error }, 'the control socket failed'))
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
