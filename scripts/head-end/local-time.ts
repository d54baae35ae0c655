/** Calendar time of one zone, by the zone data of the runtime itself. */
import { addMs, wallMs, type WallMs } from '../../player/plan/time.ts'

export const isZone = (timeZone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return true
  } catch {
    return false
  }
}

/** `YYYY-MM-DDThh:mm:ss.sss` as a clock on the wall of that zone shows it. */
export const localText = (at: WallMs, timeZone: string): string => {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  }).formatToParts(new Date(at))
  const part = (type: string): string => parts.find((candidate) => candidate.type === type)?.value ?? ''
  const date = `${part('year')}-${part('month')}-${part('day')}`
  return `${date}T${part('hour')}:${part('minute')}:${part('second')}.${part('fractionalSecond')}`
}

const offsetMsAt = (at: WallMs, timeZone: string): number => Date.parse(`${localText(at, timeZone)}Z`) - at

/** The moment at which that zone's clocks show `YYYY-MM-DDThh:mm:ss`; in a gap, as if the offset before it went on. */
export const atLocal = (local: string, timeZone: string): WallMs => {
  const asUtc = wallMs(Date.parse(`${local}Z`))
  const guess = addMs(asUtc, -offsetMsAt(asUtc, timeZone))
  return addMs(asUtc, -offsetMsAt(guess, timeZone))
}

export const localDate = (at: WallMs, timeZone: string): string => localText(at, timeZone).slice(0, 10)
export const localClock = (at: WallMs, timeZone: string): string => localText(at, timeZone).slice(11, 19)

/** [start, end) of a local day. */
export const localDay = (date: string, timeZone: string): { from: WallMs; until: WallMs } => {
  const next = new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
  return { from: atLocal(`${date}T00:00:00`, timeZone), until: atLocal(`${next}T00:00:00`, timeZone) }
}
