import type { Priority } from './schedule.ts'
import type { WallMs } from './time.ts'
export type VolumeRule = {
  from: string
  until: string
  days?: readonly string[]
  outputs?: readonly string[]
  priorities?: readonly Priority[]
  ceilingDb?: number
  silent?: boolean
}
export type VolumePolicy = { rules: readonly VolumeRule[] }
export const compileVolume = (rules: readonly VolumeRule[], _timeZone: string): VolumePolicy => ({ rules })
export const ceilingAt = (
  _policy: VolumePolicy,
  _what: { output: string; priority: Priority },
  _at: WallMs,
): { ceilingDb: number; rule: number } | null => null
export const nextChange = (_policy: VolumePolicy, _output: string, _after: WallMs, _until: WallMs): WallMs | null =>
  null
