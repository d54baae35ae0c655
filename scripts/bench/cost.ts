/** Memory and processor time of a process with all that it started, over a stretch of time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuSeconds, memoryOf, type Memory } from './processes.ts'

export type Cost = { pssMb: number; rssMb: number; processes: number; cpuPercent: number }

const LOOKS = 6

/** Memory is the most that was seen in several looks; `cpuPercent` is of one core, over the whole stretch. */
export const costOf = async (pid: number, stretchMs: number): Promise<Cost> => {
  const [startedAt, secondsBefore] = [performance.now(), cpuSeconds(pid)]
  const looks: Memory[] = []
  for (let look = 0; look < LOOKS; look += 1) {
    await sleep(stretchMs / LOOKS)
    looks.push(memoryOf(pid))
  }
  const elapsedSeconds = (performance.now() - startedAt) / 1_000
  const most = (figure: 'pssMb' | 'rssMb' | 'processes') => Math.max(...looks.map((look) => look[figure]))
  return {
    pssMb: most('pssMb'),
    rssMb: most('rssMb'),
    processes: most('processes'),
    cpuPercent: ((cpuSeconds(pid) - secondsBefore) / elapsedSeconds) * 100,
  }
}

export const memoryText = ({ pssMb, rssMb, processes }: Cost): string =>
  `${pssMb.toFixed(0)} MB PSS, ${rssMb.toFixed(0)} MB RSS${processes > 1 ? ` (${processes} processes)` : ''}`

export const cpuText = ({ cpuPercent }: Cost): string => `${cpuPercent.toFixed(2)} %`
