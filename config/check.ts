/** `loa config check`: the settings file, judged for the person who wrote it. */
import type { Problem, SettingsFault } from './fault.ts'
import { EXAMPLES, settingKey } from './keys.ts'
import type { Loaded } from './load.ts'
import { paintOf, padded, plain, width, wrapped, type Terminal } from './page.ts'
import type { Settings } from './settings.ts'
import type { Words } from './words/words.ts'

export type SaidFault = {
  key: string
  line: number | null
  wrong: string
  found: string | null
  expected: string | null
  next: string
}

/** The sentences of these already say what should be. */
const COMPLETE: ReadonlySet<Problem['kind']> = new Set([
  'file',
  'incomplete',
  'duplicate',
  'either',
  'unknown-output',
  'unencrypted',
  'taken',
  'line-differs',
  'words',
])

/** One fault in words: which setting, where, what is wrong, what stands there, what should, and what to do. */
export const sayFault = (fault: SettingsFault, file: string, words: Words): SaidFault => {
  const key = settingKey(fault.key)
  const fits = key === null ? '' : words.settings[key].expected
  const parts = fault.key.split('.')
  const section = parts.slice(0, -1).join('.')
  const context = { name: parts.at(-1) ?? '', section, file, fits, example: key === null ? '' : EXAMPLES[key] }
  const { problem } = fault
  const say = (): { wrong: string; next: string } => {
    switch (problem.kind) {
      case 'unreadable':
        return words.faults.unreadable(problem, context)
      case 'syntax':
        return words.faults.syntax(problem, context)
      case 'missing':
        return words.faults.missing(problem, context)
      case 'unknown':
        return words.faults.unknown(problem, context)
      case 'wrong-type':
        return words.faults['wrong-type'](problem, context)
      case 'out-of-range':
        return words.faults['out-of-range'](problem, context)
      case 'malformed':
        return words.faults.malformed(problem, context)
      case 'not-one-of':
        return words.faults['not-one-of'](problem, context)
      case 'wrong-count':
        return words.faults['wrong-count'](problem, context)
      case 'duplicate':
        return words.faults.duplicate(problem, context)
      case 'file':
        return words.faults.file(problem, context)
      case 'incomplete':
        return words.faults.incomplete(problem, context)
      case 'either':
        return words.faults.either(problem, context)
      case 'unknown-zone':
        return words.faults['unknown-zone'](problem, context)
      case 'unknown-output':
        return words.faults['unknown-output'](problem, context)
      case 'unencrypted':
        return words.faults.unencrypted(problem, context)
      case 'taken':
        return words.faults.taken(problem, context)
      case 'line-differs':
        return words.faults['line-differs'](problem, context)
      case 'words':
        return words.faults.words(problem, context)
    }
  }
  const { wrong, next } = say()
  const isSaid = COMPLETE.has(problem.kind)
  const fitting = isSaid || fits === '' ? null : fits
  const expected = problem.kind === 'unknown' ? words.faults.oneOf(problem.known) : fitting
  return { key: fault.key, line: fault.line, wrong, found: fault.found, expected, next }
}

/** For a log, or for the agent that will not start: one line for each fault. */
export const faultLine = (fault: SettingsFault, file: string, words: Words): string => {
  const said = sayFault(fault, file, words)
  const where = said.line === null ? file : `${file}:${said.line}`
  return [where, said.key, said.wrong, said.next].filter((part) => part !== '').join(' · ')
}

const faultPage = (fault: SaidFault, words: Words, terminal: Terminal): string => {
  const paint = paintOf(terminal)
  const { labels } = words
  const column = Math.max(...[labels.found, labels.expected, labels.next].map(width)) + 2
  const where = fault.line === null ? '' : paint.dim(` · ${labels.line} ${fault.line}`)
  const head =
    fault.key === '' ? paint.strong(`${labels.line} ${fault.line ?? 1}`) : paint.strong(plain(fault.key)) + where
  const row = (label: string, text: string) =>
    `    ${paint.dim(padded(label, column))}${wrapped(plain(text), terminal, 4 + column)}`
  return [
    `  ${paint.bad('✗')} ${head}`,
    `    ${wrapped(fault.wrong, terminal, 4)}`,
    ...(fault.found === null ? [] : [row(labels.found, fault.found)]),
    ...(fault.expected === null ? [] : [row(labels.expected, fault.expected)]),
    row(labels.next, fault.next),
  ].join('\n')
}

const withoutLogin = (url: string): string => url.replace(/\/\/[^/@]*@/, '//')

const rightPage = (settings: Settings, file: string, words: Words, terminal: Terminal): string => {
  const paint = paintOf(terminal)
  const { summary } = words.check
  const column = Math.max(...[summary.device, summary.area, summary.broker, summary.outputs].map(width)) + 2
  const row = (label: string, text: string) => `    ${paint.dim(padded(label, column))}${text}`
  const encrypted = /^(mqtts|wss):/.test(settings.broker.url)
  return [
    '',
    `  ${paint.good('✓')} ${paint.strong(words.check.right(file))}`,
    '',
    row(summary.device, settings.device),
    row(summary.area, settings.area),
    row(
      summary.broker,
      `${withoutLogin(settings.broker.url)} · ${encrypted ? summary.encrypted : paint.warn(summary.unencrypted)}`,
    ),
    row(summary.outputs, settings.outputs.map(({ name, medium }) => `${name} (${words.media[medium]})`).join(', ')),
    '',
    `    ${paint.dim(words.check.afterRight)}`,
    '',
  ].join('\n')
}

export const checkPage = (loaded: Loaded, file: string, words: Words, terminal: Terminal): string => {
  if (loaded.kind === 'ok') return rightPage(loaded.settings, file, words, terminal)
  const paint = paintOf(terminal)
  const [first] = loaded.faults
  if (loaded.faults.length === 1 && first?.problem.kind === 'unreadable') {
    const said = sayFault(first, file, words)
    return `\n  ${paint.bad('✗')} ${paint.strong(file)}\n    ${said.wrong}\n    ${said.next}\n`
  }
  return [
    '',
    `  ${paint.strong(words.check.wrong(file, loaded.faults.length))}`,
    '',
    ...loaded.faults.flatMap((fault) => [faultPage(sayFault(fault, file, words), words, terminal), '']),
    `  ${paint.dim(words.check.afterWrong(file))}`,
    '',
  ].join('\n')
}

export const checkJson = (loaded: Loaded, file: string, words: Words): unknown =>
  loaded.kind === 'ok'
    ? { file, right: true, faults: [] }
    : { file, right: false, faults: loaded.faults.map((fault) => ({ ...fault, ...sayFault(fault, file, words) })) }
