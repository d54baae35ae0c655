/** Gives everyone who asks the sound from now on, over HTTP. The path is the key: nobody guesses it, and nothing else is served. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export type ListenersOptions = {
  host: string
  /** 0 takes a free one. */
  port: number
  path: string
  elapsed: () => number
}

export type Listeners = {
  port: number
  count: () => number
  /** What waits here for the listener who is furthest behind. */
  behindBytes: () => number
  /** Whole frames, to all. */
  give: (frames: Buffer) => void
  /** Ends every connection and stops listening. */
  close: () => Promise<void>
}

/** More than a commune has outputs; the next is told to come again. */
export const LISTENERS_MAX = 1_000
/** Two seconds. Who is further behind misses sound instead of getting it late, and holds nobody else. */
export const BEHIND_BYTES_MAX = 32_000
/** Who took nothing for so long is gone, or will do better with a new connection. */
const STALLED_MS_MAX = 5_000
const REQUEST_MS_MAX = 5_000
const HEADER_BYTES_MAX = 8_192

type Listener = { response: ServerResponse; behindSince: number | null }

const refuse = (response: ServerResponse, status: number) => {
  response.writeHead(status, { 'content-length': 0, connection: 'close' }).end()
}

/** Rejects with the error of the system when the port is taken or the address is not of this machine. */
export const openListeners = async ({ host, port, path, elapsed }: ListenersOptions): Promise<Listeners> => {
  const listeners = new Set<Listener>()
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url !== path) {
      refuse(response, 404)
      return
    }
    if (request.method !== 'GET') {
      refuse(response, 405)
      return
    }
    if (listeners.size >= LISTENERS_MAX) {
      refuse(response, 503)
      return
    }
    const listener: Listener = { response, behindSince: null }
    listeners.add(listener)
    response.on('close', () => listeners.delete(listener))
    response.on('error', () => listeners.delete(listener))
    request.socket.setNoDelay(true)
    response.writeHead(200, { 'content-type': 'audio/mpeg', 'cache-control': 'no-store', connection: 'close' })
    response.flushHeaders()
  }
  const giveTo = (listener: Listener, frames: Buffer) => {
    const { response } = listener
    if (response.writableLength <= BEHIND_BYTES_MAX) {
      listener.behindSince = null
      response.write(frames)
      return
    }
    const now = elapsed()
    listener.behindSince ??= now
    if (now - listener.behindSince > STALLED_MS_MAX) response.destroy()
  }
  const limits = { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: REQUEST_MS_MAX, requestTimeout: REQUEST_MS_MAX }
  const server = createServer(limits, answer)
  server.maxConnections = LISTENERS_MAX + 1
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // A connection that cannot be accepted is the caller's trouble; those that are there go on.
  server.on('error', () => undefined)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sender has no port')
  return {
    port: address.port,
    count: () => listeners.size,
    behindBytes: () => Math.max(0, ...[...listeners].map(({ response }) => response.writableLength)),
    give: (frames) => {
      for (const listener of listeners) giveTo(listener, frames)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
