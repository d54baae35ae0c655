/** What both commands that speak live understand alike. */
import { deviceOf, type SoundSource } from './ffmpeg.ts'

/** `--mic` may stand alone and then means the microphone that the system uses by itself. */
export const withDefaultMic = (args: readonly string[]): string[] =>
  args.map((arg, index) => {
    const next = args[index + 1]
    return arg === '--mic' && (next === undefined || next.startsWith('--')) ? '--mic=default' : arg
  })

/** Null: both were given. Without either it is the microphone. */
export const sourceOf = (mic: string | undefined, from: string | undefined): SoundSource | null => {
  if (mic !== undefined && from !== undefined) return null
  return from === undefined ? deviceOf(mic ?? 'default') : { kind: 'file', path: from }
}

export const sourceText = (source: SoundSource): string =>
  source.kind === 'file' ? source.path : source.system === 'pulse' ? `pulse:${source.name}` : source.name

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 }
const DURATION_MS_MAX = 86_400_000

/** `90s`, `10m`, `1h`; at most a day. Null where it is none. */
export const durationMsOf = (text: string): number | null => {
  const [, count = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? []
  const ms = Number(count) * (UNIT_MS[unit] ?? 0)
  return ms > 0 && ms <= DURATION_MS_MAX ? ms : null
}
