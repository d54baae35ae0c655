import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { FoundAlert } from '../../../agent/ports/alert-sound.ts'
import { DOCUMENT_BYTES_MAX, openFolderSource } from '../../../drivers/alerts/folder.ts'
import { wallMs } from '../../../player/plan/time.ts'
import { capDocument } from '../../fixtures/cap-documents.ts'
import { stoppedClock } from '../../fixtures/clock.ts'
import { realClock } from '../../fixtures/sound-bench.ts'
import { until } from '../poll.ts'

const EVERY_MS = 5_000
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

const bench = (t: Test, { real = false } = {}) => {
  // Below a folder that everyone may write to and nobody may rename in, as most are.
  const around = mkdtempSync(join(tmpdir(), 'loa-alerts-'))
  const folder = join(around, 'alerts')
  mkdirSync(folder, { mode: 0o755 })
  const stopped = stoppedClock(wallMs(Date.parse('2026-11-21T00:00:00Z')))
  const found: FoundAlert[] = []
  const faults: (string | null)[] = []
  const open = (ownerUid?: number) => {
    const source = openFolderSource({
      folder,
      everyMs: EVERY_MS,
      clock: real ? realClock : stopped,
      events: { found: (alert) => found.push(alert), fault: (_source, detail) => faults.push(detail) },
      ...(ownerUid === undefined ? {} : { ownerUid }),
    })
    t.teardown(() => source.close())
  }
  t.teardown(() => rmSync(around, { recursive: true, force: true }))
  /** Lets simulated time pass in small steps, each with what it sets going on the real disk. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      stopped.advance(100)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  const write = (name: string, text: string | Buffer, mode = 0o644) => {
    const file = join(folder, name)
    writeFileSync(file, text)
    chmodSync(file, mode)
    return file
  }
  const texts = () => found.map(({ xml }) => /<identifier>(.*?)</.exec(xml)?.[1] ?? xml)
  const passUntil = async (what: string, holds: () => boolean) => {
    for (let step = 0; step < 300 && !holds(); step += 1) await pass(100)
    if (!holds()) throw new Error(`${what}: never; faults ${JSON.stringify(faults)}, found ${texts().join()}`)
  }
  return { around, folder, found, faults, open, pass, passUntil, write, texts, clock: stopped }
}

t.test('every document of a folder is found once, and only documents', async (t) => {
  const { open, write, found, texts, passUntil, pass, folder, faults, clock } = bench(t)
  write('a.xml', capDocument('a'))
  write('b.CAP', capDocument('b'))
  write('c.txt', capDocument('c'))
  write('.hidden.xml', capDocument('hidden'))
  mkdirSync(join(folder, 'old'))
  const before = clock.wall()
  open()
  await passUntil('both are found', () => found.length === 2)
  await pass(2 * EVERY_MS)
  t.same(texts(), ['a', 'b'])
  t.equal(found[0]!.xml, capDocument('a'))
  t.equal(found[0]!.source, folder)
  t.ok(found[0]!.foundAt >= before)
  t.same(faults, [])
})

t.test('a file that is put there later is found at once, and again when it is another', async (t) => {
  const { open, write, texts, folder, around } = bench(t, { real: true })
  open()
  write('a.xml', capDocument('one'))
  await until('it is found', () => texts().length === 1)
  const other = join(around, 'other')
  writeFileSync(other, capDocument('two'))
  renameSync(other, join(folder, 'a.xml'))
  await until('its successor is found', () => texts().length === 2)
  t.same(texts(), ['one', 'two'])
})

t.test('a file that is still being written is waited for', async (t) => {
  const { open, folder, texts, found, passUntil, pass } = bench(t)
  const file = join(folder, 'slow.xml')
  const text = capDocument('slow')
  writeFileSync(file, '', { mode: 0o644 })
  open()
  for (let at = 0; at < text.length; at += 60) {
    appendFileSync(file, text.slice(at, at + 60))
    await pass(300)
    if (at + 60 < text.length) t.same(texts(), [], `after ${at + 60} of ${text.length} characters`)
  }
  await passUntil('it is found', () => found.length === 1)
  t.equal(found[0]!.xml, text)
})

t.test('what never becomes whole is handed on as it is, for its fault to be named', async (t) => {
  const { open, write, found, passUntil, pass } = bench(t)
  write('half.xml', capDocument('half').slice(0, 200))
  open()
  await passUntil('it is handed on', () => found.length === 1)
  await pass(2 * EVERY_MS)
  t.equal(found.length, 1)
})

t.test('nothing is believed of a folder that others may write to, until that is mended', async (t) => {
  const { open, write, found, folder, around, faults, passUntil, pass } = bench(t)
  write('a.xml', capDocument('a'))
  chmodSync(folder, 0o777)
  open()
  await passUntil('it is told', () => faults.length === 1)
  t.match(faults[0], /may be written by everyone: chmod o-w\. Nothing in it is believed/)
  await pass(2 * EVERY_MS)
  t.same(found, [])
  t.equal(faults.length, 1, 'and told once')
  chmodSync(folder, 0o755)
  chmodSync(around, 0o777)
  await passUntil('the folder around it is told of', () => faults.length === 3)
  t.match(faults.slice(1), [null, /, in which .* lies, may be written by everyone/])
  chmodSync(around, 0o1777)
  await passUntil('it is read', () => found.length === 1 && faults.at(-1) === null)
  t.equal(faults.at(-1), null, 'the sticky bit keeps others from putting another folder in its place')
})

t.test('a file that others may write is not believed, and the others are', async (t) => {
  const { open, write, texts, found, faults, passUntil, folder } = bench(t)
  write('bad.xml', capDocument('bad'), 0o666)
  write('good.xml', capDocument('good'))
  open()
  await passUntil('the good one is found', () => found.length === 1 && faults.length === 1)
  t.same(texts(), ['good'])
  t.match(faults, [/^bad\.xml may be written by everyone/])
  chmodSync(join(folder, 'bad.xml'), 0o644)
  await passUntil('it is mended', () => found.length === 2 && faults.at(-1) === null)
  t.same(texts(), ['good', 'bad'])
})

t.test('files and folders of other users and groups are not believed', { skip: !isRoot }, async (t) => {
  const { open, write, found, faults, passUntil, folder } = bench(t)
  const file = write('a.xml', capDocument('a'))
  chownSync(file, NOBODY, 0)
  open()
  await passUntil('it is told', () => faults.length === 1)
  t.match(faults[0], /^a\.xml belongs to another user \(65534\): chown it to root/)
  chownSync(file, 0, NOBODY)
  chmodSync(file, 0o664)
  await passUntil('it is told', () => faults.length === 3)
  t.match(faults[2], /^a\.xml may be written by a group \(65534\): chmod g-w/)
  chownSync(folder, NOBODY, 0)
  await passUntil('it is told', () => faults.length === 5)
  t.match(faults[4], /belongs to another user/)
  t.same(found, [])
})

t.test('the files of the user of the service are believed', { skip: !isRoot }, async (t) => {
  const { open, write, found, passUntil, folder } = bench(t)
  chownSync(write('a.xml', capDocument('a')), NOBODY, 0)
  chownSync(folder, NOBODY, 0)
  open(NOBODY)
  await passUntil('it is found', () => found.length === 1)
  t.pass()
})

t.test('links, pipes, large files and what is no text are passed over with their reasons', async (t) => {
  const { open, write, folder, around, found, faults, passUntil } = bench(t)
  writeFileSync(join(around, 'outside.xml'), capDocument('outside'), { mode: 0o644 })
  symlinkSync(join(around, 'outside.xml'), join(folder, 'link.xml'))
  spawnSync('mkfifo', ['-m', '644', join(folder, 'pipe.xml')])
  write('large.xml', ' '.repeat(DOCUMENT_BYTES_MAX + 1))
  write('latin.xml', Buffer.concat([Buffer.from([0xff, 0xc0]), Buffer.from('</alert>')]))
  write('unknown.xml', '<?xml version="1.0" encoding="x-none"?><alert></alert>')
  write('good.xml', capDocument('good'))
  open()
  await passUntil('the good one is found', () => found.length === 1 && faults.length === 1)
  for (const fault of [
    'large.xml has 200001 bytes, more than 200000',
    'latin.xml it is not text in utf-8',
    'link.xml is a link',
    'pipe.xml is no file',
    'unknown.xml it is not text in x-none',
  ])
    t.match(faults[0], fault)
})

t.test('a document in another encoding is read as what it says', async (t) => {
  const { open, write, found, passUntil } = bench(t)
  const text = capDocument('utf-16').replace('UTF-8', 'UTF-16')
  write('a.xml', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]))
  const latin = capDocument('latin')
    .replace('UTF-8', 'ISO-8859-1')
    .replaceAll(/Lũ quét( &amp; sạt lở)?/g, 'Crue à côté')
  write('b.xml', Buffer.from(latin, 'latin1'))
  open()
  await passUntil('both are found', () => found.length === 2)
  t.same(
    found.map(({ xml }) => xml),
    [text, latin],
  )
})

t.test('a folder that is not there is told of, and read once it is', async (t) => {
  const { open, folder, write, found, faults, passUntil } = bench(t)
  rmSync(folder, { recursive: true })
  open()
  await passUntil('it is told', () => faults.length === 1)
  t.match(faults, [/is not there$/])
  mkdirSync(folder, { mode: 0o755 })
  const file = write('a.xml', capDocument('a'))
  await passUntil('it is found', () => found.length === 1 && faults.at(-1) === null)
  t.equal(faults.at(-1), null)
  unlinkSync(file)
  write('a.xml', capDocument('a'))
  await passUntil('put there anew it is found again', () => found.length === 2)
})
