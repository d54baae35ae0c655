/** Runs the head-end's command line as people do: a process of its own. */
import { spawn } from 'node:child_process'

export type Ran = { code: number | null; out: string; err: string }
export type Running = { out: () => string; err: () => string; end: (signal: NodeJS.Signals) => Promise<Ran> }

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
    end: (signal) => {
      child.kill(signal)
      return ended
    },
  }
}

export const runCommand = (args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, LC_ALL: 'C.UTF-8' } })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.once('close', (code) => resolve({ code, out, err }))
  })
