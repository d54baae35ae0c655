/** What the terminal tells while the programme runs: what is due, what plays, what arrives at the head-end. */
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'
import type { AgentStatus } from '../../config/status.ts'
import { parseWall, type WallMs } from '../../player/plan/time.ts'
import { localText } from '../head-end/local-time.ts'
import { printable } from '../head-end/render.ts'
import { lateMsOf } from './check-records.ts'
import { airingOf } from './evidence.ts'
import type { Finding } from './finding.ts'
import { BOARD, type DemoProgramme, type Expected, TIME_ZONE } from './programme.ts'
import { cut, padded, width as widthOf } from '../../config/page.ts'
import type { Paint, Terminal } from './terminal.ts'
import type { Words } from './words.ts'

export type Narrator = {
  ready: (text: string, detail?: string) => void
  heading: (text: string) => void
  plan: (programmes: readonly DemoProgramme[], start: WallMs) => void
  due: (expected: Expected) => void
  plays: (status: AgentStatus, at: WallMs) => void
  record: (record: AsRunRecord, expected: readonly Expected[]) => void
  alarm: (text: string, at: WallMs) => void
  findings: (findings: readonly Finding[]) => void
  statusLine: (status: AgentStatus, tail: string) => void
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
const clock = (at: WallMs): string => localText(at, TIME_ZONE).slice(11, 23)
/** Marks that a record goes on from the middle of an item: shorter pieces are one and the same. */
const SAME_MS = 400

export const openNarrator = (terminal: Terminal, words: Words): Narrator => {
  const { paint, line } = terminal
  const outputWidth = Math.max(...Object.values(words.outputs).map((name) => name.length))
  const markWidth = Math.max(words.due.length, words.plays.length, words.resumes.length, words.record.length)
  const nameOf = (output: string): string => (output === BOARD ? words.outputs.board : words.outputs.cabinet)
  const playing = new Map<string, string>()

  const tell = (at: WallMs, sign: string, mark: string, output: string, text: string, colour: Paint) =>
    line(
      `  ${paint(clock(at), 'dim')}  ${paint(`${sign} ${padded(mark, markWidth)}`, colour)}  ${padded(nameOf(output), outputWidth)}  ${text}`,
    )

  return {
    ready: (text, detail) =>
      line(`  ${paint('✓', 'good')} ${text}${detail === undefined ? '' : `  ${paint(detail, 'dim')}`}`),
    heading: (text) => {
      line()
      line(`  ${paint(text, 'strong')}`)
    },
    plan: (programmes, start) => {
      const rows = programmes
        .flatMap(({ startMs, output, title, priority, items }) => {
          let atMs = startMs
          return items.map(({ kind, durationMs }) => {
            const row = { atMs, cells: ['', nameOf(output), `${title}, ${words.kinds[kind]}`], priority, durationMs }
            atMs += durationMs
            return row
          })
        })
        .sort((a, b) => a.atMs - b.atMs)
        .map(({ atMs, cells, priority, durationMs }) => {
          const when = clock((start + atMs) as WallMs).slice(0, 12)
          const urgent =
            priority === 'urgent' ? `${words.priorities.urgent}, ${words.interrupts}` : words.priorities.normal
          return { cells: [when, cells[1] ?? '', cells[2] ?? '', urgent, seconds(durationMs)], priority }
        })
      const widths = words.columns.map((name, index) =>
        Math.max(name.length, ...rows.map(({ cells }) => widthOf(cells[index] ?? ''))),
      )
      const row = (cells: readonly string[]) => cells.map((cell, index) => padded(cell, widths[index] ?? 0)).join('  ')
      line(`    ${paint(row(words.columns), 'dim')}`)
      for (const { cells, priority } of rows)
        line(`    ${priority === 'urgent' ? paint(row(cells), 'due') : row(cells)}`)
    },
    due: ({ startsAt, output, title, kind, offsetMs }) => {
      const rest = offsetMs > 0 ? `, ${words.restOf((offsetMs / 1_000).toFixed(0))}` : ''
      tell(startsAt, '○', words.due, output, `“${title}”, ${words.kinds[kind]}${rest}`, 'due')
    },
    plays: ({ outputs }, at) => {
      for (const { id, playing: now } of outputs) {
        const title = now === null ? '' : now.programmeId
        if ((playing.get(id) ?? '') === title) continue
        playing.set(id, title)
        if (now !== null) tell(at, '▶', words.plays, id, `“${printable(now.title)}”`, 'play')
      }
    },
    record: (record, expected) => {
      const match = expected
        .map(airingOf)
        .find(
          (airing) =>
            airing.programmeId === record.programmeId &&
            airing.itemIndex === record.itemIndex &&
            parseWall(airing.plannedStart) === parseWall(record.plannedStart) &&
            Math.abs(airing.offsetMs - record.offsetMs) <= SAME_MS,
        )
      const lateMs = match === undefined ? null : lateMsOf(match, record)
      const late = lateMs === null ? '' : `${lateMs < 0 ? '−' : '+'}${Math.abs(lateMs)} ms, `
      const heard = record.confirmedBy === 'card' ? words.heard : words.seen
      const rest = record.offsetMs > SAME_MS ? ` ${words.restOf((record.offsetMs / 1_000).toFixed(1))}` : ''
      const isRight = record.ended !== 'failed' && record.ended !== 'power-lost'
      const start = parseWall(record.actualStart ?? record.plannedStart)
      const text = `“${printable(record.title)}”, ${words.kinds[record.contentKind]}${rest}: ${late}${heard} ${(record.heardMs / 1_000).toFixed(2)} s, ${words.ended[record.ended]}`
      tell(start, '■', `${words.record} #${record.sequence}`, record.output, text, isRight ? 'good' : 'bad')
    },
    alarm: (text, at) => line(`  ${paint(clock(at), 'dim')}  ${paint(`! ${words.alarm}`, 'bad')}  ${printable(text)}`),
    findings: (findings) => {
      const names = findings.map(({ check }) => words.checks[check].length)
      const width = Math.max(0, ...names)
      for (const { check, subject, isRight, figures } of findings)
        line(
          `    ${isRight ? paint('✓', 'good') : paint('✗', 'bad')} ${padded(words.checks[check], width)}  ${subject}${subject === '' ? '' : '  '}${paint(figures, isRight ? 'dim' : 'bad')}`,
        )
    },
    statusLine: ({ outputs }, tail) => {
      const parts = outputs.map(({ id, playing: now }) =>
        now === null
          ? `${nameOf(id)}: ${words.silent}`
          : `${nameOf(id)} ▶ ${printable(now.title)} ${(now.heardMs / 1_000).toFixed(0)} s`,
      )
      terminal.status(paint(cut(`  ${[...parts, tail].join('  │  ')}`, terminal.columns() - 1), 'strong'))
    },
  }
}
