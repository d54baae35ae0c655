/** `loa schedule …`: asks the agent, and shows what it says. */
import { askAgent, callAgent, type Unanswered } from './ask.ts'
import { plain, type Terminal } from './page.ts'
import { parseSchedule, parseWhy } from './schedule.ts'
import { schedulePage, whyPage } from './show-schedule.ts'
import { answerPage } from './show-status.ts'
import { parseAsked, type Asked } from './when.ts'
import type { Words } from './words/words.ts'

/** The agent looks a day of ten thousand programmes through in pauses of its real work. */
const ANSWER_MS_MAX = 15_000

export type ScheduleOptions = {
  words: string[]
  socket: string
  timeZone: string
  /** By the clock of the machine. */
  now: number
  user: string
  speak: Words
  terminal: Terminal
}

export type ScheduleResult =
  | { kind: 'told'; page: string; json: unknown }
  | { kind: 'untold'; page: string; json: unknown }
  | { kind: 'misunderstood'; text: string }

const utc = (at: number): string => encodeURIComponent(new Date(at).toISOString())

const pathOf = (asked: Exclude<Asked, { kind: 'misunderstood' }>): string =>
  asked.kind === 'schedule'
    ? `/schedule?from=${utc(asked.from)}&until=${utc(asked.until)}`
    : `/why?at=${utc(asked.at)}${asked.output === null ? '' : `&output=${asked.output}`}`

/** Moments that the agent has no plan for are told before it is asked. */
const isPast = (asked: Exclude<Asked, { kind: 'misunderstood' }>, now: number): boolean =>
  asked.kind === 'schedule' ? asked.until <= now : asked.at < now - 1_000

export const scheduleCommand = async (options: ScheduleOptions): Promise<ScheduleResult> => {
  const { words, socket, timeZone, now, user, speak, terminal } = options
  const misunderstood = (text: string): ScheduleResult => ({ kind: 'misunderstood', text })
  // What cannot be understood is said without the agent; what it means depends on the agent's clock.
  const first = parseAsked(words, now, timeZone)
  if (first.kind === 'misunderstood') return misunderstood(speak.schedule.misunderstood(plain(first.word)))
  const untold = (answer: Unanswered): ScheduleResult => ({
    kind: 'untold',
    page: answerPage({ answer, socket, user }, speak, terminal),
    json: { error: answer.kind, socket },
  })
  const status = await askAgent(socket)
  if (status.kind !== 'ok') return untold(status)
  const boxNow = Date.parse(status.status.at)
  const asked = parseAsked(words, boxNow, timeZone)
  if (asked.kind === 'misunderstood') return misunderstood(speak.schedule.misunderstood(plain(asked.word)))
  if (isPast(asked, boxNow)) return misunderstood(speak.schedule.past)
  const reply = await callAgent({ socketPath: socket, path: pathOf(asked), answerMsMax: ANSWER_MS_MAX })
  if (reply.kind !== 'text') return untold(reply)
  if (asked.kind === 'schedule') {
    const parsed = parseSchedule(reply.text)
    if (parsed.kind === 'malformed') return untold(parsed)
    return { kind: 'told', page: schedulePage(parsed.answer, speak, terminal), json: parsed.answer }
  }
  const parsed = parseWhy(reply.text)
  if (parsed.kind === 'malformed') return untold(parsed)
  if (asked.output !== null && parsed.answer.outputs.length === 0)
    return misunderstood(speak.schedule.noOutput(asked.output, parsed.answer.known.map(plain)))
  return { kind: 'told', page: whyPage(parsed.answer, speak, terminal), json: parsed.answer }
}
