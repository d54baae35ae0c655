/** What of a loudspeaker's sound is right, and what is not: the same judgement for `loa status` and for `loa doctor`. Pure. */
import type { Finding, SoundFigures } from './doctor/findings.ts'
import { localMinute } from './page.ts'
import type { AgentStatus, OutputStatus, SoundStatus } from './status.ts'

/** Two cabinets of one street that are as late as this in either direction are 30 ms apart, which is an echo. */
const LATE_MS_MAX = 15

/** A gap of last week is in the log of the head-end; one of today is what somebody has just complained of. */
const FRESH_MS = 86_400_000

/** From here down nothing is heard. */
export const MUTED_DB = -96

export type SoundOutput = OutputStatus & { sound: SoundStatus }

export const soundOutputs = ({ outputs }: AgentStatus): SoundOutput[] =>
  outputs.flatMap((output) => (output.sound === undefined ? [] : [{ ...output, sound: output.sound }]))

/** Everything that is known of it, for one line. */
export const figuresOf = (status: AgentStatus, { gainDb, heard, sound }: SoundOutput): SoundFigures => ({
  lateMs: sound.timing?.lateMs ?? null,
  underruns: sound.underruns.count,
  gainDb,
  trimDb: sound.trimDb,
  mixer: sound.mixer?.found ?? null,
  urgency: sound.urgency,
  heard: heard === undefined ? null : heard === null ? 'nothing' : heard.verdict,
  heardDb: heard?.levelDb ?? null,
  amplifiers: (status.amplifiers ?? [])
    .filter(({ id }) => sound.amplifiers.includes(id))
    .map(({ id, power, wanted }) => ({ id, power: wanted === 'always' ? 'always' : power })),
})

/** What is not right of one output, the gravest first. */
export const soundTroubles = ({ at }: AgentStatus, output: SoundOutput): Finding[] => {
  const { id, sound, heard, gainDb } = output
  const { underruns, timing, urgency, mixer } = sound
  const isFresh = underruns.at !== null && Date.parse(at) - Date.parse(underruns.at) < FRESH_MS
  const troubles: (Finding | null)[] = [
    heard?.verdict === 'not-heard' ? { code: 'sound-unheard', facts: { output: id, at: localMinute(heard.at) } } : null,
    output.muted === true || gainDb <= MUTED_DB ? { code: 'sound-mute', facts: { output: id } } : null,
    mixer === null || mixer.fault === null
      ? null
      : {
          code: 'sound-mixer',
          facts: { output: id, control: mixer.control, device: mixer.device, detail: mixer.fault },
        },
    isFresh && underruns.at !== null
      ? {
          code: 'sound-gaps',
          facts: { output: id, count: underruns.count, cause: underruns.cause, at: localMinute(underruns.at) },
        }
      : null,
    timing !== null && Math.abs(timing.lateMs) > LATE_MS_MAX
      ? { code: 'sound-late', facts: { output: id, lateMs: timing.lateMs } }
      : null,
    urgency === 'nice' || urgency === 'ordinary' ? { code: 'sound-not-urgent', facts: { output: id, urgency } } : null,
  ]
  return troubles.filter((trouble) => trouble !== null)
}

/** Of the whole box; null: an older agent, or nothing is levelled here. */
export const levellingFinding = ({ levelling }: AgentStatus): Finding | null => {
  if (levelling === undefined || levelling === null) return null
  const { waiting, failed } = levelling
  return failed > 0
    ? { code: 'sound-unlevelled', facts: { waiting, failed } }
    : { code: 'sound-levelled', facts: { waiting } }
}

/** For the examination: one line for each output that is right, all that is wrong of the others. */
export const soundFindings = (status: AgentStatus): Finding[] => {
  const levelling = levellingFinding(status)
  const told = soundOutputs(status).flatMap((output): Finding[] => {
    const troubles = soundTroubles(status, output)
    if (troubles.length > 0) return troubles
    return [{ code: 'sound-well', facts: { output: output.id, figures: figuresOf(status, output) } }]
  })
  return [...told, ...(levelling === null ? [] : [levelling])]
}
