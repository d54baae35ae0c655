/** `serve`, `watch` and `run`: what goes on until Ctrl-C. */
import { headEndSubscriptions } from '../../agent/protocol/topics.ts'
import { ClearError } from './clear-error.ts'
import {
  LINE_FLAGS,
  SEND_FLAGS,
  brokerOf,
  homeOf,
  issuerKeyOf,
  mediaOf,
  readFlags,
  voiceOf,
  type Flags,
  type World,
} from './command-line.ts'
import { startHeadEnd } from './head-end.ts'
import type { Home } from './home.ts'
import { connectLine } from './line.ts'
import { grantFault } from './orders.ts'
import type { HeadEndEvent } from './receive.ts'
import { eventLine, type Voice } from './render.ts'
import { readUplink } from './uplink-read.ts'

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

const areaOf = (flags: Flags, home: Home): string => {
  const area = flags.text.get('area') ?? home.settings.area
  if (area === undefined) throw new ClearError('--area is missing, and head-end.yaml names none')
  return area
}

const printer =
  ({ print, now }: World, voice: Voice) =>
  (event: HeadEndEvent): void => {
    const line = eventLine(event, now(), voice)
    if (line !== null) print(line)
  }

/** `serve` says only what is wrong; `run` says everything. */
const isTrouble = (event: HeadEndEvent): boolean =>
  event.kind === 'uplink' ? event.taken === 'conflict' || event.uplink.kind === 'alarm' : event.kind !== 'receipt'

const serveUntilAborted = async (args: readonly string[], world: World, isQuiet: boolean): Promise<void> => {
  const flags = readFlags(args, { ...SEND_FLAGS, area: 'text' })
  const home = await homeOf(flags)
  const voice = voiceOf(flags, home, world)
  const area = areaOf(flags, home)
  const signer = await issuerKeyOf(flags, home)
  const fault = grantFault(signer, 'receipt', world.now())
  if (fault !== null) throw new ClearError(fault)
  const broker = brokerOf(flags, home)
  const print = printer(world, voice)
  const headEnd = await startHeadEnd({
    databaseFile: home.databaseFile,
    mediaFolder: home.mediaFolder,
    broker,
    area,
    signer,
    media: mediaOf(flags, home),
    now: world.now,
    listener: (event) => {
      if (!isQuiet || isTrouble(event)) print(event)
    },
  })
  world.print(voice.words.serving(headEnd.mediaUrl))
  world.print(voice.words.watching(area, broker.url))
  await aborted(world.signal)
  await headEnd.close()
}

export const runCommandLine = (args: readonly string[], world: World): Promise<void> =>
  serveUntilAborted(args, world, false)

export const serveCommandLine = (args: readonly string[], world: World): Promise<void> =>
  serveUntilAborted(args, world, true)

/** Looks on: keeps nothing, confirms nothing, so that any number of people may watch. */
export const watchCommandLine = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, { ...LINE_FLAGS, area: 'text' })
  const home = await homeOf(flags)
  const voice = voiceOf(flags, home, world)
  const area = areaOf(flags, home)
  const broker = brokerOf(flags, home)
  const print = printer(world, voice)
  const line = await connectLine({
    ...broker,
    reconnect: 'always',
    listener: (event) => {
      if (event.kind !== 'message') {
        print({ kind: 'line', connected: event.kind === 'connected' })
        return
      }
      const { topic, payload, retained } = event
      const read = readUplink(topic, payload)
      if (read.kind === 'ok') print({ kind: 'uplink', uplink: read.uplink, taken: 'new', retained })
      else print({ kind: 'refused', topic, detail: read.detail, bytes: payload.length })
    },
  })
  await line.subscribe(headEndSubscriptions(area))
  world.print(voice.words.watching(area, broker.url))
  await aborted(world.signal)
  await line.close()
}
