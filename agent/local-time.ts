import type { WallMs } from '../player/plan/time.ts'

/** `2026-11-21T05:00:00.123+07:00`: what a clerk's clock showed, and by how much it differs from UTC. */
export const localTimeFormatter = (timeZone: string): ((at: WallMs) => string) => {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  })
  return (at) => {
    const parts = new Map(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]))
    const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? ''
    const offset = part('timeZoneName').replace('GMT', '')
    const date = `${part('year')}-${part('month')}-${part('day')}`
    const time = `${part('hour')}:${part('minute')}:${part('second')}.${part('fractionalSecond')}`
    return `${date}T${time}${offset === '' ? '+00:00' : offset}`
  }
}
