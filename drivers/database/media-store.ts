/**
 * The media store. What is known of the files stands in the agent's memory and is answered at once; their bytes and the
 * disk are in a thread of their own, since one commit on an SD card can take as long as an alert may wait.
 */
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FinishResult, MediaStore, OriginalContent } from '../../agent/ports/media-store.ts'
import { type Catalogue, type Entry, fileRow, loseTail, mediaCatalogue, setStored, update } from './media-catalogue.ts'
import { CHUNK_BYTES } from './media-file.ts'
import { type MediaThread, startMediaThread } from './media-thread.ts'
import type { Failure, Work } from './media-worker.ts'

/** Two full manifests. */
export const FILES_MAX = 40_000
/** Files with less than a chunk in memory at once; the one that began first is fetched again from its last chunk. */
export const TAILS_MAX = 8
/** Chunks handed over and not yet written: enough that the line and the card need not wait for each other. */
export const CHUNKS_IN_FLIGHT_MAX = 4
/** How often the order of use is written down: to lose an hour of it costs nothing, to write every play wears the card. */
export const USE_SAVE_MS = 3_600_000
const ERROR_LENGTH_MAX = 500
/** What was made here and the disk refuses is kept in memory instead: the sirens, and the words of some twenty alerts. */
export const MEMORY_BYTES_MAX = 32_000_000
/** Hashed in one go: less than ten milliseconds on the slowest box. */
const HASH_PIECE_BYTES = 524_288

export type MediaStoreOptions = {
  file: string
  quotaBytes: number
  /** No single file may be larger; the quota if absent. */
  fileBytesMax?: number
  /** The disk failed; or the database was damaged and begins anew, after which everything is wanted again. */
  onFault: (error: Error) => void
  filesMax?: number
}

/** A failure of what is not awaited has been reported when it comes back here. */
const postTo = (thread: MediaThread) => (work: Work) => void thread.ask(work).catch(() => null)

const afterFailure = ({ damaged, stored }: Failure, catalogue: Catalogue): void => {
  const chunks = new Map(stored)
  for (const entry of catalogue.all()) {
    if (entry.memory !== null) continue
    // What was made here has no address to be fetched from again: whoever needs it makes it anew.
    if (damaged && entry.row.urls.length === 0) catalogue.drop(entry)
    if (damaged && entry.row.state === 'ready') update(entry, { state: 'wanted' })
    if (entry.row.state !== 'ready') setStored(entry, chunks.get(entry.fileId) ?? 0)
  }
}

const partialOf = (catalogue: Catalogue, sha256: string): Entry => {
  const entry = catalogue.find(sha256)
  if (entry === null || entry.row.state === 'ready') throw new Error(`${sha256} is not being fetched`)
  return entry
}

/** Gathers what comes into whole chunks, and hands each over to the thread together with its memory. */
const byteWriter = (thread: MediaThread, catalogue: Catalogue) => {
  const withTail = new Set<Entry>()
  const inFlight = new Set<Promise<void>>()
  const tailOf = (entry: Entry): Uint8Array<ArrayBuffer> => {
    if (entry.tail !== null) return entry.tail
    withTail.delete(entry)
    for (const other of withTail) {
      if (withTail.size < TAILS_MAX) break
      loseTail(other)
      withTail.delete(other)
    }
    withTail.add(entry)
    return (entry.tail = new Uint8Array(CHUNK_BYTES))
  }
  const write = async (entry: Entry, index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    try {
      const answer = await thread.ask({ do: 'chunk', fileId: entry.fileId, index, bytes }, [bytes.buffer])
      if (answer.kind !== 'done') entry.fault ??= new Error(`chunk ${index} came after one that failed`)
    } catch (error) {
      entry.fault ??= error instanceof Error ? error : new Error(String(error))
    }
  }
  const throwFault = (entry: Entry): void => {
    const { fault } = entry
    entry.fault = null
    if (fault !== null) throw fault
  }
  const storeTail = async (entry: Entry): Promise<void> => {
    const { tail, tailBytes, row } = entry
    if (tail === null) return
    withTail.delete(entry)
    entry.tail = null
    entry.tailBytes = 0
    const index = (row.storedBytes - tailBytes) / CHUNK_BYTES
    const written = write(entry, index, new Uint8Array(tail.buffer, 0, tailBytes)).then(() => {
      inFlight.delete(written)
    })
    inFlight.add(written)
    if (inFlight.size >= CHUNKS_IN_FLIGHT_MAX) await Promise.race(inFlight)
  }
  const append = async (sha256: string, bytes: Buffer): Promise<void> => {
    const entry = partialOf(catalogue, sha256)
    throwFault(entry)
    const { row, losses } = entry
    if (row.storedBytes + bytes.length > row.bytes) throw new Error(`${sha256} would be longer than ${row.bytes} bytes`)
    for (let at = 0; at < bytes.length;) {
      const copied = bytes.copy(tailOf(entry), entry.tailBytes, at)
      at += copied
      entry.tailBytes += copied
      update(entry, { storedBytes: row.storedBytes + copied, tries: 0 })
      if (entry.tailBytes === CHUNK_BYTES) await storeTail(entry)
      throwFault(entry)
      if (entry.losses !== losses) throw new Error(`${sha256} was begun anew meanwhile`)
    }
  }
  const finish = async (sha256: string): Promise<FinishResult> => {
    if (catalogue.find(sha256)?.row.state === 'ready') return { kind: 'ready' }
    const entry = partialOf(catalogue, sha256)
    const { row, fileId } = entry
    if (row.storedBytes === row.bytes) await storeTail(entry)
    await Promise.all(inFlight)
    throwFault(entry)
    if (row.storedBytes !== row.bytes) return { kind: 'incomplete', storedBytes: row.storedBytes }
    catalogue.use(entry)
    const chunks = Math.ceil(row.bytes / CHUNK_BYTES)
    const answer = await thread.ask({ do: 'finish', fileId, sha256, chunks, lastUse: entry.lastUse })
    if (answer.kind !== 'finished') throw new Error(`the media thread answered ${answer.kind} to finish`)
    switch (answer.result.kind) {
      case 'ready':
        update(entry, { state: 'ready', lastError: null, validator: null, tries: 0 })
        return { kind: 'ready' }
      case 'wrong-hash':
        // Made here meanwhile, and so whole.
        if (catalogue.find(sha256)?.row.state === 'ready') return { kind: 'ready' }
        setStored(entry, 0)
        update(entry, { validator: null })
        return answer.result
      case 'incomplete':
        return { kind: 'incomplete', storedBytes: row.storedBytes }
    }
  }
  return { append, finish }
}

const hashOf = async (bytes: Uint8Array): Promise<string> => {
  const hash = createHash('sha256')
  for (let at = 0; at < bytes.length; at += HASH_PIECE_BYTES) {
    hash.update(bytes.subarray(at, at + HASH_PIECE_BYTES))
    if (at + HASH_PIECE_BYTES < bytes.length) await nextTurn()
  }
  return hash.digest('hex')
}

/** Puts what was made here under its hash: ready from memory at once, and from the disk once that has it. */
const originator = (thread: MediaThread, catalogue: Catalogue) => {
  const writeDown = async (entry: Entry, bytes: Uint8Array): Promise<void> => {
    try {
      await thread.ask({ do: 'originate', row: fileRow(entry), bytes })
      entry.memory = null
    } catch {
      // Told by the thread already. Without a disk it goes on being ready from memory.
      catalogue.trimMemory(MEMORY_BYTES_MAX)
    }
  }
  return async (content: OriginalContent): Promise<string> => {
    const sha256 = await hashOf(content.bytes)
    const { entry, isFresh } = catalogue.originate(sha256, content)
    const { memory } = entry
    if (isFresh && memory !== null) void writeDown(entry, memory)
    else if (memory === null) void thread.ask({ do: 'put', rows: [fileRow(entry)], waits: true }).catch(() => null)
    return sha256
  }
}

/** `repaired` says in a sentence that the database had to begin anew; null where it was whole, or is new. */
export const openMediaStore = async (
  options: MediaStoreOptions,
): Promise<{ store: MediaStore; repaired: string | null }> => {
  const { file, quotaBytes, onFault } = options
  const onFailure = (failure: Failure): void => {
    afterFailure(failure, catalogue)
    if (failure.damaged) save(catalogue.all())
    onFault(
      new Error(`the media database ${failure.damaged ? 'was damaged and begins anew' : 'failed'}: ${failure.message}`),
    )
  }
  const thread = await startMediaThread({ file, quotaBytes }, onFailure)
  const { files, repaired } = thread.opened
  const loudness = new Map(thread.opened.loudness.map((row) => [row.sha256, row]))
  const fileBytesMax = Math.min(quotaBytes, options.fileBytesMax ?? quotaBytes)
  const catalogue = mediaCatalogue({ files, quotaBytes, fileBytesMax, filesMax: options.filesMax ?? FILES_MAX })
  const post = postTo(thread)
  const save = (changed: Iterable<Entry>, waits = false): void => {
    // A row without bytes must not be on the disk as ready.
    const rows = [...changed].filter(({ memory }) => memory === null).map(fileRow)
    if (rows.length > 0) post({ do: 'put', rows, waits })
  }
  const used = new Set<Entry>()
  const saveUses = (): void => {
    save(used, true)
    used.clear()
  }
  const saving = setInterval(saveUses, USE_SAVE_MS).unref()
  const forget = (entry: Entry): void => {
    setStored(entry, 0)
    update(entry, { validator: null })
    post({ do: 'restart', fileId: entry.fileId })
  }
  const store: MediaStore = {
    ...byteWriter(thread, catalogue),
    originate: originator(thread, catalogue),
    findByName: (beginning) => {
      const entry = catalogue.findByName(beginning)
      return entry === null ? null : { ...entry.row }
    },
    want: (media) => {
      const { result, changed, outgrown } = catalogue.want(media)
      outgrown.forEach(forget)
      save(changed)
      return result
    },
    get: (sha256) => {
      const entry = catalogue.find(sha256)
      return entry === null ? null : { ...entry.row }
    },
    wanted: () =>
      catalogue
        .all()
        .filter(({ row }) => row.state === 'wanted')
        .map(({ row }) => ({ ...row })),
    setValidator: (sha256, validator) => {
      const entry = partialOf(catalogue, sha256)
      if (entry.row.validator === validator) return
      update(entry, { validator })
      save([entry], true)
    },
    restart: (sha256) => forget(partialOf(catalogue, sha256)),
    recordFailure: (sha256, error, final) => {
      const entry = catalogue.find(sha256)
      // It may have been evicted, or become ready by another way, while it failed.
      if (entry === null || entry.row.state === 'ready') return
      update(entry, { tries: entry.row.tries + 1, lastError: error.slice(0, ERROR_LENGTH_MAX) })
      if (!final) return
      // Only what is final is written down: an agent that begins anew tries anew, and a dead line does not wear the card.
      update(entry, { state: 'failed' })
      save([entry])
    },
    read: async (sha256, start, end) => {
      const entry = catalogue.find(sha256)
      if (entry?.row.state !== 'ready' || start < 0 || start > end || end > entry.row.bytes) return null
      if (start === 0 && catalogue.use(entry)) used.add(entry)
      if (entry.memory !== null) return Buffer.from(entry.memory.subarray(start, end))
      const answer = await thread.ask({ do: 'read', fileId: entry.fileId, start, end })
      if (answer.kind !== 'read') throw new Error(`the media thread answered ${answer.kind} to read`)
      return answer.bytes === null ? null : Buffer.from(answer.bytes.buffer)
    },
    evict: (keep, bytesNeeded) => {
      const gone = catalogue.evict(keep, bytesNeeded)
      for (const entry of gone) used.delete(entry)
      if (gone.length > 0) post({ do: 'remove', fileIds: gone.map(({ fileId }) => fileId) })
      return gone.map(({ row }) => row.sha256)
    },
    usage: catalogue.usage,
    loudness: (sha256) => loudness.get(sha256) ?? null,
    setLoudness: (row) => {
      loudness.set(row.sha256, row)
      post({ do: 'loudness', row })
    },
    unmeasured: (version) =>
      catalogue
        .all()
        .filter(({ row }) => row.state === 'ready' && loudness.get(row.sha256)?.version !== version)
        .map(({ row }) => ({ ...row })),
    close: async () => {
      clearInterval(saving)
      saveUses()
      await thread.close()
    },
  }
  return { store, repaired }
}
