/** What is known of the files of the media store, in memory: which there are, how far each has come, which may go. */
import type { MediaRow, MediaUsage, OriginalContent, WantedMedia, WantResult } from '../../agent/ports/media-store.ts'
import { CHUNK_BYTES, type FileRow } from './media-file.ts'

export type Entry = {
  readonly fileId: number
  readonly row: MediaRow
  /** Grows with every use of any file. */
  lastUse: number
  /** What has come since the last whole chunk. */
  tail: Uint8Array<ArrayBuffer> | null
  tailBytes: number
  /** Counts what took bytes away, so that an append that waited for the disk knows of it. */
  losses: number
  /** What befell a chunk after its append had returned; the next append or the finish throws it. */
  fault: Error | null
  /** Its bytes, while they are ready and not on the disk. */
  memory: Uint8Array<ArrayBuffer> | null
}

export type StoredFile = FileRow & { chunks: number }

export type CatalogueOptions = { files: StoredFile[]; quotaBytes: number; fileBytesMax: number; filesMax: number }

export const update = (entry: Entry, changes: Partial<MediaRow>): void => void Object.assign(entry.row, changes)

export const fileRow = ({ fileId, row, lastUse }: Entry): FileRow => ({
  fileId,
  sha256: row.sha256,
  bytes: row.bytes,
  mediaType: row.mediaType,
  name: row.name,
  urls: JSON.stringify(row.urls),
  state: row.state,
  lastError: row.lastError,
  validator: row.validator,
  lastUse,
})

const parseUrls = (json: string): string[] => {
  const urls: unknown = JSON.parse(json)
  return Array.isArray(urls) ? urls.filter((url) => typeof url === 'string') : []
}

/** Every chunk that is stored is full but the last one of a file. */
const bytesIn = (chunks: number, row: { bytes: number }): number => Math.min(chunks * CHUNK_BYTES, row.bytes)

const entryOf = (file: StoredFile): Entry => {
  const { fileId, sha256, bytes, mediaType, name, state, lastError, validator, lastUse, chunks } = file
  const known = { sha256, bytes, mediaType, name, state, lastError, validator, urls: parseUrls(file.urls) }
  const row = { ...known, storedBytes: bytesIn(chunks, file), tries: 0 }
  return { fileId, row, lastUse, tail: null, tailBytes: 0, losses: 0, fault: null, memory: null }
}

export const loseTail = (entry: Entry): void => {
  update(entry, { storedBytes: entry.row.storedBytes - entry.tailBytes })
  entry.tail = null
  entry.tailBytes = 0
  entry.losses += 1
}

export const setStored = (entry: Entry, chunks: number): void => {
  loseTail(entry)
  update(entry, { storedBytes: bytesIn(chunks, entry.row) })
}

const isSame = (row: MediaRow, media: WantedMedia): boolean =>
  row.state !== 'failed' &&
  row.name === media.name &&
  row.bytes === media.bytes &&
  row.mediaType === media.mediaType &&
  row.urls.length === media.urls.length &&
  row.urls.every((url, index) => url === media.urls[index])

export type Catalogue = ReturnType<typeof mediaCatalogue>

export const mediaCatalogue = ({ files, quotaBytes, fileBytesMax, filesMax }: CatalogueOptions) => {
  const entries = new Map<string, Entry>(files.map((file) => [file.sha256, entryOf(file)]))
  let lastFileId = files.reduce((most, { fileId }) => Math.max(most, fileId), 0)
  let lastUse = files.reduce((most, file) => Math.max(most, file.lastUse), 0)

  const add = ({ sha256, bytes, mediaType, urls, name }: WantedMedia): Entry => {
    const known = { sha256, bytes, mediaType, urls, name, storedBytes: 0, tries: 0 }
    const entry: Entry = {
      fileId: (lastFileId += 1),
      row: { ...known, state: 'wanted', lastError: null, validator: null },
      lastUse: (lastUse += 1),
      tail: null,
      tailBytes: 0,
      losses: 0,
      fault: null,
      memory: null,
    }
    entries.set(sha256, entry)
    return entry
  }
  const refresh = (entry: Entry, { bytes, mediaType, urls, name }: WantedMedia): void => {
    update(entry, { mediaType, urls, name })
    if (entry.row.state === 'ready') return
    update(entry, { bytes })
    if (entry.row.state === 'failed') update(entry, { state: 'wanted', tries: 0 })
  }
  const usage = (): MediaUsage => {
    let [readyCount, readyBytes, partialBytes] = [0, 0, 0]
    for (const { row } of entries.values()) {
      if (row.state === 'ready') {
        readyCount += 1
        readyBytes += row.storedBytes
      } else partialBytes += row.storedBytes
    }
    return { readyCount, readyBytes, partialBytes, quotaBytes }
  }
  return {
    all: () => [...entries.values()],
    find: (sha256: string): Entry | null => entries.get(sha256) ?? null,
    drop: (entry: Entry): void => void entries.delete(entry.row.sha256),
    usage,
    /** True where the order of use has changed. */
    use: (entry: Entry): boolean => {
      if (entry.lastUse === lastUse) return false
      entry.lastUse = lastUse += 1
      return true
    },
    /** `outgrown` are those whose announced size has changed: what is stored of them belongs to something else. */
    want: (media: WantedMedia[]): { result: WantResult; changed: Entry[]; outgrown: Entry[] } => {
      const refuse = (result: WantResult) => ({ result, changed: [], outgrown: [] })
      const large = media.find(({ bytes }) => bytes > fileBytesMax)
      if (large !== undefined) {
        return refuse({ kind: 'too-large', sha256: large.sha256, bytes: large.bytes, quotaBytes: fileBytesMax })
      }
      const fresh = new Set(media.map(({ sha256 }) => sha256).filter((sha256) => !entries.has(sha256)))
      if (entries.size + fresh.size > filesMax) return refuse({ kind: 'too-many', filesMax })
      const [changed, outgrown] = [new Set<Entry>(), new Set<Entry>()]
      for (const one of media) {
        const known = entries.get(one.sha256)
        if (known === undefined) changed.add(add(one))
        else if (!isSame(known.row, one)) {
          if (known.row.state !== 'ready' && known.row.bytes !== one.bytes) outgrown.add(known)
          refresh(known, one)
          changed.add(known)
        }
      }
      return { result: { kind: 'accepted' }, changed: [...changed], outgrown: [...outgrown] }
    },
    /** Ready from now. True where its bytes must still be written; a file that is ready only gets its newer name. */
    originate: (sha256: string, { bytes, mediaType, name }: OriginalContent): { entry: Entry; isFresh: boolean } => {
      const known = entries.get(sha256)
      const made = { sha256, bytes: bytes.length, mediaType, name }
      const entry = known ?? add({ ...made, urls: [] })
      const isFresh = entry.row.state !== 'ready'
      entry.lastUse = lastUse += 1
      update(entry, { mediaType, name })
      if (!isFresh) return { entry, isFresh }
      loseTail(entry)
      update(entry, { bytes: bytes.length, storedBytes: bytes.length, state: 'ready', tries: 0 })
      update(entry, { lastError: null, validator: null })
      entry.memory = Uint8Array.from(bytes)
      return { entry, isFresh }
    },
    findByName: (beginning: string): Entry | null => {
      let found: Entry | null = null
      for (const entry of entries.values()) {
        const isIt = entry.row.state === 'ready' && entry.row.name.startsWith(beginning)
        if (isIt && entry.lastUse >= (found?.lastUse ?? 0)) found = entry
      }
      return found
    },
    /** What the disk refused is kept up to `bytesMax`, the newest; returns what had to go. */
    trimMemory: (bytesMax: number): Entry[] => {
      const held = [...entries.values()].filter(({ memory }) => memory !== null)
      let excess = held.reduce((sum, { row }) => sum + row.bytes, 0) - bytesMax
      const gone: Entry[] = []
      for (const entry of held.sort((a, b) => a.lastUse - b.lastUse)) {
        if (excess <= 0) break
        excess -= entry.row.bytes
        entries.delete(entry.row.sha256)
        gone.push(entry)
      }
      return gone
    },
    /** Rows cost too: where half of the rows are taken, those that are not in `keep` go as well, whatever they hold. */
    evict: (keep: ReadonlySet<string>, bytesNeeded: number): Entry[] => {
      const { readyBytes, partialBytes } = usage()
      let excess = readyBytes + partialBytes + bytesNeeded - quotaBytes
      const gone: Entry[] = []
      // Asked after everything that comes: as long as there is room, nothing is gone through.
      if (excess <= 0 && entries.size <= filesMax / 2) return gone
      const removable = [...entries.values()].filter(({ row }) => !keep.has(row.sha256))
      for (const entry of removable.sort((a, b) => a.lastUse - b.lastUse)) {
        const isCrowded = entries.size > filesMax / 2
        if (excess <= 0 && !isCrowded) break
        if (entry.row.storedBytes === 0 && !isCrowded) continue
        excess -= entry.row.storedBytes
        loseTail(entry)
        entries.delete(entry.row.sha256)
        gone.push(entry)
      }
      return gone
    },
  }
}
