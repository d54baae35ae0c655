/** Local files become media: measured by ffprobe, hashed, and copied under their hash so that a later edit changes nothing. */
import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { Type } from '@sinclair/typebox'
import { parser } from '../../agent/protocol/validate.ts'
import type { WallMs } from '../../player/plan/time.ts'
import { ClearError, messageOf } from './clear-error.ts'
import type { MediaFile, SentStore } from './sent-store.ts'

export type MediumOfFile = 'sound' | 'still' | 'video'
export type Measured = { medium: MediumOfFile; mediaType: string; durationMs: number | null }
export type RegisteredFile = MediaFile & Measured

const PROBE_MS_MAX = 30_000
const NAME_CHARACTERS_MAX = 200

const Probe = Type.Object({
  format: Type.Object({ format_name: Type.String(), duration: Type.Optional(Type.String()) }),
  streams: Type.Array(
    Type.Object({
      codec_type: Type.Optional(Type.String()),
      codec_name: Type.Optional(Type.String()),
      disposition: Type.Optional(Type.Object({ attached_pic: Type.Optional(Type.Integer()) })),
    }),
  ),
})
const parseProbe = parser(Probe)

/** What ffprobe calls a container, beside what IANA calls it: without and with moving pictures. */
const CONTAINERS: Record<string, { sound: string; video: string }> = {
  mp3: { sound: 'audio/mpeg', video: 'video/mpeg' },
  wav: { sound: 'audio/wav', video: 'video/wav' },
  flac: { sound: 'audio/flac', video: 'video/x-flac' },
  ogg: { sound: 'audio/ogg', video: 'video/ogg' },
  aac: { sound: 'audio/aac', video: 'video/aac' },
  mov: { sound: 'audio/mp4', video: 'video/mp4' },
  matroska: { sound: 'audio/x-matroska', video: 'video/x-matroska' },
  mpegts: { sound: 'audio/mp2t', video: 'video/mp2t' },
  mpeg: { sound: 'audio/mpeg', video: 'video/mpeg' },
  avi: { sound: 'audio/x-msvideo', video: 'video/x-msvideo' },
}
/** A container with one frame of these is a still. */
const STILLS: Record<string, string> = {
  png: 'image/png',
  mjpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  bmp: 'image/bmp',
}
const isStillContainer = (name: string): boolean => name.endsWith('_pipe') || name === 'image2' || name === 'gif'

const run = promisify(execFile)

const probe = async (file: string) => {
  const entries = 'format=format_name,duration:stream=codec_type,codec_name:stream_disposition=attached_pic'
  try {
    const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', '-i', file], {
      timeout: PROBE_MS_MAX,
      maxBuffer: 1_000_000,
    })
    const parsed = parseProbe(JSON.parse(stdout))
    if (parsed.kind === 'malformed') throw new Error(parsed.detail)
    return parsed.value
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new ClearError('ffprobe is missing: install the Debian package ffmpeg', { cause: error })
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    const reason = stderr === '' ? messageOf(error) : (stderr.split('\n').at(-1) ?? '')
    throw new ClearError(`${file} is no sound, picture or video that ffprobe can read (${reason})`, { cause: error })
  }
}

/** Duration and type as ffprobe finds them in the content; the name of the file is not believed. */
export const measure = async (file: string): Promise<Measured> => {
  const { format, streams } = await probe(file)
  const container = format.format_name.split(',')[0] ?? ''
  const codecs = (type: string) => streams.filter((stream) => stream.codec_type === type)
  // The cover picture of a recording is a video stream to ffprobe, and no video to anybody else.
  const video = codecs('video').find((stream) => stream.disposition?.attached_pic !== 1)
  if (video !== undefined && isStillContainer(container)) {
    const mediaType = STILLS[video.codec_name ?? '']
    if (mediaType === undefined)
      throw new ClearError(`${file} is a picture of a kind that boards do not show: ${video.codec_name ?? container}`)
    return { medium: 'still', mediaType, durationMs: null }
  }
  const medium = video === undefined ? 'sound' : 'video'
  if (medium === 'sound' && codecs('audio').length === 0)
    throw new ClearError(`${file} holds neither sound nor picture`)
  const types = CONTAINERS[container]
  const durationMs = Math.ceil(Number(format.duration) * 1000)
  if (!(durationMs > 0)) throw new ClearError(`the duration of ${file} cannot be measured`)
  const webm = container === 'matroska' && video?.codec_name?.startsWith('vp') === true
  return { medium, mediaType: webm ? 'video/webm' : (types?.[medium] ?? 'application/octet-stream'), durationMs }
}

/** Copies a file to its place by content, hashing what is copied: the hash is of the bytes that will be served. */
const copyByContent = async (file: string, folder: string): Promise<{ sha256: string; bytes: number }> => {
  await mkdir(folder, { recursive: true })
  const temporary = join(folder, `.${randomUUID()}.part`)
  const hash = createHash('sha256')
  try {
    await pipeline(
      createReadStream(file),
      async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          hash.update(chunk)
          yield chunk
        }
      },
      createWriteStream(temporary, { flush: true }),
    )
    const sha256 = hash.digest('hex')
    const { size } = await stat(temporary)
    await rename(temporary, join(folder, sha256))
    return { sha256, bytes: size }
  } catch (error) {
    await rm(temporary, { force: true })
    throw new ClearError(`cannot copy ${file}: ${messageOf(error)}`, { cause: error })
  }
}

export type MediaShelf = { folder: string; store: SentStore; now: () => WallMs }

/** Measures, hashes and registers a file, so that the media server serves it at `/media/<sha256>`. */
export const registerFile = async (file: string, { folder, store, now }: MediaShelf): Promise<RegisteredFile> => {
  const measured = await measure(file)
  const { sha256, bytes } = await copyByContent(file, folder)
  const registered = {
    sha256,
    bytes,
    mediaType: measured.mediaType,
    name: basename(file).slice(0, NAME_CHARACTERS_MAX),
  }
  store.addMedia(registered, now())
  return { ...registered, ...measured }
}
