/**
 * CAP documents in a folder. What lies there needs no signature, so the folder itself is the authority: nothing of it is believed
 * that anybody but root and the user of this program could have written.
 */
import { constants, type FSWatcher, type Stats, watch } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../../player/ports/clock.ts'
import { type AlertSourceHandle, faultTeller, lookAgain, type SourceEvents } from './source.ts'
import { xmlText } from './xml-text.ts'

export const DOCUMENT_BYTES_MAX = 200_000
/** Of those that end in .xml or .cap, by name; a folder of alerts holds a handful. */
export const FILES_MAX = 500
const NAMES_TOLD_MAX = 5
/** A file that does not look complete is taken once it has not changed for so long. */
const SETTLE_MS = 1_000

export type FolderOptions = {
  folder: string
  everyMs: number
  clock: Pick<Clock, 'after' | 'wall' | 'elapsed'>
  events: SourceEvents
  /** Whose files are believed, beside root's; the user of this process if absent. */
  ownerUid?: number
}

const GROUP_WRITES = 0o020
const OTHERS_WRITE = 0o002
const STICKY = 0o1000

/** Null: only root and the owner can write to it. */
const whoElseWrites = ({ uid, gid, mode }: Stats, ownerUid: number): string | null => {
  if (uid !== 0 && uid !== ownerUid) return `belongs to another user (${uid}): chown it to root`
  if ((mode & OTHERS_WRITE) !== 0) return 'may be written by everyone: chmod o-w'
  // In the group of the service are those who may ask it how it is: that is no right to speak.
  if ((mode & GROUP_WRITES) !== 0 && gid !== 0) return `may be written by a group (${gid}): chmod g-w`
  return null
}

/** Whoever may rename a folder on the way may put another in its place; the sticky bit forbids that. */
const faultOfPath = async (folder: string, ownerUid: number): Promise<string | null> => {
  const path = await realpath(folder)
  const stats = await lstat(path)
  if (!stats.isDirectory()) return `${folder} is no folder`
  const fault = whoElseWrites(stats, ownerUid)
  if (fault !== null) return `${folder} ${fault}`
  for (let at = dirname(path), below = path; at !== below; below = at, at = dirname(at)) {
    const around = await lstat(at)
    const faultAround = (around.mode & STICKY) === 0 ? whoElseWrites(around, ownerUid) : null
    if (faultAround !== null) return `${at}, in which ${folder} lies, ${faultAround}`
  }
  return null
}

type Look =
  | { kind: 'document'; bytes: Buffer; version: string }
  | { kind: 'fault'; detail: string }
  /** It went away between the listing and the reading. */
  | { kind: 'gone' }

const versionOf = ({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string => [dev, ino, size, mtimeMs, ctimeMs].join(':')

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)

const readOpened = async (file: FileHandle, known: string | undefined, ownerUid: number): Promise<Look> => {
  // Asked of the open file, so that what is judged is what is read.
  const stats = await file.stat()
  if (!stats.isFile()) return { kind: 'fault', detail: 'is no file' }
  const fault = whoElseWrites(stats, ownerUid)
  if (fault !== null) return { kind: 'fault', detail: fault }
  if (stats.size > DOCUMENT_BYTES_MAX)
    return { kind: 'fault', detail: `has ${stats.size} bytes, more than ${DOCUMENT_BYTES_MAX}` }
  const version = versionOf(stats)
  if (version === known) return { kind: 'document', bytes: Buffer.alloc(0), version }
  const { bytesRead, buffer } = await file.read(Buffer.alloc(DOCUMENT_BYTES_MAX), 0, DOCUMENT_BYTES_MAX, 0)
  return { kind: 'document', bytes: buffer.subarray(0, bytesRead), version }
}

/** Links are not followed, and a pipe does not hold it up. */
const readDocument = async (path: string, known: string | undefined, ownerUid: number): Promise<Look> => {
  let file: FileHandle | null = null
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    return await readOpened(file, known, ownerUid)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return { kind: 'gone' }
    return { kind: 'fault', detail: code === 'ELOOP' ? 'is a link' : `cannot be read (${code})` }
  } finally {
    await file?.close()
  }
}

/** The end of a document that is whole, in whatever encoding; what ends otherwise may still be written to. */
const looksWhole = (bytes: Buffer): boolean => {
  const end = bytes.toString('latin1', Math.max(0, bytes.length - 200)).replaceAll('\0', '')
  return /<\/([\w.-]+:)?alert\s*>\s*$/.test(end)
}

type Known = { version: string; sinceMs: number; isGiven: boolean }

const isCapName = (name: string): boolean => /^[^.].*\.(xml|cap)$/i.test(name)

/** Names of files are told, but not believed to be harmless in a terminal. */
const shown = (name: string): string => name.replace(/[^\p{L}\p{N} ._-]/gu, '?').slice(0, 100)

export const openFolderSource = (options: FolderOptions): AlertSourceHandle => {
  const { folder, everyMs, clock, events } = options
  const ownerUid = options.ownerUid ?? process.getuid?.() ?? 0
  const known = new Map<string, Known>()
  const tell = faultTeller(folder, events)
  let watcher: FSWatcher | null = null

  const unwatch = () => {
    watcher?.close()
    watcher = null
  }
  /** Only to be quick: where the kernel does not tell, the next look does. */
  const watchFolder = () => {
    if (watcher !== null) return
    try {
      watcher = watch(folder, { persistent: false }, () => looking.now())
      watcher.on('error', unwatch)
    } catch {
      watcher = null
    }
  }
  /** True while it is still to be waited for. */
  const take = (name: string, { bytes, version }: Extract<Look, { kind: 'document' }>, faults: string[]): boolean => {
    const before = known.get(name)
    if (before?.version === version && before.isGiven) return false
    const sinceMs = before?.version === version ? before.sinceMs : clock.elapsed()
    const isGiven = looksWhole(bytes) || clock.elapsed() - sinceMs >= SETTLE_MS
    known.set(name, { version, sinceMs, isGiven })
    if (!isGiven) return true
    const text = xmlText(bytes)
    if (text.kind === 'ok') events.found({ xml: text.text, source: folder, foundAt: clock.wall() })
    else faults.push(`${shown(name)} ${text.error}`)
    return false
  }
  const lookInside = async (): Promise<number> => {
    const names = (await readdir(folder)).filter(isCapName).sort()
    const faults = names.length > FILES_MAX ? [`there are more than ${FILES_MAX} files`] : []
    let waits = false
    const read = names.slice(0, FILES_MAX)
    for (const gone of [...known.keys()].filter((name) => !read.includes(name))) known.delete(gone)
    for (const name of read) {
      const before = known.get(name)
      const look = await readDocument(
        join(folder, name),
        before?.isGiven === true ? before.version : undefined,
        ownerUid,
      )
      if (look.kind === 'document') waits = take(name, look, faults) || waits
      else known.delete(name)
      if (look.kind === 'fault') faults.push(`${shown(name)} ${look.detail}`)
    }
    tell(faults.length === 0 ? null : faults.slice(0, NAMES_TOLD_MAX).join('; '))
    return waits ? SETTLE_MS : everyMs
  }
  const look = async (): Promise<number> => {
    try {
      const fault = await faultOfPath(folder, ownerUid)
      if (fault === null) {
        watchFolder()
        return await lookInside()
      }
      // What was taken before stays known: it is not taken twice when the folder is mended.
      tell(`${fault}. Nothing in it is believed until then`)
    } catch (error) {
      tell(codeOf(error) === 'ENOENT' ? `${folder} is not there` : `${folder} cannot be read (${codeOf(error)})`)
    }
    unwatch()
    return everyMs
  }
  const looking = lookAgain({ clock, name: 'alert folder', look })
  looking.now()
  return {
    close: async () => {
      unwatch()
      await looking.close()
    },
  }
}
