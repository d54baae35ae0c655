/**
 * What lies in the owner's folders: a stick that comes and goes, put together by anybody on any machine. Nothing is followed
 * that could lead out of a folder, and everything has a maximum.
 */
import type { Dirent } from 'node:fs'
import { lstat, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'

export type FoundFile = { path: string; name: string; bytes: number; modifiedMs: number }
export type Skipped = { name: string; reason: string }
export type Found = { files: FoundFile[]; skipped: Skipped[] }

export type FindLimits = { filesMax: number; fileBytesMax: number; entriesMax: number; depthMax: number }

export const FIND_LIMITS: FindLimits = {
  filesMax: 2_000,
  fileBytesMax: 4_000_000_000,
  /** Looked at, in one look. */
  entriesMax: 20_000,
  depthMax: 8,
}

/** What systems leave behind on every stick: not the owner's, so not worth a complaint. */
const LEFT_BEHIND = new Set(
  ['System Volume Information', '$RECYCLE.BIN', 'RECYCLER', 'LOST.DIR', 'lost+found', 'Thumbs.db', 'desktop.ini'].map(
    (name) => name.toLowerCase(),
  ),
)
const isPassedOver = (name: string): boolean => name.startsWith('.') || LEFT_BEHIND.has(name.toLowerCase())

/** `2.jpg` before `10.jpg`, on every box alike. */
const byName = new Intl.Collator('en', { numeric: true }).compare
const inOrder = (a: Dirent, b: Dirent): number => byName(a.name, b.name) || (a.name < b.name ? -1 : 1)

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable'

/** Gone since a moment ago, or never there: no stick is plugged in. */
const isGone = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'ENODEV'].includes(codeOf(error))

type Look = { found: Found; limits: FindLimits; entries: number; beyond: number }

const lookAtFile = async (look: Look, path: string, name: string): Promise<void> => {
  const { found, limits } = look
  if (found.files.length >= limits.filesMax) {
    look.beyond += 1
    return
  }
  const { size, mtimeMs } = await lstat(path)
  if (size === 0) found.skipped.push({ name, reason: 'it is empty' })
  else if (size > limits.fileBytesMax)
    found.skipped.push({ name, reason: `it has more than ${limits.fileBytesMax} bytes` })
  else found.files.push({ path, name, bytes: size, modifiedMs: mtimeMs })
}

const lookInto = async (look: Look, folder: string, prefix: string, depth: number): Promise<void> => {
  const { found, limits } = look
  if (depth > limits.depthMax) {
    found.skipped.push({ name: prefix, reason: `more than ${limits.depthMax} folders deep` })
    return
  }
  const entries = (await readdir(folder, { withFileTypes: true })).sort(inOrder)
  for (const entry of entries) {
    look.entries += 1
    if (look.entries > limits.entriesMax || isPassedOver(entry.name)) continue
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    const path = join(folder, entry.name)
    try {
      if (entry.isSymbolicLink()) found.skipped.push({ name, reason: 'links are not followed' })
      else if (entry.isDirectory()) await lookInto(look, path, name, depth + 1)
      else if (entry.isFile()) await lookAtFile(look, path, name)
      else found.skipped.push({ name, reason: 'it is no file' })
    } catch (error) {
      // A name in the letters of another system comes out mangled, and then there is no such file.
      if (name.includes('\ufffd')) found.skipped.push({ name, reason: 'its name is not in UTF-8' })
      else if (!isGone(error)) found.skipped.push({ name, reason: codeOf(error) })
    }
  }
}

/** In the order in which they are played: folder by folder as given, in each by name, numbers by their value. */
export const findFiles = async (folders: readonly string[], limits: FindLimits = FIND_LIMITS): Promise<Found> => {
  const look: Look = { found: { files: [], skipped: [] }, limits, entries: 0, beyond: 0 }
  for (const folder of folders)
    try {
      // The folder itself may be a link, as mount points are; what is inside may not lead out of it.
      await lookInto(look, await realpath(folder), '', 0)
    } catch (error) {
      if (!isGone(error)) look.found.skipped.push({ name: folder, reason: codeOf(error) })
    }
  const { found } = look
  if (look.beyond > 0)
    found.skipped.push({ name: `${look.beyond} files`, reason: `beyond the first ${limits.filesMax}` })
  if (look.entries > limits.entriesMax)
    found.skipped.push({
      name: `${look.entries - limits.entriesMax} files`,
      reason: `beyond the first ${limits.entriesMax} that are looked at`,
    })
  return found
}
