/** Real files, a real examining process: what an owner puts onto a stick, by mistake or by malice. */
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, appendFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openExaminer } from '../../../drivers/owner/examiner.ts'
import { pass, realClock, until } from '../../fixtures/display-bench.ts'
import { makeFilm, makeSound, picture, sha256Of, stickOf, watchOwner, workFolder } from './bench.ts'

t.test('each file is what its content says, whatever its name says; the rest is told with a reason', async (t) => {
  const folder = workFolder(t)
  const stick = stickOf(join(folder, 'stick'))
  const red = await picture('red')
  stick.put('1.txt', red)
  stick.put('2.png', await picture('lime', 'webp'))
  makeSound(join(stick.folder, '3.mp3'))
  makeFilm(join(stick.folder, '4.mp4'))
  stick.put('notes.jpg', 'Xin chào')
  const { source, untilTold } = await watchOwner(t, { stateFolder: join(folder, 'state'), folders: [stick.folder] })
  const content = await untilTold('all is known', ({ files }) => files.length === 4)
  t.match(content.files, [
    { name: '1.txt', kind: 'still', durationMs: null, sha256: sha256Of(red) },
    { name: '2.png', kind: 'still', durationMs: null },
    { name: '3.mp3', kind: 'sound' },
    { name: '4.mp4', kind: 'video' },
  ])
  const [, , song, film] = content.files
  t.ok(song!.durationMs! >= 2_000 && song!.durationMs! < 2_200, `song ${song!.durationMs}`)
  t.ok(film!.durationMs! >= 900 && film!.durationMs! < 1_200, `film ${film!.durationMs}`)
  t.same(content.skipped, [{ name: 'notes.jpg', reason: 'it is no sound, picture or video' }])
  t.match(source.get(sha256Of(red)), { path: join(stick.folder, '1.txt'), bytes: red.length, mediaType: 'image/jpeg' })
  t.equal(source.get('0'.repeat(64)), null)
})

t.test('what only pretends to be media is refused: playlists, vector graphics, halves of pictures', async (t) => {
  const folder = workFolder(t)
  const stick = stickOf(join(folder, 'stick'))
  const secret = join(folder, 'secret.wav')
  makeSound(secret)
  stick.put('concat.mp3', `ffconcat version 1.0\nfile '${secret}'\n`)
  stick.put('hls.mp4', `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile://${secret}\n#EXT-X-ENDLIST\n`)
  stick.put('draw.svg', '<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/hostname"/></svg>')
  const noise = Buffer.from(Array.from({ length: 320 * 180 * 3 }, (_, index) => (index * 7919) % 251))
  const { default: sharp } = await import('sharp')
  const whole = await sharp(noise, { raw: { width: 320, height: 180, channels: 3 } })
    .jpeg()
    .toBuffer()
  stick.put('half.jpg', whole.subarray(0, whole.length / 2))
  stick.put('whole.jpg', whole)
  const { untilTold } = await watchOwner(t, { stateFolder: join(folder, 'state'), folders: [stick.folder] })
  const content = await untilTold('all is known', ({ files, skipped }) => files.length + skipped.length === 5)
  t.same(
    content.files.map(({ name }) => name),
    ['whole.jpg'],
  )
  t.same(
    content.skipped.map(({ name }) => name),
    ['concat.mp3', 'draw.svg', 'half.jpg', 'hls.mp4'],
  )
})

t.test('what was found out is remembered across a restart: nothing is read again', async (t) => {
  const folder = workFolder(t)
  const stick = stickOf(join(folder, 'stick'))
  stick.put('1.jpg', await picture('red'))
  stick.put('2.jpg', 'no picture')
  const options = { stateFolder: join(folder, 'state'), folders: [stick.folder] }
  const before = await watchOwner(t, options)
  const known = await before.untilTold('both are known', ({ files, skipped }) => files.length + skipped.length === 2)
  await before.source.close()
  // Nothing unknown would be examined within the patience of this test.
  const after = await watchOwner(t, { ...options, limits: { settleMs: 3_600_000 } })
  t.same(await after.untilTold('known at the first look', () => true), known)
  await after.source.close()
  writeFileSync(join(folder, 'state', 'owner.json'), '{"version":1,"entries":[{')
  const anew = await watchOwner(t, options)
  t.same(await anew.untilTold('found out anew', ({ files }) => files.length === 1), known)
})

t.test('a stick that is pulled out is gone at once, and back as it was', async (t) => {
  const folder = workFolder(t)
  const stick = stickOf(join(folder, 'stick'))
  stick.put('1.jpg', await picture('red'))
  const { untilTold, told, source } = await watchOwner(t, {
    stateFolder: join(folder, 'state'),
    folders: [stick.folder],
  })
  const first = await untilTold('it is there', ({ files }) => files.length === 1)
  renameSync(stick.folder, join(folder, 'pocket'))
  await untilTold('it is gone', ({ files }) => files.length === 0)
  t.equal(source.get(first.files[0]!.sha256), null)
  renameSync(join(folder, 'pocket'), stick.folder)
  t.same(await untilTold('it is back', ({ files }) => files.length === 1), first)
  await pass(300)
  t.equal(told.length, 3, 'what is the same is not told again')
})

t.test('a file that is being copied is taken when it is whole; one that is changed is taken anew', async (t) => {
  const folder = workFolder(t)
  const stick = stickOf(join(folder, 'stick'))
  const bytes = await picture('#123456', 'png')
  const { untilTold, told } = await watchOwner(t, {
    stateFolder: join(folder, 'state'),
    folders: [stick.folder],
    limits: { settleMs: 200 },
  })
  const file = join(stick.folder, 'slow.png')
  for (let at = 0; at < bytes.length; at += 100) {
    appendFileSync(file, bytes.subarray(at, at + 100))
    await pass(50)
  }
  await untilTold('it is whole', ({ files }) => files[0]?.sha256 === sha256Of(bytes))
  t.ok(
    told.every(({ files, skipped }) => skipped.length === 0 && files.every(({ sha256 }) => sha256 === sha256Of(bytes))),
    'and never told as anything else',
  )
  const other = await picture('#654321', 'png')
  writeFileSync(file, other)
  await untilTold('it is the other one', ({ files }) => files[0]?.sha256 === sha256Of(other))
})

t.test('what is growing is told now and then, not for each file', async (t) => {
  const folder = workFolder(t)
  const stick = stickOf(join(folder, 'stick'))
  for (let number = 0; number < 12; number += 1) stick.put(`${number}.jpg`, await picture(`#0000${number + 10}`))
  const { untilTold, told } = await watchOwner(t, { stateFolder: join(folder, 'state'), folders: [stick.folder] })
  await untilTold('all are known', ({ files }) => files.length === 12)
  t.equal(told.filter(({ files }) => files.length > 0).length, 1, 'one telling, of all')
})

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

t.test('an examining process that dies costs one file, and the next one gets a new process', async (t) => {
  const folder = workFolder(t)
  const examiner = openExaminer(realClock)
  t.teardown(() => examiner.close())
  const song = join(folder, 'long.wav')
  makeSound(song, 1_200)
  const examination = examiner.examine({ path: song, bytes: statSync(song).size })
  const mine = () =>
    childrenOf(process.pid).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('examine-child'))
  await until('it has begun', () => mine().length === 1)
  process.kill(mine()[0]!, 'SIGKILL')
  t.match(await examination, { kind: 'failed', reason: /before its time/ })
  const small = join(folder, 'small.jpg')
  writeFileSync(small, await picture('red'))
  t.match(await examiner.examine({ path: small, bytes: statSync(small).size }), { kind: 'playable', medium: 'still' })
  t.match(await examiner.examine({ path: small, bytes: 5 }), { kind: 'failed', reason: /changed/ })
  rmSync(small)
  t.match(await examiner.examine({ path: small, bytes: 5 }), { kind: 'failed', reason: 'ENOENT' })
})

t.test('nothing is left behind but what is remembered', async (t) => {
  const folder = workFolder(t)
  const stick = stickOf(join(folder, 'stick'))
  stick.put('1.jpg', await picture('red'))
  const { untilTold, source } = await watchOwner(t, { stateFolder: join(folder, 'state'), folders: [stick.folder] })
  await untilTold('it is there', ({ files }) => files.length === 1)
  await source.close()
  t.same(readdirSync(join(folder, 'state')), ['owner.json'])
  await until('no process is left', () => childrenOf(process.pid).length === 0)
})
