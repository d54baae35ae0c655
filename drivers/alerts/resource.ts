/**
 * The recording that a CAP alert points to (CAP 1.2 §3.2.3). It sounds only if it is what the alert promised: the digest decides,
 * so it does not matter where it came from or how.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import type { FetchedResource, Resources, WantedResource } from '../../agent/ports/alert-sound.ts'
import type { HttpGet } from '../../agent/ports/http.ts'
import type { MediaStore } from '../../agent/ports/media-store.ts'
import type { ReadyMedia } from '../../player/ports/media.ts'

export const RESOURCE_BYTES_MAX = 20_000_000
/** §3.2.3 calls the size approximate, so it only guards the line: far more than it says is not fetched to the end. */
const SIZE_SLACK_TIMES = 2
const SIZE_SLACK_BYTES = 65_536
const PROBE_MS_MAX = 15_000
/** One short line for each packet: twenty megabytes of the smallest ones. */
const PROBE_BYTES_MAX = 16_000_000
const DURATION_MS_MAX = 3_600_000
/** Lengths that are remembered: an alert that is updated must not wait for a look at the same recording. */
const DURATIONS_MAX = 1_000
const SHA1 = /^[0-9a-f]{40}$/
const AUDIO = /^audio\/[a-z0-9.+-]+$/

export type ResourceOptions = {
  get: HttpGet
  store: Pick<MediaStore, 'originate' | 'findByName'>
  media: ReadyMedia
  ffprobePath?: string
}

type Refused = Extract<FetchedResource, { kind: 'refused' }>

const refused = (clause: string | null, error: string): Refused => ({ kind: 'refused', clause, error })

const run = promisify(execFile)

/** From its packets: the head of an MP3 of variable rate, or of a cut file, promises a length that is not there. */
const durationMsIn = (packets: string): number => {
  let startsSeconds = Number.POSITIVE_INFINITY
  let endSeconds = 0
  for (const line of packets.split('\n')) {
    const [start = '', length = ''] = line.split(',')
    const [startSeconds, lengthSeconds] = [Number.parseFloat(start), Number.parseFloat(length)]
    if (!Number.isFinite(startSeconds)) continue
    startsSeconds = Math.min(startsSeconds, startSeconds)
    endSeconds = Math.max(endSeconds, startSeconds + (Number.isFinite(lengthSeconds) ? lengthSeconds : 0))
  }
  return Math.max(0, Math.round((endSeconds - startsSeconds) * 1_000))
}

type Probed = { kind: 'sound'; durationMs: number } | Refused

const probe = async (program: string, url: string, signal: AbortSignal): Promise<Probed> => {
  const what = ['-select_streams', 'a:0', '-show_entries', 'packet=pts_time,duration_time', '-of', 'csv=p=0']
  const options = { timeout: PROBE_MS_MAX, maxBuffer: PROBE_BYTES_MAX, killSignal: 'SIGKILL' as const, signal }
  try {
    const { stdout } = await run(program, ['-v', 'error', '-protocol_whitelist', 'http,tcp', ...what, url], options)
    const durationMs = durationMsIn(stdout)
    if (durationMs === 0) return refused('§3.2.3 mimeType', 'there is no sound in it')
    if (durationMs > DURATION_MS_MAX) return refused('§3.2.3 resource', 'it plays for longer than an hour')
    return { kind: 'sound', durationMs }
  } catch (error) {
    if (signal.aborted) return refused(null, 'called off')
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return refused(null, `${program} is not installed`)
    return refused('§3.2.3 mimeType', 'it cannot be read as sound')
  }
}

/** What can be said before anything is fetched. */
const faultOf = ({ mimeType, bytes, sha1 }: WantedResource): Refused | null => {
  if (!SHA1.test(sha1.toLowerCase()))
    return refused('§3.2.3 digest', 'it has no SHA-1 digest, so nobody can tell whether it is right')
  if (!AUDIO.test(mimeType.toLowerCase())) return refused('§3.2.3 mimeType', `${mimeType.slice(0, 100)} is not heard`)
  if (bytes !== null && bytes > RESOURCE_BYTES_MAX)
    return refused('§3.2.3 size', `${bytes} bytes are more than ${RESOURCE_BYTES_MAX}`)
  return null
}

const bytesMaxOf = (bytes: number | null): number =>
  bytes === null ? RESOURCE_BYTES_MAX : Math.min(RESOURCE_BYTES_MAX, bytes * SIZE_SLACK_TIMES + SIZE_SLACK_BYTES)

type Content = { kind: 'content'; bytes: Buffer } | Refused

/** `data:` (RFC 2397) in base64 is how `derefUri` comes: a system of one-way broadcast puts the file into the alert itself. */
const contentOfData = (uri: string, bytesMax: number): Content => {
  const comma = uri.indexOf(',')
  if (comma === -1 || !/;\s*base64$/i.test(uri.slice(0, comma)))
    return refused('§3.2.3 derefUri', 'it is not in base64')
  const text = uri.slice(comma + 1).replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0)
    return refused('§3.2.3 derefUri', 'it is not in base64')
  const bytes = Buffer.from(text, 'base64')
  return bytes.length > bytesMax
    ? refused('§3.2.3 size', `it has more than ${bytesMax} bytes`)
    : { kind: 'content', bytes }
}

const contentAt = async (get: HttpGet, { uri, bytes }: WantedResource, signal: AbortSignal): Promise<Content> => {
  const bytesMax = bytesMaxOf(bytes)
  if (/^data:/i.test(uri)) return contentOfData(uri, bytesMax)
  if (!/^https?:\/\//i.test(uri)) return refused('§3.2.3 uri', 'it is no address of http or https')
  const answer = await get(uri, { bytesMax, only: 'any', signal })
  switch (answer.kind) {
    case 'failed':
      return refused(null, answer.error)
    case 'refused':
      return refused(answer.why === 'too-large' ? '§3.2.3 size' : '§3.2.3 uri', answer.error)
    case 'answered': {
      const { status, body } = answer
      if (status === 200) return { kind: 'content', bytes: body }
      // Also a 404 may pass: an alert is often quicker than the file that it names.
      return refused(null, `the server answered ${status}`)
    }
  }
}

export const openResources = ({ get, store, media, ffprobePath = 'ffprobe' }: ResourceOptions): Resources => {
  const durationsMs = new Map<string, number>()
  const soundOf = async (sha256: string, signal: AbortSignal): Promise<FetchedResource> => {
    const knownMs = durationsMs.get(sha256)
    if (knownMs !== undefined) return { kind: 'fetched', sound: { sha256, durationMs: knownMs } }
    const source = media.source(sha256)
    if (source === null) return refused(null, 'it could not be kept')
    const probed = await probe(ffprobePath, source.url, signal)
    if (probed.kind === 'refused') return probed
    const { durationMs } = probed
    durationsMs.set(sha256, durationMs)
    const oldest = durationsMs.keys().next()
    if (durationsMs.size > DURATIONS_MAX && oldest.done !== true) durationsMs.delete(oldest.value)
    return { kind: 'fetched', sound: { sha256, durationMs } }
  }
  return {
    fetch: async (wanted, signal) => {
      const fault = faultOf(wanted)
      if (fault !== null) return fault
      const sha1 = wanted.sha1.toLowerCase()
      const name = `resource:${sha1}`
      const kept = store.findByName(name)
      if (kept !== null) return soundOf(kept.sha256, signal)
      const content = await contentAt(get, wanted, signal)
      if (content.kind === 'refused') return content
      const actual = createHash('sha1').update(content.bytes).digest('hex')
      if (actual !== sha1) return refused('§3.2.3 digest', `its SHA-1 is ${actual} and not ${sha1}`)
      const mediaType = wanted.mimeType.toLowerCase()
      return soundOf(await store.originate({ bytes: content.bytes, mediaType, name }), signal)
    },
  }
}
