/** Runs a program of the system for a short answer. A program that is missing or hangs is an answer too. */
import { execFile } from 'node:child_process'

const PROGRAM_MS_MAX = 5_000
const OUTPUT_BYTES_MAX = 1024 * 1024

export type Ran =
  { kind: 'done'; exitCode: number; stdout: string; stderr: string } | { kind: 'missing' } | { kind: 'hung' }

export type Run = (program: string, args: readonly string[]) => Promise<Ran>

/** LC_ALL=C because the answers are compared with texts that these programs translate. */
export const run: Run = (program, args) =>
  new Promise((resolve) => {
    const options = {
      timeout: PROGRAM_MS_MAX,
      killSignal: 'SIGKILL' as const,
      maxBuffer: OUTPUT_BYTES_MAX,
      env: { ...process.env, LC_ALL: 'C' },
    }
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT' || error?.code === 'EACCES') resolve({ kind: 'missing' })
      else if (error?.killed === true) resolve({ kind: 'hung' })
      else
        resolve({
          kind: 'done',
          exitCode: typeof error?.code === 'number' ? error.code : error ? 1 : 0,
          stdout,
          stderr,
        })
    })
  })
