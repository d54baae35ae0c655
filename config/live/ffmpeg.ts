/** ffmpeg as microphone and as encoder: the command lines, and processes that outlive a Ctrl-C until they are told to end. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { RATE } from './sound.ts'

export type SoundSource = { kind: 'device'; system: 'alsa' | 'pulse'; name: string } | { kind: 'file'; path: string }

/**
 * 128 kbit/s at 48 kHz: every frame has 384 bytes and 24 ms, and without the bit reservoir each stands for itself. So a
 * listener may begin with any frame, and what it loses is not heard beyond the gap.
 */
export const FRAME_BYTES = 384
export const FRAME_MS = 24

const QUIET = ['-nostdin', '-hide_banner', '-loglevel', 'error']
/** Raw sound has nothing to be found out by looking ahead; each byte that is looked at is delay. */
const AT_ONCE = ['-fflags', 'nobuffer', '-probesize', '32', '-analyzeduration', '0']
const RAW = ['-ac', '1', '-ar', String(RATE), '-f', 's16le']
/** Pulse hands over pieces of this size: 10 ms of stereo. */
const FRAGMENT_BYTES = 1_920

const inputOf = (source: SoundSource): string[] => {
  if (source.kind === 'file')
    // `file:` so that no name of a file is taken for an address.
    return ['-protocol_whitelist', 'file', '-i', `file:${source.path}`]
  const { system, name } = source
  const small = system === 'pulse' ? ['-fragment_size', String(FRAGMENT_BYTES), '-name', 'loa'] : []
  return [...AT_ONCE, '-f', system, ...small, '-i', name]
}

const captureArguments = (source: SoundSource): string[] => [
  ...QUIET,
  ...inputOf(source),
  ...['-map', '0:a:0', ...RAW, '-flush_packets', '1', 'pipe:1'],
]

const ENCODER_ARGUMENTS = [
  ...QUIET,
  ...AT_ONCE,
  ...['-f', 's16le', '-ar', String(RATE), '-ac', '1', '-i', 'pipe:0'],
  ...['-c:a', 'libmp3lame', '-b:a', '128k', '-reservoir', '0'],
  ...['-write_xing', '0', '-id3v2_version', '0', '-flush_packets', '1', '-f', 'mp3', 'pipe:1'],
]

export type Capture = ChildProcessByStdio<null, Readable, Readable>
export type Encoder = ChildProcessByStdio<Writable, Readable, Readable>

/** In a group of their own: Ctrl-C is for the sender, which still has a last word to let out. */
export const spawnCapture = (source: SoundSource): Capture =>
  spawn('ffmpeg', captureArguments(source), { stdio: ['ignore', 'pipe', 'pipe'], detached: true })

export const spawnEncoder = (): Encoder =>
  spawn('ffmpeg', ENCODER_ARGUMENTS, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })

/** `default` and `hw:1,0` are ALSA's; `pulse` and `pulse:NAME` are PulseAudio's or PipeWire's. */
export const deviceOf = (text: string): SoundSource => {
  const [, system, name = ''] = /^(alsa|pulse)(?::(.*))?$/s.exec(text) ?? []
  if (system === 'pulse') return { kind: 'device', system, name: name === '' ? 'default' : name }
  if (system === 'alsa') return { kind: 'device', system, name: name === '' ? 'default' : name }
  return { kind: 'device', system: 'alsa', name: text }
}
