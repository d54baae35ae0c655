/** The table, for the terminal and for docs/benchmarks.md. */
import type { BenchRow } from './row.ts'

export type Part = { name: string; about: string }
export type PartResult = Part & {
  rows: BenchRow[]
  /** How busy the machine was with other things just before; null: it was quiet. */
  disturbed: string | null
}

export type Run = { command: string; machine: string; date: string; results: readonly PartResult[] }

export const verdict = ({ met }: Pick<BenchRow, 'met'>): string => (met === null ? '–' : met ? 'met' : '**missed**')

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const markdownRow = (row: BenchRow): string =>
  `| ${[row.figure, row.value, row.yardstick, row.goal, verdict(row)].map(cell).join(' | ')} |`

const HEAD = `| Figure | Loa | Yardstick, same run | Goal | |\n| --- | --- | --- | --- | --- |`

const section = ({ about, rows, disturbed }: PartResult): string =>
  [
    `## ${about}`,
    '',
    ...(disturbed === null ? [] : [`The machine was not quiet: ${disturbed}`, '']),
    HEAD,
    ...rows.map(markdownRow),
    '',
  ].join('\n')

const missedText = (results: readonly PartResult[]): string => {
  const missed = results.flatMap(({ rows }) => rows.filter(({ met }) => met === false))
  if (missed.length === 0) return 'Every goal that is set is met in this run.'
  return ['Goals missed in this run:', '', ...missed.map(({ figure, goal }) => `- ${figure} (goal: ${goal})`)].join(
    '\n',
  )
}

const HOW = `How it is measured: sound is recorded from the monitor of a PulseAudio null sink, which runs in real time with real
buffers; the recording is placed on the wall clock to within about 5 ms, and edges of tones are found to 1 ms. The broker is a
real Mosquitto, the orders are signed by the reference head-end, the agent is
\`dist/agent/main.js\` as a process of its own, with the flags that the service gives to Node.
Memory is the sum of PSS over the agent and everything that it started, the most of six looks, with a Node binary of its own so
that no page is shared with a stranger; the sound server, which stands for the card, is not counted. Processor time is that of
the same processes, ended ones included.`

export const page = ({ command, machine, date, results }: Run): string =>
  [
    '# Benchmarks',
    '',
    `Written by \`${command}\` on ${date}.`,
    `Machine: ${machine}.`,
    '',
    missedText(results),
    '',
    HOW,
    '',
    ...results.map(section),
  ].join('\n')

export const terminalRows = ({ rows }: Pick<PartResult, 'rows'>): string =>
  rows
    .map(({ figure, value, yardstick, goal, met }) => {
      const mark = met === null ? '·' : met ? '✓' : '✗'
      return `  ${mark} ${figure}\n      ${value}\n      beside it: ${yardstick}\n      goal: ${goal}${met === false ? ' – MISSED' : ''}\n`
    })
    .join('')
