/**
 * What a file is, by its content and not by its name, and its hash. Run in a process of its own: what anybody may put onto a
 * stick must be able to crash a decoder without silencing the box.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import sharp from 'sharp'
import type { Examined } from './examination.ts'

const PROBE_MS_MAX = 20_000
const HEAD_BYTES = 16
const PIECE_BYTES = 1_048_576
const PAUSE_MS_MAX = 500
const DURATION_MS_MAX = 86_400_000
/** A picture of a board has two million; a camera takes fifty. */
const PIXELS_MAX = 100_000_000

type What = Omit<Extract<Examined, { kind: 'playable' }>, 'sha256'> | Extract<Examined, { kind: 'unplayable' }>

const unplayable = (reason: string): What => ({ kind: 'unplayable', reason })

/**
 * Demuxers that ffmpeg may use here, with what IANA calls their files. Playlists and descriptions of sessions are none of
 * them: they make it read other files and call other machines.
 */
const CONTAINERS: Record<string, { sound: string; video: string }> = {
  mp3: { sound: 'audio/mpeg', video: 'video/mpeg' },
  wav: { sound: 'audio/wav', video: 'video/wav' },
  flac: { sound: 'audio/flac', video: 'video/x-flac' },
  ogg: { sound: 'audio/ogg', video: 'video/ogg' },
  aac: { sound: 'audio/aac', video: 'video/aac' },
  asf: { sound: 'audio/x-ms-wma', video: 'video/x-ms-wmv' },
  mov: { sound: 'audio/mp4', video: 'video/mp4' },
  matroska: { sound: 'audio/x-matroska', video: 'video/x-matroska' },
  mpegts: { sound: 'audio/mp2t', video: 'video/mp2t' },
  mpeg: { sound: 'audio/mpeg', video: 'video/mpeg' },
  avi: { sound: 'audio/x-msvideo', video: 'video/x-msvideo' },
}

const Probe = Type.Object({
  format: Type.Object({ format_name: Type.String(), duration: Type.Optional(Type.String()) }),
  streams: Type.Array(
    Type.Object({
      codec_type: Type.Optional(Type.String()),
      disposition: Type.Optional(Type.Object({ attached_pic: Type.Optional(Type.Integer()) })),
    }),
  ),
})

const run = promisify(execFile)

const textOf = (error: unknown, key: 'stderr' | 'message'): string => {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, key) : null
  return typeof value === 'string' ? value : ''
}

/** Sound or video, as ffprobe finds it. */
const probe = async (path: string): Promise<What> => {
  const entries = 'format=format_name,duration:stream=codec_type:stream_disposition=attached_pic'
  const limits = ['-protocol_whitelist', 'file', '-format_whitelist', Object.keys(CONTAINERS).join(',')]
  const asked = ['-v', 'error', ...limits, '-show_entries', entries, '-of', 'json', '-i', `file:${path}`]
  const answer = await run('ffprobe', asked, {
    timeout: PROBE_MS_MAX,
    killSignal: 'SIGKILL',
    maxBuffer: 1_000_000,
  }).catch((error: unknown) => {
    if (textOf(error, 'message').includes('ENOENT')) throw new Error('ffprobe is missing', { cause: error })
    return null
  })
  if (answer === null) return unplayable('it is no sound, picture or video')
  const found: unknown = JSON.parse(answer.stdout)
  if (!Value.Check(Probe, found)) return unplayable('it is no sound, picture or video')
  const { format, streams } = found
  // The cover picture of a song is a video stream to ffprobe, and no video to anybody else.
  const isVideo = streams.some(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1,
  )
  if (!isVideo && !streams.some(({ codec_type }) => codec_type === 'audio'))
    return unplayable('it holds neither sound nor picture')
  const medium = isVideo ? 'video' : 'sound'
  const durationMs = Math.ceil(Number(format.duration) * 1_000)
  if (!(durationMs > 0)) return unplayable('its length cannot be measured')
  if (durationMs > DURATION_MS_MAX) return unplayable('it is longer than a day')
  const container = CONTAINERS[format.format_name.split(',')[0] ?? '']
  return { kind: 'playable', medium, mediaType: container?.[medium] ?? 'application/octet-stream', durationMs }
}

/** Pictures by their first bytes (PNG, JPEG, GIF, WebP), in Latin-1. */
const STILLS: readonly [RegExp, string][] = [
  [/^\x89PNG/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8/, 'image/gif'],
  [/^RIFF[^]{4}WEBP/, 'image/webp'],
]

/** Opened once in full, small: a picture that was cut off in copying is found here and not on the board. */
const look = async (path: string, mediaType: string): Promise<What> => {
  try {
    await sharp(path, { limitInputPixels: PIXELS_MAX }).resize(64, 64, { fit: 'inside' }).raw().toBuffer()
    return { kind: 'playable', medium: 'still', mediaType, durationMs: null }
  } catch {
    return unplayable('the picture is damaged or too large')
  }
}

const whatIs = async (path: string, handle: FileHandle): Promise<What> => {
  const head = Buffer.alloc(HEAD_BYTES)
  await handle.read(head, 0, HEAD_BYTES, 0)
  const begins = head.toString('latin1')
  const still = STILLS.find(([mark]) => mark.test(begins))
  return still === undefined ? probe(path) : look(path, still[1])
}

/** Works half of the time, so that neither the stick nor the processor is taken from what plays. */
const hash = async (handle: FileHandle, bytes: number): Promise<string | null> => {
  const sum = createHash('sha256')
  const piece = Buffer.allocUnsafe(PIECE_BYTES)
  let at = 0
  while (at < bytes) {
    const began = performance.now()
    const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, at)
    if (bytesRead === 0) return null
    sum.update(piece.subarray(0, bytesRead))
    at += bytesRead
    if (at < bytes) await pause(Math.min(PAUSE_MS_MAX, performance.now() - began))
  }
  return at === bytes ? sum.digest('hex') : null
}

/** `bytes` as it was found: a file that is still being written is no file yet. Throws for what the disk does. */
export const examine = async (path: string, bytes: number): Promise<Examined> => {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = await handle.stat()
    if (!stat.isFile() || stat.size !== bytes) return { kind: 'failed', reason: 'it changed while it was looked at' }
    const what = await whatIs(path, handle)
    if (what.kind === 'unplayable') return what
    const sha256 = await hash(handle, bytes)
    return sha256 === null ? { kind: 'failed', reason: 'it changed while it was read' } : { ...what, sha256 }
  } finally {
    await handle.close()
  }
}
