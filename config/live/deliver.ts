/** Gives a signed message to the agent of this box, over its local socket. */
import { Ajv } from 'ajv'
import { callAgent, type Unanswered } from '../ask.ts'
import { MessageAnswer } from '../status.ts'

/** Longer than the agent takes to say that its loop does not answer. */
const ANSWER_MS_MAX = 7_000

export type Delivery = { kind: 'answered'; answer: MessageAnswer } | Unanswered

const parseAnswer = (text: string): Delivery => {
  const isAnswer = new Ajv({ strict: true }).compile<MessageAnswer>(MessageAnswer)
  try {
    const value: unknown = JSON.parse(text)
    if (isAnswer(value)) return { kind: 'answered', answer: value }
  } catch {
    return { kind: 'malformed', detail: 'not JSON' }
  }
  return { kind: 'malformed', detail: 'not an answer' }
}

export const deliver = async (socketPath: string, token: string): Promise<Delivery> => {
  const reply = await callAgent({ socketPath, path: '/message', body: token, answerMsMax: ANSWER_MS_MAX })
  return reply.kind === 'text' ? parseAnswer(reply.text) : reply
}
