/**
 * An official speaks at the box: the microphone in the cabinet becomes a stream on its loopback, and a message that is signed
 * with the official's key has the agent play it. The agent judges that message like any other; the box itself trusts nobody.
 */
import { askAgent, type Unanswered } from '../ask.ts'
import type { AgentStatus, PlayingStatus } from '../status.ts'
import { pause, type LiveClock } from './clock.ts'
import { deliver } from './deliver.ts'
import type { SoundSource } from './ffmpeg.ts'
import { signLive, type LiveStart, type LiveStop } from './message.ts'
import { sourceText } from './options.ts'
import { startSender, type Sender, type SenderFault } from './sender.ts'
import { LAST_WORDS_MS, speak, type SpeakingFacts, type Spoken } from './session.ts'
import type { Speaker } from './speaker.ts'
import type { LiveFault } from './words.ts'

export type AnnouncementOptions = {
  socketPath: string
  speaker: Speaker
  source: SoundSource
  title: string
  maxMs: number
  outputs: string[] | null
  /** What it wins over goes on below, turned down, instead of being interrupted. */
  isOver: boolean
  clock: LiveClock
  newId: () => string
  newSecret: () => string
  signal: AbortSignal
  show: (facts: SpeakingFacts & { heardOn: string[] }) => void
  begun: () => void
}

export type Announced =
  | { kind: 'spoken'; spoken: Spoken; stopUnsent: LiveFault | null }
  | { kind: 'not-begun'; fault: LiveFault }
  | { kind: 'unanswered'; answer: Unanswered }

const LOOPBACK = '127.0.0.1'
/** The agent is asked this often whether it is there and what sounds. */
const ASK_MS = 1_000
/** An agent that is restarted is back sooner; one that is not there for so long does not play what is said. */
const GONE_MS = 5_000
const STOP_TRIES_MAX = 10
const STOP_RETRY_MS = 1_000
/** The agent ends it by itself when nothing has come for so long. */
const SOURCE_GONE_MS = 10_000

/** Of a box that lost its clock: the last moment that it knows to be past, so that nothing is signed as long expired. */
export const momentOf = ({ at, clock }: Pick<AgentStatus, 'at' | 'clock'>, now: number): number =>
  Math.max(now, Date.parse(at), clock.floor === undefined ? 0 : Date.parse(clock.floor))

export const senderFault = (fault: SenderFault, source: SoundSource): LiveFault => {
  switch (fault.kind) {
    case 'ffmpeg-missing':
    case 'cannot-listen':
      return fault
    case 'source-failed':
      return { kind: 'source-failed', source: sourceText(source), detail: fault.detail }
    case 'source-silent':
      return { kind: 'source-silent', source: sourceText(source) }
  }
}

/** Signs with ever higher numbers, and once more where the box remembers a higher one than the clock gives. */
const createOrders = ({ socketPath, speaker, newId, clock }: AnnouncementOptions, status: AgentStatus) => {
  let last = 0
  const aheadMs = momentOf(status, clock.now()) - clock.now()
  const send = async (body: LiveStart | LiveStop, again: boolean): Promise<LiveFault | Unanswered | null> => {
    const draft = { device: status.device, body, messageId: newId(), at: clock.now() + aheadMs, after: last }
    const { token, sequence } = await signLive(speaker, draft)
    last = sequence
    const delivery = await deliver(socketPath, token)
    if (delivery.kind !== 'answered') return delivery
    const { outcome, reason, detail, lastSequence } = delivery.answer
    switch (outcome) {
      case 'accepted':
      case 'duplicate':
        return null
      case 'busy':
        return { kind: 'busy' }
      case 'refused':
        if (reason === 'replayed' && lastSequence !== null && again) {
          last = Math.max(last, lastSequence)
          return send(body, false)
        }
        return { kind: 'refused', reason: reason ?? '', detail: detail ?? '' }
    }
  }
  return { send: (body: LiveStart | LiveStop) => send(body, true) }
}

type Orders = ReturnType<typeof createOrders>

/** Looks after the agent while somebody speaks. */
const watchAgent = ({ socketPath, clock }: AnnouncementOptions, liveId: string) => {
  let heardOn: string[] = []
  let answeredAt = clock.elapsed()
  let isOver = false
  const look = async () => {
    while (!isOver) {
      const answer = await askAgent(socketPath)
      if (answer.kind === 'ok') {
        answeredAt = clock.elapsed()
        const isThis = (play?: PlayingStatus | null) => play?.programmeId === `live:${liveId}`
        const plays = answer.status.outputs.filter(({ playing, over }) => isThis(playing) || isThis(over))
        heardOn = plays.map(({ id }) => id)
      } else heardOn = []
      await pause(clock, ASK_MS)
    }
  }
  const looking = look()
  return {
    heardOn: () => heardOn,
    isLost: () => clock.elapsed() - answeredAt > GONE_MS,
    close: async () => {
      isOver = true
      await looking
    },
  }
}

/** An agent that is being restarted takes up what it stored, so the stop is worth some tries. */
const stop = async (orders: Orders, clock: LiveClock, liveId: string): Promise<LiveFault | null> => {
  for (let tries = 1; ; tries += 1) {
    const trouble = await orders.send({ action: 'stop', liveId })
    if (trouble === null) return null
    if (trouble.kind === 'refused') return trouble
    if (tries >= STOP_TRIES_MAX) return { kind: 'stop-unsent', seconds: SOURCE_GONE_MS / 1_000 }
    await pause(clock, STOP_RETRY_MS)
  }
}

const isUnanswered = (trouble: LiveFault | Unanswered): trouble is Unanswered =>
  ['absent', 'forbidden', 'silent', 'malformed'].includes(trouble.kind)

const speakWith = async (options: AnnouncementOptions, status: AgentStatus, sender: Sender): Promise<Announced> => {
  const { clock, title, maxMs, outputs, isOver, signal, show, begun, newId } = options
  const orders = createOrders(options, status)
  const liveId = newId()
  const trouble = await orders.send({
    action: 'start',
    liveId,
    title,
    source: { url: `http://${LOOPBACK}:${sender.port}${sender.path}` },
    maxMs,
    goneMs: SOURCE_GONE_MS,
    ...(outputs === null ? {} : { outputs }),
    ...(isOver ? { over: {} } : {}),
  })
  if (trouble !== null)
    return isUnanswered(trouble) ? { kind: 'unanswered', answer: trouble } : { kind: 'not-begun', fault: trouble }
  begun()
  const agent = watchAgent(options, liveId)
  const spoken = await speak({
    sender,
    maxMs,
    clock,
    signal,
    isLost: agent.isLost,
    show: (facts) => show({ ...facts, heardOn: agent.heardOn() }),
  })
  await agent.close()
  await pause(clock, LAST_WORDS_MS)
  return { kind: 'spoken', spoken, stopUnsent: await stop(orders, clock, liveId) }
}

/** Resolves when everything is over and closed. */
export const announce = async (options: AnnouncementOptions, status: AgentStatus): Promise<Announced> => {
  const { source, clock, newSecret } = options
  const started = await startSender({ source, clock, listen: { host: LOOPBACK, port: 0 }, secret: newSecret() })
  if (started.kind === 'failed') return { kind: 'not-begun', fault: senderFault(started.fault, source) }
  try {
    return await speakWith(options, status, started.sender)
  } finally {
    await started.sender.close()
  }
}
