/** Whether what must survive a power cut has a place to be. */
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../settings.ts'
import { errorCodeOf, type Box } from './box.ts'
import type { Finding } from './findings.ts'

/** Below this the databases cannot be relied on to grow by even a day of records and a vacuum. */
const FREE_BYTES_MIN = 200_000_000

const sizeOf = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(folder, entry.name)).size, 0)

export const checkStorage = (box: Box, { state: { folder }, media: { quotaBytes } }: Settings): Finding[] => {
  if (!existsSync(folder)) return [{ code: 'folder-absent', facts: { folder } }]
  const { bavail, bsize } = statfsSync(folder)
  const freeBytes = bavail * bsize
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    if (errorCodeOf(error) === 'EROFS') return [{ code: 'folder-full', facts: { folder, freeBytes: 0 } }]
    return [{ code: 'folder-not-mine', facts: { folder, user: box.user } }]
  }
  const usedBytes = sizeOf(folder)
  const facts = { quotaBytes, usedBytes, freeBytes }
  return [
    { code: freeBytes < FREE_BYTES_MIN ? 'folder-full' : 'folder-right', facts: { folder, freeBytes } },
    { code: quotaBytes > usedBytes + freeBytes ? 'cache-too-large' : 'cache-fits', facts },
  ]
}
