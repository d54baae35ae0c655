/**
 * Topics. The kind and the sender stand first, since an area path has any depth:
 *
 *     loa/1/down/<kind>/<issuer>/area/<path…>           loa/1/up/<kind>/<device>/<path…>
 *     loa/1/down/<kind>/<issuer>/group/<group>/<path…>
 *     loa/1/down/<kind>/<issuer>/device/<device>
 *
 * A group stands in front of an area, so that the markets of one commune do not hear those of every other. An alert has
 * a topic of its own, `alert~<alertId>` in place of the kind: a broker retains one message per topic, and the second
 * alert of a night must not take the first away from a box that comes up late.
 *
 * A level that watches all below it subscribes to `loa/1/up/+/+/vn/08/#`. A broker lets a box write only under
 * `loa/1/up/+/<its own name>/#`, an issuer only under `loa/1/down/+/<its own id>/#`. A topic only routes: what a message
 * may do is decided by its signature.
 */
import type { Downlink, DownlinkKind } from './downlink.ts'
import type { Target } from './fields.ts'
import type { UplinkKind } from './uplink.ts'

const ROOT = 'loa/1'

/** One text for a target, used in topics, in the store and in records. */
export const targetText = (target: Target): string => {
  if ('group' in target) return `group:${target.group}/${target.within}`
  if ('area' in target) return `area:${target.area}`
  return `device:${target.device}`
}

/** `alertId` belongs to alerts; see `topicOf`. */
export const downTopic = (kind: DownlinkKind, issuer: string, target: Target, alertId?: string): string =>
  `${ROOT}/down/${alertId === undefined ? kind : `${kind}~${alertId}`}/${issuer}/${targetText(target).replace(':', '/')}`

/** Where a message is published. */
export const topicOf = (message: Downlink): string =>
  downTopic(message.kind, message.issuer, message.target, message.kind === 'alert' ? message.body.alertId : undefined)

/**
 * What the sequence of a message counts within, beside its issuer and kind: the target, and for an alert the alert.
 * Retained alerts reach a box that comes up late in any order, so one counter for all would refuse the older of two.
 */
export const streamOf = (message: Downlink): string =>
  message.kind === 'alert' ? `${targetText(message.target)}~${message.body.alertId}` : targetText(message.target)

export const upTopic = (kind: UplinkKind, device: string, area: string): string =>
  `${ROOT}/up/${kind}/${device}/${area}`

/** `vn/08/02215` gives `vn`, `vn/08`, `vn/08/02215`: a box hears its area and every area around it. */
export const areaPrefixes = (area: string): string[] => {
  const segments = area.split('/')
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'))
}

export type Listener = { device: string; area: string; groups: readonly string[] }

/** Everything that a box subscribes to: (1 + its groups) × the depth of its area, and itself. */
export const deviceSubscriptions = ({ device, area, groups }: Listener): string[] => [
  ...areaPrefixes(area).map((prefix) => `${ROOT}/down/+/+/area/${prefix}`),
  ...groups.flatMap((group) => areaPrefixes(area).map((prefix) => `${ROOT}/down/+/+/group/${group}/${prefix}`)),
  `${ROOT}/down/+/+/device/${device}`,
]

/** Everything that boxes of an area report. */
export const headEndSubscriptions = (area: string): string[] => [`${ROOT}/up/+/+/${area}/#`]

/** Whether `area` is `around` itself or lies inside it. */
export const isWithin = (area: string, around: string): boolean => area === around || area.startsWith(`${around}/`)

/** Whether a box is meant. That the issuer may speak to it is another question: see `Delegation`. */
export const isAddressed = (target: Target, { device, area, groups }: Listener): boolean => {
  if ('group' in target) return groups.includes(target.group) && isWithin(area, target.within)
  if ('area' in target) return isWithin(area, target.area)
  return target.device === device
}
