/** How well each loudspeaker sounds, for `loa status`. */
import type { SoundStatus } from '../config/status.ts'
import { formatUtc } from '../player/plan/time.ts'
import type { Output } from '../player/ports/output.ts'
import type { World } from './world.ts'

/** Where the control of an output's card stands; null: the settings name none. */
export type MixerOf = (output: string) => SoundStatus['mixer']

const roundMs = (lateMs: number): number => Math.round(lateMs * 100) / 100

/** Of a screen there is none. */
export const soundReport = (
  { timing, level, amplifiers }: World,
  output: Output,
  mixerOf: MixerOf,
): { sound?: SoundStatus } => {
  if (output.medium !== 'sound') return {}
  const { underruns = { count: 0, cause: null, at: null }, urgency = null } = output.health()
  const last = timing.last(output.id)
  return {
    sound: {
      underruns: { ...underruns, at: underruns.at === null ? null : formatUtc(underruns.at) },
      timing: last === null ? null : { lateMs: roundMs(last.lateMs), at: formatUtc(last.at) },
      urgency,
      trimDb: level.trimOf(output.id),
      mixer: mixerOf(output.id),
      amplifiers: amplifiers.feeding(output.id),
    },
  }
}
