/** What is taken from an owner's folder, and what is not: links, remnants, limits. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { FIND_LIMITS, findFiles } from '../../../drivers/owner/find.ts'
import { parseM3u } from '../../../drivers/owner/m3u.ts'

const put = (folder: string, ...names: string[]) => {
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), name)
  }
}
const namesOf = async (...folders: string[]) => (await findFiles(folders)).files.map(({ name }) => name)

t.test('files come in the order of their names, numbers by their value, folders among them', async (t) => {
  const folder = t.testdir()
  put(folder, '10.jpg', '2.jpg', 'a/1.jpg', 'b.jpg', '2.JPG')
  t.same(await namesOf(folder), ['2.jpg', '2.JPG', '10.jpg', 'a/1.jpg', 'b.jpg'])
})

t.test('hidden files and what systems leave behind are passed over without a word', async (t) => {
  const folder = t.testdir()
  put(
    folder,
    '.hidden.jpg',
    '.Trashes/x',
    'System Volume Information/WPSettings.dat',
    'Thumbs.db',
    '$RECYCLE.BIN/y',
    'ok.jpg',
  )
  t.same(await namesOf(folder), ['ok.jpg'])
  t.same((await findFiles([folder])).skipped, [])
})

t.test('links are not followed, wherever they lead; a folder that is itself a link is', async (t) => {
  const folder = t.testdir()
  const inside = join(folder, 'inside')
  const outside = join(folder, 'outside')
  put(inside, 'ok.jpg')
  put(outside, 'secret.jpg')
  symlinkSync(join(outside, 'secret.jpg'), join(inside, 'file-out.jpg'))
  symlinkSync(outside, join(inside, 'folder-out'))
  symlinkSync(inside, join(inside, 'round'))
  symlinkSync(inside, join(folder, 'mounted'))
  const found = await findFiles([join(folder, 'mounted')])
  t.same(
    found.files.map(({ path }) => path),
    [join(inside, 'ok.jpg')],
  )
  t.same(
    found.skipped.map(({ name }) => name),
    ['file-out.jpg', 'folder-out', 'round'],
  )
})

t.test('what is no file, empty or too large is told', async (t) => {
  const folder = t.testdir()
  put(folder, 'ok.jpg')
  writeFileSync(join(folder, 'empty.jpg'), '')
  execFileSync('mkfifo', [join(folder, 'pipe.jpg')])
  writeFileSync(join(folder, 'huge.mp4'), '')
  truncateSync(join(folder, 'huge.mp4'), FIND_LIMITS.fileBytesMax + 1)
  const found = await findFiles([folder])
  t.same(
    found.files.map(({ name }) => name),
    ['ok.jpg'],
  )
  t.match(found.skipped, [
    { name: 'empty.jpg', reason: 'it is empty' },
    { name: 'huge.mp4', reason: /more than 4000000000 bytes/ },
    { name: 'pipe.jpg', reason: 'it is no file' },
  ])
})

t.test('files, entries and depth have a maximum, and what is beyond it is counted', async (t) => {
  const folder = t.testdir()
  put(folder, '1', '2', '3', 'd/4', 'd/e/5')
  const limits = { ...FIND_LIMITS, filesMax: 2, depthMax: 1 }
  const found = await findFiles([folder], limits)
  t.equal(found.files.length, 2)
  t.same(found.skipped, [
    { name: 'd/e', reason: 'more than 1 folders deep' },
    { name: '2 files', reason: 'beyond the first 2' },
  ])
  const few = await findFiles([folder], { ...FIND_LIMITS, entriesMax: 2 })
  t.equal(few.files.length, 2)
  t.match(few.skipped, [{ reason: /that are looked at/ }])
})

t.test('no stick is no fault; several folders follow each other', async (t) => {
  const folder = t.testdir()
  put(folder, 'one/b.jpg', 'two/a.jpg')
  t.same(await namesOf(join(folder, 'one'), join(folder, 'none'), join(folder, 'two')), ['b.jpg', 'a.jpg'])
  rmSync(join(folder, 'one'), { recursive: true })
  t.same(await findFiles([join(folder, 'one')]), { files: [], skipped: [] })
})

const BASE = 'http://192.168.1.10/ads/board.m3u8'

t.test('a list names its files by addresses, relative ones from its own', async (t) => {
  const text = '\uFEFF#EXTM3U\r\n#EXTINF:10,Tết\r\npic/1.jpg\r\n\r\n/2.jpg\n  http://other.example/3.mp4?x=1  \n'
  t.same(parseM3u(text, BASE), {
    kind: 'list',
    addresses: ['http://192.168.1.10/ads/pic/1.jpg', 'http://192.168.1.10/2.jpg', 'http://other.example/3.mp4?x=1'],
    skipped: [],
  })
})

t.test('a list that leads elsewhere than to http, or is none, is refused', async (t) => {
  t.match(parseM3u('file:///etc/passwd\nC:\\ads\\1.jpg\nok.jpg', BASE), {
    addresses: ['http://192.168.1.10/ads/ok.jpg'],
    skipped: [{ name: 'file:///etc/passwd' }, { name: 'C:\\ads\\1.jpg' }],
  })
  t.match(parseM3u('#EXTM3U\n#EXT-X-TARGETDURATION:6\nseg1.ts', BASE), { kind: 'refused', reason: /HLS/ })
  t.match(parseM3u('\n <!DOCTYPE html><html>', BASE), { kind: 'refused', reason: /page/ })
  const long = parseM3u('x.jpg\n'.repeat(2_001), BASE)
  t.ok(long.kind === 'list' && long.addresses.length === 2_000 && long.skipped.length === 1)
})
