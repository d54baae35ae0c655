/** One HTTP(S) request whose body is read as it comes: redirects followed, waits limited, secrets kept out of messages. */
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'

export const REDIRECTS_MAX = 5

export type Limits = {
  /** From the request to the head of the answer: name, connection, TLS and the server's own thinking. */
  answerMs: number
  /** How long an open answer may bring less than `progressBytes`. */
  stallMs: number
  progressBytes: number
}

export type Asked = {
  headers: OutgoingHttpHeaders
  signal: AbortSignal
  limits: Limits
  ca: string | null
  /** Asked of each address on the way, redirects included; all if absent. */
  isAllowed?: (url: URL) => boolean
}

export type Answered =
  /** The body must be read to its end or destroyed. */
  | { kind: 'answered'; response: IncomingMessage }
  /** Another try may help. */
  | { kind: 'failed'; error: string }
  | { kind: 'refused'; error: string }

/** An address as it may stand in a log: without user, password, query and fragment, any of which may be a secret. */
export const publicAddress = (address: string): string => {
  const url = URL.canParse(address) ? new URL(address) : null
  return url === null ? 'an unreadable address' : `${url.protocol}//${url.host}${url.pathname}`
}

/** The reason as the system names it; the text of the error could hold the address. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown error'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.name
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

const askOnce = (url: URL, { headers, signal, limits, ca }: Asked): Promise<Answered> =>
  new Promise((resolve) => {
    const where = publicAddress(url.href)
    const options = { headers, signal, agent: false as const, ...(ca === null ? {} : { ca }) }
    const request = url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options)
    const timer = setTimeout(() => {
      resolve({ kind: 'failed', error: `no answer from ${where} within ${limits.answerMs} ms` })
      request.destroy()
    }, limits.answerMs)
    request.on('response', (response) => {
      clearTimeout(timer)
      resolve({ kind: 'answered', response })
    })
    // Also after the answer: a cut shows at the body, which is where it is dealt with.
    request.on('error', (error) => {
      clearTimeout(timer)
      const reason = signal.aborted ? 'called off' : `cannot reach ${where}: ${reasonOf(error)}`
      resolve({ kind: 'failed', error: reason })
    })
    request.end()
  })

/** Follows redirects; each is a request of its own, so a password in one address is not sent to another. */
export const ask = async (address: string, asked: Asked): Promise<Answered> => {
  let next = address
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const url = URL.canParse(next) ? new URL(next) : null
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      return { kind: 'refused', error: `${publicAddress(next)} is no address of http or https` }
    }
    if (asked.isAllowed?.(url) === false) {
      return { kind: 'refused', error: `${publicAddress(next)} is not encrypted: only https is believed here` }
    }
    if (asked.signal.aborted) return { kind: 'failed', error: 'called off' }
    const answered = await askOnce(url, asked)
    if (answered.kind !== 'answered') return answered
    const { statusCode = 0, headers } = answered.response
    if (!isRedirect(statusCode)) return answered
    answered.response.destroy()
    if (headers.location === undefined || !URL.canParse(headers.location, url.href)) {
      return { kind: 'refused', error: `${publicAddress(url.href)} redirects to nowhere` }
    }
    next = new URL(headers.location, url).href
  }
  return { kind: 'refused', error: `${publicAddress(address)} redirects more than ${REDIRECTS_MAX} times` }
}

/** The pieces of a body; ends the answer, and so the loop with an error, when less than `progressBytes` come in `stallMs`. */
export const bodyOf = async function* (response: IncomingMessage, limits: Limits): AsyncGenerator<Buffer> {
  let received = 0
  let receivedBefore = 0
  const timer = setInterval(() => {
    if (received - receivedBefore < limits.progressBytes) response.destroy(new StalledError())
    receivedBefore = received
  }, limits.stallMs)
  try {
    for await (const piece of response) {
      if (!Buffer.isBuffer(piece)) throw new Error('a body came as text')
      received += piece.length
      yield piece
    }
  } finally {
    clearInterval(timer)
    response.destroy()
  }
}

class StalledError extends Error {
  override readonly name = 'stalled'
}
