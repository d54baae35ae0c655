/**
 * Whether an area of a CAP alert (§3.2.4) is where this box hangs. WGS 84; the edges of a polygon are straight in latitude and
 * longitude, as a map shows them; the earth is a sphere, which is wrong by half a percent of a distance at most.
 */
import type { CapArea, CapCircle, CapValue, Position } from './alert.ts'

export type Place = {
  /** Area path of the box: `vn/08/02215/thon-5`. */
  area: string
  /** From the settings: `name=value`. */
  geocodes: readonly string[]
  position: Position | null
}

/** `unknown`: the box knows too little of itself to tell, or the area is given in words alone. */
export type Coverage = 'inside' | 'outside' | 'unknown'

/** The geocode whose value is an area path of Loa; a box is inside every area around its own. */
export const AREA_GEOCODE = 'loa:area'
/** The codes of the General Statistics Office: two digits of the province, five of the commune. */
export const PROVINCE_GEOCODE = 'VN-province'
export const COMMUNE_GEOCODE = 'VN-commune'

const EARTH_RADIUS_KM = 6371.0088

const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** Haversine: right for short distances too. */
export const distanceKm = (a: Position, b: Position): number => {
  const halfLatitude = radians(b.latitude - a.latitude) / 2
  const halfLongitude = radians(b.longitude - a.longitude) / 2
  const h =
    Math.sin(halfLatitude) ** 2 +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(halfLongitude) ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

export const isInCircle = (position: Position, { centre, radiusKm }: CapCircle): boolean =>
  distanceKm(position, centre) <= radiusKm

/** From one point to the next the shorter way round, so that an area may lie across the 180th meridian. */
const unrolled = (ring: readonly Position[]): { x: number; y: number }[] => {
  const points: { x: number; y: number }[] = []
  for (const { latitude, longitude } of ring) {
    const before = points.at(-1)?.x ?? longitude
    const turns = Math.round((before - longitude) / 360)
    points.push({ x: longitude + turns * 360, y: latitude })
  }
  return points
}

type Point = { x: number; y: number }

/** About a tenth of a millimetre: what stands on the line counts as inside. */
const ON_LINE_DEGREES = 1e-9

const isOnEdge = (p: Point, a: Point, b: Point): boolean => {
  const cross = (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)
  const length = Math.hypot(b.x - a.x, b.y - a.y)
  if (Math.abs(cross) > ON_LINE_DEGREES * Math.max(length, ON_LINE_DEGREES)) return false
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)]
  const [low, high] = [Math.min(a.y, b.y), Math.max(a.y, b.y)]
  const near = ON_LINE_DEGREES
  return p.x >= left - near && p.x <= right + near && p.y >= low - near && p.y <= high + near
}

/** Even-odd: a ray to the east crosses the ring an odd number of times. */
const isInRing = (p: Point, ring: readonly Point[]): boolean => {
  let isIn = false
  for (const [index, a] of ring.entries()) {
    const b = ring[index + 1]
    if (b === undefined) break
    if (isOnEdge(p, a, b)) return true
    const crosses = a.y > p.y !== b.y > p.y && p.x < a.x + ((p.y - a.y) / (b.y - a.y)) * (b.x - a.x)
    if (crosses) isIn = !isIn
  }
  return isIn
}

export const isInPolygon = ({ latitude, longitude }: Position, polygon: readonly Position[]): boolean => {
  const ring = unrolled(polygon)
  return [-360, 0, 360].some((turn) => isInRing({ x: longitude + turn, y: latitude }, ring))
}

const isAround = (area: string, around: string): boolean => area === around || area.startsWith(`${around}/`)

/** Every code that the box knows of itself: from its settings, and from an area path of the usual form. */
const ownCodes = ({ area, geocodes }: Place): CapValue[] => {
  const [country = '', province = '', commune = ''] = area.split('/')
  const fromPath = [
    ...(country === 'vn' && /^\d{2}$/.test(province) ? [{ valueName: PROVINCE_GEOCODE, value: province }] : []),
    ...(country === 'vn' && /^\d{5}$/.test(commune) ? [{ valueName: COMMUNE_GEOCODE, value: commune }] : []),
  ]
  const fromSettings = geocodes.map((text) => {
    const [valueName = '', ...rest] = text.split('=')
    return { valueName, value: rest.join('=') }
  })
  return [...fromSettings, ...fromPath]
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const ofCode = ({ valueName, value }: CapValue, place: Place, codes: readonly CapValue[]): Coverage => {
  if (sameName(valueName, AREA_GEOCODE)) return isAround(place.area, value) ? 'inside' : 'outside'
  const own = codes.filter((code) => sameName(code.valueName, valueName))
  if (own.length === 0) return 'unknown'
  return own.some((code) => code.value === value) ? 'inside' : 'outside'
}

/**
 * The means of one area describe the same ground (§3.2.4): inside by any of them is inside; where none says so, one that
 * can be judged is believed against those that cannot.
 */
export const coverageOf = (area: CapArea, place: Place): Coverage => {
  const { position } = place
  const drawn = (isIn: boolean): Coverage => (isIn ? 'inside' : 'outside')
  const codes = ownCodes(place)
  const found: Coverage[] = [
    ...area.geocodes.map((code) => ofCode(code, place, codes)),
    ...area.polygons.map((polygon) => (position === null ? 'unknown' : drawn(isInPolygon(position, polygon)))),
    ...area.circles.map((circle) => (position === null ? 'unknown' : drawn(isInCircle(position, circle)))),
  ]
  if (found.includes('inside')) return 'inside'
  return found.includes('outside') ? 'outside' : 'unknown'
}

/** The areas together are the area of the alert; no area at all is everywhere that it was sent to. */
export const coverage = (
  areas: readonly CapArea[],
  place: Place,
): { coverage: Coverage; inside: readonly CapArea[] } => {
  if (areas.length === 0) return { coverage: 'inside', inside: [] }
  const judged = areas.map((area) => ({ area, found: coverageOf(area, place) }))
  for (const wanted of ['inside', 'unknown'] as const) {
    const found = judged.filter((one) => one.found === wanted)
    if (found.length > 0) return { coverage: wanted, inside: found.map(({ area }) => area) }
  }
  return { coverage: 'outside', inside: [] }
}
