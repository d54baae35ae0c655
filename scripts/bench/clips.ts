/** Media for the benchmarks, made on the spot. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { joinPcm, tonePcm, wavOf } from '../bench-parts/tone.ts'
import { carrierPcm } from './carrier.ts'

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

const SPOKEN =
  'Đây là đài truyền thanh xã. Hôm nay trời nắng, bà con ra đồng nhớ mang theo nước uống. ' +
  'Chiều nay lúc mười bảy giờ có họp thôn tại nhà văn hoá.'
/** Plucked chords over held tones, and a hiss four times a second. */
const MUSIC =
  '0.12*exp(-3*mod(t,0.5))*(sin(2*PI*220*t)+0.5*sin(2*PI*440*t)+0.3*sin(2*PI*660*t)+0.2*sin(2*PI*1320*t))' +
  '+0.08*sin(2*PI*277.18*t)+0.06*sin(2*PI*329.63*t)+0.03*exp(-30*mod(t,0.25))*(random(0)-0.5)'

/** Brings the mix to −20 LUFS, as ffmpeg's ebur128 measures it. */
const MIX_DB = -3.6
const PIECE_SECONDS = 30

/**
 * A programme as a commune makes it: speech over music, an MP3 of 44.1 kHz stereo, 128 kbit/s, at −20 LUFS. So levelling raises
 * it, and its peaks reach the limiter: the dearest case.
 */
export const makeProgramme = async (file: string, durationSeconds: number): Promise<void> => {
  const [speech, piece] = [`${file}.speech.wav`, `${file}.piece.wav`]
  await run('espeak-ng', ['-v', 'vi', '-w', speech, SPOKEN], { timeout: MAKE_MS_MAX })
  const inputs = ['-stream_loop', '-1', '-i', speech, '-f', 'lavfi', '-i', `aevalsrc='${MUSIC}|${MUSIC}':s=44100`]
  const mix = [
    '[0:a]aresample=44100,aformat=channel_layouts=stereo[speech]',
    `[1:a][speech]amix=inputs=2:normalize=0,volume=${MIX_DB}dB`,
  ].join(';')
  await ffmpeg([...inputs, '-filter_complex', mix, '-t', String(PIECE_SECONDS), piece])
  const mp3 = ['-t', String(durationSeconds), '-c:a', 'libmp3lame', '-b:a', '128k', '-ac', '2', file]
  await ffmpeg(['-stream_loop', '-1', '-i', piece, ...mp3])
}

/** A photograph's worth of detail in the size of the board. */
export const makeStill = async (file: string, size: { width: number; height: number }): Promise<void> => {
  const source = `mandelbrot=size=${size.width}x${size.height}`
  await ffmpeg(['-f', 'lavfi', '-i', source, '-frames:v', '1', file])
}

/** Two tones without a seam (carrier.ts), as a file that a box keeps for an hour: lossless, 15 kB a second. */
export const makeCarrier = async (file: string, durationSeconds: number): Promise<void> => {
  const piece = `${file}.piece.wav`
  writeFileSync(piece, wavOf(joinPcm(Array.from({ length: 100 }, carrierPcm))))
  await ffmpeg(['-stream_loop', '-1', '-i', piece, '-t', String(durationSeconds), '-c:a', 'flac', file])
}

/** Noise of the colour of speech, which is like itself at no other moment. */
export const makeNoise = async (file: string, durationSeconds: number): Promise<void> => {
  const source = `anoisesrc=color=pink:amplitude=0.4:sample_rate=48000:duration=${durationSeconds}:seed=7`
  await ffmpeg(['-f', 'lavfi', '-i', source, '-ac', '2', file])
}
