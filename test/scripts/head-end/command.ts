/** Runs the head-end's command line: as people do, in a process of its own, or in this one. */
import { spawn } from 'node:child_process'
import { wallMs } from '../../../player/plan/time.ts'
import { ClearError } from '../../../scripts/head-end/clear-error.ts'
import type { World } from '../../../scripts/head-end/command-line.ts'
import { runCommand as run } from '../../../scripts/head-end/commands.ts'

export type Ran = { code: number | null; out: string; err: string }
export type Running = {
  out: () => string
  err: () => string
  end: (signal: NodeJS.Signals) => Promise<Ran>
  ended: Promise<Ran>
}

const MAIN = 'dist/scripts/head-end/main.js'

export const startCommand = (args: readonly string[], environment: Record<string, string> = {}): Running => {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, LC_ALL: 'C.UTF-8', ...environment } })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code, out, err })))
  return {
    out: () => out,
    err: () => err,
    ended,
    end: (signal) => {
      child.kill(signal)
      return ended
    },
  }
}

/** One command in this process, for the many that need no process of their own. */
export const runCommand = async (args: readonly string[]): Promise<Ran> => {
  const lines: string[] = []
  const world: World = {
    environment: { LC_ALL: 'C.UTF-8' },
    now: () => wallMs(Date.now()),
    print: (line) => lines.push(`${line}\n`),
    signal: new AbortController().signal,
  }
  try {
    await run(args, world)
    return { code: 0, out: lines.join(''), err: '' }
  } catch (error) {
    if (!(error instanceof ClearError)) throw error
    return { code: 1, out: lines.join(''), err: `headend: ${error.message}\n` }
  }
}
