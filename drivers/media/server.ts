/**
 * Serves ready files to the decoders of this box, and to nobody else: on the loopback address, under a path that cannot be
 * guessed. Nothing is held in memory but the piece that is on its way, and nothing unverified ever has an address. Beside the
 * store it knows files that lie elsewhere, such as on the stick of a board's owner.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { FileHandle } from 'node:fs/promises'
import type { MediaStore } from '../../agent/ports/media-store.ts'
import type { LocalFile, LocalFiles } from '../../agent/ports/owner.ts'
import type { ReadyMedia } from '../../player/ports/media.ts'
import { openSame, piecesOfFile } from './local-file.ts'
import { rangeOf, type Span } from './range.ts'

/** One chunk of the store: a piece never costs more than one row and one part of the next. */
const PIECE_BYTES = 262_144
/** Two decoders for each of 16 outputs, and their seeks. */
export const CONNECTIONS_MAX = 64
const SECRET_BYTES = 32

export type MediaServerOptions = {
  store: Pick<MediaStore, 'get' | 'read'>
  /** Asked for what the store does not have. */
  local?: LocalFiles
  log: { warn: (fields: object, message: string) => void }
}

export interface MediaServer extends ReadyMedia {
  close: () => Promise<void>
}

type Served = { sha256: string; bytes: number; mediaType: string; local: LocalFile | null }

const find = ({ store, local }: Pick<MediaServerOptions, 'store' | 'local'>, sha256: string): Served | null => {
  const row = store.get(sha256)
  if (row?.state === 'ready') return { sha256, bytes: row.bytes, mediaType: row.mediaType, local: null }
  const file = local?.get(sha256) ?? null
  return file === null ? null : { sha256, bytes: file.bytes, mediaType: file.mediaType, local: file }
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

export const openMediaServer = async (options: MediaServerOptions): Promise<MediaServer> => {
  const { store, log } = options
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const prefix = Buffer.from(`/${secret}/`)

  /** The file that a request is for; compared in constant time, so that the secret cannot be found letter by letter. */
  const servedFor = ({ url = '' }: IncomingMessage): Served | null => {
    const path = Buffer.from(url)
    if (path.length <= prefix.length || !timingSafeEqual(path.subarray(0, prefix.length), prefix)) return null
    return find(options, path.subarray(prefix.length).toString())
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const served = servedFor(request)
    if (served === null || (request.method !== 'GET' && request.method !== 'HEAD')) {
      notFound(response)
      return
    }
    const handle = served.local === null ? null : await openSame(served.local)
    if (served.local !== null && handle === null) {
      notFound(response)
      return
    }
    try {
      await send(served, handle, request, response)
    } finally {
      await handle?.close()
    }
  }
  const send = async (
    row: Served,
    handle: FileHandle | null,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
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
    else if (handle === null) await pipeline(piecesOf(store.read, row.sha256, span), response)
    else await pipeline(piecesOfFile(handle, span, PIECE_BYTES), response)
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
      const row = find(options, sha256)
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
