/**
 * How ffmpeg is told to read a stream. Its address, and everything that comes from there, is from outside: each kind of source may
 * use the protocols that it needs and the formats that a station sends, and none may make ffmpeg read a disk. An HLS
 * playlist or a redirect that names a file is refused by these lists, whatever it calls itself.
 */
import type { StreamSource } from '../../player/ports/output.ts'
import { PCM_OUTPUT } from './ffmpeg.ts'

export type StreamInput = {
  args: string[]
  /** Written to its standard input. */
  stdin: string | null
}

type Kind = {
  protocols: string
  formats: string
  options: string[]
}

const STATION_FORMATS = 'mp3,aac,loas,ogg,flac,wav,mpegts,hls,mov,matroska'
const WEB = 'http,https,tcp,tls,httpproxy'
/** Pictures beside the sound are not even asked for. */
const SOUND_ONLY = ['-allowed_media_types', 'audio']
const REORDER = ['-max_delay', '100000']

const KINDS: Record<string, Kind> = {
  // As it comes: no seeking for an end that is not there, no titles of songs in between.
  http: { protocols: `${WEB},crypto`, formats: STATION_FORMATS, options: ['-seekable', '0', '-icy', '0'] },
  // From the second newest segment: the newest alone would run out before the next one is there.
  hls: {
    protocols: `${WEB},crypto`,
    formats: STATION_FORMATS,
    options: ['-f', 'hls', '-live_start_index', '-2'],
  },
  // Within one connection where the server can do that, which many a router between must have.
  rtsp: {
    protocols: 'tcp,rtp,udp',
    formats: 'rtsp',
    options: ['-rtsp_flags', 'prefer_tcp', ...SOUND_ONLY, ...REORDER],
  },
  sdp: { protocols: 'pipe,rtp,udp', formats: 'sdp', options: ['-f', 'sdp', ...SOUND_ONLY, ...REORDER] },
  rtp: { protocols: 'rtp,udp', formats: 'rtp,sdp', options: REORDER },
  udp: { protocols: 'udp', formats: 'mpegts', options: [] },
  srt: { protocols: 'srt', formats: 'mpegts', options: [] },
}

const kindOf = (url: string): Kind | undefined => {
  const [, scheme = ''] = /^([a-z]+):\/\/[^\s]/.exec(url) ?? []
  if (scheme !== 'http' && scheme !== 'https') return KINDS[scheme === 'hls' || scheme === 'sdp' ? '' : scheme]
  const [path = ''] = url.split(/[?#]/, 1)
  return path.toLowerCase().endsWith('.m3u8') ? KINDS['hls'] : KINDS['http']
}

/**
 * Half a second of sound says what it is; ffmpeg's own five seconds are for files whose parts begin at different times. And the best
 * guess after 16 kB is good: in the middle of an MP3 ffmpeg would read 128 kB to be sure, four seconds more than a station gives
 * at the connection.
 */
const QUICK = [
  ...['-fflags', 'nobuffer', '-flags', 'low_delay', '-probesize', '65536', '-analyzeduration', '500000'],
  ...['-formatprobesize', '16384'],
]

/** Each packet goes on at once: ffmpeg would else collect 32 kB, a sixth of a second. */
const OUTPUT = [...PCM_OUTPUT, '-flush_packets', '1']

/** Null: no address of a kind that is known. */
export const streamInput = (source: StreamSource): StreamInput | null => {
  const isAddress = 'url' in source
  const kind = isAddress ? kindOf(source.url) : KINDS['sdp']
  if (kind === undefined) return null
  const { protocols, formats, options } = kind
  return {
    stdin: isAddress ? null : source.sdp,
    args: [
      // What it reads is told at the level of information: an HLS playlist may have any address.
      ...['-hide_banner', '-nostats', '-loglevel', 'level+info', '-threads', '1'],
      ...(isAddress ? ['-nostdin'] : []),
      ...['-protocol_whitelist', protocols, '-format_whitelist', formats],
      ...(kind === KINDS['hls'] ? [] : QUICK),
      ...options,
      ...['-i', isAddress ? source.url : 'pipe:0', ...OUTPUT, 'pipe:1'],
    ],
  }
}

/** A file of the box itself, again and again. */
export const fallbackInput = (url: string): StreamInput => ({
  stdin: null,
  args: [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'level+info', '-threads', '1'],
    ...['-protocol_whitelist', 'http,tcp', '-stream_loop', '-1', '-i', url, ...OUTPUT, 'pipe:1'],
  ],
})

const FORMAT = /Input #0, ([a-z0-9_,]+), from/
const LEVEL = /\[(?:error|fatal|panic)\] (.*)$/
const ADDRESS = /[a-z][a-z0-9+.-]*:\/\/[^\s'"]+/gi

/** What it found out about the source. */
export const formatIn = (said: string): string | null => FORMAT.exec(said)?.[1] ?? null

/** Its last complaint, without addresses: they may hold passwords, and those of the media server are secrets of this box. */
export const complaintIn = (said: string): string | null => {
  const lines = said.split('\n').flatMap((line) => {
    const text = LEVEL.exec(line.trim())?.[1]
    return text === undefined ? [] : [text.replaceAll(ADDRESS, 'its address').trim()]
  })
  return lines.at(-1) ?? null
}
