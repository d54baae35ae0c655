/** What a process and all that it started cost, as the kernel counts it. */
import { readdirSync, readFileSync } from 'node:fs'

const readOrNull = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It ended between the listing and the look.
    return null
  }
}

type Stat = { pid: number; parent: number; ticks: number }

/** Fields after the name, which may itself hold spaces and brackets; see proc_pid_stat(5). */
const statOf = (pid: number): Stat | null => {
  const text = readOrNull(`/proc/${pid}/stat`)
  if (text === null) return null
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const at = (field: number): number => Number(fields[field - 3])
  // utime, stime, and those of children that have ended and were waited for.
  return { pid, parent: at(4), ticks: at(14) + at(15) + at(16) + at(17) }
}

/** The process and everything below it. */
const familyOf = (pid: number): Stat[] => {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? [])
  const family = all.filter((stat) => stat.pid === pid)
  for (const member of family) family.push(...all.filter((stat) => stat.parent === member.pid))
  return family
}

/** USER_HZ, which Linux fixes at 100 for every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** Processor time of the family since its beginning, its ended members included. */
export const cpuSeconds = (pid: number): number =>
  familyOf(pid).reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND

/** `ownMb`: what no file stands behind, which other processes neither share nor change. */
export type Memory = { pssMb: number; rssMb: number; ownMb: number; processes: number }

const kilobytes = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0)

const memoryIn = (pages: readonly string[]): Memory => {
  const sumMb = (name: string) => (pages.reduce((sum, text) => sum + kilobytes(text, name), 0) * 1_024) / 1e6
  return { pssMb: sumMb('Pss'), rssMb: sumMb('Rss'), ownMb: sumMb('Pss_Anon'), processes: pages.length }
}

const pagesOf = (pid: number): string[] => {
  const text = readOrNull(`/proc/${pid}/smaps_rollup`)
  return text === null ? [] : [text]
}

/** Pss shares out what several processes have in common, so that a sum over them counts everything once. */
export const memoryOf = (pid: number): Memory => memoryIn(familyOf(pid).flatMap((member) => pagesOf(member.pid)))

/** Of that process alone; nothing of one that has ended. */
export const memoryOfOne = (pid: number): Memory => memoryIn(pagesOf(pid))
