/** A schedule as decisions need it: its recurrences compiled, its days ready to be asked for. */
import { createAgenda, type CompiledProgramme } from './agenda.ts'
import type { Schedule } from './schedule.ts'
import type { CompiledSchedule } from './slot.ts'

export const compiledSchedule = (schedule: Schedule, programmes: readonly CompiledProgramme[]): CompiledSchedule => ({
  schedule,
  programmes,
  agenda: createAgenda(schedule, programmes),
  arrangement: new Map(
    schedule.arrangement.map(({ issuer, programmeId }, place) => [`${issuer}|${programmeId}`, place] as const),
  ),
})
