/**
 * Copies of what a playlist names, in one folder with a quota: a board must not go dark because the shop's server does. A file
 * is under its name only when it is whole; what the list no longer names is removed.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { NO_VALIDATORS, ask, publicAddress, textOf, type Validators } from './ask.ts'
import type { Found, Skipped } from './find.ts'
import { parseM3u, type Listed } from './m3u.ts'

export type CopiesLimits = {
  quotaBytes: number
  fileBytesMax: number
  /** Left for the databases. */
  diskFreeBytesMin: number
  /** How often a copy is compared with its original. */
  checkMs: number
  retryMs: number
  retryMsMax: number
}

export const COPIES_LIMITS: CopiesLimits = {
  quotaBytes: 2_000_000_000,
  fileBytesMax: 1_000_000_000,
  diskFreeBytesMin: 500_000_000,
  checkMs: 3_600_000,
  retryMs: 60_000,
  retryMsMax: 3_600_000,
}

const LIST_BYTES_MAX = 1_000_000
const INDEX = 'index.json'

const Index = Type.Object({
  version: Type.Literal(1),
  list: Type.String(),
  validators: Type.Record(
    Type.String(),
    Type.Object({
      etag: Type.Union([Type.String(), Type.Null()]),
      modified: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})
type Index = Static<typeof Index>

export type Copies = {
  /** Asks the owner's server once, and fetches what is missing. Never rejects for what a network can do. */
  refresh: (signal: AbortSignal) => Promise<void>
  /** In the order of the list. */
  found: () => Promise<Found>
}

type Options = { address: string; folder: string; elapsedMs: () => number; limits?: Partial<CopiesLimits> }

const fileNameOf = (address: string): string => createHash('sha256').update(address).digest('hex')

const nameOf = (address: string): string => {
  const last = new URL(address).pathname.split('/').at(-1) ?? ''
  try {
    return last === '' ? publicAddress(address) : decodeURIComponent(last)
  } catch {
    return last
  }
}

const readIndex = async (folder: string): Promise<Index> => {
  try {
    const kept: unknown = JSON.parse(await readFile(join(folder, INDEX), 'utf8'))
    if (Value.Check(Index, kept)) return kept
  } catch {
    // Absent or damaged: everything is asked for anew.
  }
  return { version: 1, list: '', validators: {} }
}

const writeWhole = async (folder: string, name: string, write: (part: string) => Promise<string | null>) => {
  const part = join(folder, `${name}.part`)
  try {
    const fault = await write(part)
    if (fault === null) await rename(part, join(folder, name))
    return fault
  } finally {
    await rm(part, { force: true })
  }
}

const writeText = (folder: string, name: string, text: string) =>
  writeWhole(folder, name, async (part) => {
    const handle = await open(part, 'w', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    return null
  })

/** Null, or why it was given up. */
const writeBody = async (part: string, body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<string | null> => {
  const handle = await open(part, 'w', 0o600)
  let bytes = 0
  try {
    for await (const piece of body) {
      bytes += piece.byteLength
      if (bytes > bytesMax) return 'there is no room for it'
      await handle.write(piece)
    }
    await handle.sync()
    return null
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : null
    return code === 'ENOSPC' ? 'the disk is full' : 'it was cut off'
  } finally {
    await handle.close()
  }
}

const sizeOf = async (path: string): Promise<number | null> => {
  const found = await stat(path).catch(() => null)
  return found?.isFile() === true ? found.size : null
}

export const openCopies = async ({ address, folder, elapsedMs, ...options }: Options): Promise<Copies> => {
  const limits = { ...COPIES_LIMITS, ...options.limits }
  await mkdir(folder, { recursive: true, mode: 0o750 })
  for (const name of await readdir(folder)) if (name.endsWith('.part')) await rm(join(folder, name), { force: true })
  let index = await readIndex(folder)
  let listValidators = NO_VALIDATORS
  let listFault: Skipped | null = null
  const checkedAt = new Map<string, number>()
  const failures = new Map<string, { tries: number; notBefore: number; reason: string }>()

  const listed = (): Listed => parseM3u(index.list, address)
  const addresses = (): string[] => {
    const list = listed()
    return list.kind === 'list' ? [...new Set(list.addresses)] : []
  }
  const save = () => writeText(folder, INDEX, JSON.stringify(index))

  const refreshList = async (signal: AbortSignal): Promise<void> => {
    const fail = (reason: string) => {
      listFault = { name: publicAddress(address), reason }
    }
    const answer = await ask(address, listValidators, signal)
    if (answer.kind === 'failed') fail(answer.reason)
    if (answer.kind !== 'fresh') {
      if (answer.kind === 'same') listFault = null
      return
    }
    const text = await textOf(answer.body, LIST_BYTES_MAX)
    if (text === null) {
      fail(`it was cut off, or has more than ${LIST_BYTES_MAX} bytes`)
      return
    }
    const list = parseM3u(text, address)
    if (list.kind === 'refused') {
      fail(list.reason)
      return
    }
    listFault = null
    listValidators = answer.validators
    if (text === index.list) return
    index = { ...index, list: text }
    await save()
  }

  const dropUnlisted = async (): Promise<void> => {
    const names = new Set(addresses().map(fileNameOf))
    for (const name of await readdir(folder))
      if (name !== INDEX && !names.has(name)) await rm(join(folder, name), { force: true })
    const validators = Object.fromEntries(Object.entries(index.validators).filter(([name]) => names.has(name)))
    if (Object.keys(validators).length === Object.keys(index.validators).length) return
    index = { ...index, validators }
    await save()
  }

  /** Bytes that a new file may have. */
  const roomBytes = async (): Promise<number> => {
    const sizes = await Promise.all((await readdir(folder)).map((name) => sizeOf(join(folder, name))))
    const used = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
    const { bavail, bsize } = await statfs(folder)
    return Math.min(limits.fileBytesMax, limits.quotaBytes - used, bavail * bsize - limits.diskFreeBytesMin)
  }

  const refreshOne = async (one: string, signal: AbortSignal): Promise<string | null> => {
    const name = fileNameOf(one)
    const hasCopy = (await sizeOf(join(folder, name))) !== null
    const known: Validators = hasCopy ? (index.validators[name] ?? NO_VALIDATORS) : NO_VALIDATORS
    // A server that names no version of its file cannot say whether it is another: the copy stays.
    if (hasCopy && known.etag === null && known.modified === null) return null
    const answer = await ask(one, known, signal)
    if (answer.kind === 'same') return null
    // The copy is as good as it was.
    if (answer.kind === 'failed') return hasCopy ? null : answer.reason
    const room = await roomBytes()
    if ((answer.bytes ?? 0) > room) {
      // Leaves the body, and so the line.
      await textOf(answer.body, 0)
      return 'there is no room for it'
    }
    const { validators, body } = answer
    const fault = await writeWhole(folder, name, (part) => writeBody(part, body, room))
    if (fault !== null) return fault
    index = { ...index, validators: { ...index.validators, [name]: validators } }
    await save()
    return null
  }

  const refreshFiles = async (signal: AbortSignal): Promise<void> => {
    for (const one of addresses()) {
      if (signal.aborted) return
      const now = elapsedMs()
      const failure = failures.get(one)
      const checked = checkedAt.get(one)
      if (failure !== undefined ? now < failure.notBefore : checked !== undefined && now - checked < limits.checkMs)
        continue
      const reason = await refreshOne(one, signal)
      checkedAt.set(one, elapsedMs())
      if (reason === null) failures.delete(one)
      else {
        const tries = (failure?.tries ?? 0) + 1
        const waitMs = Math.min(limits.retryMs * 2 ** (tries - 1), limits.retryMsMax)
        failures.set(one, { tries, notBefore: elapsedMs() + waitMs, reason })
      }
    }
  }

  return {
    refresh: async (signal) => {
      await refreshList(signal)
      const wanted = new Set(addresses())
      for (const map of [checkedAt, failures]) for (const one of [...map.keys()]) if (!wanted.has(one)) map.delete(one)
      await dropUnlisted()
      await refreshFiles(signal)
    },
    found: async () => {
      const list = listed()
      const skipped: Skipped[] = listFault === null ? [] : [listFault]
      if (list.kind === 'refused') return { files: [], skipped }
      const found: Found = { files: [], skipped: [...skipped, ...list.skipped] }
      for (const one of list.addresses) {
        const path = join(folder, fileNameOf(one))
        const copy = await stat(path).catch(() => null)
        const failure = failures.get(one)
        if (copy?.isFile() === true && copy.size > 0)
          found.files.push({ path, name: nameOf(one), bytes: copy.size, modifiedMs: copy.mtimeMs })
        else if (failure !== undefined) found.skipped.push({ name: nameOf(one), reason: failure.reason })
      }
      return found
    },
  }
}
