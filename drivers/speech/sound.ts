/** What an engine answered, made into what a loudspeaker should get. */
import type { Sound } from './engine.ts'
import { sayByProgram } from './program.ts'
import { durationMsOf, readWav, trimmed, wavOf, type ReadWav } from './wav.ts'

const DECODE_MS_MAX = 30_000

/** No format that can point to another file, and no way to one: an answer from a network is not trusted with either. */
const FORMATS = 'wav,w64,aiff,au,ogg,flac,mp3,aac,mov,matroska,webm,caf'

const finished = (read: ReadWav): Sound => {
  if (read.kind === 'malformed') return { kind: 'failed', error: `what was spoken cannot be read: ${read.error}` }
  const pcm = trimmed(read.pcm)
  if (pcm === null) return { kind: 'failed', error: 'the engine said nothing' }
  return { kind: 'spoken', wav: wavOf(pcm), durationMs: durationMsOf(pcm) }
}

/** Of an engine that is known to write plain WAV. */
export const soundOf = (bytes: Buffer): Sound => finished(readWav(bytes))

const decoded = (bytes: Buffer, signal: AbortSignal) => {
  const input = ['-protocol_whitelist', 'pipe', '-format_whitelist', FORMATS, '-i', 'pipe:0']
  const output = ['-map', '0:a:0', '-ac', '1', '-c:a', 'pcm_s16le', '-f', 'wav', 'pipe:1']
  const options = ['-v', 'error', '-nostdin', ...input, ...output]
  // -nostdin keeps it from taking the sound for keys; the pipe is still its input.
  return sayByProgram({ program: 'ffmpeg', options, text: bytes, sayMsMax: DECODE_MS_MAX, signal })
}

/** Of any engine: what is not plain WAV goes through ffmpeg, which knows the rest. */
export const anySoundOf = async (bytes: Buffer, signal: AbortSignal): Promise<Sound> => {
  if (bytes.length === 0) return { kind: 'failed', error: 'the engine answered with nothing' }
  const read = readWav(bytes)
  if (read.kind === 'ok') return finished(read)
  const said = await decoded(bytes, signal)
  if (said.kind === 'failed') {
    const reason = signal.aborted ? 'called off' : `what was spoken cannot be read as sound: ${said.error}`
    return { kind: 'failed', error: reason.split('\n')[0] ?? '' }
  }
  return soundOf(said.bytes)
}
