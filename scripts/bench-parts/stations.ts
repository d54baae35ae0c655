/**
 * Radio stations that are not there: a real Icecast, ffmpeg as the source client and as the sender of RTP, SRT and HLS, and VLC as the
 * RTSP server. Each sends a tone of its own, by which it is known again; everything stays on the loopback.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmodSync, createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tonePcm, wavOf } from './tone.ts'

const START_MS_MAX = 15_000
const STOP_MS_MAX = 3_000
const POLL_MS = 20
const LAST_WORDS_CHARS = 1_500

export type Sender = {
  isRunning: () => boolean
  /** Its last words. */
  said: () => string
  /** At once, without a farewell, as a cut line does; or by its own end. */
  stop: (signal?: NodeJS.Signals) => Promise<void>
  /** Holds its breath: what it sends stalls. */
  pause: () => void
  resume: () => void
}

const launchSender = (command: readonly [string, ...string[]], env?: NodeJS.ProcessEnv): Sender => {
  const [program, ...args] = command
  // A session of its own: Ctrl-C in a terminal is the test's to answer.
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env })
  let said = ''
  const hear = (text: Buffer) => (said = (said + text.toString()).slice(-LAST_WORDS_CHARS))
  child.stdout?.on('data', hear)
  child.stderr?.on('data', hear)
  let isGone = false
  child.once('error', (error) => {
    said += error.message
    isGone = true
  })
  child.once('exit', () => (isGone = true))
  return {
    isRunning: () => !isGone,
    said: () => said,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop: async (signal = 'SIGKILL') => {
      if (isGone) return
      const gone = once(child, 'exit')
      child.kill('SIGCONT')
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
      await gone
      clearTimeout(timer)
    },
  }
}

const until = async (claim: string, holds: () => boolean | Promise<boolean>, said: () => string = () => '') => {
  const end = performance.now() + START_MS_MAX
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${claim}: ${said()}`)
    await sleep(POLL_MS)
  }
}

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

/** RTP wants an even one, with the next for its reports. */
export const freeUdpPort = async (): Promise<number> => {
  for (let tries = 0; tries < 50; tries += 1) {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { port } = socket.address()
    socket.close()
    await once(socket, 'close')
    if (port % 2 === 0) return port
  }
  throw new Error('no even port is free')
}

export type Sound = {
  frequencyHz: number
  /** Amplitude in dBFS; -6 if absent. */
  levelDb?: number
  durationSeconds?: number
  /** How much faster than real time its clock runs, in parts per million. */
  fastPpm?: number
}

/** A filter's sine has an amplitude of one eighth. */
const SINE_DB = -18.06

const toneArgs = ({ frequencyHz, levelDb = -6, durationSeconds, fastPpm = 0 }: Sound): string[] => [
  ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
  ...(fastPpm === 0 ? ['-re'] : ['-readrate', String(1 + fastPpm / 1e6)]),
  ...['-f', 'lavfi', '-i', `sine=frequency=${frequencyHz}:sample_rate=48000:samples_per_frame=480`],
  ...(durationSeconds === undefined ? [] : ['-t', String(durationSeconds)]),
  ...['-af', `volume=${levelDb - SINE_DB}dB`, '-ac', '2', '-flush_packets', '1'],
]

const ffmpeg = (sound: Sound, output: readonly string[]): Sender =>
  launchSender(['ffmpeg', ...toneArgs(sound), ...output])

/** What a station sends over HTTP, by the name of its codec. */
export const CODECS = {
  mp3: { args: ['-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3'], contentType: 'audio/mpeg' },
  aac: { args: ['-c:a', 'aac', '-b:a', '96k', '-f', 'adts'], contentType: 'audio/aac' },
  opus: { args: ['-c:a', 'libopus', '-b:a', '64k', '-page_duration', '60000', '-f', 'ogg'], contentType: 'audio/ogg' },
  vorbis: {
    args: ['-c:a', 'libvorbis', '-b:a', '96k', '-page_duration', '60000', '-f', 'ogg'],
    contentType: 'audio/ogg',
  },
  flac: { args: ['-c:a', 'flac', '-page_duration', '60000', '-f', 'ogg'], contentType: 'audio/ogg' },
} as const
export type Codec = keyof typeof CODECS

export type Icecast = {
  url: (mount: string) => string
  /** On the air when this resolves. */
  mount: (mount: string, codec: Codec, sound: Sound) => Promise<Sender>
  stop: () => Promise<void>
}

const PASSWORD = 'nguon'

const icecastSettings = (folder: string, port: number): string => `<icecast>
  <limits><clients>50</clients><sources>10</sources><queue-size>524288</queue-size><source-timeout>3</source-timeout>
    <burst-size>65535</burst-size></limits>
  <authentication><source-password>${PASSWORD}</source-password><admin-user>admin</admin-user>
    <admin-password>${PASSWORD}</admin-password></authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <paths><basedir>${folder}</basedir><logdir>${folder}</logdir><webroot>/usr/share/icecast2/web</webroot>
    <adminroot>/usr/share/icecast2/admin</adminroot></paths>
  <logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>2</loglevel></logging>
  <security><chroot>0</chroot><changeowner><user>nobody</user><group>nogroup</group></changeowner></security>
</icecast>
`

export const startIcecast = async (): Promise<Icecast> => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-icecast-'))
  // It leaves root behind, and must still find its folder.
  chmodSync(folder, 0o777)
  const port = await freePort()
  const settings = join(folder, 'icecast.xml')
  writeFileSync(settings, icecastSettings(folder, port))
  const server = launchSender(['icecast2', '-c', settings])
  const senders: Sender[] = []
  const url = (mount: string) => `http://127.0.0.1:${port}/${mount}`
  const answers = async (address: string) => {
    try {
      const response = await fetch(address)
      await response.body?.cancel()
      return response.ok
    } catch {
      return false
    }
  }
  const stop = async () => {
    await Promise.all(senders.map((sender) => sender.stop()))
    await server.stop('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await until('Icecast answers', () => answers(url('status-json.xsl')), server.said)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    stop,
    mount: async (mount, codec, sound) => {
      const { args, contentType } = CODECS[codec]
      const target = `icecast://source:${PASSWORD}@127.0.0.1:${port}/${mount}`
      const sender = ffmpeg(sound, [...args, '-content_type', contentType, target])
      senders.push(sender)
      await until(`${mount} is on the air`, () => answers(url(mount)), sender.said)
      return sender
    },
  }
}

/** RTP to that host, with its session description. */
export const sendRtp = async (
  host: string,
  sound: Sound,
  codec: readonly string[] = ['-c:a', 'libopus', '-b:a', '64k', '-frame_duration', '20'],
): Promise<{ sender: Sender; sdp: string; port: number }> => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-rtp-'))
  const file = join(folder, 'session.sdp')
  const port = await freeUdpPort()
  const address = `rtp://${host}:${port}?pkt_size=1200${host.startsWith('239.') ? '&ttl=0' : ''}`
  const sender = ffmpeg(sound, [...codec, '-f', 'rtp', '-sdp_file', file, address])
  await until('the session is described', () => existsSync(file) && readFileSync(file, 'utf8').includes('m=audio'))
  const sdp = readFileSync(file, 'utf8')
  rmSync(folder, { recursive: true, force: true })
  return { sender, sdp, port }
}

/** Listens; one receiver at a time, and it ends with that one. */
export const listenSrt = async (sound: Sound): Promise<{ sender: Sender; url: string }> => {
  const port = await freeUdpPort()
  const address = `srt://127.0.0.1:${port}`
  const sender = ffmpeg(sound, ['-c:a', 'aac', '-b:a', '96k', '-f', 'mpegts', `${address}?mode=listener`])
  return { sender, url: address }
}

export type Hls = { sender: Sender; url: string; folder: string; stop: () => Promise<void> }

const TYPES: Record<string, string> = { m3u8: 'application/vnd.apple.mpegurl', ts: 'video/mp2t' }

/** HLS from a real HTTP server; segments of two seconds. On the air when there are three of them. */
export const serveHls = async (sound: Sound): Promise<Hls> => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-hls-'))
  const segments = ['-hls_time', '2', '-hls_list_size', '6', '-hls_flags', 'delete_segments']
  const playlist = join(folder, 'live.m3u8')
  const sender = ffmpeg(sound, ['-c:a', 'aac', '-b:a', '96k', '-f', 'hls', ...segments, playlist])
  const server = createHttp((request, response) => {
    const file = join(folder, basename(request.url ?? ''))
    if (!existsSync(file)) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'content-type': TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream' })
    createReadStream(file).pipe(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const listed = () => (existsSync(playlist) ? readFileSync(playlist, 'utf8').split('#EXTINF').length - 1 : 0)
  const stop = async () => {
    await sender.stop()
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await until('three segments are listed', () => listed() >= 3, sender.said)
  } catch (error) {
    await stop()
    throw error
  }
  return { sender, url: `http://127.0.0.1:${port}/live.m3u8`, folder, stop }
}

const LOOPED_MS = 60_000

/** VLC as an RTSP server; it refuses to be root, and is nobody then. */
export const serveRtsp = async (sound: Pick<Sound, 'frequencyHz'>): Promise<{ sender: Sender; url: string }> => {
  const home = mkdtempSync(join(tmpdir(), 'loa-vlc-'))
  chmodSync(home, 0o777)
  const file = join(home, 'tone.wav')
  writeFileSync(file, wavOf(tonePcm({ ...sound, durationMs: LOOPED_MS })))
  const port = await freePort()
  const url = `rtsp://127.0.0.1:${port}/loa`
  const asNobody = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []
  const [program = 'cvlc', ...args] = [
    ...asNobody,
    ...['vlc', '-I', 'dummy', '--no-plugins-cache', '-q', '--loop', file],
    ...['--sout', `#transcode{acodec=mpga,ab=128,channels=2,samplerate=48000}:rtp{sdp=${url}}`],
  ]
  const launched = launchSender([program, ...args], { ...process.env, HOME: home })
  const sender: Sender = {
    ...launched,
    stop: async (signal) => {
      await launched.stop(signal)
      rmSync(home, { recursive: true, force: true })
    },
  }
  const listens = async () => {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return true
    } catch {
      return false
    } finally {
      socket.destroy()
    }
  }
  try {
    await until('the RTSP server listens', listens, sender.said)
  } catch (error) {
    await sender.stop()
    throw error
  }
  return { sender, url }
}
