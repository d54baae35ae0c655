/**
 * Serves ready files to the decoders of this box, and to nobody else: on the loopback address, under a path that cannot be
 * guessed. Nothing is held in memory but the piece that is on its way, and nothing unverified ever has an address.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { MediaRow, MediaStore } from '../../agent/ports/media-store.ts'
import type { ReadyMedia } from '../../player/ports/media.ts'
import { rangeOf, type Span } from './range.ts'

/** One chunk of the store: a piece never costs more than one row and one part of the next. */
const PIECE_BYTES = 262_144
/** Two decoders for each of 16 outputs, and their seeks. */
export const CONNECTIONS_MAX = 64
const SECRET_BYTES = 32

export type MediaServerOptions = {
  store: Pick<MediaStore, 'get' | 'read'>
  log: { warn: (fields: object, message: string) => void }
}

export interface MediaServer extends ReadyMedia {
  close: () => Promise<void>
}

const readyRow = (store: Pick<MediaStore, 'get'>, sha256: string): MediaRow | null => {
  const row = store.get(sha256)
  return row?.state === 'ready' ? row : null
}

const notFound = (response: ServerResponse): void => {
  response.writeHead(404, { 'content-length': 0 }).end()
}

/** Piece by piece, each read only when the one before has left. */
const piecesOf = async function* (read: MediaStore['read'], sha256: string, { start, end }: Span) {
  for (let at = start; at < end;) {
    const pieceEnd = Math.min(end, (Math.floor(at / PIECE_BYTES) + 1) * PIECE_BYTES)
    const piece = await read(sha256, at, pieceEnd)
    if (piece === null) throw new Error('the file was removed while it was read')
    at = pieceEnd
    yield piece
  }
}

/** A decoder that seeks leaves in the middle of an answer, as often as it likes. */
const isLeaving = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'].includes(String(error.code))

export const openMediaServer = async ({ store, log }: MediaServerOptions): Promise<MediaServer> => {
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const prefix = Buffer.from(`/${secret}/`)

  /** The file that a request is for; compared in constant time, so that the secret cannot be found letter by letter. */
  const rowFor = ({ url = '' }: IncomingMessage): MediaRow | null => {
    const path = Buffer.from(url)
    if (path.length <= prefix.length || !timingSafeEqual(path.subarray(0, prefix.length), prefix)) return null
    return readyRow(store, path.subarray(prefix.length).toString())
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const row = rowFor(request)
    if (row === null || (request.method !== 'GET' && request.method !== 'HEAD')) {
      notFound(response)
      return
    }
    const ranged = rangeOf(request.headers.range, row.bytes)
    if (ranged.kind === 'unsatisfiable') {
      response.writeHead(416, { 'content-range': `bytes */${row.bytes}`, 'content-length': 0 }).end()
      return
    }
    const span = ranged.kind === 'part' ? ranged.span : { start: 0, end: row.bytes }
    response.writeHead(ranged.kind === 'part' ? 206 : 200, {
      'content-type': row.mediaType,
      'content-length': span.end - span.start,
      'accept-ranges': 'bytes',
      'cache-control': 'no-store',
      etag: `"${row.sha256}"`,
      ...(ranged.kind === 'part' ? { 'content-range': `bytes ${span.start}-${span.end - 1}/${row.bytes}` } : {}),
    })
    if (request.method === 'HEAD') response.end()
    else await pipeline(piecesOf(store.read, row.sha256, span), response)
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!isLeaving(error)) log.warn({ error }, 'media could not be served')
      // The head has been sent with a length; only a cut tells the decoder that this is not the whole file.
      response.destroy()
    })
  })
  server.maxConnections = CONNECTIONS_MAX
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the media server has no port')
  const origin = `http://127.0.0.1:${address.port}/${secret}`

  return {
    source: (sha256) => {
      const row = readyRow(store, sha256)
      return row === null ? null : { url: `${origin}/${sha256}`, sha256, mediaType: row.mediaType }
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
