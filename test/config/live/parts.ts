/** What tests of senders need: the real clock, tones in files, and someone who listens. */
import { execFile, spawn } from 'node:child_process'
import { get, type IncomingMessage } from 'node:http'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { LiveClock } from '../../../config/live/clock.ts'
import { startSender, type Sender, type Started } from '../../../config/live/sender.ts'
import type { SoundSource } from '../../../config/live/ffmpeg.ts'
import { tonePcm, wavOf, type Pcm } from '../../../scripts/bench-parts/tone.ts'

export const realClock: LiveClock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    return () => clearTimeout(timer)
  },
}

export const SECRET = '0123456789abcdef0123456789abcdef'

export const start = (source: SoundSource, port = 0): Promise<Started> =>
  startSender({ source, listen: { host: '127.0.0.1', port }, clock: realClock, secret: SECRET })

export const begun = async (source: SoundSource): Promise<Sender> => {
  const started = await start(source)
  if (started.kind === 'failed') throw new Error(JSON.stringify(started.fault))
  return started.sender
}

export const toneFile = (folder: string, frequencyHz: number, durationMs: number): string => {
  const path = `${folder}/${frequencyHz}-${durationMs}.wav`
  writeFileSync(path, wavOf(tonePcm({ frequencyHz, durationMs })))
  return path
}

export type Hearing = { response: IncomingMessage; bytes: () => Buffer; ended: Promise<void> }

/** Someone who connects, and takes all that comes unless told not to. */
export const listen = (sender: Sender, isPaused = false): Promise<Hearing> =>
  new Promise((resolve, reject) => {
    const request = get({ port: sender.port, host: '127.0.0.1', path: sender.path, agent: false }, (response) => {
      const parts: Buffer[] = []
      if (isPaused) response.pause()
      else response.on('data', (part: Buffer) => parts.push(part))
      const ended = new Promise<void>((done) => response.once('close', () => done()))
      response.on('error', () => undefined)
      resolve({ response, bytes: () => Buffer.concat(parts), ended })
    })
    request.on('error', reject)
  })

export const statusOf = (sender: Sender, path: string, method = 'GET'): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const request = get({ port: sender.port, host: '127.0.0.1', path, method, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on('error', reject)
  })

/** By ffmpeg, into one channel at 48 kHz. */
export const decode = (mp3: Buffer): Promise<Pcm> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      'ffmpeg',
      [
        '-nostdin',
        '-loglevel',
        'error',
        '-f',
        'mp3',
        '-i',
        'pipe:0',
        '-f',
        's16le',
        '-ac',
        '1',
        '-ar',
        '48000',
        'pipe:1',
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    )
    const parts: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => parts.push(part))
    child.stderr.resume()
    child.once('error', reject)
    child.once('close', () => {
      const bytes = Buffer.concat(parts)
      const samples = new Int16Array(Math.floor(bytes.length / 2))
      Buffer.from(samples.buffer).set(bytes.subarray(0, samples.byteLength))
      resolve({ samples, rate: 48_000, channels: 1 })
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(mp3)
  })

export const run = promisify(execFile)
