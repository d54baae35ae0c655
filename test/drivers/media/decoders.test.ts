import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openMediaServer } from '../../../drivers/media/server.ts'
import { openTestStore, sha256Of, storeWhole } from '../database/media-sample.ts'

/** Runs a program to its end and returns what it wrote to its output; fails with what it complained of. */
const run = async (program: string, args: string[]): Promise<Buffer> => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const pieces: Buffer[] = []
  let complaint = ''
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
  child.stderr.on('data', (piece: Buffer) => (complaint += piece.toString()))
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(`${program} failed: ${complaint.slice(-500)}`)
  return Buffer.concat(pieces)
}

const ffmpeg = (...args: string[]) => run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args])
const SINE = ['-f', 'lavfi', '-i', 'aevalsrc=sin(2*PI*t*(200+20*t)):d=40:s=48000']
const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=d=40:s=320x180:r=15']

const sound = (file: string, from: number): Promise<Buffer> =>
  ffmpeg('-ss', String(from), '-i', file, '-t', '2', '-vn', '-f', 's16le', '-')
const frames = (file: string, from: number): Promise<Buffer> =>
  ffmpeg('-ss', String(from), '-i', file, '-frames:v', '10', '-an', '-f', 'framemd5', '-')

t.test('decoders seek in what is served, and find what they find in a plain file', async (t) => {
  const folder = t.testdir()
  const [mp3, mp4] = [join(folder, 'tone.mp3'), join(folder, 'film.mp4')]
  await ffmpeg(...SINE, '-b:a', '192k', mp3)
  await ffmpeg(...SINE, ...PICTURE, '-c:v', 'mpeg4', '-b:v', '1500k', '-shortest', mp4)
  const film = readFileSync(mp4)
  t.ok(film.indexOf('moov') > film.indexOf('mdat'), 'the index of the film is at its end')
  const { store } = await openTestStore(join(folder, 'media.db'))
  const server = await openMediaServer({ store, log: { warn: (fields) => t.fail('served', fields) } })
  t.teardown(async () => {
    await server.close()
    await store.close()
  })
  const serve = async (file: string): Promise<string> => {
    const content = readFileSync(file)
    t.same(await storeWhole(store, content), { kind: 'ready' })
    return server.source(sha256Of(content))!.url
  }
  const [mp3Url, mp4Url] = [await serve(mp3), await serve(mp4)]

  for (const from of [0, 3.25, 31]) {
    const tone = await sound(mp3Url, from)
    t.equal(tone.length, 2 * 48_000 * 2, `two seconds from ${from} s`)
    t.ok(tone.equals(await sound(mp3, from)), 'sample by sample the same (mp3)')
    t.ok((await sound(mp4Url, from)).equals(await sound(mp4, from)), 'sample by sample the same (mp4)')
    const shown = await frames(mp4Url, from)
    t.ok(shown.equals(await frames(mp4, from)), 'frame by frame the same')
    t.equal(shown.toString().match(/^0,/gm)!.length, 10)
  }

  const heard = async (source: string, name: string): Promise<string> => {
    const wav = join(folder, name)
    const output = ['--no-config', '--no-terminal', '--vo=null', '--ao=pcm', `--ao-pcm-file=${wav}`, '--untimed']
    await run('mpv', [...output, '--start=20', '--length=3', source])
    return createHash('sha256').update(readFileSync(wav)).digest('hex')
  }
  t.equal(await heard(mp4Url, 'served.wav'), await heard(mp4, 'plain.wav'), 'mpv hears the same from 20 s on')
})
