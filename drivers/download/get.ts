/** One small answer, whole in memory, bounded in size and in time. */
import type { IncomingMessage } from 'node:http'
import type { HttpAnswer, HttpAsked, HttpGet } from '../../agent/ports/http.ts'
import { ask, bodyOf, type Limits, publicAddress, reasonOf } from './request.ts'

const ANSWER_MS = 15_000
const STALL_MS = 15_000
/** A server that drips a byte now and then would hold an alert for ever. */
const PROGRESS_BYTES = 512
/** Everything together: 20 MB in this time is 70 kB/s, which any line has that carries a recording in time. */
const WHOLE_MS = 300_000

export type GetOptions = {
  userAgent: string
  limits?: Partial<Limits> & { wholeMs?: number }
  /** Certificates to trust instead of the system's, PEM. */
  ca?: string | null
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)

const isSafe = (url: URL): boolean => url.protocol === 'https:' || isLoopback(url.hostname)

type Limited = { bytesMax: number; limits: Limits; where: string; signal: AbortSignal }

const takeWhole = async (
  response: IncomingMessage,
  { bytesMax, limits, where, signal }: Limited,
): Promise<HttpAnswer> => {
  const tooLarge = { kind: 'refused', why: 'too-large', error: `${where} has more than ${bytesMax} bytes` } as const
  if (Number(response.headers['content-length'] ?? 0) > bytesMax) return tooLarge
  const pieces: Buffer[] = []
  let bytes = 0
  try {
    for await (const piece of bodyOf(response, limits)) {
      bytes += piece.length
      if (bytes > bytesMax) return tooLarge
      pieces.push(piece)
    }
  } catch (error) {
    return { kind: 'failed', error: `${where} was cut off: ${signal.aborted ? 'called off' : reasonOf(error)}` }
  }
  const header = (name: string): string | null => {
    const value = response.headers[name]
    return typeof value === 'string' ? value : null
  }
  return { kind: 'answered', status: response.statusCode ?? 0, header, body: Buffer.concat(pieces) }
}

export const httpGet = ({ userAgent, limits: changed = {}, ca = null }: GetOptions): HttpGet => {
  const { wholeMs = WHOLE_MS, ...others } = changed
  const limits = { answerMs: ANSWER_MS, stallMs: STALL_MS, progressBytes: PROGRESS_BYTES, ...others }
  return async (address, { headers = {}, bytesMax, only, signal: calledOff }: HttpAsked) => {
    const where = publicAddress(address)
    const signal = AbortSignal.any([calledOff, AbortSignal.timeout(wholeMs)])
    const answered = await ask(address, {
      headers: { 'user-agent': userAgent, 'accept-encoding': 'identity', ...headers },
      signal,
      limits,
      ca,
      ...(only === 'https' ? { isAllowed: isSafe } : {}),
    })
    switch (answered.kind) {
      case 'failed':
        return answered
      case 'refused':
        return { ...answered, why: 'address' }
      case 'answered':
        try {
          return await takeWhole(answered.response, { bytesMax, limits, where, signal })
        } finally {
          answered.response.destroy()
        }
    }
  }
}
