import t from 'tap'
import { page, terminalRows, type Run } from '../../../scripts/bench/table.ts'
import type { BenchRow } from '../../../scripts/bench/row.ts'

const row = (figure: string, met: boolean | null): BenchRow => ({
  figure,
  value: '12 ms | worst 20 ms',
  yardstick: 'another: 300 ms',
  goal: '≤ 15 ms',
  met,
})
const run = (rows: BenchRow[], disturbed: string | null = null): Run => ({
  command: 'npm run bench',
  machine: 'a processor, 2 cores',
  date: '2026-11-21 05:30 UTC',
  results: [{ name: 'start', about: 'Scheduled start', rows, disturbed }],
})

t.test('a missed goal is said at the head of the page and in its row', (t) => {
  const text = page(run([row('a', true), row('b', false)]))
  t.match(text, /Goals missed in this run:\n\n- b \(goal: ≤ 15 ms\)/)
  t.match(text, /\| b \|.*\*\*missed\*\* \|/)
  t.match(text, /\| a \|.* met \|/)
  t.end()
})

t.test('the page names the command, the machine and the date', (t) => {
  const text = page(run([row('a', true)]))
  for (const part of ['npm run bench', 'a processor, 2 cores', '2026-11-21 05:30 UTC', 'Every goal that is set is met'])
    t.ok(text.includes(part), part)
  t.end()
})

t.test('a bar in a value does not break the table', (t) => {
  const lines = page(run([row('a', null)])).split('\n')
  const line = lines.find((text) => text.startsWith('| a'))!
  t.equal(line.replaceAll('\\|', '').split('|').length - 2, 5)
  t.end()
})

t.test('a disturbed part says so', (t) => {
  t.match(page(run([row('a', true)], '80 % busy.')), /The machine was not quiet: 80 % busy\./)
  t.end()
})

t.test('the terminal shows a missed goal as missed', (t) => {
  t.match(terminalRows({ rows: [row('a', false)] }), /✗ a[\s\S]*MISSED/)
  t.end()
})
