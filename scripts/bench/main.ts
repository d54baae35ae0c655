/**
 * `npm run bench [-- NAME… [--page FILE]]`: measures each figure beside its yardstick, one part after the other, prints the table,
 * and writes docs/benchmarks.md when all parts were asked for, or the parts that were to FILE. A missed goal is a line of the
 * table, not a failure of the command.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { benchAlert } from './alert.ts'
import { benchBoard } from './board.ts'
import { benchColdStart } from './cold-start.ts'
import { benchHour } from './hour.ts'
import { benchInterruption } from './interruption.ts'
import { benchItems } from './items.ts'
import { benchLive } from './live.ts'
import { describeMachine, loadText, waitForQuiet } from './machine.ts'
import { benchMediaWrite } from './media-write.ts'
import { benchPlanning } from './planning.ts'
import { isThere } from './programs.ts'
import type { BenchRow } from './row.ts'
import { benchReplug } from './replug.ts'
import { benchResampler } from './resampler.ts'
import { benchRunning } from './running.ts'
import { benchSchedule } from './schedule.ts'
import { benchScheduledStart } from './scheduled-start.ts'
import { benchSync } from './sync.ts'
import { page, terminalRows, type Part, type PartResult } from './table.ts'

const PARTS: (Part & { run: () => Promise<BenchRow[]> })[] = [
  { name: 'start', about: 'Scheduled start', run: benchScheduledStart },
  { name: 'sync', about: 'Two cabinets', run: benchSync },
  { name: 'interruption', about: 'Interruption', run: benchInterruption },
  { name: 'alert', about: 'Alert', run: benchAlert },
  { name: 'replug', about: 'A card that comes back', run: benchReplug },
  { name: 'planning', about: 'Planning', run: benchPlanning },
  { name: 'schedule', about: 'A large schedule', run: benchSchedule },
  { name: 'live', about: 'Live and relayed', run: benchLive },
  { name: 'running', about: 'Waiting and playing', run: benchRunning },
  { name: 'hour', about: 'Played without a break', run: benchHour },
  { name: 'items', about: 'Memory over many items', run: benchItems },
  { name: 'resampler', about: 'Resampler', run: benchResampler },
  { name: 'board', about: 'Board', run: benchBoard },
  { name: 'cold-start', about: 'Cold start', run: benchColdStart },
  { name: 'media', about: 'Media written', run: async () => (await benchMediaWrite()).rows },
]

/** Program, and the Debian package that brings it. */
const NEEDED: [string, string][] = [
  ['mosquitto', 'mosquitto'],
  ['pulseaudio', 'pulseaudio'],
  ['parec', 'pulseaudio-utils'],
  ['ffmpeg', 'ffmpeg'],
  ['espeak-ng', 'espeak-ng'],
  ['mpv', 'mpv'],
  ['Xvfb', 'xvfb'],
  ['icecast2', 'icecast2'],
]
const YARDSTICKS: [string, string][] = [
  ['liquidsoap', 'liquidsoap'],
  ['snapserver', 'snapserver'],
  ['snapclient', 'snapclient'],
  ['sox', 'sox'],
]

const QUIET_WAIT_MS_MAX = 30_000
const INSTALL_MS_MAX = 300_000
const PAGE = fileURLToPath(new URL('../../../docs/benchmarks.md', import.meta.url))
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const missing = (wanted: readonly [string, string][]): string[] =>
  wanted.filter(([program]) => !isThere(program)).map(([, debianPackage]) => debianPackage)

/** Returns what is still missing afterwards. */
const install = (wanted: readonly [string, string][]): string[] => {
  const packages = missing(wanted)
  if (packages.length === 0) return []
  say(`==> installing the Debian packages ${packages.join(' ')}`)
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  const [program = '', ...args] = [...asRoot, 'apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages]
  spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: INSTALL_MS_MAX,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return missing(wanted)
}

const commit = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return 'unknown'
  }
}

const runPart = async ({ name, about, run }: (typeof PARTS)[number]): Promise<PartResult & { failed: boolean }> => {
  const { busyShare, quiet } = await waitForQuiet(QUIET_WAIT_MS_MAX)
  const share = `${Math.round(busyShare * 100)} % of its processors were busy with other things before this part began.`
  say(`\n==> ${about}${quiet ? '' : ` (${share})`}`)
  const disturbed = quiet ? null : share
  const startedAt = performance.now()
  try {
    const rows = await run()
    process.stdout.write(terminalRows({ rows }))
    say(`    ${Math.round((performance.now() - startedAt) / 1_000)} s`)
    return { name, about, rows, disturbed, failed: false }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    const value = `could not be measured: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`
    return {
      name,
      about,
      rows: [{ figure: about, value, yardstick: '–', goal: '–', met: null }],
      disturbed,
      failed: true,
    }
  }
}

const main = async (): Promise<number> => {
  const { positionals: asked, values } = parseArgs({ allowPositionals: true, options: { page: { type: 'string' } } })
  const names = PARTS.map(({ name }) => name)
  const unknown = asked.filter((name) => !names.includes(name))
  if (unknown.length > 0) {
    process.stderr.write(`no part is called ${unknown.join(', ')}; there are ${names.join(', ')}\n`)
    return 2
  }
  if (!existsSync(fileURLToPath(new URL('../../agent/main.js', import.meta.url)))) {
    process.stderr.write('the agent is not built: run `npm run build` first\n')
    return 2
  }
  const lacking = install(NEEDED)
  if (lacking.length > 0) {
    process.stderr.write(`these Debian packages are needed: ${lacking.join(' ')}\n`)
    return 2
  }
  for (const name of install(YARDSTICKS)) say(`    ${name} cannot be installed: its column says so`)
  const machine = `${describeMachine()}; load ${loadText()} at the beginning; commit ${commit()}`
  say(machine)
  const results = []
  for (const part of PARTS.filter(({ name }) => asked.length === 0 || asked.includes(name)))
    results.push(await runPart(part))
  const date = `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const file = values.page ?? (asked.length === 0 ? PAGE : null)
  if (file === null) say('\ndocs/benchmarks.md is written only when all parts are measured in one run')
  else {
    const command = ['npm run bench', ...(asked.length === 0 ? [] : ['--', ...asked])].join(' ')
    writeFileSync(file, page({ command, machine, date, results }))
    say(`\nwritten to ${file}`)
  }
  return results.some(({ failed }) => failed) ? 1 : 0
}

process.exitCode = await main()
