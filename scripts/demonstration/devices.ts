/** The card and the screen: those of this machine if they work and a person is there, else virtual ones. */
import { execFile } from 'node:child_process'
import { startDisplay, type VirtualDisplay } from '../bench-parts/display.ts'
import { type Recording, startVirtualCard, type VirtualCard } from '../bench-parts/sound.ts'
import { ClearError, messageOf } from '../head-end/clear-error.ts'

export type Sound = { kind: 'real' } | { kind: 'virtual'; card: VirtualCard; recording: Recording }
export type Screen =
  { kind: 'real'; name: string; width: number; height: number } | ({ kind: 'virtual' } & { display: VirtualDisplay })

const VIRTUAL_SIZE = { width: 1280, height: 720 }
/** Small enough to leave a person's desktop in sight. */
const WINDOW_SIZE = { width: 960, height: 540 }
const PROBE_MS_MAX = 5_000

const succeeds = (program: string, args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    execFile(program, [...args], { timeout: PROBE_MS_MAX }, (error) => resolve(error === null))
  })

/** Whether a tenth of a second of silence can be played: a card that is listed need not be one that opens. */
export const hasSoundCard = (): Promise<boolean> =>
  succeeds('aplay', [
    '-q',
    '-D',
    'default',
    '-t',
    'raw',
    '-f',
    'S16_LE',
    '-r',
    '48000',
    '-c',
    '2',
    '-s',
    '4800',
    '/dev/zero',
  ])

/** Whether the display of the environment lets us in: asked as the board itself will be, by opening it. */
export const hasScreen = (display: string): Promise<boolean> =>
  succeeds('ffmpeg', [
    ...['-nostdin', '-loglevel', 'error', '-f', 'x11grab', '-video_size', '16x16', '-i', display],
    ...['-frames:v', '1', '-f', 'null', '-'],
  ])

const clear = (what: string) => (error: unknown) => {
  throw new ClearError(`${what}: ${messageOf(error)}`, { cause: error })
}

export const virtualSound = async (own: (close: () => Promise<void>) => void): Promise<Sound> => {
  const card = await startVirtualCard().catch(clear('the virtual sound card cannot be started'))
  own(card.dispose)
  const recording = await card.record().catch(clear('the virtual sound card cannot be recorded'))
  return { kind: 'virtual', card, recording }
}

export const virtualScreen = async (own: (close: () => Promise<void>) => void): Promise<Screen> => {
  const display = await startDisplay(VIRTUAL_SIZE).catch(clear('the virtual screen cannot be started'))
  own(display.close)
  return { kind: 'virtual', display }
}

export const realScreen = (name: string): Screen => ({ kind: 'real', name, ...WINDOW_SIZE })
