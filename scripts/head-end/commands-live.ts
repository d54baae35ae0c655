/** `headend live`: an announcement from a stream that is there already, or spoken right here, into a microphone. */
import { randomBytes, randomUUID } from 'node:crypto'
import { LiveBody, type LiveBody as Live } from '../../agent/protocol/downlink.ts'
import type { Target } from '../../agent/protocol/fields.ts'
import { upTopic } from '../../agent/protocol/topics.ts'
import { senderFault } from '../../config/live/announce.ts'
import type { LiveClock } from '../../config/live/clock.ts'
import { sourceOf, withDefaultMic } from '../../config/live/options.ts'
import { sayFault } from '../../config/live/say.ts'
import { startSender, type Sender } from '../../config/live/sender.ts'
import { LAST_WORDS_MS, speak } from '../../config/live/session.ts'
import { liveLine, openPanel, type Panel } from '../../config/live/view.ts'
import type { LiveWords } from '../../config/live/words.ts'
import { wordsOf as commandWords } from '../../config/words/language.ts'
import type { SoundSource } from '../../config/live/ffmpeg.ts'
import { ClearError, messageOf } from './clear-error.ts'
import {
  OVER_FLAGS,
  SEND_FLAGS,
  atDesk,
  durationFlag,
  homeOf,
  languageFlag,
  outputsFlag,
  overFlag,
  readFlags,
  required,
  voiceOf,
  type Counter,
  type FlagSpec,
  type Flags,
  type World,
} from './command-line.ts'
import { bodyFrom, told } from './commands-send.ts'
import { mediaUrlOf } from './head-end.ts'
import type { Home } from './home.ts'
import type { LineEvent } from './line.ts'
import { publishLive } from './orders.ts'
import { printable } from './render.ts'
import { readUplink } from './uplink-read.ts'

const HOUR_MS = 3_600_000
const LISTEN_DEFAULT = '0.0.0.0:8481'
/** So long after the last sound boxes end it by themselves, should the stop not reach them. */
const GONE_MS = 10_000
/** Answers that are remembered: more boxes than that are not counted. */
const ANSWERS_MAX = 100_000

const LIVE_FLAGS: FlagSpec = {
  ...SEND_FLAGS,
  ...OVER_FLAGS,
  to: 'text',
  file: 'text',
  id: 'text',
  title: 'text',
  url: 'text',
  for: 'text',
  outputs: 'text',
  mic: 'text',
  from: 'text',
  listen: 'text',
  address: 'text',
}

const liveFromFlags = (action: string | undefined, flags: Flags): Live => {
  if (action === 'stop') return { action, liveId: required(flags, 'id') }
  if (action !== 'start') throw new ClearError('live: expected `live start`, `live stop`, --mic or --from')
  return {
    action,
    liveId: flags.text.get('id') ?? `live-${randomUUID()}`,
    title: required(flags, 'title'),
    source: { url: required(flags, 'url') },
    maxMs: durationFlag(flags, 'for', HOUR_MS),
    ...outputsFlag(flags),
    ...overFlag(flags),
  }
}

type Place = { host: string; port: number }

const listenFlag = (flags: Flags): Place => {
  const text = flags.text.get('listen') ?? LISTEN_DEFAULT
  const [, host = '', port = ''] = /^\[?([^[\]]+)\]?:(\d{1,5})$/.exec(text) ?? []
  if (host === '' || Number(port) > 65_535)
    throw new ClearError(`--listen: found ${text}, expected an address of this machine and a port: ${LISTEN_DEFAULT}`)
  return { host, port: Number(port) }
}

/** How boxes reach the sender: `192.168.1.10`, `192.168.1.10:8481` or `http://loa.example.vn/mic`. */
const addressOf = (flags: Flags, listen: Place, port: number): string => {
  const text = flags.text.get('address')
  if (text === undefined) return mediaUrlOf(listen.host, port)
  const whole = /^https?:\/\//.test(text) ? text : `http://${text}${/:\d+$/.test(text) ? '' : `:${port}`}`
  if (!URL.canParse(whole)) throw new ClearError(`--address: found ${text}, expected an address such as 192.168.1.10`)
  return whole.replace(/\/+$/, '')
}

const clockOf = ({ now }: World): LiveClock => ({
  now,
  elapsed: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    return () => clearTimeout(timer)
  },
})

type Answers = {
  hear: (event: LineEvent) => void
  of: (messageId: string) => { confirmed: number; refusals: string[] }
}

/** What boxes say to the message; it may be here before the broker has confirmed that message. */
const collectAnswers = (words: LiveWords): Answers => {
  const answers: { messageId: string; device: string; refusal: string | null }[] = []
  return {
    hear: (event) => {
      if (event.kind !== 'message' || answers.length >= ANSWERS_MAX) return
      const read = readUplink(event.topic, event.payload)
      if (read.kind !== 'ok' || read.uplink.kind !== 'acknowledgement') return
      const { messageId, device, outcome, reason } = read.uplink.message
      if (messageId === null) return
      const refusal = outcome === 'refused' ? words.refusedBy(device, reason ?? outcome) : null
      answers.push({ messageId, device, refusal })
    },
    of: (messageId) => {
      const mine = answers.filter((answer) => answer.messageId === messageId)
      const confirmed = new Set(mine.flatMap(({ device, refusal }) => (refusal === null ? [device] : [])))
      return { confirmed: confirmed.size, refusals: mine.flatMap(({ refusal }) => refusal ?? []) }
    },
  }
}

/** Where the boxes that are meant answer; null: not known. */
const areaOf = (target: Target, home: Home): string | null => {
  if ('area' in target) return target.area
  return 'within' in target ? target.within : (home.settings.area ?? null)
}

const panelOf = ({ print, screen }: World, clock: LiveClock): Panel =>
  openPanel({
    write: screen?.write ?? ((text) => print(text.replace(/\n$/, ''))),
    isTerminal: screen !== undefined,
    elapsed: clock.elapsed,
  })

type Spoken = { flags: Flags; world: World; home: Home; words: LiveWords; clock: LiveClock; answers: Answers }

const speakAtDesk = async (sender: Sender, source: SoundSource, { desk, target }: Counter, spoken: Spoken) => {
  const { flags, world, home, words, clock, answers } = spoken
  const own = voiceOf(flags, home, world).words
  const terminal = { columns: world.screen?.columns ?? 100, colour: world.screen?.colour ?? false }
  const area = areaOf(target, home)
  // A broker that does not let this key look on is no reason to be silent.
  const isAnswered =
    area !== null &&
    (await desk.line.subscribe([`${upTopic('acknowledgement', '+', area)}/#`]).then(
      () => true,
      () => false,
    ))
  const url = `${addressOf(flags, listenFlag(flags), sender.port)}${sender.path}`
  const maxMs = durationFlag(flags, 'for', HOUR_MS)
  const liveId = flags.text.get('id') ?? `live-${randomUUID()}`
  const title = flags.text.get('title') ?? words.defaultTitle
  const manner = { maxMs, goneMs: GONE_MS, ...outputsFlag(flags), ...overFlag(flags) }
  const start: Live = { action: 'start', liveId, title, source: { url }, ...manner }
  const sent = await publishLive(desk, start, target)
  const panel = panelOf(world, clock)
  panel.note(told(`live start ${liveId}`, sent))
  panel.note(own.live.offered(url))
  panel.note(`${words.begun(title)} ${words.howToEnd}`)
  let toldRefusals = 0
  const { end, fault } = await speak({
    sender,
    maxMs,
    clock,
    signal: world.signal,
    show: (facts) => {
      const { confirmed, refusals } = answers.of(sent.messageId)
      for (const refusal of refusals.slice(toldRefusals)) panel.note(printable(refusal))
      toldRefusals = refusals.length
      panel.show(
        liveLine({ ...facts, maxMs, heardOn: null, confirmed: isAnswered ? confirmed : null }, words, terminal),
      )
    },
  })
  await new Promise((resolve) => clock.after(LAST_WORDS_MS, () => resolve(null)))
  panel.close()
  const stopped = await publishLive(desk, { action: 'stop', liveId }, target).catch((error: unknown) => {
    throw new ClearError(own.live.stopUnsent(messageOf(error), GONE_MS / 1_000), { cause: error })
  })
  world.print(told(`live stop ${liveId}`, stopped))
  world.print(words.ends[end])
  if (fault !== null) throw new ClearError(sayFault(senderFault(fault, source), words).wrong)
}

const speakHere = async (flags: Flags, world: World, source: SoundSource): Promise<void> => {
  const home = await homeOf(flags)
  const words = commandWords(languageFlag(flags, home, world)).live
  const clock = clockOf(world)
  const answers = collectAnswers(words)
  const lasting = { reconnect: 'always' as const, listener: answers.hear }
  await atDesk(
    flags,
    world,
    ['live'],
    async (counter) => {
      const secret = randomBytes(16).toString('hex')
      const started = await startSender({ source, listen: listenFlag(flags), clock, secret })
      if (started.kind === 'failed') {
        const { wrong, next } = sayFault(senderFault(started.fault, source), words)
        throw new ClearError(`${wrong} ${next}`)
      }
      const { sender } = started
      try {
        await speakAtDesk(sender, source, counter, { flags, world, home, words, clock, answers })
      } finally {
        await sender.close()
      }
    },
    lasting,
  )
}

export const liveCommandLine = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(withDefaultMic(args), LIVE_FLAGS)
  const [mic, from, file] = ['mic', 'from', 'file'].map((name) => flags.text.get(name))
  if (mic !== undefined || from !== undefined) {
    const source = sourceOf(mic, from)
    if (source === null || file !== undefined || flags.words.length > 0)
      throw new ClearError('live: expected one of `live start`, `live stop`, --file, --mic and --from')
    await speakHere(flags, world, source)
    return
  }
  const body = file === undefined ? liveFromFlags(flags.words[0], flags) : await bodyFrom(LiveBody, file)
  await atDesk(flags, world, ['live'], async ({ desk, target }) => {
    world.print(told(`live ${body.action} ${body.liveId}`, await publishLive(desk, body, target)))
  })
}
