/** The media of the demo, made on the spot: a spoken bulletin, a tune, a poster and a short film. */
import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { ClearError, messageOf } from '../head-end/clear-error.ts'
import { wavOf } from '../bench-parts/tone.ts'
import { filmFrameSvg, posterSvg } from './poster.ts'
import { BULLETIN_MS_MAX, BULLETIN_TEXT, FILM_MS } from './programme.ts'
import { tunePcm } from './tune.ts'

export type Samples = { tune: string; bulletin: string; poster: string; film: string }

/** A minute on the slowest board; longer means that it hangs. */
const MAKE_MS_MAX = 90_000
const WORDS_A_MINUTE = '165'

const start = promisify(execFile)

const run = async (program: string, args: readonly string[], signal: AbortSignal): Promise<void> => {
  await start(program, [...args], { signal, timeout: MAKE_MS_MAX, maxBuffer: 1_000_000 }).catch((error: unknown) => {
    if (signal.aborted) throw error
    throw new ClearError(`${program} could not make a sample: ${messageOf(error)}`, { cause: error })
  })
}

const ffmpeg = (args: readonly string[], signal: AbortSignal): Promise<void> =>
  run('ffmpeg', ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...args], signal)

const makeTune = async (folder: string, signal: AbortSignal): Promise<string> => {
  const [raw, file] = [join(folder, 'tune.raw.wav'), join(folder, 'nhac-buoi-sang.flac')]
  await writeFile(raw, wavOf(tunePcm()))
  await ffmpeg(['-i', raw, '-c:a', 'flac', file], signal)
  await rm(raw)
  return file
}

const makeBulletin = async (folder: string, signal: AbortSignal): Promise<string> => {
  const [raw, file] = [join(folder, 'bulletin.raw.wav'), join(folder, 'ban-tin-tiem-chung.flac')]
  await run('espeak-ng', ['-v', 'vi', '-s', WORDS_A_MINUTE, '-p', '45', '-w', raw, BULLETIN_TEXT], signal)
  const seconds = String(BULLETIN_MS_MAX / 1_000)
  const sound = ['-af', 'loudnorm=I=-18:TP=-2', '-ar', '48000', '-ac', '2', '-sample_fmt', 's16', '-c:a', 'flac']
  await ffmpeg(['-i', raw, '-t', seconds, ...sound, file], signal)
  await rm(raw)
  return file
}

const makePoster = async (folder: string): Promise<string> => {
  const file = join(folder, 'ngay-hoi.png')
  await sharp(Buffer.from(posterSvg())).png().toFile(file)
  return file
}

const makeFilm = async (folder: string, signal: AbortSignal): Promise<string> => {
  const [frame, file] = [join(folder, 'frame.png'), join(folder, 'sot-xuat-huyet.mp4')]
  await sharp(Buffer.from(filmFrameSvg())).resize(960, 540).png().toFile(frame)
  const seconds = FILM_MS / 1_000
  const colours = 'c0=0x1b9aaa:c1=0x0f4c5c:c2=0x06d6a0:c3=0x118ab2:n=4'
  const moving = `gradients=s=960x540:r=25:d=${seconds}:speed=0.03:seed=7:${colours}`
  const filter = '[0:v][1:v]overlay=shortest=1,format=yuv420p[v]'
  const inputs = ['-f', 'lavfi', '-i', moving, '-loop', '1', '-framerate', '25', '-i', frame]
  // Tagged as what a board expects of a film, or its colours would be guessed from its size.
  const colour = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709']
  const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '20', '-movflags', '+faststart', ...colour]
  const toMatrix = filter.replace('format=', 'scale=out_color_matrix=bt709,format=')
  await ffmpeg([...inputs, '-filter_complex', toMatrix, '-map', '[v]', '-t', String(seconds), ...codec, file], signal)
  await rm(frame)
  return file
}

export const makeSamples = async (folder: string, signal: AbortSignal): Promise<Samples> => {
  await mkdir(folder, { recursive: true })
  const [bulletin, poster] = await Promise.all([makeBulletin(folder, signal), makePoster(folder)])
  const [tune, film] = [await makeTune(folder, signal), await makeFilm(folder, signal)]
  return { tune, bulletin, poster, film }
}
