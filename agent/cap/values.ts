/** The small forms of CAP: moments, coordinates, references. Each answers null for anything that the standard does not allow. */
import { parseWall, type WallMs } from '../../player/plan/time.ts'
import type { CapCircle, CapIdentity, Position } from './alert.ts'

const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})[+-](\d{2}):(\d{2})$/

const daysOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

/** §3.3.2: `YYYY-MM-DDThh:mm:ss` and an offset in figures, never `Z`. */
export const momentOf = (text: string): WallMs | null => {
  const match = DATE_TIME.exec(text)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, offsetHour = 0, offsetMinute = 0] = match
    .slice(1)
    .map(Number)
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month)
  const isTime = hour <= 23 && minute <= 59 && second <= 59 && offsetHour <= 14 && offsetMinute <= 59
  return isDate && isTime ? parseWall(text) : null
}

/** §3.2.1: neither spaces nor commas nor `<` and `&`, since references are made of them. */
export const isName = (text: string): boolean => text.length <= NAME_CHARACTERS_MAX && /^[^\s,<&]+$/.test(text)

const NAME_CHARACTERS_MAX = 500

const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)`
const PAIR = new RegExp(`^(${NUMBER}),(${NUMBER})$`)
const DECIMAL = new RegExp(`^${NUMBER}$`)

/** `latitude,longitude` (§3.3.1). */
export const positionOf = (text: string): Position | null => {
  const match = PAIR.exec(text)
  if (match === null) return null
  const [latitude, longitude] = [Number(match[1]), Number(match[2])]
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null
}

/** The points, or what is wrong with them. */
export const polygonOf = (text: string): Position[] | string => {
  const points: Position[] = []
  for (const pair of text.trim().split(/\s+/)) {
    const point = positionOf(pair)
    if (point === null) return `"${pair.slice(0, 40)}" is no pair of latitude and longitude`
    points.push(point)
  }
  const [first, last] = [points[0], points.at(-1)]
  if (points.length < POLYGON_POINTS_MIN) return `${points.length} points, at least ${POLYGON_POINTS_MIN}`
  if (first?.latitude !== last?.latitude || first?.longitude !== last?.longitude)
    return 'not closed: the last point is not the first'
  return points
}

const POLYGON_POINTS_MIN = 4

export const circleOf = (text: string): CapCircle | null => {
  const [centreText = '', radiusText = '', ...rest] = text.trim().split(/\s+/)
  const centre = positionOf(centreText)
  if (centre === null || rest.length > 0 || !DECIMAL.test(radiusText)) return null
  const radiusKm = Number(radiusText)
  return radiusKm >= 0 ? { centre, radiusKm } : null
}

/** `sender,identifier,sent`, parted by white space. */
export const referencesOf = (text: string): CapIdentity[] | null => {
  const references: CapIdentity[] = []
  for (const triple of text.trim().split(/\s+/)) {
    const [sender = '', identifier = '', sentText = '', ...rest] = triple.split(',')
    const sent = momentOf(sentText)
    if (!isName(sender) || !isName(identifier) || sent === null || rest.length > 0) return null
    references.push({ sender, identifier, sent })
  }
  return references
}

/** §3.2.1 addresses: names parted by white space, those with spaces in double quotes. */
export const addressesOf = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
