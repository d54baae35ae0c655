/** Sticks, songs and films for tests of the owner's content, made on the spot. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Test } from 'tap'
import type { OwnerContent } from '../../../agent/ports/owner.ts'
import { openOwner, type OwnerOptions, type OwnerSource } from '../../../drivers/owner/owner.ts'
import { realClock, until } from '../../fixtures/display-bench.ts'

export const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

export const picture = (background: string, format: 'png' | 'jpeg' | 'webp' = 'jpeg'): Promise<Buffer> =>
  sharp({ create: { width: 320, height: 180, channels: 3, background } })
    .toFormat(format)
    .toBuffer()

/** Two seconds of a tone, in whatever ffmpeg makes of the name's ending. */
export const makeSound = (file: string, seconds = 2): void => {
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `sine=d=${seconds}`, '-y', file])
}

export const makeFilm = (file: string, seconds = 1): void => {
  const source = `testsrc=d=${seconds}:s=160x90:r=10`
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, '-pix_fmt', 'yuv420p', '-y', file])
}

/** Removed after everything that works in it was closed. */
export const workFolder = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-owner-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export type Stick = { folder: string; put: (name: string, bytes: Buffer | string) => void }

export const stickOf = (folder: string): Stick => {
  mkdirSync(folder, { recursive: true })
  return { folder, put: (name, bytes) => writeFileSync(join(folder, name), bytes) }
}

export type Watched = {
  source: OwnerSource
  told: OwnerContent[]
  last: () => OwnerContent
  names: () => string[]
  /** Waits until what was told last is so. */
  untilTold: (what: string, isTrue: (content: OwnerContent) => boolean) => Promise<OwnerContent>
}

/** Looks often, so that a test need not wait. */
export const QUICK = { lookMs: 50, settleMs: 50, growthMs: 60_000, playlistMs: 100 }

export const watchOwner = async (
  t: Test,
  options: Partial<OwnerOptions> & { stateFolder: string },
): Promise<Watched> => {
  const told: OwnerContent[] = []
  mkdirSync(options.stateFolder, { recursive: true })
  const source = await openOwner({
    folders: [],
    playlist: null,
    clock: realClock,
    log: { warn: (fields, message) => t.comment(message, fields) },
    ...options,
    limits: { ...QUICK, ...options.limits },
    listener: (content) => told.push(content),
  })
  t.teardown(() => source.close())
  const last = () => told.at(-1) ?? { files: [], skipped: [] }
  return {
    source,
    told,
    last,
    names: () => last().files.map(({ name }) => name),
    untilTold: async (what, isTrue) => {
      await until(what, () => told.length > 0 && isTrue(last()))
      return last()
    },
  }
}
