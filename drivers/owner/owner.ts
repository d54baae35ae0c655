/**
 * The owner's content of a private board: looks into his folders and his playlist again and again, finds out what each file
 * is, and tells the agent whenever there is something else to show. Gives the media server the places of what was hashed.
 */
import { join } from 'node:path'
import type { LocalFile, LocalFiles, OwnerContent, OwnerFile, OwnerListener } from '../../agent/ports/owner.ts'
import type { Clock } from '../../player/ports/clock.ts'
import { openCopies, type Copies, type CopiesLimits } from './copies.ts'
import { openExaminer } from './examiner.ts'
import { FIND_LIMITS, findFiles, type FindLimits, type Found, type FoundFile, type Skipped } from './find.ts'
import { openMemory } from './memory.ts'

export type OwnerLimits = FindLimits & {
  /** Between two looks; and between the first and the second sight of a file that is not known. */
  lookMs: number
  settleMs: number
  /** What was found so far is told this often while more is being examined. */
  growthMs: number
  playlistMs: number
  copies: Partial<CopiesLimits>
}

export const OWNER_LIMITS: OwnerLimits = {
  ...FIND_LIMITS,
  lookMs: 10_000,
  settleMs: 2_000,
  growthMs: 30_000,
  playlistMs: 60_000,
  copies: {},
}

/** Reasons beyond this are counted by nobody: the first are what a person mends. */
const SKIPPED_MAX = 100

export type OwnerOptions = {
  folders: readonly string[]
  /** Address of an M3U. */
  playlist: string | null
  stateFolder: string
  clock: Clock
  log: { warn: (fields: object, message: string) => void }
  listener: OwnerListener
  limits?: Partial<OwnerLimits>
}

export interface OwnerSource extends LocalFiles {
  close: () => Promise<void>
}

const sightOf = ({ path, bytes, modifiedMs }: FoundFile): string => `${path}|${bytes}|${modifiedMs}`

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const openOwner = async (options: OwnerOptions): Promise<OwnerSource> => {
  const { folders, playlist, stateFolder, clock, log, listener } = options
  const limits = { ...OWNER_LIMITS, ...options.limits }
  const memory = await openMemory(join(stateFolder, 'owner.json'))
  const examiner = openExaminer(clock)
  const copies: Copies | null =
    playlist === null
      ? null
      : await openCopies({
          address: playlist,
          folder: join(stateFolder, 'owner-copies'),
          elapsedMs: () => clock.elapsed(),
          limits: limits.copies,
        })
  const closing = new AbortController()
  let found: Found = { files: [], skipped: [] }
  let local = new Map<string, LocalFile>()
  let told = ''
  let toldFiles: readonly OwnerFile[] = []
  let toldAt = clock.elapsed()
  /** Unknown files of the last look, by place, size and time: the same at two looks, it is not being written any more. */
  let seen = new Set<string>()
  let settled: FoundFile[] = []

  const contentOf = (): { content: OwnerContent; places: Map<string, LocalFile>; isWhole: boolean } => {
    const files: OwnerFile[] = []
    const skipped: Skipped[] = [...found.skipped]
    const places = new Map<string, LocalFile>()
    let isWhole = true
    for (const { path, name, bytes, modifiedMs } of found.files) {
      const examined = memory.of({ path, name, bytes, modifiedMs })
      if (examined === null) isWhole = false
      else if (examined.kind !== 'playable') skipped.push({ name, reason: examined.reason })
      else {
        const { sha256, medium, mediaType, durationMs } = examined
        files.push({ sha256, name, kind: medium, durationMs })
        places.set(sha256, { path, bytes, modifiedMs, mediaType })
      }
    }
    return { content: { files, skipped: skipped.slice(0, SKIPPED_MAX) }, places, isWhole }
  }

  /** While more is being examined, what grows is told now and then, and what is gone at once. */
  const tell = () => {
    const { content, places, isWhole } = contentOf()
    local = places
    const isGone = toldFiles.some(({ sha256 }) => !places.has(sha256))
    if (!isWhole && !isGone && clock.elapsed() - toldAt < limits.growthMs) return
    const text = JSON.stringify(content)
    if (text === told) return
    told = text
    toldFiles = content.files
    toldAt = clock.elapsed()
    listener(content)
  }

  const look = async (): Promise<void> => {
    const inFolders = await findFiles(folders, limits)
    const inCopies: Found = (await copies?.found()) ?? { files: [], skipped: [] }
    const files = [...inFolders.files, ...inCopies.files].slice(0, limits.filesMax)
    found = { files, skipped: [...inFolders.skipped, ...inCopies.skipped] }
    memory.forgetFailures(files)
    const unknown = files.filter((file) => memory.of(file) === null)
    settled = unknown.filter((file) => seen.has(sightOf(file)))
    seen = new Set(unknown.map(sightOf))
    tell()
  }

  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (closing.signal.aborted) {
        resolve()
        return
      }
      const timer = clock.after('owner', ms, () => {
        closing.signal.removeEventListener('abort', wake)
        resolve()
      })
      const wake = () => {
        timer.cancel()
        resolve()
      }
      closing.signal.addEventListener('abort', wake, { once: true })
    })

  /** One fault is told once; the next turn tries again. */
  const repeatedly = async (work: () => Promise<number>): Promise<void> => {
    let lastFault = ''
    while (!closing.signal.aborted) {
      const waitMs = await work().catch((error: unknown) => {
        const fault = messageOf(error)
        if (fault !== lastFault) log.warn({ error: fault }, 'content of the owner could not be looked at')
        lastFault = fault
        return limits.lookMs
      })
      await wait(waitMs)
    }
  }

  const looking = repeatedly(async () => {
    await look()
    return seen.size > settled.length ? limits.settleMs : limits.lookMs
  })
  const examining = repeatedly(async () => {
    const file = settled.find((candidate) => memory.of(candidate) === null)
    if (file === undefined) {
      examiner.rest()
      await memory.save()
      return limits.settleMs
    }
    const examined = await examiner.examine(file)
    if (closing.signal.aborted) return 0
    memory.put(file, examined)
    tell()
    return 0
  })
  const copying =
    copies === null
      ? Promise.resolve()
      : repeatedly(async () => {
          await copies.refresh(closing.signal)
          return limits.playlistMs
        })

  return {
    get: (sha256) => local.get(sha256) ?? null,
    close: async () => {
      closing.abort()
      await examiner.close()
      await Promise.all([looking, examining, copying])
      await memory.save().catch((error: unknown) => {
        log.warn({ error: messageOf(error) }, 'what is known of the content of the owner could not be kept')
      })
    },
  }
}
