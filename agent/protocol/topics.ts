/**
 * Topics. The kind and the sender stand first, since an area path has any depth:
 *
 *     loa/1/down/<kind>/<issuer>/area/<path…>      loa/1/up/<kind>/<device>/<path…>
 *     loa/1/down/<kind>/<issuer>/group/<group>
 *     loa/1/down/<kind>/<issuer>/device/<device>
 *
 * A level that watches all below it subscribes to `loa/1/up/+/+/vn/08/#`. A broker lets a box write only under
 * `loa/1/up/+/<its own name>/#`. A topic only routes: what a message may do is decided by its signature.
 */
import type { DownlinkKind } from './downlink.ts'
import type { Target } from './fields.ts'
import type { UplinkKind } from './uplink.ts'

const ROOT = 'loa/1'

/** One text for a target, used in topics, in the store and in records. */
export const targetText = (target: Target): string => {
  if ('area' in target) return `area:${target.area}`
  if ('group' in target) return `group:${target.group}`
  return `device:${target.device}`
}

export const downTopic = (kind: DownlinkKind, issuer: string, target: Target): string =>
  `${ROOT}/down/${kind}/${issuer}/${targetText(target).replace(':', '/')}`

export const upTopic = (kind: UplinkKind, device: string, area: string): string =>
  `${ROOT}/up/${kind}/${device}/${area}`

/** `vn/08/02215` gives `vn`, `vn/08`, `vn/08/02215`: a box hears its area and every area around it. */
export const areaPrefixes = (area: string): string[] => {
  const segments = area.split('/')
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'))
}

export type Listener = { device: string; area: string; groups: readonly string[] }

/** Everything that a box subscribes to; its length is the depth of the area, its groups, and itself. */
export const deviceSubscriptions = ({ device, area, groups }: Listener): string[] => [
  ...areaPrefixes(area).map((prefix) => `${ROOT}/down/+/+/area/${prefix}`),
  ...groups.map((group) => `${ROOT}/down/+/+/group/${group}`),
  `${ROOT}/down/+/+/device/${device}`,
]

/** Everything that boxes of an area report. */
export const headEndSubscriptions = (area: string): string[] => [`${ROOT}/up/+/+/${area}/#`]

/** Whether `area` is `around` itself or lies inside it. */
export const isWithin = (area: string, around: string): boolean => area === around || area.startsWith(`${around}/`)
