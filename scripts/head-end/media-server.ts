/** Serves registered files by content over HTTP: ranges, a strong ETag (the hash itself), and nothing else. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import send from 'send'
import { ClearError, messageOf } from './clear-error.ts'
import type { SentStore } from './sent-store.ts'

export type MediaServer = { port: number; close: () => Promise<void> }
export type MediaServerOptions = { store: SentStore; folder: string; host: string; port: number }

const PATH = /^\/media\/([0-9a-f]{64})$/
/** Content never changes under its hash, so a cache on the way may keep it for good. */
const CACHE_MS = 365 * 86_400_000

const answer = (response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`)
}

const serve = (request: IncomingMessage, response: ServerResponse, { store, folder }: MediaServerOptions): void => {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    answer(response, 405, 'only GET and HEAD', { allow: 'GET, HEAD' })
    return
  }
  const sha256 = PATH.exec(request.url?.split('?')[0] ?? '')?.[1]
  const file = sha256 === undefined ? null : store.media(sha256)
  if (file === null) {
    answer(response, 404, 'no such file')
    return
  }
  send(request, file.sha256, {
    root: folder,
    dotfiles: 'deny',
    index: false,
    lastModified: false,
    immutable: true,
    maxAge: CACHE_MS,
  })
    .on('headers', (outgoing: ServerResponse) => {
      // `send` makes a weak ETag of size and date only where none is set before.
      outgoing.setHeader('etag', `"${file.sha256}"`)
      outgoing.setHeader('content-type', file.mediaType)
      outgoing.setHeader('x-content-type-options', 'nosniff')
    })
    .on('error', (error: { status?: number }) => {
      if (response.headersSent) response.destroy()
      else {
        response.removeHeader('cache-control')
        answer(response, error.status ?? 500, 'the file cannot be read')
      }
    })
    .pipe(response)
}

/** Listens at once; port 0 takes a free one. */
export const startMediaServer = async (options: MediaServerOptions): Promise<MediaServer> => {
  const server = createServer((request, response) => {
    serve(request, response, options)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new ClearError(`cannot serve media on ${options.host}:${options.port}: ${messageOf(error)}`, { cause: error }),
      )
    })
    server.listen(options.port, options.host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the media server has no port')
  return {
    port: address.port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => {
          if (error === undefined) resolve()
          else reject(error)
        })
        server.closeAllConnections()
      }),
  }
}
