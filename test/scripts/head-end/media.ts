/** Small media made on the spot by ffmpeg. */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ffmpeg = async (file: string, args: string[]): Promise<string> => {
  await mkdir(dirname(file), { recursive: true })
  await run('ffmpeg', ['-v', 'error', '-y', ...args, file], { timeout: 60_000 })
  return file
}

export const makeTone = (file: string, seconds = 2): Promise<string> =>
  ffmpeg(file, ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}:sample_rate=8000`])

export const makePicture = (file: string): Promise<string> =>
  ffmpeg(file, ['-f', 'lavfi', '-i', 'color=red:size=64x48', '-frames:v', '1'])

export const makeVideo = (file: string): Promise<string> =>
  ffmpeg(file, ['-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=10:duration=1'])

/** A recording with a cover picture, as phones make them. */
export const makeCovered = (file: string, tone: string, picture: string): Promise<string> =>
  ffmpeg(file, [
    '-i',
    tone,
    '-i',
    picture,
    '-map',
    '0:a',
    '-map',
    '1:v',
    '-c:v',
    'mjpeg',
    '-disposition:v',
    'attached_pic',
  ])
