/**
 * What it costs to store media: bytes written to the disk for each byte of media, and speed against a plain file. Both ways
 * hash with SHA-256 and end with the bytes on the disk. Prints its rows when run by itself.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openMediaStore } from '../../drivers/database/media-store.ts'
import type { BenchRow } from './row.ts'

const FILE_BYTES = 200_000_000
const ROUNDS = 5
/** About what a network stream hands over at a time. */
const PIECE_BYTES = 65_536
const BYTES_PER_BYTE_GOAL = 1.05
const SPEED_GOAL = 0.5
const GAP_MS_GOAL = 20

type Pass = { elapsedMs: number; diskBytes: number; longestGapMs: number }

/** Bytes that this process, with all its threads, has caused to be sent to the disk. */
const diskBytes = (): number => {
  const found = /^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))
  if (found === null) throw new Error('/proc/self/io does not tell how many bytes were written')
  return Number(found[1])
}

/** The longest gap between two turns of the loop is how long an alert may have to wait to be looked at. */
const measure = async (work: () => Promise<void>): Promise<Pass> => {
  const [startedAt, bytesBefore] = [performance.now(), diskBytes()]
  let [turnAt, longestGapMs] = [startedAt, 0]
  const watch = setInterval(() => {
    longestGapMs = Math.max(longestGapMs, performance.now() - turnAt)
    turnAt = performance.now()
  }, 1)
  await work()
  clearInterval(watch)
  return { elapsedMs: performance.now() - startedAt, diskBytes: diskBytes() - bytesBefore, longestGapMs }
}

const pieces = function* (content: Buffer) {
  for (let at = 0; at < content.length; at += PIECE_BYTES) yield content.subarray(at, at + PIECE_BYTES)
}

const writePlain = async (content: Buffer, file: string): Promise<void> => {
  const handle = await open(file, 'w')
  const hash = createHash('sha256')
  for (const piece of pieces(content)) {
    hash.update(piece)
    await handle.write(piece)
  }
  hash.digest()
  await handle.sync()
  await handle.close()
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
const medianOf = (passes: Pass[], figure: (pass: Pass) => number): number => median(passes.map(figure))

export const benchMediaWrite = async (): Promise<{ rows: BenchRow[] }> => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-bench-media-'))
  const [plain, stored]: [Pass[], Pass[]] = [[], []]
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const content = randomBytes(FILE_BYTES)
      const sha256 = createHash('sha256').update(content).digest('hex')
      const plainFile = join(folder, 'plain')
      plain.push(await measure(() => writePlain(content, plainFile)))
      rmSync(plainFile)
      const { store } = await openMediaStore({
        file: join(folder, `media-${round}.db`),
        quotaBytes: 2 * FILE_BYTES,
        onFault: (error) => {
          throw error
        },
      })
      store.want([{ sha256, bytes: FILE_BYTES, mediaType: 'video/mp4', urls: ['http://localhost/'], name: 'bench' }])
      const pass = await measure(async () => {
        for (const piece of pieces(content)) await store.append(sha256, piece)
        const result = await store.finish(sha256)
        if (result.kind !== 'ready') throw new Error(`the file is ${result.kind}`)
      })
      stored.push(pass)
      await store.close()
      rmSync(join(folder, `media-${round}.db`))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const perByte = (passes: Pass[]) => medianOf(passes, (pass) => pass.diskBytes / FILE_BYTES)
  const speed = (passes: Pass[]) => medianOf(passes, (pass) => FILE_BYTES / 1e6 / (pass.elapsedMs / 1e3))
  const gap = (passes: Pass[]) => medianOf(passes, (pass) => pass.longestGapMs)
  const ratio = median(plain.map(({ elapsedMs }, round) => elapsedMs / (stored[round]?.elapsedMs ?? NaN)))
  return {
    rows: [
      {
        figure: 'media written: bytes to the disk per byte',
        value: perByte(stored).toFixed(3),
        yardstick: `${perByte(plain).toFixed(3)} (plain file)`,
        goal: `≤ ${BYTES_PER_BYTE_GOAL}`,
        met: perByte(stored) <= BYTES_PER_BYTE_GOAL,
      },
      {
        figure: 'media written: speed against a plain file with SHA-256',
        value: `${ratio.toFixed(2)}× (${speed(stored).toFixed(0)} MB/s)`,
        yardstick: `${speed(plain).toFixed(0)} MB/s (plain file, SHA-256, fsync)`,
        goal: `≥ ${SPEED_GOAL}×`,
        met: ratio >= SPEED_GOAL,
      },
      {
        figure: 'media written: longest gap in the loop meanwhile, median of rounds',
        value: `${gap(stored).toFixed(1)} ms`,
        yardstick: `${gap(plain).toFixed(1)} ms (plain file, written asynchronously)`,
        goal: `≤ ${GAP_MS_GOAL} ms`,
        met: gap(stored) <= GAP_MS_GOAL,
      },
    ],
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { rows } = await benchMediaWrite()
  console.table(rows)
}
