/** Media for the benchmarks, made on the spot. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { tonePcm, wavOf } from '../bench-parts/tone.ts'

const run = promisify(execFile)
const MAKE_MS_MAX = 60_000

const ffmpeg = (args: readonly string[]) =>
  run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { timeout: MAKE_MS_MAX })

/** Tones are this loud, so that half of it marks the middle of their edges. */
export const TONE_DB = -6

/** A tone that begins at its first sample. */
export const makeTone = (
  file: string,
  { frequencyHz, durationMs }: { frequencyHz: number; durationMs: number },
): void => writeFileSync(file, wavOf(tonePcm({ frequencyHz, durationMs, levelDb: TONE_DB })))

/** What a village hears all day: an MP3, 44.1 kHz, stereo, 128 kbit/s. Two low tones with a slow beat, and noise. */
export const makeMp3 = async (file: string, durationSeconds: number): Promise<void> => {
  const sound = `aevalsrc='0.2*sin(400*2*PI*t)*(1.5+0.5*sin(PI*t))/2|0.2*sin(500*2*PI*t)+0.01*(random(0)-0.5)'`
  const source = `${sound}:s=44100:d=${durationSeconds}`
  await ffmpeg(['-f', 'lavfi', '-i', source, '-c:a', 'libmp3lame', '-b:a', '128k', '-ac', '2', file])
}

/** A photograph's worth of detail in the size of the board. */
export const makeStill = async (file: string, size: { width: number; height: number }): Promise<void> => {
  const source = `mandelbrot=size=${size.width}x${size.height}`
  await ffmpeg(['-f', 'lavfi', '-i', source, '-frames:v', '1', file])
}

/** Noise of the colour of speech, which is like itself at no other moment. */
export const makeNoise = async (file: string, durationSeconds: number): Promise<void> => {
  const source = `anoisesrc=color=pink:amplitude=0.4:sample_rate=48000:duration=${durationSeconds}:seed=7`
  await ffmpeg(['-f', 'lavfi', '-i', source, '-ac', '2', file])
}
