/** How the machine is, from what Linux tells. Where it does not tell, the answer is null and not a guess. */
import { readdir, readFile, statfs } from 'node:fs/promises'
import { freemem, loadavg, totalmem, uptime } from 'node:os'
import { join } from 'node:path'
import type { Vitals, VitalsSource } from '../../agent/ports/vitals.ts'

export type VitalsOptions = {
  /** The disk that counts is the one with the databases. */
  stateFolder: string
  /** Where `/proc` and `/sys` are; a test brings its own. */
  procFolder?: string
  thermalFolder?: string
}

/** Sensors report thousandths of a degree; beyond these a sensor is broken or is not one of temperature. */
const SENSIBLE_C = { min: -40, max: 150 }

/** The kernel's own estimate of what programs could still get; `free` does not count what the page cache would give back. */
const availableBytes = async (procFolder: string): Promise<number> => {
  try {
    const text = await readFile(join(procFolder, 'meminfo'), 'utf8')
    const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1]
    return kibibytes === undefined ? freemem() : Number(kibibytes) * 1024
  } catch {
    // Without /proc there is still the system call.
    return freemem()
  }
}

const diskBytes = async (folder: string): Promise<{ total: number | null; free: number | null }> => {
  try {
    const { blocks, bavail, bsize } = await statfs(folder)
    return { total: blocks * bsize, free: bavail * bsize }
  } catch {
    // No folder, or a card that is gone: the fault shows where the databases are written.
    return { total: null, free: null }
  }
}

const readSensor = async (zone: string): Promise<number[]> => {
  try {
    const degrees = Number((await readFile(join(zone, 'temp'), 'utf8')).trim()) / 1000
    return degrees >= SENSIBLE_C.min && degrees <= SENSIBLE_C.max ? [degrees] : []
  } catch {
    // Some sensors answer with an error while their part is switched off.
    return []
  }
}

/** The hottest sensor: it is the one that makes the machine slow down. */
const temperature = async (folder: string): Promise<number | null> => {
  try {
    const zones = (await readdir(folder)).filter((name) => name.startsWith('thermal_zone'))
    const degrees = (await Promise.all(zones.map((zone) => readSensor(join(folder, zone))))).flat()
    return degrees.length === 0 ? null : Math.max(...degrees)
  } catch {
    // A virtual machine has no sensors.
    return null
  }
}

export const openVitals = (options: VitalsOptions): VitalsSource => {
  const { stateFolder, procFolder = '/proc', thermalFolder = '/sys/class/thermal' } = options
  return {
    read: async (): Promise<Vitals> => {
      const [memoryAvailableBytes, disk, temperatureC] = await Promise.all([
        availableBytes(procFolder),
        diskBytes(stateFolder),
        temperature(thermalFolder),
      ])
      return {
        uptimeMs: uptime() * 1000,
        cpuLoad1: loadavg()[0] ?? 0,
        memoryTotalBytes: totalmem(),
        memoryAvailableBytes,
        diskTotalBytes: disk.total,
        diskFreeBytes: disk.free,
        temperatureC,
      }
    },
  }
}
