/** A screen without hardware: Xvfb, and ffmpeg to look at it. For the demo, the benchmarks and the tests. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export type Area = { x: number; y: number; width: number; height: number }
export type Picture = { width: number; height: number; rgb: Buffer; takenAtMs: number }

export type VirtualDisplay = {
  /** `:7` */
  name: string
  width: number
  height: number
  pid: number
  /** A PNG of all of it. */
  screenshot: () => Promise<Buffer>
  /** Pixels, and the wall-clock moment at which they were taken. */
  look: (area?: Area) => Promise<Picture>
  /** Looks on until the returned function is called. `onPicture` gets each frame. */
  watch: (area: Area, perSecond: number, onPicture: (picture: Picture) => void) => Promise<() => Promise<void>>
  close: () => Promise<void>
}

const START_PATIENCE_MS = 10_000
const LOOK_PATIENCE_MS = 15_000
const RGB_BYTES = 3

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Reads the number that Xvfb writes once it takes connections. */
const displayNumber = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ''
    const patience = setTimeout(() => reject(new Error('Xvfb does not start')), START_PATIENCE_MS)
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (!said.includes('\n')) return
      clearTimeout(patience)
      resolve(said.trim())
    })
    child.once('error', (error) => {
      clearTimeout(patience)
      reject(new Error('Xvfb cannot be started', { cause: error }))
    })
    child.once('exit', (code) => {
      clearTimeout(patience)
      reject(new Error(`Xvfb ended with code ${code ?? 'unknown'}`))
    })
  })

const grabArguments = (name: string, area: Area, perSecond: number): string[] => [
  ...['-hide_banner', '-nostats', '-loglevel', 'info', '-probesize', '32'],
  ...['-f', 'x11grab', '-draw_mouse', '0', '-framerate', String(perSecond)],
  ...['-video_size', `${area.width}x${area.height}`, '-i', `${name}+${area.x},${area.y}`],
  // showinfo tells when each frame was taken: x11grab stamps with the wall clock.
  ...['-copyts', '-vf', 'showinfo=checksum=0'],
]

/** In microseconds, the time base of x11grab; `pts_time` beside it is rounded to six figures. */
const TAKEN_AT = /\bpts:\s*(\d+)/g

/** Pairs frames, which come on one pipe, with their moments, which come on the other. */
const framesOf = (child: ChildProcess, area: Area, onPicture: (picture: Picture) => void): void => {
  const frameBytes = area.width * area.height * RGB_BYTES
  let pixels = Buffer.alloc(0)
  let said = ''
  const moments: number[] = []
  const pair = () => {
    while (moments.length > 0 && pixels.length >= frameBytes) {
      const takenAtMs = moments.shift() ?? 0
      onPicture({ width: area.width, height: area.height, rgb: Buffer.from(pixels.subarray(0, frameBytes)), takenAtMs })
      pixels = pixels.subarray(frameBytes)
    }
  }
  child.stdout?.on('data', (chunk: Buffer) => {
    pixels = Buffer.concat([pixels, chunk])
    pair()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
    const whole = said.lastIndexOf('\n') + 1
    for (const match of said.slice(0, whole).matchAll(TAKEN_AT)) moments.push(Number(match[1]) / 1_000)
    said = said.slice(whole)
    pair()
  })
}

const watchArea = async (
  name: string,
  area: Area,
  perSecond: number,
  onPicture: (picture: Picture) => void,
): Promise<() => Promise<void>> => {
  const output = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-flush_packets', '1', 'pipe:1']
  const child = spawn('ffmpeg', [...grabArguments(name, area, perSecond), ...output], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const first = new Promise<void>((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error('ffmpeg shows no picture of the screen')), LOOK_PATIENCE_MS)
    framesOf(child, area, (picture) => {
      clearTimeout(patience)
      resolve()
      onPicture(picture)
    })
    child.once('exit', () => {
      clearTimeout(patience)
      reject(new Error('ffmpeg ended before it showed a picture of the screen'))
    })
  })
  const stop = async () => {
    child.kill('SIGKILL')
    await ended(child)
  }
  try {
    await first
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

const look = async (name: string, area: Area): Promise<Picture> => {
  const seen: Picture[] = []
  const stop = await watchArea(name, area, 25, (picture) => seen.push(picture))
  await stop()
  const [picture] = seen
  if (picture === undefined) throw new Error('no picture of the screen')
  return picture
}

const screenshot = async (name: string, area: Area): Promise<Buffer> => {
  const output = ['-frames:v', '1', '-f', 'image2pipe', '-c:v', 'png', 'pipe:1']
  const child = spawn('ffmpeg', [...grabArguments(name, area, 25), ...output], { stdio: ['ignore', 'pipe', 'ignore'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const patience = setTimeout(() => child.kill('SIGKILL'), LOOK_PATIENCE_MS)
  await once(child, 'close')
  clearTimeout(patience)
  if (child.exitCode !== 0) throw new Error('ffmpeg could not take a picture of the screen')
  return Buffer.concat(chunks)
}

/** `number`: a display of that number, for one that comes back; else the first that is free. */
export const startDisplay = async (
  size: { width: number; height: number; number?: string } = { width: 1280, height: 720 },
): Promise<VirtualDisplay> => {
  const { width, height } = size
  const wanted = size.number === undefined ? [] : [`:${size.number}`]
  const child = spawn(
    'Xvfb',
    [...wanted, '-displayfd', '1', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
      // Ctrl-C in a terminal is the owner's to answer: the screen must not go before what is shown on it.
      detached: true,
    },
  )
  const name = `:${await displayNumber(child)}`
  const all = { x: 0, y: 0, width, height }
  return {
    name,
    width,
    height,
    pid: child.pid ?? -1,
    screenshot: () => screenshot(name, all),
    look: (area = all) => look(name, area),
    watch: (area, perSecond, onPicture) => watchArea(name, area, perSecond, onPicture),
    close: async () => {
      child.kill('SIGTERM')
      await ended(child)
    },
  }
}
