/**
 * What was found out about files, by place, size and time of change, so that a stick of 20 GB is not read at every boot. Kept
 * as one small file; if that is damaged, everything is looked at again.
 */
import { open, readFile, rename } from 'node:fs/promises'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Examined } from './examination.ts'
import type { FoundFile } from './find.ts'

/** A few sticks in turn. The oldest are forgotten first. */
const ENTRIES_MAX = 6_000
const FILE_BYTES_MAX = 8_000_000

const Entry = Type.Object({
  path: Type.String(),
  bytes: Type.Integer(),
  modifiedMs: Type.Number(),
  examined: Examined,
})
const Kept = Type.Object({ version: Type.Literal(1), entries: Type.Array(Entry) })
type Entry = Static<typeof Entry>

export type Memory = {
  of: (file: FoundFile) => Examined | null
  put: (file: FoundFile, examined: Examined) => void
  /** What failed is tried again when its file has been away, or after a restart. */
  forgetFailures: (present: readonly FoundFile[]) => void
  /** Writes what is new; failures of the disk reject. */
  save: () => Promise<void>
}

const read = async (file: string): Promise<Entry[]> => {
  try {
    const text = await readFile(file, 'utf8')
    const kept: unknown = text.length > FILE_BYTES_MAX ? null : JSON.parse(text)
    return Value.Check(Kept, kept) ? kept.entries : []
  } catch {
    return []
  }
}

export const openMemory = async (file: string): Promise<Memory> => {
  const entries = new Map((await read(file)).map((entry) => [entry.path, entry]))
  let isSaved = true
  const write = async (): Promise<void> => {
    const kept = [...entries.values()].filter(({ examined }) => examined.kind !== 'failed')
    const part = `${file}.part`
    const handle = await open(part, 'w', 0o600)
    try {
      await handle.writeFile(JSON.stringify({ version: 1, entries: kept } satisfies Static<typeof Kept>))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, file)
  }
  return {
    of: ({ path, bytes, modifiedMs }) => {
      const entry = entries.get(path)
      return entry?.bytes === bytes && entry.modifiedMs === modifiedMs ? entry.examined : null
    },
    put: ({ path, bytes, modifiedMs }, examined) => {
      entries.delete(path)
      entries.set(path, { path, bytes, modifiedMs, examined })
      const oldest = entries.keys().next()
      if (entries.size > ENTRIES_MAX && oldest.done !== true) entries.delete(oldest.value)
      if (examined.kind !== 'failed') isSaved = false
    },
    forgetFailures: (present) => {
      const there = new Set(present.map(({ path }) => path))
      for (const { path, examined } of [...entries.values()])
        if (examined.kind === 'failed' && !there.has(path)) entries.delete(path)
    },
    save: async () => {
      if (isSaved) return
      // What is put while this is being written belongs to the next time.
      isSaved = true
      try {
        await write()
      } catch (error) {
        isSaved = false
        throw error
      }
    },
  }
}
