/** `loa status`: what the box is doing now, on one screen. */
import type { Answer } from './ask.ts'
import {
  bytes,
  cut,
  duration,
  fitting,
  moment,
  padded,
  paintOf,
  plain,
  width,
  wrapped,
  type Paint,
  type Terminal,
} from './page.ts'
import { sayFinding } from './doctor/say-finding.ts'
import { verdictOf, type Finding } from './doctor/findings.ts'
import { amplifierParts, isWell } from './show-amplifier.ts'
import { figuresOf, levellingFinding, MUTED_DB, soundOutputs, soundTroubles } from './sound-health.ts'
import { soundParts } from './sound-line.ts'
import type { AgentStatus, OutputStatus, PlayingStatus } from './status.ts'
import type { Words } from './words/words.ts'

/** The rest of a fault is in the alarm above, and in the log. */
const FAULT_COLUMNS_MAX = 44

type View = { words: Words; terminal: Terminal; paint: Paint }

const outputState = (output: OutputStatus, { words, paint }: View): string => {
  if (output.playing !== null) {
    const said = ({ title, heardMs }: PlayingStatus) =>
      `${paint.strong(plain(title))} ${paint.dim(`· ${words.status.playing(duration(heardMs, words))}`)}`
    const below = said(output.playing)
    return output.over === undefined ? below : `${said(output.over)} ${paint.dim(words.status.over)} ${below}`
  }
  if (output.fault !== null) {
    const said = words.faultCodes[output.fault.code] ?? plain(output.fault.code)
    const detail = cut(plain(output.fault.detail), FAULT_COLUMNS_MAX)
    return paint.bad(said) + (detail === '' ? '' : paint.dim(` · ${detail}`))
  }
  return output.state === 'ready' ? paint.dim(words.status.idle) : paint.bad(words.status.outputStates[output.state])
}

/** Of a loudspeaker whose sound is told on a line of its own, nothing is told twice. */
const levelNotes = (output: OutputStatus, { words, paint }: View): string[] => {
  const isMute = output.muted === true || output.gainDb <= MUTED_DB
  if (isMute) return [paint.warn(words.status.muted)]
  return output.sound !== undefined || output.gainDb === 0 ? [] : [paint.dim(words.status.level(output.gainDb))]
}

const heardNotes = ({ heard, sound }: OutputStatus, { words, paint }: View): string[] => {
  if (heard === undefined || heard === null || sound !== undefined) return []
  const said = words.status.heard[heard.verdict](heard.levelDb)
  return [heard.verdict === 'not-heard' ? paint.bad(said) : paint.dim(said)]
}

const outputRow = (output: OutputStatus, column: number, view: View): string => {
  const { words, paint } = view
  const mark = output.state !== 'ready' ? paint.bad('✗') : output.playing === null ? paint.good('✓') : paint.good('▶')
  const medium = words.media[output.medium]
  const name = padded(`${output.id} (${medium})`, column)
  const notes = [
    ...levelNotes(output, view),
    ...heardNotes(output, view),
    ...(output.restarts > 0 ? [paint.warn(words.status.restarts(output.restarts))] : []),
  ]
  const line = [outputState(output, view), ...notes].join(paint.dim(' · '))
  return `    ${mark} ${name}${wrapped(line, view.terminal, 6 + column)}`
}

/** A box without amplifiers says nothing of them. */
const amplifierRows = ({ amplifiers = [], at }: AgentStatus, column: number, { words, paint, terminal }: View) =>
  amplifiers.map((amplifier) => {
    const mark = isWell(amplifier) ? paint.good('✓') : paint.bad('✗')
    const line = amplifierParts(amplifier, Date.parse(at), words, paint).join(paint.dim(' · '))
    return `    ${mark} ${padded(plain(amplifier.id), column)}${wrapped(line, terminal, 6 + column)}`
  })

const markOf = (findings: Finding[], paint: Paint): string => {
  if (findings.some((finding) => verdictOf(finding) === 'wrong')) return paint.bad('✗')
  return findings.some((finding) => verdictOf(finding) === 'warning') ? paint.warn('!') : paint.good('✓')
}

const troubleRows = (finding: Finding, { words, paint, terminal }: View): string[] => {
  const { text, next } = sayFinding(finding, words)
  const said = `      ${wrapped(plain(text), terminal, 6)}`
  return next === null ? [said] : [said, `      ${paint.dim('→')} ${wrapped(plain(next), terminal, 8)}`]
}

/** Figures of each loudspeaker on a line, and below it what is wrong with it. An older agent tells nothing of them. */
const soundRows = (status: AgentStatus, view: View): string[] => {
  const { words, paint, terminal } = view
  const column = Math.max(0, ...soundOutputs(status).map(({ id }) => width(id))) + 2
  const outputs = soundOutputs(status).flatMap((output) => {
    const troubles = soundTroubles(status, output)
    const parts = soundParts(figuresOf(status, output), words.sound).map(plain)
    const between = paint.dim(' · ')
    const indent = 6 + column
    // Where nothing is wrong, one line is enough; where something is, nobody shall have to guess at the rest.
    const figures =
      troubles.length === 0 ? fitting(parts, between, terminal, indent) : wrapped(parts.join(between), terminal, indent)
    const line = `    ${markOf(troubles, paint)} ${padded(output.id, column)}${figures}`
    return [line, ...troubles.flatMap((trouble) => troubleRows(trouble, view))]
  })
  const levelling = levellingFinding(status)
  if (outputs.length === 0 || levelling === null) return outputs
  const [first = '', ...rest] = troubleRows(levelling, view)
  return [...outputs, `    ${markOf([levelling], paint)} ${first.trimStart()}`, ...rest]
}

const nextRow = ({ next, at }: AgentStatus, { words, paint }: View): string => {
  if (next === null) return `      ${paint.dim(words.status.nothingNext)}`
  const now = Date.parse(at)
  const waitMs = Date.parse(next.start) - now
  const wait = waitMs > 0 ? paint.dim(` · ${words.status.startsIn(duration(waitMs, words))}`) : ''
  return `      ${moment(next.start, now, words)}  ${paint.strong(plain(next.title))}${wait}`
}

const boxRows = (status: AgentStatus, { words, paint, terminal }: View): string[] => {
  const { rows } = words.status
  const column = Math.max(...Object.values(rows).map(width)) + 2
  const row = (mark: string, label: string, text: string) =>
    `    ${mark} ${padded(label, column)}${wrapped(text, terminal, 6 + column)}`
  const { trust } = status.clock
  const { connected, protocolVersion, detail, reconnects } = status.broker
  const version = protocolVersion === 5 ? '5' : '3.1.1'
  const line = connected ? words.status.connected(version) : paint.warn(words.status.disconnected)
  const why = connected || detail === null ? [] : [plain(detail)]
  const again = reconnects > 0 ? [words.status.reconnects(reconnects)] : []
  const { cache } = status
  const used = cache.readyBytes + cache.partialBytes
  const percent = Math.round((used / Math.max(1, cache.quotaBytes)) * 100)
  const facts = { files: cache.readyFiles, used: bytes(used, words), quota: bytes(cache.quotaBytes, words), percent }
  const wanted = cache.wantedFiles > 0 ? [words.status.cacheWanted(cache.wantedFiles)] : []
  const { waiting } = status.outbox
  const { agent, node } = status.versions
  return [
    row(trust === 'synced' ? paint.good('✓') : paint.warn('!'), rows.clock, words.status.clockTrust[trust]),
    row(connected ? paint.good('✓') : paint.warn('!'), rows.broker, [line, ...why, ...again].join(paint.dim(' · '))),
    row(paint.good('✓'), rows.cache, [words.status.cache(facts), ...wanted].join(paint.dim(' · '))),
    row(
      waiting === 0 ? paint.good('✓') : paint.warn('!'),
      rows.outbox,
      waiting === 0 ? words.status.outboxEmpty : words.status.outboxWaiting(waiting),
    ),
    row(paint.good('✓'), rows.version, `${plain(agent)} ${paint.dim(`· Node.js ${plain(node).replace(/^v/, '')}`)}`),
  ]
}

const scheduleRows = ({ schedules }: AgentStatus, { words, paint, terminal }: View): string[] => {
  if (schedules.length === 0) return [`      ${paint.dim(words.status.noSchedule)}`]
  return schedules.map(({ scheduleId, revision, state, reason, issuer }) => {
    const mark = state === 'current' ? paint.good('✓') : paint.warn('!')
    const why = reason === null ? [] : [plain(reason)]
    const parts = [words.status.revision(revision), words.status.scheduleStates[state], ...why, plain(issuer)]
    return `    ${mark} ${wrapped(`${plain(scheduleId)} · ${parts.join(' · ')}`, terminal, 6)}`
  })
}

const alarmRows = ({ alarms, at }: AgentStatus, { words, paint, terminal }: View): string[] =>
  alarms.map(({ code, subject, detail, since }) => {
    const said = paint.strong(words.faultCodes[code] ?? plain(code))
    const parts = [plain(subject), words.status.since(moment(since, Date.parse(at), words))]
    const why = detail === '' ? [] : [`      ${paint.dim(wrapped(plain(detail), terminal, 6))}`]
    return [`    ${paint.bad('✗')} ${[said, ...parts].join(' · ')}`, ...why].join('\n')
  })

const statusPage = (status: AgentStatus, view: View): string => {
  const { words, paint, terminal } = view
  const { headings } = words.status
  const heading = (text: string) => `  ${paint.strong(text)}`
  const names = status.outputs.map((output) => width(`${output.id} (${words.media[output.medium]})`))
  const column = Math.max(12, ...names) + 2
  const sound = soundRows(status, view)
  const amplifiers = amplifierRows(status, column, view)
  const uptime = words.status.running(duration(status.uptimeMs, words))
  const title = `${plain(status.device)} · ${cut(plain(status.area), terminal.columns)}`
  return [
    '',
    `  ${paint.strong(title)}  ${paint.good('●')} ${paint.dim(uptime)}`,
    '',
    ...(status.alarms.length === 0 ? [] : [heading(headings.alarms), ...alarmRows(status, view), '']),
    heading(headings.now),
    ...status.outputs.map((output) => outputRow(output, column, view)),
    '',
    ...(sound.length === 0 ? [] : [heading(headings.sound), ...sound, '']),
    ...(amplifiers.length === 0 ? [] : [heading(headings.amplifiers), ...amplifiers, '']),
    heading(headings.next),
    nextRow(status, view),
    '',
    heading(headings.box),
    ...boxRows(status, view),
    '',
    heading(headings.schedules),
    ...scheduleRows(status, view),
    '',
  ].join('\n')
}

export type Asked = { answer: Answer; socket: string; user: string }

/** What the person should read, and whether the agent is there at all. */
export const answerPage = ({ answer, socket, user }: Asked, words: Words, terminal: Terminal): string => {
  const paint = paintOf(terminal)
  const trouble = ({ wrong, next }: { wrong: string; next: string[] }) =>
    [
      '',
      `  ${paint.bad('✗')} ${paint.strong(wrapped(wrong, terminal, 4))}`,
      '',
      ...next.map((line) => `    ${line}`),
      '',
    ].join('\n')
  const { absent, forbidden, silent, malformed } = words.status
  switch (answer.kind) {
    case 'ok':
      return statusPage(answer.status, { words, terminal, paint })
    case 'absent':
      return trouble({ wrong: absent.wrong(socket), next: absent.next })
    case 'forbidden':
      return trouble({ wrong: forbidden.wrong(socket, user), next: forbidden.next })
    case 'silent':
      return trouble({ wrong: silent.wrong(socket), next: silent.next })
    case 'malformed':
      return trouble({ wrong: malformed.wrong(plain(answer.detail)), next: malformed.next })
  }
}
