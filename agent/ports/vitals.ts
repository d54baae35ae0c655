/** What the box knows of itself; null where the machine does not tell. */
export type Vitals = {
  uptimeMs: number
  cpuLoad1: number
  memoryTotalBytes: number
  memoryAvailableBytes: number
  diskTotalBytes: number | null
  diskFreeBytes: number | null
  temperatureC: number | null
}
export interface VitalsSource {
  read: () => Promise<Vitals>
}
