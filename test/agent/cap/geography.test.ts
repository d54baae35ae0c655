import fc from 'fast-check'
import { test } from 'tap'
import type { CapArea, Position } from '../../../agent/cap/alert.ts'
import { coverage, coverageOf, distanceKm, isInCircle, isInPolygon, type Place } from '../../../agent/cap/geography.ts'
import { circleOf, polygonOf } from '../../../agent/cap/values.ts'

const at = (latitude: number, longitude: number): Position => ({ latitude, longitude })

const ring = (text: string): Position[] => {
  const points = polygonOf(text)
  if (typeof points === 'string') throw new Error(points)
  return points
}

const SQUARE = ring('21,103 21,104 22,104 22,103 21,103')
/** Like a U that is open to the north. */
const HOLLOW = ring('0,0 0,3 3,3 3,2 1,2 1,1 3,1 3,0 0,0')

const PLACE: Place = { area: 'vn/08/02215/thon-5', geocodes: ['EMMA_ID=VN001'], position: at(21.5, 103.5) }

const areaWith = (rest: Partial<CapArea>): CapArea => ({
  description: 'x',
  polygons: [],
  circles: [],
  geocodes: [],
  ...rest,
})
const coded = (valueName: string, value: string): CapArea => areaWith({ geocodes: [{ valueName, value }] })

test('a polygon holds what is inside it and on its edge', async (t) => {
  t.ok(isInPolygon(at(21.5, 103.5), SQUARE))
  t.ok(isInPolygon(at(21, 103.5), SQUARE), 'on the edge')
  t.ok(isInPolygon(at(22, 104), SQUARE), 'on the corner')
  for (const outside of [at(20.999, 103.5), at(22.001, 103.5), at(21.5, 102.999), at(21.5, 104.001), at(21, 105)])
    t.notOk(isInPolygon(outside, SQUARE), JSON.stringify(outside))
  t.ok(isInPolygon(at(2, 0.5), HOLLOW))
  t.ok(isInPolygon(at(0.5, 1.5), HOLLOW))
  t.notOk(isInPolygon(at(2, 1.5), HOLLOW), 'in the hollow')
  t.ok(isInPolygon(at(2, 2.5), HOLLOW.toReversed()), 'either way round')
})

test('an area may lie across the 180th meridian', async (t) => {
  const fiji = ring('-20,177 -20,-178 -15,-178 -15,177 -20,177')
  t.ok(isInPolygon(at(-17, 179), fiji))
  t.ok(isInPolygon(at(-17, -179), fiji))
  t.ok(isInPolygon(at(-17, 180), fiji))
  t.ok(isInPolygon(at(-17, -180), fiji))
  t.notOk(isInPolygon(at(-17, 176), fiji))
  t.notOk(isInPolygon(at(-17, -177), fiji))
  t.notOk(isInPolygon(at(-17, 0), fiji), 'and not the whole rest of the world')
  const circle = circleOf('-17,179.9 50')
  t.ok(circle !== null && isInCircle(at(-17, -179.9), circle))
})

test('distances are those of the sphere', async (t) => {
  const between = distanceKm(at(21.0285, 105.8542), at(10.7769, 106.7009))
  t.ok(Math.abs(between - 1_143.5) < 2, `Hà Nội to Thành phố Hồ Chí Minh: ${between.toFixed(1)} km`)
  const degree = distanceKm(at(0, 0), at(0, 1))
  t.ok(Math.abs(degree - 111.195) < 0.01, `a degree: ${degree.toFixed(3)} km`)
  t.ok(Math.abs(distanceKm(at(0, 0), at(0, 180)) - 20_015.1) < 1, 'half round')
  const circle = { centre: at(0, 0), radiusKm: degree }
  t.ok(isInCircle(at(0, 1), circle))
  t.notOk(isInCircle(at(0, 1.0001), circle))
  t.ok(isInCircle(at(5, 5), { centre: at(5, 5), radiusKm: 0 }), 'a point is its own circle')
})

test('a polygon moved, turned or begun elsewhere holds the same', async (t) => {
  const degrees = (max: number) => fc.double({ min: -max, max, noNaN: true })
  const box = fc.record({ latitude: degrees(60), longitude: degrees(170), height: degrees(9), width: degrees(9) })
  const seed = 1_205
  fc.assert(
    fc.property(
      box,
      degrees(12),
      degrees(12),
      fc.nat({ max: 3 }),
      ({ latitude, longitude, height, width }, dy, dx, by) => {
        const corners = [
          at(latitude, longitude),
          at(latitude, longitude + width),
          at(latitude + height, longitude + width),
          at(latitude + height, longitude),
        ]
        const begun = [...corners.slice(by), ...corners.slice(0, by)]
        const closed = [...begun, begun[0]!]
        const point = at(latitude + dy, longitude + dx)
        const within = (value: number, span: number) =>
          value > Math.min(0, span) + 1e-6 && value < Math.max(0, span) - 1e-6
        const beyond = (value: number, span: number) =>
          value < Math.min(0, span) - 1e-6 || value > Math.max(0, span) + 1e-6
        const found = isInPolygon(point, closed)
        if (found !== isInPolygon(point, closed.toReversed())) return false
        if (within(dy, height) && within(dx, width)) return found
        if (beyond(dy, height) || beyond(dx, width)) return !found
        return true
      },
    ),
    { seed, numRuns: 2_000 },
  )
  t.pass(`seed ${seed}`)
})

test('codes: the area path, the codes that follow from it, and those of the settings', async (t) => {
  const judged = (valueName: string, value: string, place = PLACE) => coverageOf(coded(valueName, value), place)
  t.equal(judged('loa:area', 'vn/08/02215/thon-5'), 'inside')
  t.equal(judged('loa:area', 'vn/08'), 'inside', 'every area around')
  t.equal(judged('loa:area', 'vn/08/02215/thon-6'), 'outside')
  t.equal(judged('loa:area', 'vn/0'), 'outside', 'a name that only begins so')
  t.equal(judged('VN-province', '08'), 'inside')
  t.equal(judged('vn-commune', '02215'), 'inside', 'the name of a code in any case')
  t.equal(judged('VN-commune', '02216'), 'outside')
  t.equal(judged('EMMA_ID', 'VN001'), 'inside')
  t.equal(judged('EMMA_ID', 'VN002'), 'outside')
  t.equal(judged('SAME', '006037'), 'unknown', 'a code that the box has none of')
  t.equal(judged('VN-commune', '02215', { ...PLACE, area: 'quang-ninh/ha-long' }), 'unknown', 'another kind of path')
})

test('any means of an area is enough; one that can be judged stands over those that cannot', async (t) => {
  const far = { centre: at(0, 0), radiusKm: 1 }
  const unplaced = { ...PLACE, position: null }
  const here = [{ valueName: 'loa:area', value: 'vn/08' }]
  const there = [{ valueName: 'loa:area', value: 'vn/09' }]
  const strange = [{ valueName: 'SAME', value: '1' }]
  t.equal(coverageOf(areaWith({ polygons: [SQUARE], geocodes: there }), PLACE), 'inside')
  t.equal(coverageOf(areaWith({ circles: [far], geocodes: here }), PLACE), 'inside')
  t.equal(coverageOf(areaWith({ circles: [far], geocodes: strange }), PLACE), 'outside')
  t.equal(coverageOf(areaWith({ polygons: [SQUARE], geocodes: there }), unplaced), 'outside')
  t.equal(coverageOf(areaWith({ polygons: [SQUARE] }), unplaced), 'unknown')
  t.equal(coverageOf(areaWith({}), PLACE), 'unknown', 'words alone')

  t.match(coverage([], PLACE), { coverage: 'inside', inside: [] }, 'no area is everywhere')
  const [inside, outside, unknown] = [areaWith({ geocodes: here }), areaWith({ circles: [far] }), areaWith({})]
  t.same(coverage([outside, unknown, inside], PLACE), { coverage: 'inside', inside: [inside] })
  t.same(coverage([outside, unknown], PLACE), { coverage: 'unknown', inside: [unknown] })
  t.same(coverage([outside], PLACE), { coverage: 'outside', inside: [] })
})
