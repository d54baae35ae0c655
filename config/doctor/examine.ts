/** All checks, and the report of them. */
import type { Loaded } from '../load.ts'
import { paintOf, plain, wrapped, type Terminal } from '../page.ts'
import type { Words } from '../words/words.ts'
import { checkAgent } from './agent.ts'
import type { Box } from './box.ts'
import { checkAmplifiers } from './amplifier.ts'
import { checkBroker } from './broker.ts'
import { checkClock } from './clock.ts'
import { checkDisplays } from './display.ts'
import { SECTIONS, sectionOf, verdictOf, type Finding, type Verdict } from './findings.ts'
import { checkPrograms } from './programs.ts'
import { sayFinding } from './say-finding.ts'
import { checkSound } from './sound.ts'
import { checkStorage } from './storage.ts'

const checkSettings = (loaded: Loaded, file: string, user: string): Finding => {
  if (loaded.kind === 'ok') return { code: 'settings-right', facts: { file } }
  const forbidden = loaded.faults.every(
    ({ problem }) => problem.kind === 'unreadable' && problem.reason === 'forbidden',
  )
  if (forbidden) return { code: 'settings-forbidden', facts: { file, user } }
  return { code: 'settings-wrong', facts: { file, faults: loaded.faults.length } }
}

/** Without right settings only that is examined which does not need them. */
export const examine = async (box: Box, loaded: Loaded, file: string): Promise<Finding[]> => {
  const settings = loaded.kind === 'ok' ? loaded.settings : null
  const always = [checkPrograms(box, settings), checkAgent(box, settings), checkClock(box, settings)]
  const storage = settings === null ? [] : checkStorage(box, settings)
  const told =
    settings === null
      ? []
      : [
          checkSound(box, settings),
          checkAmplifiers(box, settings),
          checkDisplays(box, settings),
          checkBroker(box, settings),
        ]
  const parts = await Promise.all([...always, ...told])
  return [checkSettings(loaded, file, box.user), ...storage, ...parts.flat()]
}

const count = (findings: Finding[], verdict: Verdict) =>
  findings.filter((finding) => verdictOf(finding) === verdict).length

export const doctorPage = (findings: Finding[], device: string | null, words: Words, terminal: Terminal): string => {
  const paint = paintOf(terminal)
  const marks: Record<Verdict, string> = {
    right: paint.good('✓'),
    wrong: paint.bad('✗'),
    warning: paint.warn('!'),
    unknown: paint.warn('!'),
  }
  const said = (finding: Finding): string[] => {
    const { text, next } = sayFinding(finding, words)
    const line = `    ${marks[verdictOf(finding)]} ${wrapped(plain(text), terminal, 6)}`
    return next === null ? [line] : [line, `      ${paint.dim('→')} ${wrapped(plain(next), terminal, 8)}`]
  }
  const sections = SECTIONS.flatMap((section) => {
    const own = findings.filter(({ code }) => sectionOf(code) === section)
    return own.length === 0 ? [] : [`  ${paint.strong(words.doctor.sections[section])}`, ...own.flatMap(said), '']
  })
  const sums = {
    right: count(findings, 'right'),
    wrong: count(findings, 'wrong'),
    warnings: count(findings, 'warning'),
    unknown: count(findings, 'unknown'),
  }
  const good = sums.wrong + sums.warnings + sums.unknown === 0
  const last = good ? paint.good(words.doctor.allRight) : words.doctor.sums(sums)
  return ['', `  ${paint.strong(words.doctor.title(device))}`, '', ...sections, `  ${last}`, ''].join('\n')
}

export const doctorJson = (findings: Finding[], words: Words): unknown => ({
  right: count(findings, 'wrong') === 0,
  findings: findings.map((finding) => ({ ...finding, verdict: verdictOf(finding), ...sayFinding(finding, words) })),
})
