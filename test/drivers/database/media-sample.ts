/** Files for the tests of the media store. */
import { createCipheriv, createHash } from 'node:crypto'
import type { MediaStore, WantedMedia } from '../../../agent/ports/media-store.ts'
import { openMediaStore } from '../../../drivers/database/media-store.ts'

export const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

/** Bytes that look like nothing in particular, the same for the same seed. */
export const contentOf = (bytes: number, seed: number): Buffer => {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  return cipher.update(Buffer.alloc(bytes))
}

export const wantedOf = (content: Buffer, urls: string[] = ['http://localhost/file']): WantedMedia => ({
  sha256: sha256Of(content),
  bytes: content.length,
  mediaType: 'audio/mpeg',
  urls,
  name: 'bulletin',
})

export const openTestStore = async (file: string, quotaBytes = 100_000_000) => {
  const faults: Error[] = []
  const { store, repaired } = await openMediaStore({ file, quotaBytes, onFault: (error) => faults.push(error) })
  return { store, repaired, faults }
}

/** Wants, appends in pieces of an odd size, and finishes. */
export const storeWhole = async (store: MediaStore, content: Buffer, pieceBytes = 70_001) => {
  store.want([wantedOf(content)])
  const sha256 = sha256Of(content)
  for (let at = 0; at < content.length; at += pieceBytes) {
    await store.append(sha256, content.subarray(at, at + pieceBytes))
  }
  return store.finish(sha256)
}
