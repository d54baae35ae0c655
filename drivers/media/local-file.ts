/** A file that lies outside the media store: on a stick that may be pulled out, or changed, in the middle of a sentence. */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { LocalFile } from '../../agent/ports/owner.ts'
import type { Span } from './range.ts'

/** No link in the last step, and no waiting for the other end of a pipe. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Open, if it is still the file that was hashed; null if it changed or is gone. The caller closes it. */
export const openSame = async ({ path, bytes, modifiedMs }: LocalFile): Promise<FileHandle | null> => {
  const handle = await open(path, FLAGS).catch(() => null)
  if (handle === null) return null
  const found = await handle.stat().catch(() => null)
  if (found?.isFile() === true && found.size === bytes && found.mtimeMs === modifiedMs) return handle
  await handle.close()
  return null
}

/** Piece by piece, each read only when the one before has left. Throws if the file has become shorter meanwhile. */
export const piecesOfFile = async function* (handle: FileHandle, { start, end }: Span, pieceBytes: number) {
  for (let at = start; at < end;) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, end - at))
    const { bytesRead } = await handle.read(piece, 0, piece.length, at)
    if (bytesRead === 0) throw new Error('the file became shorter while it was read')
    at += bytesRead
    yield piece.subarray(0, bytesRead)
  }
}
