/** `loa amplifier …`: for the technician on the ladder. Asks the agent, which alone has the line. */
import { Ajv } from 'ajv'
import { askAgent, callAgent, type Unanswered } from './ask.ts'
import { paintOf, plain, wrapped, type Terminal } from './page.ts'
import { amplifierParts, isWell } from './show-amplifier.ts'
import { answerPage } from './show-status.ts'
import { AmplifierAnswer, type AgentStatus } from './status.ts'
import type { Words } from './words/words.ts'

/** An amplifier that is silent is asked several times before the agent says so. */
const ANSWER_MS_MAX = 60_000

export type AmplifierOptions = { words: string[]; socket: string; user: string; speak: Words; terminal: Terminal }

export type AmplifierResult =
  | { kind: 'told'; page: string; json: unknown }
  | { kind: 'untold'; page: string; json: unknown }
  | { kind: 'misunderstood'; text: string }

type Asked =
  | { do: 'show'; name: string | null }
  | { do: 'on' | 'off'; name: string }
  | { do: 'read'; name: string; kind: string; address: number; count: number }

const parseAsked = ([name, order, kind, address, count, ...rest]: string[]): Asked | null => {
  if (name === undefined) return { do: 'show', name: null }
  if (order === undefined) return { do: 'show', name }
  if ((order === 'on' || order === 'off') && kind === undefined) return { do: order, name }
  const isKind = kind !== undefined && /^(coil|discrete|holding|input)$/.test(kind)
  const isWhole = (text: string | undefined) => text !== undefined && /^\d{1,5}$/.test(text)
  if (order !== 'read' || !isKind || !isWhole(address) || rest.length > 0) return null
  if (count !== undefined && !isWhole(count)) return null
  return { do: 'read', name, kind, address: Number(address), count: Number(count ?? 1) }
}

const listPage = (status: AgentStatus, name: string | null, { speak, terminal }: AmplifierOptions): string => {
  const paint = paintOf(terminal)
  const all = (status.amplifiers ?? []).filter(({ id }) => name === null || id === name)
  if (all.length === 0) return `\n    ${speak.amplifier.none}\n`
  const rows = all.map((one) => {
    const mark = isWell(one) ? paint.good('✓') : paint.bad('✗')
    const parts = [
      ...amplifierParts(one, Date.parse(status.at), speak, paint),
      speak.amplifier.switched(one.switchedOn),
    ]
    return `    ${mark} ${plain(one.id)}  ${wrapped(parts.join(paint.dim(' · ')), terminal, 8 + one.id.length)}`
  })
  return ['', ...rows, ''].join('\n')
}

const pathOf = (asked: Exclude<Asked, { do: 'show' }>): string => {
  const query = new URLSearchParams({ name: asked.name, do: asked.do })
  if (asked.do === 'read') {
    query.set('kind', asked.kind)
    query.set('address', String(asked.address))
    query.set('count', String(asked.count))
  }
  return `/amplifier?${query.toString()}`
}

const parseReply = (text: string): AmplifierAnswer | null => {
  try {
    const value: unknown = JSON.parse(text)
    return new Ajv({ strict: true }).validate<AmplifierAnswer>(AmplifierAnswer, value) ? value : null
  } catch {
    return null
  }
}

/** As a manual may write it: in decimal, in hexadecimal, bit by bit. */
const registerLine = ({ kind, address }: Extract<Asked, { do: 'read' }>, value: number, index: number): string => {
  const isBit = kind === 'coil' || kind === 'discrete'
  const forms = isBit ? '' : `  0x${value.toString(16).padStart(4, '0')}  ${value.toString(2).padStart(16, '0')}`
  return `${kind} ${address + index}: ${value}${forms}`
}

const say = (asked: Exclude<Asked, { do: 'show' }>, answer: AmplifierAnswer, known: string[], words: Words): string => {
  const said = words.amplifier
  switch (answer.outcome) {
    case 'unknown-amplifier':
      return said.unknownName(asked.name, known)
    case 'cannot-switch':
      return said.cannotSwitch(asked.name)
    case 'failed':
      return said.failed(asked.name, plain(answer.detail ?? ''))
    case 'done':
      if (asked.do !== 'read')
        return asked.do === 'on' ? said.heldOn(asked.name, answer.minutes ?? 0) : said.letGo(asked.name)
      return (answer.values ?? []).map((value, index) => registerLine(asked, value, index)).join('\n    ')
  }
}

export const amplifierCommand = async (options: AmplifierOptions): Promise<AmplifierResult> => {
  const { words, socket, user, speak, terminal } = options
  const asked = parseAsked(words)
  if (asked === null) return { kind: 'misunderstood', text: speak.amplifier.usage }
  const untold = (answer: Unanswered): AmplifierResult => ({
    kind: 'untold',
    page: answerPage({ answer, socket, user }, speak, terminal),
    json: { error: answer.kind, socket },
  })
  const status = await askAgent(socket)
  if (status.kind !== 'ok') return untold(status)
  const amplifiers = status.status.amplifiers ?? []
  const known = amplifiers.map(({ id }) => id)
  if (asked.do === 'show') {
    if (asked.name !== null && !known.includes(asked.name))
      return { kind: 'misunderstood', text: speak.amplifier.unknownName(plain(asked.name), known) }
    return { kind: 'told', page: listPage(status.status, asked.name, options), json: amplifiers }
  }
  const reply = await callAgent({ socketPath: socket, path: pathOf(asked), answerMsMax: ANSWER_MS_MAX })
  if (reply.kind !== 'text') return untold(reply)
  const answer = parseReply(reply.text)
  if (answer === null) return untold({ kind: 'malformed', detail: '/amplifier' })
  const page = `\n    ${say(asked, answer, known, speak)}\n`
  return { kind: answer.outcome === 'done' ? 'told' : 'untold', page, json: answer }
}
