/** Asks the system whether a time server confirms its clock. The first source that knows, decides. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'

export type Sync = 'yes' | 'no' | 'unknown'
export type AskSync = () => Promise<Sync>

const PROGRAM_MS_MAX = 5_000
const OUTPUT_BYTES_MAX = 64 * 1024
const TIMESYNCD_MARK = '/run/systemd/timesync/synchronized'

/** Null when the program is missing, fails or hangs: it then knows nothing. */
const ask = (program: string, args: string[]): Promise<string | null> =>
  new Promise((resolve) => {
    const options = {
      timeout: PROGRAM_MS_MAX,
      killSignal: 'SIGKILL' as const,
      maxBuffer: OUTPUT_BYTES_MAX,
      env: { ...process.env, LC_ALL: 'C' },
    }
    execFile(program, args, options, (error, stdout) => resolve(error === null ? stdout.trim() : null))
  })

/**
 * timedatectl reads the kernel's own estimate of the error (at most 16 s), whoever keeps the clock; chrony knows its
 * servers; the mark of systemd-timesyncd says that it succeeded since boot, and stands for a system without D-Bus.
 */
export const askSystem: AskSync = async () => {
  const timedated = await ask('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'])
  if (timedated === 'yes' || timedated === 'no') return timedated
  const chrony = await ask('chronyc', ['-c', 'tracking'])
  if (chrony !== null && chrony !== '') return /,(Normal|Insert second|Delete second)$/.test(chrony) ? 'yes' : 'no'
  return existsSync(TIMESYNCD_MARK) ? 'yes' : 'unknown'
}
