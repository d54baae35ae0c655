/** Plays one sound again and again through a sound process of its own, each time as another item: decoded anew, and without a pause. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import send from 'send'
import { openClock } from '../../drivers/clock/clock.ts'
import { openSoundOutput } from '../../drivers/audio/output.ts'
import type { OutputEvent } from '../../player/ports/output.ts'
import { addMs, type WallMs } from '../../player/plan/time.ts'
import { until } from './programs.ts'

export type ItemPlayer = {
  /** How many were heard. */
  played: () => number
  /** Of the sound process; null while there is none. */
  processId: () => number | null
  close: () => Promise<void>
}

export type ItemPlayerOptions = { file: string; itemMs: number; itemsMax: number; env: NodeJS.ProcessEnv }

const READY_MS_MAX = 20_000
const GAIN_DB = -20

const serve = async (file: string) => {
  const server = createServer((request, response) => send(request, file, { dotfiles: 'allow' }).pipe(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${port}/`, close }
}

export const playItems = async ({ file, itemMs, itemsMax, env }: ItemPlayerOptions): Promise<ItemPlayer> => {
  const clock = openClock({ source: 'battery' })
  const server = await serve(file)
  let asked = 0
  let played = 0
  let isClosing = false

  const ask = (dueAt: WallMs) => {
    if (isClosing || asked >= itemsMax) return
    asked += 1
    const source = { url: server.url, sha256: '0'.repeat(64), mediaType: 'audio/wav' }
    const levels = { gainDb: GAIN_DB, levellingDb: 0 }
    output.play({
      ...{ playId: String(asked), playable: { kind: 'sound', source }, offsetMs: 0, lengthMs: null },
      ...{ ...levels, dueAt, whenLate: 'whole' },
    })
  }
  const listener = (event: OutputEvent) => {
    // As soon as one is heard the next one is asked for: so at most one plays and one waits.
    if (event.kind === 'started' && event.playId === String(asked)) ask(addMs(event.at, itemMs))
    if (event.kind !== 'ended') return
    if (event.heardMs > 0) played += 1
    if (event.playId === String(asked)) ask(clock.wall())
  }
  const log = { info: () => undefined, warn: () => undefined }
  const sound = { id: 'loa', device: 'default', latencyMs: 0, gainDb: 0, env }
  const output = openSoundOutput({ ...sound, clock, log, listener })
  const close = async () => {
    isClosing = true
    await output.close()
    await server.close()
    clock.close()
  }
  try {
    await until('the sound process is ready', () => output.health().state === 'ready', READY_MS_MAX)
  } catch (error) {
    await close()
    throw error
  }
  ask(clock.wall())
  return { played: () => played, processId: output.processId, close }
}
