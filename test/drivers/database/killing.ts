/** Starts a process, kills it at a moment of chance, and tells what it had said until then. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A small generator of our own, so that a run that fails can be had again by its seed. */
export const chanceFrom = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export const seedOf = (): number => Number(process.env['SEED'] ?? Date.now() % 1_000_000)

/** One life in five ends before or while the database is opened. */
const EARLY_SHARE = 0.2
const EARLY_MS_MAX = 150

/**
 * Runs `script` for `lifeMs` from its first line on, or for less than its start takes. Returns its whole lines as words.
 * Started without the flags of the test runner, under which a process needs a second for its first line.
 */
export const lifeOf = async (
  script: string,
  file: string,
  lifeMs: number,
  chance: () => number,
): Promise<string[][]> => {
  const child = spawn('/usr/bin/env', ['-u', 'NODE_OPTIONS', process.execPath, script, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  const over = once(child, 'close')
  const early = chance() < EARLY_SHARE
  if (!early) await once(child.stdout, 'data')
  const timer = setTimeout(() => child.kill('SIGKILL'), early ? chance() * EARLY_MS_MAX : lifeMs)
  await over
  clearTimeout(timer)
  if (child.signalCode !== 'SIGKILL') throw new Error(`the process ended by itself: ${text.slice(-300)}`)
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' '))
}
